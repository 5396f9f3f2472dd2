/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_COMMON_MONOTONIC_H
#define PLUGINS_KAFKA_COMMON_MONOTONIC_H

/* The clock that nobody sets: for how long something has taken. */

#include <stdint.h>
#include <time.h>

static inline int64_t
monotonic_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
}

static inline int64_t
monotonic_ms(void)
{
    return monotonic_ns() / 1000000;
}

#endif
