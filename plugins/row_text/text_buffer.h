/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_ROW_TEXT_TEXT_BUFFER_H
#define PLUGINS_ROW_TEXT_TEXT_BUFFER_H

/*
 * Bytes that grow at their end. Out of memory is remembered, not returned: an append then does
 * nothing and `failed` stays set, so that whoever made a whole row asks once. Zeroed is empty.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text_buffer {
    char *bytes;
    size_t n, room;
    bool failed;
};

void text_buffer_finish(struct text_buffer *text);

/* Makes room for @n more bytes; false, and `failed`, when there is no memory. */
bool text_buffer_grow(struct text_buffer *text, size_t n);

/* Decimal digits, with a minus where it is one. */
void text_buffer_add_i64(struct text_buffer *text, int64_t value);

static inline bool
text_buffer_reserve(struct text_buffer *text, size_t n)
{
    return n <= text->room - text->n || text_buffer_grow(text, n);
}

static inline void
text_buffer_add(struct text_buffer *text, const void *bytes, size_t n)
{
    if (n == 0 || !text_buffer_reserve(text, n))
        return;
    memcpy(text->bytes + text->n, bytes, n);
    text->n += n;
}

static inline void
text_buffer_add_char(struct text_buffer *text, char c)
{
    if (text_buffer_reserve(text, 1))
        text->bytes[text->n++] = c;
}

static inline void
text_buffer_add_string(struct text_buffer *text, const char *string)
{
    text_buffer_add(text, string, strlen(string));
}

void text_buffer_fill(struct text_buffer *text, char c, size_t n);

/* Forgets all but the first @n bytes, and a failure with them. */
static inline void
text_buffer_cut(struct text_buffer *text, size_t n)
{
    text->n = n;
    text->failed = false;
}

/* Forgets the first @n bytes: they were written. */
void text_buffer_drop(struct text_buffer *text, size_t n);

#endif
