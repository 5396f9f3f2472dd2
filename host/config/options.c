/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "config/option_rows.h"
#include "config/option_values.h"

#include <string.h>

static char *
full_name(const struct option_level *level, const char *name)
{
    struct strbuf text = { 0 };
    if (level->group != NULL)
        strbuf_printf(&text, "%s.", level->group);
    strbuf_str(&text, name);
    char *copy = arena_copy(level->context->arena, strbuf_text(&text), text.n);
    strbuf_finish(&text);
    return copy;
}

static bool
report_missing(const struct option_level *level, const char *name)
{
    struct place at = level->group == NULL ? level->context->at : level->settings->value_at;
    problems_add(level->context->problems, at, SEVERITY_ERROR, level->context->stage, name, NULL,
                 "option \"%s\" is missing", name);
    return false;
}

static void
warn_deprecated(const struct option_level *level, const struct levada_option *row, const char *name,
                const struct setting *setting)
{
    problems_add(level->context->problems, setting->name_at, SEVERITY_WARNING,
                 level->context->stage, name, NULL, "option \"%s\" is deprecated; use \"%s\"", name,
                 row->instead);
}

static bool
fill_absent_group(const struct option_level *level, const struct option_value *value, void *to)
{
    struct option_table table = option_children(value->row, value->stride);
    struct setting nothing = { .type = SETTING_GROUP,
                               .value_at = level->context->at,
                               .folder = level->settings->folder };
    struct option_level inner = { .context = level->context,
                                  .tables = &table,
                                  .n_tables = 1,
                                  .settings = &nothing,
                                  .is_absent = true,
                                  .group = value->name };
    return option_level_fill(&inner, &to);
}

/* What an absent option is. */
static bool
fill_default(const struct option_level *level, struct option_value *value, void *to)
{
    const struct levada_option *row = value->row;
    if (row->fallback != NULL) {
        struct setting fallback = { .type = SETTING_TEXT,
                                    .name_at = level->context->at,
                                    .value_at = level->context->at,
                                    .text = (char *)(uintptr_t)row->fallback,
                                    .folder = level->settings->folder };
        value->setting = &fallback;
        return option_value_fill(value, to);
    }
    if ((row->flags & LEVADA_OF_REQUIRED) != 0 && !level->is_absent)
        return report_missing(level, value->name);
    return row->type != LEVADA_O_GROUP || fill_absent_group(level, value, to);
}

static bool
fill_row(const struct option_level *level, const struct option_cursor *cursor, void *self)
{
    const struct levada_option *row = &cursor->row;
    const struct setting *setting = setting_find(level->settings, row->name);
    struct option_value value = { .context = level->context,
                                  .row = row,
                                  .stride = level->tables[cursor->table].stride,
                                  .name = full_name(level, row->name),
                                  .setting = setting };
    void *to = (char *)self + row->offset;
    if (value.name == NULL)
        return false;
    if (setting == NULL)
        return fill_default(level, &value, to);
    if (row->instead != NULL)
        warn_deprecated(level, row, value.name, setting);
    return option_value_fill(&value, to);
}

static bool
is_known(const struct option_level *level, const char *name)
{
    struct option_cursor cursor = { .tables = level->tables, .n_tables = level->n_tables };
    while (option_cursor_next(&cursor)) {
        if (strcmp(cursor.row.name, name) == 0)
            return true;
    }
    return false;
}

/* The name in @level that is nearest to @name. The words of the host count at the top of a stage.
 */
static const char *
nearest_name(const struct option_level *level, const char *name)
{
    struct suggest suggest;
    struct option_cursor cursor = { .tables = level->tables, .n_tables = level->n_tables };
    suggest_start(&suggest, name);
    while (option_cursor_next(&cursor)) {
        if (cursor.row.instead == NULL)
            suggest_offer(&suggest, cursor.row.name);
    }
    const char *const *words = level->context->words;
    if (words == NULL && level->context->stage != NULL)
        words = option_host_words;
    for (; level->group == NULL && words != NULL && *words != NULL; words++)
        suggest_offer(&suggest, *words);
    return suggest_best(&suggest);
}

static bool
refuse_unknown(const struct option_level *level)
{
    bool all_known = true;
    for (size_t i = 0; i < level->settings->n_children; i++) {
        const struct setting *setting = &level->settings->children[i];
        if (is_known(level, setting->name))
            continue;
        all_known = false;
        const char *name = full_name(level, setting->name);
        problems_add(level->context->problems, setting->name_at, SEVERITY_ERROR,
                     level->context->stage, name, nearest_name(level, setting->name),
                     "unknown option \"%s\"", name == NULL ? setting->name : name);
    }
    return all_known;
}

bool
option_level_fill(const struct option_level *level, void *const *selves)
{
    struct option_cursor cursor = { .tables = level->tables, .n_tables = level->n_tables };
    bool filled = refuse_unknown(level);
    while (option_cursor_next(&cursor))
        filled &= fill_row(level, &cursor, selves[cursor.table]);
    return filled;
}

bool
options_fill(const struct option_table *tables, void *const *selves, size_t n_tables,
             const struct setting *settings, const struct option_context *context)
{
    struct option_level level = {
        .context = context, .tables = tables, .n_tables = n_tables, .settings = settings
    };
    return option_level_fill(&level, selves);
}
