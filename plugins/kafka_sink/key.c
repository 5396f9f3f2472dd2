/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/key.h"

#include <levada/levada.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool
is_absent(const struct levada_scalar *value)
{
    return value->type == LEVADA_T_MISSING || value->type == LEVADA_T_NULL;
}

static bool
is_quoted(const struct levada_scalar *value)
{
    return value->type == LEVADA_T_STR || value->type == LEVADA_T_BIN ||
           value->type == LEVADA_T_TIME;
}

static size_t
put_escaped(char *to, const char *text, uint64_t n)
{
    char *at = to;
    for (uint64_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            *at++ = '\\';
            *at++ = (char)c;
        } else if (c < 0x20) {
            at += sprintf(at, "\\u%04x", c);
        } else {
            *at++ = (char)c;
        }
    }
    return (size_t)(at - to);
}

static size_t
put_value(char *to, const struct levada_scalar *value, struct levada_bytes text)
{
    char *at = to;
    if (is_absent(value)) {
        memcpy(to, "null", 4);
        return 4;
    }
    if (!is_quoted(value)) {
        memcpy(to, text.p, text.n);
        return text.n;
    }
    *at++ = '"';
    at += put_escaped(at, text.p, text.n);
    *at++ = '"';
    return (size_t)(at - to);
}

static bool
make_array(struct levada_call *call, struct levada_batch *batch,
           const struct levada_scalar *const *columns, uint64_t n, uint32_t record,
           struct levada_bytes *key)
{
    struct levada_bytes *texts = levada->scratch(call, n * sizeof(*texts));
    uint64_t room = 2;
    for (uint64_t k = 0; texts != NULL && k < n; k++) {
        texts[k].p = levada->text(call, &columns[k][record], &texts[k].n);
        if (texts[k].p == NULL)
            return false;
        room += 6 * texts[k].n + 8; /* each byte escaped at worst; quotes, comma, or null */
    }
    char *text = texts != NULL ? levada->alloc(batch, room) : NULL;
    if (text == NULL)
        return false;
    char *at = text;
    for (uint64_t k = 0; k < n; k++) {
        *at++ = k == 0 ? '[' : ',';
        at += put_value(at, &columns[k][record], texts[k]);
    }
    *at++ = ']';
    *key = (struct levada_bytes){ text, (uint64_t)(at - text) };
    return true;
}

/* A value's own bytes live as the batch does; what text() makes of a number does not. */
static bool
make_text(struct levada_call *call, struct levada_batch *batch, const struct levada_scalar *value,
          struct levada_bytes *key)
{
    *key = (struct levada_bytes){ NULL, 0 };
    if (is_absent(value))
        return true;
    if (value->type == LEVADA_T_STR || value->type == LEVADA_T_BIN) {
        *key = (struct levada_bytes){ value->len > 0 ? value->u.s : "", value->len };
        return true;
    }
    const char *text = levada->text(call, value, &key->n);
    char *copy = text != NULL ? levada->alloc(batch, key->n + 1) : NULL;
    if (copy == NULL)
        return false;
    memcpy(copy, text, key->n);
    key->p = copy;
    return true;
}

const struct levada_bytes *
key_make(struct levada_call *call, struct levada_batch *batch, const struct levada_list *paths)
{
    const struct levada_path *const *path = paths->items;
    const struct levada_scalar **columns = levada->scratch(call, paths->n * sizeof(*columns));
    struct levada_bytes *keys = levada->alloc(batch, batch->n * sizeof(*keys));
    if (columns == NULL || keys == NULL)
        return NULL;
    for (uint64_t k = 0; k < paths->n; k++) {
        columns[k] = levada->column(call, batch, path[k]);
        if (columns[k] == NULL)
            return NULL;
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        bool made = paths->n == 1 ? make_text(call, batch, &columns[0][i], &keys[i])
                                  : make_array(call, batch, columns, paths->n, i, &keys[i]);
        if (!made)
            return NULL;
    }
    return keys;
}
