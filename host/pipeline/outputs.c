/* SPDX-License-Identifier: Apache-2.0 */
/* Two sinks that write one file would spoil each other's output: found before anything starts. */
#include "pipeline/pipeline_private.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

/* A file that a sink writes, by an option of its own. */
struct output {
    const struct pipeline *pipeline;
    const struct node *node;
    const char *option;
    char *path; /* through links, as far as there are any */
};

struct outputs {
    struct output *items;
    size_t n;
    bool failed; /* out of memory */
};

/* The file need not be there, but its folder tells where it will be. NULL: out of memory. */
static char *
resolve(const char *path)
{
    char *whole = realpath(path, NULL);
    if (whole != NULL)
        return whole;
    char *copy = strdup(path), *name_copy = strdup(path), *joined = NULL;
    char *folder = copy != NULL ? realpath(dirname(copy), NULL) : NULL;
    if (folder == NULL)
        joined = strdup(path);
    else if (name_copy != NULL && asprintf(&joined, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder,
                                           basename(name_copy)) < 0)
        joined = NULL;
    free(folder);
    free(copy);
    free(name_copy);
    return joined;
}

static void
add_output(struct outputs *outputs, const struct output *output, const char *path)
{
    struct output *items = realloc(outputs->items, (outputs->n + 1) * sizeof(*items));
    char *resolved = resolve(path);
    outputs->items = items != NULL ? items : outputs->items;
    if (items == NULL || resolved == NULL) {
        free(resolved);
        outputs->failed = true;
        return;
    }
    items[outputs->n] = *output;
    items[outputs->n++].path = resolved;
}

static void
add_outputs(struct outputs *outputs, const struct pipeline *pipeline, const struct node *node)
{
    const struct stage_options options = node_options(node);
    const struct option_table *table = &options.tables[0]; /* the plugin's own rows */
    for (uint32_t i = 0; i < table->n; i++) {
        const struct levada_option row = option_table_row(table, i);
        const struct output output = { pipeline, node, row.name, NULL };
        if (row.type != LEVADA_O_FILE || row.size == 0 || (row.flags & LEVADA_OF_READ) != 0)
            continue;
        const char *path;
        memcpy(&path, (const char *)options.selves[0] + row.offset, sizeof(path));
        if (path != NULL && strcmp(path, "-") != 0)
            add_output(outputs, &output, path);
    }
}

static struct place
place_of(const struct output *output)
{
    const struct setting *setting = setting_find(&output->node->spec->options, output->option);
    return setting != NULL ? setting->value_at : output->node->spec->at;
}

static void
compare(const struct outputs *outputs, size_t later, struct problems *problems)
{
    const struct output *output = &outputs->items[later];
    for (size_t i = 0; i < later; i++) {
        const struct output *other = &outputs->items[i];
        if (strcmp(other->path, output->path) != 0)
            continue;
        problems_add(
            problems, place_of(output), SEVERITY_ERROR, output->node->spec->name, output->option,
            NULL, "option \"%s\": %s is written by the sink \"%s\" of pipeline \"%s\" already",
            output->option, output->path, other->node->spec->name, pipeline_name(other->pipeline));
        return;
    }
}

bool
pipeline_check_outputs(struct pipeline *const *pipelines, size_t n, struct problems *problems)
{
    struct outputs outputs = { NULL, 0, false };
    for (size_t p = 0; p < n; p++) {
        for (uint32_t i = 0; i < pipelines[p]->n_nodes; i++) {
            const struct node *node = &pipelines[p]->nodes[i];
            if (node->stage != NULL && node->options_fine && node->stage->op->kind == LEVADA_SINK)
                add_outputs(&outputs, pipelines[p], node);
        }
    }
    for (size_t i = 1; i < outputs.n; i++)
        compare(&outputs, i, problems);
    for (size_t i = 0; i < outputs.n; i++)
        free(outputs.items[i].path);
    free(outputs.items);
    return !outputs.failed;
}
