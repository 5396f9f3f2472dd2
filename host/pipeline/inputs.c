/* SPDX-License-Identifier: Apache-2.0 */
/* Files that sources read: a run would not start without them, and may well be made elsewhere. */
#include "pipeline/pipeline_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* "-" is standard input; of a pattern only the source knows what it stands for. */
static bool
is_to_be_there(const char *path)
{
    return path != NULL && strcmp(path, "-") != 0 && strpbrk(path, "*?[") == NULL;
}

static void
judge(const struct node *node, const char *option, const char *path, struct problems *problems)
{
    if (!is_to_be_there(path) || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
        return;
    problems_add(problems, node_option_place((void *)(uintptr_t)node, option), SEVERITY_WARNING,
                 node->spec->name, option, NULL,
                 "option \"%s\": %s cannot be read now, and a run would not start: %s", option,
                 path, strerror(errno));
}

void
pipeline_judge_inputs(const struct pipeline *pipeline, struct problems *problems)
{
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        const struct node *node = &pipeline->nodes[i];
        const struct stage_options options = node_options(node);
        const struct option_table *table = &options.tables[0]; /* the plugin's own rows */
        for (uint32_t r = 0; node->stage->op->kind == LEVADA_SOURCE && r < table->n; r++) {
            const struct levada_option row = option_table_row(table, r);
            const char *path;
            if (row.type != LEVADA_O_FILE || row.size == 0)
                continue;
            memcpy(&path, (const char *)options.selves[0] + row.offset, sizeof(path));
            judge(node, row.name, path, problems);
        }
    }
}
