/* SPDX-License-Identifier: Apache-2.0 */
#include "state/codec.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

void
codec_finish(struct codec_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct codec_buffer){ .bytes = NULL };
}

struct levada_bytes
codec_bytes(const struct codec_buffer *buffer)
{
    return (struct levada_bytes){ buffer->bytes, buffer->n };
}

bool
codec_make_room(struct codec_buffer *buffer, size_t n)
{
    size_t room = (buffer->n + n) * 2 + 64;
    unsigned char *bytes = realloc(buffer->bytes, room);
    if (bytes == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->room = room;
    return true;
}

void
codec_begin_key(struct codec_buffer *buffer, enum codec_kind kind, const char *stage)
{
    buffer->n = 0;
    codec_put_byte(buffer, (unsigned char)kind);
    codec_put_bytes(buffer, stage, strlen(stage) + 1);
}

void
codec_put_key_i64(struct codec_buffer *buffer, int64_t value)
{
    const uint64_t bits = htobe64((uint64_t)value ^ (UINT64_C(1) << 63));
    codec_put_bytes(buffer, &bits, sizeof(bits));
}

void
codec_put_hash(struct codec_buffer *buffer, const void *bytes, size_t n)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
    codec_put_bytes(buffer, canonical.digest, sizeof(canonical.digest));
}

void
codec_close_long(struct codec_buffer *buffer, size_t start)
{
    struct codec_buffer size = { .bytes = NULL };
    const size_t n = buffer->n - start;
    codec_put_size(&size, n);
    if (size.failed || codec_extend(buffer, size.n - 1) == NULL) {
        buffer->failed = true;
    } else {
        memmove(buffer->bytes + start - 1 + size.n, buffer->bytes + start, n);
        memcpy(buffer->bytes + start - 1, size.bytes, size.n);
    }
    codec_finish(&size);
}

/* ---- reading ---- */

struct codec_reader
codec_read(struct levada_bytes bytes)
{
    return (struct codec_reader){ .at = bytes.p, .n = bytes.n };
}

const void *
codec_get_bytes(struct codec_reader *reader, size_t n)
{
    if (reader->n < n)
        reader->failed = true;
    if (reader->failed)
        return NULL;
    const unsigned char *at = reader->at;
    reader->at += n;
    reader->n -= n;
    return at;
}

static uint64_t
get_little(struct codec_reader *reader, size_t n)
{
    const unsigned char *at = codec_get_bytes(reader, n);
    uint64_t bits = 0;
    for (size_t i = 0; at != NULL && i < n; i++)
        bits |= (uint64_t)at[i] << (8 * i);
    return bits;
}

int64_t
codec_get_i64(struct codec_reader *reader)
{
    return (int64_t)get_little(reader, 8);
}

/* Only as it is written: in as few bytes as it takes, and no larger than a size may be. */
uint64_t
codec_get_size(struct codec_reader *reader)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        const unsigned char *at = codec_get_bytes(reader, 1);
        if (at == NULL || (*at == 0 && shift > 0))
            break;
        n |= (uint64_t)(*at & 127) << shift;
        if (*at < 128)
            return n;
    }
    reader->failed = true;
    return 0;
}

struct levada_bytes
codec_get_sized(struct codec_reader *reader)
{
    uint64_t n = codec_get_size(reader);
    const void *p = codec_get_bytes(reader, n);
    return (struct levada_bytes){ p, p != NULL ? n : 0 };
}

int64_t
codec_get_key_i64(struct codec_reader *reader)
{
    const unsigned char *at = codec_get_bytes(reader, 8);
    uint64_t bits = 0;
    if (at == NULL)
        return 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | at[i];
    return (int64_t)(bits ^ (UINT64_C(1) << 63));
}

struct levada_scalar
codec_get_scalar(struct codec_reader *reader)
{
    struct levada_scalar value = { .type = (uint32_t)get_little(reader, 1) };
    if (codec_has_length(value.type)) {
        value.len = (uint32_t)get_little(reader, 4);
        value.u.s = codec_get_bytes(reader, value.len);
    } else if (value.type != LEVADA_T_MISSING && value.type != LEVADA_T_NULL) {
        int64_t bits = codec_get_i64(reader);
        memcpy(&value.u, &bits, sizeof(bits));
    }
    if (value.type > LEVADA_T_TIME)
        reader->failed = true;
    if (reader->failed)
        value = (struct levada_scalar){ .type = LEVADA_T_MISSING };
    return value;
}

bool
codec_split_key(struct levada_bytes key, struct codec_key *parts)
{
    const unsigned char *bytes = key.p;
    if (key.n < 2)
        return false;
    const unsigned char *end = memchr(bytes + 1, '\0', key.n - 1);
    if (end == NULL)
        return false;
    parts->kind = (enum codec_kind)bytes[0];
    parts->stage = (const char *)bytes + 1;
    parts->stage_n = (size_t)(end - bytes) - 1;
    parts->rest = (struct codec_reader){ .at = end + 1, .n = (size_t)(bytes + key.n - end) - 1 };
    return memchr("mfpwolrk", bytes[0], 8) != NULL;
}
