/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/checkpoint.h"

#include "base/crash.h"
#include "base/uuid.h"
#include "runtime/keyed_state.h"
#include "runtime/shape.h"
#include "state/codec.h"
#include "state/store.h"

#include <stdlib.h>
#include <string.h>

#define META_ID "id"
#define META_EPOCH "epoch"
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
    struct codec_buffer key, value, group, prefix;
    struct keyed_reader *readers;
};

static struct levada_bytes
text_bytes(const char *text)
{
    return (struct levada_bytes){ text, strlen(text) };
}

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
    codec_finish(&checkpoint->key);
    codec_finish(&checkpoint->value);
    codec_finish(&checkpoint->group);
    codec_finish(&checkpoint->prefix);
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
    if (checkpoint->key.failed || checkpoint->value.failed || checkpoint->group.failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    return store_put(checkpoint->store, codec_bytes(&checkpoint->key),
                     codec_bytes(&checkpoint->value), err);
}

static levada_status
write_meta_text(struct checkpoint *checkpoint, const char *name, const char *text,
                struct error *err)
{
    codec_begin_key(&checkpoint->key, CODEC_META, name);
    checkpoint->value.n = 0;
    codec_put_bytes(&checkpoint->value, text, strlen(text));
    return put(checkpoint, err);
}

static levada_status
write_meta(struct checkpoint *checkpoint, const struct checkpoint_view *view, struct error *err)
{
    levada_status status = write_meta_text(checkpoint, META_ID, view->id, err);
    if (status >= 0)
        status = write_meta_text(checkpoint, META_WRITTEN_BY, "levada " LEVADA_VERSION, err);
    if (status < 0)
        return status;
    codec_begin_key(&checkpoint->key, CODEC_META, META_EPOCH);
    checkpoint->value.n = 0;
    codec_put_i64(&checkpoint->value, (int64_t)*view->epoch + 1);
    return put(checkpoint, err);
}

static levada_status
write_position(struct checkpoint *checkpoint, const struct partition *partition, struct error *err)
{
    const struct levada_position *position = &partition->position;
    codec_begin_key(&checkpoint->key, CODEC_POSITION, partition->source->name);
    codec_put_key_i64(&checkpoint->key, position->partition);
    codec_put_bytes(&checkpoint->key, position->stream.p, position->stream.n);
    checkpoint->value.n = 0;
    codec_put_i64(&checkpoint->value, position->next);
    codec_put_i64(&checkpoint->value, position->latest);
    codec_put_bytes(&checkpoint->value, position->detail.p, position->detail.n);
    return put(checkpoint, err);
}

static levada_status
write_shape(struct checkpoint *checkpoint, const struct stage *stage, struct error *err)
{
    struct strbuf shape = { 0 };
    shape_write(stage, &shape);
    codec_begin_key(&checkpoint->key, CODEC_SHAPE, stage->name);
    checkpoint->value.n = 0;
    codec_put_bytes(&checkpoint->value, strbuf_text(&shape), shape.n);
    levada_status status = strbuf_failed(&shape) ? error_set(err, LEVADA_FATAL, "out of memory")
                                                 : put(checkpoint, err);
    strbuf_finish(&shape);
    return status;
}

