/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_JSON_REFERENCE_H
#define TESTS_SUPPORT_JSON_REFERENCE_H

/*
 * The seam host/record/json_decode.h a second time, slow and by another library, jansson: what the
 * decoder says of a text is compared with what this says.
 */

#include "record/path.h"

#include <jansson.h>
#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>

enum json_verdict {
    JSON_VALID,
    JSON_FAULTY,
    JSON_UNSURE, /* jansson cannot tell: numbers beyond its types, equal names, NUL in a name */
};

/* The record's tree, to be released by the caller; NULL unless it is valid. */
enum json_verdict json_reference_read(const char *text, size_t n, json_t **root);

/* Is @value what stands at @path in @root? */
bool json_reference_agrees(const json_t *root, const struct levada_path *path,
                           const struct levada_scalar *value);

/* Is @text, any JSON value, the same as @value? */
bool json_reference_same(const json_t *value, const char *text, size_t n);

#endif
