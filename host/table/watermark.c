/* SPDX-License-Identifier: Apache-2.0 */
#include "table/watermark.h"

#include <stdlib.h>

/* The origin of rows that stages above made. */
#define MADE_BY_STAGES partition_origin(0, 0)

void
watermark_init(struct watermark *watermark, bool has_delay, int64_t delay_ms)
{
    *watermark = (struct watermark){ .has_delay = has_delay,
                                     .delay_ms = delay_ms,
                                     .closed_ms = LEVADA_NO_TIME };
}

void
watermark_finish(struct watermark *watermark)
{
    free(watermark->partitions);
    free(watermark->undo);
    lookup_finish(&watermark->by_origin);
}

void
watermark_begin(struct watermark *watermark)
{
    watermark->n_undo = 0;
    watermark->n_before = watermark->n;
}

void
watermark_rollback(struct watermark *watermark)
{
    while (watermark->n_undo > 0) {
        struct partition_undo undo = watermark->undo[--watermark->n_undo];
        watermark->partitions[undo.number].max_ms = undo.max_ms;
    }
    if (watermark->n == watermark->n_before)
        return;
    watermark->n = watermark->n_before;
    lookup_clear(&watermark->by_origin);
    for (uint32_t p = 0; p < watermark->n; p++) /* there is room: more were in it before */
        (void)lookup_add(&watermark->by_origin, watermark->partitions[p].origin, p);
}

static struct partition
new_partition(uint64_t origin)
{
    return (struct partition){ .origin = origin, .max_ms = LEVADA_NO_TIME };
}

static uint32_t
add_partition(struct watermark *watermark, uint64_t origin)
{
    if (watermark->n == watermark->room) {
        uint32_t room = watermark->room > 0 ? watermark->room * 2 : 8;
        struct partition *partitions = realloc(watermark->partitions, room * sizeof(*partitions));
        if (partitions == NULL)
            return UINT32_MAX;
        watermark->partitions = partitions;
        watermark->room = room;
    }
    if (!lookup_add(&watermark->by_origin, origin, watermark->n))
        return UINT32_MAX;
    watermark->partitions[watermark->n] = new_partition(origin);
    return watermark->n++;
}

uint32_t
watermark_enter(struct watermark *watermark, uint64_t origin)
{
    uint32_t number = lookup_find(&watermark->by_origin, origin);
    if (number == UINT32_MAX)
        return add_partition(watermark, origin);
    if (watermark->n_undo == watermark->room_undo) {
        uint32_t room = watermark->room_undo > 0 ? watermark->room_undo * 2 : 64;
        struct partition_undo *undo = realloc(watermark->undo, room * sizeof(*undo));
        if (undo == NULL)
            return UINT32_MAX;
        watermark->undo = undo;
        watermark->room_undo = room;
    }
    struct partition *partition = &watermark->partitions[number];
    watermark->undo[watermark->n_undo++] =
        (struct partition_undo){ .number = number, .max_ms = partition->max_ms };
    partition->idle = false;
    return number;
}

bool
watermark_expect(struct watermark *watermark, const uint64_t *origins, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (lookup_find(&watermark->by_origin, origins[i]) == UINT32_MAX &&
            add_partition(watermark, origins[i]) == UINT32_MAX)
            return false;
    }
    return true;
}

/* What @watermark knows of the partition goes into @kept, once. */
static bool
keep_partition(struct watermark *kept, const struct watermark *watermark, uint64_t origin)
{
    if (lookup_find(&kept->by_origin, origin) != UINT32_MAX)
        return true;
    uint32_t number = add_partition(kept, origin);
    uint32_t known = lookup_find(&watermark->by_origin, origin);
    if (number != UINT32_MAX && known != UINT32_MAX)
        kept->partitions[number] = watermark->partitions[known];
    return number != UINT32_MAX;
}

bool
watermark_assign(struct watermark *watermark, const uint64_t *origins, uint32_t n)
{
    struct watermark kept = { .partitions = NULL };
    bool done = true;
    if (lookup_find(&watermark->by_origin, MADE_BY_STAGES) != UINT32_MAX)
        done = keep_partition(&kept, watermark, MADE_BY_STAGES);
    for (uint32_t i = 0; i < n && done; i++)
        done = keep_partition(&kept, watermark, origins[i]);
    if (!done) {
        watermark_finish(&kept);
        return false;
    }
    free(watermark->partitions);
    lookup_finish(&watermark->by_origin);
    watermark->partitions = kept.partitions;
    watermark->by_origin = kept.by_origin;
    watermark->n = kept.n;
    watermark->room = kept.room;
    return true;
}

void
watermark_set_idle(struct watermark *watermark, uint64_t origin, bool idle)
{
    uint32_t number = lookup_find(&watermark->by_origin, origin);
    if (number != UINT32_MAX)
        watermark->partitions[number].idle = idle;
}

bool
watermark_is_idle(const struct watermark *watermark, uint64_t origin)
{
    uint32_t number = lookup_find(&watermark->by_origin, origin);
    return number != UINT32_MAX && watermark->partitions[number].idle;
}

bool
watermark_all_idle(const struct watermark *watermark)
{
    bool all = watermark->n > 0;
    for (uint32_t p = 0; p < watermark->n; p++)
        all = all && watermark->partitions[p].idle;
    return all;
}

/*
 * The largest time that no awake partition is behind of; LEVADA_NO_TIME: there is none. Where
 * stages above make the rows, partitions that never show up here are not waited for.
 */
static int64_t
slowest_awake(const struct watermark *watermark)
{
    int64_t slowest = INT64_MAX, fastest = LEVADA_NO_TIME;
    bool all_idle = true,
         are_made = lookup_find(&watermark->by_origin, MADE_BY_STAGES) != UINT32_MAX;
    for (uint32_t p = 0; p < watermark->n; p++) {
        const struct partition *partition = &watermark->partitions[p];
        if (partition->max_ms > fastest)
            fastest = partition->max_ms;
        if (partition->idle || (are_made && partition->max_ms == LEVADA_NO_TIME))
            continue;
        all_idle = false;
        if (partition->max_ms < slowest)
            slowest =
                partition->max_ms; /* LEVADA_NO_TIME, the smallest, where it has seen nothing */
    }
    return all_idle ? fastest : slowest;
}

int64_t
watermark_latest(const struct watermark *watermark)
{
    int64_t latest = LEVADA_NO_TIME;
    for (uint32_t p = 0; p < watermark->n; p++) {
        if (watermark->partitions[p].max_ms > latest)
            latest = watermark->partitions[p].max_ms;
    }
    return latest;
}

int64_t
watermark_now(const struct watermark *watermark)
{
    if (watermark->ended)
        return INT64_MAX;
    if (!watermark->has_delay || watermark->held)
        return watermark->closed_ms;
    int64_t time_ms = slowest_awake(watermark);
    if (time_ms == LEVADA_NO_TIME || time_ms - watermark->delay_ms < watermark->closed_ms)
        return watermark->closed_ms;
    return time_ms - watermark->delay_ms;
}
