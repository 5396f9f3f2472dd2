/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STREAM_JOIN_STREAM_JOIN_H
#define STREAM_JOIN_STREAM_JOIN_H

/*
 * The instance: two sides, each with how far its event time has come and an index of the rows that
 * the other side may still meet.
 *
 * All that lasts is in levada.state/1; the memory here is a copy, good while in_memory holds. A
 * callback that fails leaves it unset, and the next one reads the state again, which the host has
 * put back: so nothing here is ever undone.
 */

#include "saved.h"

#include <levada/levada.h>

#define NS_PER_MS 1000000

enum join_type { /* the words of the option type, in this order */
    JOIN_INNER,
    JOIN_LEFT,
};

enum join_on_end { /* the words of the option on_end, in this order */
    JOIN_FLUSH,
    JOIN_HOLD,
};

struct path_pair { /* a field of each side */
    const struct levada_path *left, *right;
};

struct delay_pair {
    int64_t left, right; /* ns */
};

struct right_field { /* one item of the option add */
    const struct levada_path *right;
    const char *as; /* NULL: as on the right */
};

struct side {
    const struct levada_path *time;
    bool is_row_time;                /* that is the timestamp: what WATERMARK speaks of */
    const struct levada_path **keys; /* one for each item of on */
    struct partitions partitions;
    struct row_index rows;
    /* A row meets rows of the other side from its time less `earlier` to its time plus `later`. */
    int64_t earlier_ms, later_ms;
    uint64_t n_seen, n_with_key; /* by this process */
    bool judged;                 /* whether any record has a key */
};

struct stream_join {
    /* Options. */
    struct levada_list on; /* struct path_pair */
    struct path_pair event_time;
    struct delay_pair watermark;
    int64_t before, after; /* ns */
    int64_t type, on_end;
    struct levada_list add; /* struct right_field */

    struct levada_ctx *ctx;
    struct side sides[N_SIDES];
    const struct levada_path **fields; /* one for each item of add */
    struct saved saved;
    struct packer key;
    bool in_memory;
    uint64_t *rows_kept, *late, *unmatched; /* metrics */
};

/* What has to be there once options are filled in. False: out of memory; still to be finished. */
bool stream_join_init(struct stream_join *self, struct levada_ctx *ctx);
void stream_join_finish(struct stream_join *self);

levada_status stream_join_process(void *object, struct levada_call *call, uint32_t port,
                                  struct levada_batch *batch);
levada_status stream_join_signal(void *object, struct levada_call *call,
                                 const struct levada_signal *signal);

#endif
