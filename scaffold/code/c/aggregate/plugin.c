/* SPDX-License-Identifier: Apache-2.0 */
#include <levada/levada.h>

struct @IDENT@_stage {
    const struct levada_path *field; /* option */
};

/* Windows, groups, watermarks and output modes are the host's, and so are their options. */
static const struct levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct @IDENT@_stage, field),
        .name = "field",
        .help = "The number to add up.",
    },
};

static levada_status
@IDENT@_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)object, (void)ctx;
    levada->cell(call, "sum", LEVADA_T_F64, 0);
    return LEVADA_OK;
}

static levada_status
@IDENT@_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct @IDENT@_stage *self = object;
    const struct levada_scalar *value = levada->column(call, batch, self->field);
    const struct levada_slots *slots = levada->slots(call, batch);

    (void)port;
    if (value == NULL || slots == NULL)
        return LEVADA_RETRY; /* the reason is kept, and the host still has the batch */
    double *sum = slots->cell[0];
    for (uint32_t k = 0; k < slots->n; k++)
        sum[slots->slot[k]] += levada_f64(&value[slots->record[k]], 0);
    return LEVADA_ABSORBED;
}

/* Two sessions turn out to be one: rows record[k] go into rows slot[k]. */
static levada_status
@IDENT@_merge(void *object, struct levada_call *call, const struct levada_slots *pairs)
{
    double *sum = pairs->cell[0];

    (void)object, (void)call;
    for (uint32_t k = 0; k < pairs->n; k++)
        sum[pairs->slot[k]] += sum[pairs->record[k]];
    return LEVADA_OK;
}

static const struct levada_stage @IDENT@ = {
    .struct_size = sizeof(@IDENT@),
    .kind = LEVADA_AGGREGATE,
    .id = "@ID@",
    .summary = "Adds up a field by window and group.",
    .caps = LEVADA_CAP_TABLE,
    .self_size = sizeof(struct @IDENT@_stage),
    LEVADA_OPTIONS(options),
    .create = @IDENT@_create,
    .process = @IDENT@_process,
    .merge = @IDENT@_merge,
};
LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &@IDENT@);
