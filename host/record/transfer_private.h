/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_TRANSFER_PRIVATE_H
#define HOST_RECORD_TRANSFER_PRIVATE_H

/* Inside record/ only: what transfer.c and transfer_batch.c share. */

#include "record/batch_private.h"
#include "record/transfer.h"

struct told_dict { /* of one path; generation 0: none */
    uint32_t generation, n;
};

struct heard_dict {
    uint32_t generation;
    struct dict *dict;
};

struct transfer {
    struct record_space *space;
    bool is_host;
    /* By our numbers of paths. */
    struct told {
        bool wanted; /* its decoded column goes along (host), or comes along (the other side) */
        struct told_path {
            bool path; /* the other side knows it */
            struct told_dict dict;
        } now, before; /* with the message that is made, and without it */
    } * told;
    uint32_t n_told;
    /* By the other side's numbers. */
    struct heard {
        const struct levada_path *path;
        struct heard_dict dict;
    } * heard;
    uint32_t n_heard;
    const struct levada_path **wanted; /* those of told, in a list */
    uint32_t n_wanted;
    uint32_t n_streams, n_streams_before; /* names told; likewise */
    bool is_news;                         /* the message that is made tells something */
};

/* What is remembered of a path that goes out; NULL: out of memory. */
struct told *transfer_told(struct transfer *transfer, const struct levada_path *path);

/* ---- scalars ---- */

/* Where the values of the message's records are, so that texts in them need no copy. */
struct wire_values {
    const struct levada_record *records; /* ours */
    const uint32_t *index;               /* of record i in @records; NULL: i */
    const struct levada_record *written; /* value.p: an offset. NULL: there are none */
};

void transfer_put_scalars(struct wire_out *out, const struct levada_scalar *values, uint32_t n,
                          const struct wire_values *in);
/* @copy: texts are copied into the arena, too. NULL: @in has failed, or out of memory. */
struct levada_scalar *transfer_get_scalars(struct wire_in *in, uint32_t n, struct arena *arena,
                                           bool copy);

/* A dictionary's entries that the other side has not. False: too many for @n ids; nothing was put.
 */
bool transfer_put_dict(struct transfer *transfer, struct wire_out *out,
                       const struct levada_path *path, const struct dict *dict, uint32_t n);
/* The mirror of what transfer_put_dict put for the path just read. NULL: @in has failed. */
struct dict *transfer_get_dict(struct transfer *transfer, struct wire_in *in,
                               const struct levada_path *path);

#endif
