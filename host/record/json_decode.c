/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __has_feature /* of clang; gcc says it by a macro */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "base/strbuf.h"
#include "record/json_decoder.h"
#include "record/json_walk.h"

/*
 * Values that lie one behind the other, as those of a file do, are indexed together; gaps of this
 * size are looked into, which reads no page that the values do not lie on. A span stays in the
 * cache until it is walked.
 */
#define MAX_GAP 64
#define MAX_SPAN (64 * 1024)

struct json_decoder *
json_decoder_create(void)
{
    struct json_decoder *decoder = calloc(1, sizeof(*decoder));
    if (decoder == NULL)
        return NULL;
    decoder->root.column = JSON_NO_COLUMN;
    decoder->index = json_index_create();
    if (decoder->index == NULL) {
        free(decoder);
        return NULL;
    }
    return decoder;
}

void
json_decoder_destroy(struct json_decoder *decoder)
{
    if (decoder == NULL)
        return;
    json_index_destroy(decoder->index);
    free(decoder->wanted);
    json_want_finish(&decoder->root);
    free(decoder);
}

size_t
json_decoder_want(struct json_decoder *decoder, const struct levada_path *path)
{
    struct json_want *want = json_want_add(&decoder->root, path);
    if (want == NULL)
        return SIZE_MAX;
    if (want->column != JSON_NO_COLUMN)
        return want->column;
    struct json_want **wanted =
        realloc(decoder->wanted, (decoder->n_columns + 1) * sizeof(*decoder->wanted));
    if (wanted == NULL)
        return SIZE_MAX;
    decoder->wanted = wanted;
    wanted[decoder->n_columns] = want;
    return want->column = decoder->n_columns++;
}

/* ---- one call ---- */

struct decode {
    struct json_decoder *decoder;
    const char *records; /* the first; stride apart */
    uint32_t n, stride;
    struct json_walk walk;
    struct json_fault *faults;
    uint32_t n_faults;
};

static inline const struct levada_record *
record_at(const struct decode *decode, uint32_t i)
{
    return (const struct levada_record *)(const void *)(decode->records +
                                                        (size_t)i * decode->stride);
}

static inline bool
has_json(const struct levada_record *record)
{
    return record->value.p != NULL && !(record->flags & LEVADA_R_OPAQUE);
}

static void
start_record(struct decode *decode, uint32_t i)
{
    decode->walk.row = i;
    decode->walk.number = ++decode->decoder->n_records;
}

static void
forget_record(struct decode *decode, uint32_t i)
{
    for (size_t c = 0; c < decode->decoder->n_columns; c++)
        decode->walk.columns[c][i] = (struct levada_scalar){ .type = LEVADA_T_MISSING };
}

/* ---- a record by itself ---- */

static void
add_fault(struct decode *decode, uint32_t i, struct json_blame blame)
{
    struct json_fault *fault = &decode->faults[decode->n_faults++];
    fault->record = i;
    fault->byte = blame.at;
    snprintf(fault->what, sizeof(fault->what), "%s", blame.what);
    forget_record(decode, i);
}

/* False: out of memory. */
static bool
decode_alone(struct decode *decode, uint32_t i)
{
    struct levada_bytes value = record_at(decode, i)->value;
    if (value.n > JSON_INDEX_MAX) {
        add_fault(decode, i, (struct json_blame){ "it is larger than 4 GiB", 0 });
        return true;
    }
    enum json_index_result result = json_index_run(decode->decoder->index, value.p, value.n);
    if (result == JSON_INDEX_NO_MEMORY)
        return false;
    if (result == JSON_INDEX_BAD) {
        add_fault(decode, i, json_blame_bytes(value.p, value.n));
        return true;
    }
    struct json_walk *walk = &decode->walk;
    json_walk_start(walk, value.p, (uint32_t)value.n, json_index_tokens(decode->decoder->index));
    start_record(decode, i);
    if (json_walk_record(walk, &decode->decoder->root))
        return true;
    if (walk->blame.what == NULL)
        return false;
    add_fault(decode, i, walk->blame);
    return true;
}

/* ---- records that lie together ---- */

struct span {
    uint32_t first, behind; /* records, some without JSON between them */
    const char *text;
    size_t n;
};

/* Whoever lent the values may have forbidden the bytes between them to the address sanitizer. */
static bool
may_read(const char *text, size_t n)
{
#ifdef __SANITIZE_ADDRESS__
    return __asan_region_is_poisoned((void *)text, n) == NULL;
#else
    (void)text;
    (void)n;
    return true;
#endif
}

