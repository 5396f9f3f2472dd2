/* SPDX-License-Identifier: Apache-2.0 */
/* Which stage reads from which: edges, cycles, the order in which stages run. */
#include "base/suggest.h"
#include "pipeline/pipeline_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node *
graph_find(struct pipeline *pipeline, const char *name)
{
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        if (strcmp(pipeline->nodes[i].spec->name, name) == 0)
            return &pipeline->nodes[i];
    }
    return NULL;
}

struct node *
graph_node(const struct pipeline *pipeline, const struct stage *stage)
{
    uint32_t i = 0;
    while (pipeline->nodes[i].stage != stage)
        i++;
    return &pipeline->nodes[i];
}

__attribute__((format(printf, 5, 6))) static void
complain(struct pipeline *pipeline, const struct node *node, struct place at,
         const char *suggestion, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    problems_add(pipeline->problems, at, SEVERITY_ERROR, node->spec->name, NULL, suggestion, "%s",
                 text);
}

static const char *
nearest_stage(const struct pipeline *pipeline, const char *name)
{
    struct suggest suggest;
    suggest_start(&suggest, name);
    for (uint32_t i = 0; i < pipeline->n_nodes; i++)
        suggest_offer(&suggest, pipeline->nodes[i].spec->name);
    return suggest_best(&suggest);
}

static bool
add_input(struct node *node, struct node *from, uint32_t port)
{
    struct input *inputs = realloc(node->inputs, (node->n_inputs + 1) * sizeof(*inputs));
    if (inputs == NULL)
        return false;
    node->inputs = inputs;
    inputs[node->n_inputs++] = (struct input){ from, port };
    return true;
}

static bool
has_input(const struct node *node, const struct node *from, uint32_t port)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i].node == from && node->inputs[i].port == port)
            return true;
    }
    return false;
}

/* @name is no output of @from: which ones are. */
static void
complain_of_output(struct pipeline *pipeline, const struct node *from, const char *name,
                   const struct node *to, struct place at)
{
    char known[256] = "";
    struct suggest suggest;
    suggest_start(&suggest, name);
    for (uint32_t p = 0; p < from->stage->n_ports; p++) {
        const char *port = stage_output_name(from->stage, p);
        size_t n = strlen(known);
        suggest_offer(&suggest, port);
        snprintf(known + n, sizeof(known) - n, "%s\"%s\"", n > 0 ? ", " : "", port);
    }
    complain(pipeline, to, at, suggest_best(&suggest), "\"%s\" has no output \"%s\"; it has %s",
             from->spec->name, name, known);
}

/* An edge from a port of @from (NULL: the main output) to the next input of @to. */
static void
connect(struct pipeline *pipeline, struct node *from, const char *port_name, struct node *to,
        struct place at)
{
    if (from->stage == NULL || to->stage == NULL) {
        /* Already told why; the edge still counts for what follows. */
        add_input(to, from, 0);
        return;
    }
    struct port *port = stage_port(from->stage, port_name);
    if (port == NULL) {
        if (from->stage->n_ports == 0)
            complain(pipeline, to, at, NULL, "reads from \"%s\", which is a sink",
                     from->spec->name);
        else
            complain_of_output(pipeline, from, port_name, to, at);
        return;
    }
    uint32_t from_port = (uint32_t)(port - from->stage->ports);
    uint32_t n_ports = to->stage->op->n_inputs;
    if (n_ports < 2 && has_input(to, from, from_port)) {
        complain(pipeline, to, at, NULL, "names \"%s\" twice in `from`", from->spec->name);
        return;
    }
    uint32_t to_port = n_ports > 1 ? to->n_inputs : 0;
    if (to_port > 0 && to_port >= n_ports) {
        complain(pipeline, to, at, NULL, "has fewer inputs than `from` names; \"%s\" is too many",
                 from->spec->name);
        return;
    }
    struct edge *edges = realloc(port->edges, (port->n_edges + 1) * sizeof(*edges));
    if (edges == NULL || !add_input(to, from, from_port)) {
        port->edges = edges != NULL ? edges : port->edges;
        problems_add_no_memory(pipeline->problems);
        return;
    }
    port->edges = edges;
    edges[port->n_edges++] = (struct edge){ .to = to->stage, .to_port = to_port };
}

