/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_CELL_BYTES_H
#define AGGREGATE_CELL_BYTES_H

/* The bytes that a computation has in one row, as a buffer. */

#include "buffer.h"
#include "function.h"

struct cell_bytes {
    struct buffer buffer;
    struct levada_call *call;
    uint32_t cell, slot;
};

struct cell_bytes cell_bytes(const struct fold *fold, uint32_t slot);

/* The same where rows are only read. */
struct levada_bytes cell_bytes_read(const struct computation *computation,
                                    const struct levada_slots *slots, uint32_t slot);

#endif
