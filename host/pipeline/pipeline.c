/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"

#include "isolation/isolation.h"
#include "pipeline/pipeline_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 5000u /* for each stage whose service `check --connect` asks for */

levada_status
pipeline_check_options(const struct levada_stage *stage, struct error *err)
{
    struct option_table table = { stage->options, stage->n_options, stage->option_stride };
    return option_table_check(&table, stage->self_size, err);
}

struct stage_options
node_options(const struct node *node)
{
    return stage_options(node->plugin->stage, node->stage);
}

/* ---- planning ---- */

static void
load_plugin(struct pipeline *pipeline, struct node *node, struct loader *loader)
{
    const char *suggestion = NULL;
    struct error err = { .status = LEVADA_OK };
    if (node->spec->plugin == NULL)
        return; /* config/ has said so */
    if (loader_open(loader, node->spec->plugin, &node->plugin, &suggestion, &err) < 0)
        problems_add(pipeline->problems, node->spec->plugin_at, SEVERITY_ERROR, node->spec->name,
                     NULL, suggestion, "%s", err.text);
}

static void
make_stage(struct pipeline *pipeline, struct node *node)
{
    const struct stage_spec *spec = node->spec;
    if (node->plugin == NULL)
        return;
    node->stage = stage_create(node->plugin->stage, pipeline->spec->name, spec->name, spec->at,
                               pipeline->space);
    if (node->stage == NULL) {
        problems_add_no_memory(pipeline->problems);
        return;
    }
    node->stage->file = node->plugin->path;
    node->stage->logger.pipeline = pipeline->label;
    struct stage_options options = node_options(node);
    struct settings_stage written = { .name = spec->name,
                                      .plugin = node->plugin->stage->id,
                                      .options = &spec->options,
                                      .table = &options.tables[0] };
    node->options_fine = stage_options_fill(node->stage, &spec->options, pipeline->problems) &&
                         settings_check_stage(pipeline->settings, &written, pipeline->problems);
    if (spec->isolation.process && !isolation_attach(node->stage, &spec->isolation, &spec->options))
        problems_add_no_memory(pipeline->problems);
}

struct place
node_option_place(void *user, const char *option)
{
    const struct node *node = user;
    const struct setting *setting = setting_find(&node->spec->options, option);
    return setting != NULL ? setting->value_at : node->spec->at;
}

/* An aggregate of an aggregate counts rows: each has to come once. */
static void
check_rows_come_once(struct pipeline *pipeline, const struct node *node)
{
    const struct pipeline_spec *spec = pipeline->spec;
    bool one_trigger = pipeline->until_caught_up && spec->max_records_per_trigger == 0 &&
                       spec->checkpoint == NULL && delivery_coordinator(pipeline) == NULL;
    const struct stage *above = graph_repeating_table(node);
    if (node->stage->table == NULL || one_trigger || above == NULL)
        return;
    problems_add(
        pipeline->problems, node->spec->at, SEVERITY_ERROR, node->spec->name, NULL, NULL,
        "would take the rows of \"%s\" for new ones whenever they come again; \"%s\" needs "
        "output_mode = \"append\" and a `watermark`",
        above->name, above->name);
}

static void
plan_stage(struct pipeline *pipeline, struct node *node)
{
    struct stage_plan plan = {
        .problems = pipeline->problems,
        .option_at = node_option_place,
        .user = node,
        .finite_input = !pipeline->has_cycle && graph_is_finite(pipeline, node),
    };
    if (node->stage == NULL || !node->options_fine)
        return;
    stage_plan(node->stage, &plan);
    if (pipeline->has_cycle)
        return;
    node->stage->replaces = graph_replaces(node);
    check_rows_come_once(pipeline, node);
}

static bool
make_nodes(struct pipeline *pipeline, struct loader *loader)
{
    uint32_t n = (uint32_t)pipeline->spec->n_stages;
    pipeline->nodes = calloc(n > 0 ? n : 1, sizeof(*pipeline->nodes));
    pipeline->order = calloc(n > 0 ? n : 1, sizeof(struct stage *));
    pipeline->space = record_space_create();
    if (pipeline->nodes == NULL || pipeline->order == NULL || pipeline->space == NULL)
        return false;
    pipeline->n_nodes = n;
    for (uint32_t i = 0; i < n; i++) {
        struct node *node = &pipeline->nodes[i];
        node->spec = &pipeline->spec->stages[i];
        load_plugin(pipeline, node, loader);
        make_stage(pipeline, node);
    }
    return true;
}

static bool
all_planned(const struct pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        if (pipeline->nodes[i].stage == NULL || !pipeline->nodes[i].stage->created)
            return false;
    }
    return true;
}

/* Which worker of which host it is, to others and in logs. */
static bool
name_worker(struct pipeline *pipeline)
{
    const struct pipeline_spec *spec = pipeline->spec;
    const char *name = spec->name != NULL ? spec->name : "";
    int made = spec->tasks > 1
                   ? asprintf(&pipeline->label, "%s[%" PRIu32 "]", name, pipeline->worker)
                   : asprintf(&pipeline->label, "%s", name);
    if (made < 0)
        pipeline->label = NULL;
    if (asprintf(&pipeline->identity, "%s.%s.%" PRIu32, name, spec->instance, pipeline->worker) < 0)
        pipeline->identity = NULL;
    return pipeline->label != NULL && pipeline->identity != NULL;
}

