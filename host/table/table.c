/* SPDX-License-Identifier: Apache-2.0 */
/* The table's life, its transactions, and what it tells of itself. */
#include "record/path.h"
#include "table/session.h"
#include "table/table_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000

static void
take_options(struct table *table, const struct table_options *options, bool finite_input)
{
    table->options = options;
    table->has_sessions = options->session > 0;
    table->window_ms = (options->window + options->session) / NS_PER_MS; /* one of them is 0 */
    table->slide_ms = options->slide > 0 ? options->slide / NS_PER_MS : table->window_ms;
    table->offset_ms = options->offset / NS_PER_MS;
    table->max_future_ms = options->max_future / NS_PER_MS;
    table->overlap = 1;
    if (table->window_ms > 0)
        table->overlap = (uint32_t)((table->window_ms + table->slide_ms - 1) / table->slide_ms);

    table->mode = (enum table_output_mode)options->output_mode;
    if (table->mode == TABLE_DEFAULT)
        table->mode = options->watermark > 0 ? TABLE_APPEND : TABLE_COMPLETE;
    table->flush =
        options->on_end == TABLE_END_DEFAULT ? finite_input : options->on_end == TABLE_FLUSH;
}

static bool
copy_cells(struct table *table, const struct table_cell *cells, uint32_t n_cells)
{
    table->cells = calloc(n_cells + SESSION_CELLS, sizeof(*table->cells));
    if (table->cells == NULL)
        return false;
    table->n_cells = n_cells;
    for (uint32_t c = 0; table->has_sessions && c < SESSION_CELLS; c++)
        table->cells[table->n_cells++] =
            (struct table_cell){ .type = LEVADA_T_I64, .size = sizeof(int64_t) };
    for (uint32_t c = 0; c < n_cells; c++) {
        table->cells[c] = cells[c];
        if (cells[c].name == NULL)
            continue;
        table->cells[c].name = strdup(cells[c].name);
        if (table->cells[c].name == NULL)
            return false;
    }
    return true;
}

static bool
make_groups(struct table *table)
{
    const struct levada_list *list = &table->options->group_by;
    const struct levada_path *const *paths = list->items;
    table->groups = calloc(list->n + 1, sizeof(*table->groups));
    if (table->groups == NULL)
        return false;
    for (; table->n_groups < list->n; table->n_groups++) {
        if (!group_init(&table->groups[table->n_groups], paths[table->n_groups],
                        record_space_paths(table->space)))
            return false;
    }
    return true;
}

static bool
add_output(struct table *table, const struct levada_path *path)
{
    table->outputs[table->n_outputs++] = path;
    return path != NULL;
}

static bool
add_named_output(struct table *table, const char *name)
{
    struct path_set *paths = record_space_paths(table->space);
    return add_output(table, path_set_field(paths, name, strlen(name)));
}

static bool
make_outputs(struct table *table)
{
    table->outputs = calloc(table->n_groups + table->n_cells + 2, sizeof(*table->outputs));
    if (table->outputs == NULL)
        return false;
    if (table->window_ms > 0 &&
        (!add_named_output(table, "window_start") || !add_named_output(table, "window_end")))
        return false;
    for (uint32_t g = 0; g < table->n_groups; g++)
        add_output(table, table->groups[g].output);
    for (uint32_t c = 0; c < table->n_cells; c++) {
        if (table->cells[c].name != NULL && !add_named_output(table, table->cells[c].name))
            return false;
    }
    return true;
}

static bool
make_event_time(struct table *table)
{
    table->event_time = table->options->event_time;
    if (table->event_time != NULL || table->window_ms == 0)
        return true;
    table->event_time = path_set_get(record_space_paths(table->space), "meta:timestamp", NULL);
    return table->event_time != NULL;
}

struct table *
table_create(struct record_space *space, const struct table_options *options,
             const struct table_cell *cells, uint32_t n_cells, bool finite_input)
{
    struct table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return NULL;
    table->space = space;
    take_options(table, options, finite_input);
    watermark_init(&table->watermark, options->watermark > 0, options->watermark / NS_PER_MS);
    table->pane.windows = calloc(table->overlap, sizeof(*table->pane.windows));
    if (table->pane.windows == NULL || !copy_cells(table, cells, n_cells) || !make_groups(table) ||
        !make_outputs(table) || !make_event_time(table) ||
        !rows_init(&table->rows, table->n_groups, table->cells, table->n_cells) ||
        !order_init(&table->order, options, table->cells, n_cells, table->mode == TABLE_COMPLETE)) {
        table_destroy(table);
        return NULL;
    }
    return table;
}

void
table_destroy(struct table *table)
{
    if (table == NULL)
        return;
    for (uint32_t c = 0; c < table->n_cells; c++)
        free(table->cells[c].name);
    free(table->cells);
    for (uint64_t g = 0; table->groups != NULL && g < table->options->group_by.n; g++)
        group_finish(&table->groups[g]);
    free(table->groups);
    free(table->outputs);
    free(table->pane.windows);
    free(table->changed.slots);
    free(table->closings.start_ms);
    free(table->departures.items);
    free(table->arrivals.slots);
    free(table->arrivals.start_ms);
    arena_finish(&table->departures.arena);
    order_finish(&table->order);
    rows_finish(&table->rows);
    windows_finish(&table->windows);
    watermark_finish(&table->watermark);
    pages_finish(&table->room.pages);
    arena_finish(&table->room.sentences);
    free(table);
}

bool
table_is_complete_mode(const struct table *table)
{
    return table->mode == TABLE_COMPLETE;
}

const struct table_cell *
table_cells(const struct table *table, uint32_t *n)
{
    *n = table->n_cells;
    return table->cells;
}

