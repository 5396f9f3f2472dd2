/* SPDX-License-Identifier: Apache-2.0 */
#include "exact_sum.h"

#include <math.h>

static void
add_fraction(struct exact_sum *sum, double number)
{
    double before = sum->fractions, after = before + number;
    sum->fractions = after;
    sum->lost +=
        fabs(before) >= fabs(number) ? (before - after) + number : (number - after) + before;
    sum->n_fractions++;
}

static void
add_whole(struct exact_sum *sum, int64_t number)
{
    int64_t before = sum->whole;
    if (!__builtin_add_overflow(before, number, &sum->whole))
        return;
    add_fraction(sum, (double)before);
    sum->whole = number;
}

void
exact_sum_add_loosely(struct exact_sum *sum, const struct levada_scalar *number)
{
    sum->n++;
    if (number->type == LEVADA_T_F64)
        add_fraction(sum, number->u.f);
    else
        add_whole(sum, number->u.i);
}

bool
exact_sum_add(struct exact_sum *sum, const struct levada_scalar *number)
{
    int64_t whole;
    if (number->type == LEVADA_T_I64 && exact_sum_is_whole(sum) &&
        __builtin_add_overflow(sum->whole, number->u.i, &whole))
        return false;
    exact_sum_add_loosely(sum, number);
    return true;
}

void
exact_sum_merge_loosely(struct exact_sum *sum, const struct exact_sum *other)
{
    sum->n += other->n;
    add_whole(sum, other->whole);
    if (exact_sum_is_whole(other))
        return;
    add_fraction(sum, other->fractions);
    sum->lost += other->lost;
}

bool
exact_sum_merge(struct exact_sum *sum, const struct exact_sum *other)
{
    int64_t whole;
    if (exact_sum_is_whole(sum) && exact_sum_is_whole(other) &&
        __builtin_add_overflow(sum->whole, other->whole, &whole))
        return false;
    exact_sum_merge_loosely(sum, other);
    return true;
}
