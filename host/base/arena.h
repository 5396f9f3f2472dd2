/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_ARENA_H
#define HOST_BASE_ARENA_H

/*
 * Memory that is given out piece by piece and given back all at once: what a batch, a callback or a
 * dictionary holds. Not shared between threads without the owner's own order.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *next, *end;           /* free part of the newest chunk */
    size_t used;                /* bytes given out */
};

/* A zeroed arena is ready for use. */

/* What arena_alloc does when the newest chunk has no room. */
void *arena_alloc_slowly(struct arena *arena, size_t n);

/* Aligned to 16; NULL when out of memory. @n may be 0. */
static inline void *
arena_alloc(struct arena *arena, size_t n)
{
    size_t room = (size_t)(arena->end - arena->next);
    size_t pad = (size_t) - (uintptr_t)arena->next & 15;
    /* The last byte stays unused, so that an arena without a chunk needs no question of its own. */
    if (room <= pad || room - pad <= n)
        return arena_alloc_slowly(arena, n);
    char *at = arena->next + pad;
    arena->next = at + n;
    arena->used += n;
    return at;
}

/* Not aligned: for text. */
char *arena_bytes(struct arena *arena, size_t n);

/* Copies @n bytes and a NUL behind them. */
char *arena_copy(struct arena *arena, const void *bytes, size_t n);

/*
 * Forgets everything but keeps one chunk, as large as all were together: an arena that is used for
 * one batch after the other soon asks malloc for nothing.
 */
void arena_reset(struct arena *arena);

void arena_finish(struct arena *arena);

#ifdef __cplusplus
}
#endif
#endif
