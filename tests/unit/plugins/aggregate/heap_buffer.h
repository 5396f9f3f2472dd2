/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_PLUGINS_AGGREGATE_HEAP_BUFFER_H
#define TESTS_UNIT_PLUGINS_AGGREGATE_HEAP_BUFFER_H

/* A buffer of the heap, which moves at each change of size, so that no pointer survives one. */

#include "buffer.h"

#include <stdlib.h>
#include <string.h>

struct heap_buffer {
    struct buffer buffer;
    uint64_t limit; /* larger sizes fail; 0: none does */
    unsigned n_resizes;
};

static bool
heap_buffer_resize(struct buffer *buffer, uint64_t n)
{
    struct heap_buffer *heap = (struct heap_buffer *)(void *)buffer;
    heap->n_resizes++;
    if (heap->limit > 0 && n > heap->limit)
        return false;
    void *p = calloc(1, n > 0 ? n : 1);
    if (p == NULL)
        abort();
    if (buffer->p != NULL)
        memcpy(p, buffer->p, buffer->n < n ? buffer->n : n);
    free(buffer->p);
    buffer->p = p;
    buffer->n = n;
    return true;
}

static inline struct heap_buffer
heap_buffer(void)
{
    return (struct heap_buffer){ .buffer = { .resize = heap_buffer_resize } };
}

/* Numbers that are the same in every run. */
static inline uint64_t
next_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

#endif
