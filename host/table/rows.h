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
 */

#include "table/pages.h"
#include "table/row_bytes.h"

#include <stdbool.h>
#include <stdint.h>

#define ROW_NONE UINT32_MAX

struct table_cell;

struct rows {
    uint64_t *key; /* @words a row: ids of the groups, two a word, the first in the low half */
    uint32_t *stamp;
    void **cell;
    uint32_t words;
    uint32_t n_cells, *cell_size;
    bool *is_any_length; /* cells that hold struct levada_bytes */
    struct row_bytes bytes;
    uint32_t n, n_free, first_free; /* slots ever used; of them free; linked through key */
    struct pages key_pages, stamp_pages, *cell_pages, journal;
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
    uint32_t slot = rows->first_free;
    if (slot == ROW_NONE)
        return rows->n++;
    rows->first_free = (uint32_t)rows->key[(uint64_t)slot * rows->words];
    rows->n_free--;
    return slot;
}

void rows_close(struct rows *rows, uint32_t slot);

/* Remembers the row as it is now; there must be room. */
void rows_journal(struct rows *rows, uint32_t slot);
/* Puts back every journaled row, its stamp too, and the bytes of rows of this transaction. */
void rows_play_back(struct rows *rows);
/* Forgets how to. */
void rows_keep(struct rows *rows);

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
