/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_STATE_LIVE_ROWS_H
#define HOST_STATE_LIVE_ROWS_H

/* The rows that a stage's log comes to: of each row its newest entry, unless it has left since. */

#include "state/store.h"

struct live_row {
    int64_t start_ms;
    struct levada_bytes group, cells; /* in the store's view */
    uint64_t chunk, number; /* where its entry is: in which chunk, the how manyth of all */
};

struct live_rows {
    struct live_row *rows; /* in the order of the log, oldest first */
    size_t n;
    uint64_t first_chunk, next_chunk; /* of the log */
    uint64_t n_entries;               /* that it has, live or not */
};

/*
 * Inside a view of the store, which the rows' bytes belong to. LEVADA_REJECT: an entry cannot be
 * read. To be finished in every case.
 */
levada_status live_rows_read(struct store *store, const char *stage, struct live_rows *rows,
                             struct error *err);
void live_rows_finish(struct live_rows *rows);

/* Into the order in which they are shown: by window, then by the groups. */
void live_rows_sort(struct live_rows *rows);

#endif
