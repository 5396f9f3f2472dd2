/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/engine_private.h"

#include "base/crash.h"
#include "runtime/callback.h"
#include "runtime/keyed_state.h"
#include "runtime/transaction.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_WAIT_MS 250 /* how long a wait may last before `levada status` is answered */

static const struct levada_position *
service_stored(void *user, const struct stage *source, const char *stream, int32_t partition)
{
    struct engine *engine = user;
    return positions_find(&engine->positions, source, stream, partition);
}

static int64_t
service_wall_ms(void *user)
{
    struct engine *engine = user;
    return engine->setup.clock->wall_ms(engine->setup.clock);
}

uint32_t
engine_memory(const struct engine *engine)
{
    uint32_t memory = engine->setup.checkpoint != NULL ? LEVADA_KEEPS_POSITIONS : 0;
    if (engine->setup.coordinator != NULL)
        memory |= LEVADA_IN_TRANSACTION;
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        bool keeps = stage->table != NULL || (stage->op->caps & LEVADA_CAP_STATE) != 0;
        if (keeps && stage->op->kind != LEVADA_SINK)
            memory |= LEVADA_HAS_STATE;
    }
    return memory;
}

static uint32_t
service_memory(void *user)
{
    return engine_memory(user);
}

static const char *
service_identity(void *user)
{
    const struct engine *engine = user;
    return engine->setup.identity;
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
                                               .identity = service_identity,
                                               .user = engine };
    pthread_mutex_init(&engine->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    for (uint32_t s = 0; s < setup->n_stages; s++)
        setup->stages[s]->call->services = &engine->services;
    if (setup->coordinator != NULL)
        engine->transaction = transaction_create(engine, setup->coordinator);
    if (status_desk_init(&engine->desk) &&
        (setup->coordinator == NULL || engine->transaction != NULL))
        return engine;
    engine_destroy(engine);
    return NULL;
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
    transaction_destroy(engine->transaction);
    status_desk_finish(&engine->desk);
    checkpoint_close(engine->checkpoint);
    positions_finish(&engine->positions);
    positions_finish(&engine->committed);
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

static void
set_waiting(struct engine *engine, bool waiting)
{
    __atomic_store_n(&engine->waiting, waiting, __ATOMIC_RELAXED);
}

bool
engine_wait(struct engine *engine, int64_t ns)
{
    bool may_go_on = true;
    status_answer(engine);
    set_waiting(engine, true);
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
    set_waiting(engine, false);
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
                                     .name = engine->setup.name,
                                     .id = engine->id,
                                     .epoch = &engine->epoch };
}

levada_status
engine_load_checkpoint(struct engine *engine)
{
    struct checkpoint_view view = checkpoint_view(engine);
    return checkpoint_restore(engine->checkpoint, &view, &engine->err);
}

/* Before any stage starts: a checkpoint that does not fit must not have cost anything. */
static levada_status
open_checkpoint(struct engine *engine)
{
    levada_status status = LEVADA_OK;
    if (engine->setup.checkpoint != NULL)
        status = checkpoint_open(engine->setup.checkpoint, &engine->checkpoint, &engine->err);
    if (engine->checkpoint != NULL)
        status = engine_load_checkpoint(engine);
    return status >= 0 ? rollback_mark(engine, engine->epoch) : status;
}

static levada_status
try_start(struct stage *stage, void *user)
{
    (void)user;
    stage->call->is_start = true;
    return callback_start(stage);
}

/* LEVADA_AGAIN: the pipeline was asked to stop before the stage was ready. */
static levada_status
start_stage(struct engine *engine, struct stage *stage)
{
    const struct attempt attempt = { .run = try_start, .what = "start()", .ends_with_stop = true };
    if (stage->op->start == NULL)
        return LEVADA_OK;
    levada_status status = patience_call(engine, stage, &attempt);
    if (status > LEVADA_AGAIN)
        return engine_fail(engine, stage, LEVADA_FATAL,
                           "start() returned %d, which is no status for it", status);
    if (status == LEVADA_OK && stage->op->kind == LEVADA_SOURCE)
        return read_outcome(engine, stage);
    call_reset(stage->call);
    return status;
}

