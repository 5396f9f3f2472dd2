/* SPDX-License-Identifier: Apache-2.0 */
/* What one source's records are decoded into: the paths that anybody asked for, and what was found.
 */
#include "record/batch_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An object whose names are data (ids, dates) has no fields; past this many it is taken for one. */
#define MAX_FIELDS 4096

struct wanted {
    const struct levada_path *path;
    bool found;
};

struct batch_decoder {
    struct record_space *space;
    struct json_decoder *json;
    struct wanted *wanted; /* by the decoder's column */
    uint32_t n_wanted;
    uint64_t records;
    const struct levada_path **fields;
    uint32_t n_fields, room_fields;
};

struct batch_decoder *
batch_decoder_create(struct record_space *space)
{
    struct batch_decoder *decoder = calloc(1, sizeof(*decoder));
    if (decoder == NULL)
        return NULL;
    decoder->space = space;
    decoder->json = json_decoder_create();
    if (decoder->json == NULL) {
        free(decoder);
        return NULL;
    }
    return decoder;
}

void
batch_decoder_destroy(struct batch_decoder *decoder)
{
    if (decoder == NULL)
        return;
    json_decoder_destroy(decoder->json);
    free(decoder->wanted);
    free(decoder->fields);
    free(decoder);
}

struct json_decoder *
batch_decoder_json(struct batch_decoder *decoder)
{
    return decoder->json;
}

bool
batch_decoder_want(struct batch_decoder *decoder, const struct levada_path *path)
{
    if (path->kind != PATH_FIELD)
        return true;
    for (uint32_t i = 0; i < decoder->n_wanted; i++) {
        if (decoder->wanted[i].path == path)
            return true;
    }
    struct wanted *wanted =
        realloc(decoder->wanted, (decoder->n_wanted + 1) * sizeof(*decoder->wanted));
    if (wanted == NULL)
        return false;
    decoder->wanted = wanted;
    if (json_decoder_want(decoder->json, path) != decoder->n_wanted)
        return false;
    wanted[decoder->n_wanted++] = (struct wanted){ .path = path };
    return true;
}

const struct levada_path *
batch_decoder_path(const struct batch_decoder *decoder, uint32_t i)
{
    return i < decoder->n_wanted ? decoder->wanted[i].path : NULL;
}

static bool
has_any(const struct levada_scalar *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (values[i].type != LEVADA_T_MISSING)
            return true;
    }
    return false;
}

/* Columns of all that is wanted, not filled yet. NULL: out of memory. */
static struct levada_scalar **
make_columns(const struct batch_decoder *decoder, struct block *block)
{
    struct levada_scalar **columns =
        arena_alloc(&block->arena, (decoder->n_wanted + 1) * sizeof(struct levada_scalar *));
    for (uint32_t c = 0; c < decoder->n_wanted && columns != NULL; c++) {
        columns[c] = arena_alloc(&block->arena, block->n * sizeof(**columns));
        if (columns[c] == NULL)
            return NULL;
    }
    return columns;
}

/* The block has these columns from now on, beside those that it had. */
static bool
keep_columns(struct batch_decoder *decoder, struct block *block,
             struct levada_scalar *const *columns)
{
    uint32_t n_base = path_set_count(decoder->space->paths);
    struct column *base = arena_alloc(&block->arena, n_base * sizeof(*base));
    if (base == NULL)
        return false;
    memset(base, 0, n_base * sizeof(*base));
    if (block->n_base > 0)
        memcpy(base, block->base, block->n_base * sizeof(*base));
    for (uint32_t c = 0; c < decoder->n_wanted; c++) {
        struct wanted *wanted = &decoder->wanted[c];
        struct column *column = &base[wanted->path->number];
        if (column->values == NULL)
            column->values = columns[c];
        wanted->found = wanted->found || has_any(columns[c], block->n);
    }
    block->base = base;
    block->n_base = n_base;
    return true;
}

/* Decodes the whole block; faults has room for all its records. */
static levada_status
decode_block(struct batch_decoder *decoder, struct block *block, struct json_fault *faults,
             uint32_t *n_faults, struct error *err)
{
    struct levada_scalar **columns = make_columns(decoder, block);
    if (columns == NULL ||
        !json_decode(decoder->json, block->records, block->n, sizeof(struct levada_record), columns,
                     &block->arena, faults, n_faults) ||
        !keep_columns(decoder, block, columns))
        return error_set(err, LEVADA_FATAL, "out of memory");
    return LEVADA_OK;
}

bool
batch_decoder_keep(struct batch_decoder *decoder, struct block *block, const struct json_rows *rows)
{
    if (!keep_columns(decoder, block, rows->columns))
        return false;
    block->decoder = decoder;
    decoder->records += rows->n;
    return true;
}

