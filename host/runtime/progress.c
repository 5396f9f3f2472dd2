/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/progress.h"

#include "record/value.h"
#include "runtime/partition_state.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
progress_mark_take(struct progress_mark *mark, struct stage *const *stages, uint32_t n_stages,
                   const struct positions *positions, int64_t wall_ms, int64_t now_ns)
{
    *mark = (struct progress_mark){ .wall_ms = wall_ms, .started_ns = now_ns };
    mark->tables = calloc(n_stages + 1, sizeof(*mark->tables));
    mark->counts = calloc(n_stages + 1, sizeof(*mark->counts));
    mark->starts = calloc(positions->n + 1, sizeof(*mark->starts));
    if (mark->tables == NULL || mark->counts == NULL || mark->starts == NULL) {
        progress_mark_finish(mark);
        return false;
    }
    for (uint32_t s = 0; s < n_stages; s++) {
        mark->counts[s].records_in = metrics_get(&stages[s]->metrics.records_in);
        mark->counts[s].late = metrics_get(&stages[s]->metrics.late);
        if (stages[s]->table != NULL)
            partition_state_stats(stages[s], &mark->tables[s]);
    }
    for (uint32_t p = 0; p < positions->n; p++)
        mark->starts[p] = positions->items[p].position;
    mark->n_starts = positions->n;
    return true;
}

void
progress_mark_finish(struct progress_mark *mark)
{
    free(mark->tables);
    free(mark->counts);
    free(mark->starts);
    *mark = (struct progress_mark){ 0 };
}

void
progress_mark_events(struct progress_mark *mark, struct stage *const *stages, uint32_t n_stages)
{
    mark->min_event_ms = mark->max_event_ms = mark->avg_event_ms = LEVADA_NO_TIME;
    for (uint32_t s = 0; s < n_stages; s++) {
        struct table_stats stats;
        if (stages[s]->table == NULL)
            continue;
        partition_state_stats(stages[s], &stats);
        mark->min_event_ms = stats.min_event_ms;
        mark->max_event_ms = stats.max_event_ms;
        mark->avg_event_ms = stats.avg_event_ms;
        return;
    }
}

static int64_t
to_ms(int64_t ns)
{
    return (ns + 500000) / 1000000;
}

/* Rows a second with one decimal, rounded half up; left out where it is not finite, as Spark does.
 */
static void
set_rate(json_t *object, const char *name, uint64_t rows, int64_t ns)
{
    if (ns <= 0)
        return;
    double rate = (double)rows * 1e9 / (double)ns;
    json_object_set_new(object, name, json_real(floor(rate * 10 + 0.5) / 10));
}

static json_t *
iso_time(int64_t time_ms)
{
    char text[VALUE_TIME_SIZE], full[VALUE_TIME_SIZE + 8];
    size_t n = value_format_time(time_ms, text);
    bool has_fraction = memchr(text, '.', n) != NULL;
    snprintf(full, sizeof(full), "%.*s%sZ", (int)n, text, has_fraction ? "" : ".000");
    return json_string(full);
}

static void
set_time(json_t *object, const char *name, int64_t time_ms)
{
    if (time_ms != LEVADA_NO_TIME && time_ms != INT64_MAX)
        json_object_set_new(object, name, iso_time(time_ms));
}

/* ---- the parts, in the order in which Spark prints them ---- */

static json_t *
durations(const struct progress_times *times)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "addBatch", (json_int_t)to_ms(times->add_batch_ns),
        "commitOffsets", (json_int_t)to_ms(times->commit_offsets_ns), "getBatch",
        (json_int_t)to_ms(times->get_batch_ns), "latestOffset", (json_int_t)0, "queryPlanning",
        (json_int_t)0, "triggerExecution", (json_int_t)to_ms(times->total_ns), "walCommit",
        (json_int_t)to_ms(times->wal_commit_ns));
}

/* Of the first table, as Spark has one watermark a query. */
static json_t *
event_times(const struct progress_report *report)
{
    json_t *object = json_object();
    for (uint32_t s = 0; s < report->n_stages; s++) {
        struct table_stats stats;
        if (report->stages[s]->table == NULL)
            continue;
        partition_state_stats(report->stages[s], &stats);
        set_time(object, "avg", report->mark->avg_event_ms);
        set_time(object, "max", report->mark->max_event_ms);
        set_time(object, "min", report->mark->min_event_ms);
        set_time(object, "watermark", stats.watermark_ms);
        break;
    }
    return object;
}

/* What the plugin counts, so far: Spark's customMetrics. */
static json_t *
own_counters(const struct stage *stage)
{
    json_t *object = json_object();
    for (const struct metric *metric = stage->metrics.own; metric != NULL; metric = metric->next)
        json_object_set_new(object, metric->name,
                            json_integer((json_int_t)metrics_get(&metric->value)));
    return object;
}

static json_t *
table_operator(const struct progress_report *report, uint32_t s)
{
    const struct stage *stage = report->stages[s];
    const struct table_stats *before = &report->mark->tables[s];
    struct table_stats now;
    partition_state_stats(stage, &now);
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:o}", "operatorName",
                     stage->name, "numRowsTotal", (json_int_t)now.rows, "numRowsUpdated",
                     (json_int_t)(now.updated - before->updated), "allUpdatesTimeMs",
                     (json_int_t)to_ms(report->times.add_batch_ns), "numRowsRemoved",
                     (json_int_t)(now.removed - before->removed), "allRemovalsTimeMs",
                     (json_int_t)0, "commitTimeMs", (json_int_t)to_ms(report->times.wal_commit_ns),
                     "memoryUsedBytes", (json_int_t)now.bytes, "numRowsDroppedByWatermark",
                     (json_int_t)(now.late - before->late), "numShufflePartitions", 1,
                     "numStateStoreInstances", 1, "customMetrics", own_counters(stage));
}

