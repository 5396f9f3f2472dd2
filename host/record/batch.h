/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_BATCH_H
#define HOST_RECORD_BATCH_H

/*
 * Records in a batch. A block holds what is shared and, once it left its source, never changes: the
 * records, their bytes, the columns decoded from them. A handle (struct levada_batch is its first
 * member) is one stage's view of a block: which records, and which columns were set above the
 * block. Handles and blocks are reference-counted; a handle is used by one thread at a time,
 * release may come from any.
 */

#include "base/arena.h"
#include "base/error.h"
#include "record/dict.h"
#include "record/json_decode.h"
#include "record/path.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

/* What all batches of one pipeline share; one thread. Outlives its batches' use, not their memory.
 */
struct record_space;

struct record_space *record_space_create(void);
void record_space_destroy(struct record_space *space);
struct path_set *record_space_paths(struct record_space *space);

/*
 * Streams: the origins of records, in words. What two sources read under one name are two streams,
 * each with an order of its own. Id 0, without a source, is "made by a stage". UINT32_MAX: no
 * memory.
 */
uint32_t record_space_stream(struct record_space *space, const char *source, const char *name);
const char *record_space_stream_source(const struct record_space *space, uint32_t stream);
uint32_t record_space_n_streams(const struct record_space *space);
const char *record_space_stream_name(const struct record_space *space, uint32_t stream);

/* A record that is no JSON object, or that its source marked as bad. */
struct bad_record {
    uint32_t record; /* index in the batch */
    uint64_t byte;   /* in its value */
    char why[160];
};

struct batch;

/* @n new records without a value; or 0, to append to. NULL: out of memory. One reference. */
struct batch *batch_create(struct record_space *space, uint32_t n);
struct batch *batch_retain(struct batch *batch);
void batch_release(struct batch *batch); /* NULL is allowed */

/* The records of a batch that was created with their number, to be filled before anyone reads. */
struct levada_record *batch_new_records(struct batch *batch);

/* A second handle of the same records and columns, which may be changed independently. */
struct batch *batch_clone(struct batch *batch);

/* The records at @indexes, in that order, repeats allowed; an index past the end: LEVADA_FATAL. */
struct batch *batch_select(struct batch *batch, const uint32_t *indexes, uint32_t n,
                           struct error *err);

static inline struct levada_batch *
batch_public(struct batch *batch)
{
    return (struct levada_batch *)(void *)batch;
}

static inline struct batch *
batch_of(struct levada_batch *public)
{
    return (struct batch *)(void *)public;
}

/* ---- filling, by sources, before decode ---- */
levada_status batch_append(struct batch *batch, const struct levada_record *records, uint32_t n,
                           uint32_t stride, struct error *err);
void *batch_alloc(struct batch *batch, uint64_t n);
levada_status batch_attach(struct batch *batch, void *object, void (*drop)(void *object),
                           struct error *err);

struct batch_json { /* text that should hold whole objects */
    struct levada_bytes text;
    uint32_t flags; /* LEVADA_JSON_ */
    uint32_t max_records;
};

/*
 * Decodes all records once: checks every value that is JSON and fills the columns that @decoder's
 * pipeline wants so far. Bad records go to *bad (in the batch's arena), in their order. To be
 * called once, before anyone reads; @decoder is kept for columns that are wanted later.
 */
struct batch_decoder; /* one a source stage */
struct batch_decoder *batch_decoder_create(struct record_space *space);
void batch_decoder_destroy(struct batch_decoder *decoder);
/* Fields that stages said they read: decoded from the first batch on. */
bool batch_decoder_want(struct batch_decoder *decoder, const struct levada_path *path);
/* As append_json() of the ABI: the records are decoded at once, and batch_decode() does nothing. */
levada_status batch_append_json(struct batch *batch, struct batch_decoder *decoder,
                                const struct levada_record *first, const struct batch_json *json,
                                uint64_t *used, struct error *err);
levada_status batch_decode(struct batch *batch, struct batch_decoder *decoder,
                           struct bad_record **bad, uint32_t *n_bad, struct error *err);
