/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_AT_ONCE_H
#define TESTS_SUPPORT_AT_ONCE_H

/* Tests that mostly wait: each in a process of its own, all at the same time. */

#include <stddef.h>

struct CMUnitTest;

/*
 * What main() returns: how many failed, whose output it prints. ONLY in the environment is a part
 * of the names of those to be run.
 */
int at_once(const struct CMUnitTest *tests, size_t n);

#endif
