/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_COMPUTE_OPTION_H
#define AGGREGATE_COMPUTE_OPTION_H

/* One entry of the option `compute`, as it was written, and what is wrong with it. */

#include "function.h"

struct compute_option {
    const char *name;
    int64_t function; /* an index of functions[] */
    const struct levada_path *field;
    double quantile; /* 0: none */
};

/* False: a problem was told. */
bool compute_option_check(struct levada_call *call, const struct compute_option *option);

struct computation compute_option_use(const struct compute_option *option);

#endif
