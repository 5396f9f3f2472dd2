/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_STATE_ENTRY_H
#define HOST_CLI_STATE_ENTRY_H

/*
 * The entries of a checkpoint, decoded without its pipeline and its plugins: what the stages keep
 * is described by the shapes that lie in it.
 */

#include "state/codec.h"
#include "state/store.h"
#include "table/table.h"

/* What the stored shape says of a stage. */
struct state_shape {
    char *stage, *plugin;
    bool has_window;
    char **groups; /* names */
    uint32_t n_groups;
    struct table_cell *cells; /* a name may be NULL */
    uint32_t n_cells;
    struct levada_scalar *values; /* room for a row */
};

struct state_entry {
    enum codec_kind kind;
    const struct state_shape *shape; /* of its stage; META: NULL */
    uint64_t bytes;                  /* that its key and value take; ROW: its groups and cells */
    /*
     * META: name and text. KEYED: key and value. POSITION: stream and detail. WATERMARK: stream; p
     * NULL: how far windows are closed.
     */
    struct levada_bytes key, value;
    int32_t partition;                          /* POSITION, WATERMARK */
    int64_t next, latest;                       /* POSITION */
    int64_t time_ms;                            /* WATERMARK; ROW: start of its window */
    uint64_t number;                            /* META, where value is one */
    const struct levada_scalar *groups, *cells; /* ROW */
};

/*
 * Calls @visit for each entry of one view of @store, stages' shapes first and rows last, by window,
 * and stops where it returns < 0. What it gets is borrowed for the call. LEVADA_REJECT: an entry
 * cannot be read.
 */
typedef levada_status state_entry_fn(void *user, const struct state_entry *entry,
                                     struct error *err);
levada_status state_entries(struct store *store, state_entry_fn *visit, void *user,
                            struct error *err);

#endif
