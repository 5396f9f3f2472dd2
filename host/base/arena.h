/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_ARENA_H
#define HOST_BASE_ARENA_H

/*
 * Memory that is given out piece by piece and given back all at once: what a batch, a callback or a
 * dictionary holds. Not shared between threads without the owner's own order.
 */

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *next, *end;           /* free part of the newest chunk */
    size_t used;                /* bytes given out */
};

/* A zeroed arena is ready for use. */

/* Aligned to 16; NULL when out of memory. @n may be 0. */
void *arena_alloc(struct arena *arena, size_t n);

/* Not aligned: for text. */
char *arena_bytes(struct arena *arena, size_t n);

/* Copies @n bytes and a NUL behind them. */
char *arena_copy(struct arena *arena, const void *bytes, size_t n);

/* Forgets everything but keeps one chunk for the next use. */
void arena_reset(struct arena *arena);

void arena_finish(struct arena *arena);

#endif
