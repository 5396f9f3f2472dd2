/* SPDX-License-Identifier: Apache-2.0 */
#include "record/batch_private.h"

#include <string.h>

static struct batch *
handle_create(struct block *block, uint32_t n)
{
    struct batch *batch = arena_alloc(&block->arena, sizeof(*batch));
    if (batch == NULL)
        return NULL;
    memset(batch, 0, sizeof(*batch));
    batch->public.struct_size = sizeof(batch->public);
    batch->public.n = n;
    batch->public.stride = sizeof(struct levada_record);
    batch->block = block;
    atomic_store_explicit(&batch->refs, 1, memory_order_relaxed);
    return batch;
}

bool
block_make_room(struct block *block, uint32_t n)
{
    if (block->n + n <= block->room)
        return true;
    uint32_t room = block->room * 2 > block->n + n ? block->room * 2 : block->n + n;
    struct levada_record *records = arena_alloc(&block->arena, room * sizeof(*records));
    if (records == NULL)
        return false;
    if (block->n > 0)
        memcpy(records, block->records, block->n * sizeof(*records));
    block->records = records;
    block->room = room;
    return true;
}

struct batch *
batch_create(struct record_space *space, uint32_t n)
{
    struct block *block = block_create(space);
    if (block == NULL)
        return NULL;
    struct batch *batch = handle_create(block, n);
    if (batch == NULL || !block_make_room(block, n > 0 ? n : 64)) {
        block_unref(block);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        block->records[i] = (struct levada_record){
            .timestamp_ms = LEVADA_NO_TIME, .offset = -1, .number = -1, .partition = -1
        };
    block->n = n;
    batch->listed = n > 0;
    return batch;
}

struct levada_record *
batch_new_records(struct batch *batch)
{
    return batch->block->records;
}

struct batch *
batch_retain(struct batch *batch)
{
    atomic_fetch_add_explicit(&batch->refs, 1, memory_order_relaxed);
    return batch;
}

void
batch_release(struct batch *batch)
{
    if (batch != NULL && atomic_fetch_sub_explicit(&batch->refs, 1, memory_order_acq_rel) == 1)
        block_unref(batch->block);
}

/* The handle of a new view; it has what @batch has of fields, but no columns yet. */
static struct batch *
handle_derive(struct batch *batch, uint32_t n)
{
    struct batch *derived = handle_create(batch->block, n);
    if (derived == NULL)
        return NULL;
    derived->listed = batch->listed;
    derived->public.flags = batch->public.flags;
    if (batch->n_order > 0) {
        derived->order = arena_alloc(&batch->block->arena, batch->n_order * sizeof(*batch->order));
        if (derived->order == NULL)
            return NULL;
        memcpy(derived->order, batch->order, batch->n_order * sizeof(*batch->order));
        derived->n_order = derived->room_order = batch->n_order;
    }
    return derived;
}

struct batch *
batch_clone(struct batch *batch)
{
    struct batch *clone = handle_derive(batch, batch->public.n);
    if (clone == NULL)
        return NULL;
    clone->index = batch->index;
    clone->records = batch->records;
    clone->keep_records = batch->keep_records;
    if (batch->n_columns > 0) {
        clone->columns =
            arena_alloc(&batch->block->arena, batch->n_columns * sizeof(*batch->columns));
        if (clone->columns == NULL)
            return NULL;
        memcpy(clone->columns, batch->columns, batch->n_columns * sizeof(*batch->columns));
        clone->n_columns = clone->room_columns = batch->n_columns;
    }
    block_ref(batch->block);
    return clone;
}

static bool
is_everything(const struct batch *batch, const uint32_t *indexes, uint32_t n)
{
    if (n != batch->public.n)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (indexes[i] != i)
            return false;
    }
    return true;
}

/* Copies of @n elements of @from (NULL: none) at @indexes. *failed is set when out of memory. */
static const void *
gather(struct block *block, const void *from, size_t size, const uint32_t *indexes, uint32_t n,
       bool *failed)
{
    if (from == NULL)
        return NULL;
    char *to = arena_alloc(&block->arena, n * size);
    if (to == NULL) {
        *failed = true;
        return NULL;
    }
    if (size == sizeof(uint32_t)) {
        for (uint32_t i = 0; i < n; i++)
            ((uint32_t *)(void *)to)[i] = ((const uint32_t *)from)[indexes[i]];
        return to;
    }
    if (size == sizeof(int64_t)) {
        for (uint32_t i = 0; i < n; i++)
            ((int64_t *)(void *)to)[i] = ((const int64_t *)from)[indexes[i]];
        return to;
    }
    for (uint32_t i = 0; i < n; i++)
        memcpy(to + i * size, (const char *)from + indexes[i] * size, size);
    return to;
}

struct column
column_gather(struct block *block, const struct column *column, const uint32_t *indexes, uint32_t n,
              bool *failed)
{
    return (struct column){
        .values = gather(block, column->values, sizeof(*column->values), indexes, n, failed),
        .ids = gather(block, column->ids, sizeof(*column->ids), indexes, n, failed),
        .dict = column->dict,
        .times = gather(block, column->times, sizeof(*column->times), indexes, n, failed),
    };
}

