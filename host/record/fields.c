/* SPDX-License-Identifier: Apache-2.0 */
/* A batch as records again: its fields in order, and values made of columns when somebody asks. */
#include "record/batch_private.h"
#include "record/value.h"

#include <string.h>

/* ---- which fields, in which order ---- */

struct field_list {
    const struct levada_path **paths;
    uint32_t n, room;
    struct arena *arena;
    bool failed;
};

static void
list_insert(struct field_list *list, uint32_t at, const struct levada_path *path)
{
    if (list->n == list->room) {
        uint32_t room = list->room > 0 ? list->room * 2 : 32;
        const struct levada_path **paths =
            arena_alloc(list->arena, room * sizeof(struct levada_path *));
        if (paths == NULL) {
            list->failed = true;
            return;
        }
        if (list->n > 0)
            memcpy(paths, list->paths, list->n * sizeof(struct levada_path *));
        list->paths = paths;
        list->room = room;
    }
    memmove(list->paths + at + 1, list->paths + at, (list->n - at) * sizeof(struct levada_path *));
    list->paths[at] = path;
    list->n++;
}

static uint32_t
list_find(const struct field_list *list, const struct levada_path *path)
{
    uint32_t at = 0;
    while (at < list->n && list->paths[at] != path)
        at++;
    return at;
}

/* The records' own fields, less those unset, and those that were set in their places. */
static struct field_list
implicit_fields(struct batch *batch, struct error *err)
{
    struct field_list list = { .arena = &batch->block->arena };
    uint32_t n = 0;
    const struct levada_path *const *own =
        batch->block->decoder != NULL ? batch_decoder_fields(batch->block->decoder, batch, &n, err)
                                      : NULL;
    list.failed = own == NULL && batch->block->decoder != NULL && n == 0 && err->status < 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct view_column *view = batch_view(batch, own[i]);
        if (view == NULL || (view->flags & VIEW_HIDDEN) == 0)
            list_insert(&list, list.n, own[i]);
    }
    for (uint32_t c = 0; c < batch->n_columns && !list.failed; c++) {
        const struct view_column *view = &batch->columns[c];
        if ((view->flags & VIEW_SET) == 0 || view->path->kind != PATH_FIELD ||
            list_find(&list, view->path) < list.n)
            continue;
        uint32_t after = view->after != NULL ? list_find(&list, view->after) : list.n;
        list_insert(&list, after < list.n ? after + 1 : list.n, view->path);
    }
    return list;
}

static uint32_t
field_flags(struct batch *batch, const struct levada_path *path)
{
    const struct view_column *view = batch_view(batch, path);
    if (view != NULL)
        return view->column.ids != NULL ? LEVADA_FIELD_IDS : 0;
    const struct block *block = batch->block;
    bool has_ids = path->number < block->n_base && block->base[path->number].ids != NULL;
    return has_ids ? LEVADA_FIELD_IDS : 0;
}

/* A field's name as it stands in JSON: of a path of one step, that; else its text. */
static const char *
field_name(const struct levada_path *path)
{
    return path_is_top(path) ? path->steps[0].name : path->text;
}

