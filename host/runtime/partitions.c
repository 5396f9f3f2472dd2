/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which partitions count for the event time of a table: those that the sources above it say are
 * theirs, less those that have ended or been at their end for idle_after. docs/event-time.md, rules
 * 3 to 5.
 */
#include "runtime/engine_private.h"
#include "runtime/partition_state.h"
#include "runtime/transaction.h"

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

/* Those of a repartition topic have no event time of their own. */
static bool
own(struct ownership *ownership, const struct transaction *transaction,
    const struct levada_position *all, uint32_t n)
{
    forget_owned(ownership);
    ownership->owned = calloc(n > 0 ? n : 1, sizeof(*ownership->owned));
    for (uint32_t i = 0; ownership->owned != NULL && i < n; i++) {
        if (transaction_is_exchange(transaction, &all[i]))
            continue;
        char *stream = strndup(all[i].stream.p, all[i].stream.n);
        if (stream == NULL)
            return false;
        ownership->owned[ownership->n++] =
            (struct levada_position){ .stream = { stream, all[i].stream.n },
                                      .partition = all[i].partition };
    }
    return ownership->owned != NULL;
}

levada_status
partitions_take(struct engine *engine, struct stage *source)
{
    const struct levada_call *call = source->call;
    if (call->assigned == NULL)
        return LEVADA_OK;
    struct ownership *ownership = find_ownership(engine, source);
    if (ownership == NULL || !own(ownership, engine->transaction, call->assigned, call->n_assigned))
        return engine_fail(engine, source, LEVADA_FATAL, "out of memory");
    if (engine->transaction == NULL)
        return LEVADA_OK;
    return transaction_assign(engine->transaction, source, call->assigned, call->n_assigned);
}

/* ---- what a table hears of it ---- */

/* Do records that leave @from come to @stage as they are? Rows of a table begin a new life. */
static bool
reaches(const struct stage *from, const struct stage *stage)
{
    for (uint32_t p = 0; p < from->n_ports; p++) {
        const struct port *port = &from->ports[p];
        for (uint32_t e = 0; e < port->n_edges && (from->table == NULL || p == STAGE_LATE_PORT);
             e++) {
            if (port->edges[e].to == stage || reaches(port->edges[e].to, stage))
                return true;
        }
    }
    return false;
}

static const struct ownership *
ownership_of(const struct engine *engine, const struct stage *source)
{
    for (uint32_t i = 0; i < engine->n_ownerships; i++) {
        if (engine->ownerships[i].source == source)
            return &engine->ownerships[i];
    }
    return NULL;
}

static bool
has_shown_a_record(const struct engine *engine, const struct stage *source)
{
    for (uint32_t p = 0; p < engine->positions.n; p++) {
        if (engine->positions.items[p].source == source)
            return true;
    }
    return metrics_get(&source->metrics.records_in) > 0;
}

/* What the sources above one table have said. */
struct hearsay {
    struct table_partition *all;
    uint32_t n;
    bool complete; /* every source has said what is its own */
    bool held;     /* one has neither said nor shown anything */
};

static uint32_t
stream_of(const struct engine *engine, const struct stage *source,
          const struct levada_position *position)
{
    return record_space_stream(engine->setup.space, source->name, position->stream.p);
}

/* False: out of memory. */
static bool
hear(struct hearsay *hearsay, const struct engine *engine, const struct stage *source)
{
    const struct ownership *ownership = ownership_of(engine, source);
    if (ownership == NULL) {
        hearsay->complete = false;
        hearsay->held |= !source->ended && !has_shown_a_record(engine, source);
        return true;
    }
    for (uint32_t k = 0; k < ownership->n; k++) {
        const struct levada_position *owned = &ownership->owned[k];
        uint32_t stream = stream_of(engine, source, owned);
        if (stream == UINT32_MAX)
            return false;
        hearsay->all[hearsay->n++] = (struct table_partition){ stream, owned->partition };
    }
    return true;
}

