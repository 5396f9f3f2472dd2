/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows.h"

#include "table/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool
rows_init(struct rows *rows, uint32_t n_groups, const struct table_cell *cells, uint32_t n_cells)
{
    *rows = (struct rows){ .words = n_groups > 2 ? (n_groups + 1) / 2 : 1,
                           .n_cells = n_cells,
                           .entry_bytes = 2 * sizeof(uint32_t) };
    rows->cell = calloc(n_cells + 1, sizeof(*rows->cell));
    rows->cell_size = calloc(n_cells + 1, sizeof(*rows->cell_size));
    rows->cell_pages = calloc(n_cells + 1, sizeof(*rows->cell_pages));
    rows->is_any_length = calloc(n_cells + 1, sizeof(*rows->is_any_length));
    if (rows->cell == NULL || rows->cell_size == NULL || rows->cell_pages == NULL ||
        rows->is_any_length == NULL)
        return false;
    for (uint32_t c = 0; c < n_cells; c++) {
        rows->is_any_length[c] = table_cell_is_any_length(&cells[c]);
        rows->cell_size[c] = table_cell_bytes(&cells[c]);
        rows->entry_bytes += rows->cell_size[c];
    }
    return true;
}

static char *
cell_at(const struct rows *rows, uint32_t c, uint32_t slot)
{
    return (char *)rows->cell[c] + (uint64_t)slot * rows->cell_size[c];
}

static struct levada_bytes *
bytes_at(const struct rows *rows, uint32_t c, uint32_t slot)
{
    return (struct levada_bytes *)(void *)cell_at(rows, c, slot);
}

void
rows_finish(struct rows *rows)
{
    for (uint32_t c = 0; c < rows->n_cells && rows->is_any_length != NULL; c++) {
        for (uint32_t slot = 0; rows->is_any_length[c] && slot < rows->n; slot++)
            row_bytes_drop(&rows->bytes, bytes_at(rows, c, slot));
    }
    row_bytes_finish(&rows->bytes);
    free(rows->is_any_length);
    for (uint32_t c = 0; c < rows->n_cells && rows->cell_pages != NULL; c++)
        pages_finish(&rows->cell_pages[c]);
    pages_finish(&rows->key_pages);
    pages_finish(&rows->stamp_pages);
    pages_finish(&rows->journal);
    pages_finish(&rows->free_pages);
    pages_finish(&rows->start_pages);
    free(rows->cell_pages);
    free(rows->cell_size);
    free(rows->cell);
    *rows = (struct rows){ .key = NULL };
}

bool
rows_make_room(struct rows *rows, uint64_t n)
{
    uint64_t all = rows->n + n;
    if (all >= ROW_NONE || !pages_reserve(&rows->key_pages, all * rows->words * sizeof(uint64_t)) ||
        !pages_reserve(&rows->stamp_pages, all * sizeof(uint32_t)) ||
        !pages_reserve(&rows->free_pages, all * sizeof(uint32_t)) ||
        !pages_reserve(&rows->start_pages, all * sizeof(int64_t)) ||
        !pages_reserve(&rows->journal, (rows->n_journal + n) * rows->entry_bytes))
        return false;
    rows->key = rows->key_pages.p;
    rows->stamp = rows->stamp_pages.p;
    rows->free = rows->free_pages.p;
    rows->start_ms = rows->start_pages.p;
    for (uint32_t c = 0; c < rows->n_cells; c++) {
        if (!pages_reserve(&rows->cell_pages[c], all * rows->cell_size[c]))
            return false;
        rows->cell[c] = rows->cell_pages[c].p;
    }
    return true;
}

void
rows_close(struct rows *rows, uint32_t slot)
{
    for (uint32_t c = 0; c < rows->n_cells; c++) {
        if (rows->is_any_length[c])
            row_bytes_drop(&rows->bytes, bytes_at(rows, c, slot));
        memset(cell_at(rows, c, slot), 0, rows->cell_size[c]);
    }
    if (rows->knows_windows)
        rows->start_ms[slot] = ROW_IS_FREE;
    rows->free[rows->n_free++] = slot;
}

void
rows_begin_anew(struct rows *rows)
{
    assert(rows->n_free == rows->n);
    rows->n = rows->n_free = 0;
}

void
rows_journal(struct rows *rows, uint32_t slot)
{
    char *to = (char *)rows->journal.p + rows->n_journal++ * rows->entry_bytes;
    memcpy(to, &slot, sizeof(slot));
    memcpy(to + sizeof(slot), &rows->stamp[slot], sizeof(uint32_t));
    to += 2 * sizeof(uint32_t);
    for (uint32_t c = 0; c < rows->n_cells; c++) {
        if (rows->cell_size[c] == sizeof(int64_t)) /* a call to memcpy would cost more than this */
            memcpy(to, cell_at(rows, c, slot), sizeof(int64_t));
        else
            memcpy(to, cell_at(rows, c, slot), rows->cell_size[c]);
        to += rows->cell_size[c];
    }
}

void
rows_play_back(struct rows *rows)
{
    const char *from = rows->journal.p;
    row_bytes_rollback(&rows->bytes, rows->cell);
    for (uint64_t i = 0; i < rows->n_journal; i++) {
        uint32_t slot;
        memcpy(&slot, from, sizeof(slot));
        memcpy(&rows->stamp[slot], from + sizeof(slot), sizeof(uint32_t));
        from += 2 * sizeof(uint32_t);
        for (uint32_t c = 0; c < rows->n_cells; c++) {
            memcpy(cell_at(rows, c, slot), from, rows->cell_size[c]);
            from += rows->cell_size[c];
        }
    }
    rows->n_journal = 0;
}

void
rows_keep(struct rows *rows)
{
    row_bytes_commit(&rows->bytes);
    rows->n_journal = 0;
}

uint32_t
rows_journaled(const struct rows *rows, uint64_t i, uint32_t *stamp)
{
    const char *from = (const char *)rows->journal.p + i * rows->entry_bytes;
    uint32_t slot;
    memcpy(&slot, from, sizeof(slot));
    memcpy(stamp, from + sizeof(slot), sizeof(*stamp));
    return slot;
}

bool
rows_restore_cell(struct rows *rows, uint32_t c, uint32_t slot, const void *stored)
{
    if (!rows->is_any_length[c]) {
        memcpy(cell_at(rows, c, slot), stored, rows->cell_size[c]);
        return true;
    }
    const struct levada_bytes *bytes = stored;
    if (bytes->p == NULL)
        return true;
    void *p = row_bytes_resize(&rows->bytes, bytes_at(rows, c, slot), c, slot, bytes->n);
    if (p == NULL)
        return false;
    memcpy(p, bytes->p, bytes->n);
    row_bytes_commit(&rows->bytes);
    return true;
}

void
rows_restamp(struct rows *rows, uint32_t older, uint32_t newer)
{
    for (uint32_t slot = 0; slot < rows->n; slot++)
        rows->stamp[slot] = (rows->stamp[slot] > older) + (rows->stamp[slot] > newer);
}

uint64_t
rows_bytes(const struct rows *rows)
{
    uint64_t row = rows->words * sizeof(uint64_t) + rows->entry_bytes - sizeof(uint32_t);
    return rows->n * row + rows->bytes.bytes;
}
