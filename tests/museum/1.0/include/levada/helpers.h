/* SPDX-License-Identifier: Apache-2.0 */
/* Inline conveniences over plugin.h. Nothing here is ABI: it is compiled into the plugin. */
#ifndef LEVADA_HELPERS_H
#define LEVADA_HELPERS_H

#include <levada/plugin.h>
#include <string.h>

/* Record @i of a batch; @first is what records() gave. [any] */
static inline const struct levada_record *
levada_at(const struct levada_batch *batch, const struct levada_record *first, uint32_t i)
{
    return (const struct levada_record *)(const void *)((const char *)first +
                                                        (size_t)i * batch->stride);
}

/* Any number as a double; other types as @fallback. A T_NUM, too long to be exact, also. [any] */
static inline double
levada_f64(const struct levada_scalar *value, double fallback)
{
    return value->type == LEVADA_T_F64   ? value->u.f
           : value->type == LEVADA_T_I64 ? (double)value->u.i
                                         : fallback;
}

/* Do s and len of @value hold bytes? [any] */
static inline int
levada_has_bytes(const struct levada_scalar *value)
{
    return value->type >= LEVADA_T_STR && value->type <= LEVADA_T_NUM;
}

/* Is @value the text @text, which ends in NUL? [any] */
static inline int
levada_is(const struct levada_scalar *value, const char *text)
{
    size_t n = strlen(text);
    return value->type == LEVADA_T_STR && value->len == n && memcmp(value->u.s, text, n) == 0;
}

/* A text value of @n bytes, which stay the caller's. [any] */
static inline struct levada_scalar
levada_str(const char *text, uint32_t n)
{
    struct levada_scalar value;
    value.type = LEVADA_T_STR;
    value.len = n;
    value.u.s = text;
    return value;
}

/* Adds to a metric that counter() gave. [any] */
static inline void
levada_count(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

#endif
