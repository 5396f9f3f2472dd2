/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/checkpoint_private.h"

#include "base/crash.h"
#include "runtime/keyed_state.h"

#include <stdlib.h>
#include <string.h>

levada_status
checkpoint_open(const char *folder, struct checkpoint **checkpoint, struct error *err)
{
    struct checkpoint *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    levada_status status = store_open(folder, STORE_RUN, &made->store, err);
    if (status < 0) {
        free(made);
        return status;
    }
    *checkpoint = made;
    return LEVADA_OK;
}

void
checkpoint_close(struct checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    store_close(checkpoint->store);
    entry_writer_finish(&checkpoint->writer);
    codec_finish(&checkpoint->prefix);
    for (uint32_t s = 0; checkpoint->rows != NULL && s < checkpoint->n_stages; s++)
        stage_rows_destroy(checkpoint->rows[s]);
    free(checkpoint->rows);
    free(checkpoint->readers);
    free(checkpoint);
}

bool
checkpoint_is_new(const struct checkpoint *checkpoint)
{
    return checkpoint->is_new;
}

/* ---- writing ---- */

struct writer {
    struct checkpoint *checkpoint;
    const struct checkpoint_view *view;
    const struct stage *stage;
};

static levada_status
put(struct checkpoint *checkpoint, struct error *err)
{
    const struct entry_writer *w = &checkpoint->writer;
    levada_status status = entry_made(w, err);
    return status >= 0
               ? store_put(checkpoint->store, codec_bytes(&w->key), codec_bytes(&w->value), err)
               : status;
}

static levada_status
write_meta(struct checkpoint *checkpoint, const struct checkpoint_view *view, struct error *err)
{
    entry_text(&checkpoint->writer, META_ID, view->id);
    levada_status status = put(checkpoint, err);
    if (status < 0)
        return status;
    entry_text(&checkpoint->writer, META_WRITTEN_BY, "levada " LEVADA_VERSION);
    status = put(checkpoint, err);
    if (status < 0)
        return status;
    entry_epoch(&checkpoint->writer, *view->epoch + 1);
    return put(checkpoint, err);
}

static levada_status
write_position(struct checkpoint *checkpoint, const struct partition *partition, struct error *err)
{
    entry_position(&checkpoint->writer, partition);
    return put(checkpoint, err);
}

static levada_status
write_shape(struct checkpoint *checkpoint, const struct stage *stage, struct error *err)
{
    entry_shape(&checkpoint->writer, stage);
    return put(checkpoint, err);
}

static levada_status
write_partition(void *user, uint32_t stream, int32_t partition, int64_t max_ms, struct error *err)
{
    struct writer *writer = user;
    entry_watermark(&writer->checkpoint->writer, writer->stage, stream, partition, max_ms);
    return put(writer->checkpoint, err);
}

static levada_status
write_closed_until(struct checkpoint *checkpoint, const struct stage *stage, struct error *err)
{
    entry_closed_until(&checkpoint->writer, stage);
    return put(checkpoint, err);
}

static levada_status
write_keyed(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    struct writer *writer = user;
    struct checkpoint *checkpoint = writer->checkpoint;
    struct entry_writer *w = &checkpoint->writer;
    codec_begin_key(&w->key, CODEC_KEYED, writer->stage->name);
    codec_put_bytes(&w->key, key.p, key.n);
    if (w->key.failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (value.p == NULL)
        return store_delete(checkpoint->store, codec_bytes(&w->key), err);
    w->value.n = 0;
    codec_put_bytes(&w->value, value.p, value.n);
    return put(checkpoint, err);
}

static levada_status
write_table(struct checkpoint *checkpoint, struct writer *writer, struct stage_rows *rows,
            struct error *err)
{
    levada_status status = stage_rows_write(rows, checkpoint->store, err);
    if (status >= 0)
        status = table_visit_partitions(writer->stage->table, write_partition, writer, err);
    return status >= 0 ? write_closed_until(checkpoint, writer->stage, err) : status;
}

levada_status
checkpoint_begin(struct checkpoint *checkpoint, struct error *err)
{
    return store_begin(checkpoint->store, err);
}

void
checkpoint_abort(struct checkpoint *checkpoint)
{
    store_abort(checkpoint->store);
}

static levada_status
or_abort(struct checkpoint *checkpoint, levada_status status)
{
    if (status < 0)
        checkpoint_abort(checkpoint);
    return status;
}

levada_status
checkpoint_put_stage(struct checkpoint *checkpoint, const struct checkpoint_view *view, uint32_t s,
                     struct error *err)
{
    const struct stage *stage = view->stages[s];
    struct writer writer = { checkpoint, view, stage };
    levada_status status = checkpoint->has_shapes ? LEVADA_OK : write_shape(checkpoint, stage, err);
    if (status >= 0 && stage->table != NULL)
        status = write_table(checkpoint, &writer, checkpoint->rows[s], err);
    if (status >= 0)
        status = keyed_state_changes(stage->keyed, write_keyed, &writer, err);
    return or_abort(checkpoint, status);
}

static void
note_saved(struct checkpoint *checkpoint, const struct checkpoint_view *view)
{
    checkpoint->is_new = false;
    checkpoint->has_shapes = true;
    for (uint32_t s = 0; s < view->n_stages; s++) {
        if (checkpoint->rows[s] != NULL)
            stage_rows_saved(checkpoint->rows[s]);
        keyed_state_saved(view->stages[s]->keyed);
    }
}

levada_status
checkpoint_commit(struct checkpoint *checkpoint, const struct checkpoint_view *view,
                  struct error *err)
{
    levada_status status = write_meta(checkpoint, view, err);
    for (uint32_t p = 0; p < view->positions->n && status >= 0; p++)
        status = write_position(checkpoint, &view->positions->items[p], err);
    if (or_abort(checkpoint, status) < 0)
        return status;
    crash_point("before_store_commit");
    status = store_commit(checkpoint->store, err);
    crash_point("after_store_commit");
    if (status >= 0)
        note_saved(checkpoint, view);
    return status;
}