static levada_status
start_stages(struct engine *engine)
{
    /* Sinks first: nothing is read before there is a place for it. */
    for (uint32_t s = engine->setup.n_stages; s-- > 0;) {
        struct stage *stage = engine->setup.stages[s];
        levada_status status = start_stage(engine, stage);
        if (status != LEVADA_OK)
            return status;
        stage->started = true;
    }
    levada_status status = LEVADA_OK;
    if (engine->transaction != NULL)
        status = transaction_open(engine->transaction);
    if (status >= 0 && engine->transaction != NULL)
        status = rollback_mark(engine, engine->epoch);
    return status >= 0 ? signal_restore(engine) : status;
}

/* ---- rounds ---- */

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
save_stage(struct engine *engine, uint32_t s)
{
    const struct checkpoint_view view = checkpoint_view(engine);
    set_waiting(engine, true);
    levada_status status = checkpoint_put_stage(engine->checkpoint, &view, s, &engine->err);
    set_waiting(engine, false);
    return status;
}

/*
 * CHECKPOINT. A stage that has answered, as all above it have, will not change any more: its state
 * is written now, while the disk is busy with what sinks below it have begun to write.
 */
static levada_status
prepare_stages(struct engine *engine)
{
    const struct levada_signal signal = signal_make(engine, LEVADA_SIG_CHECKPOINT);
    struct checkpoint *checkpoint = engine->checkpoint;
    levada_status status = LEVADA_OK;
    if (checkpoint != NULL)
        status = checkpoint_begin(checkpoint, &engine->err);
    for (uint32_t s = 0; s < engine->setup.n_stages && status >= 0; s++) {
        status = signal_stage(engine, engine->setup.stages[s], &signal);
        if (status >= 0 && checkpoint != NULL)
            status = save_stage(engine, s);
    }
    if (status < 0 && checkpoint != NULL)
        checkpoint_abort(checkpoint);
    return status;
}

static levada_status
make_checkpoint(struct engine *engine)
{
    int64_t before = engine_now_ns(engine);
    crash_point("before_checkpoint");
    levada_status status = prepare_stages(engine);
    crash_point("after_prepare");
    if (status >= 0 && engine->checkpoint != NULL) {
        struct checkpoint_view view = checkpoint_view(engine);
        set_waiting(engine, true);
        status = checkpoint_commit(engine->checkpoint, &view, &engine->err);
        set_waiting(engine, false);
    }
    if (status >= 0 && engine->transaction != NULL)
        status = transaction_commit(engine->transaction);
    int64_t durable = engine_now_ns(engine);
    if (status >= 0)
        status = signal_all(engine, LEVADA_SIG_COMMIT);
    if (status >= 0)
        status = rollback_mark(engine, engine->epoch + 1);
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
    engine->dirty = true;
    crash_point("before_trigger");
    bool caught_up = last && !engine_is_stopping(engine);
    levada_status status = signal_trigger(engine, ended, caught_up, only_news);
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
        int64_t left_ms = next_ms - wall_ms;
        engine_wait(engine, (left_ms < STATUS_WAIT_MS ? left_ms : STATUS_WAIT_MS) * 1000000);
        wall_ms = service_wall_ms(engine);
    }
    engine->next_trigger_ms = wall_ms - wall_ms % interval_ms + interval_ms;
}

/* What a round comes to, once its input was read. @wrote: a round before it had records. */
static levada_status
end_round(struct engine *engine, const struct round *round, bool wrote, bool last)
{
    bool ended = read_all_ended(engine);
    levada_status status = ended ? watch_end(engine) : LEVADA_OK;
    if (status >= 0)
        status = partitions_settle(engine);
    partitions_notice_idle(engine);
    if (status < 0)
        return status;
    /* No data, no batch, unless windows closed by themselves; a run that ends always says so. */
    bool caught_up = last && !engine_is_stopping(engine);
    if (round->records > 0 || engine->draining || ended || caught_up || (last && !wrote) ||
        partitions_have_news(engine) || transaction_owes(engine->transaction))
        return finish_round(engine, ended, last, wrote && round->records == 0);
    if (engine->uncommitted && (last || checkpoint_is_due(engine)))
        return catch_up_checkpoint(engine);
    return LEVADA_OK;
}

