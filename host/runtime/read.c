/* SPDX-License-Identifier: Apache-2.0 */
/* One trigger's input: sources are polled in turn, and what each gives is delivered at once. */
#include "runtime/callback.h"
#include "runtime/engine_private.h"
#include "runtime/partition_state.h"
#include "runtime/transaction.h"

#define POLL_RECORDS 65536u /* the most that one poll may give where nothing else limits it */
#define IDLE_WAIT_MS 100u   /* how long a poll may wait for data: also how soon a stop is seen */
#define DIFFERS_S 10        /* how long a group may differ from the state, before that is told */
#define NOTE_EVERY_NS 100000000LL       /* how fresh the numbers of a progress line are */
#define CONTINUOUS_ROUND_NS 200000000LL /* a continuous round ends after 200 ms of data */

bool
read_all_ended(const struct engine *engine)
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

/* RETRY: what the group says and the state differ; why is in the call. */
static levada_status
take_outcome(struct engine *engine, struct stage *source)
{
    engine->dirty = engine->dirty || source->call->n_emissions > 0;
    levada_status status = partitions_take(engine, source); /* before records of new ones */
    if (status >= 0)
        status = deliver_polled(engine, source);
    if (status >= 0)
        status = take_positions(engine, source);
    if (status != LEVADA_RETRY)
        call_reset(source->call);
    return status;
}

levada_status
read_outcome(struct engine *engine, struct stage *source)
{
    levada_status status = take_outcome(engine, source);
    return status != LEVADA_RETRY
               ? status
               : engine_fail(engine, source, LEVADA_NO_INPUT, "%s", source->call->err.text);
}

/* A failed poll: tried again for retry_for, with RESTORE before, since what it had emitted is gone.
 */
static levada_status
poll_failed(struct engine *engine, struct stage *source, levada_status status,
            struct patience *patience)
{
    if (status == LEVADA_LOST)
        return rollback_ask(engine, source);
    if (status != LEVADA_RETRY)
        return engine_fail(engine, source, status, "%s", source->call->err.text);
    if (engine_is_stopping(engine))
        return LEVADA_OK;
    bool goes_on = patience_wait(engine, source, patience, source->call->err.text);
    if (engine_is_stopping(engine))
        return LEVADA_OK;
    if (!goes_on)
        return engine_fail(engine, source, LEVADA_UNAVAILABLE, "%s (tried for %lld s)",
                           source->call->err.text, (long long)patience_seconds(engine, patience));
    return signal_restore_stage(engine, source);
}

/*
 * State and the position that it belongs to differ. Brokers that have just come back may say for a
 * moment what was long ago (docs/exactly-once.md, "Brokers"): the source asks them again.
 */
static levada_status
group_differs(struct engine *engine, struct stage *source, struct patience *patience)
{
    source->heard = false;
    if (engine_is_stopping(engine))
        return LEVADA_OK;
    bool goes_on = patience_seconds(engine, patience) < DIFFERS_S &&
                   patience_wait(engine, source, patience, source->call->err.text);
    if (engine_is_stopping(engine))
        return LEVADA_OK;
    if (!goes_on)
        return engine_fail(engine, source, LEVADA_NO_INPUT, "%s", source->call->err.text);
    return signal_restore_stage(engine, source);
}

/* LEVADA_LOST, which is in no engine->err: the round is void. */
static levada_status
poll_source(struct engine *engine, struct stage *source, uint32_t max_records, uint32_t wait_ms,
            uint64_t *n_records)
{
    struct levada_call *call = source->call;
    struct patience patience = { .pause_ns = 0 }, differs = { .pause_ns = 0 };
    *n_records = 0;
    for (;;) {
        call_reset(call);
        int64_t before = engine_now_ns(engine);
        levada_status status = call_end(call, callback_poll(source, max_records, wait_ms));
        int64_t polled_ns = engine_now_ns(engine) - before;
        metrics_add(&source->metrics.busy_ns, (uint64_t)polled_ns);
        engine->times.get_batch_ns += polled_ns;
        source->heard = status >= 0;
        if (status < 0) {
            status = poll_failed(engine, source, status, &patience);
            if (status < 0 || engine_is_stopping(engine))
                return status;
            continue;
        }
        *n_records = count_polled(call);
        if (status == LEVADA_AGAIN && *n_records > 0)
            return engine_fail(engine, source, LEVADA_FATAL,
                               "poll() returned AGAIN, but emitted records");
        if (status > LEVADA_END && status != LEVADA_DRAIN)
            return engine_fail(engine, source, LEVADA_FATAL,
                               "poll() returned %d, which is no status for it", status);
        source->ended = status == LEVADA_END;
        engine->draining = engine->draining || status == LEVADA_DRAIN;
        status = take_outcome(engine, source);
        if (status != LEVADA_RETRY)
            return status;
        *n_records = 0;
        status = group_differs(engine, source, &differs);
        if (status < 0 || engine_is_stopping(engine))
            return status;
    }
}