/* Of a plugin that keeps state of its own; how many rows that is only the plugin knows. */
static json_t *
plugin_operator(const struct progress_report *report, uint32_t s)
{
    const struct stage *stage = report->stages[s];
    uint64_t late = metrics_get(&stage->metrics.late) - report->mark->counts[s].late;
    return json_pack("{s:s, s:I, s:I, s:i, s:i, s:o}", "operatorName", stage->name, "commitTimeMs",
                     (json_int_t)to_ms(report->times.wal_commit_ns), "numRowsDroppedByWatermark",
                     (json_int_t)late, "numShufflePartitions", 1, "numStateStoreInstances", 1,
                     "customMetrics", own_counters(stage));
}

static bool
keeps_state_itself(const struct stage *stage)
{
    return stage->table == NULL && stage->op->kind != LEVADA_SINK &&
           (stage->op->caps & LEVADA_CAP_STATE) != 0;
}

/* {"topic": {"0": 23}} of one source. @which: 0 start, 1 end, 2 latest. */
static json_t *
offsets(const struct progress_report *report, const struct stage *source, int which)
{
    json_t *object = json_object();
    const struct positions *positions = report->positions;
    for (uint32_t p = 0; p < positions->n; p++) {
        const struct levada_position *position = &positions->items[p].position;
        char partition[16];
        int64_t offset = which == 1 ? position->next : position->latest;
        if (positions->items[p].source != source || (which == 2 && offset < 0))
            continue;
        if (which == 0 && p >= report->mark->n_starts)
            continue;
        if (which == 0)
            offset = report->mark->starts[p].next;
        json_t *topic = json_object_get(object, position->stream.p);
        if (topic == NULL) {
            topic = json_object();
            json_object_set_new(object, position->stream.p, topic);
        }
        snprintf(partition, sizeof(partition), "%d", position->partition);
        json_object_set_new(topic, partition, json_integer(offset));
    }
    if (json_object_size(object) > 0)
        return object;
    json_decref(object);
    return json_null();
}

static uint64_t
rows_of(const struct progress_report *report, uint32_t s)
{
    return metrics_get(&report->stages[s]->metrics.records_in) - report->mark->counts[s].records_in;
}

/* Text, as Spark has it, and only what there is to tell. */
static json_t *
source_metrics(const struct stage *stage)
{
    uint64_t rollbacks = metrics_get(&stage->metrics.rollbacks);
    char text[24];
    if (rollbacks == 0)
        return json_object();
    snprintf(text, sizeof(text), "%llu", (unsigned long long)rollbacks);
    return json_pack("{s:s}", "rollbacks", text);
}

static json_t *
source_report(const struct progress_report *report, uint32_t s)
{
    const struct stage *stage = report->stages[s];
    char description[256];
    snprintf(description, sizeof(description), "%s[%s]", stage->op->id, stage->name);
    json_t *object =
        json_pack("{s:s, s:o, s:o, s:o, s:I}", "description", description, "startOffset",
                  offsets(report, stage, 0), "endOffset", offsets(report, stage, 1), "latestOffset",
                  offsets(report, stage, 2), "numInputRows", (json_int_t)rows_of(report, s));
    set_rate(object, "inputRowsPerSecond", rows_of(report, s), report->since_last_ns);
    set_rate(object, "processedRowsPerSecond", rows_of(report, s), report->times.total_ns);
    json_object_set_new(object, "metrics", source_metrics(stage));
    return object;
}

/* The first sink; others are in the host's metrics. */
static json_t *
sink_report(const struct progress_report *report)
{
    for (uint32_t s = 0; s < report->n_stages; s++) {
        const struct stage *stage = report->stages[s];
        char description[256];
        if (stage->op->kind != LEVADA_SINK)
            continue;
        snprintf(description, sizeof(description), "%s[%s]", stage->op->id, stage->name);
        return json_pack("{s:s, s:I, s:{}}", "description", description, "numOutputRows",
                         (json_int_t)rows_of(report, s), "metrics");
    }
    return json_pack("{s:s, s:i, s:{}}", "description", "", "numOutputRows", -1, "metrics");
}

char *
progress_report_json(const struct progress_report *report)
{
    uint64_t rows = 0;
    json_t *operators = json_array(), *sources = json_array();
    for (uint32_t s = 0; s < report->n_stages; s++) {
        if (report->stages[s]->op->kind == LEVADA_SOURCE) {
            rows += rows_of(report, s);
            json_array_append_new(sources, source_report(report, s));
        }
        if (report->stages[s]->table != NULL)
            json_array_append_new(operators, table_operator(report, s));
        else if (keeps_state_itself(report->stages[s]))
            json_array_append_new(operators, plugin_operator(report, s));
    }
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I}", "id", report->id, "runId", report->run_id,
                  "name", report->name, "timestamp", iso_time(report->mark->wall_ms), "batchId",
                  (json_int_t)report->batch, "batchDuration",
                  (json_int_t)to_ms(report->times.total_ns), "numInputRows", (json_int_t)rows);
    set_rate(root, "inputRowsPerSecond", rows, report->since_last_ns);
    set_rate(root, "processedRowsPerSecond", rows, report->times.total_ns);
    json_object_set_new(root, "durationMs", durations(&report->times));
    json_object_set_new(root, "eventTime", event_times(report));
    json_object_set_new(root, "stateOperators", operators);
    json_object_set_new(root, "sources", sources);
    json_object_set_new(root, "sink", sink_report(report));
    json_object_set_new(root, "observedMetrics", json_object());
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(root);
    return text;
}
