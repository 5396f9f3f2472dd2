/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <levada/levada.h>

struct average {
    const struct levada_path *field, *out; /* the first is an option */
};

static const struct levada_option options[] = {
    { .type = LEVADA_O_PATH, .flags = LEVADA_OF_REQUIRED, LEVADA_IN(struct average, field),
      .name = "field", .help = "The number to average." },
};

static levada_status
average_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)ctx;
    levada->cell(call, NULL, LEVADA_T_F64, 0);
    levada->cell(call, "count", LEVADA_T_I64, 0);
    ((struct average *)object)->out = levada->adds(call, "average", NULL);
    return LEVADA_OK;
}

static levada_status
average_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_path *field = ((struct average *)object)->field;
    const struct levada_scalar *value = levada->column(call, batch, field);
    const struct levada_slots *slots = levada->slots(call, batch);
    (void)port;
    for (uint32_t k = 0; value != NULL && slots != NULL && k < slots->n; k++) {
        const struct levada_scalar *v = &value[slots->record[k]];
        uint32_t row = slots->slot[k];
        ((double *)slots->cell[0])[row] += levada_f64(v, 0);
        ((int64_t *)slots->cell[1])[row] += v->type == LEVADA_T_I64 || v->type == LEVADA_T_F64;
    }
    return LEVADA_ABSORBED;
}

static levada_status
average_rows(void *object, struct levada_call *call, struct levada_batch *batch,
             const struct levada_slots *slots)
{
    const double *sum = slots->cell[0];
    const int64_t *count = slots->cell[1];
    struct levada_scalar *out = levada->scratch(call, batch->n * sizeof(*out));
    for (uint32_t k = 0; out != NULL && k < slots->n; k++) {
        out[slots->record[k]].type = count[slots->slot[k]] > 0 ? LEVADA_T_F64 : LEVADA_T_NULL;
        out[slots->record[k]].u.f = sum[slots->slot[k]] / (double)count[slots->slot[k]];
    }
    levada->set_column(call, batch, ((struct average *)object)->out, out);
    return levada->emit(call, 0, batch);
}

static const struct levada_stage average = {
    .struct_size = sizeof(average), .kind = LEVADA_AGGREGATE, .id = "average",
    .summary = "Averages a field by window and group.", .caps = LEVADA_CAP_TABLE,
    .self_size = sizeof(struct average), LEVADA_OPTIONS(options),
    .create = average_create, .process = average_process, .rows = average_rows,
};
LEVADA_MODULE("average", "1.0", "Apache-2.0", &average);
