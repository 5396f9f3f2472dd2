/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves at a trigger, as batches; and what is forgotten after it. */
#include "table/due.h"
#include "table/table_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_ROWS 1024

/* One batch of rows while it is made. */
struct outgoing {
    struct table *table;
    const struct due *due;
    uint64_t first; /* in due */
    uint32_t n;
    uint32_t *every;
    uint32_t *slots; /* of the batch's rows */
    int64_t *starts; /* of their windows; only with a window */
    void **cells;    /* their cells, side by side, in the batch's memory */
    struct batch *batch;
    struct error *err;
};

/* The start of the last window that the watermark closes; INT64_MIN: none. */
static int64_t
last_closed_start(const struct table *table, int64_t watermark_ms)
{
    if (watermark_ms == LEVADA_NO_TIME || watermark_ms == INT64_MAX)
        return watermark_ms;
    return table->window_ms > 0 ? watermark_ms - table->window_ms : INT64_MIN;
}

static void
outgoing_finish(struct outgoing *outgoing)
{
    free(outgoing->every);
    free(outgoing->slots);
    free(outgoing->starts);
    free(outgoing->cells);
}

static bool
outgoing_init(struct outgoing *outgoing, uint64_t n_rows)
{
    size_t room = n_rows < BATCH_ROWS ? n_rows : BATCH_ROWS;
    outgoing->every = calloc(room, sizeof(*outgoing->every));
    outgoing->slots = calloc(room, sizeof(*outgoing->slots));
    outgoing->starts = calloc(room, sizeof(*outgoing->starts));
    outgoing->cells = calloc(outgoing->table->n_cells + 1, sizeof(*outgoing->cells));
    if (outgoing->every == NULL || outgoing->slots == NULL || outgoing->starts == NULL ||
        outgoing->cells == NULL)
        return false;
    for (uint32_t i = 0; i < room; i++)
        outgoing->every[i] = i;
    return true;
}

static void
read_due(struct outgoing *outgoing)
{
    const struct due *due = outgoing->due;
    for (uint32_t i = 0; i < outgoing->n; i++)
        outgoing->slots[i] = due_slot(due, outgoing->first + i);
    for (uint32_t i = 0; outgoing->table->window_ms > 0 && i < outgoing->n; i++)
        outgoing->starts[i] = due_start_ms(due, outgoing->first + i);
}

/* A row's time is the last that belongs to its window. */
static void
stamp_records(struct outgoing *outgoing)
{
    int64_t window_ms = outgoing->table->window_ms;
    if (window_ms == 0)
        return;
    struct levada_record *records = batch_new_records(outgoing->batch);
    const int64_t *starts = outgoing->starts;
    for (uint32_t i = 0; i < outgoing->n; i++)
        records[i].timestamp_ms = starts[i] + window_ms - 1;
}

static levada_status
set_window_column(struct outgoing *outgoing, const struct levada_path *path, int64_t after_start)
{
    struct levada_scalar *values = batch_new_column(outgoing->batch, path, NULL, outgoing->err);
    if (values == NULL)
        return LEVADA_FATAL;
    const int64_t *starts = outgoing->starts;
    for (uint32_t i = 0; i < outgoing->n; i++)
        values[i] = (struct levada_scalar){ .type = LEVADA_T_TIME, .u.i = starts[i] + after_start };
    return LEVADA_OK;
}

static levada_status
set_group_column(struct outgoing *outgoing, uint32_t g)
{
    const struct group *group = &outgoing->table->groups[g];
    const struct rows *rows = &outgoing->table->rows;
    uint32_t *ids = batch_new_ids(outgoing->batch, group->output, group->dict, NULL, outgoing->err);
    if (ids == NULL)
        return LEVADA_FATAL;
    for (uint32_t i = 0; i < outgoing->n; i++)
        ids[i] = rows_id(rows, outgoing->slots[i], g);
    return LEVADA_OK;
}

/* Compiled once for the size that is known: that of numbers. */
static inline __attribute__((always_inline)) void
copy_cells(char *to, const char *from, size_t size, const uint32_t *slots, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        memcpy(to + i * size, from + slots[i] * size, size);
}

static levada_status
gather_cells(struct outgoing *outgoing, uint32_t c)
{
    const struct rows *rows = &outgoing->table->rows;
    size_t size = rows->cell_size[c];
    char *cells = batch_alloc(outgoing->batch, outgoing->n * size);
    if (cells == NULL)
        return error_set(outgoing->err, LEVADA_FATAL, "out of memory");
    if (size == sizeof(int64_t))
        copy_cells(cells, rows->cell[c], sizeof(int64_t), outgoing->slots, outgoing->n);
    else
        copy_cells(cells, rows->cell[c], size, outgoing->slots, outgoing->n);
    outgoing->cells[c] = cells;
    return LEVADA_OK;
}

/* A copy in the batch's memory: the row may go before it. Empty is null. */
static levada_status
set_bytes(struct outgoing *outgoing, struct levada_scalar *value, const void *cell)
{
    const struct levada_bytes *bytes = cell;
    *value = (struct levada_scalar){ .type = LEVADA_T_NULL };
    if (bytes->p == NULL)
        return LEVADA_OK;
    char *copy = bytes->n <= UINT32_MAX ? batch_alloc(outgoing->batch, bytes->n) : NULL;
    if (copy == NULL)
        return error_set(outgoing->err, LEVADA_FATAL, "out of memory");
    memcpy(copy, bytes->p, bytes->n);
    *value = (struct levada_scalar){ .type = LEVADA_T_BIN, .len = (uint32_t)bytes->n, .u.s = copy };
    return LEVADA_OK;
}

