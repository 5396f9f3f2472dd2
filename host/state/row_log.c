/* SPDX-License-Identifier: Apache-2.0 */
#include "state/row_log.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES_A_ROW 2u       /* up to here the log is left alone, */
#define ENTRIES_AT_LEAST 1024u /* and up to here */
#define SWEPT_A_CHANGE 2u      /* rows; faster than entries become useless */
#define SWEPT_AT_LEAST 64u
#define DELETED_AT_LEAST 64u /* chunks a checkpoint: deleting must not become its largest part */
#define MARK_SLOTS 256u

/* Of slots @start .. @end - 1: no row there has its newest entry before this chunk. */
struct mark {
    uint32_t start, end;
    uint64_t chunk, n_before; /* n_before: entries before it, ever */
};

/* Oldest first: those of the last round, from the slot on that is swept next, then this round's. */
struct marks {
    struct mark *items;
    size_t first, n, room; /* items first .. n - 1 */
    size_t n_old;          /* up to here they are of the last round */
};

struct place {
    uint64_t oldest, next; /* chunks: the first that is there, the next one's number */
    uint64_t n_entries;    /* ever */
    uint32_t slot;         /* up to here was swept in this round */
};

struct row_log {
    const char *stage;
    struct marks marks;
    struct place saved, now; /* as of the last checkpoint, and in the open one */
    uint64_t n_load;         /* changes and rows that left, of the open one */
    struct codec_buffer key, chunk;
    size_t whole; /* bytes of the chunk, before the entry that was begun last */
};

static bool
marks_make_room(struct marks *marks)
{
    if (marks->first > marks->n / 2) {
        memmove(marks->items, marks->items + marks->first,
                (marks->n - marks->first) * sizeof(*marks->items));
        marks->n -= marks->first;
        marks->n_old -= marks->first;
        marks->first = 0;
    }
    if (marks->n < marks->room)
        return true;
    size_t room = marks->room > 0 ? marks->room * 2 : 16;
    struct mark *items = realloc(marks->items, room * sizeof(*items));
    if (items == NULL)
        return false;
    marks->items = items;
    marks->room = room;
    return true;
}

static struct mark *
marks_last(const struct marks *marks)
{
    return &marks->items[marks->n - 1];
}

/* A new log: there are no rows yet. */
static void
mark_nothing(struct row_log *log)
{
    log->marks.items[0] = (struct mark){ 0, UINT32_MAX, log->saved.next, log->saved.n_entries };
    log->marks.first = 0;
    log->marks.n = log->marks.n_old = 1;
}

struct row_log *
row_log_create(const char *stage)
{
    struct row_log *log = calloc(1, sizeof(*log));
    if (log == NULL || !marks_make_room(&log->marks)) {
        free(log);
        return NULL;
    }
    log->stage = stage;
    mark_nothing(log);
    return log;
}

void
row_log_destroy(struct row_log *log)
{
    if (log == NULL)
        return;
    codec_finish(&log->key);
    codec_finish(&log->chunk);
    free(log->marks.items);
    free(log);
}

bool
row_log_resume(struct row_log *log, const struct live_rows *rows)
{
    struct marks *marks = &log->marks;
    log->saved = (struct place){ .oldest = rows->first_chunk,
                                 .next = rows->next_chunk,
                                 .n_entries = rows->n_entries };
    mark_nothing(log);
    for (size_t i = 0; i < rows->n; i += MARK_SLOTS) {
        const struct live_row *row = &rows->rows[i];
        if (i == 0)
            marks->n = 0;
        if (!marks_make_room(marks))
            return false;
        marks->items[marks->n++] =
            (struct mark){ (uint32_t)i, (uint32_t)(i + MARK_SLOTS), row->chunk, row->number };
    }
    marks_last(marks)->end = UINT32_MAX;
    marks->n_old = marks->n;
    return true;
}

/* ---- appending ---- */

bool
row_log_begin(struct row_log *log)
{
    log->now = log->saved;
    log->n_load = 0;
    log->chunk.n = 0;
    return marks_make_room(&log->marks);
}

