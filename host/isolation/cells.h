/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_CELLS_H
#define HOST_ISOLATION_CELLS_H

/*
 * Rows of the host's table in a helper: those that a callback was told of, one behind the other in
 * a shared slot, under numbers of their own. The helper folds into them there; the host writes them
 * back, these and no others, so that its undo stays what it is.
 */

#include "base/wire.h"
#include "runtime/call.h"

/* ---- the host's side ---- */

struct host_cells { /* zeroed: nothing is out */
    uint32_t *rows; /* the table's number of each row that is out */
    bool *written;  /* may the helper write it? */
    uint32_t n_rows, room_rows;
    uint32_t *number, *stamp; /* by the table's number: ours, in the round that set it */
    uint32_t n_numbers, round;
    void *const *table; /* the table's cells; NULL: nothing is to be written back */
    const char **place; /* of each cell in the message */
    uint32_t n_cells;
};

/* @n_times: of slots->time. @is_merge: only rows slot[k] are written; else all. False: no memory.
 */
bool host_cells_put(struct host_cells *cells, const struct stage *stage,
                    const struct levada_slots *slots, uint32_t n_times, bool is_merge,
                    struct wire_out *out);
/* What the helper made of them, in the slot and in @in. False: it makes no sense. */
bool host_cells_take(struct host_cells *cells, struct levada_call *call, struct wire_in *in);
void host_cells_forget(struct host_cells *cells);
void host_cells_finish(struct host_cells *cells);

/* ---- the helper's ---- */

struct resized_cell {
    uint32_t cell, row;
    uint64_t room; /* that its bytes have here */
};

struct helper_cells { /* zeroed: none */
    struct levada_slots slots;
    void **cell;
    uint32_t n_rows;
    uint32_t **resized_at; /* by cell, then row: its place in resized, from 1; 0: it was not */
    struct resized_cell *resized;
    uint32_t n_resized, room_resized;
};

/* NULL: @in has failed. */
const struct levada_slots *helper_cells_get(struct helper_cells *cells, struct levada_call *call,
                                            struct wire_in *in);
void *helper_cells_resize(struct helper_cells *cells, struct levada_call *call, uint32_t cell,
                          uint32_t row, uint64_t n);
/* Cells of any length that were resized; everything else lies in the slot. Forgets them. */
void helper_cells_put(struct helper_cells *cells, struct wire_out *out);

#endif
