/* SPDX-License-Identifier: Apache-2.0 */
#include "host_split.h"

#include "fail_with.h"

static uint32_t
flags_of(enum split_framing framing)
{
    return framing == SPLIT_ARRAY   ? LEVADA_JSON_COMMAS
           : framing == SPLIT_LINES ? LEVADA_JSON_LINES
                                    : 0;
}

struct levada_batch *
host_split(struct levada_call *call, const struct host_split *split, size_t *used)
{
    struct levada_record first = {
        .timestamp_ms = LEVADA_NO_TIME,
        .offset = (int64_t)split->offset,
        .number = split->number,
        .stream = split->stream,
    };
    struct levada_bytes text = { split->chunk->bytes + split->at, split->n };
    struct levada_batch *batch = levada->batch(call, 0);
    if (batch == NULL)
        return NULL;
    struct chunk *chunk = chunk_ref(split->chunk);
    if (levada->attach(batch, chunk, chunk_unref) < 0) {
        chunk_unref(chunk);
        fail_memory(call);
        return NULL;
    }
    uint64_t n;
    if (levada->append_json(call, batch, &first, text, flags_of(split->framing), split->max_records,
                            &n) < 0)
        return NULL;
    *used = (size_t)n;
    return batch;
}
