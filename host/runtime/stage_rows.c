/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/stage_rows.h"

#include "runtime/row_codec.h"
#include "state/row_log.h"

#include <stdlib.h>

struct stage_rows {
    struct stage *stage;
    struct row_log *log;
    uint64_t removed; /* rows that had left the table at the last checkpoint */
    struct row_room room;
};

struct stage_rows *
stage_rows_create(struct stage *stage)
{
    struct stage_rows *rows = calloc(1, sizeof(*rows));
    if (rows == NULL)
        return NULL;
    rows->stage = stage;
    rows->log = row_log_create(stage->name);
    if (rows->log != NULL && row_room_init(&rows->room, (struct stage *const[]){ stage }, 1))
        return rows;
    stage_rows_destroy(rows);
    return NULL;
}

void
stage_rows_destroy(struct stage_rows *rows)
{
    if (rows == NULL)
        return;
    row_log_destroy(rows->log);
    row_room_finish(&rows->room);
    free(rows);
}

/* ---- into the checkpoint ---- */

struct writer {
    struct stage_rows *rows;
    struct store *store;
};

static levada_status
write_entry(const struct writer *writer, enum row_entry_kind kind, const struct table_row *row,
            struct error *err)
{
    const struct stage_rows *rows = writer->rows;
    struct codec_buffer *entry = row_log_open(rows->log, kind, row->start_ms);
    size_t start = codec_open_sized(entry);
    row_codec_put_groups(entry, rows->stage, row);
    codec_close_sized(entry, start);
    if (kind == ROW_ENTRY_ROW) {
        start = codec_open_sized(entry);
        row_codec_put_cells(entry, rows->stage, row);
        codec_close_sized(entry, start);
    }
    return row_log_close(rows->log, writer->store, err);
}

static levada_status
write_row(void *user, const struct table_row *row, struct error *err)
{
    return write_entry(user, ROW_ENTRY_ROW, row, err);
}

static levada_status
write_left(void *user, const struct table_row *row, struct error *err)
{
    return write_entry(user, ROW_ENTRY_GONE, row, err);
}

static levada_status
write_closed(void *user, int64_t start_ms, struct error *err)
{
    const struct writer *writer = user;
    const struct row_entry entry = { .kind = ROW_ENTRY_CLOSED, .start_ms = start_ms };
    return row_log_put(writer->rows->log, writer->store, &entry, err);
}

static levada_status
sweep(struct stage_rows *rows, const struct table_changes *changes, struct error *err)
{
    struct table_stats stats;
    uint32_t slot;
    table_get_stats(rows->stage->table, &stats);
    uint64_t n = row_log_sweep(rows->log, stats.rows, stats.removed - rows->removed, &slot);
    if (n == 0)
        return LEVADA_OK;
    levada_status status = table_visit_unchanged(
        rows->stage->table, &slot, n < UINT32_MAX ? (uint32_t)n : UINT32_MAX, changes, err);
    row_log_swept(rows->log, slot);
    return status;
}

levada_status
stage_rows_write(struct stage_rows *rows, struct store *store, struct error *err)
{
    struct writer writer = { rows, store };
    const struct table_changes changes = { write_closed, write_left, write_row, &writer };
    if (!row_log_begin(rows->log))
        return error_set(err, LEVADA_FATAL, "out of memory");
    levada_status status = table_visit_changes(rows->stage->table, &changes, err);
    if (status >= 0)
        status = sweep(rows, &changes, err);
    return status >= 0 ? row_log_end(rows->log, store, err) : status;
}

void
stage_rows_saved(struct stage_rows *rows)
{
    struct table_stats stats;
    table_get_stats(rows->stage->table, &stats);
    rows->removed = stats.removed;
    row_log_saved(rows->log);
    table_saved(rows->stage->table);
}

/* ---- and back ---- */

static levada_status
restore_row(struct stage_rows *rows, const struct live_row *live, struct error *err)
{
    struct codec_reader group = codec_read(live->group), cells = codec_read(live->cells);
    const struct table_row row =
        row_codec_get(&rows->room, rows->stage, live->start_ms, &group, &cells);
    if (group.failed || group.n != 0 || cells.failed || cells.n != 0)
        return error_set(err, LEVADA_REJECT,
                         "the checkpoint holds a row of stage \"%s\" that cannot be read",
                         rows->stage->name);
    return table_restore_row(rows->stage->table, &row, err);
}

levada_status
stage_rows_restore(struct stage_rows *rows, struct store *store, struct error *err)
{
    struct live_rows live;
    struct table_stats stats;
    table_get_stats(rows->stage->table, &stats);
    rows->removed = stats.removed;
    levada_status status = live_rows_read(store, rows->stage->name, &live, err);
    for (size_t i = 0; i < live.n && status >= 0; i++)
        status = restore_row(rows, &live.rows[i], err);
    if (status >= 0 && !row_log_resume(rows->log, &live))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    live_rows_finish(&live);
    return status;
}
