/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_AGGREGATE_H
#define AGGREGATE_AGGREGATE_H

/*
 * A stage that computes one or several functions of each group and window. Windows, groups and
 * state are the host's; here is what is folded. Two plugins are made of it: aggregate and
 * crime_aggregate.
 */

#include "function.h"

struct aggregate {
    struct levada_list compute; /* option: struct compute_option */
    struct computation *computations;
    uint32_t n;
};

extern const struct levada_option aggregate_options[];
#define AGGREGATE_N_OPTIONS 1

levada_status aggregate_create(void *object, struct levada_call *call, struct levada_ctx *ctx);
levada_status aggregate_process(void *object, struct levada_call *call, uint32_t port,
                                struct levada_batch *batch);
levada_status aggregate_merge(void *object, struct levada_call *call,
                              const struct levada_slots *pairs);
levada_status aggregate_rows(void *object, struct levada_call *call, struct levada_batch *batch,
                             const struct levada_slots *slots);
void aggregate_destroy(void *object);

/* All of a stage but its name and what it is for. */
#define AGGREGATE_STAGE                                                                            \
    .struct_size = sizeof(struct levada_stage), .kind = LEVADA_AGGREGATE,                          \
    .caps = LEVADA_CAP_TABLE, .self_size = sizeof(struct aggregate), .state_version = 1,           \
    .options = aggregate_options, .n_options = AGGREGATE_N_OPTIONS,                                \
    .option_stride = sizeof(struct levada_option), .create = aggregate_create,                     \
    .process = aggregate_process, .merge = aggregate_merge, .rows = aggregate_rows,                \
    .destroy = aggregate_destroy

#endif
