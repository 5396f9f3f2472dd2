/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_SESSION_H
#define HOST_TABLE_SESSION_H

/*
 * Sessions: records of a group that are less than the gap apart. Two records in one span as long as
 * the gap are always of one session, so a group has at most one session in each span, and only in
 * neighbouring spans can two parts belong together. A session is therefore kept in parts: a row in
 * each span that it touches, as if the spans were windows, with all that windows have. A row says
 * in two cells of the table's own from when to when its part reaches; parts become one row when it
 * leaves, and not before.
 */

#include "table/table_private.h"

#define SESSION_CELLS 2u /* behind the stage's: start, end; equal in a row that is new */

static inline int64_t *
session_starts(const struct table *table)
{
    return table->rows.cell[table->n_cells - SESSION_CELLS];
}

static inline int64_t * /* the last record, and the gap */
session_ends(const struct table *table)
{
    return table->rows.cell[table->n_cells - SESSION_CELLS + 1];
}

/* enter_pane() for sessions: a record is late if it is before @late_until_ms. */
bool session_enter_pane(struct table *table, int64_t time_ms, int64_t late_until_ms);

/* Records of these times have fallen into these rows. */
void session_stretch(struct table *table, const uint32_t *slots, const int64_t *times, uint32_t n);

/* ---- at a trigger ---- */

/* Sessions that leave, by slots of their parts. */
struct sessions {
    uint32_t *first; /* the earliest part of each */
    uint32_t n;
    uint32_t *other, *other_first; /* the other parts in their order, and the first part of each */
    uint32_t n_others;
};

/* All sessions that end at or before @until_ms. False: out of memory. To be finished anyway. */
bool sessions_collect(struct sessions *sessions, const struct table *table, int64_t until_ms);
void sessions_finish(struct sessions *sessions);

/* Makes the first part of each the whole session, in a transaction that stays open: to be undone.
 */
levada_status sessions_join(const struct sessions *sessions, struct table *table,
                            const struct table_output *output, struct error *err);

/* Notes for the next checkpoint that they leave. False: out of memory. */
bool sessions_note(const struct sessions *sessions, struct table *table);
/* Closes all their rows. */
void sessions_drop(const struct sessions *sessions, struct table *table);

#endif
