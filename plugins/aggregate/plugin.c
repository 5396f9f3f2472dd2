/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate.h"

static const struct levada_stage aggregate = {
    AGGREGATE_STAGE,
    .id = "aggregate",
    .summary = "Counts, sums, means, extremes and quantiles by group and time window.",
};

LEVADA_MODULE("aggregate", "1.0", "Apache-2.0", &aggregate);
