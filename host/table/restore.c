/* SPDX-License-Identifier: Apache-2.0 */
/* For checkpoints: how a stored table comes back. */
#include "table/table_private.h"

#include <assert.h>
#include <string.h>

void
table_clear(struct table *table)
{
    assert(!table->is_open);
    table->rows.knows_windows = false;
    windows_close_until(&table->windows, &table->rows, INT64_MAX);
    rows_begin_anew(&table->rows);
    groups_forget_unused(table->groups, table->n_groups, &table->windows, &table->rows);
    watermark_finish(&table->watermark);
    watermark_init(&table->watermark, table->watermark.has_delay, table->watermark.delay_ms);
    table->txn = table->emitted = table->saved = 0;
    changes_forget(table);
    table->counts.n_times = 0;
}

/* False: out of memory. */
static bool
make_key(struct table *table, const struct table_row *row, uint64_t *key)
{
    memset(key, 0, table->rows.words * sizeof(*key));
    for (uint32_t g = 0; g < table->n_groups; g++) {
        uint32_t id = dict_add(table->groups[g].dict, &row->groups[g]);
        if (id == UINT32_MAX)
            return false;
        key[g / 2] |= (uint64_t)id << (32 * (g % 2));
    }
    return true;
}

uint32_t
restore_row(struct table *table, const struct table_row *row)
{
    if (!rows_make_room(&table->rows, 1))
        return ROW_NONE;
    uint32_t slot = rows_open(&table->rows);
    bool done = make_key(table, row, rows_key(&table->rows, slot));
    table->rows.stamp[slot] = 0;
    for (uint32_t c = 0; c < table->n_cells && done; c++)
        done = rows_restore_cell(&table->rows, c, slot, row->cells[c]);
    if (done)
        return slot;
    rows_close(&table->rows, slot);
    return ROW_NONE;
}

/* It is not there yet. */
static bool
add_to_window(struct table *table, int64_t start_ms, uint32_t slot)
{
    uint32_t number = windows_open(&table->windows, start_ms);
    return number != WINDOW_NONE && window_add(&table->windows.items[number], &table->rows, slot);
}

levada_status
table_restore_row(struct table *table, const struct table_row *row, struct error *err)
{
    assert(!table->is_open);
    uint32_t slot = restore_row(table, row);
    if (slot != ROW_NONE && add_to_window(table, row->start_ms, slot))
        return LEVADA_OK;
    if (slot != ROW_NONE)
        rows_close(&table->rows, slot);
    return error_set(err, LEVADA_FATAL, "out of memory");
}

levada_status
table_restore_partition(struct table *table, uint32_t stream, int32_t partition, int64_t max_ms,
                        struct error *err)
{
    assert(!table->is_open);
    watermark_begin(&table->watermark);
    uint32_t number = watermark_enter(&table->watermark, partition_origin(stream, partition));
    if (number == UINT32_MAX)
        return error_set(err, LEVADA_FATAL, "out of memory");
    watermark_advance(&table->watermark, number, max_ms);
    return LEVADA_OK;
}

void
table_restore_closed_until(struct table *table, int64_t time_ms)
{
    table->watermark.closed_ms = time_ms;
}
