/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A header, places of open addressing, and the values one behind the other. A place holds the upper
 * half of a value's hash and where the value begins among the values, in units of 4 bytes, plus 1.
 */
#include "distinct_set.h"

#include <string.h>

#define FIRST_PLACES 8u

struct header {
    uint64_t n;
    uint64_t n_places; /* a power of two */
};

struct value {
    uint32_t n;
    uint8_t type;
    uint8_t bytes[]; /* padded to whole units */
};

#define VALUE_BYTES offsetof(struct value, bytes)
#define UNIT sizeof(uint32_t)

static struct header *
header_of(const struct buffer *buffer)
{
    return buffer->p;
}

static uint64_t *
places_of(const struct buffer *buffer)
{
    return (uint64_t *)(void *)(header_of(buffer) + 1);
}

static char *
values_of(const struct buffer *buffer)
{
    return (char *)(places_of(buffer) + header_of(buffer)->n_places);
}

static uint64_t
values_bytes(const struct buffer *buffer)
{
    return buffer->n - (uint64_t)(values_of(buffer) - (char *)buffer->p);
}

static const struct value *
value_at(const struct buffer *buffer, uint64_t place)
{
    return (const struct value *)(const void *)(values_of(buffer) +
                                                ((uint32_t)place - 1) * (uint64_t)UNIT);
}

static bool
is_same(const struct value *value, const struct value_key *key)
{
    return value->n == key->n && value->type == key->type &&
           memcmp(value->bytes, value_key_bytes(key), key->n) == 0;
}

/* Where @key is, or would go. */
static uint64_t
find_place(const struct buffer *buffer, const struct value_key *key, uint64_t hash)
{
    const uint64_t *places = places_of(buffer);
    uint64_t mask = header_of(buffer)->n_places - 1, at = hash & mask;
    while (places[at] != 0 &&
           (places[at] >> 32 != hash >> 32 || !is_same(value_at(buffer, places[at]), key)))
        at = (at + 1) & mask;
    return at;
}

/* The value that begins @*at bytes behind the first, and moves on to the next. */
static struct value_key
next_value(const struct buffer *buffer, uint64_t *at)
{
    const struct value *value = value_at(buffer, *at / UNIT + 1);
    *at += (VALUE_BYTES + value->n + UNIT - 1) / UNIT * UNIT;
    return (struct value_key){ value->type, value->n, value->bytes, 0 };
}

/* Puts all values into the places again. */
static void
fill_places(const struct buffer *buffer)
{
    uint64_t *places = places_of(buffer), mask = header_of(buffer)->n_places - 1;
    uint64_t end = values_bytes(buffer), at = 0;
    memset(places, 0, (mask + 1) * sizeof(*places));
    while (at < end) {
        uint64_t start = at;
        struct value_key key = next_value(buffer, &at);
        uint64_t hash = value_key_hash(&key), place = hash & mask;
        while (places[place] != 0)
            place = (place + 1) & mask;
        places[place] = hash >> 32 << 32 | (start / UNIT + 1);
    }
}

/* Twice the places, so that a quarter of them stays free. */
static bool
make_places(struct buffer *buffer)
{
    if (buffer->p == NULL) {
        if (!buffer->resize(buffer, sizeof(struct header) + FIRST_PLACES * sizeof(uint64_t)))
            return false;
        header_of(buffer)->n_places = FIRST_PLACES;
        return true;
    }
    uint64_t n_places = header_of(buffer)->n_places, bytes = values_bytes(buffer);
    if (header_of(buffer)->n < n_places - n_places / 4)
        return true;
    if (!buffer->resize(buffer, buffer->n + n_places * sizeof(uint64_t)))
        return false;
    const char *values = values_of(buffer);
    header_of(buffer)->n_places = 2 * n_places;
    memmove(values_of(buffer), values, bytes);
    fill_places(buffer);
    return true;
}

static bool
append(struct buffer *buffer, const struct value_key *key, uint64_t hash)
{
    if (!make_places(buffer))
        return false;
    uint64_t start = values_bytes(buffer);
    uint64_t bytes = (VALUE_BYTES + key->n + UNIT - 1) / UNIT * UNIT;
    if (start / UNIT >= UINT32_MAX || !buffer->resize(buffer, buffer->n + bytes))
        return false;
    struct value *value = (struct value *)(void *)(values_of(buffer) + start);
    value->n = key->n;
    value->type = key->type;
    memcpy(value->bytes, value_key_bytes(key), key->n);
    uint64_t place = find_place(buffer, key, hash);
    places_of(buffer)[place] = hash >> 32 << 32 | (start / UNIT + 1);
    header_of(buffer)->n++;
    return true;
}

enum distinct_result
distinct_set_add(struct buffer *buffer, const struct value_key *key)
{
    uint64_t hash = value_key_hash(key);
    if (buffer->p != NULL && places_of(buffer)[find_place(buffer, key, hash)] != 0)
        return DISTINCT_KNOWN;
    return append(buffer, key, hash) ? DISTINCT_ADDED : DISTINCT_FAILED;
}

bool
distinct_set_merge(struct buffer *buffer, const struct buffer *from)
{
    uint64_t end = from->p != NULL ? values_bytes(from) : 0, at = 0;
    while (at < end) {
        struct value_key key = next_value(from, &at);
        if (distinct_set_add(buffer, &key) == DISTINCT_FAILED)
            return false;
    }
    return true;
}

uint64_t
distinct_set_n(const struct buffer *buffer)
{
    return buffer->p != NULL ? header_of(buffer)->n : 0;
}
