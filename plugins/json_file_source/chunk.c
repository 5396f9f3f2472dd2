/* SPDX-License-Identifier: Apache-2.0 */
#include "chunk.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* Enough for the batches that a short chain has in flight. */
#define FREE_MAX 8

struct chunk_pool {
    pthread_mutex_t lock;
    struct chunk *free; /* all of CHUNK_SIZE */
    unsigned n_free;
    size_t n_out;
    bool closed;
};

struct chunk_pool *
chunk_pool_create(void)
{
    struct chunk_pool *pool = calloc(1, sizeof(*pool));
    if (pool != NULL)
        pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void
free_chunks(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next_free;
        free(chunk);
        chunk = next;
    }
}

static void
destroy_pool(struct chunk_pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void
chunk_pool_close(struct chunk_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    struct chunk *unused = pool->free;
    pool->free = NULL;
    pool->closed = true;
    bool last = pool->n_out == 0;
    pthread_mutex_unlock(&pool->lock);
    free_chunks(unused);
    if (last)
        destroy_pool(pool);
}

static struct chunk *
take_free(struct chunk_pool *pool)
{
    struct chunk *chunk = pool->free;
    if (chunk != NULL) {
        pool->free = chunk->next_free;
        pool->n_free--;
    }
    return chunk;
}

struct chunk *
chunk_get(struct chunk_pool *pool, size_t room)
{
    if (room < CHUNK_SIZE)
        room = CHUNK_SIZE;
    pthread_mutex_lock(&pool->lock);
    struct chunk *chunk = room == CHUNK_SIZE ? take_free(pool) : NULL;
    pool->n_out++;
    pthread_mutex_unlock(&pool->lock);
    if (chunk == NULL)
        chunk = malloc(sizeof(*chunk) + room);
    if (chunk == NULL) {
        pthread_mutex_lock(&pool->lock);
        pool->n_out--;
        pthread_mutex_unlock(&pool->lock);
        return NULL;
    }
    *chunk = (struct chunk){ .pool = pool, .refs = 1, .room = room };
    return chunk;
}

struct chunk *
chunk_ref(struct chunk *chunk)
{
    __atomic_fetch_add(&chunk->refs, 1, __ATOMIC_RELAXED);
    return chunk;
}

void
chunk_unref(void *object)
{
    struct chunk *chunk = object;
    if (chunk == NULL || __atomic_sub_fetch(&chunk->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    struct chunk_pool *pool = chunk->pool;
    pthread_mutex_lock(&pool->lock);
    bool keep = !pool->closed && chunk->room == CHUNK_SIZE && pool->n_free < FREE_MAX;
    if (keep) {
        chunk->next_free = pool->free;
        pool->free = chunk;
        pool->n_free++;
    }
    bool last = --pool->n_out == 0 && pool->closed;
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        free(chunk);
    if (last)
        destroy_pool(pool);
}
