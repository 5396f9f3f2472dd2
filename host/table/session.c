/* SPDX-License-Identifier: Apache-2.0 */
#include "table/session.h"

#include <stdlib.h>

/*
 * A pane is never longer than the delay: its own records cannot move the watermark past its start,
 * so that its first record decides for all whether they are late.
 */
bool
session_enter_pane(struct table *table, int64_t time_ms, int64_t late_until_ms)
{
    struct pane *pane = &table->pane;
    int64_t start_ms = floor_to(time_ms, table->window_ms), delay_ms = table->watermark.delay_ms;
    pane->n = 0;
    pane->from_ms = start_ms;
    pane->to_ms = start_ms + table->window_ms;
    if (time_ms < late_until_ms) {
        if (late_until_ms < pane->to_ms)
            pane->to_ms = late_until_ms;
        return true;
    }
    if (table->mode == TABLE_APPEND) {
        int64_t from_ms = late_until_ms > start_ms ? late_until_ms : start_ms;
        pane->from_ms = time_ms - (time_ms - from_ms) % delay_ms;
        if (pane->from_ms + delay_ms < pane->to_ms)
            pane->to_ms = pane->from_ms + delay_ms;
    }
    pane->windows[pane->n++] = windows_open(&table->windows, start_ms);
    return pane->windows[0] != WINDOW_NONE;
}

void
session_stretch(struct table *table, const uint32_t *slots, const int64_t *times, uint32_t n)
{
    int64_t *starts = session_starts(table), *ends = session_ends(table), gap = table->window_ms;
    for (uint32_t i = 0; i < n; i++) {
        int64_t *start = &starts[slots[i]], *end = &ends[slots[i]], time = times[i];
        bool is_new = *start == *end;
        if (is_new || time < *start)
            *start = time;
        if (is_new || time + gap > *end)
            *end = time + gap;
    }
}

/* ---- parts ---- */

static int64_t
span_of(const struct table *table, uint32_t slot)
{
    return floor_to(session_starts(table)[slot], table->window_ms);
}

/* The part of the same group in a neighbouring span; ROW_NONE: there is none. */
static uint32_t
neighbour(const struct table *table, uint32_t slot, int64_t spans_on)
{
    int64_t start_ms = span_of(table, slot) + spans_on * table->window_ms;
    const struct window *window = windows_find(&table->windows, start_ms);
    if (window == NULL)
        return ROW_NONE;
    return window_find(window, &table->rows, rows_key(&table->rows, slot));
}

static bool
are_joined(const struct table *table, uint32_t earlier, uint32_t later)
{
    return earlier != ROW_NONE && later != ROW_NONE &&
           session_starts(table)[later] < session_ends(table)[earlier];
}

/* Lists the session that begins with part @first, if it has ended. */
static void
list_session(struct sessions *sessions, const struct table *table, uint32_t first, int64_t until_ms)
{
    uint32_t n_others = sessions->n_others, part = first;
    while (session_ends(table)[part] <= until_ms) {
        uint32_t next = neighbour(table, part, 1);
        if (part != first) {
            sessions->other[sessions->n_others] = part;
            sessions->other_first[sessions->n_others++] = first;
        }
        if (!are_joined(table, part, next)) {
            sessions->first[sessions->n++] = first;
            return;
        }
        part = next;
    }
    sessions->n_others = n_others;
}

static void
list_window(struct sessions *sessions, const struct table *table, const struct window *window,
            int64_t until_ms)
{
    for (uint32_t i = 0; i < window_places(window); i++) {
        uint32_t slot = window->slots[i];
        if (slot != ROW_NONE && !are_joined(table, neighbour(table, slot, -1), slot))
            list_session(sessions, table, slot, until_ms);
    }
}

static bool
can_hold_ended(const struct table *table, const struct window *window, int64_t until_ms)
{
    return window->start_ms + table->window_ms <= until_ms;
}

bool
sessions_collect(struct sessions *sessions, const struct table *table, int64_t until_ms)
{
    const struct windows *windows = &table->windows;
    uint64_t room = 1;
    for (uint32_t w = 0; w < windows->n; w++)
        room += can_hold_ended(table, &windows->items[w], until_ms) ? windows->items[w].n : 0;
    *sessions = (struct sessions){ .first = malloc(room * sizeof(uint32_t)),
                                   .other = malloc(room * sizeof(uint32_t)),
                                   .other_first = malloc(room * sizeof(uint32_t)) };
    if (sessions->first == NULL || sessions->other == NULL || sessions->other_first == NULL)
        return false;
    for (uint32_t w = 0; w < windows->n; w++) {
        if (can_hold_ended(table, &windows->items[w], until_ms))
            list_window(sessions, table, &windows->items[w], until_ms);
    }
    return true;
}

void
sessions_finish(struct sessions *sessions)
{
    free(sessions->first);
    free(sessions->other);
    free(sessions->other_first);
}

/* ---- leaving ---- */

levada_status
sessions_join(const struct sessions *sessions, struct table *table,
              const struct table_output *output, struct error *err)
{
    struct rows *rows = &table->rows;
    table_begin(table);
    if (sessions->n_others == 0)
        return LEVADA_OK;
    if (!rows_make_room(rows, sessions->n_others))
        return error_set(err, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < sessions->n_others; i++) {
        uint32_t first = sessions->other_first[i];
        if (rows->stamp[first] != table->txn)
            rows_journal(rows, first);
        rows->stamp[first] = table->txn;
        session_ends(table)[first] = session_ends(table)[sessions->other[i]];
    }
    struct levada_slots pairs = { .struct_size = sizeof(pairs),
                                  .n = sessions->n_others,
                                  .record = sessions->other,
                                  .slot = sessions->other_first,
                                  .cell = rows->cell };
    return output->merge(output->user, &pairs, err);
}

static bool
note(struct table *table, const uint32_t *slots, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        int64_t start_ms = span_of(table, slots[i]);
        bool is_saved = windows_find(&table->windows, start_ms)->opened <= table->saved;
        if (is_saved && !departures_note(table, start_ms, slots[i]))
            return false;
    }
    return true;
}

bool
sessions_note(const struct sessions *sessions, struct table *table)
{
    return note(table, sessions->first, sessions->n) &&
           note(table, sessions->other, sessions->n_others);
}

static void
stamp(struct table *table, const uint32_t *slots, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        table->rows.stamp[slots[i]] = table->txn;
        windows_find(&table->windows, span_of(table, slots[i]))->stamp = table->txn;
    }
}

/* As rows that the last transaction opened and that is undone: no others carry its stamp. */
void
sessions_drop(const struct sessions *sessions, struct table *table)
{
    stamp(table, sessions->first, sessions->n);
    stamp(table, sessions->other, sessions->n_others);
    windows_drop_stamped(&table->windows, &table->rows, table->txn);
    table->counts.removed += (uint64_t)sessions->n + sessions->n_others;
}
