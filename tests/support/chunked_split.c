/* SPDX-License-Identifier: Apache-2.0 */
#include "chunked_split.h"

#include <stdlib.h>
#include <string.h>

static void
add_span(struct chunked_split *split, struct span span, size_t base)
{
    split->spans = realloc(split->spans, (split->n + 1) * sizeof(*split->spans));
    if (split->spans == NULL)
        abort();
    span.begin += base;
    span.end += base;
    split->spans[split->n++] = span;
}

/* Two spans at a time, so that running out of room is common. */
static void
split_window(struct chunked_split *split, struct splitter *splitter, const char *window, size_t n,
             size_t base)
{
    struct span spans[2];
    while (splitter->at < n) {
        size_t found = splitter_split(splitter, window, n, spans, 2);
        for (size_t i = 0; i < found; i++)
            add_span(split, spans[i], base);
    }
}

struct chunked_split
chunked_split(const char *text, size_t n, enum split_framing framing, object_scan_fn *scan,
              chunk_size_fn *chunk_size, void *user)
{
    struct chunked_split split = { 0 };
    struct splitter splitter;
    struct span last;
    splitter_init(&splitter, framing);
    splitter.scan = scan;
    size_t base = 0, end = 0;
    do {
        size_t more = chunk_size(user);
        end = more < n - end ? end + more : n;
        char *window = malloc(end - base > 0 ? end - base : 1);
        if (window == NULL)
            abort();
        memcpy(window, text + base, end - base);
        split_window(&split, &splitter, window, end - base, base);
        if (end == n && splitter_finish(&splitter, window, &last))
            add_span(&split, last, base);
        free(window);
        size_t keep = splitter_keep(&splitter);
        splitter_shift(&splitter, keep);
        base += keep;
    } while (end < n);
    split.phase = splitter.phase;
    return split;
}

void
chunked_split_free(struct chunked_split *split)
{
    free(split->spans);
    *split = (struct chunked_split){ 0 };
}
