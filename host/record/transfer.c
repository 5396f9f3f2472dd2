/* SPDX-License-Identifier: Apache-2.0 */
/* What crosses once: paths, names of streams, entries of dictionaries; and single values. */
#include "record/transfer_private.h"

#include <stdlib.h>

#define DICT_PER_RECORD 2u /* more new entries than this are not worth it; but always these: */
#define DICT_SMALL 1024u

struct transfer *
transfer_create(struct record_space *space, bool is_host)
{
    struct transfer *transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL)
        return NULL;
    transfer->space = space;
    transfer->is_host = is_host;
    transfer->n_streams = transfer->n_streams_before = 1; /* "", which both have */
    return transfer;
}

void
transfer_destroy(struct transfer *transfer)
{
    if (transfer == NULL)
        return;
    for (uint32_t i = 0; i < transfer->n_heard; i++)
        dict_unref(transfer->heard[i].dict.dict);
    free(transfer->heard);
    free(transfer->told);
    free(transfer->wanted);
    free(transfer);
}

/* Element @i of an array that grows, zeroed; NULL: out of memory. */
static void *
element(void *items, uint32_t *n, uint32_t i, size_t size)
{
    void **place = items;
    if (i >= *n) {
        uint32_t more = (i + 16) * 2;
        char *grown = realloc(*place, more * size);
        if (grown == NULL)
            return NULL;
        memset(grown + *n * size, 0, (more - *n) * size);
        *place = grown;
        *n = more;
    }
    return (char *)*place + i * size;
}

struct told *
transfer_told(struct transfer *transfer, const struct levada_path *path)
{
    return element(&transfer->told, &transfer->n_told, path->number, sizeof(*transfer->told));
}

bool
transfer_want(struct transfer *transfer, const struct levada_path *path)
{
    struct told *told = transfer_told(transfer, path);
    if (told == NULL || told->wanted)
        return told != NULL;
    const struct levada_path **wanted =
        realloc(transfer->wanted, (transfer->n_wanted + 1) * sizeof(*wanted));
    if (wanted == NULL)
        return false;
    transfer->wanted = wanted;
    wanted[transfer->n_wanted++] = path;
    told->wanted = true;
    return true;
}

/* ---- messages ---- */

void
transfer_begin(struct transfer *transfer)
{
    for (uint32_t i = 0; transfer->is_news && i < transfer->n_told; i++)
        transfer->told[i].before = transfer->told[i].now;
    transfer->n_streams_before = transfer->n_streams;
    transfer->is_news = false;
}

void
transfer_take_back(struct transfer *transfer)
{
    for (uint32_t i = 0; transfer->is_news && i < transfer->n_told; i++)
        transfer->told[i].now = transfer->told[i].before;
    transfer->n_streams = transfer->n_streams_before;
    transfer->is_news = false;
}

/* ---- paths ---- */

#define PATH_ABSENT UINT32_MAX
#define MOST_PATHS (1u << 22) /* more are no pipeline's */

enum {
    PATH_KNOWN,
    PATH_BY_TEXT,
    PATH_BY_NAME, /* a field of the top level, which has no other text than its name */
};

void
transfer_put_path(struct transfer *transfer, struct wire_out *out, const struct levada_path *path)
{
    struct told *told = path != NULL ? transfer_told(transfer, path) : NULL;
    wire_put(out, path != NULL ? path->number : PATH_ABSENT);
    if (path == NULL)
        return;
    if (told == NULL) {
        out->failed = true;
    } else if (told->now.path) {
        wire_put(out, PATH_KNOWN);
    } else if (path_is_top(path)) {
        wire_put(out, PATH_BY_NAME);
        wire_put_bytes(out, path->steps[0].name, path->steps[0].name_n);
        told->now.path = transfer->is_news = true;
    } else {
        wire_put(out, PATH_BY_TEXT);
        wire_put_text(out, path->text);
        told->now.path = transfer->is_news = true;
    }
}

static const struct levada_path *
read_path(struct transfer *transfer, struct wire_in *in, uint64_t form)
{
    struct path_set *paths = record_space_paths(transfer->space);
    struct error err;
    uint64_t n;
    if (form == PATH_BY_TEXT) {
        const char *text = wire_get_text(in);
        return text != NULL ? path_set_get(paths, text, &err) : NULL;
    }
    const char *name = wire_get_bytes(in, &n);
    return name != NULL ? path_set_field(paths, name, n) : NULL;
}

const struct levada_path *
transfer_get_path(struct transfer *transfer, struct wire_in *in)
{
    uint64_t number = wire_get(in);
    if (in->failed || number == PATH_ABSENT)
        return NULL;
    uint64_t form = wire_get(in);
    struct heard *heard = number < MOST_PATHS ? element(&transfer->heard, &transfer->n_heard,
                                                        (uint32_t)number, sizeof(*heard))
                                              : NULL;
    if (heard != NULL && form != PATH_KNOWN)
        heard->path = read_path(transfer, in, form);
    if (heard == NULL || heard->path == NULL) {
        in->failed = true;
        return NULL;
    }
    return heard->path;
}

/* ---- streams ---- */

void
transfer_put_streams(struct transfer *transfer, struct wire_out *out)
{
    struct record_space *space = transfer->space;
    wire_put(out, transfer->n_streams);
    wire_put(out, space->n_streams - transfer->n_streams);
    for (; transfer->n_streams < space->n_streams; transfer->n_streams++) {
        wire_put_text(out, space->streams[transfer->n_streams].source);
        wire_put_text(out, space->streams[transfer->n_streams].name);
    }
}

