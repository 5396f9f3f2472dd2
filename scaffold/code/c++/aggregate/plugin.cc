/* SPDX-License-Identifier: Apache-2.0 */
#include "guarded.h"

namespace {

struct stage {
    const levada_path *field; /* option */
};

/* Windows, groups, watermarks and output modes are the host's, and so are their options. */
const levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(stage, field),
        .name = "field",
        .help = "The number to add up.",
    },
};

levada_status
create(void *, levada_call *call, levada_ctx *)
{
    levada->cell(call, "sum", LEVADA_T_F64, 0);
    return LEVADA_OK;
}

levada_status
process(void *object, levada_call *call, uint32_t, levada_batch *batch)
{
    auto *self = static_cast<stage *>(object);
    return guarded(call, [=]() -> levada_status {
        const levada_scalar *value = levada->column(call, batch, self->field);
        const levada_slots *slots = levada->slots(call, batch);
        if (value == nullptr || slots == nullptr)
            return LEVADA_RETRY; /* the reason is kept, and the host still has the batch */
        auto *sum = static_cast<double *>(slots->cell[0]);
        for (uint32_t k = 0; k < slots->n; k++)
            sum[slots->slot[k]] += levada_f64(&value[slots->record[k]], 0);
        return LEVADA_ABSORBED;
    });
}

/* Two sessions turn out to be one: rows record[k] go into rows slot[k]. */
levada_status
merge(void *, levada_call *, const levada_slots *pairs)
{
    auto *sum = static_cast<double *>(pairs->cell[0]);
    for (uint32_t k = 0; k < pairs->n; k++)
        sum[pairs->slot[k]] += sum[pairs->record[k]];
    return LEVADA_OK;
}

const levada_stage descriptor = {
    .struct_size = sizeof(descriptor),
    .kind = LEVADA_AGGREGATE,
    .id = "@ID@",
    .summary = "Adds up a field by window and group.",
    .caps = LEVADA_CAP_TABLE,
    .self_size = sizeof(stage),
    LEVADA_OPTIONS(options),
    .create = create,
    .process = process,
    .merge = merge,
};

} // namespace

LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &descriptor);
