/* SPDX-License-Identifier: Apache-2.0 */
#include "guarded.h"

#include <cstdio>

namespace {

struct stage {
    const char *prefix; /* option */
};

const levada_option options[] = {
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(stage, prefix),
        .name = "prefix",
        .fallback = "",
        .help = "What stands before each record.",
    },
};

levada_status
process(void *object, levada_call *call, uint32_t, levada_batch *batch)
{
    auto *self = static_cast<stage *>(object);
    return guarded(call, [=]() -> levada_status {
        const levada_record *first = levada->records(call, batch);
        if (first == nullptr)
            return LEVADA_RETRY; /* the reason is kept, and the host still has the batch */
        for (uint32_t i = 0; i < batch->n; i++) {
            const levada_record *record = levada_at(batch, first, i);
            std::fputs(self->prefix, stdout);
            if (record->value.n > 0) /* absent, or empty, else */
                std::fwrite(record->value.p, 1, record->value.n, stdout);
            std::putchar('\n');
        }
        /* OK from a sink means delivered: the source may forget these records. */
        if (std::fflush(stdout) != 0)
            return levada->fail(call, LEVADA_IO, "cannot write stdout");
        return LEVADA_OK;
    });
}

const levada_stage descriptor = {
    .struct_size = sizeof(descriptor),
    .kind = LEVADA_SINK,
    .id = "@ID@",
    .summary = "Prints each record's bytes.",
    .caps = LEVADA_CAP_STDOUT,
    .self_size = sizeof(stage),
    LEVADA_OPTIONS(options),
    .process = process,
};

} // namespace

LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &descriptor);
