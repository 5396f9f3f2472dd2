/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/entries.h"

#include "base/strbuf.h"
#include "base/uuid.h"
#include "runtime/row_codec.h"
#include "runtime/shape.h"

#include <stdlib.h>
#include <string.h>

#define META_ID "id"
#define META_EPOCH "epoch"

/* ---- writing ---- */

void
entry_writer_finish(struct entry_writer *w)
{
    codec_finish(&w->key);
    codec_finish(&w->value);
    codec_finish(&w->group);
}

levada_status
entry_made(const struct entry_writer *w, struct error *err)
{
    if (w->key.failed || w->value.failed || w->group.failed)
        return error_set(err, LEVADA_FATAL, "out of memory");
    return LEVADA_OK;
}

void
entry_text(struct entry_writer *w, const char *name, const char *text)
{
    codec_begin_key(&w->key, CODEC_META, name);
    w->value.n = 0;
    codec_put_bytes(&w->value, text, strlen(text));
}

void
entry_epoch(struct entry_writer *w, uint64_t epoch)
{
    codec_begin_key(&w->key, CODEC_META, META_EPOCH);
    w->value.n = 0;
    codec_put_i64(&w->value, (int64_t)epoch);
}

void
entry_position(struct entry_writer *w, const struct partition *partition)
{
    const struct levada_position *position = &partition->position;
    codec_begin_key(&w->key, CODEC_POSITION, partition->source->name);
    codec_put_key_i64(&w->key, position->partition);
    codec_put_hash(&w->key, position->stream.p, position->stream.n);
    w->value.n = 0;
    codec_put_i64(&w->value, position->next);
    codec_put_i64(&w->value, position->latest);
    codec_put_sized(&w->value, position->stream);
    codec_put_bytes(&w->value, position->detail.p, position->detail.n);
}

void
entry_shape(struct entry_writer *w, const struct stage *stage)
{
    struct strbuf shape = { 0 };
    shape_write(stage, &shape);
    codec_begin_key(&w->key, CODEC_SHAPE, stage->name);
    w->value.n = 0;
    codec_put_bytes(&w->value, strbuf_text(&shape), shape.n);
    w->value.failed |= strbuf_failed(&shape);
    strbuf_finish(&shape);
}

void
entry_watermark(struct entry_writer *w, const struct stage *stage, uint32_t stream,
                int32_t partition, int64_t max_ms)
{
    const char *name = record_space_stream_name(stage->space, stream);
    const char *source = record_space_stream_source(stage->space, stream);
    w->group.n = 0;
    codec_put_sized(&w->group, (struct levada_bytes){ name, strlen(name) });
    codec_put_bytes(&w->group, source, strlen(source));
    codec_begin_key(&w->key, CODEC_WATERMARK, stage->name);
    codec_put_key_i64(&w->key, partition);
    codec_put_hash(&w->key, w->group.bytes, w->group.n);
    w->value.n = 0;
    codec_put_i64(&w->value, max_ms);
    codec_put_bytes(&w->value, w->group.bytes, w->group.n);
}

void
entry_origin(struct entry_writer *w, const struct stage *stage, int32_t origin, int64_t time_ms,
             bool is_idle)
{
    codec_begin_key(&w->key, CODEC_ORIGIN, stage->name);
    codec_put_key_i64(&w->key, origin);
    w->value.n = 0;
    codec_put_i64(&w->value, time_ms);
    codec_put_i64(&w->value, is_idle);
}

uint32_t
entry_origin_stream(const struct stage *stage)
{
    return record_space_stream(stage->space, stage->name, "repartition");
}

void
entry_closed_until(struct entry_writer *w, const struct stage *stage)
{
    codec_begin_key(&w->key, CODEC_WATERMARK, stage->name);
    w->value.n = 0;
    codec_put_i64(&w->value, table_closed_until(stage->table));
}

void
entry_row_key(struct entry_writer *w, const struct stage *stage, const struct table_row *row)
{
    w->group.n = 0;
    row_codec_put_groups(&w->group, stage, row);
    codec_begin_key(&w->key, CODEC_ROW, stage->name);
    codec_put_key_i64(&w->key, row->start_ms);
    codec_put_hash(&w->key, w->group.bytes, w->group.n);
}

