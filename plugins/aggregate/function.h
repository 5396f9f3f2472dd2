/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_FUNCTION_H
#define AGGREGATE_FUNCTION_H

/*
 * An aggregate function, and one use of it. Every result has a cell of its name, which is its
 * number whenever a batch was folded: rows can be ordered by it. What leaves may differ from it (a
 * null, an integer, a text), and then get() says what.
 */

#include <levada/plugin.h>
#include <stdbool.h>

struct computation {
    const struct function *function;
    const char *name;
    const struct levada_path *field; /* NULL: count of records */
    double quantile;
    uint32_t result; /* cell: the number */
    uint32_t state;  /* cell: state_bytes, if any */
    uint32_t bytes;  /* cell: of any length, if has_bytes */
};

/* A batch to be folded into the rows that its records hit. */
struct fold {
    struct levada_call *call;
    const struct computation *computation;
    const struct levada_slots *slots;
    const struct levada_scalar *values; /* of the field, one a record; NULL without a field */
};

struct function {
    const char *name;
    bool may_lack_field, of_numbers;
    uint32_t result_type; /* LEVADA_T_I64 or LEVADA_T_F64 */
    uint32_t state_bytes;
    bool has_bytes;
    /* Values that are missing or null are none. Those of a function of_numbers are I64 or F64. */
    levada_status (*fold)(const struct fold *fold);
    /* Hit k folds row record[k] in, in place of a record; there are no values. */
    levada_status (*merge)(const struct fold *fold);
    /* NULL: the number as it is. Texts may point into cells. */
    struct levada_scalar (*get)(const struct computation *computation,
                                const struct levada_slots *slots, uint32_t slot);
};

/* In the order of the option's words, FUNCTION_WORDS. */
extern const struct function *const functions[];
#define FUNCTION_WORDS                                                                             \
    "count|count_distinct|approx_count_distinct|sum|min|max|mean|first|last|quantile"

extern const struct function function_count, function_count_distinct,
    function_approx_count_distinct, function_sum, function_min, function_max, function_mean,
    function_first, function_last, function_quantile;

static inline bool
is_value(const struct levada_scalar *value)
{
    return value->type > LEVADA_T_NULL;
}

static inline int64_t *
fold_i64(const struct fold *fold)
{
    return fold->slots->cell[fold->computation->result];
}

static inline double *
fold_f64(const struct fold *fold)
{
    return fold->slots->cell[fold->computation->result];
}

#endif
