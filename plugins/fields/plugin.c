/* SPDX-License-Identifier: Apache-2.0 */
#include "fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct levada_option kept_field[] = {
    { .type = LEVADA_O_PATH, .flags = LEVADA_OF_MAYBE }, /* may be one that this stage makes */
};

static const struct levada_option dropped_field[] = {
    { .type = LEVADA_O_PATH },
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_MAP,
        LEVADA_IN(struct fields, rename),
        .name = "rename",
        .help = "First: new names, as { new = \"old\"; }; the old one may be any field path.",
    },
    {
        .type = LEVADA_O_MAP,
        LEVADA_IN(struct fields, constant),
        .name = "constant",
        .help = "Then: fields with the same text in each record, as { field = \"text\"; }.",
    },
    {
        .type = LEVADA_O_MAP,
        LEVADA_IN(struct fields, cast),
        .name = "cast",
        .help = "Then: new types, as { field = \"int\"; }: int, float, string, bool, time.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct fields, keep),
        .name = "keep",
        .help = "Last: only these fields stay, in this order.",
        LEVADA_CHILDREN(kept_field),
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct fields, drop),
        .name = "drop",
        .help = "Last: these fields go.",
        LEVADA_CHILDREN(dropped_field),
    },
};

/* Does this stage make the field itself, before it casts and keeps? */
static bool
is_made(const struct fields *self, const struct levada_path *path)
{
    for (uint64_t i = 0; i < self->rename.n; i++)
        if (self->renames[i].to == path)
            return true;
    for (uint64_t i = 0; i < self->constant.n; i++)
        if (self->constants[i].path == path)
            return true;
    return false;
}

/* Is it a field of the record, not of what lies inside or beside it? @path is canonical. */
static bool
is_top(const char *path)
{
    if (strncmp(path, "meta:", 5) == 0 || strncmp(path, "header:", 7) == 0)
        return false;
    if (strncmp(path, "$['", 3) != 0)
        return strpbrk(path, ".[") == NULL;
    for (path += 3; *path != '\'' && *path != '\0'; path++)
        path += path[0] == '\\' && path[1] != '\0';
    return strcmp(path, "']") == 0;
}

/* Of these plans each returns false once the call has failed, at a name that is no path. */
static bool
plan_renames(struct fields *self, struct levada_call *call)
{
    const struct levada_pair *pairs = self->rename.items;
    for (uint64_t i = 0; i < self->rename.n; i++) {
        struct rename_step *step = &self->renames[i];
        step->from = levada->needs(call, pairs[i].value);
        step->to = levada->adds(call, pairs[i].name, step->from);
        if (step->from == NULL || step->to == NULL)
            return false;
    }
    for (uint64_t i = 0; i < self->rename.n; i++) {
        struct rename_step *step = &self->renames[i];
        step->moves = is_top(levada->name_of(step->from)) && !is_made(self, step->from);
        if (step->moves)
            levada->drops(call, step->from);
    }
    return true;
}

static bool
plan_constants(struct fields *self, struct levada_call *call)
{
    const struct levada_pair *pairs = self->constant.items;
    for (uint64_t i = 0; i < self->constant.n; i++) {
        self->constants[i].path = levada->adds(call, pairs[i].name, NULL);
        self->constants[i].value = levada_str(pairs[i].value, (uint32_t)strlen(pairs[i].value));
        if (self->constants[i].path == NULL)
            return false;
    }
    return true;
}

static bool
plan_casts(struct fields *self, struct levada_call *call)
{
    const struct levada_pair *pairs = self->cast.items;
    for (uint64_t i = 0; i < self->cast.n; i++) {
        struct cast_step *step = &self->casts[i];
        step->path = levada->path(call, pairs[i].name);
        step->type = cast_type_of(pairs[i].value);
        if (step->path == NULL)
            return false;
        if (!is_made(self, step->path))
            levada->needs(call, pairs[i].name);
        if (step->type != CAST_UNKNOWN)
            continue;
        char text[200];
        snprintf(
            text, sizeof(text),
            "option \"cast\": \"%.60s\" is no type; there are int, float, string, bool and time",
            pairs[i].value);
        levada->problem(call, "cast", text);
    }
    return true;
}

static void
plan_left(const struct fields *self, struct levada_call *call)
{
    const struct levada_path *const *keep = self->keep.items;
    const struct levada_path *const *drop = self->drop.items;
    if (self->keep.n > 0 && self->drop.n > 0)
        levada->problem(call, "drop", "option \"drop\" has no meaning beside \"keep\"");
    for (uint64_t i = 0; i < self->drop.n; i++)
        levada->drops(call, drop[i]);
    if (self->keep.n > 0)
        levada->only(call);
    for (uint64_t i = 0; i < self->keep.n; i++) {
        const char *name = levada->name_of(keep[i]);
        if (!is_made(self, keep[i]))
            levada->needs(call, name);
        levada->adds(call, name, NULL);
    }
}

static void
fields_destroy(void *object)
{
    struct fields *self = object;
    free(self->renames);
    free(self->constants);
    free(self->casts);
}

static levada_status
fields_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    struct fields *self = object;

    (void)ctx;
    self->renames = calloc(self->rename.n + 1, sizeof(*self->renames));
    self->constants = calloc(self->constant.n + 1, sizeof(*self->constants));
    self->casts = calloc(self->cast.n + 1, sizeof(*self->casts));
    if (self->renames == NULL || self->constants == NULL || self->casts == NULL) {
        fields_destroy(self);
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    }
    if (!plan_renames(self, call) || !plan_constants(self, call) || !plan_casts(self, call)) {
        fields_destroy(self);
        return LEVADA_CONFIG; /* why has been said */
    }
    plan_left(self, call);
    return LEVADA_OK;
}

static const struct levada_stage fields = {
    .struct_size = sizeof(fields),
    .kind = LEVADA_TRANSFORM,
    .id = "fields",
    .summary = "Renames, adds, casts, keeps and drops fields.",
    .self_size = sizeof(struct fields),
    LEVADA_OPTIONS(options),
    .create = fields_create,
    .process = fields_process,
    .destroy = fields_destroy,
};

LEVADA_MODULE("fields", "1.0", "Apache-2.0", &fields);
