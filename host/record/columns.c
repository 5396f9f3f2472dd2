/* SPDX-License-Identifier: Apache-2.0 */
/* A batch by columns: read once, cached, set above the block. */
#include "record/batch_private.h"
#include "record/value.h"

#include <string.h>

struct view_column *
batch_view(struct batch *batch, const struct levada_path *path)
{
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        if (batch->columns[c].path == path)
            return &batch->columns[c];
    }
    return NULL;
}

struct view_column *
batch_view_make(struct batch *batch, const struct levada_path *path)
{
    struct view_column *view = batch_view(batch, path);
    if (view != NULL)
        return view;
    if (batch->n_columns == batch->room_columns) {
        uint32_t room = batch->room_columns > 0 ? batch->room_columns * 2 : 8;
        struct view_column *columns = arena_alloc(&batch->block->arena, room * sizeof(*columns));
        if (columns == NULL)
            return NULL;
        if (batch->n_columns > 0)
            memcpy(columns, batch->columns, batch->n_columns * sizeof(*columns));
        batch->columns = columns;
        batch->room_columns = room;
    }
    view = &batch->columns[batch->n_columns++];
    *view = (struct view_column){ .path = path };
    return view;
}

bool
batch_is_set(struct batch *batch, const struct levada_path *path)
{
    const struct view_column *view = batch_view(batch, path);
    return view != NULL && (view->flags & VIEW_SET) != 0;
}

bool
batch_is_changed(const struct batch *batch)
{
    if (batch->listed)
        return true;
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        if (batch->columns[c].flags != 0 && batch->columns[c].path->kind == PATH_FIELD)
            return true;
    }
    return false;
}

static void *
out_of_memory(struct error *err)
{
    error_set(err, LEVADA_FATAL, "out of memory");
    return NULL;
}

/*
 * The column to read @path from: the one set above the block, else the block's own, else a cache of
 * it for the records that this handle shows.
 */
static struct column *
find_column(struct batch *batch, const struct levada_path *path, struct error *err)
{
    struct view_column *view = batch_view(batch, path);
    if (view != NULL)
        return &view->column;
    if (batch->index == NULL)
        return block_column(batch->block, path, err);
    struct column *base = block_column(batch->block, path, err);
    if (base == NULL)
        return NULL;
    struct column from = *base; /* making the view may move the block's columns */
    bool failed = false;
    view = batch_view_make(batch, path);
    if (view == NULL)
        return out_of_memory(err);
    view->column = column_gather(batch->block, &from, batch->index, batch->public.n, &failed);
    return failed ? out_of_memory(err) : &view->column;
}

static const struct levada_scalar *
values_of_ids(struct batch *batch, const struct column *column, struct error *err)
{
    uint32_t n = batch->public.n;
    struct levada_scalar *values = arena_alloc(&batch->block->arena, n * sizeof(*values));
    if (values == NULL)
        return out_of_memory(err);
    const struct levada_scalar *entry = dict_public(column->dict)->entry;
    for (uint32_t i = 0; i < n; i++)
        values[i] = entry[column->ids[i]];
    return values;
}

const struct levada_scalar *
batch_column(struct batch *batch, const struct levada_path *path, struct error *err)
{
    struct column *column = find_column(batch, path, err);
    if (column == NULL)
        return NULL;
    if (column->values == NULL)
        column->values = values_of_ids(batch, column, err);
    return column->values;
}

const uint32_t *
batch_ids(struct batch *batch, const struct levada_path *path, const struct levada_dict **dict,
          struct error *err)
{
    struct column *column = find_column(batch, path, err);
    if (column == NULL)
        return NULL;
    if (column->ids == NULL) {
        uint32_t *ids = arena_alloc(&batch->block->arena, batch->public.n * sizeof(*ids));
        struct dict *own = record_space_dict(batch->block->space, path);
        if (ids == NULL || own == NULL || !block_hold_dict(batch->block, own) ||
            !dict_add_all(own, column->values, batch->public.n, ids))
            return out_of_memory(err);
        column->ids = ids;
        column->dict = own;
    }
    *dict = dict_public(column->dict);
    return column->ids;
}

const int64_t *
batch_times(struct batch *batch, const struct levada_path *path, struct error *err)
{
    const struct levada_scalar *values = batch_column(batch, path, err);
    if (values == NULL)
        return NULL;
    struct column *column = find_column(batch, path, err);
    if (column->times == NULL) {
        int64_t *times = arena_alloc(&batch->block->arena, batch->public.n * sizeof(*times));
        if (times == NULL)
            return out_of_memory(err);
        value_times(values, batch->public.n, times);
        column->times = times;
    }
    return column->times;
}

/* ---- writing ---- */

static bool
order_insert(struct batch *batch, const struct levada_path *path, const struct levada_path *after)
{
    uint32_t at = batch->n_order;
    for (uint32_t i = 0; i < batch->n_order; i++) {
        if (batch->order[i] == path)
            return true;
        if (batch->order[i] == after)
            at = i + 1;
    }
    if (batch->n_order == batch->room_order) {
        uint32_t room = batch->room_order > 0 ? batch->room_order * 2 : 8;
        const struct levada_path **order =
            arena_alloc(&batch->block->arena, room * sizeof(struct levada_path *));
        if (order == NULL)
            return false;
        if (batch->n_order > 0)
            memcpy(order, batch->order, batch->n_order * sizeof(struct levada_path *));
        batch->order = order;
        batch->room_order = room;
    }
    memmove(batch->order + at + 1, batch->order + at,
            (batch->n_order - at) * sizeof(struct levada_path *));
    batch->order[at] = path;
    batch->n_order++;
    return true;
}

