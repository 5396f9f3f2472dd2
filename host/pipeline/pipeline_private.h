/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PIPELINE_PIPELINE_PRIVATE_H
#define HOST_PIPELINE_PIPELINE_PRIVATE_H

/* Inside pipeline/ only. */

#include "config/options.h"
#include "pipeline/pipeline.h"
#include "pipeline/stage_options.h"
#include "runtime/stage.h"

/* What a stage reads: a port of another one. */
struct input {
    struct node *node;
    uint32_t port;
};

/* A stage with what the file said of it. */
struct node {
    const struct stage_spec *spec;
    const struct plugin *plugin; /* NULL: could not be loaded */
    struct stage *stage;         /* NULL: likewise */
    struct input *inputs;
    uint32_t n_inputs;
    bool options_fine;
    bool is_dead_letter; /* some stage sends its bad records here */
    int mark;            /* of the search for cycles */
};

struct pipeline {
    const struct pipeline_spec *spec;
    uint32_t worker; /* of spec->tasks */
    char *label;     /* for logs: the name, and the worker where there are several */
    char *identity;
    const struct settings *settings; /* while planning; NULL: none */
    struct record_space *space;
    struct node *nodes; /* in the file's order */
    uint32_t n_nodes;
    struct stage **order; /* each after those that it reads from */
    uint32_t n_order;
    bool has_cycle; /* told already; nothing that follows inputs up may be asked then */
    struct engine *engine;
    uint32_t n_partitions; /* of the input, once the service was asked; 0: unknown */
    bool until_caught_up;
    struct problems *problems; /* while planning */
};

/* ---- graph.c: from `from` to edges and an order ---- */

void graph_connect(struct pipeline *pipeline);
struct node *graph_find(struct pipeline *pipeline, const char *name);
struct node *graph_node(const struct pipeline *pipeline, const struct stage *stage);
/* Does every source above @node end by itself? */
bool graph_is_finite(const struct pipeline *pipeline, const struct node *node);
/* Does a complete-mode table stand above the node? */
bool graph_replaces(const struct node *node);
/* A table above whose rows come again when they change, or at each trigger; or NULL. */
const struct stage *graph_repeating_table(const struct node *node);

/* ---- delivery.c: can the promise be kept? ---- */

void delivery_check(struct pipeline *pipeline);
/* The sink whose transaction commits the pipeline; NULL: there is none. */
struct stage *delivery_coordinator(const struct pipeline *pipeline);
/* Is it a source that is a member of a group? */
bool delivery_is_member(const struct stage *stage);

/* ---- needs.c: topics that have to be there ---- */

/* As lines of a graph for Graphviz. */
void needs_print_dot(const struct pipeline *pipeline, FILE *out);
/* Asks the service for those that the host needs for itself. */
void needs_connect(struct pipeline *pipeline, struct problems *problems);

/* ---- schema.c: fields across the chain ---- */

void schema_check(struct pipeline *pipeline);
/* Tells the engine which fields each source must have. False: out of memory. */
bool schema_watch(struct pipeline *pipeline);

/* Does this input carry rows that a table let through as they came, because they were late? */
bool graph_is_late(const struct input *input);

struct stage_options node_options(const struct node *node);
/* For a stage_plan, whose user is the node. */
struct place node_option_place(void *user, const char *option);

#endif
