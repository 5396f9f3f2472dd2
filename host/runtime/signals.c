/* SPDX-License-Identifier: Apache-2.0 */
/* Signals travel in line with data: a stage gets one after all that the stages above emitted for
 * it. */
#include "runtime/callback.h"
#include "runtime/engine_private.h"
#include "runtime/partition_state.h"
#include "runtime/transaction.h"

struct emit_context {
    struct engine *engine;
    struct stage *stage;
};

struct rows_of {
    struct batch *batch;
    const struct levada_slots *slots;
};

/* On a handle of its own, so that a failed rows() leaves the batch untouched. */
static levada_status
try_rows(struct stage *stage, void *user)
{
    const struct rows_of *rows = user;
    struct batch *handle = batch_clone(rows->batch);
    if (handle == NULL)
        return call_fail(stage->call, LEVADA_FATAL, "out of memory");
    levada_status status = callback_rows(stage, handle, rows->slots);
    batch_release(handle);
    return status;
}

/* As process() does, rows() answers for every row that it did not emit. */
static levada_status
check_rows(struct engine *engine, struct stage *stage, const struct batch *batch,
           levada_status status)
{
    const struct levada_call *call = stage->call;
    uint64_t n = batch_public((struct batch *)(uintptr_t)batch)->n, accounted = call->n_failed;
    for (uint32_t e = 0; e < call->n_emissions; e++)
        accounted += batch_public(call->emissions[e].batch)->n;
    if (status == LEVADA_FILTERED && accounted < n)
        metrics_add(&stage->metrics.filtered, n - accounted);
    if (status == LEVADA_FILTERED || (status == LEVADA_OK && accounted >= n))
        return LEVADA_OK;
    if (status != LEVADA_OK)
        return engine_fail(engine, stage, LEVADA_FATAL,
                           "rows() returned %d, which is no status for it", status);
    return engine_fail(engine, stage, LEVADA_FATAL,
                       "rows() returned OK but emitted only %llu of %llu rows; FILTERED says that "
                       "the others are not wanted",
                       (unsigned long long)accounted, (unsigned long long)n);
}

/* Rows that leave the table: through the plugin's rows(), or as they are. */
static levada_status
emit_rows(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    struct emit_context *context = user;
    struct engine *engine = context->engine;
    struct stage *stage = context->stage;
    levada_status status;

    if (stage->op->rows == NULL) {
        status = deliver_out(engine, stage, 0, batch);
    } else {
        struct rows_of rows = { batch, slots };
        const struct attempt attempt = { .run = try_rows, .user = &rows, .what = "rows()" };
        status = patience_call(engine, stage, &attempt);
        if (status >= 0)
            status = check_rows(engine, stage, batch, status);
        if (status >= 0)
            status = deliver_outcome(engine, stage);
    }
    batch_release(batch);
    return status < 0 ? error_set(err, status, "%s", engine->err.text) : LEVADA_OK;
}

levada_status
signal_merge(struct engine *engine, struct stage *stage, const struct levada_slots *pairs,
             struct error *err)
{
    call_reset(stage->call);
    stage->call->is_merge = true;
    levada_status status = call_end(stage->call, callback_merge(stage, pairs));
    if (status == LEVADA_OK)
        return LEVADA_OK;
    if (status < 0)
        engine_fail(engine, stage, status, "%s", stage->call->err.text);
    else
        status = engine_fail(engine, stage, LEVADA_FATAL,
                             "merge() returned %d: it returns LEVADA_OK or fails", status);
    return error_set(err, status, "%s", engine->err.text);
}

/* Parts of sessions become whole before they leave. */
static levada_status
merge_rows(void *user, const struct levada_slots *pairs, struct error *err)
{
    const struct emit_context *context = user;
    return signal_merge(context->engine, context->stage, pairs, err);
}

static levada_status
trigger_table(struct engine *engine, struct stage *stage)
{
    struct emit_context context = { engine, stage };
    const struct table_output output = { emit_rows, merge_rows, &context };
    struct error err = { .status = LEVADA_OK };
    levada_status status = table_trigger(stage->table, &output, &err);
    if (status >= 0 || engine->err.status < 0)
        return status;
    return engine_fail(engine, stage, status, "%s", err.text);
}

static void
end_input(const struct stage *stage, bool flush)
{
    if (flush)
        table_end_input(stage->table);
}

