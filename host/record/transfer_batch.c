/* SPDX-License-Identifier: Apache-2.0 */
/* Whole batches, and what became of one: its records, the columns above them. */
#include "record/transfer_private.h"

/*
 * Values that lie one behind the other, as in a chunk of a file, are copied in one go, with what
 * separates them. Not under the address sanitizer, to which that may be two allocations.
 */
#if defined(__SANITIZE_ADDRESS__)
#define MOST_BETWEEN 0u
#else
#define MOST_BETWEEN 64u
#endif

enum batch_form {
    FORM_VALUE = 1, /* a batch of its own */
    FORM_VIEW,      /* a handle of the given one */
};

enum batch_flag {
    BATCH_LISTED = 1,
    BATCH_KEEPS_RECORDS = 2,
    BATCH_JSON = 4, /* the records' values are JSON that was decoded */
};

enum column_form {
    COLUMN_NONE, /* unset */
    COLUMN_VALUES,
    COLUMN_IDS,
};

/* ---- records ---- */

static const void *
offset_pointer(uint64_t offset)
{
    return (const void *)(uintptr_t)offset;
}

static const void *
put_bytes(struct wire_out *out, struct levada_bytes bytes)
{
    uint64_t offset = 0;
    if (bytes.p == NULL)
        return NULL;
    char *place = wire_place_bytes(out, bytes.n, &offset);
    if (place != NULL && bytes.n > 0)
        memcpy(place, bytes.p, bytes.n);
    return offset_pointer(offset);
}

static void
put_headers(struct wire_out *out, struct levada_record *record)
{
    uint64_t offset = 0;
    const struct levada_header *from = record->headers;
    struct levada_header *to = wire_place(out, record->n_headers * sizeof(*to), &offset);
    for (uint32_t h = 0; to != NULL && h < record->n_headers; h++) {
        to[h] = from[h];
        to[h].name.p = put_bytes(out, from[h].name);
        to[h].value.p = put_bytes(out, from[h].value);
    }
    record->headers = offset_pointer(offset);
}

static inline const struct levada_record *
record_at(const struct wire_values *values, uint32_t i)
{
    return &values->records[values->index != NULL ? values->index[i] : i];
}

/* The values from record @i on that one copy takes; returns the record behind them. */
static uint32_t
put_values(struct wire_out *out, const struct wire_values *values, struct levada_record *to,
           uint32_t i, uint32_t n)
{
    const char *start = record_at(values, i)->value.p, *end = start;
    uint32_t last = i;
    for (; last < n; last++) {
        const struct levada_bytes *value = &record_at(values, last)->value;
        uintptr_t between = (uintptr_t)value->p - (uintptr_t)end;
        if (value->p == NULL || (last > i && between > MOST_BETWEEN))
            break;
        end = (const char *)value->p + value->n;
    }
    uint64_t offset = 0;
    char *place = wire_place_bytes(out, (size_t)(end - start), &offset);
    if (place != NULL && end > start)
        memcpy(place, start, (size_t)(end - start));
    for (; i < last; i++)
        to[i].value.p = offset_pointer(offset + (uint64_t)((const char *)to[i].value.p - start));
    return last;
}

/* NULL: no room. */
static const struct levada_record *
put_records(struct wire_out *out, const struct wire_values *values, uint32_t n)
{
    uint64_t offset, begin = wire_begin(out);
    struct levada_record *to = wire_place(out, n * sizeof(*to), &offset);
    if (to == NULL)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        to[i] = *record_at(values, i);
    for (uint32_t i = 0; i < n;) {
        if (to[i].value.p != NULL)
            i = put_values(out, values, to, i, n);
        else
            i++;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (to[i].key.p != NULL)
            to[i].key.p = put_bytes(out, to[i].key);
        if (to[i].n_headers > 0)
            put_headers(out, &to[i]);
    }
    wire_end(out, begin);
    return out->failed ? NULL : to;
}

