/* SPDX-License-Identifier: Apache-2.0 */
#include "stream_join.h"

#include <stdio.h>
#include <string.h>

static const struct levada_option on_pair[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct path_pair, left),
        .name = "left",
        .help = "The field of a left record.",
    },
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct path_pair, right),
        .name = "right",
        .help = "The field of a right record that has the same text.",
    },
};

static const struct levada_option on_item[] = {
    {
        .type = LEVADA_O_GROUP,
        LEVADA_CHILDREN(on_pair),
        .item_size = sizeof(struct path_pair),
    },
};

static const struct levada_option times[] = {
    {
        .type = LEVADA_O_PATH,
        LEVADA_IN(struct path_pair, left),
        .name = "left",
        .fallback = "meta:timestamp",
        .help = "When a left record happened.",
    },
    {
        .type = LEVADA_O_PATH,
        LEVADA_IN(struct path_pair, right),
        .name = "right",
        .fallback = "meta:timestamp",
        .help = "When a right record happened.",
    },
};

static const struct levada_option delays[] = {
    {
        .type = LEVADA_O_DURATION,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct delay_pair, left),
        .name = "left",
        .rule = "0 s..",
        .help = "On the left.",
    },
    {
        .type = LEVADA_O_DURATION,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct delay_pair, right),
        .name = "right",
        .rule = "0 s..",
        .help = "On the right.",
    },
};

static const struct levada_option add_field[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct right_field, right),
        .name = "right",
        .help = "The field of the right record.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct right_field, as),
        .name = "as",
        .rule = "len:1..",
        .help =
            "What it is called in the joined record; without it, as on the right. A left field of "
            "that name is replaced.",
    },
};

static const struct levada_option add_item[] = {
    {
        .type = LEVADA_O_GROUP,
        LEVADA_CHILDREN(add_field),
        .item_size = sizeof(struct right_field),
    },
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_LIST,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct stream_join, on),
        .name = "on",
        .help = "Which fields are equal: one pair { left; right; } or a list of them.",
        LEVADA_CHILDREN(on_item),
        .item_size = sizeof(struct path_pair),
    },
    {
        .type = LEVADA_O_GROUP,
        LEVADA_IN(struct stream_join, event_time),
        .name = "event_time",
        .help = "When a record of each side happened, { left; right; }; without it, its timestamp.",
        LEVADA_CHILDREN(times),
    },
    {
        .type = LEVADA_O_GROUP,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct stream_join, watermark),
        .name = "watermark",
        .help =
            "How much older than the newest of its partition a record may be, { left; right; }; "
            "older is late.",
        LEVADA_CHILDREN(delays),
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct stream_join, before),
        .name = "before",
        .fallback = "0 s",
        .rule = "0 s..",
        .help = "The time of a match on the right is not before the left time less this.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct stream_join, after),
        .name = "after",
        .fallback = "0 s",
        .rule = "0 s..",
        .help = "And not after the left time plus this. One of the two is not 0.",
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct stream_join, type),
        .name = "type",
        .fallback = "inner",
        .rule = "inner|left",
        .help = "Left records without a match: inner drops them, left emits them with nulls once "
                "none can come.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct stream_join, add),
        .name = "add",
        .help = "Fields of the right record that stand behind those of the left: { right; as; } or "
                "a list of them.",
        LEVADA_CHILDREN(add_item),
        .item_size = sizeof(struct right_field),
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct stream_join, on_end),
        .name = "on_end",
        .fallback = "flush",
        .rule = "flush|hold",
        .help = "At the end of an input that ends: nothing more can match, or a later run may "
                "bring it.",
    },
};

/* Can a field of that path be called by the same text? */
static bool
is_plain_name(const char *path)
{
    return strpbrk(path, ".[:") == NULL;
}

static void
add_problem(struct levada_call *call, const char *name, const char *what)
{
    char text[300];
    snprintf(text, sizeof(text), "option \"add\": \"%.200s\" %s", name, what);
    levada->problem(call, "add", text);
}

/* Each behind all that stood there before. False: the call has failed. */
static bool
declare_fields(struct stream_join *self, struct levada_call *call)
{
    const struct right_field *add = self->add.items;
    for (uint64_t f = 0; f < self->add.n; f++) {
        const char *name = add[f].as != NULL ? add[f].as : levada->name_of(add[f].right);
        if (add[f].as == NULL && !is_plain_name(name)) {
            add_problem(call, name, "lies inside or beside the record; name it with \"as\"");
            continue;
        }
        self->fields[f] = levada->adds(call, name, NULL);
        if (self->fields[f] == NULL)
            return false;
        for (uint64_t other = 0; other < f; other++)
            if (self->fields[other] == self->fields[f])
                add_problem(call, name, "is the name of two fields");
    }
    return true;
}

static bool
make_metrics(struct stream_join *self, struct levada_call *call)
{
    self->rows_kept = levada->counter(call, "rows_kept", "records",
                                      "Records that wait, now, for a match of the other side.");
    self->late = levada->counter(call, "late", "records",
                                 "Records older than the watermark of their partition.");
    self->unmatched =
        levada->counter(call, "unmatched", "records", "Left records that left without a match.");
    return self->rows_kept != NULL && self->late != NULL && self->unmatched != NULL;
}

static levada_status
stream_join_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    struct stream_join *self = object;

    if (!stream_join_init(self, ctx))
        levada->fail(call, LEVADA_FATAL, "out of memory");
    else if (!saved_is_possible())
        levada->fail(call, LEVADA_CONFIG, "this host keeps no state (levada.state/1)");
    else if (declare_fields(self, call) && make_metrics(self, call)) {
        if (self->on.n == 0)
            levada->problem(call, "on", "option \"on\" takes at least one pair of fields");
        if (self->before == 0 && self->after == 0)
            levada->problem(call, "after",
                            "how far apart in time two records may be is missing: give \"before\", "
                            "\"after\" or both");
        return LEVADA_OK;
    }
    stream_join_finish(self);
    return LEVADA_FATAL; /* why has been said */
}

static void
stream_join_destroy(void *object)
{
    stream_join_finish(object);
}

static const char *const outputs[] = { "main", "late" };

static const struct levada_stage stream_join = {
    .struct_size = sizeof(stream_join),
    .kind = LEVADA_JOIN,
    .id = "stream_join",
    .summary = "Joins two streams on equal fields, within a bound of event time.",
    .caps = LEVADA_CAP_STATE,
    .self_size = sizeof(struct stream_join),
    .state_version = 1,
    .n_inputs = N_SIDES,
    .n_outputs = 2,
    .output_names = outputs,
    LEVADA_OPTIONS(options),
    .create = stream_join_create,
    .process = stream_join_process,
    .signal = stream_join_signal,
    .destroy = stream_join_destroy,
};

LEVADA_MODULE("stream_join", "1.0", "Apache-2.0", &stream_join);
