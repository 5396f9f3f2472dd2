/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one file that knows the JSON library. Of simdjson it takes the first stage: the index of all
 * structural characters, found with SIMD, which has checked UTF-8 and the ends of strings. What the
 * index means is decided here: a walk over it checks the whole grammar of each record and fills the
 * wanted columns on the way. One walk costs less than the library's own on-demand parser, since a
 * batch is indexed at once and nothing is set up for a record.
 */
#include "record/json_decode.h"

#include "record/json_token.h"

#include <simdjson.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace
{

constexpr uint32_t NO_NODE = UINT32_MAX;
constexpr uint32_t NO_COLUMN = UINT32_MAX;

/* Wanted paths as a tree of steps. */
struct node {
    const char *name; /* nullptr: element `index` of an array */
    uint32_t name_n;
    uint32_t index;
    uint32_t column; /* of the path that ends here */
    uint32_t first_child, next_sibling;
    uint64_t lengths; /* bit n: a child's name has n bytes; bit 63: 63 or more */
};

using parser_ptr = std::unique_ptr<simdjson::internal::dom_parser_implementation>;

} // namespace

struct json_decoder {
    parser_ptr parser;
    size_t capacity;
    node *nodes;
    uint32_t n_nodes, room_nodes;
    uint32_t n_columns;
};

