/* SPDX-License-Identifier: Apache-2.0 */
#include <levada/levada.h>

struct sum {
    const struct levada_path *field; /* option */
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct sum, field),
        .name = "field",
        .help = "The number to add up.",
    },
};

static levada_status
sum_create(void *self, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)self, (void)ctx;
    levada->cell(call, "sum", LEVADA_T_F64, 0);
    return LEVADA_OK;
}

static levada_status
sum_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct sum *self = object;
    const struct levada_scalar *value = levada->column(call, batch, self->field);
    const struct levada_slots *slots = levada->slots(call, batch);

    (void)port;
    if (value == NULL || slots == NULL)
        return LEVADA_RETRY;
    double *sum = slots->cell[0];
    for (uint32_t k = 0; k < slots->n; k++)
        sum[slots->slot[k]] += levada_f64(&value[slots->record[k]], 0);
    return LEVADA_ABSORBED;
}

static const struct levada_stage sum = {
    .struct_size = sizeof(sum),
    .kind = LEVADA_AGGREGATE,
    .id = "sum",
    .summary = "Adds up a field by window and group.",
    .caps = LEVADA_CAP_TABLE,
    .self_size = sizeof(struct sum),
    LEVADA_OPTIONS(options),
    .create = sum_create,
    .process = sum_process,
};
LEVADA_MODULE("sum", "1.0", "Apache-2.0", &sum);
