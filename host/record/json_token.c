/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_token.h"

#include "base/utf8.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* ---- escapes ---- */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The four digits of \uXXXX; -1: they are not there. */
static long
hex_unit(const char *text, size_t n)
{
    long unit = 0;
    if (n < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static size_t
put_utf8(char *to, long c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* \uXXXX, or two of them that make a pair; returns the bytes read, 0: wrong. */
static size_t
take_unicode(const char *text, size_t n, char out[4], size_t *out_n)
{
    long high = hex_unit(text, n);
    if (high < 0 || (high >= 0xdc00 && high <= 0xdfff))
        return 0;
    if (high < 0xd800 || high > 0xdbff) {
        *out_n = put_utf8(out, high);
        return 6;
    }
    long low = hex_unit(text + 6, n - 6);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *out_n = put_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
    return 12;
}

/* One escape at @text; returns the bytes read, 0: wrong. */
static size_t
take_escape(const char *text, size_t n, char out[4], size_t *out_n)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (n < 2)
        return 0;
    if (text[1] == 'u')
        return take_unicode(text, n, out, out_n);
    const char *known = memchr(from, text[1], sizeof(from) - 1);
    if (known == NULL)
        return 0;
    out[0] = to[known - from];
    *out_n = 1;
    return 2;
}

size_t
json_unescape(const char *text, size_t n, char *to, size_t *bad_at)
{
    size_t length = 0;
    for (size_t i = 0; i < n;) {
        const char *slash = memchr(text + i, '\\', n - i);
        size_t plain = (slash != NULL ? (size_t)(slash - text) : n) - i;
        if (to != NULL && plain > 0)
            memcpy(to + length, text + i, plain);
        length += plain;
        i += plain;
        if (slash == NULL)
            break;
        char out[4];
        size_t out_n = 0, read = take_escape(text + i, n - i, out, &out_n);
        if (read == 0) {
            *bad_at = i;
            return SIZE_MAX;
        }
        if (to != NULL)
            memcpy(to + length, out, out_n);
        length += out_n;
        i += read;
    }
    return length;
}

/* ---- numbers ---- */

struct number {
    bool is_integer, is_negative;
    size_t digits; /* significant ones, without zeros in front */
};

static size_t
skip_digits(const char *text, size_t n, size_t at)
{
    while (at < n && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

/* The grammar of RFC 8259, section 6. */
static bool
read_number(const char *text, size_t n, struct number *number)
{
    size_t at = n > 0 && text[0] == '-' ? 1 : 0;
    size_t whole = at;
    *number = (struct number){ .is_integer = true, .is_negative = at == 1 };
    at = skip_digits(text, n, at);
    if (at == whole || (text[whole] == '0' && at > whole + 1))
        return false;
    if (at < n && text[at] == '.') {
        size_t fraction = ++at;
        at = skip_digits(text, n, at);
        number->is_integer = false;
        if (at == fraction)
            return false;
    }
    size_t mantissa_end = at;
    if (at < n && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < n && (text[at] == '+' || text[at] == '-'))
            at++;
        size_t exponent = at;
        at = skip_digits(text, n, at);
        number->is_integer = false;
        if (at == exponent)
            return false;
    }
    for (size_t i = whole; i < mantissa_end; i++)
        number->digits += text[i] != '.' && (number->digits > 0 || text[i] != '0');
    return at == n;
}

static bool
to_int64(const char *text, size_t n, bool is_negative, int64_t *value)
{
    uint64_t sum = 0, most = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    for (size_t i = is_negative; i < n; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (sum > (most - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = is_negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

#define MAX_DOUBLE_TEXT 400

static bool
to_double(const char *text, size_t n, double *value)
{
    char copy[MAX_DOUBLE_TEXT + 1];
    char *end;
    if (n > MAX_DOUBLE_TEXT)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    errno = 0;
    *value = strtod(copy, &end);
    return errno == 0 && *end == '\0';
}

static bool
json_number(const char *text, size_t n, struct levada_scalar *value)
{
    struct number number;
    if (!read_number(text, n, &number))
        return false;
    bool minus_zero = number.is_negative && number.digits == 0;
    if (number.is_integer && !minus_zero && to_int64(text, n, number.is_negative, &value->u.i)) {
        value->type = LEVADA_T_I64;
        return true;
    }
    if (number.digits <= 17 && to_double(text, n, &value->u.f)) {
        value->type = LEVADA_T_F64;
        return true;
    }
    value->type = LEVADA_T_NUM;
    value->len = (uint32_t)n;
    value->u.s = text;
    return true;
}

static bool
is_word(const char *text, size_t n, const char *word)
{
    return n == strlen(word) && memcmp(text, word, n) == 0;
}

bool
json_atom(const char *text, size_t n, struct levada_scalar *value)
{
    *value = (struct levada_scalar){ .type = LEVADA_T_BOOL };
    if (is_word(text, n, "true"))
        value->u.i = 1;
    else if (is_word(text, n, "null"))
        value->type = LEVADA_T_NULL;
    else if (!is_word(text, n, "false"))
        return json_number(text, n, value);
    return true;
}

/* ---- faults ---- */

size_t
json_fault_position(const char *text, size_t n)
{
    size_t quote = 0;
    bool in_string = false;
    for (size_t i = 0; i < n;) {
        size_t length = utf8_length(text + i, n - i);
        if (length == 0 || (in_string && (unsigned char)text[i] < 0x20))
            return i;
        if (in_string && text[i] == '\\' && i + 1 < n && (unsigned char)text[i + 1] >= 0x20)
            length = 1 + utf8_length(text + i + 1, n - i - 1);
        else if (text[i] == '"') {
            in_string = !in_string;
            quote = i;
        }
        i += length;
    }
    return in_string ? quote : 0;
}
