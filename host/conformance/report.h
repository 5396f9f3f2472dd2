/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_REPORT_H
#define HOST_CONFORMANCE_REPORT_H

/* What came of the cases, for a person, as TAP, or as JUnit's XML. */

#include "conformance/cases.h"
#include "conformance/conformance.h"
#include "conformance/verdict.h"

struct report {
    enum conformance_format format;
    const char *file;
    uint64_t seed;
    unsigned n, n_faults, n_skipped;
    struct strbuf *xml; /* JUnit: its head tells numbers that are known at the end */
};

void report_start(struct report *report, struct strbuf *xml);
/* @stage: NULL for cases of the file. @found: however it ended. */
void report_case(struct report *report, const struct test_case *test, const char *stage,
                 const struct verdict *found, double seconds);
void report_end(struct report *report);

#endif
