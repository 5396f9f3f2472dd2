/* SPDX-License-Identifier: Apache-2.0 */
/* sum and mean. */
#include "exact_sum.h"
#include "function.h"

#include <math.h>
#include <stdio.h>

static struct exact_sum *
sums_of(const struct computation *computation, const struct levada_slots *slots)
{
    return slots->cell[computation->state];
}

/* The callback fails as a whole: the host takes it back and finds the record that it is about. */
static levada_status
overflow(const struct fold *fold)
{
    char text[300];
    snprintf(text, sizeof(text), "\"%s\": the sum of \"%s\" no longer fits",
             fold->computation->name, levada->name_of(fold->computation->field));
    return levada->fail(fold->call, LEVADA_REJECT, text);
}

static levada_status
sum_fold(const struct fold *fold)
{
    const struct levada_slots *slots = fold->slots;
    struct exact_sum *sums = sums_of(fold->computation, slots);
    double *result = fold_f64(fold);
    for (uint32_t k = 0; k < slots->n; k++) {
        const struct levada_scalar *value = &fold->values[slots->record[k]];
        struct exact_sum *sum = &sums[slots->slot[k]];
        if (!is_value(value))
            continue;
        if (!exact_sum_add(sum, value) || !isfinite(exact_sum_f64(sum)))
            return overflow(fold);
        result[slots->slot[k]] = exact_sum_f64(sum);
    }
    return LEVADA_OK;
}

static levada_status
sum_merge(const struct fold *fold)
{
    const struct levada_slots *pairs = fold->slots;
    struct exact_sum *sums = sums_of(fold->computation, pairs);
    double *result = fold_f64(fold);
    for (uint32_t k = 0; k < pairs->n; k++) {
        struct exact_sum *sum = &sums[pairs->slot[k]];
        if (!exact_sum_merge(sum, &sums[pairs->record[k]]) || !isfinite(exact_sum_f64(sum)))
            return overflow(fold);
        result[pairs->slot[k]] = exact_sum_f64(sum);
    }
    return LEVADA_OK;
}

static struct levada_scalar
sum_get(const struct computation *computation, const struct levada_slots *slots, uint32_t slot)
{
    const struct exact_sum *sum = &sums_of(computation, slots)[slot];
    if (sum->n == 0)
        return (struct levada_scalar){ .type = LEVADA_T_NULL };
    if (exact_sum_is_whole(sum))
        return (struct levada_scalar){ .type = LEVADA_T_I64, .u.i = sum->whole };
    return (struct levada_scalar){ .type = LEVADA_T_F64, .u.f = exact_sum_f64(sum) };
}

const struct function function_sum = {
    .name = "sum",
    .of_numbers = true,
    .result_type = LEVADA_T_F64,
    .state_bytes = sizeof(struct exact_sum),
    .fold = sum_fold,
    .merge = sum_merge,
    .get = sum_get,
};

static levada_status
mean_fold(const struct fold *fold)
{
    const struct levada_slots *slots = fold->slots;
    struct exact_sum *sums = sums_of(fold->computation, slots);
    double *result = fold_f64(fold);
    for (uint32_t k = 0; k < slots->n; k++) {
        const struct levada_scalar *value = &fold->values[slots->record[k]];
        struct exact_sum *sum = &sums[slots->slot[k]];
        if (!is_value(value))
            continue;
        exact_sum_add_loosely(sum, value);
        if (!isfinite(exact_sum_f64(sum)))
            return overflow(fold);
        result[slots->slot[k]] = exact_sum_f64(sum) / (double)sum->n;
    }
    return LEVADA_OK;
}

static levada_status
mean_merge(const struct fold *fold)
{
    const struct levada_slots *pairs = fold->slots;
    struct exact_sum *sums = sums_of(fold->computation, pairs);
    double *result = fold_f64(fold);
    for (uint32_t k = 0; k < pairs->n; k++) {
        struct exact_sum *sum = &sums[pairs->slot[k]];
        exact_sum_merge_loosely(sum, &sums[pairs->record[k]]);
        if (!isfinite(exact_sum_f64(sum)))
            return overflow(fold);
        if (sum->n > 0)
            result[pairs->slot[k]] = exact_sum_f64(sum) / (double)sum->n;
    }
    return LEVADA_OK;
}

static struct levada_scalar
mean_get(const struct computation *computation, const struct levada_slots *slots, uint32_t slot)
{
    if (sums_of(computation, slots)[slot].n == 0)
        return (struct levada_scalar){ .type = LEVADA_T_NULL };
    const double *mean = slots->cell[computation->result];
    return (struct levada_scalar){ .type = LEVADA_T_F64, .u.f = mean[slot] };
}

const struct function function_mean = {
    .name = "mean",
    .of_numbers = true,
    .result_type = LEVADA_T_F64,
    .state_bytes = sizeof(struct exact_sum),
    .fold = mean_fold,
    .merge = mean_merge,
    .get = mean_get,
};
