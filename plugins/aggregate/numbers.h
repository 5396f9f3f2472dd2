/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_NUMBERS_H
#define AGGREGATE_NUMBERS_H

/* Columns of which a function wants numbers. */

#include <levada/plugin.h>
#include <stdbool.h>

/* Is @value nothing, or a number of 64 bits or a finite double? */
bool number_or_none(const struct levada_scalar *value);

/*
 * @values with numbers that are too long to be exact as the nearest double; @values itself where
 * there are none. NULL: out of memory.
 */
const struct levada_scalar *numbers_rounded(struct levada_call *call,
                                            const struct levada_scalar *values, uint32_t n);

/* Takes record @i out of the batch, with the value of @field that is no number. */
levada_status number_reject(struct levada_call *call, struct levada_batch *batch, uint32_t i,
                            const struct levada_path *field);

#endif
