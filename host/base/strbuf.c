/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
strbuf_finish(struct strbuf *buf)
{
    free(buf->text);
    *buf = (struct strbuf){ 0 };
}

void
strbuf_clear(struct strbuf *buf)
{
    buf->n = 0;
    if (buf->text != NULL)
        buf->text[0] = '\0';
}

/* Room for @n more bytes and a NUL. */
static bool
strbuf_reserve(struct strbuf *buf, size_t n)
{
    if (buf->failed)
        return false;
    if (n < buf->capacity - buf->n)
        return true;
    size_t capacity = buf->capacity == 0 ? 64 : buf->capacity;
    while (capacity - buf->n <= n) {
        if (capacity > SIZE_MAX / 2) {
            buf->failed = true;
            return false;
        }
        capacity *= 2;
    }
    char *text = realloc(buf->text, capacity);
    if (text == NULL) {
        buf->failed = true;
        return false;
    }
    buf->text = text;
    buf->capacity = capacity;
    return true;
}

void
strbuf_add(struct strbuf *buf, const void *bytes, size_t n)
{
    if (!strbuf_reserve(buf, n))
        return;
    if (n > 0)
        memcpy(buf->text + buf->n, bytes, n);
    buf->n += n;
    buf->text[buf->n] = '\0';
}

void
strbuf_str(struct strbuf *buf, const char *text)
{
    strbuf_add(buf, text, strlen(text));
}

void
strbuf_char(struct strbuf *buf, char c)
{
    strbuf_add(buf, &c, 1);
}

void
strbuf_printf(struct strbuf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        buf->failed = true;
        return;
    }
    if (!strbuf_reserve(buf, (size_t)n))
        return;
    va_start(args, format);
    vsnprintf(buf->text + buf->n, (size_t)n + 1, format, args);
    va_end(args);
    buf->n += (size_t)n;
}

static void
strbuf_json_control(struct strbuf *buf, unsigned char c)
{
    switch (c) {
    case '"':
        strbuf_str(buf, "\\\"");
        return;
    case '\\':
        strbuf_str(buf, "\\\\");
        return;
    case '\n':
        strbuf_str(buf, "\\n");
        return;
    case '\r':
        strbuf_str(buf, "\\r");
        return;
    case '\t':
        strbuf_str(buf, "\\t");
        return;
    default:
        strbuf_printf(buf, "\\u%04x", c);
    }
}

void
strbuf_json_string(struct strbuf *buf, const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t plain = 0; /* bytes before p[i] that are still to be copied as they are */

    strbuf_char(buf, '"');
    for (size_t i = 0; i < n;) {
        size_t length = utf8_length((const char *)p + i, n - i);
        if (length > 1 || (length == 1 && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')) {
            i += length;
            continue;
        }
        strbuf_add(buf, p + plain, i - plain);
        if (length == 0)
            strbuf_str(buf, "\xEF\xBF\xBD");
        else
            strbuf_json_control(buf, p[i]);
        plain = ++i;
    }
    if (n > plain)
        strbuf_add(buf, p + plain, n - plain);
    strbuf_char(buf, '"');
}

const char *
strbuf_text(const struct strbuf *buf)
{
    return buf->text == NULL ? "" : buf->text;
}

bool
strbuf_failed(const struct strbuf *buf)
{
    return buf->failed;
}

char *
strbuf_take(struct strbuf *buf)
{
    char *text = NULL;
    strbuf_add(buf, "", 0); /* an empty text is a text too */
    if (!buf->failed) {
        text = buf->text;
        buf->text = NULL;
    }
    strbuf_finish(buf);
    return text;
}
