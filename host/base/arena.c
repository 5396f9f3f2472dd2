/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMALLEST_CHUNK = 16 * 1024,
    LARGEST_STEP = 1024 * 1024, /* beyond it chunks grow only as far as one request needs */
};

struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
    alignas(16) char bytes[];
};

static void
arena_use(struct arena *arena, struct arena_chunk *chunk)
{
    chunk->older = arena->chunks;
    arena->chunks = chunk;
    arena->next = chunk->bytes;
    arena->end = chunk->bytes + chunk->size;
}

static struct arena_chunk *
chunk_create(size_t size)
{
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);
    if (chunk != NULL)
        chunk->size = size;
    return chunk;
}

static int
arena_grow(struct arena *arena, size_t n)
{
    if (n > SIZE_MAX / 4)
        return -1;
    size_t size = arena->chunks == NULL ? SMALLEST_CHUNK : 2 * arena->chunks->size;
    if (size > LARGEST_STEP)
        size = LARGEST_STEP;
    if (size <= n)
        size = n + 1;
    struct arena_chunk *chunk = chunk_create(size);
    if (chunk == NULL)
        return -1;
    arena_use(arena, chunk);
    return 0;
}

void *
arena_alloc_slowly(struct arena *arena, size_t n)
{
    return arena_grow(arena, n) == 0 ? arena_alloc(arena, n) : NULL;
}

char *
arena_bytes(struct arena *arena, size_t n)
{
    if ((size_t)(arena->end - arena->next) <= n && arena_grow(arena, n) != 0)
        return NULL;
    char *at = arena->next;
    arena->next += n;
    arena->used += n;
    return at;
}

char *
arena_copy(struct arena *arena, const void *bytes, size_t n)
{
    char *copy = arena_bytes(arena, n + 1);
    if (copy == NULL)
        return NULL;
    if (n > 0)
        memcpy(copy, bytes, n);
    copy[n] = '\0';
    return copy;
}

/* One chunk for all of the list; if there is no memory for it, the newest of them. */
static struct arena_chunk *
chunks_merge(struct arena_chunk *chunks)
{
    size_t total = 0;
    for (const struct arena_chunk *chunk = chunks; chunk != NULL; chunk = chunk->older)
        total += chunk->size;
    struct arena_chunk *merged = chunk_create(total);
    if (merged == NULL) {
        merged = chunks;
        chunks = chunks->older;
    }
    while (chunks != NULL) {
        struct arena_chunk *older = chunks->older;
        free(chunks);
        chunks = older;
    }
    return merged;
}

void
arena_reset(struct arena *arena)
{
    struct arena_chunk *kept = arena->chunks;
    if (kept == NULL)
        return;
    if (kept->older != NULL)
        kept = chunks_merge(kept);
    arena->chunks = NULL;
    arena->used = 0;
    arena_use(arena, kept);
}

void
arena_finish(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->chunks; chunk != NULL;) {
        struct arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
    *arena = (struct arena){ 0 };
}
