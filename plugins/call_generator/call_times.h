/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CALL_GENERATOR_CALL_TIMES_H
#define CALL_GENERATOR_CALL_TIMES_H

/*
 * When calls come: spread over a span of time, more of them at five in the afternoon than at four
 * in the morning. The time of any call follows from its position alone. Seconds since the epoch,
 * UTC.
 */

#include <stdbool.h>
#include <stdint.h>

struct call_times {
    int64_t start, end; /* the first and the last second */
    uint64_t count;     /* calls between them */
};

/* Of call @position, counted from the oldest; @random puts it into its own part of the span. */
int64_t call_times_at(const struct call_times *times, uint64_t position, uint64_t random);

/* "2018-10-02" or "2018-10-02T09:11", perhaps with seconds. False: it is neither. */
bool call_times_parse(const char *text, int64_t *seconds);

#endif
