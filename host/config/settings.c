/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include "base/arena.h"
#include "base/suggest.h"
#include "config/reader.h"
#include "config/tree.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct settings {
    struct arena arena;
    const char **plugin_dirs;
    size_t n_plugin_dirs;
    const struct setting *allow; /* a group of groups of lists of texts, or NULL */
};

static const char *const words[] = { "plugin_dirs", "allow" };
#define N_WORDS (sizeof(words) / sizeof(*words))

#define complain(problems, place, suggestion, ...)                                                 \
    problems_add(problems, place, SEVERITY_ERROR, NULL, NULL, suggestion, __VA_ARGS__)

static void
check_words(const struct setting *root, struct problems *problems)
{
    for (size_t i = 0; i < root->n_children; i++) {
        const struct setting *child = &root->children[i];
        struct suggest suggest;
        bool known = false;
        suggest_start(&suggest, child->name);
        for (size_t w = 0; w < N_WORDS; w++) {
            known = known || strcmp(words[w], child->name) == 0;
            suggest_offer(&suggest, words[w]);
        }
        if (!known)
            complain(problems, child->name_at, suggest_best(&suggest),
                     "\"%s\" is no setting of levada: these are plugin_dirs and allow",
                     child->name);
    }
}

static bool
is_list_of_texts(const struct setting *setting)
{
    if (setting->type != SETTING_LIST)
        return false;
    for (size_t i = 0; i < setting->n_children; i++) {
        if (setting->children[i].type != SETTING_STRING || *setting->children[i].text == '\0')
            return false;
    }
    return true;
}

/* False: out of memory. */
static bool
fill_plugin_dirs(struct settings *settings, const struct setting *dirs, struct problems *problems)
{
    if (dirs == NULL)
        return true;
    if (!is_list_of_texts(dirs)) {
        complain(problems, dirs->value_at, NULL,
                 "\"plugin_dirs\" must be a list of folders: [ \"/usr/local/lib/levada/plugins\" "
                 "]");
        return true;
    }
    settings->plugin_dirs = arena_alloc(&settings->arena, dirs->n_children * sizeof(char *));
    if (settings->plugin_dirs == NULL)
        return false;
    for (size_t i = 0; i < dirs->n_children; i++) {
        const char *dir = setting_path(&dirs->children[i], &settings->arena);
        if (dir == NULL)
            return false;
        settings->plugin_dirs[settings->n_plugin_dirs++] = dir;
    }
    return true;
}

static bool
expect_group(const struct setting *setting, const char *what, struct problems *problems)
{
    if (setting->type == SETTING_GROUP)
        return true;
    complain(problems, setting->value_at, NULL, "\"%s\" must be a group: %s", setting->name, what);
    return false;
}

static void
check_allow(const struct setting *allow, struct problems *problems)
{
    if (!expect_group(allow, "{ STAGE = { OPTION = [ \"NAME\" ]; }; }", problems))
        return;
    for (size_t s = 0; s < allow->n_children; s++) {
        const struct setting *stage = &allow->children[s];
        if (!expect_group(stage, "{ OPTION = [ \"NAME\" ]; }", problems))
            continue;
        for (size_t o = 0; o < stage->n_children; o++) {
            if (!is_list_of_texts(&stage->children[o]))
                complain(problems, stage->children[o].value_at, NULL,
                         "\"%s\" must be a list of the names that are allowed: [ \"NAME\" ]",
                         stage->children[o].name);
        }
    }
}

static bool
fill(struct settings *settings, const char *path, struct problems *problems)
{
    struct reader reader;
    struct setting *root = arena_alloc(&settings->arena, sizeof(*root));
    if (root == NULL)
        return false;
    reader_start(&reader, &settings->arena, problems);
    bool read = reader_read_file(&reader, path) && tree_build(&reader, true, root);
    reader_finish(&reader);
    if (!read)
        return false;
    check_words(root, problems);
    settings->allow = setting_find(root, "allow");
    if (settings->allow != NULL)
        check_allow(settings->allow, problems);
    return fill_plugin_dirs(settings, setting_find(root, "plugin_dirs"), problems);
}

struct settings *
settings_load(const char *path, struct problems *problems)
{
    size_t errors_before = problems->n_errors;
    struct settings *settings = calloc(1, sizeof(*settings));
    bool filled = settings != NULL && fill(settings, path, problems);
    if (filled && problems->n_errors == errors_before)
        return settings;
    if (problems->n_errors == errors_before)
        problems_add_no_memory(problems);
    settings_free(settings);
    return NULL;
}

void
settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    arena_finish(&settings->arena);
    free(settings);
}

const char *const *
settings_plugin_dirs(const struct settings *settings, size_t *n)
{
    *n = settings != NULL ? settings->n_plugin_dirs : 0;
    return settings != NULL ? settings->plugin_dirs : NULL;
}

/* ---- allow ---- */

static bool
is_map(const struct option_table *table, const char *name)
{
    for (uint32_t i = 0; i < table->n; i++) {
        struct levada_option row = option_table_row(table, i);
        if (strcmp(row.name, name) == 0)
            return row.type == LEVADA_O_MAP;
    }
    return false;
}

static bool
is_listed(const struct setting *list, const char *name)
{
    for (size_t i = 0; i < list->n_children; i++) {
        if (fnmatch(list->children[i].text, name, 0) == 0)
            return true;
    }
    return false;
}

/* @list: the names that @map of the stage may have. */
static void
check_map(const struct settings_stage *stage, const struct setting *list, const struct setting *map,
          struct problems *problems)
{
    for (size_t i = 0; i < map->n_children; i++) {
        const struct setting *name = &map->children[i];
        if (!is_listed(list, name->name))
            problems_add(problems, name->name_at, SEVERITY_ERROR, stage->name, map->name, NULL,
                         "\"%s.%s\" may not be set here: %s:%u lists the names that are allowed",
                         map->name, name->name, list->name_at.file, list->name_at.line);
    }
}

bool
settings_check_stage(const struct settings *settings, const struct settings_stage *stage,
                     struct problems *problems)
{
    size_t errors_before = problems->n_errors;
    const struct setting *rules = NULL;
    if (settings != NULL && settings->allow != NULL)
        rules = setting_find(settings->allow, stage->plugin);
    for (size_t i = 0; rules != NULL && i < rules->n_children; i++) {
        const struct setting *list = &rules->children[i];
        const struct setting *map = setting_find(stage->options, list->name);
        if (!is_map(stage->table, list->name))
            complain(problems, list->name_at, NULL, "%s has no option \"%s\" with free names",
                     stage->plugin, list->name);
        else if (map != NULL && map->type == SETTING_GROUP)
            check_map(stage, list, map, problems);
    }
    return problems->n_errors == errors_before;
}
