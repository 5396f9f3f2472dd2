// SPDX-License-Identifier: Apache-2.0
#include "record/json_index.h"

#include <algorithm>
#include <memory>
#include <new>
#include <simdjson.h>

#include "record/json_decode.h"

struct json_index {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    size_t capacity;
};

extern "C" struct json_index *
json_index_create(void)
{
    const size_t capacity = 64 * 1024;
    std::unique_ptr<json_index> index(new (std::nothrow) json_index());
    if (!index)
        return nullptr;
    // The depth is of simdjson's second stage, which is never run.
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, 1, index->parser) != simdjson::SUCCESS)
        return nullptr;
    index->capacity = capacity;
    return index.release();
}

extern "C" void
json_index_destroy(struct json_index *index)
{
    delete index;
}

static bool
make_room(struct json_index *index, size_t n)
{
    if (n <= index->capacity)
        return true;
    size_t capacity = n + n / 2 < JSON_INDEX_MAX ? n + n / 2 : JSON_INDEX_MAX;
    index->capacity = 0;
    if (index->parser->set_capacity(capacity) != simdjson::SUCCESS)
        return false;
    index->capacity = capacity;
    return true;
}

extern "C" enum json_index_result
json_index_run(struct json_index *index, const char *text, size_t n)
{
    if (!make_room(index, n))
        return JSON_INDEX_NO_MEMORY;
    simdjson::error_code code = index->parser->stage1(reinterpret_cast<const uint8_t *>(text), n,
                                                      simdjson::stage1_mode::regular);
    if (code != simdjson::SUCCESS)
        return JSON_INDEX_BAD;
    // simdjson leaves room for nine entries more than a text can have tokens.
    uint32_t *guards =
        index->parser->structural_indexes.get() + index->parser->n_structural_indexes;
    std::fill_n(guards, JSON_INDEX_GUARDS, UINT32_MAX);
    return JSON_INDEX_OK;
}

extern "C" const uint32_t *
json_index_tokens(const struct json_index *index)
{
    return index->parser->structural_indexes.get();
}

extern "C" size_t
json_compact(struct levada_bytes value, char *out)
{
    // Writes no more than it has read, so out needs no padding; 0 where a string does not end.
    size_t n = 0;
    if (simdjson::minify(static_cast<const char *>(value.p), value.n, out, n) != simdjson::SUCCESS)
        return 0;
    return n;
}