/* The record @first and those behind it that lie behind it in memory too. */
static struct span
find_span(const struct decode *decode, uint32_t first)
{
    struct levada_bytes value = record_at(decode, first)->value;
    struct span span = { first, first + 1, value.p, value.n };
    for (uint32_t i = first + 1; i < decode->n && span.n > 0; i++) {
        const struct levada_record *next = record_at(decode, i);
        if (!has_json(next))
            continue;
        /* As integers, since they may be of different objects. */
        uintptr_t end = (uintptr_t)span.text + span.n, begin = (uintptr_t)next->value.p;
        if (begin < end || begin - end > MAX_GAP || next->value.n == 0 ||
            next->value.n > MAX_SPAN || begin - end + next->value.n + span.n > MAX_SPAN ||
            !may_read((const char *)end, begin - end))
            break;
        span.n += begin - end + next->value.n;
        span.behind = i + 1;
    }
    return span;
}

/*
 * Tokens before the record may be commas only: a stray quote would turn strings inside out. Only
 * then, and if the records before were well-formed, is the record's index that of the record alone.
 */
static inline bool
skip_gap(struct json_walk *walk, uint32_t begin)
{
    for (; *walk->at < begin; walk->at++)
        if (walk->text[*walk->at] != ',')
            return false;
    return true;
}

/* Returns the first record that is not decoded: it or its surroundings are not as they should be.
 */
static uint32_t
decode_together(struct decode *decode, const struct span *span)
{
    if (json_index_run(decode->decoder->index, span->text, span->n) != JSON_INDEX_OK)
        return span->first;
    struct json_walk *walk = &decode->walk;
    json_walk_start(walk, span->text, (uint32_t)span->n, json_index_tokens(decode->decoder->index));
    for (uint32_t i = span->first; i < span->behind; i++) {
        const struct levada_record *record = record_at(decode, i);
        if (!has_json(record))
            continue;
        uint32_t begin = (uint32_t)((uintptr_t)record->value.p - (uintptr_t)span->text);
        walk->end = begin + (uint32_t)record->value.n;
        start_record(decode, i);
        if (!skip_gap(walk, begin) || !json_walk_record(walk, &decode->decoder->root)) {
            forget_record(decode, i);
            return i;
        }
    }
    return span->behind;
}

static bool
decode_span(struct decode *decode, const struct span *span)
{
    uint32_t i = span->behind - span->first > 1 ? decode_together(decode, span) : span->first;
    for (; i < span->behind; i++)
        if (has_json(record_at(decode, i)) && !decode_alone(decode, i))
            return false;
    return true;
}

bool
json_decode(struct json_decoder *decoder, const struct levada_record *records, uint32_t n,
            uint32_t stride, struct levada_scalar *const *columns, struct arena *arena,
            struct json_fault *faults, uint32_t *n_faults)
{
    struct decode decode = {
        .decoder = decoder,
        .records = (const char *)records,
        .n = n,
        .stride = stride,
        .walk = { .columns = columns, .arena = arena },
        .faults = faults,
    };
    for (size_t c = 0; c < decoder->n_columns; c++)
        memset(columns[c], 0, (size_t)n * sizeof(**columns)); /* MISSING */
    for (uint32_t i = 0; i < n;) {
        if (!has_json(record_at(&decode, i))) {
            i++;
            continue;
        }
        struct span span = find_span(&decode, i);
        if (!decode_span(&decode, &span))
            return false;
        i = span.behind;
    }
    *n_faults = decode.n_faults;
    return true;
}

/* ---- the members of one object ---- */

struct members {
    struct strbuf text;
    json_walk_visit *visit;
    void *user;
};

static bool
visit_compact(void *user, const char *name, size_t name_n, const char *text, size_t text_n)
{
    struct members *members = user;
    if (*text != '{' && *text != '[')
        return members->visit(members->user, name, name_n, text, text_n);
    strbuf_clear(&members->text);
    strbuf_add(&members->text, text, text_n);
    if (strbuf_failed(&members->text))
        return false;
    text_n = json_compact((struct levada_bytes){ text, text_n }, members->text.text);
    return members->visit(members->user, name, name_n, members->text.text, text_n);
}

bool
json_members(struct json_decoder *decoder, struct levada_bytes value, bool compact,
             bool (*visit)(void *user, const char *name, size_t name_n, const char *text,
                           size_t text_n),
             void *user)
{
    if (value.p == NULL || value.n > JSON_INDEX_MAX ||
        json_index_run(decoder->index, value.p, value.n) != JSON_INDEX_OK)
        return false;
    struct arena names = { 0 };
    struct members members = { .visit = visit, .user = user };
    struct json_walk walk = { .arena = &names };
    json_walk_start(&walk, value.p, (uint32_t)value.n, json_index_tokens(decoder->index));
    bool done = json_walk_members(&walk, compact ? visit_compact : visit,
                                  compact ? (void *)&members : user);
    strbuf_finish(&members.text);
    arena_finish(&names);
    return done;
}
