/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STREAM_JOIN_SAVED_H
#define STREAM_JOIN_SAVED_H

/*
 * What the join keeps in levada.state/1, and with that in the checkpoint: each row in a slot of its
 * own, the partitions and how far each side is closed. Slots are used again, so that state is no
 * larger than it was at its largest.
 *
 * Failures have been reported to the call. None needs undoing here: whoever fails reads all of it
 * again, by saved_load(), before the next use.
 */

#include "packing.h"
#include "partitions.h"
#include "row_index.h"

#define N_SIDES 2u
#define LEFT 0u
#define RIGHT 1u

struct saved {           /* zeroed at first */
    struct packer shape; /* the options that rows are saved by, in words; set by the owner */
    struct packer value;
    uint32_t *free_slots;
    uint32_t n_free, room_free, n_slots;
    uint64_t next_arrival;
};

void saved_finish(struct saved *saved);

/* Does the host keep state at all? */
bool saved_is_possible(void);

/* What is known of a side in memory. */
struct side_memory {
    struct partitions *partitions;
    struct row_index *rows;
};

/*
 * Forgets what is in memory of the two @sides, and fills it with what is saved. Fails where that
 * was saved by another shape.
 */
levada_status saved_load(struct saved *saved, struct levada_call *call,
                         const struct side_memory *sides);

/* One row as it is saved: what the index needs, then what the other side gets. */
struct saved_row {
    uint32_t side;
    struct row row;
    struct levada_bytes key;
    const struct levada_record *left;   /* of a left row */
    const struct levada_scalar *values; /* of a right row */
    uint32_t n_values;
};

/* Takes a slot and saves @row in it; row.slot and row.arrival are set. */
levada_status saved_add(struct saved *saved, struct levada_call *call, struct saved_row *row);

/* The record of a left row, or the n values of a right one, borrowed until the next use of @saved;
 * headers live in scratch memory. */
levada_status saved_get_left(struct levada_call *call, uint32_t slot, struct levada_record *record);
levada_status saved_get_right(struct levada_call *call, uint32_t slot, struct levada_scalar *values,
                              uint32_t n);

levada_status saved_set_matched(struct saved *saved, struct levada_call *call, uint32_t slot);
levada_status saved_drop(struct saved *saved, struct levada_call *call, uint32_t slot);

/* The partitions that changed. */
levada_status saved_put_partitions(struct saved *saved, struct levada_call *call, uint32_t side,
                                   struct partitions *partitions);
levada_status saved_put_closed(struct saved *saved, struct levada_call *call, uint32_t side,
                               int64_t closed_ms);

#endif
