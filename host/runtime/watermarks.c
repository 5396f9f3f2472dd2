/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each stage hears of event time. The host knows it where tables are: a table promises that
 * rows before its watermark have left, and what it still waits for holds for all that it reads.
 */
#include "runtime/engine_private.h"
#include "runtime/partition_state.h"

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b; /* LEVADA_NO_TIME is the smallest */
}

/* How far the tables are that get the records of @from one by one: a join of two inputs makes
 * others of them. INT64_MAX: there is no such table. */
static int64_t
tables_below(const struct stage *from)
{
    int64_t time_ms = INT64_MAX;
    for (uint32_t p = 0; p < from->n_ports; p++) {
        for (uint32_t e = 0; e < from->ports[p].n_edges; e++) {
            const struct stage *to = from->ports[p].edges[e].to;
            struct table_stats stats;
            if (to->op->n_inputs > 1)
                continue;
            if (to->table != NULL)
                partition_state_stats(to, &stats);
            time_ms = earlier(time_ms, to->table != NULL ? stats.watermark_ms : tables_below(to));
        }
    }
    return time_ms;
}

/* What comes to @stage on one edge. @promised: only what tables above have said. */
static int64_t
of_edge(const struct stage *from, uint32_t port, bool promised)
{
    if (from->table != NULL)
        return port == STAGE_LATE_PORT ? LEVADA_NO_TIME : partition_state_watermark(from);
    return promised ? from->promised_ms : from->watermark_ms;
}

static int64_t
of_inputs(const struct engine *engine, const struct stage *stage, bool promised)
{
    int64_t time_ms = INT64_MAX;
    for (uint32_t s = 0; s < engine->setup.n_stages; s++) {
        const struct stage *from = engine->setup.stages[s];
        for (uint32_t p = 0; p < from->n_ports; p++) {
            for (uint32_t e = 0; e < from->ports[p].n_edges; e++) {
                if (from->ports[p].edges[e].to == stage)
                    time_ms = earlier(time_ms, of_edge(from, p, promised));
            }
        }
    }
    return time_ms;
}

/* INT64_MAX where nothing is known too: only the end of the input is told by that number. */
static int64_t
known(int64_t time_ms)
{
    return time_ms == INT64_MAX ? LEVADA_NO_TIME : time_ms;
}

static void
listen(const struct engine *engine, struct stage *stage)
{
    bool is_source = stage->op->kind == LEVADA_SOURCE;
    stage->promised_ms = is_source ? LEVADA_NO_TIME : known(of_inputs(engine, stage, true));
    if (is_source)
        stage->watermark_ms = known(tables_below(stage));
    else if (stage->op->n_inputs > 1)
        stage->watermark_ms = stage->promised_ms;
    else
        stage->watermark_ms = known(of_inputs(engine, stage, false));
}

levada_status
watermarks_tell(struct engine *engine, struct stage *stage, bool ended)
{
    listen(engine, stage);
    int64_t time_ms = ended ? INT64_MAX : stage->watermark_ms;
    if (time_ms == LEVADA_NO_TIME || (!ended && time_ms <= stage->told_ms))
        return LEVADA_OK;
    struct levada_signal watermark = signal_make(engine, LEVADA_SIG_WATERMARK);
    watermark.time_ms = stage->told_ms = time_ms;
    return signal_stage(engine, stage, &watermark);
}
