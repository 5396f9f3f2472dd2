/* SPDX-License-Identifier: Apache-2.0 */
/* For checkpoints: what has changed since the last one, and how a stored table comes back. */
#include "table/table_private.h"

#include <assert.h>
#include <levada/helpers.h>
#include <stdlib.h>
#include <string.h>

bool
closings_make_room(struct table *table)
{
    struct closings *closings = &table->closings;
    uint64_t n = (uint64_t)closings->n + table->windows.n;
    if (n <= closings->room)
        return true;
    int64_t *start_ms = realloc(closings->start_ms, n * sizeof(*start_ms));
    if (start_ms == NULL)
        return false;
    closings->start_ms = start_ms;
    closings->room = (uint32_t)n;
    return true;
}

void
closings_note(struct table *table, int64_t last_start_ms)
{
    for (uint32_t w = 0; w < table->windows.n; w++) {
        const struct window *window = &table->windows.items[w];
        if (window->start_ms <= last_start_ms && window->opened <= table->saved)
            table->closings.start_ms[table->closings.n++] = window->start_ms;
    }
}

static void
forget_departures(struct departures *departures)
{
    departures->n = 0;
    arena_reset(&departures->arena);
}

static bool
departures_make_room(struct departures *departures)
{
    if (departures->n < departures->room)
        return true;
    uint32_t room = departures->room > 0 ? departures->room * 2 : 64;
    struct departure *items = realloc(departures->items, room * sizeof(*items));
    if (items == NULL)
        return false;
    departures->items = items;
    departures->room = room;
    return true;
}

/* The table may forget a value as soon as its last row has left: it is copied. */
static bool
copy_value(struct arena *arena, const struct levada_scalar *value, struct levada_scalar *copy)
{
    *copy = *value;
    if (!levada_has_bytes(value))
        return true;
    copy->u.s = arena_copy(arena, value->u.s, value->len);
    return copy->u.s != NULL;
}

bool
departures_note(struct table *table, int64_t start_ms, uint32_t slot)
{
    struct departures *departures = &table->departures;
    struct levada_scalar *groups =
        arena_alloc(&departures->arena, table->n_groups * sizeof(*groups));
    if (groups == NULL || !departures_make_room(departures))
        return false;
    for (uint32_t g = 0; g < table->n_groups; g++) {
        const struct levada_dict *dict = dict_public(table->groups[g].dict);
        if (!copy_value(&departures->arena, &dict->entry[rows_id(&table->rows, slot, g)],
                        &groups[g]))
            return false;
    }
    departures->items[departures->n++] = (struct departure){ start_ms, groups };
    return true;
}

/* A row as the visitor sees it, and the memory for that. */
struct visit {
    const struct table *table;
    const struct table_changes *changes;
    struct levada_scalar *groups;
    const void **cells;
    struct error *err;
};

static levada_status
visit_row(const struct visit *visit, int64_t start_ms, uint32_t slot)
{
    const struct table *table = visit->table;
    for (uint32_t g = 0; g < table->n_groups; g++) {
        const struct levada_dict *dict = dict_public(table->groups[g].dict);
        visit->groups[g] = dict->entry[rows_id(&table->rows, slot, g)];
    }
    for (uint32_t c = 0; c < table->n_cells; c++)
        visit->cells[c] =
            (const char *)table->rows.cell[c] + (size_t)slot * table->rows.cell_size[c];
    struct table_row row = { start_ms, visit->groups, visit->cells };
    return visit->changes->row(visit->changes->user, &row, visit->err);
}

static levada_status
visit_window(const struct visit *visit, const struct window *window)
{
    const struct table *table = visit->table;
    levada_status status = LEVADA_OK;
    if (window->stamp <= table->saved)
        return status;
    for (uint32_t i = 0; i < window_places(window) && status >= 0; i++) {
        uint32_t slot = window->slots[i];
        if (slot != ROW_NONE && table->rows.stamp[slot] > table->saved)
            status = visit_row(visit, window->start_ms, slot);
    }
    return status;
}

