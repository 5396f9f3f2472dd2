/* SPDX-License-Identifier: Apache-2.0 */
#include "value_order.h"

#include <levada/helpers.h>
#include <string.h>

enum value_class {
    CLASS_BOOL,
    CLASS_NUMBER,
    CLASS_BYTES,
    CLASS_TIME,
};

static enum value_class
class_of(const struct levada_scalar *value)
{
    switch (value->type) {
    case LEVADA_T_BOOL:
        return CLASS_BOOL;
    case LEVADA_T_I64:
    case LEVADA_T_F64:
        return CLASS_NUMBER;
    case LEVADA_T_TIME:
        return CLASS_TIME;
    default:
        return CLASS_BYTES;
    }
}

static int
order_integers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
order_doubles(double a, double b)
{
    return (a > b) - (a < b);
}

/* Exact: a double of 2^53 and more has no fraction, a smaller integer is a double. */
static int
order_mixed(int64_t a, double b)
{
    if (b >= 0x1p63)
        return -1;
    if (b < -0x1p63)
        return 1;
    int64_t whole = (int64_t)b;
    return a != whole ? order_integers(a, whole) : order_doubles(0, b - (double)whole);
}

static int
order_numbers(const struct levada_scalar *a, const struct levada_scalar *b)
{
    if (a->type == LEVADA_T_I64)
        return b->type == LEVADA_T_I64 ? order_integers(a->u.i, b->u.i)
                                       : order_mixed(a->u.i, b->u.f);
    return b->type == LEVADA_T_I64 ? -order_mixed(b->u.i, a->u.f) : order_doubles(a->u.f, b->u.f);
}

static int
order_bytes(const struct levada_scalar *a, const struct levada_scalar *b)
{
    uint32_t n = a->len < b->len ? a->len : b->len;
    int order = n > 0 ? memcmp(a->u.s, b->u.s, n) : 0;
    return order != 0 ? order : order_integers(a->len, b->len);
}

int
value_order(const struct levada_scalar *a, const struct levada_scalar *b)
{
    enum value_class of_a = class_of(a), of_b = class_of(b);
    if (of_a != of_b)
        return of_a < of_b ? -1 : 1;
    if (of_a == CLASS_NUMBER)
        return order_numbers(a, b);
    return of_a == CLASS_BYTES ? order_bytes(a, b) : order_integers(a->u.i, b->u.i);
}