/* Is this source done, as far as this run goes? Behind RESTORE it has yet to say where it is. */
static bool
is_done(const struct engine *engine, const struct stage *source)
{
    return source->ended ||
           (source->endless && source->heard && engine->setup.trigger == ENGINE_AVAILABLE_NOW &&
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

/* Is there more to come of this source, of its input or of what is sent to us? */
static bool
is_polled(const struct engine *engine, const struct stage *stage)
{
    return stage->op->kind == LEVADA_SOURCE && !stage->ended &&
           (!is_done(engine, stage) || transaction_waits(engine->transaction));
}

/* What one source may take of the @left records, so that those behind it get as much. */
static uint32_t
fair_share(const struct engine *engine, uint32_t first, uint32_t left)
{
    uint32_t n_sources = 0;
    for (uint32_t s = first; s < engine->setup.n_stages; s++)
        n_sources += is_polled(engine, engine->setup.stages[s]);
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
        if (!is_polled(engine, source) || share == 0)
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

bool
read_all_done(const struct engine *engine)
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
        partition_state_stats(engine->setup.stages[s], &stats);
        watermark_ms = stats.watermark_ms;
    }
    __atomic_store_n(&engine->lag, lag, __ATOMIC_RELAXED);
    __atomic_store_n(&engine->watermark_ms, watermark_ms, __ATOMIC_RELAXED);
}

/* How long a round may read that has records. */
static int64_t
longest_round_ns(const struct engine *engine, bool is_over)
{
    const struct engine_setup *setup = &engine->setup;
    int64_t most_ns = setup->trigger == ENGINE_INTERVAL ? setup->trigger_ns : CONTINUOUS_ROUND_NS;
    if (setup->trigger == ENGINE_AVAILABLE_NOW && !is_over)
        most_ns = INT64_MAX;
    bool is_bound = setup->coordinator != NULL && most_ns > ENGINE_TRANSACTION_NS;
    return is_bound ? ENGINE_TRANSACTION_NS : most_ns;
}

/* Has the round all that it may have? @n records came in the last pass, @is_over: all is read. */
static bool
is_full(struct engine *engine, const struct round *round, uint64_t n, bool is_over)
{
    const struct engine_setup *setup = &engine->setup;
    if (setup->max_records_per_trigger > 0 && round->records >= setup->max_records_per_trigger)
        return true;
    if (n == 0 && (setup->trigger != ENGINE_AVAILABLE_NOW || is_over))
        return true;
    if (round->records == 0 ||
        engine_now_ns(engine) - round->started_ns < longest_round_ns(engine, is_over))
        return false;
    engine->next_trigger_ms = 0; /* there is more: the next round does not wait */
    return true;
}

levada_status
read_round(struct engine *engine, struct round *round)
{
    const struct engine_setup *setup = &engine->setup;
    for (;;) {
        uint64_t n = 0;
        bool is_over = read_all_done(engine), waits = transaction_waits(engine->transaction);
        if (engine_is_stopping(engine) || (is_over && !waits))
            return LEVADA_OK;
        status_answer(engine);
        bool may_wait = round->records == 0 || setup->trigger == ENGINE_AVAILABLE_NOW;
        levada_status status = poll_sources(engine, round, may_wait, &n);
        if (status < 0)
            return status;
        if (n > 0)
            note_progress(engine);
        if (engine->draining || is_full(engine, round, n, is_over))
            return LEVADA_OK;
    }
}