/* Also once all was read, and with a group: by the others, too. */
static bool
is_last(struct engine *engine)
{
    return read_all_ended(engine) || engine_is_stopping(engine) ||
           (read_all_done(engine) && !transaction_waits(engine->transaction));
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
        if (status >= 0 && read_all_done(engine))
            status = transaction_catch_up(engine->transaction);
        bool last = is_last(engine);
        if (status >= 0)
            status = end_round(engine, &round, wrote, last);
        if (status >= 0)
            wrote = wrote || round.records > 0;
        if (engine->lost != NULL && engine->err.status >= 0) {
            status = roll_back(engine);
            last = engine_is_stopping(engine);
        }
        progress_mark_finish(&engine->mark);
        if (status < 0 || last)
            return status;
    }
}

static void
abort_stage(struct engine *engine, struct stage *stage)
{
    const struct levada_signal abort = signal_make(engine, LEVADA_SIG_ABORT);
    levada_status status = LEVADA_AGAIN;
    while (status == LEVADA_AGAIN) {
        call_reset(stage->call);
        status = call_end(stage->call, callback_signal(stage, &abort));
        if (status == LEVADA_AGAIN && !engine_wait(engine, AGAIN_PAUSE_NS))
            break;
    }
    if (status != LEVADA_OK)
        log_error(&stage->logger, "abort failed", "reason=\"%s\"",
                  status < 0 ? stage->call->err.text : "it was not done in drain_timeout");
    call_reset(stage->call);
}

/* What was begun since the last COMMIT is taken back, as far as each stage can. */
static void
abort_stages(struct engine *engine)
{
    engine_stop(engine); /* so that nobody is waited for longer than drain_timeout */
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        struct stage *stage = engine->setup.stages[s];
        if (stage->started && stage->op->signal != NULL)
            abort_stage(engine, stage);
    }
}

static levada_status
run(struct engine *engine, struct error *err)
{
    levada_status status = open_checkpoint(engine);
    if (status >= 0)
        status = start_stages(engine);
    engine->is_running = status == LEVADA_OK;
    engine->last_checkpoint_ns = engine_now_ns(engine);
    if (status == LEVADA_OK) {
        __atomic_store_n(&engine->started, true, __ATOMIC_RELAXED);
        status_tell(engine);
        status = run_rounds(engine);
    }
    if (status == LEVADA_OK)
        return LEVADA_OK;
    if (status == LEVADA_LOST && !engine_is_stopping(engine)) /* there is nothing to go back to */
        engine_fail(engine, engine->lost, LEVADA_UNAVAILABLE, "%s", engine->lost_why);
    abort_stages(engine);
    if (engine->err.status >= 0 ||
        engine->reader_gone) /* stopped at the start; not wanted any more */
        return LEVADA_OK;
    return error_set(err, engine->err.status, "%s", engine->err.text);
}

levada_status
engine_run(struct engine *engine, struct error *err)
{
    engine->started_ns = engine_now_ns(engine);
    status_tell(engine);
    levada_status status = run(engine, err);
    status_end(engine);
    return status;
}

uint64_t
engine_ask_status(struct engine *engine)
{
    return status_ask(&engine->desk);
}

char *
engine_status(struct engine *engine, uint64_t number, uint32_t wait_ms)
{
    return status_take(&engine->desk, number, wait_ms);
}

void
engine_get_progress(const struct engine *engine, struct engine_progress *progress)
{
    *progress =
        (struct engine_progress){ .batches = __atomic_load_n(&engine->batches, __ATOMIC_RELAXED),
                                  .lag = __atomic_load_n(&engine->lag, __ATOMIC_RELAXED),
                                  .watermark_ms =
                                      __atomic_load_n(&engine->watermark_ms, __ATOMIC_RELAXED),
                                  .started = __atomic_load_n(&engine->started, __ATOMIC_RELAXED),
                                  .waiting = __atomic_load_n(&engine->waiting, __ATOMIC_RELAXED) };
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        const struct stage_metrics *metrics = &stage->metrics;
        if (stage->op->kind == LEVADA_SOURCE)
            progress->records_in += metrics_get(&metrics->records_in);
        if (stage->op->kind == LEVADA_SINK)
            progress->records_out += metrics_get(&metrics->records_in);
        progress->callbacks += metrics_get(&metrics->callbacks);
        progress->late += metrics_get(&metrics->late);
        progress->dead_lettered += metrics_get(&metrics->dead_lettered);
        progress->bad += metrics_get(&metrics->bad);
        progress->rollbacks += metrics_get(&metrics->rollbacks);
    }
}