struct pipeline *
pipeline_plan(const struct pipeline_spec *spec, const struct pipeline_context *context,
              struct problems *problems)
{
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
    if (pipeline == NULL)
        return NULL;
    pipeline->spec = spec;
    pipeline->worker = context->worker;
    pipeline->settings = context->settings;
    pipeline->until_caught_up = context->until_caught_up || spec->trigger == TRIGGER_AVAILABLE_NOW;
    pipeline->problems = problems;
    if (!name_worker(pipeline) || !make_nodes(pipeline, context->loader)) {
        pipeline_destroy(pipeline);
        return NULL;
    }
    graph_connect(pipeline);
    /* Sources first: whether they end tells a table below what the end of its input is. */
    for (uint32_t s = 0; s < pipeline->n_order; s++)
        plan_stage(pipeline, graph_node(pipeline, pipeline->order[s]));
    if (all_planned(pipeline) && pipeline->n_order == pipeline->n_nodes)
        schema_check(pipeline);
    delivery_check(pipeline);
    pipeline->problems = NULL;
    pipeline->settings = NULL;
    return pipeline;
}

void
pipeline_connect(struct pipeline *pipeline, struct problems *problems)
{
    const size_t before = problems->n_errors; /* of other pipelines */
    for (uint32_t s = 0; s < pipeline->n_order; s++) {
        struct node *node = graph_node(pipeline, pipeline->order[s]);
        struct stage_plan plan = { .problems = problems,
                                   .option_at = node_option_place,
                                   .user = node };
        stage_connect(node->stage, &plan, CONNECT_MS);
    }
    if (problems->n_errors == before)
        needs_connect(pipeline, problems);
}

void
pipeline_destroy(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    engine_destroy(pipeline->engine);
    /* Sinks first: what they hold of a batch may be memory of the stages above. */
    for (uint32_t s = pipeline->n_order; s-- > 0;) {
        graph_node(pipeline, pipeline->order[s])->stage = NULL;
        stage_destroy(pipeline->order[s]);
    }
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        stage_destroy(pipeline->nodes[i].stage); /* of a graph that is wrong */
        free(pipeline->nodes[i].inputs);
    }
    free(pipeline->label);
    free(pipeline->identity);
    free(pipeline->nodes);
    free(pipeline->order);
    record_space_destroy(pipeline->space);
    free(pipeline);
}

/* ---- running ---- */

static enum engine_trigger
engine_trigger(const struct pipeline *pipeline)
{
    if (pipeline->until_caught_up)
        return ENGINE_AVAILABLE_NOW;
    return pipeline->spec->trigger == TRIGGER_INTERVAL ? ENGINE_INTERVAL : ENGINE_CONTINUOUS;
}

bool
pipeline_prepare(struct pipeline *pipeline, void (*on_progress)(void *user, const char *json),
                 void *user)
{
    const struct pipeline_spec *spec = pipeline->spec;
    struct engine_setup setup = {
        .name = spec->name,
        .identity = pipeline->identity,
        .coordinator = delivery_coordinator(pipeline),
        .stages = pipeline->order,
        .n_stages = pipeline->n_order,
        .trigger = engine_trigger(pipeline),
        .trigger_ns = spec->trigger_ns,
        .checkpoint_every_ns = spec->checkpoint_every_ns,
        .drain_timeout_ns = spec->drain_timeout_ns,
        .max_records_per_trigger = (uint64_t)spec->max_records_per_trigger,
        .checkpoint = spec->checkpoint,
        .space = pipeline->space,
        .clock = &clock_system,
        .on_progress = on_progress,
        .user = user,
    };
    pipeline->engine = engine_create(&setup);
    return pipeline->engine != NULL && schema_watch(pipeline);
}

levada_status
pipeline_run(struct pipeline *pipeline, struct error *err)
{
    return engine_run(pipeline->engine, err);
}

void
pipeline_stop(struct pipeline *pipeline)
{
    engine_stop(pipeline->engine);
}

uint32_t
pipeline_tasks(const struct pipeline *pipeline)
{
    return pipeline->spec->tasks;
}

const struct pipeline_spec *
pipeline_spec(const struct pipeline *pipeline)
{
    return pipeline->spec;
}

const char *
pipeline_label(const struct pipeline *pipeline)
{
    return pipeline->label;
}

const char *
pipeline_name(const struct pipeline *pipeline)
{
    return pipeline->spec->name;
}

bool
pipeline_uses_stdout(const struct pipeline *pipeline)
{
    for (uint32_t s = 0; s < pipeline->n_order; s++) {
        if ((pipeline->order[s]->op->caps & LEVADA_CAP_STDOUT) != 0)
            return true;
    }
    return false;
}

const char *
pipeline_failed_stage(const struct pipeline *pipeline, char *text, size_t n)
{
    const struct stage *stage = engine_failed_stage(pipeline->engine);
    if (stage == NULL)
        return NULL;
    snprintf(text, n, "stage \"%s\" (%s), %s:%u", stage->name, stage->op->id, stage->at.file,
             stage->at.line);
    return text;
}

uint64_t
pipeline_ask_status(const struct pipeline *pipeline)
{
    return engine_ask_status(pipeline->engine);
}

char *
pipeline_status(const struct pipeline *pipeline, uint64_t number, uint32_t wait_ms)
{
    return engine_status(pipeline->engine, number, wait_ms);
}

void
pipeline_get_progress(const struct pipeline *pipeline, struct engine_progress *progress)
{
    engine_get_progress(pipeline->engine, progress);
}
