/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/text_buffer.h"

#include <stdlib.h>

void
text_buffer_finish(struct text_buffer *text)
{
    free(text->bytes);
    *text = (struct text_buffer){ 0 };
}

bool
text_buffer_grow(struct text_buffer *text, size_t n)
{
    size_t room = text->room < 256 ? 256 : text->room;

    if (text->failed)
        return false;
    while (room - text->n < n && room <= SIZE_MAX / 2)
        room *= 2;
    char *bytes = room - text->n < n ? NULL : realloc(text->bytes, room);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->room = room;
    return true;
}

void
text_buffer_add_i64(struct text_buffer *text, int64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[20];
    char *p = digits + sizeof(digits);
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    while (left >= 100) {
        p -= 2;
        memcpy(p, pairs + left % 100 * 2, 2);
        left /= 100;
    }
    if (left >= 10) {
        p -= 2;
        memcpy(p, pairs + left * 2, 2);
    } else {
        *--p = (char)('0' + left);
    }
    if (value < 0)
        *--p = '-';
    text_buffer_add(text, p, (size_t)(digits + sizeof(digits) - p));
}

void
text_buffer_fill(struct text_buffer *text, char c, size_t n)
{
    if (n == 0 || !text_buffer_reserve(text, n))
        return;
    memset(text->bytes + text->n, c, n);
    text->n += n;
}

void
text_buffer_drop(struct text_buffer *text, size_t n)
{
    text->n -= n;
    if (n > 0 && text->n > 0)
        memmove(text->bytes, text->bytes + n, text->n);
}
