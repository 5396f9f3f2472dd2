/* SPDX-License-Identifier: Apache-2.0 */
#include "record/batch_private.h"

#include <stdlib.h>
#include <string.h>

/* More are not kept: a pipeline has few blocks in flight. */
#define POOL_MAX_FREE 8

struct block_pool {
    pthread_mutex_t lock; /* blocks come back from any thread, once a batch */
    struct block *free;
    uint32_t n_free, n_out;
    bool closed;
};

struct block_pool *
block_pool_create(void)
{
    struct block_pool *pool = calloc(1, sizeof(*pool));
    if (pool != NULL)
        pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void
block_free(struct block *block)
{
    arena_finish(&block->arena);
    free(block);
}

static void
pool_free(struct block_pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void
block_pool_close(struct block_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    struct block *block = pool->free;
    pool->free = NULL;
    bool last = pool->n_out == 0;
    pthread_mutex_unlock(&pool->lock);
    while (block != NULL) {
        struct block *next = block->next_free;
        block_free(block);
        block = next;
    }
    if (last)
        pool_free(pool);
}

static struct block *
pool_take(struct block_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct block *block = pool->free;
    if (block != NULL) {
        pool->free = block->next_free;
        pool->n_free--;
    }
    pool->n_out++;
    pthread_mutex_unlock(&pool->lock);
    return block;
}

static void
pool_give(struct block_pool *pool, struct block *block)
{
    pthread_mutex_lock(&pool->lock);
    pool->n_out--;
    bool last = pool->closed && pool->n_out == 0;
    if (block != NULL && !pool->closed && pool->n_free < POOL_MAX_FREE) {
        block->next_free = pool->free;
        pool->free = block;
        pool->n_free++;
        block = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    if (block != NULL)
        block_free(block);
    if (last)
        pool_free(pool);
}

struct block *
block_create(struct record_space *space)
{
    struct block *block = pool_take(space->pool);
    if (block == NULL)
        block = calloc(1, sizeof(*block));
    if (block == NULL) {
        pool_give(space->pool, NULL);
        return NULL;
    }
    atomic_store_explicit(&block->refs, 1, memory_order_relaxed);
    block->space = space;
    block->pool = space->pool;
    return block;
}

struct block *
block_ref(struct block *block)
{
    atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

void
block_unref(struct block *block)
{
    if (block == NULL || atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (struct attachment *a = block->attachments; a != NULL; a = a->next)
        a->drop(a->object);
    for (struct held_dict *held = block->dicts; held != NULL; held = held->next)
        dict_unref(held->dict);
    struct block_pool *pool = block->pool;
    struct arena arena = block->arena;
    arena_reset(&arena);
    memset(block, 0, sizeof(*block));
    block->arena = arena;
    pool_give(pool, block);
}

bool
block_hold_dict(struct block *block, struct dict *dict)
{
    for (struct held_dict *held = block->dicts; held != NULL; held = held->next) {
        if (held->dict == dict)
            return true;
    }
    struct held_dict *held = arena_alloc(&block->arena, sizeof(*held));
    if (held == NULL)
        return false;
    *held = (struct held_dict){ .dict = dict_ref(dict), .next = block->dicts };
    block->dicts = held;
    return true;
}

static bool
make_room_for_column(struct block *block, uint32_t number)
{
    if (number < block->n_base)
        return true;
    uint32_t n = path_set_count(block->space->paths);
    struct column *base = arena_alloc(&block->arena, n * sizeof(*base));
    if (base == NULL)
        return false;
    if (block->n_base > 0)
        memcpy(base, block->base, block->n_base * sizeof(*base));
    memset(base + block->n_base, 0, (n - block->n_base) * sizeof(*base));
    block->base = base;
    block->n_base = n;
    return true;
}

static const char *
header_value(const struct levada_record *record, const char *name, struct levada_bytes *value)
{
    size_t n = strlen(name);
    for (uint32_t i = record->n_headers;
         i-- > 0;) { /* the last one of a name counts, as in Kafka */
        const struct levada_header *header = &record->headers[i];
        if (header->name.n == n && memcmp(header->name.p, name, n) == 0) {
            *value = header->value;
            return name;
        }
    }
    return NULL;
}

static struct levada_scalar
bytes_scalar(struct levada_bytes bytes)
{
    struct levada_scalar value = { .type = LEVADA_T_NULL };
    if (bytes.p != NULL) {
        value.type = LEVADA_T_STR;
        value.len = (uint32_t)bytes.n;
        value.u.s = bytes.p;
    }
    return value;
}

static struct levada_scalar
integer_scalar(uint32_t type, int64_t i)
{
    return (struct levada_scalar){ .type = type, .u = { .i = i } };
}

/* What a record says of itself beside its fields. */
static struct levada_scalar
meta_scalar(const struct block *block, const struct levada_record *record,
            const struct levada_path *path)
{
    struct levada_bytes bytes = { NULL, 0 };
    const char *stream;

    switch (path->kind) {
    case PATH_KEY:
        return bytes_scalar(record->key);
    case PATH_VALUE:
        return bytes_scalar(record->value);
    case PATH_TIMESTAMP:
        return record->timestamp_ms == LEVADA_NO_TIME
                   ? (struct levada_scalar){ .type = LEVADA_T_NULL }
                   : integer_scalar(LEVADA_T_TIME, record->timestamp_ms);
    case PATH_STREAM:
        stream = record_space_stream_name(block->space, record->stream);
        return bytes_scalar((struct levada_bytes){ stream, strlen(stream) });
    case PATH_PARTITION:
        return integer_scalar(LEVADA_T_I64, record->partition);
    case PATH_OFFSET:
        return integer_scalar(LEVADA_T_I64, record->offset);
    case PATH_HEADER:
        if (header_value(record, path->header, &bytes) == NULL)
            return (struct levada_scalar){ .type = LEVADA_T_MISSING };
        return bytes_scalar(bytes);
    case PATH_FIELD:
        break;
    }
    return (struct levada_scalar){ .type = LEVADA_T_MISSING };
}

struct column *
block_base(struct block *block, const struct levada_path *path)
{
    return make_room_for_column(block, path->number) ? &block->base[path->number] : NULL;
}

struct column *
block_column(struct block *block, const struct levada_path *path, struct error *err)
{
    if (!make_room_for_column(block, path->number)) {
        error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    if (block->base[path->number].values != NULL)
        return &block->base[path->number];
    if (path->kind == PATH_FIELD && block->decoder != NULL)
        return batch_decoder_catch_up(block->decoder, block, path, err) == LEVADA_OK
                   ? &block->base[path->number]
                   : NULL;

    struct levada_scalar *values = arena_alloc(&block->arena, block->n * sizeof(*values));
    if (values == NULL) {
        error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    for (uint32_t i = 0; i < block->n; i++)
        values[i] = meta_scalar(block, &block->records[i], path);
    block->base[path->number].values = values;
    return &block->base[path->number];
}
