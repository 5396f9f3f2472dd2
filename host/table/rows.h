/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_ROWS_H
#define HOST_TABLE_ROWS_H

/*
 * Rows by slot, column by column: the group's key, a stamp, the cells. The stamp is the number of
 * the transaction that touched the row last. It serves three questions at once: was this row
 * written in the open transaction (so it is in the journal already, or is new), has it changed
 * since the last trigger, and has it changed since the last checkpoint.
 *
 * Undo: the journal holds the cells of rows that were there before the transaction, once each. Rows
 * that it opened need no entry: after the journal is played back, they are the ones that still
 * carry its stamp. A free slot's cells are always zero. Cells of any length: row_bytes.h.
 *
 * Free slots lie on a stack, in an array: what was taken off it lately can still be read there, and
 * so the rows that were opened between two moments are known without a note of each.
 */

#include "table/pages.h"
#include "table/row_bytes.h"

#include <stdbool.h>
#include <stdint.h>

#define ROW_NONE UINT32_MAX
#define ROW_IS_FREE INT64_MIN /* instead of a window's start */

struct table_cell;

struct rows {
    uint64_t *key; /* @words a row: ids of the groups, two a word, the first in the low half */
    uint32_t *stamp;
    void **cell;
    uint32_t words;
    uint32_t n_cells, *cell_size;
    bool *is_any_length; /* cells that hold struct levada_bytes */
    struct row_bytes bytes;
    uint32_t n, n_free; /* slots ever used; of them free */
    uint32_t *free;     /* the stack of those */
    int64_t *start_ms;  /* of each row's window, or ROW_IS_FREE; while knows_windows */
    bool knows_windows;
    struct pages key_pages, stamp_pages, *cell_pages, journal, free_pages, start_pages;
    uint32_t entry_bytes; /* of a row in the journal */
    uint64_t n_journal;
};

bool rows_init(struct rows *rows, uint32_t n_groups, const struct table_cell *cells,
               uint32_t n_cells);
void rows_finish(struct rows *rows);

/* Room for @n more rows and journal entries; cells may move. False: out of memory. */
bool rows_make_room(struct rows *rows, uint64_t n);

/* A zeroed row, its key not set; there must be room. */
static inline uint32_t
rows_open(struct rows *rows)
{
    return rows->n_free > 0 ? rows->free[--rows->n_free] : rows->n++;
}

void rows_close(struct rows *rows, uint32_t slot);
/* All rows are closed: their slots are given out in order again. */
void rows_begin_anew(struct rows *rows);

/* Remembers the row as it is now; there must be room. */
void rows_journal(struct rows *rows, uint32_t slot);
/* Puts back every journaled row, its stamp too, and the bytes of rows of this transaction. */
void rows_play_back(struct rows *rows);
/* Forgets how to. */
void rows_keep(struct rows *rows);

/* Row @i of the journal, and the stamp that it had. */
uint32_t rows_journaled(const struct rows *rows, uint64_t i, uint32_t *stamp);

/* Sets a cell that was stored; of any length: @stored is a struct levada_bytes. False: no memory.
 */
bool rows_restore_cell(struct rows *rows, uint32_t c, uint32_t slot, const void *stored);

/* Renumbers stamps: into 0, 1, 2 = not after @older, after it, after @newer. */
void rows_restamp(struct rows *rows, uint32_t older, uint32_t newer);

static inline uint32_t
rows_live(const struct rows *rows)
{
    return rows->n - rows->n_free;
}

static inline uint64_t *
rows_key(const struct rows *rows, uint32_t slot)
{
    return rows->key + (uint64_t)slot * rows->words;
}

static inline uint32_t
rows_id(const struct rows *rows, uint32_t slot, uint32_t group)
{
    return (uint32_t)(rows_key(rows, slot)[group / 2] >> (32 * (group % 2)));
}

/* Bytes that the rows in use take. */
uint64_t rows_bytes(const struct rows *rows);

#endif