const struct levada_path *const *
table_output_paths(const struct table *table, uint32_t *n)
{
    *n = table->n_outputs;
    return table->outputs;
}

/* ---- transactions ---- */

/* Stamps begin anew near the end of their range; what matters is only what they are newer than. */
static void
restamp(struct table *table)
{
    uint32_t older = table->emitted < table->saved ? table->emitted : table->saved;
    uint32_t newer = table->emitted < table->saved ? table->saved : table->emitted;
    rows_restamp(&table->rows, older, newer);
    for (uint32_t w = 0; w < table->windows.n; w++) {
        struct window *window = &table->windows.items[w];
        window->stamp = (window->stamp > older) + (window->stamp > newer);
        window->opened = (window->opened > older) + (window->opened > newer);
    }
    table->emitted = table->emitted > older;
    table->saved = table->saved > older;
    table->txn = 2;
}

void
table_begin(struct table *table)
{
    if (table->is_open)
        return;
    if (table->txn == UINT32_MAX)
        restamp(table);
    table->txn++;
    table->is_open = true;
    table->counts_before = table->counts;
    table->changed.n_before = table->changed.n;
    row_bytes_begin(&table->rows.bytes);
    watermark_begin(&table->watermark);
}

void *
table_resize_cell(struct table *table, uint32_t cell, uint32_t slot, uint64_t n, struct error *err)
{
    struct rows *rows = &table->rows;
    if (!table->is_open || cell >= rows->n_cells || !rows->is_any_length[cell] || slot >= rows->n ||
        rows->stamp[slot] != table->txn) {
        error_set(err, LEVADA_FATAL,
                  "resize_cell() of cell %u, row %u: it takes cells of any length, in rows that "
                  "slots() named in this callback",
                  cell, slot);
        return NULL;
    }
    struct levada_bytes *column = rows->cell[cell];
    void *p = row_bytes_resize(&rows->bytes, &column[slot], cell, slot, n);
    if (p == NULL)
        error_set(err, LEVADA_FATAL, "out of memory: a row wants %llu bytes",
                  (unsigned long long)n);
    return p;
}

void
table_commit(struct table *table)
{
    rows_keep(&table->rows);
    table->is_open = false;
}

void
table_rollback(struct table *table)
{
    if (!table->is_open)
        return;
    rows_play_back(&table->rows);
    windows_drop_stamped(&table->windows, &table->rows, table->txn);
    watermark_rollback(&table->watermark);
    table->counts = table->counts_before;
    table->changed.n = table->changed.n_before;
    table->is_open = false;
}

/* ---- time ---- */

typedef bool take_partitions_fn(struct watermark *watermark, const uint64_t *origins, uint32_t n);

static levada_status
take_partitions(struct table *table, const struct table_partition *all, uint32_t n,
                take_partitions_fn *take, struct error *err)
{
    assert(!table->is_open);
    uint64_t *origins = calloc(n + 1, sizeof(*origins));
    bool done = origins != NULL;
    for (uint32_t i = 0; done && i < n; i++)
        origins[i] = partition_origin(all[i].stream, all[i].partition);
    done = done && take(&table->watermark, origins, n);
    free(origins);
    return done ? LEVADA_OK : error_set(err, LEVADA_FATAL, "out of memory");
}

levada_status
table_assign(struct table *table, const struct table_partition *all, uint32_t n, struct error *err)
{
    return take_partitions(table, all, n, watermark_assign, err);
}

levada_status
table_expect(struct table *table, const struct table_partition *all, uint32_t n, struct error *err)
{
    return take_partitions(table, all, n, watermark_expect, err);
}

void
table_hold(struct table *table, bool hold)
{
    table->watermark.held = hold;
}

void
table_set_idle(struct table *table, uint32_t stream, int32_t partition, bool idle)
{
    watermark_set_idle(&table->watermark, partition_origin(stream, partition), idle);
}

void
table_end_input(struct table *table)
{
    table->watermark.ended = table->flush;
}

int64_t
table_watermark(const struct table *table)
{
    /* In complete mode each result replaces the one before: nothing is final until the end. */
    if (table->flushed)
        return INT64_MAX;
    return table->mode == TABLE_COMPLETE ? LEVADA_NO_TIME : table->watermark.closed_ms;
}

/* ---- what it tells ---- */

static uint64_t
memory_of(const struct table *table)
{
    uint64_t bytes = sizeof(*table) + rows_bytes(&table->rows) + windows_bytes(&table->windows);
    for (uint32_t g = 0; g < table->n_groups; g++)
        bytes += dict_bytes(table->groups[g].dict) +
                 table->groups[g].room_own * sizeof(*table->groups[g].own);
    return bytes;
}

void
table_get_stats(const struct table *table, struct table_stats *stats)
{
    const struct table_counts *counts = &table->counts;
    *stats = (struct table_stats){ .rows = rows_live(&table->rows),
                                   .bytes = memory_of(table),
                                   .updated = counts->updated,
                                   .removed = counts->removed,
                                   .late = counts->late,
                                   .future = counts->future,
                                   .watermark_ms = watermark_now(&table->watermark),
                                   .min_event_ms = LEVADA_NO_TIME,
                                   .max_event_ms = LEVADA_NO_TIME,
                                   .avg_event_ms = LEVADA_NO_TIME,
                                   .n_events = counts->n_times };
    if (counts->n_times == 0)
        return;
    stats->min_event_ms = counts->min_ms;
    stats->max_event_ms = counts->max_ms;
    stats->avg_event_ms = counts->origin_ms + (int64_t)(counts->sum_ms / (double)counts->n_times);
}
