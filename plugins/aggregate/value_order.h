/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_VALUE_ORDER_H
#define AGGREGATE_VALUE_ORDER_H

/* Values of any type in one order: false, true, numbers by value, texts by their bytes, times. */

#include <levada/plugin.h>

/* < 0, 0 or > 0. Neither is missing or null. */
int value_order(const struct levada_scalar *a, const struct levada_scalar *b);

#endif
