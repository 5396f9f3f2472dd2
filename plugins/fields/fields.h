/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIELDS_FIELDS_H
#define FIELDS_FIELDS_H

/* The instance: what is done to the fields of each batch, in the order of the steps below. */

#include "cast.h"

#include <levada/levada.h>

struct rename_step {
    const struct levada_path *from, *to;
    bool
        moves; /* else it copies: from inside a field, or because another field gets the old name */
};

struct constant_step {
    const struct levada_path *path;
    struct levada_scalar value;
};

struct cast_step {
    const struct levada_path *path;
    enum cast_type type;
};

struct fields {
    /* Options. */
    struct levada_list rename, constant, cast; /* struct levada_pair */
    struct levada_list keep, drop;             /* const struct levada_path * */

    struct rename_step *renames; /* as many as the option has pairs; so the others */
    struct constant_step *constants;
    struct cast_step *casts;
};

levada_status fields_process(void *object, struct levada_call *call, uint32_t port,
                             struct levada_batch *batch);

#endif
