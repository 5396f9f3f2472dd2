/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PACE_PACE_H
#define PACE_PACE_H

/* A steady rate for a source: how many records it may emit now. */

#include <stdbool.h>
#include <stdint.h>

#define PACE_RATE_MAX 1000000000 /* records a second */

struct pace {                /* zeroed but for rate */
    int64_t rate;            /* records a second; 0: no limit */
    int64_t last_ns, credit; /* credit: records times 10^9 */
    bool running;
};

/*
 * At most @wanted, at @now_ns of a clock that never goes back; 0: not yet. What was not used is
 * kept for a second, no longer; small amounts are saved up to the hundredth part of a second.
 */
uint32_t pace_allows(struct pace *pace, int64_t now_ns, uint32_t wanted);

/* @n records were emitted. */
void pace_took(struct pace *pace, uint32_t n);

/* How long to wait, at the time of the last pace_allows(), until it allows something. */
int64_t pace_wait_ns(const struct pace *pace);

/* pace_allows() now or within @wait_ms, sleeping if it must. */
uint32_t pace_wait(struct pace *pace, uint32_t wanted, uint32_t wait_ms);

#endif