void
entry_row(struct entry_writer *w, const struct stage *stage, const struct table_row *row)
{
    entry_row_key(w, stage, row);
    w->value.n = 0;
    codec_put_bytes(&w->value, w->group.bytes, w->group.n);
    row_codec_put_cells(&w->value, stage, row);
}

/* ---- reading ---- */

struct entry_reader {
    struct checkpoint_view view;
    struct row_room room;
};

struct entry_reader *
entry_reader_create(const struct checkpoint_view *view)
{
    struct entry_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return NULL;
    reader->view = *view;
    if (row_room_init(&reader->room, view->stages, view->n_stages))
        return reader;
    entry_reader_destroy(reader);
    return NULL;
}

void
entry_reader_destroy(struct entry_reader *reader)
{
    if (reader == NULL)
        return;
    row_room_finish(&reader->room);
    free(reader);
}

static levada_status
unreadable(struct error *err)
{
    return error_set(err, LEVADA_REJECT,
                     "what was kept holds an entry that cannot be read; it was written by another "
                     "version, or is torn");
}

static struct stage *
find_stage(const struct entry_reader *reader, const struct codec_key *parts)
{
    for (uint32_t s = 0; s < reader->view.n_stages; s++) {
        const char *name = reader->view.stages[s]->name;
        if (strlen(name) == parts->stage_n && memcmp(name, parts->stage, parts->stage_n) == 0)
            return reader->view.stages[s];
    }
    return NULL;
}

static bool
is_meta(const struct codec_key *parts, const char *name)
{
    return parts->stage_n == strlen(name) && memcmp(parts->stage, name, parts->stage_n) == 0;
}

static levada_status
restore_meta(const struct entry_reader *reader, const struct codec_key *parts,
             struct levada_bytes value)
{
    struct codec_reader bytes = codec_read(value);
    if (is_meta(parts, META_ID) && value.n == UUID_SIZE - 1) {
        memcpy(reader->view.id, value.p, value.n);
        reader->view.id[value.n] = '\0';
    } else if (is_meta(parts, META_EPOCH)) {
        *reader->view.epoch = (uint64_t)codec_get_i64(&bytes);
    }
    return LEVADA_OK;
}

static levada_status
restore_position(const struct entry_reader *reader, const struct stage *stage,
                 struct codec_reader key, struct levada_bytes value, struct error *err)
{
    struct codec_reader bytes = codec_read(value);
    struct levada_position position = { .partition = (int32_t)codec_get_key_i64(&key) };
    position.next = codec_get_i64(&bytes);
    codec_get_i64(&bytes);
    position.latest = -1; /* it may have grown since */
    position.stream = codec_get_sized(&bytes);
    position.detail = (struct levada_bytes){ bytes.at, bytes.n };
    if (key.failed || bytes.failed)
        return unreadable(err);
    if (!positions_set(reader->view.positions, stage, &position))
        return error_set(err, LEVADA_FATAL, "out of memory");
    return LEVADA_OK;
}

/* UINT32_MAX: out of memory. */
static uint32_t
stream_of(struct record_space *space, struct levada_bytes name, const void *source, size_t n)
{
    char *name_text = strndup(name.p, name.n), *source_text = strndup(source, n);
    uint32_t stream = name_text != NULL && source_text != NULL
                          ? record_space_stream(space, source_text, name_text)
                          : UINT32_MAX;
    free(name_text);
    free(source_text);
    return stream;
}

static levada_status
restore_watermark(const struct entry_reader *reader, struct stage *stage, struct codec_reader key,
                  struct levada_bytes value, struct error *err)
{
    struct codec_reader bytes = codec_read(value);
    int64_t time_ms = codec_get_i64(&bytes);
    if (stage->table == NULL || bytes.failed)
        return unreadable(err);
    if (key.n == 0) {
        table_restore_closed_until(stage->table, time_ms);
        return LEVADA_OK;
    }
    int32_t partition = (int32_t)codec_get_key_i64(&key);
    struct levada_bytes name = codec_get_sized(&bytes);
    if (key.failed || bytes.failed)
        return unreadable(err);
    uint32_t stream = stream_of(reader->view.space, name, bytes.at, bytes.n);
    if (stream == UINT32_MAX)
        return error_set(err, LEVADA_FATAL, "out of memory");
    return table_restore_partition(stage->partial != NULL ? stage->partial : stage->table, stream,
                                   partition, time_ms, err);
}

