/* SPDX-License-Identifier: Apache-2.0 */
/* A planned pipeline for the eye: its graph, and its file with everything filled in. */
#include "base/units.h"
#include "pipeline/pipeline_private.h"

#include <inttypes.h>

static const char *
kind_word(const struct node *node)
{
    static const char *const words[] = { "?", "source", "transform", "join", "aggregate", "sink" };
    uint32_t kind = node->stage != NULL ? node->stage->op->kind : 0;
    return words[kind <= LEVADA_SINK ? kind : 0];
}

static void
print_edges(const struct node *node, FILE *out)
{
    for (uint32_t p = 0; p < node->stage->n_ports; p++) {
        const struct port *port = &node->stage->ports[p];
        for (uint32_t e = 0; e < port->n_edges; e++) {
            const struct edge *edge = &port->edges[e];
            fprintf(out, "    %s%s-> %s", port->name != NULL ? port->name : "",
                    port->name != NULL ? " " : "", edge->to->name);
            if (edge->to->op->n_inputs > 1)
                fprintf(out, " (input %u)", edge->to_port + 1);
            fputc('\n', out);
        }
    }
    if (node->stage->errors.tolerate)
        fprintf(out, "    bad records %s%s\n",
                node->stage->errors.dead_letter != NULL ? "-> " : "are counted",
                node->stage->errors.dead_letter != NULL ? node->stage->errors.dead_letter->name
                                                        : "");
}

void
pipeline_print_graph(const struct pipeline *pipeline, FILE *out)
{
    fprintf(out, "%s\n", pipeline->spec->name);
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        const struct node *node = &pipeline->nodes[i];
        fprintf(out, "  %s: %s %s\n", node->spec->name, kind_word(node), node->spec->plugin);
        if (node->stage != NULL)
            print_edges(node, out);
    }
}

void
pipeline_print_dot(const struct pipeline *pipeline, FILE *out)
{
    fprintf(out, "digraph \"%s\" {\n  rankdir=LR;\n  node [shape=box];\n", pipeline->spec->name);
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        const struct node *node = &pipeline->nodes[i];
        fprintf(out, "  \"%s\" [label=\"%s\\n%s\"];\n", node->spec->name, node->spec->name,
                node->spec->plugin);
        if (node->stage == NULL)
            continue;
        for (uint32_t p = 0; p < node->stage->n_ports; p++) {
            const struct port *port = &node->stage->ports[p];
            for (uint32_t e = 0; e < port->n_edges; e++)
                fprintf(out, "  \"%s\" -> \"%s\" [label=\"%s\"];\n", node->spec->name,
                        port->edges[e].to->name, port->name != NULL ? port->name : "");
        }
        if (node->stage->errors.dead_letter != NULL)
            fprintf(out, "  \"%s\" -> \"%s\" [style=dashed];\n", node->spec->name,
                    node->stage->errors.dead_letter->name);
    }
    needs_print_dot(pipeline, out);
    fputs("}\n", out);
}

static void
log_own_counters(const struct stage *stage)
{
    for (const struct metric *metric = stage->metrics.own; metric != NULL; metric = metric->next)
        log_debug(&stage->logger, "counter", "name=%s value=%llu unit=%s", metric->name,
                  (unsigned long long)metrics_get(&metric->value), metric->unit);
}

void
pipeline_log_counters(const struct pipeline *pipeline)
{
    for (uint32_t s = 0; s < pipeline->n_order; s++) {
        const struct stage *stage = pipeline->order[s];
        const struct stage_metrics *metrics = &stage->metrics;
        log_debug(
            &stage->logger, "counters",
            "records_in=%llu records_out=%llu bytes_in=%llu batches=%llu busy_ms=%llu "
            "blocked_ms=%llu filtered=%llu late=%llu bad=%llu dead_lettered=%llu retries=%llu "
            "rollbacks=%llu",
            (unsigned long long)metrics_get(&metrics->records_in),
            (unsigned long long)metrics_get(&metrics->records_out),
            (unsigned long long)metrics_get(&metrics->bytes_in),
            (unsigned long long)metrics_get(&metrics->batches),
            (unsigned long long)metrics_get(&metrics->busy_ns) / 1000000,
            (unsigned long long)metrics_get(&metrics->blocked_ns) / 1000000,
            (unsigned long long)metrics_get(&metrics->filtered),
            (unsigned long long)metrics_get(&metrics->late),
            (unsigned long long)metrics_get(&metrics->bad),
            (unsigned long long)metrics_get(&metrics->dead_lettered),
            (unsigned long long)metrics_get(&metrics->retries),
            (unsigned long long)metrics_get(&metrics->rollbacks));
        log_own_counters(stage);
    }
}

