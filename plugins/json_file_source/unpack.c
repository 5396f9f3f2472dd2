/* SPDX-License-Identifier: Apache-2.0 */
#include "unpack.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

struct unpack {
    z_stream gzip;
    ZSTD_DStream *zstd; /* NULL: gzip */
    bool between;       /* a member or frame has ended, the next has not begun */
};

/* A format's first bytes; the first may lie in a range. */
struct magic {
    enum unpack_kind kind;
    unsigned char first, first_last;
    size_t n;
    unsigned char rest[3];
};

static const struct magic magics[] = {
    { UNPACK_GZIP, 0x1f, 0x1f, 2, { 0x8b } },
    { UNPACK_ZSTD, 0x28, 0x28, 4, { 0xb5, 0x2f, 0xfd } },
    { UNPACK_ZSTD, 0x50, 0x5f, 4, { 0x2a, 0x4d, 0x18 } }, /* a skippable frame */
};

static enum unpack_kind
detect_one(const struct magic *magic, const unsigned char *bytes, size_t n)
{
    size_t common = n < magic->n ? n : magic->n;
    if (bytes[0] < magic->first || bytes[0] > magic->first_last ||
        memcmp(bytes + 1, magic->rest, common - 1) != 0)
        return UNPACK_PLAIN;
    return common == magic->n ? magic->kind : UNPACK_UNDECIDED;
}

enum unpack_kind
unpack_detect(const unsigned char *bytes, size_t n)
{
    enum unpack_kind kind = n == 0 ? UNPACK_UNDECIDED : UNPACK_PLAIN;
    for (size_t i = 0; n > 0 && kind == UNPACK_PLAIN && i < sizeof(magics) / sizeof(*magics); i++)
        kind = detect_one(&magics[i], bytes, n);
    return kind;
}

struct unpack *
unpack_create(enum unpack_kind kind)
{
    struct unpack *unpack = calloc(1, sizeof(*unpack));
    if (unpack == NULL)
        return NULL;
    if (kind == UNPACK_ZSTD)
        unpack->zstd = ZSTD_createDStream();
    if (kind == UNPACK_ZSTD ? unpack->zstd != NULL : inflateInit2(&unpack->gzip, 15 + 16) == Z_OK)
        return unpack;
    free(unpack);
    return NULL;
}

void
unpack_destroy(struct unpack *unpack)
{
    if (unpack == NULL)
        return;
    if (unpack->zstd != NULL)
        ZSTD_freeDStream(unpack->zstd);
    else
        inflateEnd(&unpack->gzip);
    free(unpack);
}

/* Tapes and block devices leave zeros behind the last member. */
static size_t
count_zeros(const unsigned char *bytes, size_t n)
{
    size_t zeros = 0;
    while (zeros < n && bytes[zeros] == 0)
        zeros++;
    return zeros;
}

static const char *
inflate_more(struct unpack *unpack, const unsigned char *bytes, size_t n, bool last, void *to,
             size_t room, size_t *used, size_t *made)
{
    z_stream *gzip = &unpack->gzip;
    if (unpack->between) {
        *used = count_zeros(bytes, n);
        if (*used > 0 || n == 0)
            return NULL;
        inflateReset(gzip);
        unpack->between = false;
    }
    gzip->next_in = (unsigned char *)(uintptr_t)bytes; /* zlib's own interface lacks the const */
    gzip->avail_in = (uInt)n;
    gzip->next_out = to;
    gzip->avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
    uInt asked = gzip->avail_out;
    int status = inflate(gzip, Z_NO_FLUSH);
    *used = n - gzip->avail_in;
    *made = asked - gzip->avail_out;
    if (status == Z_STREAM_END)
        unpack->between = true;
    else if (status != Z_OK && status != Z_BUF_ERROR)
        return "the gzip data is damaged";
    else if (last && *used == n && *made == 0)
        return "the gzip data ends in the middle: the file is cut off";
    return NULL;
}

static const char *
zstd_more(struct unpack *unpack, const unsigned char *bytes, size_t n, bool last, void *to,
          size_t room, size_t *used, size_t *made)
{
    if (unpack->between && n == 0)
        return NULL;
    ZSTD_inBuffer in = { bytes, n, 0 };
    ZSTD_outBuffer out = { to, room, 0 };
    size_t status = ZSTD_decompressStream(unpack->zstd, &out, &in);
    *used = in.pos;
    *made = out.pos;
    if (ZSTD_isError(status))
        return "the zstd data is damaged";
    unpack->between = status == 0;
    if (last && in.pos == n && out.pos == 0 && !unpack->between)
        return "the zstd data ends in the middle: the file is cut off";
    return NULL;
}

const char *
unpack_more(struct unpack *unpack, const unsigned char *bytes, size_t n, bool last, void *to,
            size_t room, size_t *used, size_t *made)
{
    *used = *made = 0;
    return unpack->zstd != NULL ? zstd_more(unpack, bytes, n, last, to, room, used, made)
                                : inflate_more(unpack, bytes, n, last, to, room, used, made);
}
