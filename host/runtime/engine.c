/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/engine_private.h"

#include "base/crash.h"
#include "runtime/callback.h"
#include "runtime/keyed_state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_RECORDS 65536u /* the most that one poll may give where nothing else limits it */
#define IDLE_WAIT_MS 100u   /* how long a poll may wait for data: also how soon a stop is seen */
#define NOTE_EVERY_NS 100000000LL       /* how fresh the numbers of a progress line are */
#define CONTINUOUS_ROUND_NS 200000000LL /* a continuous round ends after 200 ms of data */

static const struct levada_position *
service_stored(void *user, const char *stream, int32_t partition)
{
    struct engine *engine = user;
    return positions_find(&engine->positions, engine->polled, stream, partition);
}

static int64_t
service_wall_ms(void *user)
{
    struct engine *engine = user;
    return engine->setup.clock->wall_ms(engine->setup.clock);
}

static uint32_t
service_memory(void *user)
{
    const struct engine *engine = user;
    uint32_t memory = engine->setup.checkpoint != NULL ? LEVADA_KEEPS_POSITIONS : 0;
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        bool keeps = stage->table != NULL || (stage->op->caps & LEVADA_CAP_STATE) != 0;
        if (keeps && stage->op->kind != LEVADA_SINK)
            memory |= LEVADA_HAS_STATE;
    }
    return memory;
}

struct engine *
engine_create(const struct engine_setup *setup)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL)
        return NULL;
    engine->setup = *setup;
    engine->lag = -1;
    engine->watermark_ms = LEVADA_NO_TIME;
    uuid_make(engine->id);
    uuid_make(engine->run_id);
    engine->services = (struct call_services){ .stored = service_stored,
                                               .wall_ms = service_wall_ms,
                                               .memory = service_memory,
                                               .user = engine };
    pthread_mutex_init(&engine->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    for (uint32_t s = 0; s < setup->n_stages; s++)
        setup->stages[s]->call->services = &engine->services;
    return engine;
}

void
engine_destroy(struct engine *engine)
{
    if (engine == NULL)
        return;
    for (uint32_t s = 0; s < engine->setup.n_stages; s++)
        call_reset(engine->setup.stages[s]->call);
    watch_finish(engine);
    for (uint32_t s = 0; s < engine->setup.n_stages; s++)
        keyed_state_set_source(engine->setup.stages[s]->keyed, NULL);
    checkpoint_close(engine->checkpoint);
    positions_finish(&engine->positions);
    partitions_finish(engine);
    progress_mark_finish(&engine->mark);
    pthread_cond_destroy(&engine->wake);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}

