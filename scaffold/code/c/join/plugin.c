/* SPDX-License-Identifier: Apache-2.0 */
#include <levada/levada.h>

struct @IDENT@_stage {
    const struct levada_path *on, *add; /* options */
    struct levada_list table;           /* option: of struct levada_pair */
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct @IDENT@_stage, on),
        .name = "on",
        .help = "The field that is looked up.",
    },
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED | LEVADA_OF_ADDS,
        LEVADA_IN(struct @IDENT@_stage, add),
        .name = "add",
        .help = "The field that gets what was found.",
    },
    {
        .type = LEVADA_O_MAP,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct @IDENT@_stage, table),
        .name = "table",
        .help = "The texts to look up and what they stand for.",
    },
};

static const char *
look_up(const struct @IDENT@_stage *self, const struct levada_scalar *key)
{
    const struct levada_pair *pair = self->table.items;
    for (uint64_t i = 0; i < self->table.n; i++) {
        if (levada_is(key, pair[i].name))
            return pair[i].value;
    }
    return NULL;
}

/* Records without a match end here, which FILTERED says. */
static levada_status
@IDENT@_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct @IDENT@_stage *self = object;
    const struct levada_scalar *key = levada->column(call, batch, self->on);
    struct levada_scalar *found = levada->scratch(call, batch->n * sizeof(*found));
    uint32_t *index = levada->scratch(call, batch->n * sizeof(*index)), n = 0;

    (void)port;
    if (key == NULL || found == NULL || index == NULL)
        return LEVADA_RETRY; /* the reason is kept, and the host still has the batch */
    for (uint32_t i = 0; i < batch->n; i++) {
        const char *text = look_up(self, &key[i]);
        if (text == NULL)
            continue;
        found[n] = levada_str(text, (uint32_t)strlen(text));
        index[n++] = i;
    }
    struct levada_batch *matched = levada->select(call, batch, index, n);
    levada->set_column(call, matched, self->add, found);
    levada->emit(call, 0, matched);
    return LEVADA_FILTERED;
}

static const struct levada_stage @IDENT@ = {
    .struct_size = sizeof(@IDENT@),
    .kind = LEVADA_JOIN,
    .id = "@ID@",
    .summary = "Looks a field up in a table; records without a match end here.",
    .self_size = sizeof(struct @IDENT@_stage),
    LEVADA_OPTIONS(options),
    .process = @IDENT@_process,
};
LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &@IDENT@);
