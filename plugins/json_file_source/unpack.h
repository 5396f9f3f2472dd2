/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_UNPACK_H
#define JSON_FILE_SOURCE_UNPACK_H

/* Unpacks a stream of gzip members or zstd frames, any number of them in a row. */

#include <stdbool.h>
#include <stddef.h>

struct unpack;

/* What a stream's first bytes tell. */
enum unpack_kind {
    UNPACK_PLAIN,
    UNPACK_GZIP,
    UNPACK_ZSTD,
    UNPACK_UNDECIDED, /* more bytes are needed, four at most */
};
enum unpack_kind unpack_detect(const unsigned char *bytes, size_t n);

/* @kind is GZIP or ZSTD. NULL: out of memory. */
struct unpack *unpack_create(enum unpack_kind kind);
void unpack_destroy(struct unpack *unpack); /* NULL is allowed */

/*
 * Takes *used of the @n bytes and makes *made of at most @room; @last: none follow them. Returns
 * what is wrong with the bytes, or NULL.
 */
const char *unpack_more(struct unpack *unpack, const unsigned char *bytes, size_t n, bool last,
                        void *to, size_t room, size_t *used, size_t *made);

#endif
