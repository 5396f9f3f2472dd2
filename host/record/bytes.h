/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_BYTES_H
#define HOST_RECORD_BYTES_H

/* Short texts as words: calling memcmp() costs more than comparing a name does. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t
bytes_load8(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static inline uint32_t
bytes_load4(const char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static inline uint64_t
bytes_differ8(const char *a, const char *b)
{
    return bytes_load8(a) ^ bytes_load8(b);
}

/* Words overlap where @n is no multiple of theirs; nothing beyond @n is read. */
static inline bool
bytes_equal(const char *a, const char *b, uint32_t n)
{
    if (n > 32)
        return memcmp(a, b, n) == 0;
    if (n > 16)
        return (bytes_differ8(a, b) | bytes_differ8(a + 8, b + 8) |
                bytes_differ8(a + n - 16, b + n - 16) | bytes_differ8(a + n - 8, b + n - 8)) == 0;
    if (n >= 8)
        return (bytes_differ8(a, b) | bytes_differ8(a + n - 8, b + n - 8)) == 0;
    if (n >= 4)
        return bytes_load4(a) == bytes_load4(b) && bytes_load4(a + n - 4) == bytes_load4(b + n - 4);
    return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

#endif
