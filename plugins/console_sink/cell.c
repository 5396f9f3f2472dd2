/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/cell.h"

#include "console_sink/java_double.h"

#include <inttypes.h>
#include <levada/levada.h>
#include <stdio.h>

/* Spark's list (Utils.fullWidthRegex, 3.5), which is older and coarser than Unicode's. */
static bool
is_full_width(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
        { 0xFE10, 0xFE19 }, { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 },
    };
    for (size_t k = 0; k < sizeof(ranges) / sizeof(*ranges); k++)
        if (c >= ranges[k].first && c <= ranges[k].last)
            return true;
    return false;
}

/* The length of the character at @text and its code; a byte that starts none stands for itself. */
static size_t
decode(const char *text, size_t n, uint32_t *code)
{
    unsigned char lead = (unsigned char)text[0];
    size_t len = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 1;

    if (len == 1 || len > n) {
        *code = lead;
        return 1;
    }
    *code = lead & (0x7Fu >> len);
    for (size_t k = 1; k < len; k++)
        *code = *code << 6 | ((unsigned char)text[k] & 0x3F);
    return len;
}

static char
escape_letter(char c)
{
    switch (c) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\f':
        return 'f';
    case '\b':
        return 'b';
    case '\v':
        return 'v';
    case '\a':
        return 'a';
    default:
        return 0;
    }
}

/* How much of a cell is there; two values of it tell where it will be cut. */
struct extent {
    size_t bytes;
    uint32_t units, width;
};

static void
advance(struct extent *at, struct extent *cut, uint32_t keep, struct text_buffer *out,
        uint32_t units, uint32_t width)
{
    at->bytes = out->n;
    at->units += units;
    at->width += width;
    if (at->units <= keep)
        *cut = *at;
}

uint32_t
cell_add_text(struct text_buffer *out, const char *text, size_t n, uint32_t truncate)
{
    uint32_t most = truncate == 0 ? UINT32_MAX : truncate;
    uint32_t keep = truncate >= 4 ? truncate - 3 : most;
    struct extent at = { .bytes = out->n }, cut = at;

    for (size_t i = 0, len; i < n && at.units <= most; i += len) {
        uint32_t code = 0;
        len = decode(text + i, n - i, &code);
        char letter = len == 1 ? escape_letter(text[i]) : 0;
        if (letter != 0) {
            text_buffer_add_char(out, '\\');
            advance(&at, &cut, keep, out, 1, 1);
            text_buffer_add_char(out, letter);
            advance(&at, &cut, keep, out, 1, 1);
            continue;
        }
        text_buffer_add(out, text + i, len);
        uint32_t units = code >= 0x10000 ? 2 : 1;
        advance(&at, &cut, keep, out, units, units + is_full_width(code));
    }
    if (at.units <= most || out->failed)
        return at.width;

    text_buffer_cut(out, cut.bytes);
    if (cut.units < keep) { /* half a surrogate pair, which Java prints so */
        text_buffer_add_char(out, '?');
        cut.width++;
    }
    if (truncate < 4)
        return cut.width;
    text_buffer_add(out, "...", 3);
    return cut.width + 3;
}

static uint32_t
add_binary(struct text_buffer *out, const unsigned char *bytes, uint32_t n, uint32_t truncate)
{
    static const char digits[] = "0123456789ABCDEF";
    struct text_buffer hex = { 0 };

    text_buffer_add_char(&hex, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            text_buffer_add_char(&hex, ' ');
        text_buffer_add_char(&hex, digits[bytes[i] >> 4]);
        text_buffer_add_char(&hex, digits[bytes[i] & 15]);
    }
    text_buffer_add_char(&hex, ']');
    uint32_t width = cell_add_text(out, hex.bytes, hex.n, truncate);
    out->failed = out->failed || hex.failed;
    text_buffer_finish(&hex);
    return width;
}

uint32_t
cell_add(struct text_buffer *out, struct levada_call *call, const struct levada_scalar *value,
         uint32_t truncate)
{
    char number[JAVA_DOUBLE_SIZE];
    uint64_t n = 0;
    const char *text;

    switch (value->type) {
    case LEVADA_T_MISSING:
    case LEVADA_T_NULL:
        return cell_add_text(out, "NULL", 4, truncate);
    case LEVADA_T_STR:
    case LEVADA_T_JSON:
    case LEVADA_T_NUM:
        return cell_add_text(out, value->u.s, value->len, truncate);
    case LEVADA_T_I64:
        n = (uint64_t)snprintf(number, sizeof(number), "%" PRId64, value->u.i);
        return cell_add_text(out, number, n, truncate);
    case LEVADA_T_F64:
        return cell_add_text(out, number, java_double(value->u.f, number), truncate);
    case LEVADA_T_BIN:
        return add_binary(out, (const unsigned char *)value->u.s, value->len, truncate);
    default:
        text = levada->text(call, value, &n);
        return text == NULL ? 0 : cell_add_text(out, text, n, truncate);
    }
}
