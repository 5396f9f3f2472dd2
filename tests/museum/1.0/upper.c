/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <levada/levada.h>

struct upper {
    const struct levada_path *field; /* option */
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct upper, field),
        .name = "field",
        .help = "The field to write in capitals.",
    },
};

static levada_status
upper_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct upper *self = object;
    const struct levada_scalar *old = levada->column(call, batch, self->field);
    struct levada_scalar *values = levada->scratch(call, batch->n * sizeof(*values));

    (void)port;
    if (old == NULL || values == NULL)
        return LEVADA_RETRY;
    for (uint32_t i = 0; i < batch->n; i++) {
        values[i] = old[i];
        if (old[i].type != LEVADA_T_STR)
            continue;
        char *text = levada->scratch(call, old[i].len);
        for (uint32_t k = 0; text != NULL && k < old[i].len; k++)
            text[k] = (char)toupper((unsigned char)old[i].u.s[k]);
        values[i].u.s = text;
    }
    levada->set_column(call, batch, self->field, values);
    return levada->emit(call, 0, batch);
}

static const struct levada_stage upper = {
    .struct_size = sizeof(upper),
    .kind = LEVADA_TRANSFORM,
    .id = "upper",
    .summary = "Writes a field in capitals.",
    .self_size = sizeof(struct upper),
    LEVADA_OPTIONS(options),
    .process = upper_process,
};
LEVADA_MODULE("upper", "1.0", "Apache-2.0", &upper);
