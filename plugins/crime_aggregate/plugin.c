/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aggregate under the name that the workload knows. No default of ours makes a pipeline windowed:
 * whoever asks for a window says so.
 */
#include "aggregate.h"

static const struct levada_stage crime_aggregate = {
    AGGREGATE_STAGE,
    .id = "crime_aggregate",
    .summary = "Counts records by group and time window.",
};

LEVADA_MODULE("crime_aggregate", "1.0", "Apache-2.0", &crime_aggregate);
