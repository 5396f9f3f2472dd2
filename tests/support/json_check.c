/* SPDX-License-Identifier: Apache-2.0 */
#include "json_check.h"

#include "json_reference.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "record/json_decode.h"

static const char *const wanted[] = {
    "original_crime_type_name",
    "disposition",
    "call_date_time",
    "a",
    "a.b",
    "a.b.c",
    "list",
    "list[0]",
    "list[2].x",
    "n",
    "$['é']",
    "$['']",
};
#define N_WANTED (sizeof(wanted) / sizeof(*wanted))

struct json_check {
    struct path_set *paths;
    const struct levada_path *path[N_WANTED];
    struct json_decoder *decoder;
    uint64_t valid, faulty;
};

/* What one call of json_decode() gave. */
struct outcome {
    struct arena arena;
    struct levada_scalar *columns[N_WANTED];
    struct json_fault *faults;
    uint32_t n_faults;
};

struct json_check *
json_check_create(void)
{
    struct json_check *check = calloc(1, sizeof(*check));
    assert(check != NULL);
    check->paths = path_set_create();
    check->decoder = json_decoder_create();
    assert(check->paths != NULL && check->decoder != NULL);
    for (size_t c = 0; c < N_WANTED; c++) {
        check->path[c] = path_set_get(check->paths, wanted[c], NULL);
        size_t column = json_decoder_want(check->decoder, check->path[c]);
        assert(column == c);
    }
    return check;
}

void
json_check_destroy(struct json_check *check)
{
    json_decoder_destroy(check->decoder);
    path_set_destroy(check->paths);
    free(check);
}

void
json_check_seen(const struct json_check *check, uint64_t *valid, uint64_t *faulty)
{
    *valid = check->valid;
    *faulty = check->faulty;
}

static void
decode(struct json_check *check, const struct levada_record *records, uint32_t n,
       struct outcome *outcome)
{
    *outcome = (struct outcome){ 0 };
    for (size_t c = 0; c < N_WANTED; c++)
        outcome->columns[c] = malloc(n * sizeof(*outcome->columns[c]));
    outcome->faults = malloc(n * sizeof(*outcome->faults));
    bool done = json_decode(check->decoder, records, n, sizeof(*records), outcome->columns,
                            &outcome->arena, outcome->faults, &outcome->n_faults);
    assert(done);
}

static void
outcome_finish(struct outcome *outcome)
{
    for (size_t c = 0; c < N_WANTED; c++)
        free(outcome->columns[c]);
    free(outcome->faults);
    arena_finish(&outcome->arena);
}

static bool
complain(const char *what, struct levada_bytes text)
{
    fprintf(stderr, "%s: %.*s\n", what, (int)text.n, (const char *)text.p);
    return false;
}

/* ---- the members of a valid record ---- */

struct visit {
    json_t *root;
    void *at; /* of jansson's iterator, which keeps the order of the text */
    bool differs;
};

static bool
visit_member(void *user, const char *name, size_t name_n, const char *text, size_t text_n)
{
    struct visit *visit = user;
    const char *key = visit->at != NULL ? json_object_iter_key(visit->at) : NULL;
    visit->differs = key == NULL || json_object_iter_key_len(visit->at) != name_n ||
                     memcmp(key, name, name_n) != 0 ||
                     !json_reference_same(json_object_iter_value(visit->at), text, text_n);
    visit->at = visit->at != NULL ? json_object_iter_next(visit->root, visit->at) : NULL;
    return !visit->differs;
}

static bool
check_members(struct json_check *check, struct levada_bytes text, json_t *root)
{
    for (int compact = 0; compact <= 1; compact++) {
        struct visit visit = { .root = root, .at = json_object_iter(root) };
        if (!json_members(check->decoder, text, compact, visit_member, &visit) || visit.differs ||
            visit.at != NULL)
            return complain("its members differ", text);
    }
    return true;
}

static bool
check_compact(struct levada_bytes text, const json_t *root)
{
    char *out = malloc(text.n);
    assert(out != NULL);
    size_t n = json_compact(text, out);
    bool same = json_reference_same(root, out, n);
    free(out);
    return same || complain("its compact form differs", text);
}

/* ---- one text ---- */

static bool
check_text(struct json_check *check, struct levada_bytes text, const struct outcome *outcome)
{
    json_t *root;
    enum json_verdict verdict = json_reference_read(text.p, text.n, &root);
    bool same = true;
    if (verdict == JSON_FAULTY && outcome->n_faults == 0)
        same = complain("accepted, but faulty", text);
    if (verdict == JSON_VALID && outcome->n_faults != 0)
        same = complain(outcome->faults[0].what, text);
    if (outcome->n_faults != 0 && outcome->faults[0].byte > text.n)
        same = complain("its fault is placed outside", text);
    for (size_t c = 0; same && verdict == JSON_VALID && c < N_WANTED; c++)
        if (!json_reference_agrees(root, check->path[c], outcome->columns[c]))
            same = complain(wanted[c], text);
    for (size_t c = 0; same && outcome->n_faults != 0 && c < N_WANTED; c++)
        if (outcome->columns[c]->type != LEVADA_T_MISSING)
            same = complain("faulty, but has a value", text);
    if (same && verdict == JSON_VALID)
        same = check_members(check, text, root) && check_compact(text, root);
    check->valid += verdict == JSON_VALID;
    check->faulty += verdict == JSON_FAULTY;
    json_decref(root);
    return same;
}