static bool
is_kind(const struct node *node, uint32_t kind)
{
    return node->stage != NULL && node->stage->op->kind == kind;
}

static void
connect_named(struct pipeline *pipeline, struct node *node)
{
    const struct stage_spec *spec = node->spec;
    for (size_t i = 0; i < spec->n_from; i++) {
        const struct from_spec *from = &spec->from[i];
        struct node *source = graph_find(pipeline, from->stage);
        if (source == NULL)
            complain(pipeline, node, from->at, nearest_stage(pipeline, from->stage),
                     "input \"%s\" is no stage", from->stage);
        else if (source == node)
            complain(pipeline, node, from->at, NULL, "reads from itself");
        else
            connect(pipeline, source, from->port, node, from->at);
    }
}

static void
connect_default(struct pipeline *pipeline, struct node *node)
{
    uint32_t position = (uint32_t)(node - pipeline->nodes);
    if (position == 0) {
        complain(pipeline, node, node->spec->at, NULL,
                 "comes first but is no source; a %s needs an input",
                 is_kind(node, LEVADA_SINK) ? "sink" : "stage");
        return;
    }
    struct node *above = node - 1;
    if (is_kind(above, LEVADA_SINK))
        complain(pipeline, node, node->spec->at, NULL,
                 "stands behind the sink \"%s\"; say with `from` what it reads", above->spec->name);
    else
        connect(pipeline, above, NULL, node, node->spec->at);
}

static void
connect_node(struct pipeline *pipeline, struct node *node)
{
    const struct stage_spec *spec = node->spec;
    if (is_kind(node, LEVADA_SOURCE)) {
        if (spec->has_from && spec->n_from > 0)
            complain(pipeline, node, spec->from[0].at, NULL,
                     "is a source and reads from no stage; remove `from`");
        return;
    }
    if (spec->has_from)
        connect_named(pipeline, node);
    else if (node->stage != NULL)
        connect_default(pipeline, node);
    if (spec->has_from && spec->n_from == 0 && !node->is_dead_letter)
        complain(pipeline, node, spec->at, NULL,
                 "has no input: `from` is empty and no `errors` name it as dead_letter");
    if (node->stage != NULL && node->stage->op->n_inputs > 1 &&
        node->n_inputs < node->stage->op->n_inputs)
        complain(pipeline, node, spec->at, NULL,
                 "needs one stage in `from` for each of its %u inputs", node->stage->op->n_inputs);
}

/* ---- dead letters ---- */

static void
connect_dead_letter(struct pipeline *pipeline, struct node *node)
{
    const struct errors_spec *errors = &node->spec->errors;
    if (node->stage != NULL) {
        node->stage->errors.tolerate = errors->tolerate;
        node->stage->errors.retry_for_ns = errors->retry_for_ns;
    }
    if (errors->dead_letter == NULL)
        return;
    struct node *letter = graph_find(pipeline, errors->dead_letter);
    if (letter == NULL) {
        complain(pipeline, node, errors->dead_letter_at,
                 nearest_stage(pipeline, errors->dead_letter), "dead_letter \"%s\" is no stage",
                 errors->dead_letter);
        return;
    }
    if (letter == node)
        return; /* the pipeline's policy names it: its own bad records have no other place */
    if (is_kind(letter, LEVADA_SOURCE)) {
        complain(pipeline, node, errors->dead_letter_at, NULL, "dead_letter \"%s\" is a source",
                 errors->dead_letter);
        return;
    }
    letter->is_dead_letter = true;
    if (node->stage != NULL)
        node->stage->errors.dead_letter = letter->stage;
}

/* ---- order ---- */

enum {
    MARK_NONE,
    MARK_OPEN,
    MARK_DONE,
};

/* Depth first; the order comes out inputs first. True: no cycle through @node. */
static bool
visit(struct pipeline *pipeline, struct node *node)
{
    if (node->mark == MARK_DONE)
        return true;
    if (node->mark == MARK_OPEN) {
        complain(pipeline, node, node->spec->at, NULL,
                 "is part of a cycle: records that leave it would come back");
        return false;
    }
    node->mark = MARK_OPEN;
    bool fine = true;
    for (uint32_t i = 0; i < node->n_inputs && fine; i++)
        fine = visit(pipeline, node->inputs[i].node);
    /* Bad records of a stage reach its dead-letter stage: that one comes after it. */
    for (uint32_t i = 0; i < pipeline->n_nodes && fine && node->is_dead_letter; i++) {
        struct node *other = &pipeline->nodes[i];
        if (other->stage != NULL && other->stage->errors.dead_letter == node->stage)
            fine = visit(pipeline, other);
    }
    node->mark = MARK_DONE;
    if (fine && node->stage != NULL)
        pipeline->order[pipeline->n_order++] = node->stage;
    return fine;
}

