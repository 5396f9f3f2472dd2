/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_TABLE_PRIVATE_H
#define HOST_TABLE_TABLE_PRIVATE_H

/* Inside table/ only: what table.c, slots.c and trigger.c share. DESIGN.md explains the whole. */

#include "table/groups.h"
#include "table/order.h"
#include "table/rows.h"
#include "table/table.h"
#include "table/watermark.h"
#include "table/window.h"

/* Event times outside of this are not taken: sums with windows and delays cannot overflow. */
#define TABLE_TIME_LIMIT (INT64_MAX / 4)

/* The last multiple of @step that is not after @time_ms. */
static inline int64_t
floor_to(int64_t time_ms, int64_t step)
{
    int64_t rest = time_ms % step;
    return time_ms - (rest < 0 ? rest + step : rest);
}

/* The windows of a time that are not closed, and from when to when they are the same. */
struct pane {
    int64_t from_ms, to_ms; /* from .. to - 1 */
    uint32_t *windows;      /* numbers; room for the most that can overlap */
    uint32_t n;
};

/* What slots() needs for each record of a batch; grown to the largest batch. */
struct slots_room {
    struct pages pages; /* of all arrays */
    uint64_t *keys;
    uint32_t *every; /* 0, 1, 2, ..: the record of each hit where every record has exactly one */
    uint32_t *record, *slot;
    uint32_t *late;
    struct table_reject *rejects;
    uint32_t n_records;
    struct arena sentences;
};

/* Counted since the table was made, and of the event times since the last trigger. */
struct table_counts {
    uint64_t updated, removed, late, future;
    uint64_t n_times;
    int64_t min_ms, max_ms;
    double sum_ms; /* of the distances from origin_ms */
    int64_t origin_ms;
};

/* Rows that were written since the last checkpoint, each once; kept while rows know their windows.
 */
struct changed {
    uint32_t *slots;
    uint64_t n, room;
    uint64_t n_before; /* the open transaction */
};

/* Windows that a checkpoint has and that have left since. */
struct closings {
    int64_t *start_ms;
    uint32_t n, room;
};

/* The same of rows that left alone. */
struct departures {
    struct departure {
        int64_t start_ms;
        struct levada_scalar *groups; /* they and their texts are in the arena */
    } * items;
    uint32_t n, room;
    struct arena arena;
};

/* Rows from elsewhere: each has a slot, and is in no window yet. */
struct arrivals {
    uint32_t *slots; /* and behind their room twice as much, for pairs */
    int64_t *start_ms;
    uint32_t n, room;
};

struct table {
    struct record_space *space;
    const struct table_options *options;
    const struct levada_path *event_time;                  /* NULL: no time is read */
    int64_t window_ms, slide_ms, offset_ms, max_future_ms; /* window_ms 0: all time is one window */
    bool has_sessions; /* windows are parts of sessions, as long as the gap: session.h */
    uint32_t overlap;  /* windows that a record falls into, at most */
    enum table_output_mode mode;
    bool flush, flushed; /* at the end of the input; and it was done */

    struct table_cell *cells; /* the stage's, and those of sessions behind them */
    uint32_t n_cells;
    struct group *groups;
    uint32_t n_groups;
    const struct levada_path **outputs;
    uint32_t n_outputs;
    struct order order;

    struct rows rows;
    struct windows windows;
    struct watermark watermark;
    struct changed changed;
    struct closings closings;
    struct departures departures;
    struct arrivals arrivals;
    struct table_counts counts;

    bool is_open;                      /* a transaction */
    bool is_leaving;                   /* a trigger: rows are shown, not written */
    uint32_t txn;                      /* the number of the newest one, from 1 */
    uint32_t emitted;                  /* the newest one that the last trigger has seen */
    uint32_t saved;                    /* the newest one that the last checkpoint has seen */
    struct table_counts counts_before; /* the open transaction */

    struct pane pane;
    struct slots_room room;
    struct levada_slots slots;
};

/* ---- changes.c ---- */

/* How far the rows were before records of one window were placed. */
struct rows_before {
    uint32_t n, n_free;
    uint64_t n_journal;
};
/* Notes the rows of that window which were written since. False: out of memory. */
bool changed_note(struct table *table, int64_t start_ms, const struct rows_before *before);
/* Notes one that has just become a row of that window. False: out of memory. */
bool changed_note_row(struct table *table, int64_t start_ms, uint32_t slot);
/* Forgets notes of rows that have left. */
void changed_drop_closed(struct table *table);
/* Nothing has changed. */
void changes_forget(struct table *table);

/* Room to note all windows that are open. False: out of memory. */
bool closings_make_room(struct table *table);
/* Notes the windows that start at or before @last_start_ms and are in a checkpoint. */
void closings_note(struct table *table, int64_t last_start_ms);
/* Notes a row that is about to leave. False: out of memory. */
bool departures_note(struct table *table, int64_t start_ms, uint32_t slot);

/* ---- restore.c ---- */

/* The row as it was stored, in a slot and in no window. ROW_NONE: out of memory. */
uint32_t restore_row(struct table *table, const struct table_row *row);

/* ---- table.c ---- */

/* Begins a transaction unless one is open. */
void table_begin(struct table *table);

#endif