static bool
get_bytes(struct wire_in *in, struct levada_bytes *bytes)
{
    if (bytes->p != NULL)
        bytes->p = wire_at(in, (uintptr_t)bytes->p, bytes->n);
    return !in->failed;
}

static bool
get_headers(struct wire_in *in, struct levada_record *record, struct arena *arena)
{
    uint64_t n = record->n_headers;
    const struct levada_header *from =
        n <= in->n / sizeof(*from)
            ? (const void *)wire_at(in, (uintptr_t)record->headers, n * sizeof(*from))
            : NULL;
    struct levada_header *to = from != NULL ? arena_alloc(arena, n * sizeof(*to)) : NULL;
    if (to == NULL || (uintptr_t)from % 8 != 0)
        return false;
    memcpy(to, from, n * sizeof(*to));
    record->headers = to;
    for (uint64_t h = 0; h < n; h++) {
        if (!get_bytes(in, &to[h].name) || !get_bytes(in, &to[h].value))
            return false;
    }
    return true;
}

static bool
get_records(struct wire_in *in, struct block *block, uint32_t n)
{
    size_t end = wire_get_end(in);
    const struct levada_record *from = wire_take_array(in, n, sizeof(*from));
    if (from == NULL || !block_make_room(block, n))
        return false;
    struct levada_record *to = block->records;
    memcpy(to, from, n * sizeof(*to));
    for (uint32_t i = 0; i < n; i++) {
        to[i].flags = (to[i].flags & LEVADA_R_OPAQUE) | LEVADA_R_BORROWED;
        if (!get_bytes(in, &to[i].key) || !get_bytes(in, &to[i].value))
            return false;
        if (to[i].n_headers > 0 && !get_headers(in, &to[i], &block->arena))
            return false;
        if (to[i].n_headers == 0)
            to[i].headers = NULL;
    }
    block->n = n;
    wire_skip_to(in, end);
    return !in->failed;
}

/* ---- columns ---- */

/* One column of @batch, as it is set, or as its block has it. */
struct column_out {
    const struct levada_path *path, *after;
    unsigned flags; /* VIEW_ */
};

static bool
put_column(struct transfer *transfer, struct wire_out *out, struct batch *batch,
           const struct column_out *column, const struct wire_values *values, struct error *err)
{
    const struct view_column *view = batch_view(batch, column->path);
    uint32_t n = batch->public.n;
    uint64_t offset;
    transfer_put_path(transfer, out, column->path);
    transfer_put_path(transfer, out, column->after);
    wire_put(out, column->flags);
    if ((column->flags & VIEW_HIDDEN) != 0) {
        wire_put(out, COLUMN_NONE);
        return true;
    }
    if (view != NULL && view->column.ids != NULL) {
        struct wire_out before = *out;
        wire_put(out, COLUMN_IDS);
        if (transfer_put_dict(transfer, out, column->path, view->column.dict, n)) {
            uint32_t *ids = wire_place(out, n * sizeof(*ids), &offset);
            if (ids != NULL && n > 0)
                memcpy(ids, view->column.ids, n * sizeof(*ids));
            return true;
        }
        *out = before;
    }
    const struct levada_scalar *scalars = batch_column(batch, column->path, err);
    if (scalars == NULL)
        return false;
    wire_put(out, COLUMN_VALUES);
    transfer_put_scalars(out, scalars, n, values);
    return true;
}

/* A column that was set or hidden above the block, unless it was only handed on. */
static bool
put_set_columns(struct transfer *transfer, struct wire_out *out, struct batch *batch,
                bool only_changes, const struct wire_values *values, uint64_t *n, struct error *err)
{
    uint32_t n_columns = batch->n_columns; /* reading may add caches */
    for (uint32_t c = 0; c < n_columns; c++) {
        const struct view_column *view = &batch->columns[c];
        unsigned flags = view->flags & (VIEW_SET | VIEW_HIDDEN);
        if (flags == 0 || (only_changes && (view->flags & VIEW_GIVEN) != 0))
            continue;
        const struct column_out column = { view->path, view->after, flags };
        if (!put_column(transfer, out, batch, &column, values, err))
            return false;
        ++*n;
    }
    return true;
}

