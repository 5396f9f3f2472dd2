/* SPDX-License-Identifier: Apache-2.0 */
/* min, max, first and last: functions that pick one of the values. */
#include "cell_bytes.h"
#include "function.h"
#include "kept_value.h"
#include "value_order.h"

#include <levada/helpers.h>

struct pick {
    struct kept_value value;
    int64_t time_ms; /* of first and last */
};

static struct pick *
picks_of(const struct computation *computation, const struct levada_slots *slots)
{
    return slots->cell[computation->state];
}

static struct levada_scalar
picked(const struct computation *computation, const struct levada_slots *slots, uint32_t slot)
{
    struct levada_bytes bytes = cell_bytes_read(computation, slots, slot);
    return kept_value_get(&picks_of(computation, slots)[slot].value, bytes.p);
}

static struct levada_scalar
picked_or_null(const struct computation *computation, const struct levada_slots *slots,
               uint32_t slot)
{
    struct levada_scalar value = picked(computation, slots, slot);
    if (value.type == LEVADA_T_MISSING)
        value.type = LEVADA_T_NULL;
    return value;
}

/* What rows are ordered by: texts have no number. */
static double
number_of(const struct levada_scalar *value)
{
    if (value->type == LEVADA_T_BOOL || value->type == LEVADA_T_TIME)
        return (double)value->u.i;
    return levada_f64(value, 0);
}

/* Is @value to take the place of the one before? */
typedef bool is_better(const struct levada_scalar *value, int64_t time_ms,
                       const struct levada_scalar *before, int64_t before_ms);

/* Lets the row have @value if it is better than what it has. */
static inline __attribute__((always_inline)) levada_status
offer(const struct fold *fold, uint32_t slot, const struct levada_scalar *value, int64_t time_ms,
      is_better *better)
{
    if (!is_value(value))
        return LEVADA_OK;
    struct pick *pick = &picks_of(fold->computation, fold->slots)[slot];
    struct levada_scalar before = picked(fold->computation, fold->slots, slot);
    if (is_value(&before) && !better(value, time_ms, &before, pick->time_ms))
        return LEVADA_OK;
    struct cell_bytes bytes = cell_bytes(fold, slot);
    if (!kept_value_set(&pick->value, &bytes.buffer, value))
        return LEVADA_RETRY;
    pick->time_ms = time_ms;
    fold_f64(fold)[slot] = number_of(value);
    return LEVADA_OK;
}

static inline __attribute__((always_inline)) levada_status
pick_fold(const struct fold *fold, is_better *better)
{
    const struct levada_slots *slots = fold->slots;
    levada_status status = LEVADA_OK;
    for (uint32_t k = 0; k < slots->n && status >= 0; k++) {
        uint32_t i = slots->record[k];
        int64_t time_ms = slots->time != NULL ? slots->time[i] : 0;
        status = offer(fold, slots->slot[k], &fold->values[i], time_ms, better);
    }
    return status;
}

static levada_status
pick_merge(const struct fold *fold, is_better *better)
{
    const struct levada_slots *pairs = fold->slots;
    levada_status status = LEVADA_OK;
    for (uint32_t k = 0; k < pairs->n && status >= 0; k++) {
        uint32_t from = pairs->record[k];
        struct levada_scalar value = picked(fold->computation, pairs, from);
        int64_t time_ms = picks_of(fold->computation, pairs)[from].time_ms;
        status = offer(fold, pairs->slot[k], &value, time_ms, better);
    }
    return status;
}

static bool
is_less(const struct levada_scalar *value, int64_t time_ms, const struct levada_scalar *before,
        int64_t before_ms)
{
    (void)time_ms, (void)before_ms;
    return value_order(value, before) < 0;
}

static bool
is_greater(const struct levada_scalar *value, int64_t time_ms, const struct levada_scalar *before,
           int64_t before_ms)
{
    (void)time_ms, (void)before_ms;
    return value_order(value, before) > 0;
}

static bool
is_earlier(const struct levada_scalar *value, int64_t time_ms, const struct levada_scalar *before,
           int64_t before_ms)
{
    (void)value, (void)before;
    return time_ms < before_ms;
}

/* Of two at the same time, the one that came later. */
static bool
is_later(const struct levada_scalar *value, int64_t time_ms, const struct levada_scalar *before,
         int64_t before_ms)
{
    (void)value, (void)before;
    return time_ms >= before_ms;
}

#define PICKING(word, better)                                                                      \
    static levada_status word##_fold(const struct fold *fold)                                      \
    {                                                                                              \
        return pick_fold(fold, better);                                                            \
    }                                                                                              \
    static levada_status word##_merge(const struct fold *fold)                                     \
    {                                                                                              \
        return pick_merge(fold, better);                                                           \
    }                                                                                              \
    const struct function function_##word = {                                                      \
        .name = #word,                                                                             \
        .result_type = LEVADA_T_F64,                                                               \
        .state_bytes = sizeof(struct pick),                                                        \
        .has_bytes = true,                                                                         \
        .fold = word##_fold,                                                                       \
        .merge = word##_merge,                                                                     \
        .get = picked_or_null,                                                                     \
    }

PICKING(min, is_less);
PICKING(max, is_greater);
PICKING(first, is_earlier);
PICKING(last, is_later);
