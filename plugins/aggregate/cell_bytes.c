/* SPDX-License-Identifier: Apache-2.0 */
#include "cell_bytes.h"

static bool
resize(struct buffer *buffer, uint64_t n)
{
    struct cell_bytes *bytes = (struct cell_bytes *)(void *)buffer;
    void *p = levada->resize_cell(bytes->call, bytes->cell, bytes->slot, n);
    if (p == NULL)
        return false;
    buffer->p = p;
    buffer->n = n;
    return true;
}

struct levada_bytes
cell_bytes_read(const struct computation *computation, const struct levada_slots *slots,
                uint32_t slot)
{
    return ((const struct levada_bytes *)slots->cell[computation->bytes])[slot];
}

struct cell_bytes
cell_bytes(const struct fold *fold, uint32_t slot)
{
    struct levada_bytes bytes = cell_bytes_read(fold->computation, fold->slots, slot);
    /* Not written through this pointer: resize() gives one for that. */
    return (struct cell_bytes){
        .buffer = { .p = (void *)(uintptr_t)bytes.p, .n = bytes.n, .resize = resize },
        .call = fold->call,
        .cell = fold->computation->bytes,
        .slot = slot,
    };
}
