/* SPDX-License-Identifier: Apache-2.0 */
#include "lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lookup {
    uint32_t n_keys, n_values;
    enum lookup_duplicates duplicates;
    struct distinct *keys; /* the texts of each key; an entry's id is its part */
    struct distinct
        combined; /* with several keys: their parts, as bytes. An entry's id is the match */
    struct distinct *values; /* each added value's dictionary */
    uint32_t *ids;           /* of match m, value v: [m * n_values + v] */
    uint64_t *number;        /* of match m: its row, 0 where m is no match */
    uint32_t room;           /* matches that ids and number have room for */
    uint64_t n_rows;
};

struct lookup *
lookup_create(uint32_t n_keys, uint32_t n_values, enum lookup_duplicates duplicates)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL)
        return NULL;
    lookup->n_keys = n_keys;
    lookup->n_values = n_values;
    lookup->duplicates = duplicates;
    lookup->keys = calloc(n_keys, sizeof(*lookup->keys));
    lookup->values = calloc(n_values + 1, sizeof(*lookup->values));
    bool done = lookup->keys != NULL && lookup->values != NULL && distinct_init(&lookup->combined);
    for (uint32_t i = 0; done && i < n_keys; i++)
        done = distinct_init(&lookup->keys[i]);
    for (uint32_t i = 0; done && i < n_values; i++)
        done = distinct_init(&lookup->values[i]);
    if (!done) {
        lookup_destroy(lookup);
        return NULL;
    }
    return lookup;
}

void
lookup_destroy(struct lookup *lookup)
{
    if (lookup == NULL)
        return;
    for (uint32_t i = 0; lookup->keys != NULL && i < lookup->n_keys; i++)
        distinct_finish(&lookup->keys[i]);
    for (uint32_t i = 0; lookup->values != NULL && i < lookup->n_values; i++)
        distinct_finish(&lookup->values[i]);
    distinct_finish(&lookup->combined);
    free(lookup->keys);
    free(lookup->values);
    free(lookup->ids);
    free(lookup->number);
    free(lookup);
}

static struct levada_scalar
combine(const uint32_t *parts, uint32_t n)
{
    struct levada_scalar bytes = { .type = LEVADA_T_BIN, .len = n * (uint32_t)sizeof(*parts) };
    bytes.u.s = (const char *)parts;
    return bytes;
}

/* Room for match @match; new ones have no row. */
static bool
make_room(struct lookup *lookup, uint32_t match)
{
    if (match < lookup->room)
        return true;
    uint32_t room = match < 32 ? 64 : match * 2;
    uint64_t *number = realloc(lookup->number, room * sizeof(*number));
    if (number == NULL)
        return false;
    memset(number + lookup->room, 0, (room - lookup->room) * sizeof(*number));
    lookup->number = number;
    uint32_t *ids = realloc(lookup->ids, (size_t)room * (lookup->n_values + 1) * sizeof(*ids));
    if (ids == NULL)
        return false;
    lookup->ids = ids;
    lookup->room = room;
    return true;
}

/* The match that a row with these keys has; LOOKUP_NO_MATCH: it has none; DISTINCT_NONE: no memory.
 */
static uint32_t
add_keys(struct lookup *lookup, const struct levada_scalar *keys)
{
    uint32_t parts[LOOKUP_MAX_KEYS];
    for (uint32_t i = 0; i < lookup->n_keys; i++)
        if (keys[i].type <= LEVADA_T_NULL)
            return LOOKUP_NO_MATCH;
    for (uint32_t i = 0; i < lookup->n_keys; i++) {
        parts[i] = distinct_add(&lookup->keys[i], &keys[i]);
        if (parts[i] == DISTINCT_NONE)
            return DISTINCT_NONE;
    }
    if (lookup->n_keys == 1)
        return parts[0];
    struct levada_scalar combined = combine(parts, lookup->n_keys);
    return distinct_add(&lookup->combined, &combined);
}

static bool
complain_of_duplicate(const struct lookup *lookup, uint32_t match, uint64_t number,
                      const struct levada_scalar *keys, struct complaint *complaint)
{
    char text[160] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < lookup->n_keys && n < sizeof(text); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"%.*s\"", i > 0 ? ", " : "",
                              keys[i].len < 40 ? (int)keys[i].len : 40, keys[i].u.s);
    return complain(complaint,
                    "rows %" PRIu64 " and %" PRIu64 " have the same key, %s; "
                    "on_duplicate = \"first\" or \"last\" would choose one of them",
                    lookup->number[match], number, text);
}

bool
lookup_add(struct lookup *lookup, uint64_t number, const struct levada_scalar *cells,
           struct complaint *complaint)
{
    uint32_t match = add_keys(lookup, cells);
    if (match == LOOKUP_NO_MATCH)
        return true;
    if (match == DISTINCT_NONE || !make_room(lookup, match))
        return complain(complaint, "out of memory");
    if (lookup->number[match] != 0) {
        if (lookup->duplicates == LOOKUP_DUPLICATES_ARE_ERRORS)
            return complain_of_duplicate(lookup, match, number, cells, complaint);
        if (lookup->duplicates == LOOKUP_FIRST_WINS)
            return true;
    } else {
        lookup->n_rows++;
    }

    lookup->number[match] = number;
    for (uint32_t i = 0; i < lookup->n_values; i++) {
        uint32_t id = distinct_add(&lookup->values[i], &cells[lookup->n_keys + i]);
        if (id == DISTINCT_NONE)
            return complain(complaint, "out of memory");
        lookup->ids[(size_t)match * lookup->n_values + i] = id;
    }
    return true;
}

uint64_t
lookup_rows(const struct lookup *lookup)
{
    return lookup->n_rows;
}

uint32_t
lookup_part(const struct lookup *lookup, uint32_t key, const struct levada_scalar *text)
{
    if (text->type <= LEVADA_T_NULL)
        return LOOKUP_NO_MATCH;
    uint32_t id = distinct_find(&lookup->keys[key], text);
    return id == DISTINCT_NONE ? LOOKUP_NO_MATCH : id;
}

uint32_t
lookup_match(const struct lookup *lookup, const uint32_t *parts)
{
    if (lookup->n_keys == 1)
        return parts[0];
    for (uint32_t i = 0; i < lookup->n_keys; i++)
        if (parts[i] == LOOKUP_NO_MATCH)
            return LOOKUP_NO_MATCH;
    struct levada_scalar combined = combine(parts, lookup->n_keys);
    uint32_t id = distinct_find(&lookup->combined, &combined);
    return id == DISTINCT_NONE ? LOOKUP_NO_MATCH : id;
}

uint32_t
lookup_value(const struct lookup *lookup, uint32_t match, uint32_t value)
{
    return match == LOOKUP_NO_MATCH ? 1 : lookup->ids[(size_t)match * lookup->n_values + value];
}

const struct distinct *
lookup_dictionary(const struct lookup *lookup, uint32_t value)
{
    return &lookup->values[value];
}
