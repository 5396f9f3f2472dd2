/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_CHANGELOG_H
#define HOST_RUNTIME_CHANGELOG_H

/*
 * The state of one partition as records of a compacted log: what changed leaves as keys and values,
 * and what the log holds comes back into tables. Keys and values are those of state/codec.h, a row
 * by its window and the hash of its group, so that the newest record of a key is all that counts.
 * docs/exactly-once.md
 */

#include "base/error.h"
#include "runtime/entries.h"

#include <levada/plugin.h>
#include <stdbool.h>

struct changelog;

/* Of a view whose tables in hand are those of the partition, in every call below. NULL: no memory.
 */
struct changelog *changelog_create(const struct checkpoint_view *view);
void changelog_destroy(struct changelog *changelog); /* NULL is allowed */

/* value.p NULL: the key is gone. Everything is borrowed for the call. */
typedef levada_status changelog_put_fn(void *user, struct levada_bytes key,
                                       struct levada_bytes value, struct error *err);

/*
 * What the last changelog_saved does not know of. @with_positions: those of the sources too, which
 * nothing else keeps.
 */
levada_status changelog_write(struct changelog *changelog, const struct checkpoint_view *view,
                              bool with_positions, changelog_put_fn *put, void *user,
                              struct error *err);
/* What was written is committed. */
void changelog_saved(struct changelog *changelog, const struct checkpoint_view *view);

/* A record as the log has it, oldest first; copied. */
levada_status changelog_take(struct changelog *changelog, struct levada_bytes key,
                             struct levada_bytes value, struct error *err);
/*
 * All records were taken: what they say comes into the view. LEVADA_CONFIG: the pipeline has
 * changed, or is another one, and the state does not fit, with the difference.
 */
levada_status changelog_restore(struct changelog *changelog, const struct checkpoint_view *view,
                                struct error *err);

#endif
