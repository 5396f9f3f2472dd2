/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves at a trigger, as batches; and what is forgotten after it. */
#include "table/due.h"
#include "table/session.h"
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
    uint32_t *slots;        /* of the batch's rows */
    int64_t *starts, *ends; /* of their windows; only with windows or sessions */
    void **cells;           /* their cells, side by side, in the batch's memory */
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
    free(outgoing->ends);
    free(outgoing->cells);
}

static bool
outgoing_init(struct outgoing *outgoing, uint64_t n_rows)
{
    size_t room = n_rows < BATCH_ROWS ? n_rows : BATCH_ROWS;
    outgoing->every = calloc(room, sizeof(*outgoing->every));
    outgoing->slots = calloc(room, sizeof(*outgoing->slots));
    outgoing->starts = calloc(room, sizeof(*outgoing->starts));
    outgoing->ends = calloc(room, sizeof(*outgoing->ends));
    outgoing->cells = calloc(outgoing->table->n_cells + 1, sizeof(*outgoing->cells));
    if (outgoing->every == NULL || outgoing->slots == NULL || outgoing->starts == NULL ||
        outgoing->ends == NULL || outgoing->cells == NULL)
        return false;
    for (uint32_t i = 0; i < room; i++)
        outgoing->every[i] = i;
    return true;
}

static void
read_windows(struct outgoing *outgoing)
{
    for (uint32_t i = 0; i < outgoing->n; i++) {
        outgoing->starts[i] = due_start_ms(outgoing->due, outgoing->first + i);
        outgoing->ends[i] = outgoing->starts[i] + outgoing->table->window_ms;
    }
}

static void
read_sessions(struct outgoing *outgoing)
{
    const int64_t *starts = session_starts(outgoing->table), *ends = session_ends(outgoing->table);
    for (uint32_t i = 0; i < outgoing->n; i++) {
        outgoing->starts[i] = starts[outgoing->slots[i]];
        outgoing->ends[i] = ends[outgoing->slots[i]];
    }
}

static void
read_due(struct outgoing *outgoing)
{
    for (uint32_t i = 0; i < outgoing->n; i++)
        outgoing->slots[i] = due_slot(outgoing->due, outgoing->first + i);
    if (outgoing->table->has_sessions)
        read_sessions(outgoing);
    else if (outgoing->table->window_ms > 0)
        read_windows(outgoing);
}

/* A row's time is the last that belongs to its window. */
static void
stamp_records(struct outgoing *outgoing)
{
    if (outgoing->table->window_ms == 0)
        return;
    struct levada_record *records = batch_new_records(outgoing->batch);
    for (uint32_t i = 0; i < outgoing->n; i++)
        records[i].timestamp_ms = outgoing->ends[i] - 1;
}

static levada_status
set_window_column(struct outgoing *outgoing, const struct levada_path *path, const int64_t *times)
{
    struct levada_scalar *values = batch_new_column(outgoing->batch, path, NULL, outgoing->err);
    if (values == NULL)
        return LEVADA_FATAL;
    for (uint32_t i = 0; i < outgoing->n; i++)
        values[i] = (struct levada_scalar){ .type = LEVADA_T_TIME, .u.i = times[i] };
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
        status = set_window_column(outgoing, *path++, outgoing->starts);
        if (status >= 0)
            status = set_window_column(outgoing, *path++, outgoing->ends);
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
emit_due(struct table *table, const struct due *due, const struct table_output *output,
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
        status = output->emit(output->user, outgoing.batch, &slots, err);
        outgoing.first += outgoing.n;
    }
    outgoing_finish(&outgoing);
    return status;
}

