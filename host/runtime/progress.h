/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_PROGRESS_H
#define HOST_RUNTIME_PROGRESS_H

/*
 * What one trigger did, in the words of Spark's StreamingQueryProgress (3.5): the same names and
 * nesting, so that whoever reads Spark's reports reads these. docs/progress.md tells which fields
 * mean something here.
 */

#include "runtime/positions.h"
#include "runtime/stage.h"

#include <stdint.h>

struct progress_counts {
    uint64_t records_in, late;
};

/* Noted when a trigger begins, so that the report can tell what changed. */
struct progress_mark {
    int64_t wall_ms, started_ns;
    struct table_stats *tables;     /* by stage; zeroed where there is no table */
    struct progress_counts *counts; /* by stage */
    struct levada_position *starts; /* by partition; texts are those of the positions */
    uint32_t n_starts;
    int64_t min_event_ms, max_event_ms, avg_event_ms; /* of the first table; LEVADA_NO_TIME */
};

/* How long the parts of a trigger took. */
struct progress_times {
    int64_t get_batch_ns, add_batch_ns, wal_commit_ns, commit_offsets_ns, total_ns;
};

struct progress_report {
    const char *id, *run_id, *name;
    uint64_t batch;
    struct stage *const *stages;
    uint32_t n_stages;
    const struct positions *positions;
    const struct progress_mark *mark;
    struct progress_times times;
    int64_t since_last_ns; /* from the last trigger's start to this one's; 0: this is the first */
};

/* False: out of memory. Released by progress_mark_finish. */
bool progress_mark_take(struct progress_mark *mark, struct stage *const *stages, uint32_t n_stages,
                        const struct positions *positions, int64_t wall_ms, int64_t now_ns);
void progress_mark_finish(struct progress_mark *mark);
/* Notes the event times of the trigger, which the tables forget when it is over. */
void progress_mark_events(struct progress_mark *mark, struct stage *const *stages,
                          uint32_t n_stages);

/* One line of JSON, to be freed; NULL: out of memory. */
char *progress_report_json(const struct progress_report *report);

#endif