levada_status
engine_fail(struct engine *engine, const struct stage *stage, levada_status status,
            const char *format, ...)
{
    if (engine->err.status < 0)
        return engine->err.status;
    char text[sizeof(engine->err.text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    engine->failed = stage;
    return error_set(&engine->err, status, "%s: %s", stage->name, text);
}

const struct stage *
engine_failed_stage(const struct engine *engine)
{
    return engine->failed;
}

/* "100,000": the record in which a message is looked up by a human. */
static const char *
group_digits(uint64_t number, char *text, size_t n)
{
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
    size_t at = 0;
    for (int i = 0; i < length && at + 2 < n; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

void
engine_describe_record(const struct engine *engine, const struct batch *batch, uint32_t i,
                       uint64_t byte, char *text, size_t n)
{
    const struct levada_record *record = batch_origin(batch, i);
    const char *stream = record_space_stream_name(engine->setup.space, record->stream);
    char number[48], place[48];

    if (record->stream == 0)
        snprintf(text, n, "a row made by a stage above");
    else if (record->number >= 0)
        snprintf(text, n, "%s: record %s (byte %s)", stream,
                 group_digits((uint64_t)record->number + 1, number, sizeof(number)),
                 group_digits((uint64_t)record->offset + byte, place, sizeof(place)));
    else
        snprintf(text, n, "%s, partition %d, offset %lld", stream, record->partition,
                 (long long)record->offset);
}

/* ---- stopping and waiting ---- */

void
engine_stop(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    if (!engine->stopping)
        engine->stop_ns = engine_now_ns(engine);
    engine->stopping = true;
    pthread_cond_broadcast(&engine->wake);
    pthread_mutex_unlock(&engine->lock);
}

bool
engine_is_stopping(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    bool stopping = engine->stopping;
    pthread_mutex_unlock(&engine->lock);
    return stopping;
}

static struct timespec
timespec_after(int64_t ns)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    ns += at.tv_nsec;
    at.tv_sec += ns / 1000000000;
    at.tv_nsec = ns % 1000000000;
    return at;
}

/* Under the lock: what is left of drain_timeout. */
static int64_t
drain_left_ns(const struct engine *engine)
{
    return engine->setup.drain_timeout_ns - (engine_now_ns(engine) - engine->stop_ns);
}

bool
engine_wait(struct engine *engine, int64_t ns)
{
    bool may_go_on = true;
    pthread_mutex_lock(&engine->lock);
    bool was_stopping = engine->stopping;
    if (was_stopping && drain_left_ns(engine) < ns)
        ns = drain_left_ns(engine) > 0 ? drain_left_ns(engine) : 0;
    struct timespec until = timespec_after(ns);
    while (engine->stopping == was_stopping &&
           pthread_cond_timedwait(&engine->wake, &engine->lock, &until) != ETIMEDOUT)
        continue;
    if (engine->stopping)
        may_go_on = drain_left_ns(engine) > 0;
    pthread_mutex_unlock(&engine->lock);
    return may_go_on;
}

/* ---- start ---- */

static struct checkpoint_view
checkpoint_view(struct engine *engine)
{
    return (struct checkpoint_view){ .stages = engine->setup.stages,
                                     .n_stages = engine->setup.n_stages,
                                     .space = engine->setup.space,
                                     .positions = &engine->positions,
                                     .id = engine->id,
                                     .epoch = &engine->epoch };
}

/* Before any stage starts: a checkpoint that does not fit must not have cost anything. */
static levada_status
open_checkpoint(struct engine *engine)
{
    struct checkpoint_view view = checkpoint_view(engine);
    if (engine->setup.checkpoint == NULL)
        return LEVADA_OK;
    levada_status status =
        checkpoint_open(engine->setup.checkpoint, &engine->checkpoint, &engine->err);
    if (status >= 0)
        status = checkpoint_restore(engine->checkpoint, &view, &engine->err);
    return status;
}

static levada_status
start_stages(struct engine *engine)
{
    /* Sinks first: nothing is read before there is a place for it. */
    for (uint32_t s = engine->setup.n_stages; s-- > 0;) {
        struct stage *stage = engine->setup.stages[s];
        if (stage->op->start != NULL) {
            engine->polled = stage;
            call_reset(stage->call);
            levada_status status =
                call_end(stage->call, callback_start(stage));
            if (status < 0)
                return engine_fail(engine, stage, status, "%s", stage->call->err.text);
            call_reset(stage->call);
        }
        stage->started = true;
    }
    return signal_restore(engine);
}

/* ---- rounds ---- */

struct round {
    uint64_t records; /* read so far */
    int64_t started_ns;
    bool limited; /* max_records_per_trigger was reached */
};

static bool
all_ended(const struct engine *engine)
{
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        if (stage->op->kind == LEVADA_SOURCE && !stage->ended)
            return false;
    }
    return true;
}

static levada_status
take_positions(struct engine *engine, struct stage *source)
{
    const struct levada_call *call = source->call;
    for (uint32_t p = 0; p < call->n_positions; p++) {
        if (!positions_set(&engine->positions, source, &call->positions[p]))
            return engine_fail(engine, source, LEVADA_FATAL, "out of memory");
    }
    return LEVADA_OK;
}

static uint64_t
count_polled(const struct levada_call *call)
{
    uint64_t n = 0;
    for (uint32_t e = 0; e < call->n_emissions; e++)
        n += batch_public(call->emissions[e].batch)->n;
    return n;
}

/* A failed poll: tried again for retry_for, with RESTORE before, since what it had emitted is gone.
 */
static levada_status
poll_failed(struct engine *engine, struct stage *source, levada_status status, int64_t *since_ns)
{
    if (status != LEVADA_RETRY)
        return engine_fail(engine, source, status, "%s", source->call->err.text);
    if (engine_is_stopping(engine))
        return LEVADA_OK;
    if (*since_ns == 0) {
        *since_ns = engine_now_ns(engine);
        log_warn(&source->logger, "will be tried again", "reason=\"%s\"", source->call->err.text);
    }
    metrics_add(&source->metrics.retries, 1);
    if (engine_now_ns(engine) - *since_ns >= source->errors.retry_for_ns ||
        !engine_wait(engine, (int64_t)IDLE_WAIT_MS * 1000000))
        return engine_fail(engine, source, LEVADA_UNAVAILABLE, "%s", source->call->err.text);
    return signal_restore_stage(engine, source);
}

static levada_status
poll_source(struct engine *engine, struct stage *source, uint32_t max_records, uint32_t wait_ms,
            uint64_t *n_records)
{
    struct levada_call *call = source->call;
    int64_t failing_since_ns = 0;
    *n_records = 0;
    for (;;) {
        engine->polled = source;
        call_reset(call);
        int64_t before = engine_now_ns(engine);
        levada_status status =
            call_end(call, callback_poll(source, max_records, wait_ms));
        int64_t polled_ns = engine_now_ns(engine) - before;
        metrics_add(&source->metrics.busy_ns, (uint64_t)polled_ns);
        engine->times.get_batch_ns += polled_ns;
        if (status < 0) {
            status = poll_failed(engine, source, status, &failing_since_ns);
            if (status < 0 || engine_is_stopping(engine))
                return status;
            continue;
        }
        *n_records = count_polled(call);
        if (status > LEVADA_END && status != LEVADA_DRAIN)
            return engine_fail(engine, source, LEVADA_FATAL,
                               "poll() returned %d, which is no status for it", status);
        source->ended = status == LEVADA_END;
        engine->draining = engine->draining || status == LEVADA_DRAIN;
        status = deliver_polled(engine, source);
        if (status >= 0)
            status = take_positions(engine, source);
        if (status >= 0)
            status = partitions_take(engine, source);
        call_reset(call);
        return status;
    }
}

/* Is this source done, as far as this run goes? */
static bool
is_done(const struct engine *engine, const struct stage *source)
{
    return source->ended || (source->endless && engine->setup.trigger == ENGINE_AVAILABLE_NOW &&
                             positions_reached(&engine->positions, source));
}

static uint32_t
records_left(const struct engine *engine, const struct round *round)
{
    uint64_t limit = engine->setup.max_records_per_trigger;
    if (limit > 0 && round->records >= limit)
        return 0;
    if (limit == 0 || limit - round->records > POLL_RECORDS)
        return POLL_RECORDS;
    return (uint32_t)(limit - round->records);
}

/* What one source may take of the @left records, so that those behind it get as much. */
static uint32_t
fair_share(const struct engine *engine, uint32_t first, uint32_t left)
{
    uint32_t n_sources = 0;
    for (uint32_t s = first; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        n_sources += stage->op->kind == LEVADA_SOURCE && !is_done(engine, stage);
    }
    return left / n_sources + (left % n_sources > 0);
}

/* One pass over the sources; *n_records tells what came. Only the first that is asked may wait. */
static levada_status
poll_sources(struct engine *engine, struct round *round, bool may_wait, uint64_t *n_records)
{
    *n_records = 0;
    uint32_t wait_ms = may_wait ? IDLE_WAIT_MS : 0;
    for (uint32_t s = 0; s < engine->setup.n_stages && !engine->draining; s++) {
        struct stage *source = engine->setup.stages[s];
        uint32_t share = records_left(engine, round);
        uint64_t n = 0;
        if (source->op->kind != LEVADA_SOURCE || is_done(engine, source) || share == 0)
            continue;
        if (engine->setup.max_records_per_trigger > 0)
            share = fair_share(engine, s, share);
        levada_status status = poll_source(engine, source, share, wait_ms, &n);
        if (status < 0)
            return status;
        wait_ms = 0;
        round->records += n;
        *n_records += n;
    }
    return LEVADA_OK;
}

static bool
all_done(const struct engine *engine)
{
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        if (stage->op->kind == LEVADA_SOURCE && !is_done(engine, stage))
            return false;
    }
    return true;
}

/* What a progress line tells beside the counters. */
static void
note_progress(struct engine *engine)
{
    int64_t lag = -1, watermark_ms = LEVADA_NO_TIME, time_ns = engine_now_ns(engine);
    if (time_ns - engine->noted_ns < NOTE_EVERY_NS)
        return;
    engine->noted_ns = time_ns;
    for (uint32_t p = 0; p < engine->positions.n; p++) {
        const struct levada_position *position = &engine->positions.items[p].position;
        if (position->latest >= 0)
            lag = (lag > 0 ? lag : 0) + position->latest - position->next;
    }
    for (uint32_t s = 0; s < engine->setup.n_stages && watermark_ms == LEVADA_NO_TIME; s++) {
        struct table_stats stats;
        if (engine->setup.stages[s]->table == NULL)
            continue;
        table_get_stats(engine->setup.stages[s]->table, &stats);
        watermark_ms = stats.watermark_ms;
    }
    __atomic_store_n(&engine->lag, lag, __ATOMIC_RELAXED);
    __atomic_store_n(&engine->watermark_ms, watermark_ms, __ATOMIC_RELAXED);
}

/* Reads one trigger's input. */
static levada_status
read_round(struct engine *engine, struct round *round)
{
    const struct engine_setup *setup = &engine->setup;
    while (!engine_is_stopping(engine) && !all_done(engine)) {
        uint64_t n = 0;
        bool may_wait = round->records == 0 || setup->trigger == ENGINE_AVAILABLE_NOW;
        levada_status status = poll_sources(engine, round, may_wait, &n);
        if (status < 0)
            return status;
        if (n > 0)
            note_progress(engine);
        if (engine->draining)
            return LEVADA_OK;
        if (setup->max_records_per_trigger > 0 && round->records >= setup->max_records_per_trigger)
            return LEVADA_OK;
        if (setup->trigger == ENGINE_AVAILABLE_NOW)
            continue;
        if (n == 0)
            return LEVADA_OK; /* nothing more for now */
        int64_t most_ns =
            setup->trigger == ENGINE_INTERVAL ? setup->trigger_ns : CONTINUOUS_ROUND_NS;
        if (engine_now_ns(engine) - round->started_ns >= most_ns)
            return LEVADA_OK;
    }
    return LEVADA_OK;
}

static bool
checkpoint_is_due(const struct engine *engine)
{
    return engine->draining || engine->setup.trigger != ENGINE_CONTINUOUS ||
           engine_now_ns(engine) - engine->last_checkpoint_ns >= engine->setup.checkpoint_every_ns;
}

/* ---- progress ---- */

static levada_status
begin_report(struct engine *engine)
{
    const struct engine_setup *setup = &engine->setup;
    if (setup->on_progress == NULL)
        return LEVADA_OK;
    engine->times = (struct progress_times){ 0 };
    if (progress_mark_take(&engine->mark, setup->stages, setup->n_stages, &engine->positions,
                           service_wall_ms(engine), engine_now_ns(engine)))
        return LEVADA_OK;
    return error_set(&engine->err, LEVADA_FATAL, "out of memory");
}

/* The batch is over: its report goes out. */
static void
end_report(struct engine *engine, uint64_t batch)
{
    const struct engine_setup *setup = &engine->setup;
    if (setup->on_progress == NULL)
        return;
    engine->times.total_ns = engine_now_ns(engine) - engine->mark.started_ns;
    engine->times.add_batch_ns = engine->times.total_ns - engine->times.get_batch_ns -
                                 engine->times.wal_commit_ns - engine->times.commit_offsets_ns;
    struct progress_report report = {
        .id = engine->id,
        .run_id = engine->run_id,
        .name = setup->name,
        .batch = batch,
        .stages = setup->stages,
        .n_stages = setup->n_stages,
        .positions = &engine->positions,
        .mark = &engine->mark,
        .times = engine->times,
        .since_last_ns =
            engine->last_mark_ns != 0 ? engine->mark.started_ns - engine->last_mark_ns : 0,
    };
    char *json = progress_report_json(&report);
    if (json != NULL)
        setup->on_progress(setup->user, json);
    free(json);
    engine->last_mark_ns = engine->mark.started_ns;
}

/* ---- the end of a round ---- */

static levada_status
make_checkpoint(struct engine *engine)
{
    int64_t before = engine_now_ns(engine);
    crash_point("before_checkpoint");
    levada_status status = signal_all(engine, LEVADA_SIG_CHECKPOINT);
    crash_point("after_prepare");
    if (status >= 0 && engine->checkpoint != NULL) {
        struct checkpoint_view view = checkpoint_view(engine);
        status = checkpoint_write(engine->checkpoint, &view, &engine->err);
    }
    int64_t durable = engine_now_ns(engine);
    if (status >= 0)
        status = signal_all(engine, LEVADA_SIG_COMMIT);
    crash_point("after_commit");
    engine->uncommitted = engine->draining = false;
    engine->last_checkpoint_ns = engine_now_ns(engine);
    engine->times.wal_commit_ns += durable - before;
    engine->times.commit_offsets_ns += engine->last_checkpoint_ns - durable;
    return status;
}

/* What is due leaves, and where a checkpoint is due it is made. */
static levada_status
finish_round(struct engine *engine, bool ended, bool last, bool only_news)
{
    progress_mark_events(&engine->mark, engine->setup.stages, engine->setup.n_stages);
    crash_point("before_trigger");
    levada_status status = signal_trigger(engine, ended, only_news);
    crash_point("after_trigger");
    engine->uncommitted = true;
    if (status >= 0 && (last || checkpoint_is_due(engine)))
        status = make_checkpoint(engine);
    if (status >= 0)
        end_report(engine, engine->epoch);
    engine->epoch++;
    __atomic_fetch_add(&engine->batches, 1, __ATOMIC_RELAXED);
    return status;
}

/* Makes the checkpoint that the rounds before did not: none was due yet, and nothing came since. */
static levada_status
catch_up_checkpoint(struct engine *engine)
{
    engine->epoch--; /* it is that of the last round */
    levada_status status = make_checkpoint(engine);
    engine->epoch++;
    return status;
}

/* Waits for the next boundary of the interval; a boundary that was missed is now. */
static void
wait_for_trigger(struct engine *engine)
{
    int64_t interval_ms = engine->setup.trigger_ns / 1000000;
    if (engine->setup.trigger != ENGINE_INTERVAL || interval_ms <= 0)
        return;
    int64_t wall_ms = service_wall_ms(engine);
    int64_t next_ms = (engine->next_trigger_ms == 0 ? wall_ms : engine->next_trigger_ms);
    while (wall_ms < next_ms && !engine_is_stopping(engine)) {
        engine_wait(engine, (next_ms - wall_ms) * 1000000);
        wall_ms = service_wall_ms(engine);
    }
    engine->next_trigger_ms = wall_ms - wall_ms % interval_ms + interval_ms;
}

static levada_status
run_rounds(struct engine *engine)
{
    bool wrote = false;
    for (;;) {
        wait_for_trigger(engine);
        struct round round = { .started_ns = engine_now_ns(engine) };
        levada_status status = begin_report(engine);
        if (status >= 0)
            status = read_round(engine, &round);
        bool ended = all_ended(engine);
        bool last = ended || all_done(engine) || engine_is_stopping(engine);
        if (status >= 0 && ended)
            status = watch_end(engine);
        if (status >= 0)
            status = partitions_settle(engine);
        partitions_notice_idle(engine);
        /* No data, no batch, unless windows closed by themselves; a run that ends always says so.
         */
        if (status >= 0 && (round.records > 0 || engine->draining || ended || (last && !wrote) ||
                            partitions_have_news(engine)))
            status = finish_round(engine, ended, last, wrote && round.records == 0);
        else if (status >= 0 && engine->uncommitted && (last || checkpoint_is_due(engine)))
            status = catch_up_checkpoint(engine);
        progress_mark_finish(&engine->mark);
        wrote = wrote || round.records > 0;
        if (status < 0 || last)
            return status;
    }
}

/* What was begun since the last COMMIT is taken back, as far as each stage can. */
static void
abort_stages(struct engine *engine)
{
    struct levada_signal abort = { .struct_size = sizeof(abort),
                                   .kind = LEVADA_SIG_ABORT,
                                   .epoch = engine->epoch,
                                   .time_ms = LEVADA_NO_TIME };
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        struct stage *stage = engine->setup.stages[s];
        if (!stage->started || stage->op->signal == NULL)
            continue;
        call_reset(stage->call);
        if (call_end(stage->call, callback_signal(stage, &abort)) < 0)
            log_error(&stage->logger, "abort failed", "reason=\"%s\"", stage->call->err.text);
        call_reset(stage->call);
    }
}

