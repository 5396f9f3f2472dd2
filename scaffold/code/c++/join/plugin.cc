/* SPDX-License-Identifier: Apache-2.0 */
#include "guarded.h"

#include <string>
#include <string_view>
#include <unordered_map>

namespace {

using table_map = std::unordered_map<std::string_view, std::string_view>;

struct stage {
    const levada_path *on, *add; /* options */
    levada_list table;           /* option: of struct levada_pair, which lives as long as the stage */
    table_map *index;            /* the same, to look things up */
};

const levada_option options[] = {
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(stage, on),
        .name = "on",
        .help = "The field that is looked up.",
    },
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_REQUIRED | LEVADA_OF_ADDS,
        LEVADA_IN(stage, add),
        .name = "add",
        .help = "The field that gets what was found.",
    },
    {
        .type = LEVADA_O_MAP,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(stage, table),
        .name = "table",
        .help = "The texts to look up and what they stand for.",
    },
};

/* After a failed create() there is no destroy(). */
levada_status
create(void *object, levada_call *call, levada_ctx *)
{
    auto *self = static_cast<stage *>(object);
    return guarded(call, [=]() -> levada_status {
        auto index = table_map();
        auto *pair = static_cast<const levada_pair *>(self->table.items);
        for (uint64_t i = 0; i < self->table.n; i++)
            index.emplace(pair[i].name, pair[i].value);
        self->index = new table_map(std::move(index));
        return LEVADA_OK;
    });
}

/* Records without a match end here, which FILTERED says. */
levada_status
process(void *object, levada_call *call, uint32_t, levada_batch *batch)
{
    auto *self = static_cast<stage *>(object);
    return guarded(call, [=]() -> levada_status {
        const levada_scalar *key = levada->column(call, batch, self->on);
        auto *found = scratch<levada_scalar>(call, batch->n);
        auto *record = scratch<uint32_t>(call, batch->n);
        uint32_t n = 0;
        if (key == nullptr || found == nullptr || record == nullptr)
            return LEVADA_RETRY; /* the reason is kept, and the host still has the batch */
        for (uint32_t i = 0; i < batch->n; i++) {
            if (key[i].type != LEVADA_T_STR)
                continue;
            auto match = self->index->find(std::string_view(key[i].u.s, key[i].len));
            if (match == self->index->end())
                continue;
            found[n] = levada_str(match->second.data(), static_cast<uint32_t>(match->second.size()));
            record[n++] = i;
        }
        levada_batch *matched = levada->select(call, batch, record, n);
        levada->set_column(call, matched, self->add, found);
        levada->emit(call, 0, matched);
        return LEVADA_FILTERED;
    });
}

void
destroy(void *object)
{
    delete static_cast<stage *>(object)->index;
}

const levada_stage descriptor = {
    .struct_size = sizeof(descriptor),
    .kind = LEVADA_JOIN,
    .id = "@ID@",
    .summary = "Looks a field up in a table; records without a match end here.",
    .self_size = sizeof(stage),
    LEVADA_OPTIONS(options),
    .create = create,
    .process = process,
    .destroy = destroy,
};

} // namespace

LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &descriptor);
