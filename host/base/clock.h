/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_CLOCK_H
#define HOST_BASE_CLOCK_H

/* Time as a table, so that tests pass their own. */

#include <stdint.h>

struct clock {
    int64_t (*monotonic_ns)(const struct clock *clock);
    int64_t (*wall_ms)(const struct clock *clock); /* since the epoch, UTC */
};

extern const struct clock clock_system;

#endif
