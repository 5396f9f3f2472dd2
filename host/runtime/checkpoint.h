/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_CHECKPOINT_H
#define HOST_RUNTIME_CHECKPOINT_H

/*
 * One consistent point per trigger: the sources' positions, every table's rows, what plugins keep,
 * in one transaction of the store. Only what changed is written. state/codec.h has the format.
 */

#include "base/error.h"
#include "runtime/entries.h"

#include <stdbool.h>
#include <stdint.h>

struct checkpoint;

/* Opens and locks the folder; statuses as of store_open. */
levada_status checkpoint_open(const char *folder, struct checkpoint **checkpoint,
                              struct error *err);
void checkpoint_close(struct checkpoint *checkpoint); /* NULL is allowed */

/* Has nothing been saved in it yet? */
bool checkpoint_is_new(const struct checkpoint *checkpoint);

/*
 * Fills what was saved into the view; a new one is only connected. LEVADA_CONFIG: the pipeline has
 * changed and the state does not fit, with the difference.
 */
levada_status checkpoint_restore(struct checkpoint *checkpoint, const struct checkpoint_view *view,
                                 struct error *err);

/*
 * A checkpoint: what changed since the last one. Begin, put each stage once nothing can reach it
 * any more, commit; durable when that returns OK. Whatever fails forgets all since begin, as abort
 * does.
 */
levada_status checkpoint_begin(struct checkpoint *checkpoint, struct error *err);
levada_status checkpoint_put_stage(struct checkpoint *checkpoint,
                                   const struct checkpoint_view *view, uint32_t s,
                                   struct error *err);
levada_status checkpoint_commit(struct checkpoint *checkpoint, const struct checkpoint_view *view,
                                struct error *err);
void checkpoint_abort(struct checkpoint *checkpoint);

#endif