/* Each partition's rows leave in its own context. */
static levada_status
trigger_parts(struct engine *engine, struct stage *stage, bool flush)
{
    levada_status status = LEVADA_OK;
    uint32_t n = transaction_n_parts(engine->transaction);
    if (!transaction_is_parted(engine->transaction)) {
        end_input(stage, flush);
        return trigger_table(engine, stage);
    }
    for (uint32_t p = 0; p < n && status >= 0; p++) {
        transaction_enter_part(engine->transaction, p);
        end_input(stage, flush);
        transaction_note_news(engine->transaction, p);
        status = trigger_table(engine, stage);
    }
    transaction_leave(engine->transaction);
    return status;
}

static levada_status
try_signal(struct stage *stage, void *user)
{
    return callback_signal(stage, user);
}

/* Once the checkpoint is durable nothing can be void any more. */
static bool
may_lose(uint32_t kind)
{
    return kind == LEVADA_SIG_WATERMARK || kind == LEVADA_SIG_TRIGGER ||
           kind == LEVADA_SIG_CHECKPOINT;
}

levada_status
signal_stage(struct engine *engine, struct stage *stage, const struct levada_signal *signal)
{
    struct levada_signal copy = *signal;
    const struct attempt attempt = {
        .run = try_signal, .user = &copy, .what = "a signal", .may_lose = may_lose(signal->kind)
    };
    if (stage->op->signal == NULL)
        return LEVADA_OK;
    levada_status status = patience_call(engine, stage, &attempt);
    if (status < 0)
        return status;
    if (status == LEVADA_END && stage->op->kind == LEVADA_SINK) {
        engine->reader_gone = true;
        return engine_fail(engine, stage, LEVADA_IO, "nobody reads the output any more");
    }
    if (status != LEVADA_OK)
        return engine_fail(engine, stage, LEVADA_FATAL,
                           "signal() returned %d, which is no status for it", status);
    return stage->op->kind == LEVADA_SOURCE ? read_outcome(engine, stage)
                                            : deliver_outcome(engine, stage);
}

struct levada_signal
signal_make(const struct engine *engine, uint32_t kind)
{
    return (struct levada_signal){ .struct_size = sizeof(struct levada_signal),
                                   .kind = kind,
                                   .epoch = engine->epoch,
                                   .time_ms = LEVADA_NO_TIME };
}

/* A whole result that nothing has changed since it was emitted last. */
static bool
is_repetition(const struct stage *stage)
{
    return stage->table != NULL && table_is_complete_mode(stage->table) &&
           !partition_state_has_news(stage);
}

levada_status
signal_trigger(struct engine *engine, bool ended, bool flush, bool only_news)
{
    levada_status status = LEVADA_OK;
    bool replaced =
        !only_news; /* did a whole result leave, for the stages that it replaces all of? */
    for (uint32_t s = 0; s < engine->setup.n_stages && status >= 0; s++) {
        struct stage *stage = engine->setup.stages[s];
        status = watermarks_tell(engine, stage, ended);
        if (stage->table != NULL && status >= 0 && !(only_news && is_repetition(stage))) {
            replaced = replaced || table_is_complete_mode(stage->table);
            status = trigger_parts(engine, stage, ended || flush);
        }
        if (stage->replaces && !replaced)
            continue;
        struct levada_signal trigger = signal_make(engine, LEVADA_SIG_TRIGGER);
        if (stage->replaces)
            trigger.flags |= LEVADA_SIGF_REPLACES;
        if (status >= 0)
            status = signal_stage(engine, stage, &trigger);
    }
    return status;
}

levada_status
signal_all(struct engine *engine, uint32_t kind)
{
    levada_status status = LEVADA_OK;
    struct levada_signal signal = signal_make(engine, kind);
    for (uint32_t s = 0; s < engine->setup.n_stages && status >= 0; s++)
        status = signal_stage(engine, engine->setup.stages[s], &signal);
    return status;
}

levada_status
signal_restore_stage(struct engine *engine, struct stage *stage)
{
    struct levada_signal signal = signal_make(engine, LEVADA_SIG_RESTORE);
    if (engine->checkpoint != NULL && !checkpoint_is_new(engine->checkpoint)) {
        signal.flags |= LEVADA_SIGF_CHECKPOINTED;
        signal.state_version = stage->op->state_version; /* of another version is refused */
    }
    stage->heard = false;
    return signal_stage(engine, stage, &signal);
}

levada_status
signal_restore(struct engine *engine)
{
    levada_status status = LEVADA_OK;
    for (uint32_t s = 0; s < engine->setup.n_stages && status >= 0; s++)
        status = signal_restore_stage(engine, engine->setup.stages[s]);
    return status;
}
