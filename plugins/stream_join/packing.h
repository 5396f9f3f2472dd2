/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STREAM_JOIN_PACKING_H
#define STREAM_JOIN_PACKING_H

/* Numbers and byte strings as they are saved: little-endian, byte strings behind their length. */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>

struct packer { /* zeroed at first; cleared to be used again */
    unsigned char *bytes;
    size_t n, room;
    bool failed; /* out of memory */
};

void packer_clear(struct packer *packer);
void packer_finish(struct packer *packer);

void pack_u8(struct packer *packer, uint8_t value);
void pack_u32(struct packer *packer, uint32_t value);
void pack_i64(struct packer *packer, int64_t value);
void pack_raw(struct packer *packer, const void *bytes, size_t n);
void pack_bytes(struct packer *packer, struct levada_bytes value); /* p NULL stays NULL */

struct unpacker { /* over bytes that are borrowed */
    const unsigned char *at;
    size_t n;
    bool failed; /* they ended early; what is read is then 0 */
};

struct unpacker unpacker(struct levada_bytes bytes);

uint8_t unpack_u8(struct unpacker *unpacker);
uint32_t unpack_u32(struct unpacker *unpacker);
int64_t unpack_i64(struct unpacker *unpacker);
struct levada_bytes unpack_bytes(struct unpacker *unpacker);

#endif
