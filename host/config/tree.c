/* SPDX-License-Identifier: Apache-2.0 */
#include "config/tree.h"

#include "base/arena.h"
#include "config/secret.h"

#include <assert.h>
#include <libconfig.h>
#include <string.h>

/*
 * libconfig keeps the order of the text, so a walk through its tree meets names and values exactly
 * as the reader listed them.
 */
struct walk {
    const struct reader *reader;
    bool references;
    size_t next; /* in the reader's items */
};

static const struct item *
walk_next(struct walk *walk)
{
    assert(walk->next < walk->reader->syntax.n_items);
    return &walk->reader->syntax.items[walk->next++];
}

static bool
fill_text(struct walk *walk, const char *text, struct setting *setting)
{
    struct secret_context context = { .arena = walk->reader->arena,
                                      .folder = setting->folder,
                                      .allowed = walk->references };
    struct error err;
    setting->type = SETTING_STRING;
    setting->text = arena_copy(context.arena, text, strlen(text));
    if (setting->text == NULL)
        return false;
    char *resolved = secret_resolve(&context, setting->text, &setting->secret, &err);
    if (resolved != NULL) {
        setting->text = resolved;
        return true;
    }
    problems_add(walk->reader->problems, setting->value_at, SEVERITY_ERROR, NULL, setting->name,
                 NULL, "%s", err.text);
    return true;
}

static bool fill_value(struct walk *walk, const config_setting_t *from, struct setting *setting);

static bool
fill_children(struct walk *walk, const config_setting_t *from, struct setting *setting)
{
    size_t n = (size_t)config_setting_length(from);
    setting->children = arena_alloc(walk->reader->arena, n * sizeof(*setting->children));
    if (setting->children == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const config_setting_t *child = config_setting_get_elem(from, (unsigned)i);
        struct setting *to = &setting->children[setting->n_children];
        bool is_again = false;
        *to = (struct setting){ 0 };
        if (setting->type == SETTING_GROUP) {
            const struct item *name = walk_next(walk);
            is_again = name->is_again;
            to->name_at = name->at;
            to->name = arena_copy(walk->reader->arena, child->name, strlen(child->name));
            if (to->name == NULL)
                return false;
        }
        if (!fill_value(walk, child, to))
            return false;
        setting->n_children += !is_again;
    }
    return true;
}

static bool
fill_value(struct walk *walk, const config_setting_t *from, struct setting *setting)
{
    const struct item *value = walk_next(walk);
    setting->value_at = value->at;
    setting->folder = value->folder;
    if (setting->name == NULL)
        setting->name_at = value->at;

    switch (config_setting_type(from)) {
    case CONFIG_TYPE_GROUP:
        setting->type = SETTING_GROUP;
        return fill_children(walk, from, setting);
    case CONFIG_TYPE_LIST:
        setting->type = SETTING_LIST;
        return fill_children(walk, from, setting);
    case CONFIG_TYPE_INT64:
        setting->type = SETTING_INT;
        setting->i = config_setting_get_int64(from);
        setting->f = (double)setting->i;
        return true;
    case CONFIG_TYPE_FLOAT:
        setting->type = SETTING_FLOAT;
        setting->f = config_setting_get_float(from);
        return true;
    case CONFIG_TYPE_BOOL:
        setting->type = SETTING_BOOL;
        setting->i = config_setting_get_bool(from);
        return true;
    default:
        return fill_text(walk, config_setting_get_string(from), setting);
    }
}

static bool
parse(const struct reader *reader, config_t *config)
{
    if (config_read_string(config, strbuf_text(&reader->syntax.text)) == CONFIG_TRUE)
        return true;
    /* The reader has checked the grammar: what is left is a lack of memory. */
    problems_add(reader->problems, reader->syntax.items[0].at, SEVERITY_ERROR, NULL, NULL, NULL,
                 "libconfig: %s", config_error_text(config));
    return false;
}

bool
tree_build(const struct reader *reader, bool references, struct setting *root)
{
    struct walk walk = { .reader = reader, .references = references };
    config_t config;
    bool built = false;

    *root = (struct setting){ .type = SETTING_GROUP };
    if (reader->syntax.n_items == 0)
        return true;
    config_init(&config);
    if (parse(reader, &config))
        built = fill_children(&walk, config_root_setting(&config), root);
    config_destroy(&config);
    return built;
}

struct setting *
tree_child(struct setting *group, const char *name, struct arena *arena)
{
    for (size_t i = 0; i < group->n_children; i++) {
        if (strcmp(group->children[i].name, name) == 0)
            return &group->children[i];
    }
    struct setting *children = arena_alloc(arena, (group->n_children + 1) * sizeof(*children));
    char *own = arena_copy(arena, name, strlen(name));
    if (children == NULL || own == NULL)
        return NULL;
    if (group->n_children > 0)
        memcpy(children, group->children, group->n_children * sizeof(*children));
    group->children = children;
    struct setting *child = &children[group->n_children++];
    *child = (struct setting){ .name = own };
    return child;
}
