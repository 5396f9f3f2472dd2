/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stage_options.h"

struct stage_options
stage_options(const struct levada_stage *op, struct stage *stage)
{
    struct stage_options options = {
        .tables = { { op->options, op->n_options, op->option_stride } },
        .selves = { stage != NULL ? stage->self : NULL },
        .n = 1,
    };
    if ((op->caps & LEVADA_CAP_TABLE) != 0) {
        options.tables[1] =
            (struct option_table){ table_rows, table_n_rows, sizeof(table_rows[0]) };
        options.selves[1] = stage != NULL ? &stage->table_options : NULL;
        options.n = 2;
    }
    return options;
}

static const struct levada_path *
compile_path(void *user, const struct levada_option *row, const char *text, struct error *err)
{
    struct stage *stage = user;
    const struct levada_path *path = path_set_get(record_space_paths(stage->space), text, err);
    if (path == NULL)
        return NULL;
    bool fine = true;
    if ((row->flags & LEVADA_OF_ADDS) != 0)
        fine = stage_adds(stage, path, NULL);
    else if ((row->flags & LEVADA_OF_MAYBE) == 0)
        fine = stage_needs(stage, path);
    if (!fine) {
        error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    return path;
}

bool
stage_options_fill(struct stage *stage, const struct setting *settings, struct problems *problems)
{
    struct stage_options options = stage_options(stage->op, stage);
    struct option_context context = {
        .compile = compile_path,
        .user = stage,
        .stage = stage->name,
        .at = stage->at,
        .problems = problems,
        .arena = &stage->arena,
    };
    return options_fill(options.tables, options.selves, options.n, settings, &context);
}
