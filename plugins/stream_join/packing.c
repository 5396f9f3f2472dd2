/* SPDX-License-Identifier: Apache-2.0 */
#include "packing.h"

#include <stdlib.h>
#include <string.h>

#define ABSENT UINT32_MAX /* the length of a byte string that is not there */

void
packer_clear(struct packer *packer)
{
    packer->n = 0;
    packer->failed = false;
}

void
packer_finish(struct packer *packer)
{
    free(packer->bytes);
}

void
pack_raw(struct packer *packer, const void *bytes, size_t n)
{
    if (packer->failed || n == 0)
        return;
    if (packer->room - packer->n < n) {
        size_t room = (packer->n + n) * 2;
        unsigned char *grown = realloc(packer->bytes, room);
        if (grown == NULL) {
            packer->failed = true;
            return;
        }
        packer->bytes = grown;
        packer->room = room;
    }
    memcpy(packer->bytes + packer->n, bytes, n);
    packer->n += n;
}

static void
pack_number(struct packer *packer, uint64_t value, unsigned n)
{
    unsigned char bytes[8];
    for (unsigned i = 0; i < n; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    pack_raw(packer, bytes, n);
}

void
pack_u8(struct packer *packer, uint8_t value)
{
    pack_number(packer, value, 1);
}

void
pack_u32(struct packer *packer, uint32_t value)
{
    pack_number(packer, value, 4);
}

void
pack_i64(struct packer *packer, int64_t value)
{
    pack_number(packer, (uint64_t)value, 8);
}

void
pack_bytes(struct packer *packer, struct levada_bytes value)
{
    if (value.p == NULL) {
        pack_u32(packer, ABSENT);
        return;
    }
    if (value.n >= ABSENT) {
        packer->failed = true;
        return;
    }
    pack_u32(packer, (uint32_t)value.n);
    pack_raw(packer, value.p, value.n);
}

struct unpacker
unpacker(struct levada_bytes bytes)
{
    return (struct unpacker){ .at = bytes.p, .n = bytes.n };
}

static const unsigned char *
take(struct unpacker *unpacker, size_t n)
{
    if (unpacker->failed || unpacker->n < n) {
        unpacker->failed = true;
        return NULL;
    }
    const unsigned char *bytes = unpacker->at;
    unpacker->at += n;
    unpacker->n -= n;
    return bytes;
}

static uint64_t
unpack_number(struct unpacker *unpacker, unsigned n)
{
    const unsigned char *bytes = take(unpacker, n);
    uint64_t value = 0;
    for (unsigned i = 0; bytes != NULL && i < n; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t
unpack_u8(struct unpacker *unpacker)
{
    return (uint8_t)unpack_number(unpacker, 1);
}

uint32_t
unpack_u32(struct unpacker *unpacker)
{
    return (uint32_t)unpack_number(unpacker, 4);
}

int64_t
unpack_i64(struct unpacker *unpacker)
{
    return (int64_t)unpack_number(unpacker, 8);
}

struct levada_bytes
unpack_bytes(struct unpacker *unpacker)
{
    uint32_t n = unpack_u32(unpacker);
    if (unpacker->failed || n == ABSENT)
        return (struct levada_bytes){ NULL, 0 };
    return (struct levada_bytes){ take(unpacker, n), n };
}