/* What the block has and the other side reads. */
static bool
put_base_columns(struct transfer *transfer, struct wire_out *out, struct batch *batch,
                 const struct wire_values *values, uint64_t *n, struct error *err)
{
    if (batch->block->decoder == NULL || !transfer->is_host)
        return true;
    for (uint32_t i = 0; i < transfer->n_wanted; i++) {
        const struct column_out column = { .path = transfer->wanted[i] };
        const struct view_column *view = batch_view(batch, column.path);
        if (view != NULL && view->flags != 0)
            continue;
        if (!put_column(transfer, out, batch, &column, values, err))
            return false;
        ++*n;
    }
    return true;
}

/* Fields that a row lists but that only its value has: nobody decodes the value of a listed row. */
static bool
put_listed_fields(struct transfer *transfer, struct wire_out *out, struct batch *batch,
                  const struct wire_values *values, uint64_t *n, struct error *err)
{
    if (batch->block->decoder == NULL || transfer->is_host || !batch->listed)
        return true;
    for (uint32_t f = 0; f < batch->n_order; f++) {
        const struct column_out column = { batch->order[f], NULL, VIEW_SET };
        const struct view_column *view = batch_view(batch, column.path);
        if (view != NULL && view->flags != 0)
            continue;
        if (!put_column(transfer, out, batch, &column, values, err))
            return false;
        ++*n;
    }
    return true;
}

static void
put_order(struct transfer *transfer, struct wire_out *out, const struct batch *batch)
{
    if (!batch->listed)
        return;
    wire_put(out, batch->n_order);
    for (uint32_t f = 0; f < batch->n_order; f++)
        transfer_put_path(transfer, out, batch->order[f]);
}

/* Sets the number of columns in its place, which was put before they were counted. */
static void
patch(struct wire_out *out, size_t at, uint64_t n)
{
    if (!out->failed)
        memcpy(out->start + at, &n, sizeof(n));
}

static bool
get_ids(struct transfer *transfer, struct wire_in *in, struct batch *batch,
        const struct levada_path *path, struct column *column)
{
    uint32_t n = batch->public.n;
    struct block *block = batch->block;
    column->dict = transfer_get_dict(transfer, in, path);
    const uint32_t *from = wire_take_array(in, n, sizeof(*from));
    uint32_t *ids = from != NULL ? arena_alloc(&block->arena, n * sizeof(*ids)) : NULL;
    if (column->dict == NULL || ids == NULL || !block_hold_dict(block, column->dict))
        return false;
    memcpy(ids, from, n * sizeof(*ids));
    uint32_t entries = dict_public(column->dict)->n;
    for (uint32_t i = 0; i < n; i++) {
        if (ids[i] >= entries)
            return false;
    }
    column->ids = ids;
    return true;
}

/* @copy: texts are not to stay in the message. */
static bool
get_column(struct transfer *transfer, struct wire_in *in, struct batch *batch, bool copy)
{
    const struct levada_path *path = transfer_get_path(transfer, in);
    const struct levada_path *after = transfer_get_path(transfer, in);
    uint64_t flags = wire_get(in), form = wire_get(in);
    struct block *block = batch->block;
    struct column column = { .values = NULL };
    struct error err;
    if (path == NULL || in->failed)
        return false;
    if ((flags & VIEW_HIDDEN) != 0) {
        if (batch_unset(batch, path, &err) < 0)
            return false;
    } else if (form == COLUMN_IDS) {
        if (!get_ids(transfer, in, batch, path, &column))
            return false;
    } else {
        column.values = transfer_get_scalars(in, batch->public.n, &block->arena, copy);
        if (column.values == NULL)
            return false;
    }
    if (flags == 0) {
        struct column *base = block_base(block, path);
        if (base == NULL || !transfer_want(transfer, path))
            return false;
        *base = column;
        return true;
    }
    struct view_column *view =
        (flags & VIEW_HIDDEN) != 0 ? batch_view(batch, path) : batch_begin_set(batch, path, after);
    if (view == NULL)
        return false;
    if ((flags & VIEW_HIDDEN) == 0)
        view->column = column;
    if (!copy)
        view->flags |= VIEW_GIVEN;
    return true;
}

