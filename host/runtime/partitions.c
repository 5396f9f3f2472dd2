/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which partitions count for event time: those that the sources say are theirs, less those that
 * have been at their end for idle_after. docs/event-time.md, rules 3 to 5.
 */
#include "runtime/engine_private.h"

#include <stdlib.h>
#include <string.h>

/* The partitions that one source says are its own. */
struct ownership {
    const struct stage *source;
    struct levada_position *owned; /* stream and partition; texts are owned */
    uint32_t n;
};

static void
forget_owned(struct ownership *ownership)
{
    for (uint32_t i = 0; i < ownership->n; i++)
        free((void *)(uintptr_t)ownership->owned[i].stream.p);
    free(ownership->owned);
    ownership->owned = NULL;
    ownership->n = 0;
}

void
partitions_finish(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->n_ownerships; i++)
        forget_owned(&engine->ownerships[i]);
    free(engine->ownerships);
}

static struct ownership *
find_ownership(struct engine *engine, const struct stage *source)
{
    for (uint32_t i = 0; i < engine->n_ownerships; i++) {
        if (engine->ownerships[i].source == source)
            return &engine->ownerships[i];
    }
    struct ownership *grown =
        realloc(engine->ownerships, (engine->n_ownerships + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    engine->ownerships = grown;
    grown[engine->n_ownerships] = (struct ownership){ .source = source };
    return &grown[engine->n_ownerships++];
}

static bool
own(struct ownership *ownership, const struct levada_position *all, uint32_t n)
{
    forget_owned(ownership);
    ownership->owned = calloc(n > 0 ? n : 1, sizeof(*ownership->owned));
    for (uint32_t i = 0; ownership->owned != NULL && i < n; i++) {
        char *stream = strndup(all[i].stream.p, all[i].stream.n);
        if (stream == NULL)
            return false;
        ownership->owned[ownership->n++] =
            (struct levada_position){ .stream = { stream, all[i].stream.n },
                                      .partition = all[i].partition };
    }
    return ownership->owned != NULL;
}

/* Tables learn of it only when every source has spoken: of the others all partitions count. */
static levada_status
tell_tables(struct engine *engine, const struct stage *source)
{
    uint32_t n_sources = 0, n = 0;
    for (uint32_t s = 0; s < engine->setup.n_stages; s++)
        n_sources += engine->setup.stages[s]->op->kind == LEVADA_SOURCE;
    if (engine->n_ownerships < n_sources)
        return LEVADA_OK;
    for (uint32_t i = 0; i < engine->n_ownerships; i++)
        n += engine->ownerships[i].n;
    struct levada_position *all = calloc(n + 1, sizeof(*all));
    if (all == NULL)
        return engine_fail(engine, source, LEVADA_FATAL, "out of memory");
    n = 0;
    for (uint32_t i = 0; i < engine->n_ownerships; i++) {
        for (uint32_t k = 0; k < engine->ownerships[i].n; k++)
            all[n++] = engine->ownerships[i].owned[k];
    }
    levada_status status = LEVADA_OK;
    struct error err;
    for (uint32_t s = 0; s < engine->setup.n_stages && status >= 0; s++) {
        struct stage *stage = engine->setup.stages[s];
        if (stage->table != NULL && table_assign(stage->table, all, n, &err) < 0)
            status = engine_fail(engine, stage, err.status, "%s", err.text);
    }
    free(all);
    return status;
}

levada_status
partitions_take(struct engine *engine, struct stage *source)
{
    const struct levada_call *call = source->call;
    if (call->assigned == NULL)
        return LEVADA_OK;
    struct ownership *ownership = find_ownership(engine, source);
    if (ownership == NULL || !own(ownership, call->assigned, call->n_assigned))
        return engine_fail(engine, source, LEVADA_FATAL, "out of memory");
    return tell_tables(engine, source);
}

/* ---- idleness ---- */

static bool
is_at_end(const struct partition *partition)
{
    return partition->position.latest >= 0 &&
           partition->position.next >= partition->position.latest;
}

static void
set_idle(struct engine *engine, const struct partition *partition, int64_t quiet_ns)
{
    uint32_t stream = record_space_stream(engine->setup.space, partition->position.stream.p);
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        int64_t idle_after = stage->table_options.idle_after;
        if (stage->table != NULL && idle_after > 0 && quiet_ns >= idle_after)
            table_set_idle(stage->table, stream, partition->position.partition, true);
    }
}

void
partitions_notice_idle(struct engine *engine)
{
    int64_t now_ns = engine->setup.clock->monotonic_ns(engine->setup.clock);
    for (uint32_t p = 0; p < engine->positions.n; p++) {
        struct partition *partition = &engine->positions.items[p];
        if (!is_at_end(partition) || partition->position.next != partition->quiet_next) {
            partition->quiet_next = partition->position.next;
            partition->quiet_since_ns = now_ns;
        } else {
            set_idle(engine, partition, now_ns - partition->quiet_since_ns);
        }
    }
}

bool
partitions_have_news(const struct engine *engine)
{
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        if (stage->table != NULL && table_has_news(stage->table))
            return true;
    }
    return false;
}
