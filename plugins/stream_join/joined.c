/* SPDX-License-Identifier: Apache-2.0 */
#include "joined.h"

#include <levada/levada.h>
#include <stdbool.h>

#define BATCH_RECORDS 4096u

static levada_status
begin(struct joined *joined, struct levada_call *call)
{
    uint64_t n = (uint64_t)joined->n_fields * BATCH_RECORDS;
    joined->batch = levada->batch(call, 0);
    if (joined->values == NULL)
        joined->values = levada->scratch(call, n * sizeof(*joined->values));
    return joined->batch != NULL && joined->values != NULL ? LEVADA_OK : LEVADA_RETRY;
}

/* The value, its bytes where nobody takes them away before they are emitted. */
static bool
keep(struct levada_call *call, const struct levada_scalar *value, struct levada_scalar *kept)
{
    *kept = *value;
    if (!levada_has_bytes(value))
        return true;
    char *bytes = levada->scratch(call, value->len);
    if (bytes == NULL)
        return false;
    if (value->len > 0)
        memcpy(bytes, value->u.s, value->len);
    kept->u.s = bytes;
    return true;
}

levada_status
joined_add(struct joined *joined, struct levada_call *call, const struct levada_record *left,
           const struct levada_scalar *right)
{
    static const struct levada_scalar null = { .type = LEVADA_T_NULL };
    struct levada_record record = *left;
    if (joined->batch == NULL && begin(joined, call) < 0)
        return LEVADA_RETRY;
    uint32_t row = joined->batch->n;
    for (uint32_t f = 0; f < joined->n_fields; f++) {
        /* A field that the right record has not is null, as it is without a right record. */
        const struct levada_scalar *value =
            right == NULL || right[f].type == LEVADA_T_MISSING ? &null : &right[f];
        if (!keep(call, value, &joined->values[(uint64_t)f * BATCH_RECORDS + row]))
            return LEVADA_RETRY;
    }
    record.stream = 0; /* made here */
    record.partition = 0;
    record.offset = record.number = -1;
    record.flags &= LEVADA_R_OPAQUE;
    levada_status status = levada->append(call, joined->batch, &record, 1, sizeof(record));
    if (status < 0)
        return status;
    return joined->batch->n == BATCH_RECORDS ? joined_emit(joined, call) : LEVADA_OK;
}

levada_status
joined_emit(struct joined *joined, struct levada_call *call)
{
    struct levada_batch *batch = joined->batch;
    if (batch == NULL)
        return LEVADA_OK;
    joined->batch = NULL;
    for (uint32_t f = 0; f < joined->n_fields; f++) {
        levada_status status = levada->set_column(call, batch, joined->fields[f],
                                                  joined->values + (uint64_t)f * BATCH_RECORDS);
        if (status < 0)
            return status;
    }
    return levada->emit(call, 0, batch);
}
