/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which topics a pipeline needs: those that its options name, and those that the host keeps for
 * exactly once. What each is for, and which promise fails without it.
 */
#include "base/strbuf.h"
#include "pipeline/pipeline_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 5000u

enum role {
    ROLE_INPUT,
    ROLE_OUTPUT,
    ROLE_LETTERS,
    ROLE_CHANGELOG,
    ROLE_REPARTITION,
};

static const struct {
    const char *word, *without;
} roles[] = {
    [ROLE_INPUT] = { "input", "nothing can be read" },
    [ROLE_OUTPUT] = { "output", "nothing can be written" },
    [ROLE_LETTERS] = { "dead letters", "the first bad record ends the run" },
    [ROLE_CHANGELOG] = { "changelog",
                         "exactly once fails: state would not change together with the output" },
    [ROLE_REPARTITION] = { "repartition",
                           "counts fail: the rows of a group would stay in several partitions" },
};

struct need {
    enum role role;
    const char *topic;         /* lives as the pipeline does */
    const struct stage *stage; /* that names it, or whose rows pass through it */
};

struct needs {
    const struct pipeline *pipeline;
    struct need *items;
    uint32_t n;
};

/* ---- what they are ---- */

static bool
add(struct needs *needs, enum role role, const char *topic, const struct stage *stage)
{
    struct need *items = realloc(needs->items, (needs->n + 1) * sizeof(*items));
    if (items == NULL)
        return false;
    needs->items = items;
    items[needs->n++] = (struct need){ role, topic, stage };
    return true;
}

static enum role
role_of(const struct node *node)
{
    if (node->stage->op->kind == LEVADA_SOURCE)
        return ROLE_INPUT;
    return node->is_dead_letter && node->n_inputs == 0 ? ROLE_LETTERS : ROLE_OUTPUT;
}

static bool
add_option(struct needs *needs, const struct node *node, const struct levada_option *row,
           const char *self)
{
    const char *text = NULL;
    struct levada_list list = { NULL, 0 };
    if (row->type == LEVADA_O_LIST)
        memcpy(&list, self + row->offset, sizeof(list));
    else
        memcpy(&text, self + row->offset, sizeof(text));
    bool fine = text == NULL || add(needs, role_of(node), text, node->stage);
    const char *const *items = list.items;
    for (uint64_t i = 0; i < list.n && fine; i++)
        fine = add(needs, role_of(node), items[i], node->stage);
    return fine;
}

static bool
add_named(struct needs *needs, const struct node *node)
{
    const struct stage_options options = node_options(node);
    const struct option_table *table = &options.tables[0]; /* the plugin's own rows */
    bool fine = true;
    for (uint32_t i = 0; i < table->n && fine; i++) {
        const struct levada_option row = option_table_row(table, i);
        if ((row.flags & LEVADA_OF_STREAM) != 0 && row.size > 0)
            fine = add_option(needs, node, &row, options.selves[0]);
    }
    return fine;
}

static bool
add_own(void *user, const struct engine_need *need)
{
    return add(user, need->stage != NULL ? ROLE_REPARTITION : ROLE_CHANGELOG, need->stream,
               need->stage);
}

/* LEVADA_CONFIG: with several partitions the pipeline is refused. */
static levada_status
collect(struct needs *needs, const struct pipeline *pipeline, struct error *err)
{
    bool fine = true;
    *needs = (struct needs){ .pipeline = pipeline };
    for (uint32_t i = 0; i < pipeline->n_nodes && fine; i++)
        fine = add_named(needs, &pipeline->nodes[i]);
    if (!fine)
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (delivery_coordinator(pipeline) == NULL)
        return LEVADA_OK;
    return engine_needs(pipeline->engine,
                        pipeline->n_partitions > 0 ? pipeline->n_partitions : UINT32_MAX, add_own,
                        needs, err);
}

/* ---- in words ---- */

/* "days", "hours" */
static void
print_holders(const struct pipeline *pipeline, struct strbuf *out)
{
    const char *before = "";
    for (uint32_t s = 0; s < pipeline->n_order; s++) {
        const struct stage *stage = pipeline->order[s];
        bool keeps_position = stage->op->kind == LEVADA_SOURCE && !delivery_is_member(stage);
        if (stage->table == NULL && !keeps_position)
            continue;
        strbuf_printf(out, "%s%s of \"%s\"", before, keeps_position ? "position" : "state",
                      stage->name);
        before = ", ";
    }
}

static void
print_partitions(const struct pipeline *pipeline, struct strbuf *out)
{
    if (pipeline->n_partitions == 0)
        strbuf_str(out, "as many partitions as the input");
    else
        strbuf_printf(out, "%" PRIu32 " partition%s", pipeline->n_partitions,
                      pipeline->n_partitions > 1 ? "s" : "");
}

static void
print_use(const struct pipeline *pipeline, const struct need *need, struct strbuf *out)
{
    switch (need->role) {
    case ROLE_CHANGELOG:
        print_holders(pipeline, out);
        strbuf_str(out, "; compacted, ");
        print_partitions(pipeline, out);
        return;
    case ROLE_REPARTITION:
        strbuf_printf(out, "rows of \"%s\"%s; not compacted, ", need->stage->name,
                      pipeline->n_partitions == 0 ? ", where the input has several partitions"
                                                  : "");
        print_partitions(pipeline, out);
        return;
    default:
        strbuf_printf(out, "%s of \"%s\"", roles[need->role].word, need->stage->name);
    }
}

