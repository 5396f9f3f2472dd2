/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_CHECKPOINT_PRIVATE_H
#define HOST_RUNTIME_CHECKPOINT_PRIVATE_H

/* What checkpoint.c, which writes, and checkpoint_restore.c share. */

#include "runtime/checkpoint.h"
#include "runtime/stage_rows.h"
#include "state/codec.h"
#include "state/store.h"

#define META_ID "id"
#define META_WRITTEN_BY "written_by"

/* How a stage's keyed state reads what is older than its changes. */
struct keyed_reader {
    struct checkpoint *checkpoint;
    const struct stage *stage;
};

struct checkpoint {
    struct store *store;
    bool is_new;
    bool has_shapes; /* of all stages, also those that came to the pipeline later */
    struct entry_writer writer;
    struct codec_buffer prefix;
    /* by stage, from checkpoint_restore on */
    uint32_t n_stages;
    struct keyed_reader *readers;
    struct stage_rows **rows; /* NULL: it has no table */
};

#endif