static levada_status
set_cell_column(struct outgoing *outgoing, uint32_t c, const struct levada_path *path)
{
    const struct table_cell *cell = &outgoing->table->cells[c];
    const char *bytes = outgoing->cells[c];
    size_t size = outgoing->table->rows.cell_size[c];
    struct levada_scalar *values = batch_new_column(outgoing->batch, path, NULL, outgoing->err);
    if (values == NULL)
        return LEVADA_FATAL;
    for (uint32_t i = 0; i < outgoing->n; i++, bytes += size) {
        values[i] = (struct levada_scalar){ .type = cell->type };
        if (table_cell_is_any_length(cell)) {
            levada_status status = set_bytes(outgoing, &values[i], bytes);
            if (status < 0)
                return status;
        } else if (cell->type == LEVADA_T_BIN) {
            values[i].len = cell->size;
            values[i].u.s = bytes;
        } else {
            memcpy(&values[i].u, bytes, sizeof(values[i].u));
        }
    }
    return LEVADA_OK;
}

static levada_status
set_columns(struct outgoing *outgoing)
{
    const struct table *table = outgoing->table;
    const struct levada_path *const *path = table->outputs;
    levada_status status = LEVADA_OK;
    if (table->window_ms > 0) {
        status = set_window_column(outgoing, *path++, 0);
        if (status >= 0)
            status = set_window_column(outgoing, *path++, table->window_ms);
    }
    for (uint32_t g = 0; g < table->n_groups && status >= 0; g++, path++)
        status = set_group_column(outgoing, g);
    for (uint32_t c = 0; c < table->n_cells && status >= 0; c++) {
        status = gather_cells(outgoing, c);
        if (status >= 0 && table->cells[c].name != NULL)
            status = set_cell_column(outgoing, c, *path++);
    }
    return status;
}

/* The next @outgoing->n rows as a batch. */
static levada_status
make_batch(struct outgoing *outgoing)
{
    outgoing->batch = batch_create(outgoing->table->space, outgoing->n);
    if (outgoing->batch == NULL)
        return error_set(outgoing->err, LEVADA_FATAL, "out of memory");
    read_due(outgoing);
    stamp_records(outgoing);
    levada_status status = set_columns(outgoing);
    if (status < 0)
        batch_release(outgoing->batch);
    return status;
}

static levada_status
emit_due(struct table *table, const struct due *due, table_emit_fn *emit, void *user,
         struct error *err)
{
    struct outgoing outgoing = { .table = table, .due = due, .err = err };
    levada_status status = LEVADA_OK;
    if (!outgoing_init(&outgoing, due->n))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    while (status >= 0 && outgoing.first < due->n) {
        uint64_t left = due->n - outgoing.first;
        outgoing.n = left < BATCH_ROWS ? (uint32_t)left : BATCH_ROWS;
        status = make_batch(&outgoing);
        if (status < 0)
            break;
        struct levada_slots slots = { .struct_size = sizeof(slots),
                                      .n = outgoing.n,
                                      .record = outgoing.every,
                                      .slot = outgoing.every,
                                      .cell = outgoing.cells };
        status = emit(user, outgoing.batch, &slots, err);
        outgoing.first += outgoing.n;
    }
    outgoing_finish(&outgoing);
    return status;
}

static struct due_request
what_is_due(const struct table *table, int64_t watermark_ms)
{
    struct due_request request = { .windows = &table->windows,
                                   .rows = &table->rows,
                                   .groups = table->groups,
                                   .cells = table->cells,
                                   .order = &table->order,
                                   .last_start_ms = INT64_MAX };
    if (table->mode == TABLE_APPEND)
        request.last_start_ms = last_closed_start(table, watermark_ms);
    if (table->mode == TABLE_UPDATE) {
        request.only_changed = true;
        request.changed_after = table->emitted;
    }
    return request;
}

/* The round is over: what has left for good is forgotten. */
static void
settle(struct table *table, int64_t watermark_ms)
{
    if (table->mode != TABLE_COMPLETE) {
        int64_t last_start_ms = last_closed_start(table, watermark_ms);
        closings_note(table, last_start_ms);
        table->counts.removed += windows_close_until(&table->windows, &table->rows, last_start_ms);
    }
    groups_forget_unused(table->groups, table->n_groups, &table->windows, &table->rows);
    table->watermark.closed_ms = watermark_ms;
    table->emitted = table->txn;
    table->counts.n_times = 0;
}

levada_status
table_trigger(struct table *table, table_emit_fn *emit, void *user, struct error *err)
{
    assert(!table->is_open);
    int64_t watermark_ms = watermark_now(&table->watermark);
    struct due_request request = what_is_due(table, watermark_ms);
    struct due due;
    levada_status status = LEVADA_OK;
    if (!due_collect(&due, &request) || !closings_make_room(table))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    else if (due.n > 0)
        status = emit_due(table, &due, emit, user, err);
    due_finish(&due);
    if (status < 0)
        return status;
    settle(table, watermark_ms);
    return LEVADA_OK;
}

bool
table_has_news(const struct table *table)
{
    int64_t last_start_ms = last_closed_start(table, watermark_now(&table->watermark));
    for (uint32_t w = 0; w < table->windows.n; w++) {
        const struct window *window = &table->windows.items[w];
        bool is_closing = table->mode != TABLE_COMPLETE && window->start_ms <= last_start_ms;
        bool has_changed = table->mode != TABLE_APPEND && window->stamp > table->emitted;
        if (is_closing || has_changed)
            return true;
    }
    return false;
}
