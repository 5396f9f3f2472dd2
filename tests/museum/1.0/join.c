/* SPDX-License-Identifier: Apache-2.0 */
#include <levada/levada.h>
#include <stdlib.h>

struct join {
    const struct levada_path *on, *add; /* options */
    struct levada_list table;           /* option: of struct levada_pair */
    struct levada_scalar *values;       /* the table's values, as entries of `dict` */
    struct levada_dict dict;
    uint32_t *match; /* for each entry of the stream's dictionary: an id of `dict`, or 0 */
    uint32_t n_known, generation;
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct join, on),
        .name = "on",
        .help = "The field that is looked up.",
    },
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED | LEVADA_OF_ADDS,
        LEVADA_IN(struct join, add),
        .name = "add",
        .help = "The field that gets what was found.",
    },
    {
        .type = LEVADA_O_MAP,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct join, table),
        .name = "table",
        .help = "The texts to look up and what they stand for.",
    },
};

static levada_status
join_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    struct join *self = object;
    const struct levada_pair *pair = self->table.items;
    uint32_t n = (uint32_t)self->table.n;

    (void)ctx;
    self->values = calloc(n + 2, sizeof(*self->values));
    if (self->values == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    self->values[1].type = LEVADA_T_NULL; /* ids 0 and 1 are the same in every dictionary */
    for (uint32_t i = 0; i < n; i++)
        self->values[i + 2] = levada_str(pair[i].value, (uint32_t)strlen(pair[i].value));
    self->dict = (struct levada_dict){
        .struct_size = sizeof(self->dict), .generation = 1, .n = n + 2, .entry = self->values
    };
    return LEVADA_OK;
}

static uint32_t
look_up(const struct join *self, const struct levada_scalar *key)
{
    const struct levada_pair *pair = self->table.items;
    for (uint32_t i = 0; i < self->table.n; i++) {
        if (levada_is(key, pair[i].name))
            return i + 2;
    }
    return 0;
}

/* Looks up what the stream's dictionary has gained since the last batch: each text once. */
static levada_status
learn(struct join *self, struct levada_call *call, const struct levada_dict *dict)
{
    if (self->generation != dict->generation)
        self->n_known = 0;
    self->generation = dict->generation;
    if (self->n_known == dict->n)
        return LEVADA_OK;
    uint32_t *match = realloc(self->match, dict->n * sizeof(*match));
    if (match == NULL)
        return levada->fail(call, LEVADA_RETRY, "out of memory");
    self->match = match;
    for (; self->n_known < dict->n; self->n_known++)
        match[self->n_known] = look_up(self, &dict->entry[self->n_known]);
    return LEVADA_OK;
}

static levada_status
join_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct join *self = object;
    const struct levada_dict *dict;
    const uint32_t *id = levada->ids(call, batch, self->on, &dict);
    uint32_t *index = levada->scratch(call, batch->n * sizeof(*index));
    uint32_t *out = levada->scratch(call, batch->n * sizeof(*out)), n = 0;

    (void)port;
    if (id == NULL || index == NULL || out == NULL || learn(self, call, dict) < 0)
        return LEVADA_RETRY;
    for (uint32_t i = 0; i < batch->n; i++) {
        index[n] = i;
        out[n] = self->match[id[i]];
        n += out[n] != 0;
    }
    struct levada_batch *matched = levada->select(call, batch, index, n);
    levada->set_ids(call, matched, self->add, out, &self->dict);
    levada->emit(call, 0, matched);
    return LEVADA_FILTERED;
}

static void
join_destroy(void *object)
{
    struct join *self = object;
    free(self->values);
    free(self->match);
}

static const struct levada_stage join = {
    .struct_size = sizeof(join),
    .kind = LEVADA_JOIN,
    .id = "join",
    .summary = "Looks a field up in a table; records without a match end here.",
    .self_size = sizeof(struct join),
    LEVADA_OPTIONS(options),
    .create = join_create,
    .process = join_process,
    .destroy = join_destroy,
};
LEVADA_MODULE("join", "1.0", "Apache-2.0", &join);
