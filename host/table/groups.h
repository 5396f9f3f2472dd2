/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_GROUPS_H
#define HOST_TABLE_GROUPS_H

/*
 * The values that rows are grouped by. Each group column has a dictionary of the table's own, so
 * that the dictionaries of batches may be renewed, and so that values whose rows are gone can be
 * forgotten. A missing value is a null.
 */

#include "base/error.h"
#include "record/batch.h"
#include "table/window.h"

#include <stdint.h>

struct group {
    const struct levada_path *path;   /* that is read */
    const struct levada_path *output; /* that leaves */
    struct dict *dict;
    /* From ids of the batches' dictionary, while it is of this generation; UINT32_MAX: not yet. */
    uint32_t *own, n_own, room_own, generation;
};

bool group_init(struct group *group, const struct levada_path *path, struct path_set *paths);
void group_finish(struct group *group);

/* Writes the keys of all records of @batch, @words each. */
levada_status groups_keys(struct group *groups, uint32_t n_groups, struct batch *batch,
                          uint64_t *keys, uint32_t words, struct error *err);

/*
 * Forgets values that no row has, where they are the most. Out of memory: keeps them, until the
 * next time. Keys of rows change, and with them the windows' indexes.
 */
void groups_forget_unused(struct group *groups, uint32_t n_groups, struct windows *windows,
                          struct rows *rows);

#endif
