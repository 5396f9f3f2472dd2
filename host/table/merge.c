/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that were folded in another table: how they leave it, and become rows of this one. */
#include "table/session.h"
#include "table/table_private.h"

#include <assert.h>
#include <stdlib.h>

void
table_forget_rows(struct table *table)
{
    assert(!table->is_open && !table->rows.knows_windows);
    windows_close_until(&table->windows, &table->rows, INT64_MAX);
    rows_begin_anew(&table->rows);
    groups_forget_unused(table->groups, table->n_groups, &table->windows, &table->rows);
    table->watermark.closed_ms = watermark_now(&table->watermark);
    table->emitted = table->txn;
    table->counts.n_times = 0;
}

/* ---- in ---- */

static bool
make_room(struct arrivals *arrivals)
{
    if (arrivals->n < arrivals->room)
        return true;
    uint32_t room = arrivals->room > 0 ? arrivals->room * 2 : 256;
    uint32_t *memory = realloc(arrivals->slots, 3 * room * sizeof(*memory));
    int64_t *start_ms = realloc(arrivals->start_ms, room * sizeof(*start_ms));
    if (memory != NULL)
        arrivals->slots = memory;
    if (start_ms != NULL)
        arrivals->start_ms = start_ms;
    if (memory == NULL || start_ms == NULL)
        return false;
    arrivals->room = room;
    return true;
}

levada_status
table_merge_row(struct table *table, const struct table_row *row, struct error *err)
{
    struct arrivals *arrivals = &table->arrivals;
    assert(!table->is_open);
    uint32_t slot = make_room(arrivals) ? restore_row(table, row) : ROW_NONE;
    if (slot == ROW_NONE)
        return error_set(err, LEVADA_FATAL, "out of memory");
    arrivals->slots[arrivals->n] = slot;
    arrivals->start_ms[arrivals->n++] = row->start_ms;
    return LEVADA_OK;
}

/* Has what it belongs to left already? */
static bool
is_late(const struct table *table, int64_t start_ms, uint32_t slot)
{
    if (table->mode == TABLE_COMPLETE || table->window_ms == 0)
        return false;
    int64_t end_ms = table->has_sessions ? session_ends(table)[slot] : start_ms + table->window_ms;
    return end_ms <= table->watermark.closed_ms;
}

/* The row itself becomes the table's: its group has none in the window. */
static bool
settle(struct table *table, struct window *window, uint32_t slot)
{
    table->rows.stamp[slot] = table->txn;
    if (window->n == 0)
        window->opened = table->txn;
    window->stamp = table->txn;
    table->counts.updated++;
    return window_add(window, &table->rows, slot) &&
           changed_note_row(table, window->start_ms, slot);
}

static bool
touch(struct table *table, struct window *window, uint32_t slot)
{
    const struct rows_before before = { table->rows.n, table->rows.n_free, table->rows.n_journal };
    if (table->rows.stamp[slot] == table->txn)
        return true;
    table->counts.updated += table->rows.stamp[slot] <= table->emitted;
    rows_journal(&table->rows, slot);
    table->rows.stamp[slot] = window->stamp = table->txn;
    return !table->rows.knows_windows || changed_note(table, window->start_ms, &before);
}

/* A part of a session reaches as far as both did. */
static void
join_parts(struct table *table, uint32_t slot, uint32_t other)
{
    int64_t *starts = session_starts(table), *ends = session_ends(table);
    starts[slot] = starts[other] < starts[slot] ? starts[other] : starts[slot];
    ends[slot] = ends[other] > ends[slot] ? ends[other] : ends[slot];
}

/* Places arrival @i, or notes the pair that merge() gets. False: out of memory. */
static bool
place(struct table *table, uint32_t i, struct levada_slots *pairs)
{
    struct arrivals *arrivals = &table->arrivals;
    uint32_t slot = arrivals->slots[i], *from = arrivals->slots + arrivals->room,
             *into = from + arrivals->room;
    if (is_late(table, arrivals->start_ms[i], slot)) {
        table->counts.late++;
        return true;
    }
    uint32_t number = windows_open(&table->windows, arrivals->start_ms[i]);
    if (number == WINDOW_NONE)
        return false;
    struct window *window = &table->windows.items[number];
    uint32_t found = window_find(window, &table->rows, rows_key(&table->rows, slot));
    if (found == ROW_NONE) {
        arrivals->slots[i] = ROW_NONE;
        return settle(table, window, slot);
    }
    if (!touch(table, window, found))
        return false;
    if (table->has_sessions)
        join_parts(table, found, slot);
    from[pairs->n] = slot;
    into[pairs->n++] = found;
    return true;
}

static levada_status
place_all(struct table *table, const struct table_output *output, struct error *err)
{
    struct arrivals *arrivals = &table->arrivals;
    struct levada_slots pairs = { .struct_size = sizeof(pairs),
                                  .record = arrivals->slots + arrivals->room,
                                  .slot = arrivals->slots + 2 * (size_t)arrivals->room };
    bool done = rows_make_room(&table->rows, arrivals->n); /* for the journal */
    for (uint32_t i = 0; i < arrivals->n && done; i++)
        done = place(table, i, &pairs);
    if (!done)
        return error_set(err, LEVADA_FATAL, "out of memory");
    pairs.cell = table->rows.cell;
    return pairs.n > 0 ? output->merge(output->user, &pairs, err) : LEVADA_OK;
}

levada_status
table_merge(struct table *table, const struct table_output *output, struct error *err)
{
    struct arrivals *arrivals = &table->arrivals;
    if (arrivals->n == 0)
        return LEVADA_OK;
    table_begin(table);
    levada_status status = place_all(table, output, err);
    if (status >= 0)
        table_commit(table);
    else
        table_rollback(table);
    for (uint32_t i = 0; i < arrivals->n; i++) {
        if (arrivals->slots[i] != ROW_NONE)
            rows_close(&table->rows, arrivals->slots[i]);
    }
    arrivals->n = 0;
    return status;
}

/* ---- time ---- */

bool
table_has_watermark(const struct table *table)
{
    return table->watermark.has_delay;
}

int64_t
table_event_time(const struct table *table)
{
    int64_t time_ms = watermark_now(&table->watermark);
    return time_ms != LEVADA_NO_TIME ? time_ms + table->watermark.delay_ms : time_ms;
}

bool
table_is_idle(const struct table *table, uint32_t stream, int32_t partition)
{
    return watermark_is_idle(&table->watermark, partition_origin(stream, partition));
}

bool
table_all_idle(const struct table *table)
{
    return watermark_all_idle(&table->watermark);
}
