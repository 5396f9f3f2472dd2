/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_METRICS_METRICS_H
#define HOST_METRICS_METRICS_H

/*
 * What a stage did, in numbers. Written by its pipeline's thread, once a batch; read by any thread
 * without a lock, each number by itself.
 */

#include <stdint.h>

struct metric {
    char *name, *unit, *help; /* owned */
    uint64_t value;
    struct metric *next;
};

struct stage_metrics {
    uint64_t records_in, records_out;
    uint64_t bytes_in; /* of a source's values; further down there are columns, no bytes */
    uint64_t callbacks; /* that have returned, of any kind */
    uint64_t batches, busy_ns, blocked_ns;
    uint64_t late, filtered, bad, dead_lettered, retries;
    uint64_t rollbacks; /* it said that all since the last checkpoint is void */
    struct metric *own; /* the plugin's counters: only added, in create() */
};

static inline void
metrics_add(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static inline uint64_t
metrics_get(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/*
 * A counter of the plugin's own, the same one for the same name; NULL: out of memory. Lives until
 * metrics_finish. A NULL unit or help is "".
 */
uint64_t *metrics_own(struct stage_metrics *metrics, const char *name, const char *unit,
                      const char *help);

void metrics_finish(struct stage_metrics *metrics);

#endif