/* Nothing more comes from an input that has ended, so it holds back no other. */
static void
let_ended_go(const struct engine *engine, const struct stage *stage)
{
    for (uint32_t p = 0; p < engine->positions.n; p++) {
        const struct partition *partition = &engine->positions.items[p];
        const struct levada_position *position = &partition->position;
        struct table *table =
            partition->source->ended ? partition_state_table(stage, position->partition) : NULL;
        if (table != NULL)
            table_set_idle(table, stream_of(engine, partition->source, position),
                           position->partition, true);
    }
}

/* False: out of memory. */
static bool
hear_all(struct hearsay *hearsay, const struct engine *engine, const struct stage *stage)
{
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *source = engine->setup.stages[s];
        if (source->op->kind == LEVADA_SOURCE && reaches(source, stage) &&
            !hear(hearsay, engine, source))
            return false;
    }
    return true;
}

/* The table in hand. */
static levada_status
settle_table(const struct stage *stage, const struct hearsay *hearsay, struct error *err)
{
    levada_status status = hearsay->complete
                               ? table_assign(stage->table, hearsay->all, hearsay->n, err)
                               : table_expect(stage->table, hearsay->all, hearsay->n, err);
    table_hold(stage->table, hearsay->held);
    return status;
}

static int
compare_numbers(const void *a_, const void *b_)
{
    const struct table_partition *a = a_, *b = b_;
    return (a->partition > b->partition) - (a->partition < b->partition);
}

/* The tables of one partition have that one to wait for. */
static levada_status
settle_parts(struct stage *stage, struct hearsay *hearsay, struct error *err)
{
    levada_status status = LEVADA_OK;
    uint32_t first = 0;
    if (hearsay->n > 0)
        qsort(hearsay->all, hearsay->n, sizeof(*hearsay->all), compare_numbers);
    for (uint32_t p = 0; p < stage->n_parts && status >= 0; p++) {
        int32_t partition = stage->parts[p].partition;
        while (first < hearsay->n && hearsay->all[first].partition < partition)
            first++;
        struct hearsay own = { .all = hearsay->all + first,
                               .complete = hearsay->complete,
                               .held = hearsay->held };
        while (first < hearsay->n && hearsay->all[first].partition == partition) {
            first++;
            own.n++;
        }
        stage->table = stage->parts[p].table;
        status = settle_table(stage, &own, err);
    }
    stage->table = stage->whole_table;
    return status;
}

static levada_status
settle_stage(struct engine *engine, struct stage *stage, struct table_partition *room,
             struct error *err)
{
    struct hearsay hearsay = { .all = room, .complete = true };
    if (!hear_all(&hearsay, engine, stage))
        return error_set(err, LEVADA_FATAL, "out of memory");
    levada_status status = transaction_is_parted(engine->transaction)
                               ? settle_parts(stage, &hearsay, err)
                               : settle_table(stage, &hearsay, err);
    if (status >= 0)
        let_ended_go(engine, stage);
    return status;
}

levada_status
partitions_settle(struct engine *engine)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < engine->n_ownerships; i++)
        n += engine->ownerships[i].n;
    struct table_partition *room = calloc(n + 1, sizeof(*room));
    if (room == NULL)
        return error_set(&engine->err, LEVADA_FATAL, "out of memory");
    levada_status status = LEVADA_OK;
    struct error err;
    for (uint32_t s = 0; s < engine->setup.n_stages && status >= 0; s++) {
        struct stage *stage = engine->setup.stages[s];
        if (stage->table != NULL && settle_stage(engine, stage, room, &err) < 0)
            status = engine_fail(engine, stage, err.status, "%s", err.text);
    }
    free(room);
    return status;
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
    uint32_t stream = stream_of(engine, partition->source, &partition->position);
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *stage = engine->setup.stages[s];
        int64_t idle_after = stage->table_options.idle_after;
        struct table *table = partition_state_table(stage, partition->position.partition);
        if (table != NULL && idle_after > 0 && quiet_ns >= idle_after)
            table_set_idle(table, stream, partition->position.partition, true);
    }
}

void
partitions_notice_idle(struct engine *engine)
{
    int64_t now_ns = engine_now_ns(engine);
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
        if (stage->table != NULL && partition_state_has_news(stage))
            return true;
    }
    return transaction_has_news(engine->transaction);
}
