/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields across the chain. Where the producers' fields are declared, a field that a stage needs and
 * nothing before it produces is an error of the file; where they are not, the engine watches for
 * it.
 */
#include "base/suggest.h"
#include "pipeline/pipeline_private.h"

#include <stdlib.h>
#include <string.h>

/* The fields of what comes into or leaves one stage. */
struct schema {
    const struct levada_path **fields;
    uint32_t n;
    bool open; /* and others that nobody declared */
};

static bool
schema_add(struct schema *schema, const struct levada_path *path)
{
    for (uint32_t i = 0; i < schema->n; i++) {
        if (schema->fields[i] == path)
            return true;
    }
    const struct levada_path **fields =
        realloc(schema->fields, (schema->n + 1) * sizeof(struct levada_path *));
    if (fields == NULL)
        return false;
    schema->fields = fields;
    fields[schema->n++] = path;
    return true;
}

static void
schema_remove(struct schema *schema, const struct levada_path *path)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < schema->n; i++) {
        if (schema->fields[i] != path)
            schema->fields[n++] = schema->fields[i];
    }
    schema->n = n;
}

/* A declared field covers what lies inside it. */
static bool
covers(const struct levada_path *field, const struct levada_path *path)
{
    if (field == path)
        return true;
    return path_is_top(field) && path->n_steps > 1 && path->steps[0].name != NULL &&
           path->steps[0].name_n == field->steps[0].name_n &&
           memcmp(path->steps[0].name, field->steps[0].name, field->steps[0].name_n) == 0;
}

static bool
adds_field(const struct field_plan *plan, const struct levada_path *path)
{
    for (uint32_t i = 0; i < plan->n_adds; i++) {
        if (covers(plan->adds[i].path, path))
            return true;
    }
    return false;
}

/* What comes in at @node: the union of what its inputs send. False: out of memory. */
static bool
schema_of_input(const struct pipeline *pipeline, const struct schema *ins,
                const struct schema *outs, const struct node *node, struct schema *in)
{
    in->open = node->n_inputs == 0;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        size_t above = (size_t)(node->inputs[i].node - pipeline->nodes);
        const struct schema *from = graph_is_late(&node->inputs[i]) ? &ins[above] : &outs[above];
        in->open = in->open || from->open;
        for (uint32_t f = 0; f < from->n; f++) {
            if (!schema_add(in, from->fields[f]))
                return false;
        }
    }
    return true;
}

static bool
schema_of_output(const struct node *node, const struct schema *in, struct schema *out)
{
    const struct field_plan *plan = &node->stage->fields;
    bool source = node->stage->op->kind == LEVADA_SOURCE;
    out->open = !plan->only && (source || in->open);
    for (uint32_t i = 0; !plan->only && i < in->n; i++) {
        if (!schema_add(out, in->fields[i]))
            return false;
    }
    for (uint32_t i = 0; i < plan->n_drops; i++)
        schema_remove(out, plan->drops[i]);
    for (uint32_t i = 0; i < plan->n_adds; i++) {
        if (!schema_add(out, plan->adds[i].path))
            return false;
    }
    return true;
}

/* Where a field's name stands in a stage's options. */
static const struct setting *
find_text(const struct setting *setting, const char *text)
{
    if (setting->text != NULL && strcmp(setting->text, text) == 0)
        return setting;
    for (size_t i = 0; i < setting->n_children; i++) {
        const struct setting *found = find_text(&setting->children[i], text);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void
check_need(struct pipeline *pipeline, const struct node *node, const struct schema *in,
           const struct levada_path *path)
{
    struct suggest suggest;
    if (path->kind != PATH_FIELD)
        return;
    suggest_start(&suggest, path->text);
    for (uint32_t i = 0; i < in->n; i++) {
        if (covers(in->fields[i], path))
            return;
        suggest_offer(&suggest, in->fields[i]->text);
    }
    const struct setting *at = find_text(&node->spec->options, path->text);
    problems_add(pipeline->problems, at != NULL ? at->value_at : node->spec->at, SEVERITY_ERROR,
                 node->spec->name, NULL, suggest_best(&suggest),
                 "field \"%s\" is produced by no stage above it", path->text);
}

static void
check_node(struct pipeline *pipeline, const struct node *node, const struct schema *in)
{
    const struct field_plan *plan = &node->stage->fields;
    for (uint32_t i = 0; i < plan->n_needs && !in->open; i++)
        check_need(pipeline, node, in, plan->needs[i]);
}

void
schema_check(struct pipeline *pipeline)
{
    uint32_t n = pipeline->n_nodes;
    struct schema *schemas = calloc(2 * (size_t)n, sizeof(*schemas));
    bool done = schemas != NULL;
    struct schema *ins = schemas, *outs = schemas + n;
    for (uint32_t s = 0; done && s < pipeline->n_order; s++) {
        struct node *node = graph_node(pipeline, pipeline->order[s]);
        size_t i = (size_t)(node - pipeline->nodes);
        done = schema_of_input(pipeline, ins, outs, node, &ins[i]);
        if (done && node->stage->op->kind != LEVADA_SOURCE)
            check_node(pipeline, node, &ins[i]);
        done = done && schema_of_output(node, &ins[i], &outs[i]);
    }
    if (!done)
        problems_add_no_memory(pipeline->problems);
    for (uint32_t i = 0; schemas != NULL && i < 2 * n; i++)
        free(schemas[i].fields);
    free(schemas);
}

/*
 * Follows a need up to the sources that have to have the field. Of a stage with several inputs
 * nobody knows which of them that is.
 */
static bool
watch_above(struct pipeline *pipeline, const struct node *node, struct stage *reader,
            const struct levada_path *path)
{
    if (node->stage->op->n_inputs > 1)
        return true;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct node *above = node->inputs[i].node;
        const struct field_plan *plan = &above->stage->fields;
        bool fine = true;
        if (above->stage->op->kind == LEVADA_SOURCE)
            fine = engine_watch_field(pipeline->engine, above->stage, reader, path);
        else if (graph_is_late(&node->inputs[i]) || (!plan->only && !adds_field(plan, path)))
            fine = watch_above(pipeline, above, reader, path);
        if (!fine)
            return false;
    }
    return true;
}

bool
schema_watch(struct pipeline *pipeline)
{
    for (uint32_t n = 0; n < pipeline->n_nodes; n++) {
        const struct node *node = &pipeline->nodes[n];
        const struct field_plan *plan = &node->stage->fields;
        for (uint32_t i = 0; i < plan->n_needs; i++) {
            if (plan->needs[i]->kind == PATH_FIELD &&
                !watch_above(pipeline, node, node->stage, plan->needs[i]))
                return false;
        }
    }
    return true;
}
