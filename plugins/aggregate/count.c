/* SPDX-License-Identifier: Apache-2.0 */
/* count: of records, or of the values that a field has; and of those that differ. */
#include "cell_bytes.h"
#include "distinct_set.h"
#include "function.h"
#include "hyperloglog.h"

static levada_status
count_fold(const struct fold *fold)
{
    const struct levada_slots *slots = fold->slots;
    int64_t *count = fold_i64(fold);
    if (fold->values == NULL) {
        for (uint32_t k = 0; k < slots->n; k++)
            count[slots->slot[k]]++;
        return LEVADA_OK;
    }
    for (uint32_t k = 0; k < slots->n; k++)
        count[slots->slot[k]] += is_value(&fold->values[slots->record[k]]);
    return LEVADA_OK;
}

static levada_status
count_merge(const struct fold *fold)
{
    const struct levada_slots *pairs = fold->slots;
    int64_t *count = fold_i64(fold);
    for (uint32_t k = 0; k < pairs->n; k++)
        count[pairs->slot[k]] += count[pairs->record[k]];
    return LEVADA_OK;
}

const struct function function_count = {
    .name = "count",
    .may_lack_field = true,
    .result_type = LEVADA_T_I64,
    .fold = count_fold,
    .merge = count_merge,
};

static levada_status
distinct_fold(const struct fold *fold)
{
    const struct levada_slots *slots = fold->slots;
    int64_t *count = fold_i64(fold);
    for (uint32_t k = 0; k < slots->n; k++) {
        const struct levada_scalar *value = &fold->values[slots->record[k]];
        if (!is_value(value))
            continue;
        struct value_key key = value_key(value);
        struct cell_bytes bytes = cell_bytes(fold, slots->slot[k]);
        enum distinct_result result = distinct_set_add(&bytes.buffer, &key);
        if (result == DISTINCT_FAILED)
            return LEVADA_RETRY;
        count[slots->slot[k]] += result == DISTINCT_ADDED;
    }
    return LEVADA_OK;
}

static levada_status
distinct_merge(const struct fold *fold)
{
    const struct levada_slots *pairs = fold->slots;
    int64_t *count = fold_i64(fold);
    for (uint32_t k = 0; k < pairs->n; k++) {
        struct cell_bytes to = cell_bytes(fold, pairs->slot[k]);
        const struct cell_bytes from = cell_bytes(fold, pairs->record[k]);
        if (!distinct_set_merge(&to.buffer, &from.buffer))
            return LEVADA_RETRY;
        count[pairs->slot[k]] = (int64_t)distinct_set_n(&to.buffer);
    }
    return LEVADA_OK;
}

const struct function function_count_distinct = {
    .name = "count_distinct",
    .result_type = LEVADA_T_I64,
    .has_bytes = true,
    .fold = distinct_fold,
    .merge = distinct_merge,
};

static levada_status
approx_fold(const struct fold *fold)
{
    const struct levada_slots *slots = fold->slots;
    int64_t *count = fold_i64(fold);
    for (uint32_t k = 0; k < slots->n; k++) {
        const struct levada_scalar *value = &fold->values[slots->record[k]];
        if (!is_value(value))
            continue;
        bool changed = false;
        struct value_key key = value_key(value);
        struct cell_bytes bytes = cell_bytes(fold, slots->slot[k]);
        if (!hyperloglog_add(&bytes.buffer, value_key_hash(&key), &changed))
            return LEVADA_RETRY;
        if (changed)
            count[slots->slot[k]] = (int64_t)hyperloglog_estimate(&bytes.buffer);
    }
    return LEVADA_OK;
}

static levada_status
approx_merge(const struct fold *fold)
{
    const struct levada_slots *pairs = fold->slots;
    int64_t *count = fold_i64(fold);
    for (uint32_t k = 0; k < pairs->n; k++) {
        struct cell_bytes to = cell_bytes(fold, pairs->slot[k]);
        const struct cell_bytes from = cell_bytes(fold, pairs->record[k]);
        if (!hyperloglog_merge(&to.buffer, &from.buffer))
            return LEVADA_RETRY;
        count[pairs->slot[k]] = (int64_t)hyperloglog_estimate(&to.buffer);
    }
    return LEVADA_OK;
}

const struct function function_approx_count_distinct = {
    .name = "approx_count_distinct",
    .result_type = LEVADA_T_I64,
    .has_bytes = true,
    .fold = approx_fold,
    .merge = approx_merge,
};
