/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_WANT_H
#define HOST_RECORD_JSON_WANT_H

/*
 * The fields that are wanted, as a tree of path steps. Each object in it remembers the names that
 * it had and in which order they came: the next record's are compared with those first, byte by
 * byte, quotes and colon included.
 */

#include "record/path.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_NO_COLUMN SIZE_MAX
#define JSON_MAX_GUESSES 64

struct json_want;

struct json_guess {
    struct json_want *want; /* NULL: nothing below this name is wanted */
    uint32_t n;
    char text[52]; /* "name": */
};

struct json_want {
    struct json_want *names, *elements; /* the first of each */
    struct json_want *next;             /* its sibling */
    struct path_step step;
    size_t column; /* or JSON_NO_COLUMN */
    uint64_t seen; /* the number of the record that had it last: of equal names the first counts */
    struct json_guess *guesses;
    uint32_t n_guesses;
};

/* Adds what @path leads to; NULL: out of memory. Its column is JSON_NO_COLUMN if it is new. */
struct json_want *json_want_add(struct json_want *root, const struct levada_path *path);

/* Frees what is below @root. */
void json_want_finish(struct json_want *root);

/* What is wanted below a name or an element, or NULL. */
struct json_want *json_want_name(const struct json_want *object, const char *name, uint32_t n);
struct json_want *json_want_element(const struct json_want *array, uint32_t index);

/* Remembers "name": as the last name of @object, if there is room. */
void json_want_learn(struct json_want *object, const char *text, uint32_t n,
                     struct json_want *want);

#endif
