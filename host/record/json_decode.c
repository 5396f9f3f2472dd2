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
 * Values are indexed many at a time, which costs half of one after the other. Where they lie one
 * behind the other, as those of a file do, that is done in place; gaps of this size are looked
 * into, which reads no page that the values do not lie on. Others, such as messages of Kafka
 * between which other bytes lie, are gathered for the index alone: what is taken out of them points
 * to where they lie. A span stays in the cache until it is walked.
 */
#define MAX_GAP 64
#define MAX_SPAN (64 * 1024)
#define MAX_GATHERED 4096 /* of one value: a larger one is worth its own index */

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
    free(decoder->gathered);
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

/* Could what lies between two values stand in one text with them? skip_gap() looks closer. */
static bool
is_gap(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] != ',' && text[i] != ' ' && text[i] != '\n' && text[i] != '\r' &&
            text[i] != '\t')
            return false;
    }
    return true;
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
            !may_read((const char *)end, begin - end) || !is_gap((const char *)end, begin - end))
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

/* ---- records that lie apart ---- */

/* The record @first and those behind it, copied one behind the other. False: out of memory. */
static bool
gather(struct decode *decode, uint32_t first, struct span *span)
{
    struct json_decoder *decoder = decode->decoder;
    if (decoder->gathered == NULL)
        decoder->gathered = malloc(MAX_SPAN);
    if (decoder->gathered == NULL)
        return false;
    *span = (struct span){ first, first, decoder->gathered, 0 };
    for (uint32_t i = first; i < decode->n; i++) {
        const struct levada_record *record = record_at(decode, i);
        if (!has_json(record))
            continue;
        if (record->value.n > MAX_GATHERED || span->n + record->value.n + 1 > MAX_SPAN)
            break;
        memcpy(decoder->gathered + span->n, record->value.p, record->value.n);
        span->n += record->value.n;
        decoder->gathered[span->n++] = ' ';
        span->behind = i + 1;
    }
    return true;
}

/*
 * Of a gathered value @begin bytes behind the others, where it really lies: a token of the index is
 * then found there, so that what is taken out lives as long as the record does.
 */
static void
walk_in_place(struct json_walk *walk, struct levada_bytes value, uint32_t begin)
{
    const char *backslash = memchr(value.p, '\\', value.n);
    walk->text = (const char *)((uintptr_t)value.p - begin);
    walk->end = walk->size = begin + (uint32_t)value.n;
    walk->backslash =
        backslash != NULL ? begin + (uint32_t)(backslash - (const char *)value.p) : walk->size;
}

/* As decode_together(). */
static uint32_t
decode_gathered(struct decode *decode, const struct span *span)
{
    if (json_index_run(decode->decoder->index, span->text, span->n) != JSON_INDEX_OK)
        return span->first;
    struct json_walk *walk = &decode->walk;
    walk->at = json_index_tokens(decode->decoder->index);
    uint32_t begin = 0;
    for (uint32_t i = span->first; i < span->behind; i++) {
        const struct levada_record *record = record_at(decode, i);
        if (!has_json(record))
            continue;
        walk_in_place(walk, record->value, begin);
        start_record(decode, i);
        if (*walk->at < begin || !json_walk_record(walk, &decode->decoder->root)) {
            forget_record(decode, i);
            return i;
        }
        begin = walk->end + 1;
    }
    return span->behind;
}

/* Decodes the record @i and some behind it, and tells the next. False: out of memory. */
static bool
decode_some(struct decode *decode, uint32_t i, uint32_t *next)
{
    struct span span = find_span(decode, i);
    bool lies_alone = span.behind - span.first == 1;
    if (lies_alone && span.n <= MAX_GATHERED && !gather(decode, i, &span))
        return false;
    if (span.behind - span.first > 1)
        i = lies_alone ? decode_gathered(decode, &span) : decode_together(decode, &span);
    for (; i < span.behind; i++)
        if (has_json(record_at(decode, i)) && !decode_alone(decode, i))
            return false;
    *next = span.behind;
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
        if (!decode_some(&decode, i, &i))
            return false;
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