/* What was set makes rows of the fields from now on, even of records that were kept. */
static void
forget_records(struct batch *batch)
{
    batch->keep_records = false;
    batch->records = NULL;
}

struct view_column *
batch_begin_set(struct batch *batch, const struct levada_path *path, const struct levada_path *after)
{
    struct view_column *view = batch_view_make(batch, path);
    if (view == NULL)
        return NULL;
    view->flags = VIEW_SET;
    view->after = after;
    view->column = (struct column){ .values = NULL };
    forget_records(batch);
    if (batch->listed && path->kind == PATH_FIELD && !order_insert(batch, path, after))
        return NULL;
    return view;
}

static struct levada_scalar *
copy_values(struct arena *arena, const struct levada_scalar *values, uint32_t n)
{
    struct levada_scalar *copy = arena_alloc(arena, n * sizeof(*copy));
    if (copy == NULL)
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = values[i];
        if (values[i].type < LEVADA_T_STR || values[i].type > LEVADA_T_NUM)
            continue;
        char *text = arena_bytes(arena, values[i].len);
        if (text == NULL)
            return NULL;
        if (values[i].len > 0)
            memcpy(text, values[i].u.s, values[i].len);
        copy[i].u.s = text;
    }
    return copy;
}

levada_status
batch_set_column(struct batch *batch, const struct levada_path *path,
                 const struct levada_scalar *values, const struct levada_path *after,
                 struct error *err)
{
    struct levada_scalar *copy = copy_values(&batch->block->arena, values, batch->public.n);
    struct view_column *view = copy != NULL ? batch_begin_set(batch, path, after) : NULL;
    if (view == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    view->column.values = copy;
    return LEVADA_OK;
}

struct levada_scalar *
batch_new_column(struct batch *batch, const struct levada_path *path,
                 const struct levada_path *after, struct error *err)
{
    struct levada_scalar *values =
        arena_alloc(&batch->block->arena, batch->public.n * sizeof(*values));
    struct view_column *view = values != NULL ? batch_begin_set(batch, path, after) : NULL;
    if (view == NULL)
        return out_of_memory(err);
    view->column.values = values;
    return values;
}

uint32_t *
batch_new_ids(struct batch *batch, const struct levada_path *path, struct dict *dict,
              const struct levada_path *after, struct error *err)
{
    uint32_t *ids = arena_alloc(&batch->block->arena, batch->public.n * sizeof(*ids));
    if (ids == NULL || !block_hold_dict(batch->block, dict))
        return out_of_memory(err);
    struct view_column *view = batch_begin_set(batch, path, after);
    if (view == NULL)
        return out_of_memory(err);
    view->column.ids = ids;
    view->column.dict = dict;
    return ids;
}

levada_status
batch_set_ids(struct batch *batch, const struct levada_path *path, const uint32_t *ids,
              struct dict *dict, const struct levada_path *after, struct error *err)
{
    uint32_t n = batch->public.n, entries = dict_public(dict)->n;
    for (uint32_t i = 0; i < n; i++) {
        if (ids[i] >= entries)
            return error_set(err, LEVADA_FATAL,
                             "set_ids() of id %u with a dictionary of %u entries", ids[i], entries);
    }
    uint32_t *copy = batch_new_ids(batch, path, dict, after, err);
    if (copy == NULL)
        return LEVADA_FATAL;
    memcpy(copy, ids, n * sizeof(*copy));
    return LEVADA_OK;
}

levada_status
batch_set_fields(struct batch *batch, const struct levada_path *const *paths, uint32_t n,
                 struct error *err)
{
    const struct levada_path **order =
        arena_alloc(&batch->block->arena, n * sizeof(struct levada_path *));
    if (order == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (n > 0)
        memcpy(order, paths, n * sizeof(struct levada_path *));
    batch->order = order;
    batch->n_order = batch->room_order = n;
    batch->listed = true;
    forget_records(batch);
    return LEVADA_OK;
}

static void
order_remove(struct batch *batch, const struct levada_path *path)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n_order; i++) {
        if (batch->order[i] != path)
            batch->order[n++] = batch->order[i];
    }
    batch->n_order = n;
}

levada_status
batch_unset(struct batch *batch, const struct levada_path *path, struct error *err)
{
    uint32_t n = batch->public.n;
    struct levada_scalar *missing = arena_alloc(&batch->block->arena, n * sizeof(*missing));
    struct view_column *view = missing != NULL ? batch_view_make(batch, path) : NULL;
    if (view == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    memset(missing, 0, n * sizeof(*missing));
    *view = (struct view_column){ .path = path, .flags = VIEW_HIDDEN, .column.values = missing };
    order_remove(batch, path);
    forget_records(batch);
    return LEVADA_OK;
}
