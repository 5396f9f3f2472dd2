/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_STATE_ROW_CHUNK_H
#define HOST_STATE_ROW_CHUNK_H

/*
 * What a table's log of rows consists of: entries, one behind the other in a chunk, which is one
 * value of the store. An entry is its kind (a byte) and the start of a window; then, but for
 * CLOSED, the groups as scalars, behind the number of their bytes; then, of a ROW, its cells,
 * behind the number of theirs.
 */

#include "state/codec.h"

enum row_entry_kind {
    ROW_ENTRY_ROW = 1, /* a row has these cells */
    ROW_ENTRY_GONE,    /* a row has left */
    ROW_ENTRY_CLOSED,  /* all rows of a window have left */
    ROW_ENTRY_END,
};

struct row_entry {
    enum row_entry_kind kind;
    int64_t start_ms;
    struct levada_bytes group, cells;
};

/* Appends what an entry begins with; groups, and cells, are to be put behind it, as sized. */
void row_chunk_begin(struct codec_buffer *chunk, enum row_entry_kind kind, int64_t start_ms);

/* Appends the entry; out of memory is sticky in @chunk. */
void row_chunk_put(struct codec_buffer *chunk, const struct row_entry *entry);

/* The next entry, which points into what is read; false: there is none, or @reader has failed. */
bool row_chunk_next(struct codec_reader *reader, struct row_entry *entry);

#endif
