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
    struct levada_record *records;
    struct levada_scalar *values;
    uint32_t *ids, *every;
    void **cells; /* copies of the rows' cells, side by side */
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
    for (uint32_t c = 0; outgoing->cells != NULL && c < outgoing->table->n_cells; c++)
        free(outgoing->cells[c]);
    free(outgoing->cells);
    free(outgoing->records);
    free(outgoing->values);
    free(outgoing->ids);
    free(outgoing->every);
}

static bool
outgoing_init(struct outgoing *outgoing, uint64_t n_rows)
{
    const struct table *table = outgoing->table;
    size_t room = n_rows < BATCH_ROWS ? n_rows : BATCH_ROWS;
    outgoing->records = calloc(room, sizeof(*outgoing->records));
    outgoing->values = calloc(room, sizeof(*outgoing->values));
    outgoing->ids = calloc(room, sizeof(*outgoing->ids));
    outgoing->every = calloc(room, sizeof(*outgoing->every));
    outgoing->cells = calloc(table->n_cells + 1, sizeof(*outgoing->cells));
    if (outgoing->records == NULL || outgoing->values == NULL || outgoing->ids == NULL ||
        outgoing->every == NULL || outgoing->cells == NULL)
        return false;
    for (uint32_t c = 0; c < table->n_cells; c++) {
        outgoing->cells[c] = calloc(room, table->rows.cell_size[c]);
        if (outgoing->cells[c] == NULL)
            return false;
    }
    for (uint32_t i = 0; i < room; i++)
        outgoing->every[i] = i;
    return true;
}

/* Records without a value; their time is the last that belongs to the window. */
static levada_status
append_records(struct outgoing *outgoing)
{
    const struct table *table = outgoing->table;
    for (uint32_t i = 0; i < outgoing->n; i++) {
        int64_t time_ms = LEVADA_NO_TIME;
        if (table->window_ms > 0)
            time_ms = due_start_ms(outgoing->due, outgoing->first + i) + table->window_ms - 1;
        outgoing->records[i] = (struct levada_record){
            .timestamp_ms = time_ms, .offset = -1, .number = -1, .partition = -1
        };
    }
    return batch_append(outgoing->batch, outgoing->records, outgoing->n, sizeof(*outgoing->records),
                        outgoing->err);
}

static levada_status
set_window_column(struct outgoing *outgoing, const struct levada_path *path, int64_t after_start)
{
    for (uint32_t i = 0; i < outgoing->n; i++) {
        int64_t start_ms = due_start_ms(outgoing->due, outgoing->first + i);
        outgoing->values[i] =
            (struct levada_scalar){ .type = LEVADA_T_TIME, .u.i = start_ms + after_start };
    }
    return batch_set_column(outgoing->batch, path, outgoing->values, NULL, outgoing->err);
}

static levada_status
set_group_column(struct outgoing *outgoing, uint32_t g)
{
    const struct group *group = &outgoing->table->groups[g];
    for (uint32_t i = 0; i < outgoing->n; i++) {
        uint32_t slot = due_slot(outgoing->due, outgoing->first + i);
        outgoing->ids[i] = rows_id(&outgoing->table->rows, slot, g);
    }
    return batch_set_ids(outgoing->batch, group->output, outgoing->ids, group->dict, NULL,
                         outgoing->err);
}

static void
gather_cell(struct outgoing *outgoing, uint32_t c)
{
    const struct rows *rows = &outgoing->table->rows;
    size_t size = rows->cell_size[c];
    for (uint32_t i = 0; i < outgoing->n; i++) {
        uint32_t slot = due_slot(outgoing->due, outgoing->first + i);
        memcpy((char *)outgoing->cells[c] + i * size, (const char *)rows->cell[c] + slot * size,
               size);
    }
}

static struct levada_scalar
cell_scalar(const struct outgoing *outgoing, uint32_t c, uint32_t i)
{
    const struct table_cell *cell = &outgoing->table->cells[c];
    struct levada_scalar value = { .type = cell->type };
    if (cell->type == LEVADA_T_I64) {
        value.u.i = ((const int64_t *)outgoing->cells[c])[i];
    } else if (cell->type == LEVADA_T_F64) {
        value.u.f = ((const double *)outgoing->cells[c])[i];
    } else {
        value.len = cell->size;
        value.u.s = (const char *)outgoing->cells[c] + (size_t)i * cell->size;
    }
    return value;
}

static levada_status
set_cell_column(struct outgoing *outgoing, uint32_t c, const struct levada_path *path)
{
    for (uint32_t i = 0; i < outgoing->n; i++)
        outgoing->values[i] = cell_scalar(outgoing, c, i);
    return batch_set_column(outgoing->batch, path, outgoing->values, NULL, outgoing->err);
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
        gather_cell(outgoing, c);
        if (table->cells[c].name != NULL)
            status = set_cell_column(outgoing, c, *path++);
    }
    return status;
}

/* The next @outgoing->n rows as a batch. */
static levada_status
make_batch(struct outgoing *outgoing)
{
    const struct table *table = outgoing->table;
    outgoing->batch = batch_create(table->space, 0);
    if (outgoing->batch == NULL)
        return error_set(outgoing->err, LEVADA_FATAL, "out of memory");
    levada_status status = append_records(outgoing);
    if (status >= 0)
        status = set_columns(outgoing);
    if (status >= 0)
        status = batch_set_fields(outgoing->batch, table->outputs, table->n_outputs, outgoing->err);
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
