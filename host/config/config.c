/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "base/arena.h"
#include "base/suggest.h"
#include "config/override.h"
#include "config/reader.h"
#include "config/spec.h"
#include "config/tree.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct config_private {
    struct arena arena;
};

/* What is being loaded: from where, and for whom. */
struct load {
    struct config *config;
    struct arena *arena;
    struct problems *problems;
    struct config_override *overrides;
    size_t n_overrides;
};

#define complain(load, place, suggestion, ...)                                                     \
    problems_add((load)->problems, place, SEVERITY_ERROR, NULL, NULL, suggestion, __VA_ARGS__)

/* ---- the pipelines of a file, as written ---- */

struct groups {
    struct setting **items;
    size_t n;
};

static void
check_root(const struct load *load, const struct setting *root)
{
    for (size_t i = 0; i < root->n_children; i++) {
        const struct setting *child = &root->children[i];
        if (strcmp(child->name, "pipeline") == 0 || strcmp(child->name, "pipelines") == 0)
            continue;
        struct suggest suggest;
        suggest_start(&suggest, child->name);
        suggest_offer(&suggest, "pipeline");
        suggest_offer(&suggest, "pipelines");
        complain(load, child->name_at, suggest_best(&suggest),
                 "\"%s\" is unknown here: a file has a group \"pipeline\" or a list \"pipelines\"",
                 child->name);
    }
}

/* Adds the group @setting, or the groups of the list. */
static void
add_groups(const struct load *load, struct setting *setting, struct groups *groups)
{
    bool is_list = setting->type == SETTING_LIST;
    struct setting *items = is_list ? setting->children : setting;
    size_t n = is_list ? setting->n_children : 1;
    for (size_t i = 0; i < n; i++) {
        if (items[i].type == SETTING_GROUP)
            groups->items[groups->n++] = &items[i];
        else
            complain(load, items[i].value_at, NULL,
                     "a pipeline must be a group: { name = \"...\"; }");
    }
}

static bool
find_groups(const struct load *load, const char *name, struct setting *root, struct groups *groups)
{
    struct setting *one = (struct setting *)setting_find(root, "pipeline");
    struct setting *many = (struct setting *)setting_find(root, "pipelines");
    size_t most = 1 + (many == NULL ? 0 : many->n_children + 1);

    check_root(load, root);
    groups->items = arena_alloc(load->arena, most * sizeof(struct setting *));
    if (groups->items == NULL)
        return false;
    if (one != NULL && one->type != SETTING_GROUP)
        complain(load, one->value_at, NULL,
                 "\"pipeline\" must be a group; a list of them is called \"pipelines\"");
    else if (one != NULL)
        add_groups(load, one, groups);
    if (many != NULL)
        add_groups(load, many, groups);
    bool is_told = root->n_children > (many != NULL); /* a word that was to be "pipeline" */
    if (one == NULL && (many == NULL || many->n_children == 0) && !is_told)
        complain(load, ((struct place){ .file = name }), NULL, "there is no pipeline in this file");
    return true;
}

static char *
working_folder(struct arena *arena)
{
    char *folder = getcwd(NULL, 0);
    const char *known = folder == NULL ? "/" : folder;
    char *copy = arena_copy(arena, known, strlen(known));
    free(folder);
    return copy;
}

static bool
apply_overrides(const struct load *load, const struct groups *groups)
{
    const char *folder = working_folder(load->arena);
    bool applied = folder != NULL;
    for (size_t i = 0; applied && i < load->n_overrides; i++)
        applied = override_apply(&load->overrides[i], groups->items, groups->n, folder, load->arena,
                                 load->problems);
    return applied;
}

static void
check_unique(const struct load *load)
{
    const struct config *config = load->config;
    for (size_t i = 0; i < config->n_pipelines; i++) {
        const struct pipeline_spec *spec = &config->pipelines[i];
        for (size_t j = 0; j < i && spec->name != NULL; j++) {
            const char *earlier = config->pipelines[j].name;
            if (earlier == NULL || strcmp(earlier, spec->name) != 0)
                continue;
            complain(load, spec->name_at, NULL, "two pipelines are called \"%s\"", spec->name);
            break;
        }
    }
}

static bool
fill_pipelines(const struct load *load, const char *name, struct setting *root)
{
    struct config *config = load->config;
    struct groups groups = { 0 };
    if (!find_groups(load, name, root, &groups) || !apply_overrides(load, &groups))
        return false;
    config->pipelines = arena_alloc(load->arena, groups.n * sizeof(*config->pipelines));
    if (config->pipelines == NULL)
        return false;
    for (size_t i = 0; i < groups.n; i++) {
        if (!spec_fill(&config->pipelines[i], groups.items[i], load->arena, load->problems))
            return false;
        config->n_pipelines++;
    }
    check_unique(load);
    return true;
}

/* ---- loading ---- */

static struct config *
config_create(void)
{
    struct config *config = calloc(1, sizeof(*config));
    if (config == NULL)
        return NULL;
    config->private = calloc(1, sizeof(*config->private));
    if (config->private == NULL) {
        free(config);
        return NULL;
    }
    return config;
}

void
config_unload(struct config *config)
{
    if (config == NULL)
        return;
    arena_finish(&config->private->arena);
    free(config->private);
    free(config);
}

/* @text NULL: @name is a file. */
static bool
load_source(const struct load *load, const char *name, const char *text, const char *folder)
{
    struct reader reader;
    struct setting root;
    bool is_file = text == NULL;
    reader_start(&reader, load->arena, load->problems);
    bool loaded = (is_file ? reader_read_file(&reader, name)
                           : reader_read_text(&reader, name, text, folder)) &&
                  tree_build(&reader, is_file, &root);
    reader_finish(&reader);
    return loaded && fill_pipelines(load, name, &root);
}

static struct config *
load_config(const struct load *from, const char *name, const char *text, const char *folder)
{
    struct load load = *from;
    size_t errors_before = load.problems->n_errors;
    bool loaded = false;

    load.config = config_create();
    if (load.config != NULL) {
        load.arena = &load.config->private->arena;
        loaded = load_source(&load, name, text, folder);
    }
    if (loaded)
        return load.config;
    if (load.problems->n_errors == errors_before)
        problems_add_no_memory(load.problems);
    config_unload(load.config);
    return NULL;
}

struct config *
config_load(const char *path, struct config_override *overrides, size_t n_overrides,
            struct problems *problems)
{
    struct load load = { .problems = problems, .overrides = overrides, .n_overrides = n_overrides };
    return load_config(&load, path, NULL, NULL);
}

struct config *
config_load_text(const char *name, const char *text, const char *folder, struct problems *problems)
{
    struct load load = { .problems = problems };
    return load_config(&load, name, text, folder);
}