/* Was it appended to, and never decoded? */
bool batch_is_undecoded(const struct batch *batch);
/* Good records decoded so far, and whether any had @path: for the missing-field check. */
uint64_t batch_decoder_records(const struct batch_decoder *decoder);
bool batch_decoder_found(const struct batch_decoder *decoder, const struct levada_path *path);
/* Top-level fields of the records of @batch and of batches asked about before, in the order first
   seen. Borrowed until the next call. NULL: out of memory, or too many names to be fields. */
const struct levada_path *const *batch_decoder_fields(struct batch_decoder *decoder,
                                                      struct batch *batch, uint32_t *n,
                                                      struct error *err);

/* ---- reading ---- NULL: out of memory, or a sentence in @err. Borrowed until the batch changes.
 */

/* batch->n records, stride apart; values are what was read, or what the columns now say, compact.
 */
const struct levada_record *batch_records(struct batch *batch, struct error *err);
/* The records as they came, without making values: the origin, key, headers. Always there. */
const struct levada_record *batch_origin(const struct batch *batch, uint32_t i);
/* The same for who walks over all of them. Borrowed until records are appended. */
struct batch_origins {
    const struct levada_record *records;
    const uint32_t *index; /* of record i in @records; NULL: i */
};
struct batch_origins batch_origins(const struct batch *batch);

static inline const struct levada_record *
batch_origins_at(const struct batch_origins *origins, uint32_t i)
{
    return &origins->records[origins->index != NULL ? origins->index[i] : i];
}

const struct levada_scalar *batch_column(struct batch *batch, const struct levada_path *path,
                                         struct error *err);
const uint32_t *batch_ids(struct batch *batch, const struct levada_path *path,
                          const struct levada_dict **dict, struct error *err);
const int64_t *batch_times(struct batch *batch, const struct levada_path *path, struct error *err);
/* Top-level fields in their order: of made rows, of set_fields, or the union over the records. */
const struct levada_field *batch_fields(struct batch *batch, uint32_t *n, struct error *err);

/* ---- writing: copies @values or @ids; text in them is copied too ---- */
/* @after: a new field stands behind this one; NULL: last. */
levada_status batch_set_column(struct batch *batch, const struct levada_path *path,
                               const struct levada_scalar *values, const struct levada_path *after,
                               struct error *err);
/* @dict is referenced; its entries stay valid for the batch's life. */
levada_status batch_set_ids(struct batch *batch, const struct levada_path *path,
                            const uint32_t *ids, struct dict *dict, const struct levada_path *after,
                            struct error *err);
/*
 * The same without a copy: a column that is set now, all n values of it to be filled in place by
 * the caller. Text in them is not copied; it lives as long as the batch. NULL: out of memory.
 */
struct levada_scalar *batch_new_column(struct batch *batch, const struct levada_path *path,
                                       const struct levada_path *after, struct error *err);
uint32_t *batch_new_ids(struct batch *batch, const struct levada_path *path, struct dict *dict,
                        const struct levada_path *after, struct error *err);
levada_status batch_set_fields(struct batch *batch, const struct levada_path *const *paths,
                               uint32_t n, struct error *err);
levada_status batch_unset(struct batch *batch, const struct levada_path *path, struct error *err);
/* Was this column set above the block? */
bool batch_is_set(struct batch *batch, const struct levada_path *path);

/*
 * For dead letters: batch_records gives @records (n of them, in batch_alloc memory) whatever
 * columns are set; the columns describe the records instead of replacing them.
 */
void batch_keep_records(struct batch *batch, const struct levada_record *records);

/* Are both handles views of the same records, so that indexes mean the same? */
bool batch_same_records(const struct batch *a, const struct batch *b);

/* Are the records of @view among those that @batch was made of? */
bool batch_is_view_of(const struct batch *view, const struct batch *batch);

/* Which record of @all is record @i of @some, a selection of it? UINT32_MAX: none. */
uint32_t batch_find_record(const struct batch *all, const struct batch *some, uint32_t i);

#endif