/* Columns set above the block are carried over; what the block has is gathered when asked for. */
static bool
select_columns(struct batch *batch, struct batch *derived, const uint32_t *indexes, uint32_t n)
{
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        const struct view_column *from = &batch->columns[c];
        if (from->flags == 0)
            continue;
        struct view_column *to = batch_view_make(derived, from->path);
        if (to == NULL)
            return false;
        bool failed = false;
        to->flags = from->flags;
        to->after = from->after;
        to->column = column_gather(batch->block, &from->column, indexes, n, &failed);
        if (failed)
            return false;
    }
    return true;
}

struct batch *
batch_select(struct batch *batch, const uint32_t *indexes, uint32_t n, struct error *err)
{
    if (is_everything(batch, indexes, n)) {
        struct batch *clone = batch_clone(batch);
        if (clone == NULL)
            error_set(err, LEVADA_FATAL, "out of memory");
        return clone;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (indexes[i] >= batch->public.n) {
            error_set(err, LEVADA_FATAL, "select() of record %u of a batch of %u", indexes[i],
                      batch->public.n);
            return NULL;
        }
    }
    struct batch *derived = handle_derive(batch, n);
    uint32_t *index = arena_alloc(&batch->block->arena, n * sizeof(*index));
    if (derived == NULL || index == NULL || !select_columns(batch, derived, indexes, n)) {
        error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        index[i] = batch->index != NULL ? batch->index[indexes[i]] : indexes[i];
    derived->index = index;
    if (batch->keep_records) {
        bool failed = false;
        const struct levada_record *records =
            gather(batch->block, batch->records, sizeof(*records), indexes, n, &failed);
        if (failed) {
            error_set(err, LEVADA_FATAL, "out of memory");
            return NULL;
        }
        batch_keep_records(derived, records);
    }
    block_ref(batch->block);
    return derived;
}

static bool
copy_bytes(struct block *block, struct levada_bytes *bytes)
{
    if (bytes->p == NULL)
        return true;
    char *copy = arena_bytes(&block->arena, bytes->n);
    if (copy == NULL)
        return false;
    if (bytes->n > 0)
        memcpy(copy, bytes->p, bytes->n);
    bytes->p = copy;
    return true;
}

static bool
copy_headers(struct block *block, struct levada_record *record)
{
    if (record->n_headers == 0)
        return true;
    struct levada_header *headers =
        arena_alloc(&block->arena, record->n_headers * sizeof(*headers));
    if (headers == NULL)
        return false;
    memcpy(headers, record->headers, record->n_headers * sizeof(*headers));
    record->headers = headers;
    for (uint32_t h = 0; h < record->n_headers; h++) {
        if (!copy_bytes(block, &headers[h].name) || !copy_bytes(block, &headers[h].value))
            return false;
    }
    return true;
}

levada_status
batch_append(struct batch *batch, const struct levada_record *records, uint32_t n, uint32_t stride,
             struct error *err)
{
    struct block *block = batch->block;

    if (block->base != NULL || batch->index != NULL || batch->listed || block->n != batch->public.n)
        return error_set(err, LEVADA_FATAL, "append() to a batch that is not being filled");
    if (stride < sizeof(*records))
        return error_set(err, LEVADA_FATAL,
                         "append() with records of %u bytes; at least %zu are needed", stride,
                         sizeof(*records));
    if (!block_make_room(block, n))
        return error_set(err, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        struct levada_record *to = &block->records[block->n + i];
        memcpy(to, (const char *)records + (size_t)i * stride, sizeof(*to));
        if ((to->flags & LEVADA_R_BORROWED) == 0 &&
            (!copy_bytes(block, &to->key) || !copy_bytes(block, &to->value) ||
             !copy_headers(block, to)))
            return error_set(err, LEVADA_FATAL, "out of memory");
    }
    block->n += n;
    batch->public.n = block->n;
    return LEVADA_OK;
}

void *
batch_alloc(struct batch *batch, uint64_t n)
{
    return arena_alloc(&batch->block->arena, n);
}

levada_status
batch_attach(struct batch *batch, void *object, void (*drop)(void *object), struct error *err)
{
    struct attachment *attachment = arena_alloc(&batch->block->arena, sizeof(*attachment));
    if (attachment == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    *attachment = (struct attachment){ object, drop, batch->block->attachments };
    batch->block->attachments = attachment;
    return LEVADA_OK;
}

const struct levada_record *
batch_origin(const struct batch *batch, uint32_t i)
{
    return &batch->block->records[batch->index != NULL ? batch->index[i] : i];
}

struct batch_origins
batch_origins(const struct batch *batch)
{
    return (struct batch_origins){ batch->block->records, batch->index };
}

void
batch_keep_records(struct batch *batch, const struct levada_record *records)
{
    batch->keep_records = true;
    batch->records = records;
}

bool
batch_same_records(const struct batch *a, const struct batch *b)
{
    return a->block == b->block && a->index == b->index;
}

bool
batch_is_view_of(const struct batch *view, const struct batch *batch)
{
    return view->block == batch->block;
}

uint32_t
batch_find_record(const struct batch *all, const struct batch *some, uint32_t i)
{
    if (batch_same_records(all, some))
        return i;
    uint32_t n = all->public.n, record = some->index != NULL ? some->index[i] : i;
    if (all->block != some->block)
        return UINT32_MAX;
    if (all->index == NULL)
        return record < n ? record : UINT32_MAX;
    for (uint32_t j = 0; j < n; j++) {
        uint32_t at = (i + j) % n; /* where the order was kept, it is not before i */
        if (all->index[at] == record)
            return at;
    }
    return UINT32_MAX;
}
