/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_WATERMARK_H
#define HOST_TABLE_WATERMARK_H

/*
 * How far event time has come: in each input partition, and for the table as a whole. Rules 1 to 5
 * and 7 of docs/event-time.md are here.
 */

#include "base/lookup.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct partition {
    uint64_t origin; /* partition_origin() */
    int64_t max_ms;  /* the largest event time seen; LEVADA_NO_TIME: none */
    bool idle;
};

struct partition_undo {
    uint32_t number;
    int64_t max_ms;
};

struct watermark {
    bool has_delay;
    int64_t delay_ms;
    int64_t
        closed_ms; /* windows that end at or before this have been closed; LEVADA_NO_TIME: none */
    bool ended;
    bool held; /* records of a partition that nobody knows yet are still to come */
    struct partition *partitions;
    uint32_t n, room;
    struct lookup by_origin;
    struct partition_undo *undo; /* of the open transaction */
    uint32_t n_undo, room_undo, n_before;
};

static inline uint64_t
partition_origin(uint32_t stream, int32_t partition)
{
    return (uint64_t)stream << 32 | (uint32_t)partition;
}

static inline uint32_t
partition_stream(uint64_t origin)
{
    return (uint32_t)(origin >> 32);
}

static inline int32_t
partition_number(uint64_t origin)
{
    return (int32_t)(uint32_t)origin;
}

void watermark_init(struct watermark *watermark, bool has_delay, int64_t delay_ms);
void watermark_finish(struct watermark *watermark);

void watermark_begin(struct watermark *watermark);
void watermark_rollback(struct watermark *watermark);

/* The partition of a record that came; it is awake, and can be undone. UINT32_MAX: out of memory.
 */
uint32_t watermark_enter(struct watermark *watermark, uint64_t origin);

/* Windows that end at or before this are closed for the partition's next record. */
static inline int64_t
watermark_late_until(const struct watermark *watermark, uint32_t number)
{
    int64_t max_ms = watermark->partitions[number].max_ms;
    if (!watermark->has_delay || max_ms == LEVADA_NO_TIME ||
        max_ms - watermark->delay_ms < watermark->closed_ms)
        return watermark->closed_ms;
    return max_ms - watermark->delay_ms;
}

static inline void
watermark_advance(struct watermark *watermark, uint32_t number, int64_t time_ms)
{
    if (time_ms > watermark->partitions[number].max_ms)
        watermark->partitions[number].max_ms = time_ms;
}

/*
 * Makes the partitions exactly those @origins; what is known of them stays. Rows that stages made
 * belong to nobody, and stay too. False: out of memory.
 */
bool watermark_assign(struct watermark *watermark, const uint64_t *origins, uint32_t n);
void watermark_set_idle(struct watermark *watermark, uint64_t origin, bool idle);

/* Of one that is not known: no. */
bool watermark_is_idle(const struct watermark *watermark, uint64_t origin);
/* Are there any, and all of them idle? */
bool watermark_all_idle(const struct watermark *watermark);

/* Adds those @origins that are not known. False: out of memory. */
bool watermark_expect(struct watermark *watermark, const uint64_t *origins, uint32_t n);

/* The largest event time of all partitions; LEVADA_NO_TIME: none yet. */
int64_t watermark_latest(const struct watermark *watermark);
/* Of the table as a whole; it never goes back. LEVADA_NO_TIME: none yet. */
int64_t watermark_now(const struct watermark *watermark);

#endif
