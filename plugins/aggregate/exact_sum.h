/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_EXACT_SUM_H
#define AGGREGATE_EXACT_SUM_H

/*
 * A sum of numbers. Integers are added as integers, so that a sum of nothing else is exact; other
 * numbers are added as doubles, with what rounding lost beside them (Neumaier).
 */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct exact_sum { /* zeroed: of nothing; stored as it is */
    uint64_t n, n_fractions;
    int64_t whole;
    double fractions, lost;
};

/* Adds a number, T_I64 or T_F64. False: integers alone no longer fit; nothing was added. */
bool exact_sum_add(struct exact_sum *sum, const struct levada_scalar *number);

/* The same, but a sum of integers that no longer fits becomes a double. */
void exact_sum_add_loosely(struct exact_sum *sum, const struct levada_scalar *number);

/* Adds all that @other is the sum of. */
bool exact_sum_merge(struct exact_sum *sum, const struct exact_sum *other);
void exact_sum_merge_loosely(struct exact_sum *sum, const struct exact_sum *other);

static inline bool
exact_sum_is_whole(const struct exact_sum *sum)
{
    return sum->n_fractions == 0;
}

static inline double
exact_sum_f64(const struct exact_sum *sum)
{
    return (double)sum->whole + (sum->fractions + sum->lost);
}

#endif