/* ---- the effective configuration ---- */

static void
print_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "  %s = ", name);
    options_print_text(text, out);
    fputs(";\n", out);
}

static void
print_duration(FILE *out, const char *name, int64_t ns)
{
    char text[64];
    fprintf(out, "  %s = \"%s\";\n", name, units_format_duration(ns, text, sizeof(text)));
}

static void
print_from(const struct node *node, FILE *out)
{
    if (node->stage != NULL && node->stage->op->kind == LEVADA_SOURCE)
        return;
    fputs("      from = [", out);
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct input *input = &node->inputs[i];
        const char *port =
            input->node->stage != NULL ? input->node->stage->ports[input->port].name : NULL;
        fprintf(out, "%s \"%s%s%s\"", i > 0 ? "," : "", input->node->spec->name,
                port != NULL ? "." : "", port != NULL ? port : "");
    }
    fputs(node->n_inputs > 0 ? " ];\n" : "];\n", out);
}

static void
print_errors(const struct errors_spec *errors, FILE *out)
{
    char text[64];
    fprintf(out, "      errors = { tolerance = \"%s\"; retry_for = \"%s\";",
            errors->tolerate ? "all" : "none",
            units_format_duration(errors->retry_for_ns, text, sizeof(text)));
    if (errors->dead_letter != NULL)
        fprintf(out, " dead_letter = \"%s\";", errors->dead_letter);
    fputs(" };\n", out);
}

static void
print_isolation(const struct isolation_spec *isolation, FILE *out)
{
    char text[64];
    if (!isolation->process) {
        fputs("      isolation = \"none\";\n", out);
        return;
    }
    fprintf(out,
            "      isolation = { mode = \"process\"; network = %s; time_limit = \"%s\"; "
            "attempts = %u;",
            isolation->network ? "true" : "false",
            units_format_duration(isolation->time_limit_ns, text, sizeof(text)),
            isolation->attempts);
    if (isolation->memory_bytes > 0)
        fprintf(out, " memory = \"%s\";",
                units_format_size(isolation->memory_bytes, text, sizeof(text)));
    if (isolation->files > 0)
        fprintf(out, " files = %" PRId64 ";", isolation->files);
    if (isolation->cpu_ns > 0)
        fprintf(out, " cpu = \"%s\";",
                units_format_duration(isolation->cpu_ns, text, sizeof(text)));
    fputs(" };\n", out);
}

static void
print_trigger(const struct pipeline_spec *spec, FILE *out)
{
    if (spec->trigger == TRIGGER_INTERVAL)
        print_duration(out, "trigger", spec->trigger_ns);
    else
        fprintf(out, "  trigger = \"%s\";\n",
                spec->trigger == TRIGGER_AVAILABLE_NOW ? "available_now" : "continuous");
}

void
pipeline_print_config(const struct pipeline *pipeline, FILE *out)
{
    const struct pipeline_spec *spec = pipeline->spec;
    fputs("pipeline: {\n", out);
    print_text(out, "name", spec->name);
    print_trigger(spec, out);
    if (spec->checkpoint != NULL)
        print_text(out, "checkpoint", spec->checkpoint);
    print_duration(out, "checkpoint_every", spec->checkpoint_every_ns);
    fprintf(out, "  max_records_per_trigger = %" PRId64 ";\n", spec->max_records_per_trigger);
    fprintf(out, "  delivery = \"%s\";\n",
            spec->delivery == DELIVERY_EXACTLY_ONCE ? "exactly_once" : "at_least_once");
    print_duration(out, "drain_timeout", spec->drain_timeout_ns);
    print_text(out, "instance", spec->instance);
    fprintf(out, "  tasks = %" PRIu32 ";\n", spec->tasks);
    fputs("  stages = (\n", out);
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        const struct node *node = &pipeline->nodes[i];
        fprintf(out, "    { name = \"%s\";\n      plugin = \"%s\";\n", node->spec->name,
                node->spec->plugin);
        print_from(node, out);
        print_errors(&node->spec->errors, out);
        print_isolation(&node->spec->isolation, out);
        if (node->plugin != NULL) {
            struct stage_options options = node_options(node);
            options_print(options.tables, options.n, &node->spec->options, out, 6);
        }
        fprintf(out, "    }%s\n", i + 1 < pipeline->n_nodes ? "," : "");
    }
    fputs("  );\n};\n", out);
}