static bool
get_columns(struct transfer *transfer, struct wire_in *in, struct batch *batch, bool copy)
{
    uint64_t n = wire_get(in);
    for (uint64_t c = 0; c < n; c++) {
        if (!get_column(transfer, in, batch, copy))
            return false;
    }
    return !in->failed;
}

static bool
get_order(struct transfer *transfer, struct wire_in *in, struct batch *batch)
{
    uint64_t n = wire_get(in);
    struct error err;
    if (n > in->n)
        return false;
    const struct levada_path **order =
        arena_alloc(&batch->block->arena, n * sizeof(struct levada_path *));
    for (uint64_t f = 0; order != NULL && f < n; f++) {
        order[f] = transfer_get_path(transfer, in);
        if (order[f] == NULL)
            return false;
    }
    return order != NULL && batch_set_fields(batch, order, (uint32_t)n, &err) >= 0;
}

/* ---- batches of their own ---- */

bool
transfer_put_batch(struct transfer *transfer, struct wire_out *out, struct batch *batch,
                   struct error *err)
{
    uint32_t n = batch->public.n;
    uint64_t n_columns = 0, flags = (batch->listed ? BATCH_LISTED : 0) |
                                    (batch->keep_records ? BATCH_KEEPS_RECORDS : 0) |
                                    (batch->block->decoder != NULL ? BATCH_JSON : 0);
    struct wire_values values = { .records = batch->block->records, .index = batch->index };
    if (batch->keep_records)
        values = (struct wire_values){ .records = batch->records };
    wire_put(out, n);
    wire_put(out, flags);
    values.written = put_records(out, &values, n);
    wire_put(out, 0);
    size_t at = out->n - sizeof(uint64_t);
    if (!put_set_columns(transfer, out, batch, false, &values, &n_columns, err) ||
        !put_base_columns(transfer, out, batch, &values, &n_columns, err) ||
        !put_listed_fields(transfer, out, batch, &values, &n_columns, err))
        return false;
    patch(out, at, n_columns);
    put_order(transfer, out, batch);
    return true;
}

/* The parts of @batch behind its records. */
static bool
get_parts(struct transfer *transfer, struct wire_in *in, struct batch *batch, uint64_t flags)
{
    batch->listed = false; /* columns come first, so that they do not make the order */
    if (!get_columns(transfer, in, batch, false))
        return false;
    if ((flags & BATCH_LISTED) != 0 && !get_order(transfer, in, batch))
        return false;
    if ((flags & BATCH_KEEPS_RECORDS) != 0)
        batch_keep_records(batch, batch->block->records);
    return true;
}

struct batch *
transfer_get_batch(struct transfer *transfer, struct wire_in *in, struct batch_decoder *decoder,
                   void *message, void (*drop)(void *message))
{
    uint64_t n = wire_get(in), flags = wire_get(in);
    struct batch *batch = !in->failed && n <= in->n / sizeof(struct levada_record)
                              ? batch_create(transfer->space, 0)
                              : NULL;
    if (batch == NULL || !get_records(in, batch->block, (uint32_t)n))
        goto failed;
    batch->public.n = (uint32_t)n;
    if ((flags & BATCH_JSON) != 0)
        batch->block->decoder = decoder;
    if (!get_parts(transfer, in, batch, flags) || batch_attach(batch, message, drop, NULL) < 0)
        goto failed;
    return batch;
failed:
    in->failed = true;
    batch_release(batch);
    return NULL;
}

