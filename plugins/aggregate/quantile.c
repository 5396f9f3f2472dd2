/* SPDX-License-Identifier: Apache-2.0 */
#include "cell_bytes.h"
#include "quantile_sketch.h"

#include <levada/helpers.h>
#include <math.h>

#define STALE NAN /* a result while its row takes more numbers */

static levada_status
add_numbers(const struct fold *fold)
{
    const struct levada_slots *slots = fold->slots;
    double *result = fold_f64(fold);
    for (uint32_t k = 0; k < slots->n; k++) {
        const struct levada_scalar *value = &fold->values[slots->record[k]];
        if (!is_value(value))
            continue;
        struct cell_bytes bytes = cell_bytes(fold, slots->slot[k]);
        if (!quantile_sketch_add(&bytes.buffer, levada_f64(value, 0)))
            return LEVADA_RETRY;
        result[slots->slot[k]] = STALE;
    }
    return LEVADA_OK;
}

/* Reading a quantile costs more than adding a number, so it is done once a batch and row. */
static levada_status
quantile_fold(const struct fold *fold)
{
    const struct levada_slots *slots = fold->slots;
    double *result = fold_f64(fold);
    levada_status status = add_numbers(fold);
    for (uint32_t k = 0; k < slots->n && status >= 0; k++) {
        uint32_t slot = slots->slot[k];
        if (!isnan(result[slot]))
            continue;
        struct cell_bytes bytes = cell_bytes(fold, slot);
        result[slot] = quantile_sketch_get(&bytes.buffer, fold->computation->quantile);
    }
    return status;
}

static levada_status
quantile_merge(const struct fold *fold)
{
    const struct levada_slots *pairs = fold->slots;
    double *result = fold_f64(fold);
    for (uint32_t k = 0; k < pairs->n; k++) {
        uint32_t slot = pairs->slot[k];
        const struct cell_bytes from = cell_bytes(fold, pairs->record[k]);
        if (from.buffer.p == NULL)
            continue;
        struct cell_bytes to = cell_bytes(fold, slot);
        if (!quantile_sketch_merge(&to.buffer, &from.buffer))
            return LEVADA_RETRY;
        result[slot] = quantile_sketch_get(&to.buffer, fold->computation->quantile);
    }
    return LEVADA_OK;
}

static struct levada_scalar
quantile_get(const struct computation *computation, const struct levada_slots *slots, uint32_t slot)
{
    if (cell_bytes_read(computation, slots, slot).p == NULL)
        return (struct levada_scalar){ .type = LEVADA_T_NULL };
    const double *result = slots->cell[computation->result];
    return (struct levada_scalar){ .type = LEVADA_T_F64, .u.f = result[slot] };
}

const struct function function_quantile = {
    .name = "quantile",
    .of_numbers = true,
    .result_type = LEVADA_T_F64,
    .has_bytes = true,
    .fold = quantile_fold,
    .merge = quantile_merge,
    .get = quantile_get,
};