static levada_status
emit_requested(struct table *table, const struct due_request *request,
               const struct table_output *output, struct error *err)
{
    struct due due;
    levada_status status = LEVADA_OK;
    if (!due_collect(&due, request))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    else if (due.n > 0)
        status = emit_due(table, &due, output, err);
    due_finish(&due);
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

/* ---- windows and sessions ---- */

static levada_status
trigger_windows(struct table *table, int64_t watermark_ms, const struct table_output *output,
                struct error *err)
{
    struct due_request request = what_is_due(table, watermark_ms);
    if (!closings_make_room(table))
        return error_set(err, LEVADA_FATAL, "out of memory");
    levada_status status = emit_requested(table, &request, output, err);
    if (status < 0 || table->mode == TABLE_COMPLETE)
        return status;
    int64_t last_start_ms = last_closed_start(table, watermark_ms);
    closings_note(table, last_start_ms);
    table->counts.removed += windows_close_until(&table->windows, &table->rows, last_start_ms);
    return status;
}

static levada_status
emit_sessions(struct table *table, const struct sessions *sessions,
              const struct table_output *output, struct error *err)
{
    struct due_request request = what_is_due(table, LEVADA_NO_TIME);
    request.slots = sessions->first;
    request.n_slots = sessions->n;
    levada_status status = sessions_join(sessions, table, output, err);
    if (status >= 0)
        status = emit_requested(table, &request, output, err);
    table_rollback(table);
    return status;
}

static levada_status
trigger_sessions(struct table *table, int64_t watermark_ms, const struct table_output *output,
                 struct error *err)
{
    const bool leave = table->mode == TABLE_APPEND;
    const uint32_t n_departures = table->departures.n;
    struct sessions sessions;
    levada_status status = LEVADA_OK;
    if (!sessions_collect(&sessions, table, leave ? watermark_ms : INT64_MAX) ||
        (leave && !sessions_note(&sessions, table)))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    if (status >= 0)
        status = emit_sessions(table, &sessions, output, err);
    if (status < 0)
        table->departures.n = n_departures;
    else if (leave)
        sessions_drop(&sessions, table);
    sessions_finish(&sessions);
    return status;
}

/*
 * Up to where all is closed now. The end of the input closes what it had, not all time to come: a
 * later run may read on.
 */
static int64_t
closed_after(const struct table *table, int64_t watermark_ms)
{
    int64_t last_ms = watermark_latest(&table->watermark);
    if (watermark_ms != INT64_MAX)
        return watermark_ms;
    if (last_ms == LEVADA_NO_TIME || last_ms > INT64_MAX - table->window_ms)
        return table->watermark.closed_ms;
    last_ms += table->window_ms;
    return last_ms > table->watermark.closed_ms ? last_ms : table->watermark.closed_ms;
}

levada_status
table_trigger(struct table *table, const struct table_output *output, struct error *err)
{
    assert(!table->is_open);
    int64_t watermark_ms = watermark_now(&table->watermark);
    uint64_t removed = table->counts.removed;
    table->is_leaving = true;
    levada_status status = table->has_sessions ? trigger_sessions(table, watermark_ms, output, err)
                                               : trigger_windows(table, watermark_ms, output, err);
    table->is_leaving = false;
    if (status < 0)
        return status;
    if (table->rows.knows_windows && table->counts.removed > removed)
        changed_drop_closed(table);
    groups_forget_unused(table->groups, table->n_groups, &table->windows, &table->rows);
    table->flushed = watermark_ms == INT64_MAX;
    table->watermark.closed_ms = closed_after(table, watermark_ms);
    table->emitted = table->txn;
    table->counts.n_times = 0;
    return LEVADA_OK;
}

bool
table_has_news(const struct table *table)
{
    int64_t watermark_ms = watermark_now(&table->watermark);
    int64_t last_start_ms = last_closed_start(table, watermark_ms);
    bool closes = table->mode != TABLE_COMPLETE;
    if (table->has_sessions) /* a part that is over may belong to one that is not */
        closes = closes && watermark_ms > table->watermark.closed_ms;
    for (uint32_t w = 0; w < table->windows.n; w++) {
        const struct window *window = &table->windows.items[w];
        bool is_closing = closes && window->start_ms <= last_start_ms;
        bool has_changed = table->mode != TABLE_APPEND && window->stamp > table->emitted;
        if (is_closing || has_changed)
            return true;
    }
    return false;
}