levada_status
engine_run(struct engine *engine, struct error *err)
{
    levada_status status = open_checkpoint(engine);
    if (status >= 0)
        status = start_stages(engine);
    engine->last_checkpoint_ns = engine_now_ns(engine);
    if (status >= 0)
        status = run_rounds(engine);
    if (status >= 0)
        return LEVADA_OK;
    abort_stages(engine);
    if (engine->reader_gone)
        return LEVADA_OK;
    return error_set(err, engine->err.status, "%s", engine->err.text);
}

void
engine_get_progress(const struct engine *engine, struct engine_progress *progress)
{
    *progress =
        (struct engine_progress){ .batches = __atomic_load_n(&engine->batches, __ATOMIC_RELAXED),
                                  .lag = __atomic_load_n(&engine->lag, __ATOMIC_RELAXED),
                                  .watermark_ms =
                                      __atomic_load_n(&engine->watermark_ms, __ATOMIC_RELAXED) };
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        const struct stage_metrics *metrics = &stage->metrics;
        if (stage->op->kind == LEVADA_SOURCE)
            progress->records_in += metrics_get(&metrics->records_in);
        if (stage->op->kind == LEVADA_SINK)
            progress->records_out += metrics_get(&metrics->records_in);
        progress->late += metrics_get(&metrics->late);
        progress->dead_lettered += metrics_get(&metrics->dead_lettered);
        progress->bad += metrics_get(&metrics->bad);
    }
}
