/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions.h"

#include <stdlib.h>
#include <string.h>

void
partitions_init(struct partitions *partitions, int64_t delay_ms)
{
    *partitions = (struct partitions){ .delay_ms = delay_ms, .closed_ms = LEVADA_NO_TIME };
}

void
partitions_clear(struct partitions *partitions)
{
    for (uint32_t p = 0; p < partitions->n; p++)
        free(partitions->items[p].name);
    free(partitions->items);
    partitions_init(partitions, partitions->delay_ms);
}

bool
partitions_add(struct partitions *partitions, struct levada_bytes name, int32_t number,
               int64_t max_ms)
{
    if (partitions->n == partitions->room) {
        uint32_t room = partitions->room > 0 ? partitions->room * 2 : 8;
        struct partition *items = realloc(partitions->items, room * sizeof(*items));
        if (items == NULL)
            return false;
        partitions->items = items;
        partitions->room = room;
    }
    char *copy = strndup(name.p, name.n);
    if (copy == NULL)
        return false;
    partitions->items[partitions->n++] = (struct partition){
        .name = copy, .max_ms = max_ms, .stream = PARTITION_UNMET, .number = number
    };
    return true;
}

static bool
is_of(const struct partition *partition, const struct levada_record *record)
{
    return partition->stream == record->stream && partition->number == record->partition;
}

static uint32_t
find(const struct partitions *partitions, const struct levada_record *record)
{
    uint32_t p = 0;
    while (p < partitions->n && !is_of(&partitions->items[p], record))
        p++;
    return p;
}

/* One that is known by name only. */
static uint32_t
find_unmet(const struct partitions *partitions, const char *name, int32_t number)
{
    uint32_t p = 0;
    while (p < partitions->n &&
           (partitions->items[p].stream != PARTITION_UNMET ||
            partitions->items[p].number != number || strcmp(partitions->items[p].name, name) != 0))
        p++;
    return p;
}

struct partition *
partitions_enter(struct partitions *partitions, struct levada_call *call,
                 const struct levada_record *record)
{
    if (partitions->last < partitions->n && is_of(&partitions->items[partitions->last], record))
        return &partitions->items[partitions->last];
    uint32_t p = find(partitions, record);
    if (p == partitions->n) {
        const char *name = levada->stream_name(call, record->stream);
        if (name == NULL)
            return NULL;
        p = find_unmet(partitions, name, record->partition);
        if (p == partitions->n &&
            !partitions_add(partitions, (struct levada_bytes){ name, strlen(name) },
                            record->partition, LEVADA_NO_TIME))
            return NULL;
        partitions->items[p].stream = record->stream;
        partitions->items[p].changed = true;
    }
    partitions->last = p;
    return &partitions->items[p];
}

static int64_t
watermark_of(const struct partitions *partitions, int64_t max_ms)
{
    int64_t time_ms;
    if (max_ms == LEVADA_NO_TIME ||
        __builtin_sub_overflow(max_ms, partitions->delay_ms, &time_ms) ||
        time_ms < partitions->closed_ms)
        return partitions->closed_ms;
    return time_ms;
}

bool
partitions_is_late(struct partitions *partitions, struct partition *partition, int64_t time_ms)
{
    bool late = time_ms < watermark_of(partitions, partition->max_ms);
    if (time_ms > partition->max_ms) {
        partition->max_ms = time_ms;
        partition->changed = true;
    }
    return late;
}

bool
partitions_close(struct partitions *partitions)
{
    int64_t slowest_ms = INT64_MAX;
    for (uint32_t p = 0; p < partitions->n; p++) {
        if (partitions->items[p].max_ms < slowest_ms)
            slowest_ms = partitions->items[p].max_ms;
    }
    int64_t before_ms = partitions->closed_ms;
    if (partitions->n > 0)
        partitions->closed_ms = watermark_of(partitions, slowest_ms);
    return partitions->closed_ms != before_ms;
}

bool
partitions_close_until(struct partitions *partitions, int64_t time_ms)
{
    if (time_ms <= partitions->closed_ms)
        return false;
    partitions->closed_ms = time_ms;
    return true;
}