static levada_status
restore_origin(struct stage *stage, struct codec_reader key, struct levada_bytes value,
               struct error *err)
{
    struct codec_reader bytes = codec_read(value);
    int32_t origin = (int32_t)codec_get_key_i64(&key);
    int64_t time_ms = codec_get_i64(&bytes), idle = codec_get_i64(&bytes);
    if (stage->partial == NULL || key.failed || bytes.failed)
        return unreadable(err);
    uint32_t stream = entry_origin_stream(stage);
    if (stream == UINT32_MAX)
        return error_set(err, LEVADA_FATAL, "out of memory");
    levada_status status = table_restore_partition(stage->table, stream, origin, time_ms, err);
    if (status >= 0)
        table_set_idle(stage->table, stream, origin, idle != 0);
    return status;
}

typedef levada_status take_row_fn(struct table *table, const struct table_row *row,
                                  struct error *err);

static levada_status
restore_row(struct entry_reader *reader, struct stage *stage, struct codec_reader key,
            struct levada_bytes value, take_row_fn *take, struct error *err)
{
    struct codec_reader bytes = codec_read(value);
    if (stage->table == NULL)
        return unreadable(err);
    const struct table_row row =
        row_codec_get(&reader->room, stage, codec_get_key_i64(&key), &bytes, &bytes);
    if (key.failed || bytes.failed || bytes.n != 0)
        return unreadable(err);
    return take(stage->table, &row, err);
}

levada_status
entry_restore(struct entry_reader *reader, struct levada_bytes key, struct levada_bytes value,
              struct error *err)
{
    struct codec_key parts;
    if (!codec_split_key(key, &parts))
        return unreadable(err);
    if (parts.kind == CODEC_META)
        return restore_meta(reader, &parts, value);
    struct stage *stage = find_stage(reader, &parts);
    if (stage == NULL && parts.kind == CODEC_SHAPE)
        return LEVADA_OK; /* the stage may go if it left nothing else */
    if (stage == NULL && parts.kind == CODEC_POSITION && reader->view.of_group)
        return LEVADA_OK; /* the source may be called otherwise now */
    if (stage == NULL)
        return error_set(err, LEVADA_CONFIG,
                         "what was kept holds the state of a stage \"%.*s\", which is not in the "
                         "pipeline any more; undo the change, or begin anew elsewhere",
                         (int)parts.stage_n, parts.stage);
    switch (parts.kind) {
    case CODEC_SHAPE:
        return shape_compare(stage, value.p, value.n, err);
    case CODEC_POSITION:
        return restore_position(reader, stage, parts.rest, value, err);
    case CODEC_WATERMARK:
        return restore_watermark(reader, stage, parts.rest, value, err);
    case CODEC_ROW:
        return restore_row(reader, stage, parts.rest, value, table_restore_row, err);
    case CODEC_ORIGIN:
        return restore_origin(stage, parts.rest, value, err);
    case CODEC_LOG: /* read as a whole, by stage_rows.h */
        return stage->table != NULL ? LEVADA_OK : unreadable(err);
    case CODEC_KEYED: /* read when it is asked for */
    case CODEC_META:
        break;
    }
    return LEVADA_OK;
}

levada_status
entry_merge(struct entry_reader *reader, struct stage *stage, struct levada_bytes key,
            struct levada_bytes value, struct error *err)
{
    struct codec_key parts;
    if (!codec_split_key(key, &parts) || find_stage(reader, &parts) != stage)
        return unreadable(err);
    if (parts.kind == CODEC_ROW)
        return restore_row(reader, stage, parts.rest, value, table_merge_row, err);
    return parts.kind == CODEC_ORIGIN ? restore_origin(stage, parts.rest, value, err)
                                      : unreadable(err);
}
