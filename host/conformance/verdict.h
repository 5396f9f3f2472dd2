/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_VERDICT_H
#define HOST_CONFORMANCE_VERDICT_H

/*
 * What a case found out. It lies in memory that the case's process shares with the one that judges,
 * so that it is there however the process ends.
 */

#include <stdbool.h>
#include <stdint.h>

enum outcome {
    OUTCOME_NONE, /* the process ended before it said anything */
    OUTCOME_PASS,
    OUTCOME_SKIP,
    OUTCOME_FAULT,
};

struct verdict {
    volatile uint32_t outcome;
    char rule[32]; /* of a fault: a name in docs/conformance.md */
    char text[800];
    char callback[32];               /* that runs now, or ran last */
    volatile int64_t entered_ns;     /* since when it runs; 0: none does */
    volatile int64_t entered_cpu_ns; /* what the process had computed by then */
};

/* Where this process writes to. */
extern struct verdict *verdict;

/* The first fault counts. */
__attribute__((format(printf, 2, 3))) void verdict_fault(const char *rule, const char *format, ...);

/* The same, and the process ends: what follows could not be trusted. */
__attribute__((format(printf, 2, 3), noreturn)) void verdict_end(const char *rule,
                                                                 const char *format, ...);

/* The case does not apply, or cannot be tried here. */
__attribute__((format(printf, 1, 2))) void verdict_skip(const char *format, ...);

/* A callback begins, or ends (NULL). */
void verdict_enter(const char *callback);

bool verdict_is_open(void); /* neither a fault nor a skip so far */

#endif
