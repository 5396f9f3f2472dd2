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

void
exact_sum_add_loosely(struct exact_sum *sum, const struct levada_scalar *number)
{
    sum->n++;
    if (number->type == LEVADA_T_F64) {
        add_fraction(sum, number->u.f);
    } else if (__builtin_add_overflow(sum->whole, number->u.i, &sum->whole)) {
        /* What wrapped around is put back before the older part moves over. */
        add_fraction(sum, (double)(int64_t)((uint64_t)sum->whole - (uint64_t)number->u.i));
        sum->whole = number->u.i;
    }
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
