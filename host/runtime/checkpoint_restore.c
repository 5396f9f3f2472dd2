/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/checkpoint_private.h"
#include "runtime/keyed_state.h"

#include <stdlib.h>
#include <string.h>

static levada_status
restore_entry(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    if (key.n > 0 && *(const char *)key.p == '\0')
        return LEVADA_OK; /* the store's own */
    return entry_restore(user, key, value, err);
}

/* ---- keyed state ---- */

static levada_status
keyed_get(void *user, struct levada_bytes key, struct levada_bytes *value, struct error *err)
{
    const struct keyed_reader *reader = user;
    struct codec_buffer *full = &reader->checkpoint->prefix;
    codec_begin_key(full, CODEC_KEYED, reader->stage->name);
    codec_put_bytes(full, key.p, key.n);
    if (full->failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    return store_get(reader->checkpoint->store, codec_bytes(full), value, err);
}

static levada_status
keyed_next(void *user, struct levada_bytes after, struct levada_bytes *key,
           struct levada_bytes *value, struct error *err)
{
    const struct keyed_reader *reader = user;
    struct codec_buffer *full = &reader->checkpoint->prefix;
    codec_begin_key(full, CODEC_KEYED, reader->stage->name);
    size_t prefix_n = full->n;
    if (after.p != NULL)
        codec_put_bytes(full, after.p, after.n);
    if (full->failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    struct levada_bytes prefix = { full->bytes, prefix_n };
    struct levada_bytes from = { after.p != NULL ? full->bytes : NULL, full->n };
    levada_status status = store_next(reader->checkpoint->store, prefix, from, key, value, err);
    if (status >= 0 && key->p != NULL)
        *key = (struct levada_bytes){ (const char *)key->p + prefix_n, key->n - prefix_n };
    return status;
}

static void
connect_keyed_state(struct keyed_reader *reader, const struct stage *stage)
{
    const struct keyed_source source = { keyed_get, keyed_next, reader };
    keyed_state_set_source(stage->keyed, &source);
}

/* ---- the whole ---- */

static bool
connect_stages(struct checkpoint *checkpoint, const struct checkpoint_view *view)
{
    if (checkpoint->readers != NULL)
        return true; /* restored before */
    checkpoint->readers = calloc(view->n_stages + 1, sizeof(*checkpoint->readers));
    checkpoint->rows = calloc(view->n_stages + 1, sizeof(struct stage_rows *));
    if (checkpoint->readers == NULL || checkpoint->rows == NULL)
        return false;
    checkpoint->n_stages = view->n_stages;
    for (uint32_t s = 0; s < view->n_stages; s++) {
        struct stage *stage = view->stages[s];
        checkpoint->readers[s] = (struct keyed_reader){ checkpoint, stage };
        connect_keyed_state(&checkpoint->readers[s], stage);
        if (stage->table == NULL)
            continue;
        checkpoint->rows[s] = stage_rows_create(stage);
        if (checkpoint->rows[s] == NULL)
            return false;
    }
    return true;
}

static levada_status
restore_entries(struct checkpoint *checkpoint, const struct checkpoint_view *view,
                struct error *err)
{
    const struct levada_bytes all = { "", 0 };
    struct entry_reader *reader = entry_reader_create(view);
    levada_status status = reader != NULL
                               ? store_each(checkpoint->store, all, restore_entry, reader, err)
                               : error_set(err, LEVADA_FATAL, "out of memory");
    entry_reader_destroy(reader);
    return status;
}

static levada_status
restore_all(struct checkpoint *checkpoint, const struct checkpoint_view *view, struct error *err)
{
    struct levada_bytes id;
    codec_begin_key(&checkpoint->writer.key, CODEC_META, META_ID);
    levada_status status =
        store_get(checkpoint->store, codec_bytes(&checkpoint->writer.key), &id, err);
    checkpoint->is_new = status >= 0 && id.p == NULL;
    if (status < 0 || checkpoint->is_new)
        return status;
    status = restore_entries(checkpoint, view, err);
    for (uint32_t s = 0; s < view->n_stages && status >= 0; s++) {
        if (checkpoint->rows[s] != NULL)
            status = stage_rows_restore(checkpoint->rows[s], checkpoint->store, err);
    }
    return status;
}

levada_status
checkpoint_restore(struct checkpoint *checkpoint, const struct checkpoint_view *view,
                   struct error *err)
{
    if (!connect_stages(checkpoint, view))
        return error_set(err, LEVADA_FATAL, "out of memory");
    levada_status status = store_begin_view(checkpoint->store, err);
    if (status < 0)
        return status;
    status = restore_all(checkpoint, view, err);
    store_end_view(checkpoint->store);
    for (uint32_t s = 0; s < view->n_stages && status >= 0; s++) {
        if (view->stages[s]->table != NULL)
            table_saved(view->stages[s]->table); /* from here on it notes what changes */
    }
    return status;
}
