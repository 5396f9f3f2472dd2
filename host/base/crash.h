/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_CRASH_H
#define HOST_BASE_CRASH_H

/*
 * Named places at which a test has the process die as by kill -9: LEVADA_CRASH_AT=NAME, or NAME:3
 * for the third time that it is passed. docs/state.md lists the names.
 */

void crash_point(const char *name);

#endif
