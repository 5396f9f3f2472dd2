/* SPDX-License-Identifier: Apache-2.0 */
#include "config/override.h"

#include "base/arena.h"
#include "config/secret.h"
#include "config/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct place at_set = { .file = "--set" };

/* "PIPELINE/STAGE.GROUP.OPTION=VALUE" in its parts. */
struct assignment {
    char *pipeline; /* NULL: any */
    char *stage, *option, *value;
    const char *folder; /* where relative paths in the value start */
    struct arena *arena;
    struct problems *problems;
};

/* Cuts @text up; false: it is not of this form. */
static bool
assignment_parse(struct assignment *assignment, char *text)
{
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return false;
    *equals = '\0';
    assignment->value = equals + 1;

    char *slash = strchr(text, '/');
    if (slash != NULL) {
        *slash = '\0';
        assignment->pipeline = text;
        text = slash + 1;
    }
    char *dot = strchr(text, '.');
    if (dot == NULL || dot == text || dot[1] == '\0')
        return false;
    *dot = '\0';
    assignment->stage = text;
    assignment->option = dot + 1;
    return true;
}

static bool
is_called(const struct setting *group, const char *name)
{
    const struct setting *found = setting_find(group, "name");
    return found != NULL && found->text != NULL && strcmp(found->text, name) == 0;
}

/* The group of the stage of that name in a pipeline as written, or NULL. */
static struct setting *
find_stage(struct setting *pipeline, const char *name)
{
    struct setting *stages = (struct setting *)setting_find(pipeline, "stages");
    if (stages == NULL)
        return NULL;
    if (stages->type == SETTING_GROUP)
        return is_called(stages, name) ? stages : NULL;
    for (size_t i = 0; i < stages->n_children; i++) {
        struct setting *stage = &stages->children[i];
        if (stage->type == SETTING_GROUP && is_called(stage, name))
            return stage;
    }
    return NULL;
}

/* Down the dots of @path, making groups that are missing; NULL: no memory, or *@blocked is no
 * group. */
static struct setting *
reach(struct setting *group, char *path, struct arena *arena, const char **blocked)
{
    for (char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        *dot = '\0';
        bool is_new = setting_find(group, path) == NULL;
        struct setting *child = tree_child(group, path, arena);
        if (child == NULL)
            return NULL;
        if (is_new) {
            child->type = SETTING_GROUP;
            child->name_at = child->value_at = at_set;
        }
        if (child->type != SETTING_GROUP) {
            *blocked = path;
            return NULL;
        }
        group = child;
    }
    return tree_child(group, path, arena);
}

/* The value may be a secret, so that messages show only what it was meant for. */
__attribute__((format(printf, 2, 3))) static void
complain(const struct assignment *assignment, const char *format, ...)
{
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    problems_add(assignment->problems, at_set, SEVERITY_ERROR, NULL, assignment->option, NULL,
                 "%s.%s: %s", assignment->stage, assignment->option, text);
}

static bool
assign(const struct assignment *assignment, struct setting *group)
{
    struct arena *arena = assignment->arena;
    const char *blocked = NULL;

    char *path = arena_copy(arena, assignment->option, strlen(assignment->option));
    struct setting *setting = path == NULL ? NULL : reach(group, path, arena, &blocked);
    if (blocked != NULL) {
        complain(assignment, "\"%s\" is not a group", blocked);
        return true;
    }
    if (setting == NULL)
        return false;

    *setting = (struct setting){ .type = SETTING_TEXT,
                                 .name = setting->name,
                                 .name_at = at_set,
                                 .value_at = at_set,
                                 .text = assignment->value,
                                 .folder = assignment->folder };
    struct secret_context context = { arena, assignment->folder, true };
    struct error err;
    char *resolved = secret_resolve(&context, setting->text, &setting->secret, &err);
    if (resolved == NULL)
        complain(assignment, "%s", err.text);
    else
        setting->text = resolved;
    return true;
}

/* Which pipelines a text means that names none. */
static void
note_pipeline(struct config_override *override, const struct setting *tree)
{
    const struct setting *name = setting_find(tree, "name");
    size_t n = strlen(override->pipelines);
    snprintf(override->pipelines + n, sizeof(override->pipelines) - n, "%s\"%s\"",
             override->n_pipelines++ > 0 ? ", " : "",
             name != NULL && name->text != NULL ? name->text : "");
}

bool
override_apply(struct config_override *override, struct setting *const *trees, size_t n_trees,
               const char *folder, struct arena *arena, struct problems *problems)
{
    struct assignment assignment = { .folder = folder, .arena = arena, .problems = problems };
    char *text = arena_copy(arena, override->text, strlen(override->text));
    if (text == NULL)
        return false;
    if (!assignment_parse(&assignment, text))
        return true; /* left unused, which is reported */
    for (size_t i = 0; i < n_trees; i++) {
        if (assignment.pipeline != NULL && !is_called(trees[i], assignment.pipeline))
            continue;
        struct setting *group = strcmp(assignment.stage, "pipeline") == 0
                                    ? trees[i]
                                    : find_stage(trees[i], assignment.stage);
        if (group == NULL)
            continue;
        override->used = true;
        if (assignment.pipeline == NULL)
            note_pipeline(override, trees[i]);
        if (!assign(&assignment, group))
            return false;
    }
    return true;
}
