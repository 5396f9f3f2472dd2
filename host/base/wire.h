/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_WIRE_H
#define HOST_BASE_WIRE_H

/*
 * Values one behind the other in memory that two processes share. Who reads trusts nothing: what
 * does not lie inside the message makes the reader fail, and everything behind it reads as zero.
 * Failure is remembered, so that it is asked for once, at the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WIRE_NONE UINT64_MAX /* the offset of what is not there */

struct wire_out {
    char *start;
    size_t n, room;
    bool failed;
};

struct wire_in {
    const char *start;
    size_t n, at;
    bool failed;
};

/* ---- writing ---- */

/* Room for @n bytes, aligned to 8; NULL: the message has no room. *offset tells where. */
static inline void *
wire_place(struct wire_out *out, size_t n, uint64_t *offset)
{
    size_t at = (out->n + 7) & ~(size_t)7;
    if (out->failed || at > out->room || n > out->room - at) {
        out->failed = true;
        return NULL;
    }
    out->n = at + n;
    *offset = at;
    return out->start + at;
}

/* The same, not aligned: for text. */
static inline char *
wire_place_bytes(struct wire_out *out, size_t n, uint64_t *offset)
{
    if (out->failed || n > out->room - out->n) {
        out->failed = true;
        return NULL;
    }
    *offset = out->n;
    out->n += n;
    return out->start + *offset;
}

static inline void
wire_put(struct wire_out *out, uint64_t value)
{
    uint64_t offset;
    void *place = wire_place(out, sizeof(value), &offset);
    if (place != NULL)
        memcpy(place, &value, sizeof(value));
}

/* @p NULL stays NULL. */
static inline void
wire_put_bytes(struct wire_out *out, const void *p, size_t n)
{
    uint64_t offset;
    wire_put(out, p != NULL ? n : WIRE_NONE);
    if (p == NULL)
        return;
    char *place = wire_place_bytes(out, n, &offset);
    if (place != NULL && n > 0)
        memcpy(place, p, n);
}

/* With its NUL; NULL stays NULL. */
static inline void
wire_put_text(struct wire_out *out, const char *text)
{
    wire_put_bytes(out, text, text != NULL ? strlen(text) + 1 : 0);
}

/*
 * A part that what follows lies behind, however much is placed for it: wire_begin .. wire_end; who
 * reads takes wire_get_end first and goes on with wire_skip_to.
 */
static inline uint64_t
wire_begin(struct wire_out *out)
{
    wire_put(out, 0);
    return out->n - sizeof(uint64_t);
}

static inline void
wire_end(struct wire_out *out, uint64_t begin)
{
    uint64_t end = out->n;
    if (!out->failed)
        memcpy(out->start + begin, &end, sizeof(end));
}

/* ---- reading ---- */

/* @n bytes at the next multiple of 8; NULL: they are not there. */
static inline const void *
wire_take(struct wire_in *in, size_t n)
{
    size_t at = (in->at + 7) & ~(size_t)7;
    if (in->failed || at > in->n || n > in->n - at) {
        in->failed = true;
        return NULL;
    }
    in->at = at + n;
    return in->start + at;
}

/* An array of @n elements; NULL: it is not there. */
static inline const void *
wire_take_array(struct wire_in *in, uint64_t n, size_t size)
{
    if (n > in->n / size) {
        in->failed = true;
        return NULL;
    }
    return wire_take(in, (size_t)n * size);
}

static inline uint64_t
wire_get(struct wire_in *in)
{
    uint64_t value = 0;
    const void *place = wire_take(in, sizeof(value));
    if (place != NULL)
        memcpy(&value, place, sizeof(value));
    return value;
}

/* Borrowed from the message. NULL: it was NULL, or there is none. */
static inline const void *
wire_get_bytes(struct wire_in *in, uint64_t *n)
{
    uint64_t length = wire_get(in);
    *n = 0;
    if (in->failed || length == WIRE_NONE)
        return NULL;
    if (length > in->n - in->at) {
        in->failed = true;
        return NULL;
    }
    const char *place = in->start + in->at;
    in->at += (size_t)length;
    *n = length;
    return place;
}

static inline const char *
wire_get_text(struct wire_in *in)
{
    uint64_t n;
    const char *text = wire_get_bytes(in, &n);
    if (text == NULL)
        return NULL;
    if (n == 0 || text[n - 1] != '\0') {
        in->failed = true;
        return NULL;
    }
    return text;
}

static inline size_t
wire_get_end(struct wire_in *in)
{
    uint64_t end = wire_get(in);
    if (end < in->at || end > in->n)
        in->failed = true;
    return (size_t)end;
}

static inline void
wire_skip_to(struct wire_in *in, size_t end)
{
    if (!in->failed)
        in->at = end;
}

/* @n bytes at @offset of the message; NULL: they are not inside. */
static inline const char *
wire_at(struct wire_in *in, uint64_t offset, uint64_t n)
{
    if (offset <= in->n && n <= in->n - offset)
        return in->start + offset;
    in->failed = true;
    return NULL;
}

#endif
