/* SPDX-License-Identifier: Apache-2.0 */
#include "compare.h"

#include "iso_time.h"

#include <levada/helpers.h>
#include <stdlib.h>
#include <string.h>

enum order {
    ORDER_NONE, /* the two do not compare */
    ORDER_LESS,
    ORDER_SAME,
    ORDER_GREATER,
};

static bool
is_number(const struct levada_scalar *value)
{
    return value->type == LEVADA_T_I64 || value->type == LEVADA_T_F64 ||
           value->type == LEVADA_T_NUM;
}

/* Wide enough for every int64_t and every double. */
static long double
number_of(const struct levada_scalar *value)
{
    char text[64];
    if (value->type == LEVADA_T_I64)
        return (long double)value->u.i;
    if (value->type == LEVADA_T_F64)
        return (long double)value->u.f;
    size_t n = value->len < sizeof(text) - 1 ? value->len : sizeof(text) - 1;
    memcpy(text, value->u.s, n);
    text[n] = '\0';
    return strtold(text, NULL);
}

static enum order
order_numbers(const struct levada_scalar *a, const struct levada_scalar *b)
{
    long double left = number_of(a), right = number_of(b);
    return left < right    ? ORDER_LESS
           : left > right  ? ORDER_GREATER
           : left == right ? ORDER_SAME
                           : ORDER_NONE; /* not a number */
}

static enum order
order_bytes(const struct levada_scalar *a, const struct levada_scalar *b)
{
    uint32_t n = a->len < b->len ? a->len : b->len;
    int order = n > 0 ? memcmp(a->u.s, b->u.s, n) : 0;
    if (order == 0)
        order = (a->len > b->len) - (a->len < b->len);
    return order < 0 ? ORDER_LESS : order > 0 ? ORDER_GREATER : ORDER_SAME;
}

static enum order
order_integers(int64_t a, int64_t b)
{
    return a < b ? ORDER_LESS : a > b ? ORDER_GREATER : ORDER_SAME;
}

static int64_t
time_of(const struct levada_scalar *value)
{
    if (value->type == LEVADA_T_TIME)
        return value->u.i;
    return value->type == LEVADA_T_STR ? iso_time_parse(value->u.s, value->len) : LEVADA_NO_TIME;
}

static enum order
order_of(const struct levada_scalar *a, const struct levada_scalar *b)
{
    if (is_number(a) && is_number(b))
        return order_numbers(a, b);
    if (a->type == LEVADA_T_TIME || b->type == LEVADA_T_TIME) {
        int64_t left = time_of(a), right = time_of(b);
        if (left == LEVADA_NO_TIME || right == LEVADA_NO_TIME)
            return ORDER_NONE;
        return order_integers(left, right);
    }
    if (a->type != b->type)
        return ORDER_NONE;
    return levada_has_bytes(a) ? order_bytes(a, b) : order_integers(a->u.i, b->u.i);
}

bool
compare_holds(enum comparison comparison, const struct levada_scalar *a,
              const struct levada_scalar *b)
{
    if (a->type <= LEVADA_T_NULL || b->type <= LEVADA_T_NULL)
        return false;
    enum order order = order_of(a, b);
    switch (comparison) {
    case COMPARE_EQUAL:
        return order == ORDER_SAME;
    case COMPARE_UNEQUAL:
        return order != ORDER_SAME;
    case COMPARE_LESS:
        return order == ORDER_LESS;
    case COMPARE_LESS_OR_EQUAL:
        return order == ORDER_LESS || order == ORDER_SAME;
    case COMPARE_GREATER:
        return order == ORDER_GREATER;
    case COMPARE_GREATER_OR_EQUAL:
        return order == ORDER_GREATER || order == ORDER_SAME;
    }
    return false;
}
