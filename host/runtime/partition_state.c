/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/partition_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Where @partition stands, or would. */
static uint32_t
place_of(const struct stage *stage, int32_t partition)
{
    uint32_t low = 0, high = stage->n_parts;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (stage->parts[middle].partition < partition)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
add_part(struct stage *stage, int32_t partition)
{
    uint32_t at = place_of(stage, partition);
    struct stage_part *grown = realloc(stage->parts, (stage->n_parts + 1) * sizeof(*grown));
    if (grown == NULL)
        return false;
    stage->parts = grown;
    struct stage_part part = { .partition = partition, .table = stage_make_table(stage) };
    if (part.table != NULL && stage->is_repartitioned)
        part.merged = stage_make_table(stage);
    if (part.table == NULL || (stage->is_repartitioned && part.merged == NULL)) {
        table_destroy(part.table);
        return false;
    }
    memmove(&grown[at + 1], &grown[at], (stage->n_parts - at) * sizeof(*grown));
    grown[at] = part;
    stage->n_parts++;
    return true;
}

levada_status
partition_state_add(const struct stage_list *list, int32_t partition, struct error *err)
{
    for (uint32_t s = 0; s < list->n; s++) {
        if (list->stages[s]->whole_table != NULL && !add_part(list->stages[s], partition))
            return error_set(err, LEVADA_FATAL, "out of memory");
    }
    return LEVADA_OK;
}

/* Counters that only grow: a part that goes leaves them behind. */
static void
add_counters(struct table_stats *sum, const struct table_stats *one)
{
    sum->updated += one->updated;
    sum->removed += one->removed;
    sum->late += one->late;
    sum->future += one->future;
}

/*
 * Where a part has two tables, records are late in the one and rows live in the other. That a
 * partial row is merged is no news of events.
 */
static void
get_stats(const struct stage_part *part, struct table_stats *stats)
{
    struct table_stats merged;
    table_get_stats(part->table, stats);
    if (part->merged == NULL)
        return;
    table_get_stats(part->merged, &merged);
    stats->rows += merged.rows;
    stats->bytes += merged.bytes;
    stats->late += merged.late;
    stats->updated = merged.updated;
    stats->removed = merged.removed;
    stats->watermark_ms = merged.watermark_ms;
}

static void
drop_part(struct stage *stage, int32_t partition)
{
    uint32_t at = place_of(stage, partition);
    struct table_stats stats;
    if (at == stage->n_parts || stage->parts[at].partition != partition)
        return;
    const struct stage_part *part = &stage->parts[at];
    get_stats(part, &stats);
    add_counters(&stage->parted, &stats);
    if (stage->table == part->table || stage->table == part->merged)
        stage->table = stage->whole_table;
    stage->partial = NULL;
    table_destroy(part->table);
    table_destroy(part->merged);
    stage->n_parts--;
    memmove(&stage->parts[at], &stage->parts[at + 1],
            (stage->n_parts - at) * sizeof(*stage->parts));
}

void
partition_state_drop(const struct stage_list *list, int32_t partition)
{
    for (uint32_t s = 0; s < list->n; s++)
        drop_part(list->stages[s], partition);
}

static void
enter(const struct stage_list *list, int32_t partition, bool merged)
{
    for (uint32_t s = 0; s < list->n; s++) {
        struct stage *stage = list->stages[s];
        uint32_t at = place_of(stage, partition);
        if (stage->whole_table == NULL)
            continue;
        stage->table = stage->whole_table;
        stage->partial = NULL;
        if (partition == NO_PARTITION)
            continue;
        assert(at < stage->n_parts && stage->parts[at].partition == partition);
        const struct stage_part *part = &stage->parts[at];
        stage->table = merged && part->merged != NULL ? part->merged : part->table;
        stage->partial = stage->table != part->table ? part->table : NULL;
    }
}

void
partition_state_enter(const struct stage_list *list, int32_t partition)
{
    enter(list, partition, false);
}

void
partition_state_enter_merged(const struct stage_list *list, int32_t partition)
{
    enter(list, partition, true);
}

/* ---- what they tell ---- */

/* The table whose rows leave. */
static const struct table *
leaving(const struct stage_part *part)
{
    return part->merged != NULL ? part->merged : part->table;
}

struct table *
partition_state_table(const struct stage *stage, int32_t partition)
{
    uint32_t at = place_of(stage, partition);
    if (stage->n_parts == 0)
        return stage->whole_table;
    return at < stage->n_parts && stage->parts[at].partition == partition ? stage->parts[at].table
                                                                          : NULL;
}

bool
partition_state_has_news(const struct stage *stage)
{
    bool news = stage->n_parts == 0 && table_has_news(stage->whole_table);
    for (uint32_t p = 0; p < stage->n_parts && !news; p++)
        news = table_has_news(leaving(&stage->parts[p]));
    return news;
}

int64_t
partition_state_watermark(const struct stage *stage)
{
    int64_t time_ms = stage->n_parts == 0 ? table_watermark(stage->whole_table) : INT64_MAX;
    for (uint32_t p = 0; p < stage->n_parts; p++) {
        int64_t one = table_watermark(leaving(&stage->parts[p]));
        time_ms = one < time_ms ? one : time_ms; /* LEVADA_NO_TIME is the least */
    }
    return time_ms;
}

static int64_t
least_known(int64_t a, int64_t b)
{
    if (a == LEVADA_NO_TIME || b == LEVADA_NO_TIME)
        return a == LEVADA_NO_TIME ? b : a;
    return a < b ? a : b;
}

/* The mean of two means, by how many events each is of. */
static int64_t
mean_of(const struct table_stats *a, const struct table_stats *b)
{
    if (a->n_events == 0 || b->n_events == 0)
        return a->n_events == 0 ? b->avg_event_ms : a->avg_event_ms;
    double share = (double)b->n_events / (double)(a->n_events + b->n_events);
    return a->avg_event_ms + (int64_t)((double)(b->avg_event_ms - a->avg_event_ms) * share);
}

static void
add_stats(struct table_stats *sum, const struct table_stats *one)
{
    add_counters(sum, one);
    sum->rows += one->rows;
    sum->bytes += one->bytes;
    sum->watermark_ms = least_known(sum->watermark_ms, one->watermark_ms);
    sum->min_event_ms = least_known(sum->min_event_ms, one->min_event_ms);
    if (one->max_event_ms > sum->max_event_ms) /* NO_TIME is the least of all */
        sum->max_event_ms = one->max_event_ms;
    sum->avg_event_ms = mean_of(sum, one);
    sum->n_events += one->n_events;
}

void
partition_state_stats(const struct stage *stage, struct table_stats *stats)
{
    table_get_stats(stage->whole_table, stats);
    add_counters(stats, &stage->parted);
    for (uint32_t p = 0; p < stage->n_parts; p++) {
        struct table_stats one;
        get_stats(&stage->parts[p], &one);
        add_stats(stats, &one);
    }
}
