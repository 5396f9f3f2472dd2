/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_PARTITION_STATE_H
#define HOST_RUNTIME_PARTITION_STATE_H

/*
 * Where hosts share the partitions of an input, each partition has tables of its own, so that its
 * rows, lateness and closing are those of a pipeline that reads it alone, and move with it. One
 * partition is in hand at a time: stage->table is then its table. docs/exactly-once.md
 */

#include "base/error.h"
#include "runtime/stage.h"

#include <stdbool.h>
#include <stdint.h>

#define NO_PARTITION (-1)

/* The stages that the calls below are about; borrowed. */
struct stage_list {
    struct stage *const *stages;
    uint32_t n;
};

/* Every stage with a table gets one more, empty, for @partition, which has none yet. */
levada_status partition_state_add(const struct stage_list *list, int32_t partition,
                                  struct error *err);
/* Its rows are forgotten; its counters are not. */
void partition_state_drop(const struct stage_list *list, int32_t partition);

/*
 * Takes the tables of @partition in hand, which has them: those that its records go into, or those
 * whose rows leave and are kept. They are others where a stage is repartitioned. NO_PARTITION:
 * those of all.
 */
void partition_state_enter(const struct stage_list *list, int32_t partition);
void partition_state_enter_merged(const struct stage_list *list, int32_t partition);

/* The table that records of @partition go into; NULL: none here. */
struct table *partition_state_table(const struct stage *stage, int32_t partition);
/* Has any of its tables news (table_has_news)? The stage has one. */
bool partition_state_has_news(const struct stage *stage);
/* What all of its tables promise (table_watermark). */
int64_t partition_state_watermark(const struct stage *stage);

/* What the tables of a stage tell together. The stage has one. */
void partition_state_stats(const struct stage *stage, struct table_stats *stats);

#endif
