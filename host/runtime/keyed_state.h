/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_KEYED_STATE_H
#define HOST_RUNTIME_KEYED_STATE_H

/*
 * What a plugin keeps through the extension levada.state/1: keys and values of its own. Changes lie
 * in memory until a checkpoint writes them to the store; what is older is read from there. A
 * callback that fails has its changes undone. One thread.
 */

#include "base/error.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>

struct keyed_state;

/* Where older values are; a table, so that this file knows no store. Values are borrowed till the
 * next. */
struct keyed_source {
    levada_status (*get)(void *user, struct levada_bytes key, struct levada_bytes *value,
                         struct error *err);
    /* The first key behind @after (p NULL: the first of all); key->p NULL: there is none. */
    levada_status (*next)(void *user, struct levada_bytes after, struct levada_bytes *key,
                          struct levada_bytes *value, struct error *err);
    void *user;
};

struct keyed_state *keyed_state_create(void);
void keyed_state_destroy(struct keyed_state *state); /* NULL is allowed */
/* NULL: there is nothing older. */
void keyed_state_set_source(struct keyed_state *state, const struct keyed_source *source);

levada_status keyed_state_get(struct keyed_state *state, struct levada_bytes key,
                              struct levada_bytes *value, struct error *err);
/* value.p NULL deletes. */
levada_status keyed_state_put(struct keyed_state *state, struct levada_bytes key,
                              struct levada_bytes value, struct error *err);
levada_status keyed_state_next(struct keyed_state *state, struct levada_bytes after,
                               struct levada_bytes *key, struct levada_bytes *value,
                               struct error *err);

/* Ends a callback: its changes stay, or are undone. */
void keyed_state_commit(struct keyed_state *state);
void keyed_state_rollback(struct keyed_state *state);

/* Forgets every change since the last keyed_state_saved. No callback may be open. */
void keyed_state_forget(struct keyed_state *state);

/* Each change since the last keyed_state_saved; value.p NULL: deleted. */
levada_status keyed_state_changes(const struct keyed_state *state,
                                  levada_status (*visit)(void *user, struct levada_bytes key,
                                                         struct levada_bytes value,
                                                         struct error *err),
                                  void *user, struct error *err);
/* The changes are in the store. Without a store they are kept. */
void keyed_state_saved(struct keyed_state *state);

#endif
