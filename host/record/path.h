/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_PATH_H
#define HOST_RECORD_PATH_H

/*
 * Field paths: "disposition", "a.b", "a[3].b", "$.a", "$['odd name'].b", or of the record itself:
 * meta:key meta:value meta:timestamp meta:stream meta:partition meta:offset header:NAME. Each
 * pipeline has one set, in which equal texts are one pointer and each path has a small number.
 */

#include "base/error.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum path_kind {
    PATH_FIELD,
    PATH_KEY,
    PATH_VALUE,
    PATH_TIMESTAMP,
    PATH_STREAM,
    PATH_PARTITION,
    PATH_OFFSET,
    PATH_HEADER,
};

struct path_step {
    const char *name; /* NULL: an element of an array */
    uint32_t name_n;
    uint32_t index;
};

struct levada_path {
    const char *text; /* canonical: without "$." where it can be left out */
    uint32_t number;  /* in its set, from 0 */
    enum path_kind kind;
    struct path_step *steps; /* FIELD; at least one, at most PATH_MAX_DEPTH */
    uint32_t n_steps;
    const char *header; /* HEADER */
};

#define PATH_MAX_DEPTH 32

struct path_set;

struct path_set *path_set_create(void);
void path_set_destroy(struct path_set *set);

/* The path of @text; NULL and a sentence in @err where it is none (or memory is out). */
const struct levada_path *path_set_get(struct path_set *set, const char *text, struct error *err);

/* A top-level field by its exact name, whatever characters it has. */
const struct levada_path *path_set_field(struct path_set *set, const char *name, size_t n);

uint32_t path_set_count(const struct path_set *set);

/* Is this a field of the record's top level (one step, a name)? */
bool path_is_top(const struct levada_path *path);

#endif
