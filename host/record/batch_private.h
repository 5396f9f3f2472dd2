/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_BATCH_PRIVATE_H
#define HOST_RECORD_BATCH_PRIVATE_H

/* Inside record/ only: what block.c, batch.c, columns.c and fields.c share. */

#include "record/batch.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- space.c ---- */

struct block_pool; /* recycled blocks; outlives the space while blocks are out */

/* What one source reads under one name. */
struct stream {
    char *source, *name;
};

struct record_space {
    struct path_set *paths;
    struct dict **dicts; /* by path number; NULL: none yet */
    uint32_t n_dicts;
    struct stream *streams; /* [0]: no source and "" */
    uint32_t n_streams;
    struct block_pool *pool;
    struct arena scratch;
};

/* The dictionary of @path, renewed when it has grown too large. Borrowed. NULL: out of memory. */
struct dict *record_space_dict(struct record_space *space, const struct levada_path *path);

/* ---- block.c ---- */

/* One column in any of its forms; all n long, or NULL. */
struct column {
    const struct levada_scalar *values;
    const uint32_t *ids;
    struct dict *dict; /* of ids; the block holds a reference */
    const int64_t *times;
};

struct attachment {
    void *object;
    void (*drop)(void *object);
    struct attachment *next;
};

struct held_dict {
    struct dict *dict;
    struct held_dict *next;
};

struct block {
    atomic_uint refs;
    struct record_space *space;
    struct block_pool *pool;
    uint32_t n, room;
    struct levada_record *records;
    struct levada_record *compact; /* the same with values on one line; NULL: not asked for yet */
    struct column *base;           /* by path number, n_base of them */
    uint32_t n_base;
    struct batch_decoder *decoder; /* NULL: rows made by a stage, or not decoded yet */
    struct bad_record *bad;        /* found when it was decoded, ascending */
    uint32_t n_bad;
    struct attachment *attachments;
    struct held_dict *dicts;
    struct arena arena; /* everything above, and the handles */
    struct block *next_free;
};

struct block *block_create(struct record_space *space);
struct block *block_ref(struct block *block);
void block_unref(struct block *block);
/* Keeps @dict until the block dies; false: out of memory. */
bool block_hold_dict(struct block *block, struct dict *dict);
/* The base column of @path, decoded if it can be; never NULL but when out of memory. */
struct column *block_column(struct block *block, const struct levada_path *path, struct error *err);

/* The place of @path's base column, filled or not; NULL: out of memory. */
struct column *block_base(struct block *block, const struct levada_path *path);

struct block_pool *block_pool_create(void);
/* Blocks that are still out die with their last reference. */
void block_pool_close(struct block_pool *pool);

/* ---- batch.c ---- */

enum {
    VIEW_SET = 1,    /* set above the block: goes before what the block has */
    VIEW_HIDDEN = 2, /* unset: reads as MISSING */
    VIEW_GIVEN = 4,  /* beside one of the two: it came like this from another process */
};

struct view_column {
    const struct levada_path *path;
    const struct levada_path *after; /* of a new field */
    struct column column;
    unsigned flags; /* 0: a cache of what the block has, gathered */
};

struct batch {
    struct levada_batch public; /* first */
    atomic_uint refs;
    struct block *block;
    const uint32_t *index; /* record i is index[i] of the block; NULL: i */
    struct view_column *columns;
    uint32_t n_columns, room_columns;
    const struct levada_path **order; /* the fields, if they are listed one by one; else NULL */
    uint32_t n_order, room_order;
    bool listed;                         /* order counts: rows made by a stage, or set_fields */
    bool keep_records;                   /* columns describe `records`, they do not replace them */
    const struct levada_record *records; /* of batch_records; a cache unless keep_records */
};

struct view_column *batch_view(struct batch *batch, const struct levada_path *path);
/* The view of @path, made if there is none. NULL: out of memory. */
struct view_column *batch_view_make(struct batch *batch, const struct levada_path *path);
/* A view of @path that is set from now on, without values yet; NULL: out of memory. */
struct view_column *batch_begin_set(struct batch *batch, const struct levada_path *path,
                                    const struct levada_path *after);
/* Elements of every form of @column at @indexes; *failed is set when out of memory. */
struct column column_gather(struct block *block, const struct column *column,
                            const uint32_t *indexes, uint32_t n, bool *failed);
/* Room for @n records more. False: out of memory. */
bool block_make_room(struct block *block, uint32_t n);
/* Has anything been set or unset above the block? */
bool batch_is_changed(const struct batch *batch);

/* ---- decoder.c ---- */

/* Makes the block's base column of @path by decoding all wanted paths again. */
levada_status batch_decoder_catch_up(struct batch_decoder *decoder, struct block *block,
                                     const struct levada_path *path, struct error *err);
/* The block's records are these rows: keeps their columns. False: out of memory. */
bool batch_decoder_keep(struct batch_decoder *decoder, struct block *block,
                        const struct json_rows *rows);
struct json_decoder *batch_decoder_json(struct batch_decoder *decoder);
/* The @i-th path that it decodes; NULL: there are not so many. */
const struct levada_path *batch_decoder_path(const struct batch_decoder *decoder, uint32_t i);

#endif
