/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_CHUNKED_SPLIT_H
#define TESTS_SUPPORT_CHUNKED_SPLIT_H

/*
 * Splits a text that comes in chunks as a reader would: each window is a block of memory of exactly
 * its size, so that a sanitizer sees any read beyond it.
 */

#include "splitter.h"

struct chunked_split {
    struct span *spans; /* places in the text */
    size_t n;
    enum split_phase phase; /* at the end */
};

/* How many bytes come next; at least 1. */
typedef size_t chunk_size_fn(void *user);

/* To be freed with chunked_split_free(). */
struct chunked_split chunked_split(const char *text, size_t n, enum split_framing framing,
                                   object_scan_fn *scan, chunk_size_fn *chunk_size, void *user);
void chunked_split_free(struct chunked_split *split);

#endif
