/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/status.h"

#include "runtime/engine_private.h"
#include "runtime/partition_state.h"
#include "runtime/transaction.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool
status_desk_init(struct status_desk *desk)
{
    pthread_condattr_t attributes;
    *desk = (struct status_desk){ .json = NULL };
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    bool fine = pthread_mutex_init(&desk->lock, NULL) == 0 &&
                pthread_cond_init(&desk->answered, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return fine;
}

void
status_desk_finish(struct status_desk *desk)
{
    free(desk->json);
    pthread_cond_destroy(&desk->answered);
    pthread_mutex_destroy(&desk->lock);
}

/* ---- who asks ---- */

static struct timespec
time_after(uint32_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + (int64_t)ms * 1000000;
    at.tv_sec += ns / 1000000000;
    at.tv_nsec = ns % 1000000000;
    return at;
}

uint64_t
status_ask(struct status_desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    uint64_t number = desk->n_answers + 1;
    atomic_store(&desk->asked, true);
    pthread_mutex_unlock(&desk->lock);
    return number;
}

char *
status_take(struct status_desk *desk, uint64_t number, uint32_t wait_ms)
{
    struct timespec until = time_after(wait_ms);
    pthread_mutex_lock(&desk->lock);
    while (!desk->is_over && desk->n_answers < number &&
           pthread_cond_timedwait(&desk->answered, &desk->lock, &until) == 0)
        continue;
    char *json = desk->json != NULL ? strdup(desk->json) : NULL;
    pthread_mutex_unlock(&desk->lock);
    return json;
}

/* ---- who answers ---- */

static const char *
state_of(struct engine *engine)
{
    if (engine->desk.is_over)
        return "ENDED";
    if (engine_is_stopping(engine))
        return "STOPPING";
    if (engine->restoring.is_running)
        return "RESTORING";
    return engine->is_running ? "RUNNING" : "STARTING";
}

static json_t *
count(const uint64_t *counter)
{
    return json_integer((json_int_t)metrics_get(counter));
}

static json_t *
own_metrics(const struct stage_metrics *metrics)
{
    json_t *object = json_object();
    for (const struct metric *metric = metrics->own; metric != NULL; metric = metric->next)
        json_object_set_new(object, metric->name, count(&metric->value));
    return object;
}

static json_t *
stage_status(const struct stage *stage)
{
    static const char *const kinds[] = { "", "source", "transform", "join", "aggregate", "sink" };
    const struct stage_metrics *metrics = &stage->metrics;
    json_t *object = json_pack("{s:s, s:s, s:s}", "name", stage->name, "plugin", stage->op->id,
                               "kind", stage->op->kind < 6 ? kinds[stage->op->kind] : "");
    json_object_set_new(object, "recordsIn", count(&metrics->records_in));
    json_object_set_new(object, "recordsOut", count(&metrics->records_out));
    json_object_set_new(object, "busyMs",
                        json_integer((json_int_t)(metrics_get(&metrics->busy_ns) / 1000000)));
    json_object_set_new(object, "blockedMs",
                        json_integer((json_int_t)(metrics_get(&metrics->blocked_ns) / 1000000)));
    json_object_set_new(object, "late", count(&metrics->late));
    json_object_set_new(object, "filtered", count(&metrics->filtered));
    json_object_set_new(object, "bad", count(&metrics->bad));
    json_object_set_new(object, "deadLettered", count(&metrics->dead_lettered));
    json_object_set_new(object, "retries", count(&metrics->retries));
    json_object_set_new(object, "rollbacks", count(&metrics->rollbacks));
    if (stage->table != NULL) {
        struct table_stats stats;
        partition_state_stats(stage, &stats);
        json_object_set_new(object, "rows", json_integer((json_int_t)stats.rows));
        json_object_set_new(object, "stateBytes", json_integer((json_int_t)stats.bytes));
    }
    json_object_set_new(object, "metrics", own_metrics(metrics));
    return object;
}

static json_t *
partition_status(const struct partition *partition)
{
    const struct levada_position *position = &partition->position;
    bool known = position->latest >= 0;
    return json_pack("{s:s, s:s, s:i, s:I, s:o, s:o}", "source", partition->source->name, "stream",
                     (const char *)position->stream.p, "partition", (int)position->partition,
                     "next", (json_int_t)position->next, "latest",
                     known ? json_integer(position->latest) : json_null(), "lag",
                     known ? json_integer(position->latest - position->next) : json_null());
}

static json_t *
restore_status(const struct engine *engine)
{
    const struct restoring *restoring = &engine->restoring;
    if (!restoring->is_running)
        return json_null();
    return json_pack("{s:i, s:I, s:I}", "partition", (int)restoring->partition, "read",
                     (json_int_t)restoring->read, "left", (json_int_t)restoring->left);
}

static char *
make_status(struct engine *engine)
{
    const struct engine_setup *setup = &engine->setup;
    json_t *stages = json_array(), *partitions = json_array();
    for (uint32_t s = 0; s < setup->n_stages; s++)
        json_array_append_new(stages, stage_status(setup->stages[s]));
    for (uint32_t p = 0; p < engine->positions.n; p++)
        json_array_append_new(partitions, partition_status(&engine->positions.items[p]));
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o}", "name", setup->name,
                  "identity", setup->identity != NULL ? setup->identity : "", "id", engine->id,
                  "runId", engine->run_id, "state", state_of(engine), "commitsWith",
                  engine->transaction != NULL  ? "transaction"
                  : engine->checkpoint != NULL ? "checkpoint"
                                               : "nothing",
                  "batches", (json_int_t)engine->batches, "uptimeMs",
                  (json_int_t)((engine_now_ns(engine) - engine->started_ns) / 1000000), "restore",
                  restore_status(engine), "stages", stages, "partitions", partitions);
    char *text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

void
status_tell(struct engine *engine)
{
    struct status_desk *desk = &engine->desk;
    char *json = make_status(engine);
    pthread_mutex_lock(&desk->lock);
    if (json != NULL) {
        free(desk->json);
        desk->json = json;
    }
    atomic_store(&desk->asked, false);
    desk->n_answers++;
    pthread_cond_broadcast(&desk->answered);
    pthread_mutex_unlock(&desk->lock);
}

void
status_answer(struct engine *engine)
{
    if (atomic_load_explicit(&engine->desk.asked, memory_order_relaxed))
        status_tell(engine);
}

void
status_end(struct engine *engine)
{
    struct status_desk *desk = &engine->desk;
    pthread_mutex_lock(&desk->lock);
    desk->is_over = true;
    pthread_mutex_unlock(&desk->lock);
    status_tell(engine);
}
