/* SPDX-License-Identifier: Apache-2.0 */
/* Signals travel in line with data: a stage gets one after all that the stages above emitted for
 * it. */
#include "runtime/callback.h"
#include "runtime/engine_private.h"

struct emit_context {
    struct engine *engine;
    struct stage *stage;
};

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
        batch_release(batch);
    } else {
        call_reset(stage->call);
        status = call_end(stage->call,
                          callback_rows(stage, batch, slots));
        batch_release(batch);
        status = status >= 0 ? deliver_outcome(engine, stage)
                             : engine_fail(engine, stage, status, "%s", stage->call->err.text);
    }
    return status < 0 ? error_set(err, status, "%s", engine->err.text) : LEVADA_OK;
}

/* Parts of sessions become whole before they leave. */
static levada_status
merge_rows(void *user, const struct levada_slots *pairs, struct error *err)
{
    struct emit_context *context = user;
    struct stage *stage = context->stage;
    call_reset(stage->call);
    stage->call->is_merge = true;
    levada_status status = call_end(stage->call, callback_merge(stage, pairs));
    if (status == LEVADA_OK)
        return LEVADA_OK;
    if (status < 0)
        engine_fail(context->engine, stage, status, "%s", stage->call->err.text);
    else
        status = engine_fail(context->engine, stage, LEVADA_FATAL,
                             "merge() returned %d: it returns LEVADA_OK or fails", status);
    return error_set(err, status, "%s", context->engine->err.text);
}

static levada_status
trigger_table(struct engine *engine, struct stage *stage, bool ended)
{
    struct emit_context context = { engine, stage };
    const struct table_output output = { emit_rows, merge_rows, &context };
    struct error err = { .status = LEVADA_OK };
    if (ended)
        table_end_input(stage->table);
    levada_status status = table_trigger(stage->table, &output, &err);
    if (status >= 0 || engine->err.status < 0)
        return status;
    return engine_fail(engine, stage, status, "%s", err.text);
}

static levada_status
signal_stage(struct engine *engine, struct stage *stage, const struct levada_signal *signal)
{
    if (stage->op->signal == NULL)
        return LEVADA_OK;
    engine->polled = stage;
    call_reset(stage->call);
    levada_status status =
        call_end(stage->call, callback_signal(stage, signal));
    while (status == LEVADA_AGAIN) { /* a sink whose reader is slow prints at a trigger */
        metrics_add(&stage->metrics.blocked_ns, AGAIN_PAUSE_NS);
        if (!engine_wait(engine, AGAIN_PAUSE_NS))
            return engine_fail(engine, stage, LEVADA_UNAVAILABLE,
                               "did not finish its output before drain_timeout was over");
        call_reset(stage->call);
        status = call_end(stage->call, callback_signal(stage, signal));
    }
    if (status < 0)
        return engine_fail(engine, stage, status, "%s", stage->call->err.text);
    if (status == LEVADA_END && stage->op->kind == LEVADA_SINK) {
        engine->reader_gone = true;
        return engine_fail(engine, stage, LEVADA_IO, "nobody reads the output any more");
    }
    return deliver_outcome(engine, stage);
}

static struct levada_signal
make_signal(const struct engine *engine, uint32_t kind)
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
           !table_has_news(stage->table);
}

levada_status
signal_trigger(struct engine *engine, bool ended, bool only_news)
{
    levada_status status = LEVADA_OK;
    bool replaced =
        !only_news; /* did a whole result leave, for the stages that it replaces all of? */
    for (uint32_t s = 0; s < engine->setup.n_stages && status >= 0; s++) {
        struct stage *stage = engine->setup.stages[s];
        if (ended && status >= 0) {
            struct levada_signal watermark = make_signal(engine, LEVADA_SIG_WATERMARK);
            watermark.time_ms = INT64_MAX;
            status = signal_stage(engine, stage, &watermark);
        }
        if (stage->table != NULL && status >= 0 && !(only_news && is_repetition(stage))) {
            replaced = replaced || table_is_complete_mode(stage->table);
            status = trigger_table(engine, stage, ended);
        }
        if (stage->replaces && !replaced)
            continue;
        struct levada_signal trigger = make_signal(engine, LEVADA_SIG_TRIGGER);
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
    struct levada_signal signal = make_signal(engine, kind);
    for (uint32_t s = 0; s < engine->setup.n_stages && status >= 0; s++)
        status = signal_stage(engine, engine->setup.stages[s], &signal);
    return status;
}

levada_status
signal_restore_stage(struct engine *engine, struct stage *stage)
{
    struct levada_signal signal = make_signal(engine, LEVADA_SIG_RESTORE);
    if (engine->checkpoint != NULL && !checkpoint_is_new(engine->checkpoint)) {
        signal.flags |= LEVADA_SIGF_CHECKPOINTED;
        signal.state_version = stage->op->state_version; /* of another version is refused */
    }
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
