/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_CASES_H
#define HOST_CONFORMANCE_CASES_H

/* What is tried, in this order; each in a process of its own. */

#include "conformance/rig.h"

enum case_of {
    CASE_OF_FILE,   /* once a file */
    CASE_OF_STAGE,  /* for each of its stages */
    CASE_OF_SOURCE, /* ... that is a source */
    CASE_OF_TAKER,  /* ... that is none */
};

struct test_case {
    const char *name;  /* "data.empty_batch" */
    const char *about; /* what holds, in words */
    enum case_of of;
    /* If it finds a fault those behind it of the same file or stage would only find it again. */
    bool is_gate;
    void (*run)(struct rig *rig);
};

extern const struct test_case *const conformance_cases[]; /* by group; ends in NULL */

/* Each ends with an entry without a name. */
extern const struct test_case cases_load[], cases_options[], cases_life[], cases_data[],
    cases_delivery[], cases_source[], cases_state[], cases_run[], cases_skew[], cases_fuzz[],
    cases_ext[], cases_group[], cases_transaction[];

#endif
