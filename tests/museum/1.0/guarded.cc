/* SPDX-License-Identifier: Apache-2.0 */
/* As C++ sees the headers of 1.0: every member of the descriptor by its place, an object behind self. */
#include <levada/levada.h>
#include <map>
#include <new>
#include <string>

namespace {

struct stage {
    const levada_path *field;              /* option */
    std::map<std::string, int64_t> *counts; /* of what was seen */
    uint64_t *counter;
};

const levada_option options[] = {
    { LEVADA_O_PATH, LEVADA_OF_MAYBE, offsetof(stage, field), sizeof(const levada_path *), "field", "word",
      "The field whose values are counted.", nullptr, nullptr, nullptr, 0, 0 },
};

levada_status
create(void *object, levada_call *call, levada_ctx *) noexcept
{
    auto *self = static_cast<stage *>(object);
    self->counter = levada->counter(call, "distinct", "values", "Different values that were seen.");
    self->counts = new (std::nothrow) std::map<std::string, int64_t>;
    return self->counts != nullptr ? LEVADA_OK : levada->fail(call, LEVADA_FATAL, "out of memory");
}

levada_status
process(void *object, levada_call *call, uint32_t, levada_batch *batch) noexcept
try {
    auto *self = static_cast<stage *>(object);
    const levada_scalar *values = levada->column(call, batch, self->field);
    for (uint32_t i = 0; values != nullptr && i < batch->n; i++) {
        if (values[i].type == LEVADA_T_STR &&
            self->counts->emplace(std::string(values[i].u.s, values[i].len), 1).second &&
            self->counter != nullptr)
            levada_count(self->counter, 1);
    }
    return levada->emit(call, 0, batch);
} catch (const std::exception &e) {
    return levada->fail(call, LEVADA_RETRY, e.what());
}

void
destroy(void *object) noexcept
{
    delete static_cast<stage *>(object)->counts;
}

const levada_stage descriptor = {
    sizeof(levada_stage), LEVADA_TRANSFORM, "guarded", "Counts the values of a field and passes all on.",
    0, sizeof(stage), 0, 0, 0, 0, nullptr, options, 1, sizeof(levada_option),
    create, nullptr, nullptr, process, nullptr, nullptr, destroy, nullptr, nullptr,
};

} // namespace

LEVADA_MODULE("guarded", "1.0", "Apache-2.0", &descriptor);
