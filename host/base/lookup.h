/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_LOOKUP_H
#define HOST_BASE_LOOKUP_H

/*
 * Numbers by a 64-bit key, in open addressing: windows by start, partitions by origin, positions by a hash. Nothing is
 * removed one by one: who drops some clears it and adds the others again, which cannot fail.
 */

#include <stdbool.h>
#include <stdint.h>

struct lookup_entry {
    uint64_t key;
    uint32_t number; /* UINT32_MAX: free */
};

struct lookup { /* zeroed: empty */
    struct lookup_entry *entries;
    uint32_t n, room; /* room: a power of two, or 0 */
};

/* The high bits of the product are the well mixed ones. */
static inline uint64_t
lookup_hash(uint64_t key)
{
    return key * 0x9E3779B97F4A7C15u;
}

/* UINT32_MAX: none. */
uint32_t lookup_find(const struct lookup *lookup, uint64_t key);

/* @key is new. False: out of memory. */
bool lookup_add(struct lookup *lookup, uint64_t key, uint32_t number);

void lookup_clear(struct lookup *lookup);
void lookup_finish(struct lookup *lookup);

#endif
