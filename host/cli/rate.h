/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_RATE_H
#define HOST_CLI_RATE_H

/* Records a second, of a count that grows at each trigger or all the time. */

#include <stddef.h>
#include <stdint.h>

#define RATE_POINTS 8u

/* All zero at first. */
struct rate {
    struct rate_point {
        int64_t ns;
        uint64_t records;
    } points[RATE_POINTS]; /* the first look and those that saw growth, oldest first */
    size_t n;
};

/* To be called now and then; more often than records come does no harm. */
double rate_look(struct rate *rate, int64_t now_ns, uint64_t records);

#endif
