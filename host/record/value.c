/* SPDX-License-Identifier: Apache-2.0 */
#include "record/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "record/value_number.h"

/* ---- as text ---- */

size_t
value_format_f64(double value, char buf[VALUE_F64_SIZE])
{
    if (!isfinite(value)) {
        const char *name = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        strcpy(buf, name);
        return strlen(name);
    }
    size_t n = number_shortest(value, buf);
    buf[n] = '\0';
    if (strpbrk(buf, ".e") == NULL) {
        strcpy(buf + n, ".0");
        n += 2;
    }
    return n;
}

static const char *
number_text(const struct levada_scalar *value, struct arena *arena, uint64_t *n)
{
    char buf[VALUE_F64_SIZE];
    if (value->type == LEVADA_T_F64)
        *n = value_format_f64(value->u.f, buf);
    else if (value->type == LEVADA_T_TIME)
        *n = value_format_time(value->u.i, buf);
    else
        *n = (uint64_t)snprintf(buf, sizeof(buf), "%" PRId64, value->u.i);
    return arena_copy(arena, buf, *n);
}

const char *
value_text(const struct levada_scalar *value, struct arena *arena, uint64_t *n)
{
    switch (value->type) {
    case LEVADA_T_MISSING:
    case LEVADA_T_NULL:
        *n = 0;
        return "";
    case LEVADA_T_BOOL:
        *n = value->u.i ? 4 : 5;
        return value->u.i ? "true" : "false";
    case LEVADA_T_I64:
    case LEVADA_T_F64:
    case LEVADA_T_TIME:
        return number_text(value, arena, n);
    default:
        *n = value->len;
        return value->u.s;
    }
}

/* ---- as JSON ---- */

static void
write_base64(const unsigned char *bytes, uint32_t n, struct strbuf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (uint32_t i = 0; i < n; i += 3) {
        uint32_t left = n - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char text[4] = { digits[group >> 18], digits[group >> 12 & 63],
                         left > 1 ? digits[group >> 6 & 63] : '=',
                         left > 2 ? digits[group & 63] : '=' };
        strbuf_add(out, text, sizeof(text));
    }
}

void
value_write_json(const struct levada_scalar *value, struct strbuf *out)
{
    char buf[VALUE_F64_SIZE];
    switch (value->type) {
    case LEVADA_T_BOOL:
        strbuf_str(out, value->u.i ? "true" : "false");
        return;
    case LEVADA_T_I64:
        strbuf_add(out, buf, (size_t)snprintf(buf, sizeof(buf), "%" PRId64, value->u.i));
        return;
    case LEVADA_T_F64:
        if (isfinite(value->u.f))
            strbuf_add(out, buf, value_format_f64(value->u.f, buf));
        else
            strbuf_str(out, "null");
        return;
    case LEVADA_T_STR:
        strbuf_json_string(out, value->u.s, value->len);
        return;
    case LEVADA_T_BIN:
        strbuf_char(out, '"');
        write_base64((const unsigned char *)value->u.s, value->len, out);
        strbuf_char(out, '"');
        return;
    case LEVADA_T_JSON:
    case LEVADA_T_NUM:
        strbuf_add(out, value->u.s, value->len);
        return;
    case LEVADA_T_TIME:
        strbuf_char(out, '"');
        strbuf_add(out, buf, value_format_time(value->u.i, buf));
        strbuf_char(out, '"');
        return;
    default:
        strbuf_str(out, "null");
    }
}

/* ---- order ---- */

enum rank {
    RANK_MISSING,
    RANK_NULL,
    RANK_BOOL,
    RANK_NUMBER,
    RANK_TEXT,
    RANK_TIME,
};

static enum rank
rank(const struct levada_scalar *value)
{
    switch (value->type) {
    case LEVADA_T_MISSING:
        return RANK_MISSING;
    case LEVADA_T_NULL:
        return RANK_NULL;
    case LEVADA_T_BOOL:
        return RANK_BOOL;
    case LEVADA_T_I64:
    case LEVADA_T_F64:
        return RANK_NUMBER;
    case LEVADA_T_TIME:
        return RANK_TIME;
    default:
        return RANK_TEXT;
    }
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A NaN stands behind all numbers and equals itself, or there would be no order. */
static int
compare_f64(double a, double b)
{
    if (isnan(a) || isnan(b))
        return ORDER(!!isnan(a), !!isnan(b));
    return ORDER(a, b);
}

/* Exactly: as a double, an integer may become its neighbour. */
static int
compare_i64_f64(int64_t i, double f)
{
    if (isnan(f) || f >= 0x1p63)
        return -1;
    if (f < -0x1p63)
        return 1;
    int64_t whole = (int64_t)f;
    return i != whole ? ORDER(i, whole) : ORDER(0.0, f - (double)whole);
}

static int
compare_numbers(const struct levada_scalar *a, const struct levada_scalar *b)
{
    if (a->type == LEVADA_T_I64)
        return b->type == LEVADA_T_I64 ? ORDER(a->u.i, b->u.i) : compare_i64_f64(a->u.i, b->u.f);
    return b->type == LEVADA_T_F64 ? compare_f64(a->u.f, b->u.f) : -compare_i64_f64(b->u.i, a->u.f);
}

static int
compare_text(const struct levada_scalar *a, const struct levada_scalar *b)
{
    uint32_t n = a->len < b->len ? a->len : b->len;
    int order = n == 0 ? 0 : memcmp(a->u.s, b->u.s, n);
    if (order == 0)
        order = ORDER(a->len, b->len);
    return order != 0 ? order : ORDER(a->type, b->type);
}

int
value_compare(const struct levada_scalar *a, const struct levada_scalar *b)
{
    enum rank rank_a = rank(a), rank_b = rank(b);
    if (rank_a != rank_b)
        return ORDER(rank_a, rank_b);
    switch (rank_a) {
    case RANK_MISSING:
    case RANK_NULL:
        return 0;
    case RANK_NUMBER:
        return compare_numbers(a, b);
    case RANK_TEXT:
        return compare_text(a, b);
    default:
        return ORDER(a->u.i, b->u.i);
    }
}

bool
value_equal(const struct levada_scalar *a, const struct levada_scalar *b)
{
    return value_compare(a, b) == 0;
}
