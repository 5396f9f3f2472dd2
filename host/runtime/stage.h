/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_STAGE_H
#define HOST_RUNTIME_STAGE_H

/*
 * One stage of a running pipeline: the plugin's descriptor and memory, its place in the graph, its
 * counters. Built by pipeline/, driven by engine.c, seen by plugins as struct levada_ctx.
 */

#include "base/problem.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "record/batch.h"
#include "table/table.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct stage;
struct keyed_state;
struct stage_remote;

/* Records that leave a port reach an input port of another stage. */
struct edge {
    struct stage *to;
    uint32_t to_port;
};

struct port {
    const char *name; /* NULL: the main output */
    struct edge *edges;
    uint32_t n_edges;
};

/* A field that the stage adds, and where it stands. */
struct added_field {
    const struct levada_path *path, *after;
};

/* What `check` knows of the fields that go in and out. Filled in create(). */
struct field_plan {
    const struct levada_path **needs;
    struct added_field *adds;
    const struct levada_path **drops;
    uint32_t n_needs, n_adds, n_drops;
    bool only; /* nothing of the input leaves */
};

/* What happens to records that fail. */
struct error_policy {
    bool tolerate;
    int64_t retry_for_ns;
    struct stage *dead_letter; /* or NULL */
};

/* A mirror of a dictionary that the plugin keeps for one column it sets. */
struct mirror {
    const struct levada_path *path;
    const struct levada_dict *foreign;
    uint32_t generation, n;
    struct dict *dict;
};

/* The rows of one input partition, where each partition has its own: partition_state.h */
struct stage_part {
    int32_t partition;
    struct table *table;  /* that records of the partition go into */
    struct table *merged; /* of a stage that is_repartitioned: what all partitions have of a part of
                             the groups */
};

struct stage {
    const struct levada_stage *op;
    const char *file;                  /* of the plugin; NULL: not known */
    const struct stage_remote *remote; /* its callbacks run elsewhere (callback.h); NULL: here */
    void *remote_self;
    void *self; /* op->self_size bytes */
    const char *pipeline, *name;
    struct place at; /* in the pipeline file */
    struct logger logger;
    struct error_policy errors;
    struct port *ports;
    uint32_t n_ports;
    struct field_plan fields;
    struct record_space *space;
    struct arena arena;            /* option values, names; lives as the stage does */
    struct batch_decoder *decoder; /* of the records that it appends; made when they come */
    struct table *table;           /* LEVADA_CAP_TABLE; the one in hand, where there are parts */
    struct table *whole_table;     /* that of all partitions: what planning made */
    struct table *partial;         /* beside a merged one in hand: that of the records */
    struct stage_part *parts;      /* by partition; in a transaction of several workers only */
    uint32_t n_parts;
    bool is_repartitioned;     /* rows of a group come of several partitions: repartition.c */
    struct table_stats parted; /* counters of parts that are gone */
    struct table_options table_options;
    struct table_cell *cells;
    uint32_t n_cells;
    struct mirror *mirrors;
    uint32_t n_mirrors;
    struct keyed_state *keyed; /* what the plugin keeps through levada.state/1 */
    struct stage_metrics metrics;
    struct levada_call *call; /* of its callbacks, used again and again */
    bool created, started;
    bool endless;         /* a source that does not end by itself */
    bool finite_input;    /* what the table was made for */
    bool judged_lateness; /* whether most input is late was looked at, once */
    bool ended;           /* a source that has nothing more */
    bool heard;           /* a source: it was polled since RESTORE, in peace */
    int64_t promised_ms, watermark_ms, told_ms; /* of its input: watermarks.c */
    bool replaces; /* a complete-mode table stands above: each trigger is the whole result */
};

#define STAGE_LATE_PORT 1u /* of a stage with a table */

/* NULL: out of memory. Texts are borrowed. Finished by stage_destroy, which calls op->destroy. */
struct stage *stage_create(const struct levada_stage *op, const char *pipeline, const char *name,
                           struct place at, struct record_space *space);
void stage_destroy(struct stage *stage); /* NULL is allowed */

/* A table as the options and cells say. NULL: out of memory. */
struct table *stage_make_table(struct stage *stage);

/* The port of that name (NULL: the main output), or NULL. */
/* As a pipeline file says it; the main output has one too. */
const char *stage_output_name(const struct stage *stage, uint32_t port);
struct port *stage_port(struct stage *stage, const char *name);

/*
 * Calls create(): checks, compiles, declares; then makes the table. Options are filled in before.
 * What is wrong goes to @problems with its place. A stage may start only if no error was added.
 */
struct stage_plan {
    struct problems *problems;
    struct place (*option_at)(void *user, const char *option); /* where an option stands */
    void *user;
    bool finite_input;
};
void stage_plan(struct stage *stage, const struct stage_plan *plan);

/*
 * Asks a created stage that offers levada.connect/1 whether its service is there, for about
 * @wait_ms. What is wrong goes to plan->problems, with the exit code that it stands for.
 */
void stage_connect(struct stage *stage, const struct stage_plan *plan, uint32_t wait_ms);

/*
 * A created sink that offers join() of levada.txn/1 writes into the transaction of another instance
 * of the same stage from here on. What speaks against it goes to plan->problems.
 */
void stage_join(struct stage *stage, struct stage *coordinator, const struct stage_plan *plan);

/* What host functions and options declare. False: out of memory. */
bool stage_needs(struct stage *stage, const struct levada_path *path);
bool stage_adds(struct stage *stage, const struct levada_path *path,
                const struct levada_path *after);
bool stage_drops(struct stage *stage, const struct levada_path *path);
bool stage_add_cell(struct stage *stage, const char *name, uint32_t type, uint32_t size);

/* Where a field that the stage sets stands among the others: behind this one; NULL: last. */
const struct levada_path *stage_added_after(const struct stage *stage,
                                            const struct levada_path *path);

/* Our copy of the plugin's dictionary for the column @path, brought up to date. NULL: no memory. */
struct dict *stage_mirror(struct stage *stage, const struct levada_path *path,
                          const struct levada_dict *foreign);

#endif