namespace
{

/* One record being walked. */
struct walk {
    const json_decoder *decoder;
    const char *base;    /* of the index's positions */
    const uint32_t *at;  /* next entry of the index */
    const uint32_t *end; /* behind the last entry */
    uint32_t from, to;   /* the record's bytes */
    bool escapes;        /* is there any backslash? */
    levada_scalar *const *columns;
    uint32_t record;
    arena *memory;
    const char *fault; /* nullptr: none so far */
    uint32_t fault_at;
    bool out_of_memory;
};

bool
fail(walk *w, uint32_t at, const char *what)
{
    w->fault = what;
    w->fault_at = at;
    return false;
}

/* The position of the next token, or the record's end. */
inline uint32_t
peek(const walk *w)
{
    return w->at < w->end && *w->at < w->to ? *w->at : w->to;
}

inline char
char_at(const walk *w, uint32_t at)
{
    return at < w->to ? w->base[at] : '\0';
}

inline bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The end of the token that begins at @from, given where the next one begins. */
inline uint32_t
token_end(const walk *w, uint32_t from, uint32_t next)
{
    while (next > from + 1 && is_space(w->base[next - 1]))
        next--;
    return next;
}

/* A string at @at: its bytes between the quotes. Stage 1 has seen to it that it ends. */
bool
take_string(walk *w, uint32_t at, const char **text, uint32_t *n)
{
    uint32_t end = token_end(w, at, peek(w));
    if (end - at < 2 || w->base[end - 1] != '"')
        return fail(w, at, "a string does not end");
    *text = w->base + at + 1;
    *n = end - at - 2;
    return true;
}

/* The same with its escapes undone, in the arena; @want false: they are only checked. */
bool
take_text(walk *w, uint32_t at, bool want, const char **text, uint32_t *n)
{
    if (!take_string(w, at, text, n))
        return false;
    if (!w->escapes || memchr(*text, '\\', *n) == nullptr)
        return true;
    char *to = nullptr;
    if (want) {
        to = arena_bytes(w->memory, *n);
        if (to == nullptr) {
            w->out_of_memory = true;
            return fail(w, at, "out of memory");
        }
    }
    size_t bad_at = 0;
    size_t length = json_unescape(*text, *n, to, &bad_at);
    if (length == SIZE_MAX)
        return fail(w, at + 1 + static_cast<uint32_t>(bad_at),
                    "an escape in a string is none of JSON's, or half of a surrogate pair");
    if (want) {
        *text = to;
        *n = static_cast<uint32_t>(length);
    }
    return true;
}

bool take_value(walk *w, uint32_t parent, unsigned depth);

/* A value that is no string, object or array. */
bool
take_atom(walk *w, uint32_t at, levada_scalar *value)
{
    uint32_t end = token_end(w, at, peek(w));
    if (!json_atom(w->base + at, end - at, value))
        return fail(w, at, "this is no value of JSON");
    return true;
}

inline bool
set_column(walk *w, uint32_t column, const levada_scalar &value)
{
    levada_scalar *place = &w->columns[column][w->record];
    if (place->type == LEVADA_T_MISSING) /* of duplicate names the first wins */
        *place = value;
    return true;
}

uint32_t
find_child(const json_decoder *decoder, uint32_t parent, const char *name, uint32_t n)
{
    const node &up = decoder->nodes[parent];
    if ((up.lengths >> (n < 63 ? n : 63) & 1) == 0)
        return NO_NODE;
    for (uint32_t c = up.first_child; c != NO_NODE; c = decoder->nodes[c].next_sibling) {
        const node &child = decoder->nodes[c];
        if (child.name != nullptr && child.name_n == n && memcmp(child.name, name, n) == 0)
            return c;
    }
    return NO_NODE;
}

uint32_t
find_element(const json_decoder *decoder, uint32_t parent, uint32_t index)
{
    for (uint32_t c = decoder->nodes[parent].first_child; c != NO_NODE;
         c = decoder->nodes[c].next_sibling) {
        if (decoder->nodes[c].name == nullptr && decoder->nodes[c].index == index)
            return c;
    }
    return NO_NODE;
}

/* Behind a member or element: another one, or the end. False also at the end: see the fault. */
inline bool
take_comma(walk *w, char close, const char *what)
{
    uint32_t at = peek(w);
    char c = char_at(w, at);
    if (c == ',') {
        w->at++;
        return true;
    }
    if (c != close)
        return fail(w, at, what);
    w->at++;
    return false;
}

/* The index is behind the opening brace. */
bool
take_object(walk *w, uint32_t self, unsigned depth)
{
    if (char_at(w, peek(w)) == '}') {
        w->at++;
        return true;
    }
    do {
        uint32_t at = peek(w);
        const char *name;
        uint32_t n;
        if (char_at(w, at) != '"')
            return fail(w, at, "a name in double quotes is missing");
        w->at++;
        if (!take_text(w, at, self != NO_NODE, &name, &n))
            return false;
        if (char_at(w, peek(w)) != ':')
            return fail(w, peek(w), "a colon is missing behind a name");
        w->at++;
        uint32_t child = self != NO_NODE ? find_child(w->decoder, self, name, n) : NO_NODE;
        if (!take_value(w, child, depth))
            return false;
    } while (take_comma(w, '}', "a comma or } is missing"));
    return w->fault == nullptr;
}

bool
take_array(walk *w, uint32_t self, unsigned depth)
{
    uint32_t index = 0;
    if (char_at(w, peek(w)) == ']') {
        w->at++;
        return true;
    }
    do {
        uint32_t child = self != NO_NODE ? find_element(w->decoder, self, index) : NO_NODE;
        if (!take_value(w, child, depth))
            return false;
        index++;
    } while (take_comma(w, ']', "a comma or ] is missing"));
    return w->fault == nullptr;
}

bool
take_nested(walk *w, uint32_t self, uint32_t at, unsigned depth)
{
    if (depth == JSON_MAX_DEPTH)
        return fail(w, at, "is nested deeper than 64 levels");
    bool object = w->base[at] == '{';
    if (!(object ? take_object(w, self, depth + 1) : take_array(w, self, depth + 1)))
        return false;
    if (self == NO_NODE || w->decoder->nodes[self].column == NO_COLUMN)
        return true;
    levada_scalar value;
    value.type = LEVADA_T_JSON;
    value.len = w->at[-1] + 1 - at;
    value.u.s = w->base + at;
    return set_column(w, w->decoder->nodes[self].column, value);
}

/* The value that the index points at; @self: its node in the tree of wanted paths, or NO_NODE. */
bool
take_value(walk *w, uint32_t self, unsigned depth)
{
    uint32_t at = peek(w);
    char c = char_at(w, at);
    bool wanted = self != NO_NODE && w->decoder->nodes[self].column != NO_COLUMN;
    levada_scalar value;
    if (at == w->to)
        return fail(w, at, "the record ends where a value is missing");
    w->at++;
    if (c == '{' || c == '[')
        return take_nested(w, self, at, depth);
    if (c == '"') {
        const char *text;
        uint32_t n;
        if (!wanted && !w->escapes) /* the next token tells whether it ends where it should */
            return true;
        if (!take_text(w, at, wanted, &text, &n))
            return false;
        value.type = LEVADA_T_STR;
        value.len = n;
        value.u.s = text;
    } else if (!take_atom(w, at, &value)) {
        return false;
    }
    return !wanted || set_column(w, w->decoder->nodes[self].column, value);
}

bool
take_record(walk *w)
{
    uint32_t at = peek(w);
    if (at == w->to)
        return fail(w, w->from, "there is no JSON in it");
    if (w->base[at] != '{')
        return fail(w, at, "is no JSON object");
    for (uint32_t i = w->from; i < at; i++) { /* stage 1 takes other bytes for part of a token */
        if (!is_space(w->base[i]))
            return fail(w, i, "is no JSON object");
    }
    w->at++;
    if (!take_object(w, 0, 1))
        return false;
    if (peek(w) != w->to)
        return fail(w, peek(w), "something stands behind the object");
    return true;
}

/* ---- stage 1 ---- */

bool
index_bytes(json_decoder *decoder, const char *bytes, size_t n, simdjson::error_code *error)
{
    if (n > decoder->capacity) {
        size_t capacity = n * 2 < (size_t(1) << 20) ? size_t(1) << 20 : n * 2;
        parser_ptr parser;
        if (capacity > UINT32_MAX)
            capacity = UINT32_MAX;
        if (simdjson::get_active_implementation()->create_dom_parser_implementation(
                capacity, JSON_MAX_DEPTH, parser) != simdjson::SUCCESS)
            return false;
        decoder->parser = std::move(parser);
        decoder->capacity = capacity;
    }
    *error = decoder->parser->stage1(reinterpret_cast<const uint8_t *>(bytes), n,
                                     simdjson::stage1_mode::regular);
    return true;
}

const char *
stage1_sentence(simdjson::error_code error)
{
    switch (error) {
    case simdjson::UTF8_ERROR:
        return "is not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
        return "a string does not end";
    case simdjson::UNESCAPED_CHARS:
        return "a control character stands in a string";
    case simdjson::EMPTY:
        return "there is no JSON in it";
    default:
        return "is no JSON";
    }
}

walk
begin_walk(const json_decoder *decoder, const char *base, levada_scalar *const *columns,
           arena *memory)
{
    walk w = {};
    w.decoder = decoder;
    w.base = base;
    w.at = decoder->parser->structural_indexes.get();
    w.end = w.at + decoder->parser->n_structural_indexes;
    w.columns = columns;
    w.memory = memory;
    return w;
}

const levada_record *
record_at(const levada_record *records, uint32_t i, uint32_t stride)
{
    return reinterpret_cast<const levada_record *>(reinterpret_cast<const char *>(records) +
                                                   size_t(i) * stride);
}

bool
has_value(const levada_record *record)
{
    return record->value.p != nullptr && (record->flags & LEVADA_R_OPAQUE) == 0;
}

void
clear_row(const json_decoder *decoder, levada_scalar *const *columns, uint32_t record)
{
    for (uint32_t c = 0; c < decoder->n_columns; c++) {
        columns[c][record].type = LEVADA_T_MISSING;
        columns[c][record].len = 0;
        columns[c][record].u.i = 0;
    }
}

void
add_fault(json_fault *faults, uint32_t *n_faults, uint32_t record, uint64_t byte, const char *what)
{
    json_fault *fault = &faults[(*n_faults)++];
    fault->record = record;
    fault->byte = byte;
    std::strncpy(fault->what, what, sizeof(fault->what) - 1);
    fault->what[sizeof(fault->what) - 1] = '\0';
}

/*
 * Do the values lie in one piece of memory, one after the other, with nothing but white space and
 * commas between? Then one index serves them all; a gap that held a quote would turn strings inside
 * out.
 */
bool
is_one_span(const levada_record *records, uint32_t n, uint32_t stride)
{
    const char *end = nullptr;
    const char *first = static_cast<const char *>(records->value.p);
    for (uint32_t i = 0; i < n; i++) {
        const levada_record *record = record_at(records, i, stride);
        if (!has_value(record))
            return false;
        const char *from = static_cast<const char *>(record->value.p);
        if (end != nullptr) {
            if (from < end || from - end > 64)
                return false;
            for (; end < from; end++) {
                if (*end != ',' && !is_space(*end))
                    return false;
            }
        }
        end = from + record->value.n;
    }
    return size_t(end - first) < UINT32_MAX / 2;
}

/* All records over one index; false: something is wrong, and each has to be looked at alone. */
bool
decode_span(json_decoder *decoder, const levada_record *records, uint32_t n, uint32_t stride,
            levada_scalar *const *columns, arena *memory)
{
    const char *base = static_cast<const char *>(records->value.p);
    const levada_record *last = record_at(records, n - 1, stride);
    size_t size = size_t(static_cast<const char *>(last->value.p) + last->value.n - base);
    simdjson::error_code error;
    if (!index_bytes(decoder, base, size, &error) || error != simdjson::SUCCESS)
        return false;
    walk w = begin_walk(decoder, base, columns, memory);
    w.escapes = memchr(base, '\\', size) != nullptr;
    for (uint32_t i = 0; i < n; i++) {
        const levada_record *record = record_at(records, i, stride);
        w.from = uint32_t(static_cast<const char *>(record->value.p) - base);
        w.to = w.from + uint32_t(record->value.n);
        w.record = i;
        while (w.at < w.end && *w.at < w.from) /* the commas between records */
            w.at++;
        clear_row(decoder, columns, i);
        if (!take_record(&w))
            return false;
    }
    return true;
}

/* One record by itself. False: out of memory. */
bool
decode_record(json_decoder *decoder, const levada_record *record, uint32_t i,
              levada_scalar *const *columns, arena *memory, json_fault *faults, uint32_t *n_faults)
{
    const char *base = static_cast<const char *>(record->value.p);
    simdjson::error_code error;
    clear_row(decoder, columns, i);
    if (!has_value(record))
        return true;
    if (record->value.n >= UINT32_MAX / 2) {
        add_fault(faults, n_faults, i, 0, "is larger than 2 GiB");
        return true;
    }
    if (record->value.n == 0) {
        add_fault(faults, n_faults, i, 0, "there is no JSON in it");
        return true;
    }
    if (!index_bytes(decoder, base, record->value.n, &error))
        return false;
    if (error != simdjson::SUCCESS) {
        add_fault(faults, n_faults, i, json_fault_position(base, record->value.n),
                  stage1_sentence(error));
        return true;
    }
    walk w = begin_walk(decoder, base, columns, memory);
    w.escapes = memchr(base, '\\', record->value.n) != nullptr;
    w.to = uint32_t(record->value.n);
    w.record = i;
    if (take_record(&w))
        return true;
    clear_row(decoder, columns, i);
    add_fault(faults, n_faults, i, w.fault_at, w.fault);
    return !w.out_of_memory;
}

uint32_t
add_node(json_decoder *decoder, uint32_t parent, const path_step *step)
{
    if (decoder->n_nodes == decoder->room_nodes) {
        uint32_t room = decoder->room_nodes > 0 ? decoder->room_nodes * 2 : 16;
        void *nodes = std::realloc(decoder->nodes, room * sizeof(node));
        if (nodes == nullptr)
            return NO_NODE;
        decoder->nodes = static_cast<node *>(nodes);
        decoder->room_nodes = room;
    }
    uint32_t number = decoder->n_nodes++;
    node fresh = {};
    fresh.column = NO_COLUMN;
    fresh.first_child = fresh.next_sibling = NO_NODE;
    if (step != nullptr) {
        fresh.name = step->name;
        fresh.name_n = step->name_n;
        fresh.index = step->index;
        node &up = decoder->nodes[parent];
        fresh.next_sibling = up.first_child;
        up.first_child = number;
        if (step->name != nullptr)
            up.lengths |= UINT64_C(1) << (step->name_n < 63 ? step->name_n : 63);
    }
    decoder->nodes[number] = fresh;
    return number;
}

} // namespace

