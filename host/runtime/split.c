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

/* The place of @partition in the split, which is looked for from @last: records come in runs. */
static uint32_t
find(const struct split *split, int32_t partition, uint32_t last)
{
    if (last < split->n && split->partitions[last] == partition)
        return last;
    for (uint32_t k = 0; k < split->n; k++) {
        if (split->partitions[k] == partition)
            return k;
    }
    return split->n;
}

/* Two passes: how many each partition has, then where each record stands. False: out of memory. */
static bool
split_make(struct split *split, const struct batch_origins *origins, uint32_t n)
{
    uint32_t *of_record = malloc(n * sizeof(*of_record));
    split->partitions = malloc(n * sizeof(*split->partitions));
    split->ends = calloc(n + 1, sizeof(*split->ends));
    split->indexes = malloc(n * sizeof(*split->indexes));
    if (of_record == NULL || split->partitions == NULL || split->ends == NULL ||
        split->indexes == NULL) {
        free(of_record);
        return false;
    }
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t partition = batch_origins_at(origins, i)->partition;
        k = find(split, partition, k);
        if (k == split->n)
            split->partitions[split->n++] = partition;
        split->ends[k + 1]++;
        of_record[i] = k;
    }
    for (k = 0; k < split->n; k++)
        split->ends[k + 1] += split->ends[k];
    for (uint32_t i = 0; i < n; i++) /* ends[k] is the beginning of k until all of it is placed */
        split->indexes[split->ends[of_record[i]]++] = i;
    free(of_record);
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
