/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_CHILD_H
#define HOST_CONFORMANCE_CHILD_H

/* One case in a process of its own, in a folder of its own, for a limited time. */

#include "conformance/cases.h"
#include "conformance/conformance.h"
#include "conformance/verdict.h"

/* @stage: NULL for cases of the file. Leaves what was found in @shared, whatever happened. */
void child_run(const struct conformance_setup *setup, const struct test_case *test,
               const char *stage, struct verdict *shared);

#endif