struct json_decoder *
json_decoder_create(void)
{
    json_decoder *decoder = new (std::nothrow) json_decoder();
    if (decoder != nullptr && add_node(decoder, NO_NODE, nullptr) == NO_NODE) {
        delete decoder;
        return nullptr;
    }
    return decoder;
}

void
json_decoder_destroy(struct json_decoder *decoder)
{
    if (decoder != nullptr)
        std::free(decoder->nodes);
    delete decoder;
}

size_t
json_decoder_want(struct json_decoder *decoder, const struct levada_path *path)
{
    uint32_t at = 0;
    for (uint32_t s = 0; s < path->n_steps; s++) {
        const path_step *step = &path->steps[s];
        uint32_t child = step->name != nullptr ? find_child(decoder, at, step->name, step->name_n)
                                               : find_element(decoder, at, step->index);
        if (child == NO_NODE)
            child = add_node(decoder, at, step);
        if (child == NO_NODE)
            return SIZE_MAX;
        at = child;
    }
    if (decoder->nodes[at].column == NO_COLUMN)
        decoder->nodes[at].column = decoder->n_columns++;
    return decoder->nodes[at].column;
}

bool
json_decode(struct json_decoder *decoder, const struct levada_record *records, uint32_t n,
            uint32_t stride, struct levada_scalar *const *columns, struct arena *arena,
            struct json_fault *faults, uint32_t *n_faults)
{
    *n_faults = 0;
    if (n == 0)
        return true;
    if (is_one_span(records, n, stride) && decode_span(decoder, records, n, stride, columns, arena))
        return true;
    for (uint32_t i = 0; i < n; i++) {
        if (!decode_record(decoder, record_at(records, i, stride), i, columns, arena, faults,
                           n_faults))
            return false;
    }
    return true;
}

