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

/* Writes what changed since the last one; durable when it returns OK. */
levada_status checkpoint_write(struct checkpoint *checkpoint, const struct checkpoint_view *view,
                               struct error *err);

#endif
