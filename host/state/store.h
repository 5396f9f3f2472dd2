/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_STATE_STORE_H
#define HOST_STATE_STORE_H

/*
 * A checkpoint on disk: keys and values in byte order, changed by one atomic, durable transaction
 * at a time. The folder holds an LMDB environment (docs/state.md says why LMDB) and a lock file
 * with the pid of the pipeline that runs on it; other processes may read beside it. Every value
 * carries a checksum, and the folder says which format it has: what is torn, foreign or of another
 * format is refused by name. One thread.
 */

#include "base/error.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_FORMAT 2u
#define STORE_MAX_KEY 511u /* bytes; LMDB's limit */

struct store;

enum store_mode {
    STORE_RUN,  /* made if it is not there; locked against a second run */
    STORE_READ, /* must be there; beside a run */
};

/*
 * LEVADA_LOCKED: another process (named in @err) runs on it. LEVADA_NO_OUTPUT: it cannot be
 * created. LEVADA_NO_INPUT: it is not there. LEVADA_REJECT: it is no checkpoint, torn, or of
 * another format.
 */
levada_status store_open(const char *folder, enum store_mode mode, struct store **store,
                         struct error *err);
void store_close(struct store *store); /* NULL is allowed; an open transaction is forgotten */

/* Was it made by this store_open? */
bool store_is_new(const struct store *store);

/* Values up to so many bytes lie in one page at most; larger ones take pages in a row. */
size_t store_page_room(const struct store *store);

/* ---- writing: between begin and commit; a failure forgets all since begin ---- */
levada_status store_begin(struct store *store, struct error *err);
levada_status store_put(struct store *store, struct levada_bytes key, struct levada_bytes value,
                        struct error *err);
/* A key that is not there is no error. */
levada_status store_delete(struct store *store, struct levada_bytes key, struct error *err);
/* Deletes every key that begins with @prefix, which is not empty. */
levada_status store_delete_all(struct store *store, struct levada_bytes prefix, struct error *err);
/* Durable when this returns OK. */
levada_status store_commit(struct store *store, struct error *err);
void store_abort(struct store *store);

/* ---- reading ---- */

/*
 * A view: until its end, all that is read is of one moment, may be read inside a visitor too, and
 * what store_each lends stays. Not inside a transaction.
 */
levada_status store_begin_view(struct store *store, struct error *err);
void store_end_view(struct store *store);

/*
 * value->p NULL: not there. Borrowed until the next call, and not aligned. Inside a transaction:
 * what it wrote.
 */
levada_status store_get(struct store *store, struct levada_bytes key, struct levada_bytes *value,
                        struct error *err);

/*
 * Calls @visit for each key that begins with @prefix, in byte order, until it returns < 0, which is
 * then returned. Key and value are borrowed until @visit returns; it must not change the store. One
 * view of the store, whatever a running pipeline does meanwhile.
 */
typedef levada_status store_visit_fn(void *user, struct levada_bytes key, struct levada_bytes value,
                                     struct error *err);
levada_status store_each(struct store *store, struct levada_bytes prefix, store_visit_fn *visit,
                         void *user, struct error *err);

/*
 * The first key that begins with @prefix and comes behind @after (p NULL: the first of all), with
 * its value; key->p NULL: there is none. Borrowed until the next call.
 */
levada_status store_next(struct store *store, struct levada_bytes prefix, struct levada_bytes after,
                         struct levada_bytes *key, struct levada_bytes *value, struct error *err);

struct store_stats {
    uint64_t entries, bytes; /* bytes: pages in use */
};
levada_status store_get_stats(struct store *store, struct store_stats *stats, struct error *err);

#endif
