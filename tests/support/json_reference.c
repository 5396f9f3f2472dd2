/* SPDX-License-Identifier: Apache-2.0 */
#include "json_reference.h"

#include <stdlib.h>
#include <string.h>

#include "record/json_decode.h"

static bool
is_too_deep(const json_t *value, unsigned depth)
{
    size_t i;
    const char *name;
    json_t *child;
    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (depth == JSON_MAX_DEPTH)
        return true;
    json_array_foreach((json_t *)value, i, child) if (is_too_deep(child, depth + 1)) return true;
    json_object_foreach((json_t *)value, name,
                        child) if (is_too_deep(child, depth + 1)) return true;
    return false;
}

/* jansson stops at a fault of its own; what stands behind it may be a true one. */
static bool
is_own_limit(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_duplicate_key ||
           code == json_error_null_byte_in_key;
}

enum json_verdict
json_reference_read(const char *text, size_t n, json_t **root)
{
    json_error_t error;
    *root = NULL;
    if (n > 0 && memchr(text, '\0', n) != NULL)
        return JSON_FAULTY; /* jansson loses it behind a number */
    *root = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (*root == NULL)
        return is_own_limit(&error) ? JSON_UNSURE : JSON_FAULTY;
    if (json_is_object(*root) && !is_too_deep(*root, 0))
        return JSON_VALID;
    json_decref(*root);
    *root = NULL;
    return JSON_FAULTY;
}

static const json_t *
find(const json_t *value, const struct levada_path *path)
{
    for (uint32_t i = 0; i < path->n_steps && value != NULL; i++) {
        const struct path_step *step = &path->steps[i];
        value = step->name == NULL ? json_array_get(value, step->index)
                                   : json_object_getn(value, step->name, step->name_n);
    }
    return value;
}

bool
json_reference_same(const json_t *value, const char *text, size_t n)
{
    json_t *read = json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool same = read != NULL && json_equal(value, read);
    json_decref(read);
    return same;
}

static bool
agrees_number(const json_t *expected, const struct levada_scalar *value)
{
    if (value->type == LEVADA_T_I64)
        return json_is_integer(expected) && json_integer_value(expected) == value->u.i;
    if (!json_is_real(expected))
        return false;
    if (value->type == LEVADA_T_F64)
        return json_real_value(expected) == value->u.f;
    return value->type == LEVADA_T_NUM && json_reference_same(expected, value->u.s, value->len);
}

bool
json_reference_agrees(const json_t *root, const struct levada_path *path,
                      const struct levada_scalar *value)
{
    const json_t *expected = find(root, path);
    if (expected == NULL)
        return value->type == LEVADA_T_MISSING;
    switch (json_typeof(expected)) {
    case JSON_NULL:
        return value->type == LEVADA_T_NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        return value->type == LEVADA_T_BOOL && value->u.i == json_is_true(expected);
    case JSON_STRING:
        return value->type == LEVADA_T_STR && value->len == json_string_length(expected) &&
               memcmp(value->u.s, json_string_value(expected), value->len) == 0;
    case JSON_INTEGER:
    case JSON_REAL:
        return agrees_number(expected, value);
    default:
        return value->type == LEVADA_T_JSON &&
               json_reference_same(expected, value->u.s, value->len);
    }
}