/* Whatever comes to @node from @above, be it its bad records. */
static bool
reads_from(const struct node *node, const struct node *above)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i].node == above)
            return true;
    }
    return above->stage != NULL && above->stage->errors.dead_letter == node->stage;
}

static bool
has_all_stages(const struct pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        if (pipeline->nodes[i].stage == NULL)
            return false;
    }
    return true;
}

static void
check_output(struct pipeline *pipeline, const struct node *node)
{
    if (node->stage->n_ports > 0 && node->stage->ports[0].n_edges == 0)
        complain(pipeline, node, node->spec->at, NULL,
                 "has an output that no stage reads; add a sink behind it");
}

/*
 * What a stage below a dead-letter stage refuses cannot come back to it. MARK_DONE: seen already.
 */
static void
drop_circular_letters(struct pipeline *pipeline, const struct stage *letters,
                      const struct node *below)
{
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        struct node *node = &pipeline->nodes[i];
        if (node->mark == MARK_DONE || node->stage == NULL || !reads_from(node, below))
            continue;
        node->mark = MARK_DONE;
        if (node->stage->errors.dead_letter == letters)
            node->stage->errors.dead_letter = NULL;
        drop_circular_letters(pipeline, letters, node);
    }
}

void
graph_connect(struct pipeline *pipeline)
{
    size_t n_errors = pipeline->problems->n_errors;
    for (uint32_t i = 0; i < pipeline->n_nodes; i++)
        connect_dead_letter(pipeline, &pipeline->nodes[i]);
    for (uint32_t i = 0; i < pipeline->n_nodes; i++)
        connect_node(pipeline, &pipeline->nodes[i]);
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        if (pipeline->nodes[i].is_dead_letter && pipeline->nodes[i].stage != NULL)
            drop_circular_letters(pipeline, pipeline->nodes[i].stage, &pipeline->nodes[i]);
        for (uint32_t n = 0; n < pipeline->n_nodes; n++)
            pipeline->nodes[n].mark = MARK_NONE;
    }
    /* Where a stage or an edge is missing, an output without a reader is no mistake of its own. */
    bool whole = has_all_stages(pipeline) && pipeline->problems->n_errors == n_errors;
    for (uint32_t i = 0; i < pipeline->n_nodes && whole; i++)
        check_output(pipeline, &pipeline->nodes[i]);
    pipeline->has_cycle = false;
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        if (!visit(pipeline, &pipeline->nodes[i]))
            pipeline->has_cycle = true;
    }
}

bool
graph_is_finite(const struct pipeline *pipeline, const struct node *node)
{
    if (pipeline->until_caught_up)
        return true;
    if (node->stage != NULL && node->stage->op->kind == LEVADA_SOURCE)
        return !node->stage->endless;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        if (!graph_is_finite(pipeline, node->inputs[i].node))
            return false;
    }
    return true;
}

bool
graph_is_late(const struct input *input)
{
    return input->port == STAGE_LATE_PORT && input->node->stage != NULL &&
           (input->node->stage->op->caps & LEVADA_CAP_TABLE) != 0;
}

bool
graph_replaces(const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct input *input = &node->inputs[i];
        const struct stage *above = input->node->stage;
        bool table = above != NULL && above->table != NULL && !graph_is_late(input);
        if (table ? table_is_complete_mode(above->table) : graph_replaces(input->node))
            return true;
    }
    return false;
}

const struct stage *
graph_repeating_table(const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct input *input = &node->inputs[i];
        const struct stage *above = input->node->stage;
        const struct stage *found = NULL;
        if (above == NULL || above->table == NULL || graph_is_late(input))
            found = graph_repeating_table(input->node);
        else if (table_is_complete_mode(above->table) ||
                 above->table_options.output_mode == TABLE_UPDATE)
            found = above;
        if (found != NULL)
            return found;
    }
    return NULL;
}
