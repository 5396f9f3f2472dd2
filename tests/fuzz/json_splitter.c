/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses the framing and seeds the sizes of chunks, the rest is the text. In chunks
 * or in one piece, byte by byte or in blocks, the records must be the same.
 */
#include "chunked_split.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
everything(void *user)
{
    (void)user;
    return SIZE_MAX / 2;
}

static size_t
some(void *user)
{
    uint32_t *state = user;
    *state = *state * 1664525u + 1013904223u;
    return 1 + (*state >> 24) % 100;
}

static void
compare(const struct chunked_split *a, const struct chunked_split *b)
{
    if (a->n != b->n || a->phase != b->phase)
        abort();
    for (size_t i = 0; i < a->n; i++) {
        if (a->spans[i].begin != b->spans[i].begin || a->spans[i].end != b->spans[i].end ||
            a->spans[i].fault != b->spans[i].fault)
            abort();
    }
}

static void
check_scanner(const char *text, size_t n, enum split_framing framing, object_scan_fn *scan,
              uint32_t seed, const struct chunked_split *expected)
{
    struct chunked_split whole = chunked_split(text, n, framing, scan, everything, NULL);
    struct chunked_split parts = chunked_split(text, n, framing, scan, some, &seed);
    compare(&whole, expected);
    compare(&parts, expected);
    chunked_split_free(&whole);
    chunked_split_free(&parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    enum split_framing framing = (enum split_framing)(data[0] % 3);
    const char *text = (const char *)data + 1;
    struct chunked_split expected =
        chunked_split(text, size - 1, framing, object_scan_bytewise, everything, NULL);
    for (size_t i = 0; i < expected.n; i++) {
        const struct span *span = &expected.spans[i];
        if (span->begin > span->end || span->end > size - 1 ||
            (i > 0 && span->begin < expected.spans[i - 1].end))
            abort();
    }
    check_scanner(text, size - 1, framing, object_scan_bytewise, data[0], &expected);
#if defined(__x86_64__)
    check_scanner(text, size - 1, framing, object_scan_sse2, data[0], &expected);
#endif
    check_scanner(text, size - 1, framing, object_scan_best(), data[0], &expected);
    chunked_split_free(&expected);
    return 0;
}
