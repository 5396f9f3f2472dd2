/* SPDX-License-Identifier: Apache-2.0 */
/* What a source polled, partition by partition, each in its own context (partition_state.h). */
#include "runtime/engine_private.h"
#include "runtime/transaction.h"

#include <stdlib.h>

/* Records of one batch by their partitions: those of partitions[k] end at ends[k] of the indexes.
 */
struct split {
    int32_t *partitions;
    uint32_t *ends, *indexes;
    uint32_t n;
};

static void
split_finish(struct split *split)
{
    free(split->partitions);
    free(split->ends);
    free(split->indexes);
}

/* Records that follow one another, all of one partition. */
struct run {
    int32_t partition;
    uint32_t first, n;
};

static int
compare_runs(const void *a_, const void *b_)
{
    const struct run *a = a_, *b = b_;
    int order = (a->partition > b->partition) - (a->partition < b->partition);
    return order != 0 ? order : (a->first > b->first) - (a->first < b->first);
}

static uint32_t
find_runs(struct run *runs, const struct batch_origins *origins, uint32_t n)
{
    uint32_t n_runs = 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t partition = batch_origins_at(origins, i)->partition;
        if (n_runs == 0 || runs[n_runs - 1].partition != partition)
            runs[n_runs++] = (struct run){ .partition = partition, .first = i };
        runs[n_runs - 1].n++;
    }
    return n_runs;
}

/* Sources poll in runs: these are put in order, not the records. */
static void
add_run(struct split *split, const struct run *run)
{
    uint32_t at = split->n > 0 ? split->ends[split->n - 1] : 0;
    if (split->n == 0 || split->partitions[split->n - 1] != run->partition)
        split->partitions[split->n++] = run->partition;
    for (uint32_t i = 0; i < run->n; i++)
        split->indexes[at++] = run->first + i;
    split->ends[split->n - 1] = at;
}

/* False: out of memory. */
static bool
split_make(struct split *split, const struct batch_origins *origins, uint32_t n)
{
    struct run *runs = malloc(n * sizeof(*runs));
    split->partitions = malloc(n * sizeof(*split->partitions));
    split->ends = malloc(n * sizeof(*split->ends));
    split->indexes = malloc(n * sizeof(*split->indexes));
    if (runs == NULL || split->partitions == NULL || split->ends == NULL ||
        split->indexes == NULL) {
        free(runs);
        return false;
    }
    uint32_t n_runs = find_runs(runs, origins, n);
    qsort(runs, n_runs, sizeof(*runs), compare_runs);
    for (uint32_t r = 0; r < n_runs; r++)
        add_run(split, &runs[r]);
    free(runs);
    return true;
}

static levada_status
deliver_in(struct engine *engine, struct stage *source, uint32_t port, struct batch *batch,
           int32_t partition)
{
    levada_status status = transaction_enter(engine->transaction, source, partition);
    if (status >= 0)
        status = deliver_out(engine, source, port, batch);
    transaction_leave(engine->transaction);
    return status;
}

static levada_status
deliver_each(struct engine *engine, struct stage *source, uint32_t port, struct batch *batch,
             const struct split *split)
{
    levada_status status = LEVADA_OK;
    for (uint32_t k = 0, first = 0; k < split->n && status >= 0; first = split->ends[k++]) {
        struct error err;
        struct batch *part =
            batch_select(batch, split->indexes + first, split->ends[k] - first, &err);
        if (part == NULL)
            return engine_fail(engine, source, err.status, "%s", err.text);
        status = deliver_in(engine, source, port, part, split->partitions[k]);
        batch_release(part);
    }
    return status;
}

levada_status
deliver_polled_out(struct engine *engine, struct stage *source, uint32_t port, struct batch *batch)
{
    uint32_t n = batch_public(batch)->n;
    struct batch_origins origins = batch_origins(batch);
    struct split split = { .n = 0 };
    if (!transaction_is_parted(engine->transaction) || n == 0)
        return deliver_out(engine, source, port, batch);
    levada_status status;
    if (!split_make(&split, &origins, n))
        status = engine_fail(engine, source, LEVADA_FATAL, "out of memory");
    else if (split.n == 1)
        status = deliver_in(engine, source, port, batch, split.partitions[0]);
    else
        status = deliver_each(engine, source, port, batch, &split);
    split_finish(&split);
    return status;
}
