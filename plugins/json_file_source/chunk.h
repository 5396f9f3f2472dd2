/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_CHUNK_H
#define JSON_FILE_SOURCE_CHUNK_H

/*
 * Buffers that the input is read into and that batches point into. A chunk is shared: by the reader
 * that fills it and by every batch with records in it; the last to let go hands it back to its
 * pool, which keeps a few. The pool outlives its owner while chunks are out.
 */

#include <stddef.h>

#define CHUNK_SIZE ((size_t)256 * 1024)

struct chunk_pool;

struct chunk {
    struct chunk_pool *pool;
    struct chunk *next_free;
    unsigned refs;
    size_t room; /* at least CHUNK_SIZE */
    size_t n;    /* bytes filled by the reader, which only adds */
    char bytes[];
};

struct chunk_pool *chunk_pool_create(void);     /* NULL: out of memory */
void chunk_pool_close(struct chunk_pool *pool); /* NULL is allowed */

/* An empty chunk with room for at least @room bytes; one reference. NULL: out of memory. */
struct chunk *chunk_get(struct chunk_pool *pool, size_t room);
struct chunk *chunk_ref(struct chunk *chunk);
void chunk_unref(void *chunk); /* NULL is allowed. [any thread] */

#endif
