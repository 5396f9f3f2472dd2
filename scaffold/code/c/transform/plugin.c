/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <levada/levada.h>

struct @IDENT@_stage {
    const struct levada_path *field; /* option */
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct @IDENT@_stage, field),
        .name = "field",
        .help = "The field to write in capitals.",
    },
};

/* Other types than text stay as they are; so does a field that a record does not have. */
static struct levada_scalar
in_capitals(struct levada_call *call, struct levada_scalar value)
{
    char *text = value.type == LEVADA_T_STR ? levada->scratch(call, value.len) : NULL;
    if (text == NULL)
        return value;
    for (uint32_t k = 0; k < value.len; k++)
        text[k] = (char)toupper((unsigned char)value.u.s[k]);
    value.u.s = text;
    return value;
}

static levada_status
@IDENT@_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct @IDENT@_stage *self = object;
    const struct levada_scalar *old = levada->column(call, batch, self->field);
    struct levada_scalar *values = levada->scratch(call, batch->n * sizeof(*values));

    (void)port;
    if (old == NULL || values == NULL)
        return LEVADA_RETRY; /* the reason is kept, and the host still has the batch */
    for (uint32_t i = 0; i < batch->n; i++)
        values[i] = in_capitals(call, old[i]);
    levada->set_column(call, batch, self->field, values);
    return levada->emit(call, 0, batch);
}

static const struct levada_stage @IDENT@ = {
    .struct_size = sizeof(@IDENT@),
    .kind = LEVADA_TRANSFORM,
    .id = "@ID@",
    .summary = "Writes a field in capitals.",
    .self_size = sizeof(struct @IDENT@_stage),
    LEVADA_OPTIONS(options),
    .process = @IDENT@_process,
};
LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &@IDENT@);