static levada_status
write_closed_window(void *user, int64_t start_ms, struct error *err)
{
    struct writer *writer = user;
    struct checkpoint *checkpoint = writer->checkpoint;
    codec_begin_key(&checkpoint->key, CODEC_ROW, writer->stage->name);
    codec_put_key_i64(&checkpoint->key, start_ms);
    if (checkpoint->key.failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    return store_delete_all(checkpoint->store, codec_bytes(&checkpoint->key), err);
}

/* Of any length: the length comes first, -1 for what is empty. */
static void
put_cell(struct codec_buffer *value, const struct table_cell *cell, const void *stored)
{
    if (cell->type != LEVADA_T_BIN) {
        int64_t bits;
        memcpy(&bits, stored, sizeof(bits));
        codec_put_i64(value, bits);
        return;
    }
    if (!table_cell_is_any_length(cell)) {
        codec_put_bytes(value, stored, table_cell_bytes(cell));
        return;
    }
    const struct levada_bytes *bytes = stored;
    codec_put_i64(value, bytes->p != NULL ? (int64_t)bytes->n : -1);
    codec_put_bytes(value, bytes->p, bytes->n);
}

static void
begin_row_key(struct checkpoint *checkpoint, const struct stage *stage, const struct table_row *row)
{
    checkpoint->group.n = 0;
    for (uint64_t g = 0; g < stage->table_options.group_by.n; g++)
        codec_put_scalar(&checkpoint->group, &row->groups[g]);
    codec_begin_key(&checkpoint->key, CODEC_ROW, stage->name);
    codec_put_key_i64(&checkpoint->key, row->start_ms);
    codec_put_hash(&checkpoint->key, checkpoint->group.bytes, checkpoint->group.n);
}

static levada_status
delete_row(void *user, const struct table_row *row, struct error *err)
{
    struct writer *writer = user;
    struct checkpoint *checkpoint = writer->checkpoint;
    begin_row_key(checkpoint, writer->stage, row);
    if (checkpoint->key.failed || checkpoint->group.failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    return store_delete(checkpoint->store, codec_bytes(&checkpoint->key), err);
}

static levada_status
write_row(void *user, const struct table_row *row, struct error *err)
{
    struct writer *writer = user;
    struct checkpoint *checkpoint = writer->checkpoint;
    uint32_t n_cells;
    const struct table_cell *cells = table_cells(writer->stage->table, &n_cells);
    begin_row_key(checkpoint, writer->stage, row);
    checkpoint->value.n = 0;
    codec_put_bytes(&checkpoint->value, checkpoint->group.bytes, checkpoint->group.n);
    for (uint32_t c = 0; c < n_cells; c++)
        put_cell(&checkpoint->value, &cells[c], row->cells[c]);
    return put(checkpoint, err);
}

static levada_status
write_partition(void *user, uint32_t stream, int32_t partition, int64_t max_ms, struct error *err)
{
    struct writer *writer = user;
    struct checkpoint *checkpoint = writer->checkpoint;
    const char *name = record_space_stream_name(writer->view->space, stream);
    codec_begin_key(&checkpoint->key, CODEC_WATERMARK, writer->stage->name);
    codec_put_key_i64(&checkpoint->key, partition);
    const char *source = record_space_stream_source(writer->view->space, stream);
    codec_put_bytes(&checkpoint->key, name, strlen(name) + 1);
    codec_put_bytes(&checkpoint->key, source, strlen(source));
    checkpoint->value.n = 0;
    codec_put_i64(&checkpoint->value, max_ms);
    return put(checkpoint, err);
}

static levada_status
write_closed_until(struct checkpoint *checkpoint, const struct stage *stage, struct error *err)
{
    codec_begin_key(&checkpoint->key, CODEC_WATERMARK, stage->name);
    checkpoint->value.n = 0;
    codec_put_i64(&checkpoint->value, table_closed_until(stage->table));
    return put(checkpoint, err);
}

static levada_status
write_keyed(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    struct writer *writer = user;
    struct checkpoint *checkpoint = writer->checkpoint;
    codec_begin_key(&checkpoint->key, CODEC_KEYED, writer->stage->name);
    codec_put_bytes(&checkpoint->key, key.p, key.n);
    if (checkpoint->key.failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (value.p == NULL)
        return store_delete(checkpoint->store, codec_bytes(&checkpoint->key), err);
    checkpoint->value.n = 0;
    codec_put_bytes(&checkpoint->value, value.p, value.n);
    return put(checkpoint, err);
}

static levada_status
write_stage(struct checkpoint *checkpoint, const struct checkpoint_view *view,
            const struct stage *stage, struct error *err)
{
    struct writer writer = { checkpoint, view, stage };
    const struct table_changes changes = { write_closed_window, delete_row, write_row,
                                           write_partition, &writer };
    levada_status status = checkpoint->has_shapes ? LEVADA_OK : write_shape(checkpoint, stage, err);
    if (status >= 0 && stage->table != NULL)
        status = table_visit_changes(stage->table, &changes, err);
    if (status >= 0 && stage->table != NULL)
        status = write_closed_until(checkpoint, stage, err);
    if (status >= 0)
        status = keyed_state_changes(stage->keyed, write_keyed, &writer, err);
    return status;
}

levada_status
checkpoint_write(struct checkpoint *checkpoint, const struct checkpoint_view *view,
                 struct error *err)
{
    levada_status status = store_begin(checkpoint->store, err);
    if (status >= 0)
        status = write_meta(checkpoint, view, err);
    for (uint32_t p = 0; p < view->positions->n && status >= 0; p++)
        status = write_position(checkpoint, &view->positions->items[p], err);
    for (uint32_t s = 0; s < view->n_stages && status >= 0; s++)
        status = write_stage(checkpoint, view, view->stages[s], err);
    if (status < 0) {
        store_abort(checkpoint->store);
        return status;
    }
    crash_point("before_store_commit");
    status = store_commit(checkpoint->store, err);
    crash_point("after_store_commit");
    if (status < 0)
        return status;
    checkpoint->is_new = false;
    checkpoint->has_shapes = true;
    for (uint32_t s = 0; s < view->n_stages; s++) {
        if (view->stages[s]->table != NULL)
            table_saved(view->stages[s]->table);
        keyed_state_saved(view->stages[s]->keyed);
    }
    return LEVADA_OK;
}

/* ---- reading ---- */

/* A cell while table_restore_row takes it. */
union cell_room {
    int64_t bits;
    struct levada_bytes bytes;
};

struct restorer {
    struct checkpoint *checkpoint;
    const struct checkpoint_view *view;
    struct levada_scalar *groups; /* room for the most that a table has */
    const void **cells;
    union cell_room *rooms;
};

static struct stage *
find_stage(const struct checkpoint_view *view, const struct codec_key *parts)
{
    for (uint32_t s = 0; s < view->n_stages; s++) {
        const char *name = view->stages[s]->name;
        if (strlen(name) == parts->stage_n && memcmp(name, parts->stage, parts->stage_n) == 0)
            return view->stages[s];
    }
    return NULL;
}

static levada_status
unreadable(struct error *err)
{
    return error_set(err, LEVADA_REJECT,
                     "the checkpoint holds an entry that cannot be read; it was written by another "
                     "version, or is torn");
}

static levada_status
restore_position(const struct restorer *restorer, const struct stage *stage,
                 struct codec_reader key, struct levada_bytes value, struct error *err)
{
    struct codec_reader reader = codec_read(value);
    struct levada_position position = { .partition = (int32_t)codec_get_key_i64(&key) };
    position.stream = (struct levada_bytes){ key.at, key.n };
    position.next = codec_get_i64(&reader);
    codec_get_i64(&reader);
    position.latest = -1; /* it may have grown since */
    position.detail = (struct levada_bytes){ reader.at, reader.n };
    if (key.failed || reader.failed)
        return unreadable(err);
    if (!positions_set(restorer->view->positions, stage, &position))
        return error_set(err, LEVADA_FATAL, "out of memory");
    return LEVADA_OK;
}

static levada_status
restore_watermark(const struct restorer *restorer, struct stage *stage, struct codec_reader key,
                  struct levada_bytes value, struct error *err)
{
    struct codec_reader reader = codec_read(value);
    int64_t time_ms = codec_get_i64(&reader);
    if (stage->table == NULL || reader.failed)
        return unreadable(err);
    if (key.n == 0) {
        table_restore_closed_until(stage->table, time_ms);
        return LEVADA_OK;
    }
    char name[4200];
    int32_t partition = (int32_t)codec_get_key_i64(&key);
    if (key.failed || key.n >= sizeof(name))
        return unreadable(err);
    memcpy(name, key.at, key.n);
    name[key.n] = '\0';
    /* Without a source: from a version in which streams had none. */
    const char *source = name + strlen(name) + (strlen(name) < key.n);
    uint32_t stream = record_space_stream(restorer->view->space, source, name);
    if (stream == UINT32_MAX)
        return error_set(err, LEVADA_FATAL, "out of memory");
    return table_restore_partition(stage->table, stream, partition, time_ms, err);
}

/* The cell as table_restore_row takes it, in @room or where it is read. */
static const void *
get_cell(struct codec_reader *reader, const struct table_cell *cell, union cell_room *room)
{
    if (cell->type == LEVADA_T_BIN && !table_cell_is_any_length(cell))
        return codec_get_bytes(reader, table_cell_bytes(cell));
    int64_t bits = codec_get_i64(reader);
    if (cell->type != LEVADA_T_BIN)
        room->bits = bits;
    else if (bits < 0)
        room->bytes = (struct levada_bytes){ NULL, 0 };
    else
        room->bytes =
            (struct levada_bytes){ codec_get_bytes(reader, (size_t)bits), (uint64_t)bits };
    return room;
}

static levada_status
restore_row(const struct restorer *restorer, struct stage *stage, struct codec_reader key,
            struct levada_bytes value, struct error *err)
{
    struct codec_reader reader = codec_read(value);
    uint32_t n_cells;
    struct table_row row = { .start_ms = codec_get_key_i64(&key),
                             .groups = restorer->groups,
                             .cells = restorer->cells };
    if (stage->table == NULL)
        return unreadable(err);
    for (uint64_t g = 0; g < stage->table_options.group_by.n; g++)
        restorer->groups[g] = codec_get_scalar(&reader);
    const struct table_cell *cells = table_cells(stage->table, &n_cells);
    for (uint32_t c = 0; c < n_cells; c++)
        restorer->cells[c] = get_cell(&reader, &cells[c], &restorer->rooms[c]);
    if (key.failed || reader.failed || reader.n != 0)
        return unreadable(err);
    return table_restore_row(stage->table, &row, err);
}

static bool
is_meta(const struct codec_key *parts, const char *name)
{
    return parts->stage_n == strlen(name) && memcmp(parts->stage, name, parts->stage_n) == 0;
}

static levada_status
restore_meta(const struct restorer *restorer, const struct codec_key *parts,
             struct levada_bytes value)
{
    struct codec_reader reader = codec_read(value);
    if (is_meta(parts, META_ID) && value.n == UUID_SIZE - 1) {
        memcpy(restorer->view->id, value.p, value.n);
        restorer->view->id[value.n] = '\0';
    } else if (is_meta(parts, META_EPOCH)) {
        *restorer->view->epoch = (uint64_t)codec_get_i64(&reader);
    }
    return LEVADA_OK;
}

static levada_status
restore_entry(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    const struct restorer *restorer = user;
    struct codec_key parts;
    if (key.n > 0 && *(const char *)key.p == '\0')
        return LEVADA_OK; /* the store's own */
    if (!codec_split_key(key, &parts))
        return unreadable(err);
    if (parts.kind == CODEC_META)
        return restore_meta(restorer, &parts, value);
    struct stage *stage = find_stage(restorer->view, &parts);
    if (stage == NULL && parts.kind == CODEC_SHAPE)
        return LEVADA_OK; /* the stage may go if it left nothing else */
    if (stage == NULL)
        return error_set(err, LEVADA_CONFIG,
                         "the checkpoint holds the state of a stage \"%.*s\", which is not in the "
                         "pipeline any more; give it another `checkpoint`, or undo the change",
                         (int)parts.stage_n, parts.stage);
    switch (parts.kind) {
    case CODEC_SHAPE:
        return shape_compare(stage, value.p, value.n, err);
    case CODEC_POSITION:
        return restore_position(restorer, stage, parts.rest, value, err);
    case CODEC_WATERMARK:
        return restore_watermark(restorer, stage, parts.rest, value, err);
    case CODEC_ROW:
        return restore_row(restorer, stage, parts.rest, value, err);
    case CODEC_KEYED:
    case CODEC_META:
        break; /* KEYED: read when it is asked for */
    }
    return LEVADA_OK;
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

static bool
connect_keyed_state(struct checkpoint *checkpoint, const struct checkpoint_view *view)
{
    if (checkpoint->readers != NULL)
        return true; /* restored before */
    checkpoint->readers = calloc(view->n_stages + 1, sizeof(*checkpoint->readers));
    if (checkpoint->readers == NULL)
        return false;
    for (uint32_t s = 0; s < view->n_stages; s++) {
        struct keyed_reader *reader = &checkpoint->readers[s];
        *reader = (struct keyed_reader){ checkpoint, view->stages[s] };
        struct keyed_source source = { keyed_get, keyed_next, reader };
        keyed_state_set_source(view->stages[s]->keyed, &source);
    }
    return true;
}

levada_status
checkpoint_restore(struct checkpoint *checkpoint, const struct checkpoint_view *view,
                   struct error *err)
{
    struct levada_bytes id;
    levada_status status = LEVADA_FATAL;
    uint64_t n_groups = 1;
    uint32_t n_cells = 1;
    for (uint32_t s = 0; s < view->n_stages; s++) {
        const struct stage *stage = view->stages[s];
        if (stage->table_options.group_by.n > n_groups)
            n_groups = stage->table_options.group_by.n;
        if (stage->table == NULL)
            continue;
        uint32_t n;
        table_cells(stage->table, &n);
        n_cells = n > n_cells ? n : n_cells;
    }
    struct restorer restorer = { checkpoint, view, calloc(n_groups, sizeof(*restorer.groups)),
                                 calloc(n_cells, sizeof(void *)),
                                 calloc(n_cells, sizeof(*restorer.rooms)) };
    codec_begin_key(&checkpoint->key, CODEC_META, META_ID);
    if (restorer.groups == NULL || restorer.cells == NULL || restorer.rooms == NULL ||
        checkpoint->key.failed || !connect_keyed_state(checkpoint, view)) {
        error_set(err, LEVADA_FATAL, "out of memory");
        goto out;
    }
    status = store_get(checkpoint->store, codec_bytes(&checkpoint->key), &id, err);
    checkpoint->is_new = status >= 0 && id.p == NULL;
    if (status >= 0 && !checkpoint->is_new)
        status = store_each(checkpoint->store, text_bytes(""), restore_entry, &restorer, err);

out:
    free(restorer.groups);
    free(restorer.cells);
    free(restorer.rooms);
    return status;
}