void
transfer_get_streams(struct transfer *transfer, struct wire_in *in)
{
    uint64_t first = wire_get(in), n = wire_get(in);
    if (first != transfer->space->n_streams)
        in->failed = true;
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        const char *source = wire_get_text(in), *name = wire_get_text(in);
        if (source == NULL || name == NULL ||
            record_space_stream(transfer->space, source, name) != first + i)
            in->failed = true;
    }
}

/* ---- scalars ---- */

static inline bool
has_text(const struct levada_scalar *value)
{
    return value->type >= LEVADA_T_STR && value->type <= LEVADA_T_NUM;
}

/* The offset of a text: inside the value of its record, or of a copy. */
static inline uint64_t
place_text(struct wire_out *out, const struct levada_scalar *value, uint32_t i,
           const struct wire_values *in)
{
    uint64_t offset = 0;
    if (in != NULL && in->written != NULL) {
        const struct levada_record *record = &in->records[in->index != NULL ? in->index[i] : i];
        const char *start = record->value.p;
        uintptr_t into = (uintptr_t)value->u.s - (uintptr_t)start;
        if (start != NULL && into <= record->value.n && value->len <= record->value.n - into)
            return (uintptr_t)in->written[i].value.p + into;
    }
    char *place = wire_place_bytes(out, value->len, &offset);
    if (place != NULL && value->len > 0)
        memcpy(place, value->u.s, value->len);
    return offset;
}

void
transfer_put_scalars(struct wire_out *out, const struct levada_scalar *values, uint32_t n,
                     const struct wire_values *in)
{
    uint64_t offset, begin = wire_begin(out);
    struct levada_scalar *to = wire_place(out, n * sizeof(*to), &offset);
    for (uint32_t i = 0; to != NULL && i < n; i++) {
        to[i] = values[i];
        if (has_text(&values[i]))
            to[i].u.i = (int64_t)place_text(out, &values[i], i, in);
    }
    wire_end(out, begin);
}

struct levada_scalar *
transfer_get_scalars(struct wire_in *in, uint32_t n, struct arena *arena, bool copy)
{
    size_t end = wire_get_end(in);
    const struct levada_scalar *from = wire_take_array(in, n, sizeof(*from));
    struct levada_scalar *to = from != NULL ? arena_alloc(arena, n * sizeof(*to)) : NULL;
    for (uint32_t i = 0; to != NULL && i < n; i++) {
        to[i] = from[i];
        if (to[i].type > LEVADA_T_TIME)
            in->failed = true;
        if (!has_text(&to[i]))
            continue;
        to[i].u.s = wire_at(in, (uint64_t)to[i].u.i, to[i].len);
        if (copy && to[i].u.s != NULL)
            to[i].u.s = arena_copy(arena, to[i].u.s, to[i].len);
        if (to[i].u.s == NULL)
            in->failed = true;
    }
    if (to == NULL || in->failed) {
        in->failed = true;
        return NULL;
    }
    wire_skip_to(in, end);
    return to;
}

/* ---- dictionaries ---- */

bool
transfer_put_dict(struct transfer *transfer, struct wire_out *out, const struct levada_path *path,
                  const struct dict *dict, uint32_t n)
{
    const struct levada_dict *public = dict_public(dict);
    struct told *told = transfer_told(transfer, path);
    if (told == NULL)
        return false;
    uint32_t known = told->now.dict.generation == public->generation ? told->now.dict.n : 2;
    if (public->n - known > DICT_PER_RECORD * n + DICT_SMALL)
        return false;
    wire_put(out, public->generation);
    wire_put(out, known);
    wire_put(out, public->n);
    transfer_put_scalars(out, public->entry + known, public->n - known, NULL);
    told->now.dict = (struct told_dict){ public->generation, public->n };
    transfer->is_news = true;
    return true;
}

static struct heard *
find_heard(struct transfer *transfer, const struct levada_path *path)
{
    for (uint32_t i = 0; i < transfer->n_heard; i++) {
        if (transfer->heard[i].path == path)
            return &transfer->heard[i];
    }
    return NULL;
}

struct dict *
transfer_get_dict(struct transfer *transfer, struct wire_in *in, const struct levada_path *path)
{
    struct arena texts = { 0 };
    struct heard *heard = find_heard(transfer, path);
    uint64_t generation = wire_get(in), known = wire_get(in), n = wire_get(in);
    if (in->failed || heard == NULL || known < 2 || n < known || n > UINT32_MAX)
        goto failed;
    if (heard->dict.generation != generation || heard->dict.dict == NULL) {
        dict_unref(heard->dict.dict);
        heard->dict = (struct heard_dict){ (uint32_t)generation, dict_create() };
    }
    if (heard->dict.dict == NULL || dict_public(heard->dict.dict)->n != known)
        goto failed;
    const struct levada_scalar *entries =
        transfer_get_scalars(in, (uint32_t)(n - known), &texts, false);
    for (uint64_t i = 0; entries != NULL && i < n - known; i++) {
        if (!dict_append(heard->dict.dict, &entries[i]))
            entries = NULL;
    }
    arena_finish(&texts);
    if (entries != NULL)
        return heard->dict.dict;
failed:
    in->failed = true;
    return NULL;
}
