/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_PROBLEM_H
#define HOST_BASE_PROBLEM_H

/*
 * Mistakes in pipeline files. They are collected, not thrown, so that a user sees all of them at
 * once; sorted by file and line and printed as compilers do, so that editors jump to them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where something stands. @file is owned by whoever read it; a problem keeps a copy. */
struct place {
    const char *file;      /* NULL: nowhere in particular */
    unsigned line, column; /* from 1; 0: unknown */
};

enum severity {
    SEVERITY_ERROR,
    SEVERITY_WARNING,
};

struct problem {
    struct place place;
    enum severity severity;
    int exit_code; /* of an error: 78, 64 for the command line, 66 for a missing file, 69 for a
                      service */
    char *file;    /* of place */
    char *stage, *option, *message, *suggestion; /* owned; all but message may be NULL */
};

struct problems {
    struct problem *items;
    size_t n, n_errors;
    bool no_memory; /* is among the errors */
};

void problems_finish(struct problems *problems);

/*
 * Adds a problem; copies every text. The message is a sentence that names the option itself;
 * @option is for machines. @suggestion is a name, printed as: did you mean "NAME"? Never fails:
 * without memory it becomes problems_add_no_memory().
 */
__attribute__((format(printf, 7, 8))) void problems_add(struct problems *problems,
                                                        struct place place, enum severity severity,
                                                        const char *stage, const char *option,
                                                        const char *suggestion, const char *format,
                                                        ...);

/* The same as an error with exit code 66: a file that is named is missing. */
__attribute__((format(printf, 5, 6))) void
problems_add_missing(struct problems *problems, struct place place, const char *stage,
                     const char *option, const char *format, ...);

/* An error with exit code 70 that needs no memory: there is none. Printed once, behind the others. */
void problems_add_no_memory(struct problems *problems);

/* The same as an error with exit code 64: the command line can be understood in several ways. */
__attribute__((format(printf, 3, 4))) void
problems_add_usage(struct problems *problems, struct place place, const char *format, ...);

/*
 * Sorted by file, line, column; at most @most of them (0: all), then "and N more".
 * FILE:LINE:COLUMN: error: stage "windows": unknown option "watermrk"; did you mean "watermark"?
 */
void problems_print(struct problems *problems, FILE *out, size_t most);

/* One JSON object a line: file, line, column, severity, stage, option, message, suggestion. */
void problems_print_json(struct problems *problems, FILE *out);

/* 0 without errors; 70 without memory; what all errors agree on, such as 66 for files that are
 * missing; else 78. */
int problems_exit_code(const struct problems *problems);

#endif
