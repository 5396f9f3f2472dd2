/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/callback.h"

#include "base/fault.h"

static void
enter(const struct stage *stage, const char *callback, struct batch *batch)
{
    struct fault_place place = { .pipeline = stage->logger.pipeline,
                                 .stage = stage->name,
                                 .plugin = stage->op->id,
                                 .file = stage->file != NULL ? stage->file : "no file",
                                 .callback = callback };
    uint32_t n = batch != NULL ? batch_public(batch)->n : 0;
    if (n > 0) {
        const struct levada_record *first = batch_origin(batch, 0);
        place.hand =
            (struct fault_hand){ .stream = record_space_stream_name(stage->space, first->stream),
                                 .n = n,
                                 .partition = first->partition,
                                 .first = first->offset,
                                 .last = batch_origin(batch, n - 1)->offset };
    }
    fault_enter(&place);
}

static levada_status
leave(levada_status status)
{
    fault_leave();
    return status;
}

levada_status
callback_create(struct stage *stage)
{
    if (stage->remote != NULL)
        return stage->remote->create(stage);
    if (stage->op->create == NULL)
        return LEVADA_OK;
    enter(stage, "create()", NULL);
    return leave(stage->op->create(stage->self, stage->call, (struct levada_ctx *)(void *)stage));
}

levada_status
callback_connect(struct stage *stage, uint32_t wait_ms)
{
    if (stage->remote != NULL)
        return stage->remote->connect(stage, wait_ms);
    const struct levada_connect_v1 *connect =
        stage->op->ext != NULL ? stage->op->ext("levada.connect/1") : NULL;
    if (connect == NULL || !LEVADA_HAS(connect, check))
        return LEVADA_OK;
    enter(stage, "check() of levada.connect/1", NULL);
    return leave(connect->check(stage->self, stage->call, wait_ms));
}

levada_status
callback_start(struct stage *stage)
{
    if (stage->remote != NULL)
        return stage->remote->start(stage);
    if (stage->op->start == NULL)
        return LEVADA_OK;
    enter(stage, "start()", NULL);
    return leave(stage->op->start(stage->self, stage->call));
}

levada_status
callback_poll(struct stage *stage, uint32_t max_records, uint32_t wait_ms)
{
    if (stage->remote != NULL)
        return stage->remote->poll(stage, max_records, wait_ms);
    enter(stage, "poll()", NULL);
    return leave(stage->op->poll(stage->self, stage->call, max_records, wait_ms));
}

levada_status
callback_process(struct stage *stage, uint32_t port, struct batch *batch)
{
    if (stage->remote != NULL)
        return stage->remote->process(stage, port, batch);
    enter(stage, "process()", batch);
    return leave(stage->op->process(stage->self, stage->call, port, batch_public(batch)));
}

levada_status
callback_rows(struct stage *stage, struct batch *batch, const struct levada_slots *slots)
{
    if (stage->remote != NULL)
        return stage->remote->rows(stage, batch, slots);
    enter(stage, "rows()", batch);
    return leave(stage->op->rows(stage->self, stage->call, batch_public(batch), slots));
}

levada_status
callback_merge(struct stage *stage, const struct levada_slots *pairs)
{
    if (stage->remote != NULL)
        return stage->remote->merge(stage, pairs);
    enter(stage, "merge()", NULL);
    return leave(stage->op->merge(stage->self, stage->call, pairs));
}

static const char *
signal_callback(const struct levada_signal *signal)
{
    switch (signal->kind) {
    case LEVADA_SIG_WATERMARK:
        return "signal(WATERMARK)";
    case LEVADA_SIG_TRIGGER:
        return "signal(TRIGGER)";
    case LEVADA_SIG_CHECKPOINT:
        return "signal(CHECKPOINT)";
    case LEVADA_SIG_COMMIT:
        return "signal(COMMIT)";
    case LEVADA_SIG_ABORT:
        return "signal(ABORT)";
    case LEVADA_SIG_RESTORE:
        return "signal(RESTORE)";
    default:
        return "signal()";
    }
}

levada_status
callback_signal(struct stage *stage, const struct levada_signal *signal)
{
    if (stage->remote != NULL)
        return stage->remote->signal(stage, signal);
    if (stage->op->signal == NULL)
        return LEVADA_OK;
    enter(stage, signal_callback(signal), NULL);
    return leave(stage->op->signal(stage->self, stage->call, signal));
}

void
callback_destroy(struct stage *stage)
{
    if (stage->remote != NULL) {
        stage->remote->destroy(stage);
        return;
    }
    if (!stage->created || stage->op->destroy == NULL)
        return;
    enter(stage, "destroy()", NULL);
    stage->op->destroy(stage->self);
    fault_leave();
}
