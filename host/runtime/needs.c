/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction needs in its service, told and looked for before any run. */
#include "runtime/transaction_private.h"

levada_status
engine_needs(struct engine *engine, uint32_t n_partitions, engine_need_fn *need, void *user,
             struct error *err)
{
    struct transaction *t = engine->transaction;
    const struct levada_txn_v1 *txn = t->txn;
    bool fine = true;
    if (transaction_keeps_state(t) && LEVADA_HAS(txn, changelog))
        fine = need(user, &(struct engine_need){ .stream = txn->changelog(t->sink->self) });
    t->n_partitions = n_partitions;
    levada_status status = repartition_plan(t);
    if (status < 0)
        return error_set(err, status, "%s", engine->err.text);
    for (uint32_t x = 0; x < t->n_exchanges && fine; x++)
        fine = need(user, &(struct engine_need){ .stream = t->exchanges[x].topic,
                                                 .stage = t->exchanges[x].stage });
    return fine ? LEVADA_OK : error_set(err, LEVADA_FATAL, "out of memory");
}

/* Nobody waits for what does not answer now. */
static levada_status
judge(struct stage *stage, const char *function, levada_status returned, struct error *err)
{
    levada_status status = call_end(stage->call, returned);
    if (status == LEVADA_OK)
        return LEVADA_OK;
    if (status == LEVADA_AGAIN)
        return error_set(err, LEVADA_UNAVAILABLE, "the service does not answer");
    if (status > LEVADA_AGAIN)
        return error_set(err, LEVADA_FATAL, "%s() returned %d, which is no status for it", function,
                         status);
    return error_set(err, status == LEVADA_RETRY ? LEVADA_UNAVAILABLE : status, "%s",
                     stage->call->err.text);
}

levada_status
engine_ask_partitions(struct engine *engine, uint32_t *n, const struct stage **source,
                      struct error *err)
{
    const struct transaction *t = engine->transaction;
    levada_status status = LEVADA_OK;
    *n = 1;
    *source = t->sink;
    for (uint32_t m = 0; m < t->n_members && t->has_tables && status >= 0; m++) {
        struct stage *stage = t->members[m].source;
        uint32_t own = 0;
        *source = stage;
        call_reset(stage->call);
        status = judge(stage, "partitions",
                       t->members[m].group->partitions(stage->self, stage->call, &own), err);
        *n = own > *n ? own : *n;
    }
    return status;
}

levada_status
engine_ask_need(struct engine *engine, const struct engine_need *need, uint32_t n_partitions,
                uint32_t wait_ms, struct error *err)
{
    const struct transaction *t = engine->transaction;
    if (!LEVADA_HAS(t->txn, check))
        return LEVADA_OK;
    call_reset(t->sink->call);
    return judge(t->sink, "check",
                 t->txn->check(t->sink->self, t->sink->call,
                               need->stage != NULL ? need->stream : NULL, n_partitions, wait_ms),
                 err);
}
