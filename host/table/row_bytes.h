/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_ROW_BYTES_H
#define HOST_TABLE_ROW_BYTES_H

/*
 * Cells of any length: what stands in the row is a struct levada_bytes, its bytes lie in memory of
 * their own. A transaction that changes them gets a copy, once, and goes on in it; the bytes before
 * are freed when it is committed. So a row's journal, which holds the struct, is all that undo
 * needs.
 */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes that the open transaction has replaced. */
struct bytes_before {
    void *p; /* NULL: there were none */
    uint32_t cell, slot;
};

struct row_bytes { /* zeroed: nothing */
    uint64_t txn;  /* of the open transaction; counts on for ever */
    uint64_t bytes;
    struct bytes_before *before;
    uint32_t n, room;
};

/*
 * @cell, of cell number @c in row @slot, has @n bytes from now on: what was there stays, the rest
 * is zero. They may be written until the transaction ends. NULL: out of memory, nothing changed.
 */
void *row_bytes_resize(struct row_bytes *all, struct levada_bytes *cell, uint32_t c, uint32_t slot,
                       uint64_t n);

/* Frees what @cell has and makes it empty. */
void row_bytes_drop(struct row_bytes *all, struct levada_bytes *cell);

void row_bytes_begin(struct row_bytes *all);
void row_bytes_commit(struct row_bytes *all);
/* @cells: by cell number. What the transaction made is gone, the cells are empty until rows are
 * played back. */
void row_bytes_rollback(struct row_bytes *all, void *const *cells);

void row_bytes_finish(struct row_bytes *all);

#endif
