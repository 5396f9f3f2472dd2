/* SPDX-License-Identifier: Apache-2.0 */
#include "pace.h"

#include <time.h>

#define SECOND_NS INT64_C(1000000000)

/* The least that is given out at once, times 10^9. */
static int64_t
quantum(const struct pace *pace)
{
    int64_t records = pace->rate / 100;
    return (records > 0 ? records : 1) * SECOND_NS;
}

uint32_t
pace_allows(struct pace *pace, int64_t now_ns, uint32_t wanted)
{
    if (pace->rate == 0)
        return wanted;
    int64_t most = pace->rate * SECOND_NS;
    int64_t passed = pace->running ? now_ns - pace->last_ns : 0;
    if (!pace->running)
        pace->credit = quantum(pace);
    pace->running = true;
    pace->last_ns = now_ns;
    if (passed >= SECOND_NS || pace->credit + passed * pace->rate > most)
        pace->credit = most;
    else
        pace->credit += passed * pace->rate;
    int64_t records = pace->credit / SECOND_NS;
    if (records >= (int64_t)wanted)
        return wanted;
    return pace->credit >= quantum(pace) ? (uint32_t)records : 0;
}

void
pace_took(struct pace *pace, uint32_t n)
{
    if (pace->rate > 0)
        pace->credit -= (int64_t)n * SECOND_NS;
}

int64_t
pace_wait_ns(const struct pace *pace)
{
    int64_t missing = quantum(pace) - pace->credit;
    return pace->rate == 0 || missing <= 0 ? 0 : (missing + pace->rate - 1) / pace->rate;
}

static int64_t
monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

uint32_t
pace_wait(struct pace *pace, uint32_t wanted, uint32_t wait_ms)
{
    uint32_t allowed = pace_allows(pace, pace->rate == 0 ? 0 : monotonic_ns(), wanted);
    if (allowed > 0 || wanted == 0 || wait_ms == 0)
        return allowed;
    int64_t wait_ns = pace_wait_ns(pace);
    if (wait_ns > wait_ms * INT64_C(1000000))
        wait_ns = wait_ms * INT64_C(1000000);
    struct timespec rest = { wait_ns / SECOND_NS, wait_ns % SECOND_NS };
    nanosleep(&rest, NULL); /* a signal ends it early: the caller comes again */
    return pace_allows(pace, monotonic_ns(), wanted);
}
