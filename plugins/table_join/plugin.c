/* SPDX-License-Identifier: Apache-2.0 */
#include "table_join.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct levada_option pair_options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct join_pair, stream),
        .name = "stream",
        .help = "The field of the record.",
    },
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct join_pair, table),
        .name = "table",
        .rule = "len:1..",
        .help = "The column of the table that has the same text.",
    },
};

static const struct levada_option on_item[] = {
    {
        .type = LEVADA_O_GROUP,
        LEVADA_CHILDREN(pair_options),
        .item_size = sizeof(struct join_pair),
    },
};

static const struct levada_option add_item[] = {
    { .type = LEVADA_O_STRING, .rule = "len:1.." },
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_FILE,
        .flags = LEVADA_OF_REQUIRED | LEVADA_OF_READ,
        LEVADA_IN(struct table_join, table),
        .name = "table",
        .help = "The table: a JSON array of objects, JSON lines, or CSV with a header.",
    },
    {
        .type = LEVADA_O_LIST,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct table_join, on),
        .name = "on",
        .help = "Which field equals which column: one pair { stream; table; } or a list of "
                "them, at most 16; all must be equal.",
        LEVADA_CHILDREN(on_item),
        .item_size = sizeof(struct join_pair),
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct table_join, type),
        .name = "type",
        .fallback = "inner",
        .rule = "inner|left",
        .help = "Records without a match: inner drops them, left keeps them with nulls.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct table_join, add),
        .name = "add",
        .help =
            "Columns of the table that become fields of the same name, in this order, behind the "
            "last field of on.",
        LEVADA_CHILDREN(add_item),
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct table_join, on_duplicate),
        .name = "on_duplicate",
        .fallback = "error",
        .rule = "error|first|last",
        .help = "Two rows with the same key: a mistake, or which of them counts.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct table_join, reload),
        .name = "reload",
        .fallback = "1 s",
        .help =
            "How often to look, between triggers, whether the file has changed; \"0 s\": never.",
    },
};

/* A column's name as a path, whatever characters it has. NULL: out of memory. */
static const char *
path_text(struct levada_call *call, const char *column)
{
    char *text = levada->scratch(call, strlen(column) * 2 + sizeof("$['']"));
    if (text == NULL)
        return NULL;
    char *out = stpcpy(text, "$['");
    for (; *column != '\0'; column++) {
        if (*column == '\'' || *column == '\\')
            *out++ = '\\';
        *out++ = *column;
    }
    strcpy(out, "']");
    return text;
}

/* Each new field stands behind the one before, the first behind the last field of `on`. */
static bool
declare_fields(struct table_join *self, struct levada_call *call)
{
    const struct join_pair *on = self->on.items;
    const char *const *add = self->add.items;
    const struct levada_path *after = on[self->on.n - 1].stream;
    for (uint64_t i = 0; i < self->add.n; i++) {
        const char *text = path_text(call, add[i]);
        self->adds[i] = text != NULL ? levada->adds(call, text, after) : NULL;
        if (self->adds[i] == NULL)
            return false;
        after = self->adds[i];
    }
    return true;
}

/* The option that is to be corrected. */
static const char *
option_to_blame(const struct table_join *self, const char *missing_column)
{
    const char *const *add = self->add.items;
    if (missing_column == NULL)
        return "table";
    for (uint64_t i = 0; i < self->add.n; i++) {
        if (strcmp(add[i], missing_column) == 0)
            return "add";
    }
    return "on";
}

static levada_status
table_join_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    struct table_join *self = object;
    struct complaint complaint;

    if (self->on.n == 0 || self->on.n > KEY_INDEX_MAX_KEYS)
        return levada->problem(call, "on",
                               "option \"on\" takes 1 to 16 pairs of a field and a column");
    if (!table_join_init(self, ctx))
        levada->fail(call, LEVADA_FATAL, "out of memory");
    else if (declare_fields(self, call))
        self->unmatched =
            levada->counter(call, "unmatched", "records",
                            "Records that an inner join dropped for want of a match.");
    if (self->unmatched == NULL) {
        table_join_finish(self);
        return LEVADA_FATAL; /* why has been said */
    }
    if (!table_join_load(self, call, &complaint)) {
        char text[sizeof(complaint.text) + 20];
        const char *option = option_to_blame(self, complaint.column);
        snprintf(text, sizeof(text), "option \"%s\": %s", option, complaint.text);
        levada->problem(call, option, text);
    }
    return LEVADA_OK;
}

static levada_status
table_join_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct table_join *self = object;
    if (signal->kind != LEVADA_SIG_TRIGGER)
        return LEVADA_OK;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    table_join_refresh(self, call, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    return LEVADA_OK;
}

static void
table_join_destroy(void *object)
{
    table_join_finish(object);
}

static const struct levada_stage table_join = {
    .struct_size = sizeof(table_join),
    .kind = LEVADA_JOIN,
    .id = "table_join",
    .summary = "Adds columns of a table to the records that match one of its rows.",
    .self_size = sizeof(struct table_join),
    LEVADA_OPTIONS(options),
    .create = table_join_create,
    .process = table_join_process,
    .signal = table_join_signal,
    .destroy = table_join_destroy,
};

LEVADA_MODULE("table_join", "1.0", "Apache-2.0", &table_join);