static levada_status
visit_departure(const struct visit *visit, const struct departure *departure)
{
    const struct table_row row = { .start_ms = departure->start_ms, .groups = departure->groups };
    return visit->changes->left(visit->changes->user, &row, visit->err);
}

static levada_status
visit_all(const struct visit *visit)
{
    const struct table *table = visit->table;
    const struct table_changes *changes = visit->changes;
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; i < table->closings.n && status >= 0; i++)
        status = changes->closed(changes->user, table->closings.start_ms[i], visit->err);
    for (uint32_t i = 0; i < table->departures.n && status >= 0; i++)
        status = visit_departure(visit, &table->departures.items[i]);
    for (uint32_t w = 0; w < table->windows.n && status >= 0; w++)
        status = visit_window(visit, &table->windows.items[w]);
    for (uint32_t p = 0; p < table->watermark.n && status >= 0; p++) {
        const struct partition *partition = &table->watermark.partitions[p];
        status =
            changes->partition(changes->user, partition_stream(partition->origin),
                               partition_number(partition->origin), partition->max_ms, visit->err);
    }
    return status;
}

levada_status
table_visit_changes(const struct table *table, const struct table_changes *changes,
                    struct error *err)
{
    assert(!table->is_open);
    struct visit visit = { .table = table, .changes = changes, .err = err };
    visit.groups = calloc(table->n_groups + 1, sizeof(*visit.groups));
    visit.cells = calloc(table->n_cells + 1, sizeof(*visit.cells));
    levada_status status = visit.groups == NULL || visit.cells == NULL
                               ? error_set(err, LEVADA_FATAL, "out of memory")
                               : visit_all(&visit);
    free(visit.groups);
    free(visit.cells);
    return status;
}

void
table_saved(struct table *table)
{
    assert(!table->is_open);
    table->saved = table->txn;
    table->closings.n = 0;
    forget_departures(&table->departures);
}

int64_t
table_closed_until(const struct table *table)
{
    return table->watermark.closed_ms;
}

/* ---- back ---- */

void
table_clear(struct table *table)
{
    assert(!table->is_open);
    windows_close_until(&table->windows, &table->rows, INT64_MAX);
    groups_forget_unused(table->groups, table->n_groups, &table->windows, &table->rows);
    watermark_finish(&table->watermark);
    watermark_init(&table->watermark, table->watermark.has_delay, table->watermark.delay_ms);
    table->txn = table->emitted = table->saved = 0;
    table->closings.n = 0;
    forget_departures(&table->departures);
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

/* The slot of a row that is not there yet, as stored. ROW_NONE: out of memory. */
static uint32_t
restore_slot(struct table *table, const struct table_row *row)
{
    if (!rows_make_room(&table->rows, 1))
        return ROW_NONE;
    uint32_t number = windows_open(&table->windows, row->start_ms);
    if (number == WINDOW_NONE)
        return ROW_NONE;
    uint32_t slot = rows_open(&table->rows);
    struct window *window = &table->windows.items[number];
    table->rows.stamp[slot] = 0;
    if (make_key(table, row, rows_key(&table->rows, slot)) &&
        window_add(window, &table->rows, slot))
        return slot;
    rows_close(&table->rows, slot);
    return ROW_NONE;
}

levada_status
table_restore_row(struct table *table, const struct table_row *row, struct error *err)
{
    assert(!table->is_open);
    uint32_t slot = restore_slot(table, row);
    if (slot == ROW_NONE)
        return error_set(err, LEVADA_FATAL, "out of memory");
    for (uint32_t c = 0; c < table->n_cells; c++) {
        if (!rows_restore_cell(&table->rows, c, slot, row->cells[c]))
            return error_set(err, LEVADA_FATAL, "out of memory");
    }
    return LEVADA_OK;
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
