/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_STATE_CODEC_H
#define HOST_STATE_CODEC_H

/*
 * The bytes of a checkpoint, format 2. A key is a kind, the name of a stage, NUL, and what follows:
 *
 *   m NAME                        of the pipeline: "id", "epoch", "written_by"
 *   f STAGE 0                     the stage's shape, one "option = value" a line
 *   p STAGE 0 PARTITION HASH      position: next, latest, stream behind its size, detail
 *   w STAGE 0 PARTITION HASH      largest event time of a partition, ms; stream behind its size,
 *                                 source
 *   o STAGE 0 PARTITION           event time of the records of a partition, ms, and 1 where it is
 *                                 idle: as a table knows it that merges the rows of all
 *   w STAGE 0                     windows that end at or before this are closed, ms
 *   l STAGE 0 NUMBER              chunk of the log of a table's rows: row_chunk.h
 *   r STAGE 0 WINDOW HASH         a row by itself: its groups, its cells; HASH is of its groups (in
 *                                 changelogs, which have no order of their own)
 *   k STAGE 0 KEY                 a plugin's own
 *
 * HASH is XXH3-128, of what names the stream in the value: that may be longer than a key.
 * Numbers in keys are big-endian with the sign bit turned, so that bytes sort as numbers do; in
 * values they are little-endian. A size has 7 bits a byte, the lowest first, the top bit of a byte
 * says that another follows. Scalars are a type, a length where there is one, and their bytes. A
 * cell is a number of 8 bytes, its bytes, or, where it is of any length, that (-1: none) and its
 * bytes.
 */

#include "base/error.h"

#include <endian.h>
#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum codec_kind {
    CODEC_META = 'm',
    CODEC_SHAPE = 'f',
    CODEC_POSITION = 'p',
    CODEC_WATERMARK = 'w',
    CODEC_ORIGIN = 'o',
    CODEC_LOG = 'l',
    CODEC_ROW = 'r',
    CODEC_KEYED = 'k',
};

/* Bytes being written; grows; out of memory is sticky. Zeroed is empty. */
struct codec_buffer {
    unsigned char *bytes;
    size_t n, room;
    bool failed;
};

void codec_finish(struct codec_buffer *buffer);
/* The bytes so far. Borrowed until the next put. */
struct levada_bytes codec_bytes(const struct codec_buffer *buffer);

/* Empties @buffer and begins a key of @kind for @stage (for META: the name). */
void codec_begin_key(struct codec_buffer *buffer, enum codec_kind kind, const char *stage);
void codec_put_key_i64(struct codec_buffer *buffer, int64_t value);
/* The 16 bytes of a hash over @bytes. */
void codec_put_hash(struct codec_buffer *buffer, const void *bytes, size_t n);

/* Makes room for @n more bytes; false: out of memory. */
bool codec_make_room(struct codec_buffer *buffer, size_t n);

/* What a row is made of is inline: a checkpoint writes thousands of them. */

/* The place of the next @n bytes, which are then there; NULL: out of memory. */
static inline unsigned char *
codec_extend(struct codec_buffer *buffer, size_t n)
{
    if (buffer->room - buffer->n < n && !codec_make_room(buffer, n))
        return NULL;
    unsigned char *at = buffer->bytes + buffer->n;
    buffer->n += n;
    return at;
}

static inline void
codec_put_bytes(struct codec_buffer *buffer, const void *bytes, size_t n)
{
    unsigned char *at = codec_extend(buffer, n);
    if (at != NULL && n > 0)
        memcpy(at, bytes, n);
}

static inline void
codec_put_byte(struct codec_buffer *buffer, unsigned char byte)
{
    codec_put_bytes(buffer, &byte, 1);
}

static inline void
codec_put_i64(struct codec_buffer *buffer, int64_t value)
{
    const uint64_t bits = htole64((uint64_t)value);
    codec_put_bytes(buffer, &bits, sizeof(bits));
}

static inline void
codec_put_size(struct codec_buffer *buffer, uint64_t n)
{
    for (; n > 127; n >>= 7)
        codec_put_byte(buffer, (unsigned char)(n | 128));
    codec_put_byte(buffer, (unsigned char)n);
}

/* Behind their size. */
static inline void
codec_put_sized(struct codec_buffer *buffer, struct levada_bytes bytes)
{
    codec_put_size(buffer, bytes.n);
    codec_put_bytes(buffer, bytes.p, bytes.n);
}

/* Of a type that has bytes, and so a length before them. */
static inline bool
codec_has_length(uint32_t type)
{
    return type >= LEVADA_T_STR && type <= LEVADA_T_NUM;
}

static inline void
codec_put_scalar(struct codec_buffer *buffer, const struct levada_scalar *value)
{
    const unsigned char type = (unsigned char)value->type;
    if (codec_has_length(value->type)) {
        const uint32_t length = htole32(value->len);
        unsigned char *at = codec_extend(buffer, 1 + sizeof(length) + value->len);
        if (at == NULL)
            return;
        at[0] = type;
        memcpy(at + 1, &length, sizeof(length));
        if (value->len > 0)
            memcpy(at + 1 + sizeof(length), value->u.s, value->len);
        return;
    }
    codec_put_byte(buffer, type);
    if (value->type != LEVADA_T_MISSING && value->type != LEVADA_T_NULL) {
        int64_t bits;
        memcpy(&bits, &value->u, sizeof(bits));
        codec_put_i64(buffer, bits);
    }
}

/*
 * What is put between the two stands behind its size, which is not known before. Open returns what
 * close takes.
 */
static inline size_t
codec_open_sized(struct codec_buffer *buffer)
{
    codec_put_byte(buffer, 0); /* the room of most sizes */
    return buffer->n;
}

void codec_close_long(struct codec_buffer *buffer, size_t start);

static inline void
codec_close_sized(struct codec_buffer *buffer, size_t start)
{
    if (buffer->failed)
        return;
    if (buffer->n - start > 127)
        codec_close_long(buffer, start);
    else
        buffer->bytes[start - 1] = (unsigned char)(buffer->n - start);
}

/* Bytes being read; too few of them are sticky, and everything read then is zero. */
struct codec_reader {
    const unsigned char *at;
    size_t n;
    bool failed;
};

struct codec_reader codec_read(struct levada_bytes bytes);
int64_t codec_get_i64(struct codec_reader *reader);
uint64_t codec_get_size(struct codec_reader *reader);
struct levada_bytes codec_get_sized(struct codec_reader *reader);
int64_t codec_get_key_i64(struct codec_reader *reader);
/* Text points into what is read. */
struct levada_scalar codec_get_scalar(struct codec_reader *reader);
const void *codec_get_bytes(struct codec_reader *reader, size_t n);

/* What a key says before what is its kind's own; false: it is none of ours. */
struct codec_key {
    enum codec_kind kind;
    const char *stage; /* not terminated */
    size_t stage_n;
    struct codec_reader rest;
};
bool codec_split_key(struct levada_bytes key, struct codec_key *parts);

#endif