/* ---- what was decoded on the other side ---- */

void
transfer_put_decoded(struct transfer *transfer, struct wire_out *out, const struct batch *batch)
{
    const struct block *block = batch->block;
    const struct levada_path *path;
    for (uint32_t i = 0;
         block->decoder != NULL && (path = batch_decoder_path(block->decoder, i)) != NULL; i++) {
        struct told *told = transfer_told(transfer, path);
        if (told == NULL || told->wanted || path->number >= block->n_base ||
            block->base[path->number].values == NULL)
            continue;
        told->wanted = true;
        transfer_put_path(transfer, out, path);
    }
    transfer_put_path(transfer, out, NULL);
}

bool
transfer_get_decoded(struct transfer *transfer, struct wire_in *in)
{
    const struct levada_path *path;
    while ((path = transfer_get_path(transfer, in)) != NULL) {
        if (!transfer_want(transfer, path))
            return false;
    }
    return !in->failed;
}

/* ---- handles of a batch that both sides have ---- */

static bool
put_view(struct transfer *transfer, struct wire_out *out, struct batch *view, struct error *err)
{
    uint32_t n = view->public.n;
    uint64_t offset, n_columns = 0;
    wire_put(out, FORM_VIEW);
    wire_put(out, n);
    wire_put(out, view->index != NULL);
    if (view->index != NULL) {
        uint32_t *index = wire_place(out, n * sizeof(*index), &offset);
        if (index != NULL && n > 0)
            memcpy(index, view->index, n * sizeof(*index));
    }
    wire_put(out, view->listed);
    wire_put(out, 0);
    size_t at = out->n - sizeof(uint64_t);
    if (!put_set_columns(transfer, out, view, true, NULL, &n_columns, err))
        return false;
    patch(out, at, n_columns);
    put_order(transfer, out, view);
    return true;
}

bool
transfer_put_view(struct transfer *transfer, struct wire_out *out, const struct batch *given,
                  struct batch *view, struct error *err)
{
    if (given != NULL && view->block == given->block)
        return put_view(transfer, out, view, err);
    wire_put(out, FORM_VALUE);
    return transfer_put_batch(transfer, out, view, err);
}

static struct batch *
select_view(struct wire_in *in, struct batch *given, struct error *err)
{
    uint64_t n = wire_get(in);
    if (wire_get(in) == 0) {
        if (n != given->public.n)
            in->failed = true;
        return in->failed ? NULL : batch_clone(given);
    }
    const uint32_t *from = wire_take_array(in, n, sizeof(*from));
    uint32_t *index = from != NULL ? arena_alloc(&given->block->arena, n * sizeof(*index)) : NULL;
    if (index == NULL)
        return NULL;
    memcpy(index, from, n * sizeof(*index)); /* judged below, so it must not change */
    return batch_select(given, index, (uint32_t)n, err);
}

static struct batch *
get_view(struct transfer *transfer, struct wire_in *in, struct batch *given, struct error *err)
{
    struct batch *view = given != NULL ? select_view(in, given, err) : NULL;
    bool listed = wire_get(in) != 0;
    if (view == NULL || !get_columns(transfer, in, view, true) ||
        (listed && !get_order(transfer, in, view))) {
        in->failed = true;
        batch_release(view);
        return NULL;
    }
    return view;
}

struct batch *
transfer_get_view(struct transfer *transfer, struct wire_in *in, struct batch *given, void *message,
                  void (*drop)(void *message), bool *kept, struct error *err)
{
    uint64_t form = wire_get(in);
    *kept = false;
    if (form == FORM_VIEW)
        return get_view(transfer, in, given, err);
    struct batch *batch =
        form == FORM_VALUE ? transfer_get_batch(transfer, in, NULL, message, drop) : NULL;
    *kept = batch != NULL;
    in->failed = in->failed || batch == NULL;
    return batch;
}
