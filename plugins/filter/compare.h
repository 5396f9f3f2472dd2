/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_COMPARE_H
#define FILTER_COMPARE_H

/* How values of an expression compare. */

#include <levada/plugin.h>
#include <stdbool.h>

enum comparison {
    COMPARE_EQUAL,
    COMPARE_UNEQUAL,
    COMPARE_LESS,
    COMPARE_LESS_OR_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_OR_EQUAL,
};

/*
 * Numbers compare by value, exactly; texts by bytes; false is less than true; a time compares with
 * a time or with a text that is one. Values of other different types are unequal, and neither is
 * less. With a null or missing value nothing holds, not even COMPARE_UNEQUAL.
 */
bool compare_holds(enum comparison comparison, const struct levada_scalar *a,
                   const struct levada_scalar *b);

#endif
