/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back to the last COMMIT without a restart. With a checkpoint the store has all of it. Without one
 * nobody remembers what tables and plugins held then, so such a pipeline begins anew, where its
 * sources begin that know of no position; a pipeline that remembers nothing only reads again.
 */
#include "runtime/engine_private.h"
#include "runtime/keyed_state.h"
#include "runtime/transaction.h"

#include <stdio.h>

levada_status
rollback_mark(struct engine *engine, uint64_t next_epoch)
{
    engine->committed_epoch = next_epoch;
    engine->dirty = false;
    engine->losing = (struct patience){ .pause_ns = 0 };
    engine->n_losses = 0;
    if (positions_copy(&engine->committed, &engine->positions))
        return LEVADA_OK;
    return error_set(&engine->err, LEVADA_FATAL, "out of memory");
}

levada_status
rollback_ask(struct engine *engine, struct stage *stage)
{
    engine->lost = stage;
    snprintf(engine->lost_why, sizeof(engine->lost_why), "%s", stage->call->err.text);
    return LEVADA_LOST;
}

/* A sink without a store keeps what it said there: it tells what it has written, not what came. */
static void
forget_state(struct engine *engine, bool of_sinks)
{
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        struct stage *stage = engine->setup.stages[s];
        if (stage->table != NULL)
            table_clear(stage->table);
        if (of_sinks || stage->op->kind != LEVADA_SINK)
            keyed_state_forget(stage->keyed);
    }
}

/*
 * The changelog knows better than we do where a source reads on: a commit that seemed to fail may
 * have been made, and another process under our identity may have made more.
 */
static levada_status
read_again(struct engine *engine)
{
    if (!positions_go_back(&engine->positions, &engine->committed))
        return error_set(&engine->err, LEVADA_FATAL, "out of memory");
    levada_status status = transaction_read_again(engine->transaction);
    if (status >= 0 && !positions_copy(&engine->committed, &engine->positions))
        return error_set(&engine->err, LEVADA_FATAL, "out of memory");
    return status;
}

static levada_status
restore_state(struct engine *engine)
{
    forget_state(engine, engine->checkpoint != NULL);
    if (engine->checkpoint != NULL)
        return engine_load_checkpoint(engine);
    if (engine->transaction != NULL)
        return read_again(engine);
    if ((engine_memory(engine) & LEVADA_HAS_STATE) != 0)
        positions_finish(&engine->committed);
    return LEVADA_OK;
}

static void
begin_anew(struct engine *engine)
{
    engine->epoch = engine->committed_epoch;
    engine->draining = engine->uncommitted = engine->dirty = false;
    engine->lost = NULL;
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        struct stage *stage = engine->setup.stages[s];
        stage->ended = false;
        stage->told_ms = LEVADA_NO_TIME;
    }
}

/* Losing again and again without a checkpoint in between is a failure that lasts. */
static levada_status
wait_after_losses(struct engine *engine, struct stage *stage, const char *why)
{
    if (engine->n_losses++ == 0 || patience_wait(engine, stage, &engine->losing, why) ||
        engine_is_stopping(engine))
        return LEVADA_OK;
    return engine_fail(engine, stage, LEVADA_UNAVAILABLE, "%s (%u times since the last checkpoint)",
                       why, engine->n_losses);
}

static levada_status
go_back(struct engine *engine)
{
    levada_status status = signal_all(engine, LEVADA_SIG_ABORT);
    if (status >= 0 && engine_is_stopping(engine)) /* what comes back would not be used */
        return status;
    if (status >= 0 && engine->dirty)
        status = restore_state(engine);
    if (status >= 0 && !positions_go_back(&engine->positions, &engine->committed))
        status = error_set(&engine->err, LEVADA_FATAL, "out of memory");
    if (status < 0)
        return status;
    begin_anew(engine);
    return signal_restore(engine);
}

levada_status
roll_back(struct engine *engine)
{
    levada_status status;
    do {
        struct stage *stage = engine->lost;
        char why[sizeof(engine->lost_why)];
        snprintf(why, sizeof(why), "%s", engine->lost_why);
        log_warn(&stage->logger, "back to the last checkpoint", "epoch=%llu reason=\"%s\"",
                 (unsigned long long)engine->committed_epoch, why);
        metrics_add(&stage->metrics.rollbacks, 1);
        status = go_back(engine);
        if (engine->err.status >= 0)
            status = wait_after_losses(engine, stage, why);
    } while (status >= 0 && engine->lost != NULL && !engine_is_stopping(engine));
    return status;
}