static bool
same_scalar(const struct levada_scalar *a, const struct levada_scalar *b)
{
    if (a->type != b->type || a->len != b->len)
        return false;
    if (a->type == LEVADA_T_STR || a->type == LEVADA_T_JSON || a->type == LEVADA_T_NUM)
        return memcmp(a->u.s, b->u.s, a->len) == 0;
    return a->type <= LEVADA_T_NULL || a->u.i == b->u.i;
}

/* Record @i of a call must be as it was alone. @fault: the next one of the call. */
static bool
check_same(struct levada_bytes text, const struct outcome *alone, const struct outcome *together,
           uint32_t i, uint32_t *fault)
{
    for (size_t c = 0; c < N_WANTED; c++)
        if (!same_scalar(alone->columns[c], &together->columns[c][i]))
            return complain("with others it has another value", text);
    bool faulty = *fault < together->n_faults && together->faults[*fault].record == i;
    if (faulty != (alone->n_faults != 0))
        return complain("with others it is judged otherwise", text);
    if (!faulty)
        return true;
    const struct json_fault *a = alone->faults, *b = &together->faults[(*fault)++];
    return (a->byte == b->byte && strcmp(a->what, b->what) == 0) ||
           complain("with others its fault is another", text);
}

static bool
is_space(const char *text, size_t n)
{
    while (n > 0 && strchr(" \n\r\t", text[n - 1]) != NULL && text[n - 1] != '\0')
        n--;
    return n == 0;
}

/* A piece of a split text must be what it is when it is decoded by itself. */
static bool
check_piece(struct json_check *check, struct levada_bytes text, const struct json_rows *rows,
            uint32_t i)
{
    const struct json_piece *piece = &rows->pieces[i];
    struct levada_record record = { .value = { (const char *)text.p + piece->begin,
                                               piece->end - piece->begin } };
    struct outcome alone;
    decode(check, &record, 1, &alone);
    bool same = alone.n_faults == 0 || complain("split from it, it is faulty", record.value);
    for (size_t c = 0; same && c < N_WANTED; c++)
        if (!same_scalar(alone.columns[c], &rows->columns[c][i]))
            same = complain("split from it, it has another value", record.value);
    outcome_finish(&alone);
    return same;
}

/* The text as one that nobody has split: of objects that are not @faulty it is the only one. */
static bool
check_split(struct json_check *check, struct levada_bytes text, bool faulty)
{
    const struct json_split_text from = { .text = text.p, .n = text.n, .max = UINT32_MAX };
    struct arena arena = { 0 };
    struct json_rows rows;
    bool done = json_split(check->decoder, &from, &arena, &rows);
    assert(done);
    bool same = true;
    for (uint32_t i = 0; same && i < rows.n; i++)
        same = check_piece(check, text, &rows, i);
    size_t end = rows.n == 1 ? rows.pieces[0].end : 0;
    if (same && !faulty && (rows.n != 1 || !is_space(from.text + end, text.n - end)))
        same = complain("it is not split as the one object that it is", text);
    arena_finish(&arena);
    return same;
}

bool
json_check_texts(struct json_check *check, const struct levada_bytes *texts, uint32_t n,
                 const char *gap)
{
    struct strbuf all = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        strbuf_add(&all, texts[i].p, texts[i].n);
        strbuf_str(&all, gap);
    }
    struct levada_record *records = calloc(n, sizeof(*records));
    size_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        records[i].value = (struct levada_bytes){ all.text + at, texts[i].n };
        at += texts[i].n + strlen(gap);
    }
    struct outcome together;
    decode(check, records, n, &together);
    uint32_t fault = 0;
    bool same = true;
    for (uint32_t i = 0; i < n && same; i++) {
        /* Exactly as large as the text, for the address sanitizer. */
        char *copy = malloc(texts[i].n);
        memcpy(copy, texts[i].p, texts[i].n);
        struct levada_record record = { .value = { copy, texts[i].n } };
        struct outcome alone;
        decode(check, &record, 1, &alone);
        same = check_text(check, record.value, &alone) &&
               check_split(check, record.value, alone.n_faults != 0) &&
               check_same(texts[i], &alone, &together, i, &fault);
        outcome_finish(&alone);
        free(copy);
    }
    outcome_finish(&together);
    strbuf_finish(&all);
    free(records);
    return same;
}
