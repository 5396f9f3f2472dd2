/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_CAPTURE_H
#define HOST_CONFORMANCE_CAPTURE_H

/* What is written to a standard stream meanwhile goes to a file of no name. */

#include <stdbool.h>
#include <stdio.h>

struct capture {
    FILE *file; /* NULL: it failed */
    int fd, saved;
};

bool capture_start(struct capture *capture, int fd);
/* The stream is what it was; what was captured can be read from the start of ->file. */
void capture_end(struct capture *capture);
void capture_finish(struct capture *capture);

/* All three for what may write nothing: @body, @when it runs; else the rule "output" is broken. */
void capture_nothing(void (*body)(void *argument), void *argument, const char *when);

#endif
