/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STREAM_JOIN_JOINED_H
#define STREAM_JOIN_JOINED_H

/* The records that a callback makes: a left record each, with fields of a right one behind its own.
 */

#include <levada/plugin.h>

struct joined { /* zeroed but for the first two */
    const struct levada_path *const *fields;
    uint32_t n_fields;
    struct levada_batch *batch;
    struct levada_scalar *values; /* a column of each field */
};

/*
 * Adds a record: @left and, in the order of fields, @right (NULL: nulls). Both are copied. Failures
 * have been reported to the call.
 */
levada_status joined_add(struct joined *joined, struct levada_call *call,
                         const struct levada_record *left, const struct levada_scalar *right);

/* Emits what is left. */
levada_status joined_emit(struct joined *joined, struct levada_call *call);

#endif
