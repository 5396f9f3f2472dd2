/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of each record. Records are taken in runs that share a partition and their windows, so
 * that what a run decides once (is it late, which windows) costs nothing for a record.
 */
#include "table/reject.h"
#include "table/session.h"
#include "table/table_private.h"

#include <string.h>

/* ---- room ---- */

/* All arrays lie one behind the other in the same pages; what was in them is not needed any more.
 */
static bool
make_room_for_records(struct table *table, uint32_t n)
{
    struct slots_room *room = &table->room;
    if (n <= room->n_records)
        return true;
    size_t hits = (size_t)n * table->overlap, words = (size_t)n * table->rows.words;
    if (!pages_reserve(&room->pages, n * sizeof(*room->rejects) + words * sizeof(*room->keys) +
                                         2 * (n + hits) * sizeof(uint32_t)))
        return false;
    room->rejects = room->pages.p;
    room->keys = (uint64_t *)(void *)(room->rejects + n);
    room->every = (uint32_t *)(void *)(room->keys + words);
    room->late = room->every + n;
    room->record = room->late + n;
    room->slot = room->record + hits;
    room->n_records = n;
    for (uint32_t i = 0; i < n; i++)
        room->every[i] = i;
    return true;
}

/* ---- groups to rows ---- */

static inline bool
is_key(const uint64_t *a, const uint64_t *b, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

/* An old row is about to be written for the first time in this transaction. */
static inline void
touch_row(struct table *table, uint32_t slot)
{
    table->counts.updated += table->rows.stamp[slot] <= table->emitted;
    rows_journal(&table->rows, slot);
    table->rows.stamp[slot] = table->txn;
}

/*
 * Finds or opens the row of each key. The hottest code of the table: compiled once for a number of
 * words that is known, and with what does not change in local variables.
 */
static inline __attribute__((always_inline)) bool
find_rows(struct table *table, struct window *window, const uint64_t *keys, uint32_t n,
          uint32_t *slots, uint32_t words)
{
    uint64_t *row_keys = table->rows.key;
    uint32_t *stamps = table->rows.stamp, txn = table->txn;
    uint32_t *places = window->slots, mask = window_places(window) - 1;
    unsigned shift = window->shift;
    for (uint32_t i = 0; i < n; i++, keys += words) {
        uint32_t slot, at = (uint32_t)(window_hash(keys, words) >> shift);
        while ((slot = places[at]) != ROW_NONE &&
               !is_key(row_keys + (uint64_t)slot * words, keys, words))
            at = (at + 1) & mask;
        if (slot == ROW_NONE) {
            slot = rows_open(&table->rows);
            memcpy(row_keys + (uint64_t)slot * words, keys, words * sizeof(*keys));
            stamps[slot] = txn;
            places[at] = slot;
            if (++window->n >= window_full(mask + 1)) {
                if (!window_grow(window, &table->rows))
                    return false;
                places = window->slots;
                mask = window_places(window) - 1;
                shift = window->shift;
            }
        } else if (stamps[slot] != txn) {
            touch_row(table, slot);
        }
        slots[i] = slot;
    }
    return true;
}

static bool
find_rows_of_word(struct table *table, struct window *window, const uint64_t *keys, uint32_t n,
                  uint32_t *slots)
{
    return find_rows(table, window, keys, n, slots, 1);
}

static bool
find_rows_of_words(struct table *table, struct window *window, const uint64_t *keys, uint32_t n,
                   uint32_t *slots)
{
    return find_rows(table, window, keys, n, slots, table->rows.words);
}

/* Appends the hits of records @first .. @first + @n - 1 in one window. */
static bool
hit_window(struct table *table, uint32_t number, uint32_t first, uint32_t n)
{
    struct window *window = &table->windows.items[number];
    uint32_t rows_before = window->n, *slots = table->room.slot + table->slots.n;
    const uint64_t *keys = table->room.keys + (size_t)first * table->rows.words;
    const struct rows_before before = { table->rows.n, table->rows.n_free, table->rows.n_journal };
    if (window->n == 0)
        window->opened = table->txn;
    window->stamp = table->txn;
    bool done = table->rows.words == 1 ? find_rows_of_word(table, window, keys, n, slots)
                                       : find_rows_of_words(table, window, keys, n, slots);
    table->counts.updated += window->n - rows_before;
    if (done && table->rows.knows_windows)
        done = changed_note(table, window->start_ms, &before);
    return done;
}

/* As long as every record so far has had one hit, its number is the hit's, and is not written. */
static void
name_records(struct table *table, uint32_t first, uint32_t n)
{
    struct slots_room *room = &table->room;
    uint32_t hits = table->slots.n;
    if (table->slots.record == room->every) {
        if (hits == first)
            return;
        memcpy(room->record, room->every, hits * sizeof(*room->record));
        table->slots.record = room->record;
    }
    for (uint32_t i = 0; i < n; i++)
        room->record[hits + i] = first + i;
}

/* Appends the hits of a run in all windows of its pane. */
static bool
hit_pane(struct table *table, uint32_t first, uint32_t n)
{
    for (uint32_t w = 0; w < table->pane.n; w++) {
        name_records(table, first, n);
        if (!hit_window(table, table->pane.windows[w], first, n))
            return false;
        table->slots.n += n;
    }
    return true;
}

/* ---- times to windows ---- */

/* The windows of @time_ms that end after @late_until_ms, opened. False: out of memory. */
static bool
enter_pane(struct table *table, int64_t time_ms, int64_t late_until_ms)
{
    struct pane *pane = &table->pane;
    pane->n = 0;
    if (table->has_sessions)
        return session_enter_pane(table, time_ms, late_until_ms);
    if (table->window_ms == 0) {
        pane->from_ms = 1 - TABLE_TIME_LIMIT;
        pane->to_ms = TABLE_TIME_LIMIT;
        pane->windows[pane->n++] = windows_open(&table->windows, 0);
        return pane->windows[0] != WINDOW_NONE;
    }
    int64_t window = table->window_ms, slide = table->slide_ms;
    int64_t last = floor_to(time_ms - table->offset_ms, slide) + table->offset_ms;
    int64_t first = last - (window - 1 - (time_ms - last)) / slide * slide;
    int64_t before_ended = first - slide + window;
    pane->from_ms = before_ended > last ? before_ended : last;
    pane->to_ms = first + window < last + slide ? first + window : last + slide;
    for (int64_t start = first; start <= last; start += slide) {
        if (start + window <= late_until_ms)
            continue;
        pane->windows[pane->n] = windows_open(&table->windows, start);
        if (pane->windows[pane->n++] == WINDOW_NONE)
            return false;
    }
    return true;
}

struct placing {
    struct table *table;
    struct batch *batch;
    struct batch_origins origins;
    const int64_t *times;
    uint32_t n;
    int64_t wall_ms, future_from_ms;
    struct table_slots_result *result;
    struct error *err;
};

struct run {
    uint32_t first, n;
    int64_t min_ms, max_ms;
    double sum_ms; /* of the distances from the first */
};

/* The records from @first on that share its partition and its pane, and are not in the future. */
static struct run
take_run(const struct placing *placing, uint32_t first, const struct levada_record *origin)
{
    const struct pane *pane = &placing->table->pane;
    const int64_t from = pane->from_ms, first_ms = placing->times[first];
    int64_t to = pane->to_ms < placing->future_from_ms ? pane->to_ms : placing->future_from_ms;
    int64_t min = first_ms, max = first_ms;
    double sum = 0;
    uint32_t i = first + 1;
    for (; i < placing->n; i++) {
        int64_t time = placing->times[i];
        if (time < from || time >= to)
            break;
        const struct levada_record *record = batch_origins_at(&placing->origins, i);
        if (record->stream != origin->stream || record->partition != origin->partition)
            break;
        min = time < min ? time : min;
        max = time > max ? time : max;
        sum += (double)(time - first_ms);
    }
    return (struct run){ first, i - first, min, max, sum };
}

static void
count_times(struct table_counts *counts, const struct run *run, int64_t first_ms)
{
    if (counts->n_times == 0) {
        counts->origin_ms = counts->min_ms = counts->max_ms = first_ms;
        counts->sum_ms = 0;
    }
    counts->n_times += run->n;
    counts->sum_ms += run->sum_ms + (double)run->n * (double)(first_ms - counts->origin_ms);
    if (run->min_ms < counts->min_ms)
        counts->min_ms = run->min_ms;
    if (run->max_ms > counts->max_ms)
        counts->max_ms = run->max_ms;
}

/* A session reaches as far as its records do. */
static bool
hit_session(const struct placing *placing, uint32_t first, uint32_t n)
{
    struct table *table = placing->table;
    const uint32_t *slots = table->room.slot + table->slots.n;
    if (!hit_pane(table, first, n))
        return false;
    session_stretch(table, slots, placing->times + first, n);
    return true;
}

/* Places the run that begins with record @first; returns its length, 0 when out of memory. */
static uint32_t
place_run(const struct placing *placing, uint32_t first)
{
    struct table *table = placing->table;
    const struct levada_record *origin = batch_origins_at(&placing->origins, first);
    uint32_t partition =
        watermark_enter(&table->watermark, partition_origin(origin->stream, origin->partition));
    if (partition == UINT32_MAX)
        return 0;
    /* Inside a pane no record is later than its windows' ends: the first decides for all. */
    int64_t late_until = table->mode == TABLE_COMPLETE
                             ? INT64_MIN
                             : watermark_late_until(&table->watermark, partition);
    if (!enter_pane(table, placing->times[first], late_until))
        return 0;
    struct run run = take_run(placing, first, origin);
    count_times(&table->counts, &run, placing->times[first]);
    watermark_advance(&table->watermark, partition, run.max_ms);
    if (table->pane.n > 0 && table->has_sessions)
        return hit_session(placing, first, run.n) ? run.n : 0;
    if (table->pane.n > 0)
        return hit_pane(table, first, run.n) ? run.n : 0;
    for (uint32_t i = 0; i < run.n; i++)
        table->room.late[placing->result->n_late++] = first + i;
    return run.n;
}

/* ---- the whole ---- */

static levada_status
place_by_time(const struct placing *placing)
{
    struct table *table = placing->table;
    for (uint32_t i = 0; i < placing->n;) {
        int64_t time = placing->times[i];
        levada_status status = LEVADA_OK;
        uint32_t n = 1;
        if (time <= -TABLE_TIME_LIMIT || time >= TABLE_TIME_LIMIT)
            status = reject_unreadable(table, placing->batch, i, placing->result, placing->err);
        else if (time >= placing->future_from_ms)
            status = reject_future(table, i, time, placing->wall_ms, placing->result, placing->err);
        else if ((n = place_run(placing, i)) == 0)
            status = error_set(placing->err, LEVADA_FATAL, "out of memory");
        if (status < 0)
            return status;
        i += n;
    }
    return LEVADA_OK;
}

static levada_status
place_all(const struct placing *placing)
{
    struct table *table = placing->table;
    if (table->event_time != NULL)
        return place_by_time(placing);
    if (placing->n > 0 && (!enter_pane(table, 0, INT64_MIN) || !hit_pane(table, 0, placing->n)))
        return error_set(placing->err, LEVADA_FATAL, "out of memory");
    return LEVADA_OK;
}

static levada_status
read_columns(struct placing *placing)
{
    struct table *table = placing->table;
    if (!make_room_for_records(table, placing->n) ||
        !rows_make_room(&table->rows, (uint64_t)placing->n * table->overlap))
        return error_set(placing->err, LEVADA_FATAL, "out of memory");
    if (table->event_time != NULL) {
        placing->times = batch_times(placing->batch, table->event_time, placing->err);
        if (placing->times == NULL)
            return LEVADA_FATAL;
    }
    return groups_keys(table->groups, table->n_groups, placing->batch, table->room.keys,
                       table->rows.words, placing->err);
}

levada_status
table_slots(struct table *table, struct batch *batch, int64_t wall_ms,
            struct table_slots_result *result, struct error *err)
{
    struct placing placing = { .table = table,
                               .batch = batch,
                               .origins = batch_origins(batch),
                               .n = batch_public(batch)->n,
                               .wall_ms = wall_ms,
                               .future_from_ms = TABLE_TIME_LIMIT,
                               .result = result,
                               .err = err };
    if (table->max_future_ms > 0 && wall_ms < TABLE_TIME_LIMIT - table->max_future_ms)
        placing.future_from_ms = wall_ms + table->max_future_ms + 1;

    *result = (struct table_slots_result){ .slots = NULL };
    if (table->is_leaving)
        return error_set(err, LEVADA_FATAL,
                         "slots() is for process(): rows that leave are only read");
    table_begin(table);
    arena_reset(&table->room.sentences);
    levada_status status = read_columns(&placing);
    if (status < 0)
        return status;
    table->slots = (struct levada_slots){ .struct_size = sizeof(table->slots),
                                          .record = table->room.every,
                                          .slot = table->room.slot,
                                          .cell = table->rows.cell,
                                          .time = placing.times };
    status = place_all(&placing);
    if (status < 0)
        return status;
    table->counts.late += result->n_late;
    result->late = table->room.late;
    result->rejects = table->room.rejects;
    result->slots = &table->slots;
    return LEVADA_OK;
}
