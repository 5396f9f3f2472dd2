/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "record/json_text.h"

/* The value of four hexadecimal digits, or -1. */
static int32_t
read_hex4(const char *text)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static size_t
put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* \uXXXX, two of them for a character beyond the first plane. Returns its length or 0. */
static size_t
read_unicode(const char *text, size_t left, uint32_t *code, const char **what)
{
    int32_t first = left >= 6 ? read_hex4(text + 2) : -1;
    *what = "four hexadecimal digits must stand behind \\u";
    if (first < 0)
        return 0;
    *code = (uint32_t)first;
    if (first < 0xd800 || first > 0xdfff)
        return 6;
    *what = "half of a surrogate pair stands alone";
    if (first > 0xdbff || left < 12 || text[6] != '\\' || text[7] != 'u')
        return 0;
    int32_t second = read_hex4(text + 8);
    if (second < 0xdc00 || second > 0xdfff)
        return 0;
    *code = 0x10000 + ((uint32_t)(first - 0xd800) << 10) + (uint32_t)(second - 0xdc00);
    return 12;
}

/* The escape at @text, which is a backslash. Returns its length or 0. */
static size_t
read_escape(const char *text, size_t left, uint32_t *code, const char **what)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    *what = "a string is not closed";
    if (left < 2)
        return 0;
    if (text[1] == 'u')
        return read_unicode(text, left, code, what);
    const char *letter = memchr(letters, text[1], sizeof(letters) - 1);
    *what = "only \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u are escapes";
    if (letter == NULL)
        return 0;
    *code = (unsigned char)meanings[letter - letters];
    return 2;
}

bool
json_unescape(const char *text, uint32_t n, char *out, uint32_t *n_out, struct json_blame *blame)
{
    size_t written = 0;
    for (size_t i = 0; i < n;) {
        const char *backslash = memchr(text + i, '\\', n - i);
        size_t plain = backslash != NULL ? (size_t)(backslash - text) - i : n - i;
        if (out != NULL)
            memcpy(out + written, text + i, plain);
        written += plain;
        i += plain;
        if (i == n)
            break;
        uint32_t code = 0;
        size_t length = read_escape(text + i, n - i, &code, &blame->what);
        if (length == 0) {
            blame->at = i;
            return false;
        }
        char utf8[4];
        size_t size = put_utf8(out != NULL ? out + written : utf8, code);
        written += size;
        i += length;
    }
    *n_out = (uint32_t)written;
    return true;
}
