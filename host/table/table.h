/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_TABLE_H
#define HOST_TABLE_TABLE_H

/*
 * The windowed, keyed table behind every aggregate (LEVADA_CAP_TABLE): window -> groups -> cells.
 * It finds each record's rows, decides what is late, undoes what a failed callback wrote, closes
 * windows behind the watermark, and emits. One thread. Rules: docs/event-time.md.
 */

#include "base/error.h"
#include "record/batch.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table_output_mode { /* the words of the option output_mode, in this order */
    TABLE_DEFAULT,       /* complete without a watermark, else append */
    TABLE_COMPLETE,
    TABLE_UPDATE,
    TABLE_APPEND,
};

enum table_on_end {    /* the words of the option on_end, in this order */
    TABLE_END_DEFAULT, /* flush where the input is finite, else hold */
    TABLE_FLUSH,
    TABLE_HOLD,
};

/* The options that the host owns, filled by config/ from table_rows. Times are in ns, as options.
 */
struct table_options {
    const struct levada_path *event_time;     /* NULL: with a window, the record's timestamp */
    int64_t window, slide, offset, watermark; /* 0: none */
    int64_t session;                          /* the gap; 0: none */
    int64_t idle_after, max_future;           /* 0: off */
    struct levada_list group_by;              /* const struct levada_path * */
    struct levada_list order_by;              /* const char *: "count desc", "disposition" */
    int64_t output_mode, on_end;              /* the enums above */
};

/* Do rows have a start and an end: of a window or a session? */
static inline bool
table_options_have_windows(const struct table_options *options)
{
    return options->window > 0 || options->session > 0;
}

extern const struct levada_option table_rows[];
extern const uint32_t table_n_rows;

struct table;

/* What a stage says beside the options: its cells, and whether the input ends by itself. */
struct table_cell {
    char *name;    /* NULL: not emitted */
    uint32_t type; /* LEVADA_T_I64, _F64 or _BIN */
    uint32_t size; /* BIN: bytes a row; 0: of any length */
};

static inline bool
table_cell_is_any_length(const struct table_cell *cell)
{
    return cell->type == LEVADA_T_BIN && cell->size == 0;
}

/* What a row has of the cell: a number, its bytes, or a struct levada_bytes. */
static inline uint32_t
table_cell_bytes(const struct table_cell *cell)
{
    if (cell->type != LEVADA_T_BIN)
        return sizeof(int64_t);
    return cell->size > 0 ? cell->size : (uint32_t)sizeof(struct levada_bytes);
}

/*
 * Checks rules across options (slide without window, append without watermark, order_by of a column
 * that is not there); each mistake through @problem(user, option, text). A table is made only of
 * options without a mistake.
 */
void table_check(const struct table_options *options, const struct table_cell *cells,
                 uint32_t n_cells,
                 void (*problem)(void *user, const char *option, const char *text), void *user);

/* @options outlives the table; @cells are copied. NULL: out of memory. */
struct table *table_create(struct record_space *space, const struct table_options *options,
                           const struct table_cell *cells, uint32_t n_cells, bool finite_input);
void table_destroy(struct table *table);

bool table_is_complete_mode(const struct table *table);

/* What a row has, as it is stored: the stage's cells, and behind them those that sessions need. */
const struct table_cell *table_cells(const struct table *table, uint32_t *n);

/*
 * The columns that leave, in order: window_start window_end (with windows or sessions), the groups,
 * the named cells. The table interned their paths in the space. For the check across the chain.
 */
const struct levada_path *const *table_output_paths(const struct table *table, uint32_t *n);

/* ---- in process(): a transaction is open from the first table_slots to commit or rollback ---- */

/* A record that the table cannot place: its event time is missing, unreadable, or too far ahead. */
struct table_reject {
    uint32_t record;
    const char *why; /* borrowed until the next table_slots */
};

struct table_slots_result {
    const struct levada_slots *slots; /* borrowed until the next call */
    const uint32_t *late;             /* records with no window left open */
    uint32_t n_late;
    const struct table_reject *rejects;
    uint32_t n_rejects;
};

/*
 * The rows of each record of @batch. @wall_ms is for max_future. NULL in result->slots and a
 * sentence in @err: out of memory or an unreadable column.
 */
levada_status table_slots(struct table *table, struct batch *batch, int64_t wall_ms,
                          struct table_slots_result *result, struct error *err);
/*
 * The bytes of a cell of any length, now @n of them, to be written until the transaction ends: what
 * was there stays, the rest is zero. NULL: the transaction has no such cell in its rows, or no
 * memory.
 */
void *table_resize_cell(struct table *table, uint32_t cell, uint32_t slot, uint64_t n,
                        struct error *err);
void table_commit(struct table *table);
void table_rollback(struct table *table);

/* ---- time ---- */

/* One ordered part of the input: what a record's origin says. */
struct table_partition {
    uint32_t stream;
    int32_t partition;
};

/* The partitions that count for the watermark; others are forgotten. [engine, from assigned()] */
levada_status table_assign(struct table *table, const struct table_partition *all, uint32_t n,
                           struct error *err);
/* These count, beside those that are known or will show up. */
levada_status table_expect(struct table *table, const struct table_partition *all, uint32_t n,
                           struct error *err);