static void
begin_key(struct row_log *log, uint64_t chunk)
{
    codec_begin_key(&log->key, CODEC_LOG, log->stage);
    codec_put_key_i64(&log->key, (int64_t)chunk);
}

/* The first @n bytes, which are whole entries. */
static levada_status
put_chunk(struct row_log *log, struct store *store, size_t n, struct error *err)
{
    struct codec_buffer *chunk = &log->chunk;
    if (n == 0)
        return LEVADA_OK;
    begin_key(log, log->now.next++);
    levada_status status = log->key.failed
                               ? error_set(err, LEVADA_FATAL, "out of memory")
                               : store_put(store, codec_bytes(&log->key),
                                           (struct levada_bytes){ chunk->bytes, n }, err);
    chunk->n -= n;
    memmove(chunk->bytes, chunk->bytes + n, chunk->n);
    return status;
}

struct codec_buffer *
row_log_open(struct row_log *log, enum row_entry_kind kind, int64_t start_ms)
{
    log->whole = log->chunk.n;
    row_chunk_begin(&log->chunk, kind, start_ms);
    return &log->chunk;
}

levada_status
row_log_close(struct row_log *log, struct store *store, struct error *err)
{
    log->now.n_entries++;
    if (log->chunk.failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (log->chunk.n <= store_page_room(store))
        return LEVADA_OK;
    return put_chunk(log, store, log->whole, err);
}

levada_status
row_log_put(struct row_log *log, struct store *store, const struct row_entry *entry,
            struct error *err)
{
    log->whole = log->chunk.n;
    row_chunk_put(&log->chunk, entry);
    return row_log_close(log, store, err);
}

/* ---- sweeping ---- */

uint64_t
row_log_sweep(struct row_log *log, uint64_t n_rows, uint64_t n_left, uint32_t *slot)
{
    const struct mark *oldest = &log->marks.items[log->marks.first];
    uint64_t n_entries = log->now.n_entries - oldest->n_before;
    log->n_load = log->now.n_entries - log->saved.n_entries + n_left;
    *slot = log->saved.slot;
    if (n_entries <= ENTRIES_A_ROW * n_rows + ENTRIES_AT_LEAST)
        return 0;
    return SWEPT_A_CHANGE * log->n_load + SWEPT_AT_LEAST;
}

void
row_log_swept(struct row_log *log, uint32_t slot)
{
    log->now.slot = slot;
}

levada_status
row_log_end(struct row_log *log, struct store *store, struct error *err)
{
    levada_status status = put_chunk(log, store, log->chunk.n, err);
    uint64_t keep = log->marks.items[log->marks.first].chunk;
    uint64_t n = DELETED_AT_LEAST + log->n_load / 8 + 4 * (log->now.next - log->saved.next);
    for (; status >= 0 && n > 0 && log->now.oldest < keep; n--) {
        begin_key(log, log->now.oldest++);
        status = log->key.failed ? error_set(err, LEVADA_FATAL, "out of memory")
                                 : store_delete(store, codec_bytes(&log->key), err);
    }
    return status;
}

/* Slots from where the sweep was to where it is now: rows there have been put, or have changed. */
static void
mark_swept(struct row_log *log)
{
    struct marks *marks = &log->marks;
    const uint32_t start = log->saved.slot, end = log->now.slot;
    while (marks->n_old > marks->first && marks->items[marks->first].end <= end)
        marks->first++;
    if (marks->n > marks->n_old && start - marks_last(marks)->start < MARK_SLOTS)
        marks_last(marks)->end = end;
    else
        marks->items[marks->n++] =
            (struct mark){ start, end, log->saved.next, log->saved.n_entries };
}

void
row_log_saved(struct row_log *log)
{
    if (log->now.slot != log->saved.slot)
        mark_swept(log);
    if (log->now.slot == UINT32_MAX) { /* a new round */
        log->marks.n_old = log->marks.n;
        log->now.slot = 0;
    }
    log->saved = log->now;
}