/* Decodes the block for the first time. */
static levada_status
begin_block(struct batch_decoder *decoder, struct block *block, struct error *err)
{
    block->decoder = decoder;
    /* The faults are only for this call: scratch of the space, not of the block. */
    arena_reset(&decoder->space->scratch);
    struct json_fault *faults = arena_alloc(&decoder->space->scratch, block->n * sizeof(*faults));
    uint32_t n_faults = 0;
    if (faults == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    levada_status status = decode_block(decoder, block, faults, &n_faults, err);
    if (status != LEVADA_OK)
        return status;
    decoder->records += block->n - n_faults;
    block->bad = arena_alloc(&block->arena, n_faults * sizeof(*block->bad));
    if (block->bad == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    for (uint32_t f = 0; f < n_faults; f++) {
        struct bad_record *to = &block->bad[f];
        to->record = faults[f].record;
        to->byte = faults[f].byte;
        snprintf(to->why, sizeof(to->why), "%s", faults[f].what);
    }
    block->n_bad = n_faults;
    return LEVADA_OK;
}

static int
compare_bad(const void *record, const void *bad)
{
    uint32_t a = *(const uint32_t *)record, b = ((const struct bad_record *)bad)->record;
    return (a > b) - (a < b);
}

/* What is known of record @i of @batch; NULL: it is good. */
static const struct bad_record *
find_bad(const struct batch *batch, uint32_t i)
{
    const struct block *block = batch->block;
    uint32_t record = batch->index != NULL ? batch->index[i] : i;
    return bsearch(&record, block->bad, block->n_bad, sizeof(*block->bad), compare_bad);
}

levada_status
batch_decode(struct batch *batch, struct batch_decoder *decoder, struct bad_record **bad,
             uint32_t *n_bad, struct error *err)
{
    struct block *block = batch->block;
    uint32_t n = 0;
    *n_bad = 0;
    *bad = NULL;
    if (batch->listed)
        return LEVADA_OK; /* rows that a stage made */
    levada_status status = block->decoder == NULL ? begin_block(decoder, block, err) : LEVADA_OK;
    if (status < 0 || block->n_bad == 0)
        return status;
    for (uint32_t i = 0; i < batch->public.n; i++)
        n += find_bad(batch, i) != NULL;
    *bad = arena_alloc(&block->arena, n * sizeof(**bad));
    if (*bad == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < batch->public.n; i++) {
        const struct bad_record *found = find_bad(batch, i);
        if (found == NULL)
            continue;
        (*bad)[*n_bad] = *found;
        (*bad)[(*n_bad)++].record = i;
    }
    return LEVADA_OK;
}

bool
batch_is_undecoded(const struct batch *batch)
{
    return !batch->listed && batch->block->decoder == NULL && batch->block->n > 0;
}

levada_status
batch_decoder_catch_up(struct batch_decoder *decoder, struct block *block,
                       const struct levada_path *path, struct error *err)
{
    struct arena faults_arena = { 0 };
    struct json_fault *faults = arena_alloc(&faults_arena, block->n * sizeof(*faults));
    uint32_t n_faults = 0;
    levada_status status = LEVADA_OK;
    if (faults == NULL || !batch_decoder_want(decoder, path))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    else
        status = decode_block(decoder, block, faults, &n_faults, err);
    arena_finish(&faults_arena);
    return status;
}

uint64_t
batch_decoder_records(const struct batch_decoder *decoder)
{
    return decoder->records;
}

bool
batch_decoder_found(const struct batch_decoder *decoder, const struct levada_path *path)
{
    for (uint32_t i = 0; i < decoder->n_wanted; i++) {
        if (decoder->wanted[i].path == path)
            return decoder->wanted[i].found;
    }
    return true; /* nobody looked */
}

static bool
add_field(void *user, const char *name, size_t name_n, const char *text, size_t text_n)
{
    struct batch_decoder *decoder = user;
    (void)text;
    (void)text_n;
    const struct levada_path *path = path_set_field(decoder->space->paths, name, name_n);
    if (path == NULL)
        return false;
    for (uint32_t i = 0; i < decoder->n_fields; i++) {
        if (decoder->fields[i] == path)
            return true;
    }
    if (decoder->n_fields == MAX_FIELDS)
        return false;
    if (decoder->n_fields == decoder->room_fields) {
        uint32_t room = decoder->room_fields > 0 ? decoder->room_fields * 2 : 16;
        const struct levada_path **fields =
            realloc(decoder->fields, room * sizeof(struct levada_path *));
        if (fields == NULL)
            return false;
        decoder->fields = fields;
        decoder->room_fields = room;
    }
    decoder->fields[decoder->n_fields++] = path;
    return true;
}

const struct levada_path *const *
batch_decoder_fields(struct batch_decoder *decoder, struct batch *batch, uint32_t *n,
                     struct error *err)
{
    for (uint32_t i = 0; i < batch->public.n; i++) {
        const struct levada_record *record = batch_origin(batch, i);
        if (record->value.p == NULL || (record->flags & LEVADA_R_OPAQUE) != 0)
            continue;
        if (json_members(decoder->json, record->value, false, add_field, decoder))
            continue;
        if (decoder->n_fields == MAX_FIELDS) {
            error_set(err, LEVADA_REJECT,
                      "the records have more than %d different fields; choose with stage fields",
                      MAX_FIELDS);
            return NULL;
        }
    }
    *n = decoder->n_fields;
    return decoder->fields;
}