/* While true no window closes: somebody above has not shown yet what partitions there are. */
void table_hold(struct table *table, bool hold);
/* A partition went idle or woke up (idle_after). */
void table_set_idle(struct table *table, uint32_t stream, int32_t partition, bool idle);
/* The input has ended: with on_end = flush the watermark becomes INT64_MAX. */
void table_end_input(struct table *table);
/* What the table promises to the stages below, ms; LEVADA_NO_TIME: nothing yet. */
int64_t table_watermark(const struct table *table);

/* ---- at a trigger ---- */

/*
 * What a trigger needs of the stage. @emit gets each batch, of at most 1,024 rows, with the slots
 * of its rows (record k of the batch is slot k), and takes it over. @merge is called with sessions
 * only: pair by pair it folds row record[k] into row slot[k], which it may resize the cells of.
 */
struct table_output {
    levada_status (*emit)(void *user, struct batch *batch, const struct levada_slots *slots,
                          struct error *err);
    levada_status (*merge)(void *user, const struct levada_slots *pairs, struct error *err);
    void *user;
};

/*
 * Emits what is due, by the output mode. Rows that leave for good are dropped afterwards. Stops at
 * the first failure of @output and returns it; the table is then as before the call.
 */
levada_status table_trigger(struct table *table, const struct table_output *output,
                            struct error *err);

/* ---- for checkpoints, which are taken between a trigger and the next table_slots ---- */

/* One row as it is stored: by its window and its groups. */
struct table_row {
    int64_t start_ms; /* of its window, or of its part of a session; 0 without either */
    const struct levada_scalar *groups; /* one for each of group_by; missing values are NULL */
    const void *const *cells; /* one for each: its bytes as they are, or a struct levada_bytes */
};

/* What the last table_saved does not know of. Everything given is borrowed for the call. */
struct table_changes {
    /* All rows of this window have left: called before any row. */
    levada_status (*closed)(void *user, int64_t start_ms, struct error *err);
    /* This row has left, others of its time have not; it has no cells. Called before any row. */
    levada_status (*left)(void *user, const struct table_row *row, struct error *err);
    levada_status (*row)(void *user, const struct table_row *row, struct error *err);
    void *user;
};

/*
 * Stops at the first failure and returns it. From the first table_saved on it takes as long as there
 * are changes, however many rows there are.
 */
levada_status table_visit_changes(const struct table *table, const struct table_changes *changes,
                                  struct error *err);

/*
 * Rows that have not changed since the last table_saved, at most @n of them, from @slot on; @slot
 * is then where to go on, or TABLE_NO_SLOT if none is left. A row keeps its slot as long as it
 * lives; those that are restored into an empty table get 0, 1, 2, .. in turn. Of @changes row() is
 * called. There has been a table_saved.
 */
#define TABLE_NO_SLOT UINT32_MAX
levada_status table_visit_unchanged(const struct table *table, uint32_t *slot, uint32_t n,
                                    const struct table_changes *changes, struct error *err);

/* Each partition, changed or not; @max_ms: the largest event time, or LEVADA_NO_TIME. */
typedef levada_status table_partition_fn(void *user, uint32_t stream, int32_t partition,
                                         int64_t max_ms, struct error *err);
levada_status table_visit_partitions(const struct table *table, table_partition_fn *visit,
                                     void *user, struct error *err);

/* Up to here everything is stored, be it nothing: from here on changes are noted. */
void table_saved(struct table *table);
/* Windows that end at or before this have been closed: belongs to the checkpoint too. */
int64_t table_closed_until(const struct table *table);

/* Forgets rows and times, as before the first record. No transaction may be open. */
void table_clear(struct table *table);
/* What was stored comes back, into a table that is clear or being restored; it is no change. */
levada_status table_restore_row(struct table *table, const struct table_row *row,
                                struct error *err);
levada_status table_restore_partition(struct table *table, uint32_t stream, int32_t partition,
                                      int64_t max_ms, struct error *err);
void table_restore_closed_until(struct table *table, int64_t time_ms);

/* ---- rows that were folded in two steps ----
 *
 * A table with the same options and cells has counted a part of the records; its rows, as
 * table_visit_changes shows them, are merged here. It was never saved, and forgets them.
 */

/* All rows; times stay, and what its watermark has passed is closed. */
void table_forget_rows(struct table *table);
/* Takes a row; it counts from table_merge on. */
levada_status table_merge_row(struct table *table, const struct table_row *row, struct error *err);
/*
 * All that was taken, of which output->merge() gets what has a row here already. Rows whose window
 * is closed are late. After a failure none was taken.
 */
levada_status table_merge(struct table *table, const struct table_output *output,
                          struct error *err);
/* Is lateness decided at all? */
bool table_has_watermark(const struct table *table);
/* The event time that its watermark is behind of; LEVADA_NO_TIME: none yet. */
int64_t table_event_time(const struct table *table);
/* Is one partition idle; are all of them? */
bool table_is_idle(const struct table *table, uint32_t stream, int32_t partition);
bool table_all_idle(const struct table *table);

/* ---- what it tells ---- */

/* Would table_trigger find anything that the last one did not: a row changed, a window to close? */
bool table_has_news(const struct table *table);

struct table_stats {
    uint64_t rows, bytes;                    /* now */
    uint64_t updated, removed, late, future; /* so far; a row is updated at most once a trigger */
    int64_t watermark_ms;                    /* now; LEVADA_NO_TIME: none */
    int64_t min_event_ms, max_event_ms, avg_event_ms; /* since the last trigger; or NO_TIME */
    uint64_t n_events;                                /* likewise: what the average is of */
};
void table_get_stats(const struct table *table, struct table_stats *stats);

#endif