static void
print_text(const struct needs *needs, struct strbuf *out)
{
    int width = 0;
    if (needs->n > 0)
        strbuf_printf(out, "%s needs these topics:\n", needs->pipeline->spec->name);
    for (uint32_t i = 0; i < needs->n; i++) {
        int n = (int)strlen(needs->items[i].topic);
        width = n > width ? n : width;
    }
    for (uint32_t i = 0; i < needs->n; i++) {
        const struct need *need = &needs->items[i];
        strbuf_printf(out, "  %-*s  ", width, need->topic);
        print_use(needs->pipeline, need, out);
        strbuf_printf(out, "\n  %-*s    without it %s\n", width, "", roles[need->role].without);
    }
}

static void
json_text(struct strbuf *out, const char *name, const char *text)
{
    strbuf_printf(out, "%s\"%s\":", out->n > 0 && out->text[out->n - 1] == '{' ? "" : ",", name);
    strbuf_json_string(out, text, strlen(text));
}

static void
print_json(const struct needs *needs, struct strbuf *out)
{
    for (uint32_t i = 0; i < needs->n; i++) {
        const struct need *need = &needs->items[i];
        strbuf_char(out, '{');
        json_text(out, "pipeline", needs->pipeline->spec->name);
        json_text(out, "topic", need->topic);
        json_text(out, "role", roles[need->role].word);
        if (need->stage != NULL)
            json_text(out, "stage", need->stage->name);
        if (need->role >= ROLE_CHANGELOG && needs->pipeline->n_partitions > 0)
            strbuf_printf(out, ",\"partitions\":%" PRIu32, needs->pipeline->n_partitions);
        json_text(out, "without", roles[need->role].without);
        strbuf_str(out, "}\n");
    }
}

static void
print(const struct pipeline *pipeline, FILE *out,
      void (*print_needs)(const struct needs *needs, struct strbuf *text))
{
    struct needs needs;
    struct error err;
    struct strbuf text = { 0 };
    collect(&needs, pipeline, &err); /* what is refused is a problem already */
    print_needs(&needs, &text);
    fputs(strbuf_text(&text), out);
    strbuf_finish(&text);
    free(needs.items);
}

void
pipeline_print_needs(const struct pipeline *pipeline, FILE *out)
{
    print(pipeline, out, print_text);
}

void
pipeline_print_needs_json(const struct pipeline *pipeline, FILE *out)
{
    print(pipeline, out, print_json);
}

/* Topics are cylinders, between the stages. */
static void
print_dot(const struct needs *needs, struct strbuf *out)
{
    for (uint32_t i = 0; i < needs->n; i++) {
        const struct need *need = &needs->items[i];
        const char *stage =
            need->stage != NULL ? need->stage->name : delivery_coordinator(needs->pipeline)->name;
        strbuf_printf(out, "  \"topic %s\" [label=\"%s\" shape=cylinder];\n", need->topic,
                      need->topic);
        if (need->role == ROLE_INPUT)
            strbuf_printf(out, "  \"topic %s\" -> \"%s\";\n", need->topic, stage);
        else if (need->role == ROLE_CHANGELOG || need->role == ROLE_REPARTITION)
            strbuf_printf(out, "  \"%s\" -> \"topic %s\" [dir=both style=dotted];\n", stage,
                          need->topic);
        else
            strbuf_printf(out, "  \"%s\" -> \"topic %s\";\n", stage, need->topic);
    }
}

void
needs_print_dot(const struct pipeline *pipeline, FILE *out)
{
    print(pipeline, out, print_dot);
}

/* ---- are they there? ---- */

static void
complain(const struct pipeline *pipeline, struct problems *problems, const struct stage *stage,
         const struct error *err, const char *without)
{
    problems_add(problems, graph_node(pipeline, stage)->spec->at, SEVERITY_ERROR, stage->name, NULL,
                 NULL, "%s%s%s", err->text, without != NULL ? "; without it " : "",
                 without != NULL ? without : "");
    if (problems->n > 0)
        problems->items[problems->n - 1].exit_code = error_exit_code(err->status);
}

static void
ask(struct needs *needs, const struct need *need, struct problems *problems)
{
    const struct pipeline *pipeline = needs->pipeline;
    const struct engine_need own = { need->topic, need->stage };
    struct error err;
    if (need->role < ROLE_CHANGELOG ||
        engine_ask_need(pipeline->engine, &own, pipeline->n_partitions, CONNECT_MS, &err) >= 0)
        return;
    /* As any topic that is missing when one asks: what is wrong, not how a run would end. */
    if (err.status == LEVADA_NO_OUTPUT)
        err.status = LEVADA_CONFIG;
    complain(pipeline, problems, delivery_coordinator(pipeline), &err, roles[need->role].without);
}

void
needs_connect(struct pipeline *pipeline, struct problems *problems)
{
    struct needs needs = { .items = NULL };
    struct error err;
    const struct stage *source;
    if (delivery_coordinator(pipeline) == NULL)
        return;
    if (engine_ask_partitions(pipeline->engine, &pipeline->n_partitions, &source, &err) < 0) {
        complain(pipeline, problems, source, &err, NULL);
        return;
    }
    if (collect(&needs, pipeline, &err) < 0)
        complain(pipeline, problems, delivery_coordinator(pipeline), &err, NULL);
    for (uint32_t i = 0; i < needs.n; i++)
        ask(&needs, &needs.items[i], problems);
    free(needs.items);
}

void
pipeline_judge_needs(const struct pipeline *pipeline, struct problems *problems)
{
    struct needs needs;
    struct error err;
    if (collect(&needs, pipeline, &err) == LEVADA_CONFIG)
        problems_add(problems, pipeline->spec->delivery_at, SEVERITY_WARNING, NULL, "delivery",
                     NULL, "where the input has several partitions, a run is refused: %s",
                     err.text);
    free(needs.items);
}