const struct levada_field *
batch_fields(struct batch *batch, uint32_t *n, struct error *err)
{
    struct error reason = { .status = LEVADA_OK };
    struct field_list list = { .paths = batch->order, .n = batch->n_order };
    if (!batch->listed)
        list = implicit_fields(batch, &reason);
    struct levada_field *fields =
        list.failed ? NULL : arena_alloc(&batch->block->arena, list.n * sizeof(*fields));
    if (fields == NULL) {
        if (reason.status < 0)
            error_set(err, reason.status, "%s", reason.text);
        else
            error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    for (uint32_t i = 0; i < list.n; i++)
        fields[i] = (struct levada_field){ .path = list.paths[i],
                                           .name = field_name(list.paths[i]),
                                           .flags = field_flags(batch, list.paths[i]) };
    *n = list.n;
    return fields;
}

/* ---- values ---- */

/* The block's records with JSON values on one line, made once for all handles. */
static const struct levada_record *
compact_records(struct block *block)
{
    if (block->compact != NULL)
        return block->compact;
    struct levada_record *compact = arena_alloc(&block->arena, block->n * sizeof(*compact));
    if (compact == NULL)
        return NULL;
    if (block->n > 0)
        memcpy(compact, block->records, block->n * sizeof(*compact));
    for (uint32_t i = 0; i < block->n; i++) {
        struct levada_bytes *value = &compact[i].value;
        if (value->p == NULL || (compact[i].flags & LEVADA_R_OPAQUE) != 0)
            continue;
        char *text = arena_bytes(&block->arena, value->n);
        if (text == NULL)
            return NULL;
        value->n = json_compact(*value, text);
        value->p = text;
    }
    block->compact = compact;
    return compact;
}

static const struct levada_record *
unchanged_records(struct batch *batch)
{
    const struct levada_record *all = compact_records(batch->block);
    if (all == NULL || batch->index == NULL)
        return all;
    struct levada_record *records =
        arena_alloc(&batch->block->arena, batch->public.n * sizeof(*records));
    for (uint32_t i = 0; records != NULL && i < batch->public.n; i++)
        records[i] = all[batch->index[i]];
    return records;
}

/* One value being written: the members of the record, with those that were set in their places. */
struct value_writer {
    struct batch *batch;
    struct strbuf *out;
    uint32_t record;
    bool *written; /* by view column */
    bool first;
    struct error *err;
};

static void
write_name(struct value_writer *writer, const char *name, size_t n)
{
    strbuf_char(writer->out, writer->first ? '{' : ',');
    writer->first = false;
    strbuf_json_string(writer->out, name, n);
    strbuf_char(writer->out, ':');
}

static void
write_scalar(struct value_writer *writer, const struct levada_scalar *value)
{
    if (value->type != LEVADA_T_JSON) {
        value_write_json(value, writer->out);
        return;
    }
    char *text = arena_bytes(&writer->batch->block->arena, value->len);
    if (text == NULL) {
        writer->out->failed = true;
        return;
    }
    struct levada_bytes bytes = { value->u.s, value->len };
    strbuf_add(writer->out, text, json_compact(bytes, text));
}

static void write_set_column(struct value_writer *writer, uint32_t c);

/* The new fields that stand behind @path. */
static void
write_followers(struct value_writer *writer, const struct levada_path *path)
{
    for (uint32_t c = 0; c < writer->batch->n_columns; c++) {
        if (writer->batch->columns[c].after == path)
            write_set_column(writer, c);
    }
}

static void
write_set_column(struct value_writer *writer, uint32_t c)
{
    struct view_column *view = &writer->batch->columns[c];
    if (writer->written[c] || (view->flags & VIEW_SET) == 0 || view->path->kind != PATH_FIELD)
        return;
    writer->written[c] = true;
    const struct levada_path *path = view->path;
    const struct levada_scalar *values = batch_column(writer->batch, path, writer->err);
    if (values == NULL) {
        writer->out->failed = true;
        return;
    }
    const struct levada_scalar *value = &values[writer->record];
    if (value->type != LEVADA_T_MISSING) {
        const char *name = field_name(path);
        write_name(writer, name, strlen(name));
        write_scalar(writer, value);
    }
    write_followers(writer, path);
}

static bool
write_member(void *user, const char *name, size_t name_n, const char *text, size_t text_n)
{
    struct value_writer *writer = user;
    const struct levada_path *path =
        path_set_field(writer->batch->block->space->paths, name, name_n);
    if (path == NULL)
        return false;
    for (uint32_t c = 0; c < writer->batch->n_columns; c++) {
        const struct view_column *view = &writer->batch->columns[c];
        if (view->path != path || view->flags == 0)
            continue;
        if ((view->flags & VIEW_SET) != 0)
            write_set_column(writer, c);
        return !writer->out->failed;
    }
    write_name(writer, name, name_n);
    strbuf_add(writer->out, text, text_n);
    write_followers(writer, path);
    return !writer->out->failed;
}

static bool
write_changed(struct value_writer *writer)
{
    struct batch *batch = writer->batch;
    const struct levada_record *record = batch_origin(batch, writer->record);
    memset(writer->written, 0, batch->n_columns * sizeof(bool));
    if (batch->block->decoder != NULL && record->value.p != NULL &&
        (record->flags & LEVADA_R_OPAQUE) == 0 &&
        !json_members(batch_decoder_json(batch->block->decoder), record->value, true, write_member,
                      writer))
        return false;
    for (uint32_t c = 0; c < batch->n_columns; c++)
        write_set_column(writer, c);
    return true;
}

static bool
write_listed(struct value_writer *writer)
{
    struct batch *batch = writer->batch;
    for (uint32_t f = 0; f < batch->n_order; f++) {
        const struct levada_scalar *values = batch_column(batch, batch->order[f], writer->err);
        if (values == NULL)
            return false;
        if (values[writer->record].type == LEVADA_T_MISSING)
            continue;
        const char *name = field_name(batch->order[f]);
        write_name(writer, name, strlen(name));
        write_scalar(writer, &values[writer->record]);
    }
    return true;
}

static const struct levada_record *
changed_records(struct batch *batch, struct error *err)
{
    struct arena *arena = &batch->block->arena;
    uint32_t n = batch->public.n;
    struct levada_record *records = arena_alloc(arena, n * sizeof(*records));
    struct strbuf out = { 0 };
    struct value_writer writer = { .batch = batch, .out = &out, .err = err };
    writer.written = arena_alloc(arena, (batch->n_columns + 1) * sizeof(bool));
    bool done = records != NULL && writer.written != NULL;
    for (uint32_t i = 0; done && i < n; i++) {
        strbuf_clear(&out);
        writer.record = i;
        writer.first = true;
        done = batch->listed ? write_listed(&writer) : write_changed(&writer);
        if (writer.first)
            strbuf_char(&out, '{');
        strbuf_char(&out, '}');
        char *text = done && !strbuf_failed(&out) ? arena_copy(arena, out.text, out.n) : NULL;
        done = text != NULL;
        records[i] = *batch_origin(batch, i);
        records[i].value = (struct levada_bytes){ text, out.n };
        records[i].flags &= ~LEVADA_R_OPAQUE; /* whatever it was, this is JSON */
    }
    strbuf_finish(&out);
    return done ? records : NULL;
}

const struct levada_record *
batch_records(struct batch *batch, struct error *err)
{
    if (batch->records != NULL)
        return batch->records;
    struct error reason = { .status = LEVADA_OK };
    const struct levada_record *records =
        !batch_is_changed(batch) ? unchanged_records(batch) : changed_records(batch, &reason);
    if (records == NULL) {
        if (reason.status < 0)
            error_set(err, reason.status, "%s", reason.text);
        else
            error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    batch->records = records;
    return records;
}
