/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_WANT_H
#define HOST_RECORD_JSON_WANT_H

/*
 * The fields that are wanted, as a tree of path steps. Few names are wanted, so a name's length and
 * first byte mostly tell that it is not; the others are compared first with the one that came at
 * this place in the last record.
 */

#include "record/bytes.h"
#include "record/path.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_NO_COLUMN SIZE_MAX

struct json_want {
    struct json_want *names, *elements; /* the first of each */
    struct json_want *next;             /* its sibling */
    struct path_step step;
    size_t column;           /* or JSON_NO_COLUMN */
    uint64_t kinds;          /* of the names: a bit for each json_want_kind() */
    struct json_want *first; /* of the names: the first one in the last record */
    struct json_want *then;  /* the sibling that came next in the last record */
    uint64_t seen; /* the number of the record that had it last: of equal names the first counts */
};

/* Adds what @path leads to; NULL: out of memory. Its column is JSON_NO_COLUMN if it is new. */
struct json_want *json_want_add(struct json_want *root, const struct levada_path *path);

/* Frees what is below @root. */
void json_want_finish(struct json_want *root);

/* Is it called that? */
static inline bool
json_want_is(const struct json_want *want, const char *name, uint32_t n)
{
    return want->step.name_n == n && bytes_equal(want->step.name, name, n);
}

/* What is wanted below a name or an element, or NULL. */
struct json_want *json_want_name(const struct json_want *object, const char *name, uint32_t n);
struct json_want *json_want_element(const struct json_want *array, uint32_t index);

/*
 * What can be told of a name in the text without a look at the rest of it: its length, quotes
 * included, and first byte, which of an empty name is the closing quote.
 */
static inline unsigned
json_want_kind(uint32_t quoted_n, char first)
{
    return (quoted_n + (unsigned char)first) & 63;
}

#endif