bool
json_members(struct json_decoder *decoder, struct levada_bytes value, bool compact,
             bool (*visit)(void *user, const char *name, size_t name_n, const char *text,
                           size_t text_n),
             void *user)
{
    arena memory = {};
    const char *base = static_cast<const char *>(value.p);
    simdjson::error_code error;
    if (value.n == 0 || value.n >= UINT32_MAX / 2 || !index_bytes(decoder, base, value.n, &error) ||
        error != simdjson::SUCCESS)
        return false;
    walk w = begin_walk(decoder, base, nullptr, &memory);
    w.escapes = memchr(base, '\\', value.n) != nullptr;
    w.to = uint32_t(value.n);
    bool fine = char_at(&w, peek(&w)) == '{';
    w.at++;
    while (fine && char_at(&w, peek(&w)) == '"') {
        const char *name;
        uint32_t name_n, at = peek(&w);
        w.at++;
        fine = take_text(&w, at, true, &name, &name_n) && char_at(&w, peek(&w)) == ':';
        w.at++;
        uint32_t from = peek(&w);
        fine = fine && take_value(&w, NO_NODE, 1);
        uint32_t to = fine ? token_end(&w, from, peek(&w)) : from;
        const char *text = base + from;
        size_t text_n = to - from;
        char *copy = fine && compact ? arena_bytes(&memory, text_n) : nullptr;
        if (fine && compact) {
            fine = copy != nullptr;
            levada_bytes bytes = { text, text_n };
            text_n = fine ? json_compact(bytes, copy) : 0;
            text = copy;
        }
        fine = fine && visit(user, name, name_n, text, text_n);
        if (fine && char_at(&w, peek(&w)) == ',')
            w.at++;
    }
    fine = fine && char_at(&w, peek(&w)) == '}';
    arena_finish(&memory);
    return fine;
}

size_t
json_compact(struct levada_bytes value, char *out)
{
    size_t n = 0;
    if (value.n == 0 ||
        simdjson::minify(static_cast<const char *>(value.p), value.n, out, n) != simdjson::SUCCESS)
        return 0;
    return n;
}
