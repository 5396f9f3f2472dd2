/* SPDX-License-Identifier: Apache-2.0 */
#include "guarded.h"

#include <algorithm>
#include <cctype>

namespace {

struct stage {
    const levada_path *field; /* option */
};

const levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(stage, field),
        .name = "field",
        .help = "The field to write in capitals.",
    },
};

/* Other types than text stay as they are; so does a field that a record does not have. */
levada_scalar
in_capitals(levada_call *call, levada_scalar value)
{
    char *text = value.type == LEVADA_T_STR ? scratch<char>(call, value.len) : nullptr;
    if (text == nullptr)
        return value;
    std::transform(value.u.s, value.u.s + value.len, text,
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    value.u.s = text;
    return value;
}

levada_status
process(void *object, levada_call *call, uint32_t, levada_batch *batch)
{
    auto *self = static_cast<stage *>(object);
    return guarded(call, [=]() -> levada_status {
        const levada_scalar *old = levada->column(call, batch, self->field);
        auto *values = scratch<levada_scalar>(call, batch->n);
        if (old == nullptr || values == nullptr)
            return LEVADA_RETRY; /* the reason is kept, and the host still has the batch */
        for (uint32_t i = 0; i < batch->n; i++)
            values[i] = in_capitals(call, old[i]);
        levada->set_column(call, batch, self->field, values);
        return levada->emit(call, 0, batch);
    });
}

const levada_stage descriptor = {
    .struct_size = sizeof(descriptor),
    .kind = LEVADA_TRANSFORM,
    .id = "@ID@",
    .summary = "Writes a field in capitals.",
    .self_size = sizeof(stage),
    LEVADA_OPTIONS(options),
    .process = process,
};

} // namespace

LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &descriptor);
