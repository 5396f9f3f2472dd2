/* SPDX-License-Identifier: Apache-2.0 */
#include "key_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct key_index {
    uint32_t n_keys, n_values;
    enum key_index_duplicates duplicates;
    struct distinct *keys; /* the texts of each key; an entry's id is its part */
    struct distinct
        combined; /* with several keys: their parts, as bytes. An entry's id is the match */
    struct distinct *values; /* each added value's dictionary */
    uint32_t *ids;           /* of match m, value v: [m * n_values + v] */
    uint64_t *number;        /* of match m: its row, 0 where m is no match */
    uint32_t room;           /* matches that ids and number have room for */
    uint64_t n_rows;
};

struct key_index *
key_index_create(uint32_t n_keys, uint32_t n_values, enum key_index_duplicates duplicates)
{
    struct key_index *index = calloc(1, sizeof(*index));
    if (index == NULL)
        return NULL;
    index->n_keys = n_keys;
    index->n_values = n_values;
    index->duplicates = duplicates;
    index->keys = calloc(n_keys, sizeof(*index->keys));
    index->values = calloc(n_values + 1, sizeof(*index->values));
    bool done = index->keys != NULL && index->values != NULL && distinct_init(&index->combined);
    for (uint32_t i = 0; done && i < n_keys; i++)
        done = distinct_init(&index->keys[i]);
    for (uint32_t i = 0; done && i < n_values; i++)
        done = distinct_init(&index->values[i]);
    if (!done) {
        key_index_destroy(index);
        return NULL;
    }
    return index;
}

void
key_index_destroy(struct key_index *index)
{
    if (index == NULL)
        return;
    for (uint32_t i = 0; index->keys != NULL && i < index->n_keys; i++)
        distinct_finish(&index->keys[i]);
    for (uint32_t i = 0; index->values != NULL && i < index->n_values; i++)
        distinct_finish(&index->values[i]);
    distinct_finish(&index->combined);
    free(index->keys);
    free(index->values);
    free(index->ids);
    free(index->number);
    free(index);
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
make_room(struct key_index *index, uint32_t match)
{
    if (match < index->room)
        return true;
    uint32_t room = match < 32 ? 64 : match * 2;
    uint64_t *number = realloc(index->number, room * sizeof(*number));
    if (number == NULL)
        return false;
    memset(number + index->room, 0, (room - index->room) * sizeof(*number));
    index->number = number;
    uint32_t *ids = realloc(index->ids, (size_t)room * (index->n_values + 1) * sizeof(*ids));
    if (ids == NULL)
        return false;
    index->ids = ids;
    index->room = room;
    return true;
}

/* The match that a row with these keys has; KEY_INDEX_NO_MATCH: it has none; DISTINCT_NONE: no
 * memory.
 */
static uint32_t
add_keys(struct key_index *index, const struct levada_scalar *keys)
{
    uint32_t parts[KEY_INDEX_MAX_KEYS];
    for (uint32_t i = 0; i < index->n_keys; i++)
        if (keys[i].type <= LEVADA_T_NULL)
            return KEY_INDEX_NO_MATCH;
    for (uint32_t i = 0; i < index->n_keys; i++) {
        parts[i] = distinct_add(&index->keys[i], &keys[i]);
        if (parts[i] == DISTINCT_NONE)
            return DISTINCT_NONE;
    }
    if (index->n_keys == 1)
        return parts[0];
    struct levada_scalar combined = combine(parts, index->n_keys);
    return distinct_add(&index->combined, &combined);
}

static bool
complain_of_duplicate(const struct key_index *index, uint32_t match, uint64_t number,
                      const struct levada_scalar *keys, struct complaint *complaint)
{
    char text[160] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < index->n_keys && n < sizeof(text); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"%.*s\"", i > 0 ? ", " : "",
                              keys[i].len < 40 ? (int)keys[i].len : 40, keys[i].u.s);
    return complain(complaint,
                    "rows %" PRIu64 " and %" PRIu64 " have the same key, %s; "
                    "on_duplicate = \"first\" or \"last\" would choose one of them",
                    index->number[match], number, text);
}

bool
key_index_add(struct key_index *index, uint64_t number, const struct levada_scalar *cells,
              struct complaint *complaint)
{
    uint32_t match = add_keys(index, cells);
    if (match == KEY_INDEX_NO_MATCH)
        return true;
    if (match == DISTINCT_NONE || !make_room(index, match))
        return complain(complaint, "out of memory");
    if (index->number[match] != 0) {
        if (index->duplicates == KEY_INDEX_DUPLICATES_ARE_ERRORS)
            return complain_of_duplicate(index, match, number, cells, complaint);
        if (index->duplicates == KEY_INDEX_FIRST_WINS)
            return true;
    } else {
        index->n_rows++;
    }

    index->number[match] = number;
    for (uint32_t i = 0; i < index->n_values; i++) {
        uint32_t id = distinct_add(&index->values[i], &cells[index->n_keys + i]);
        if (id == DISTINCT_NONE)
            return complain(complaint, "out of memory");
        index->ids[(size_t)match * index->n_values + i] = id;
    }
    return true;
}

uint64_t
key_index_rows(const struct key_index *index)
{
    return index->n_rows;
}

uint32_t
key_index_part(const struct key_index *index, uint32_t key, const struct levada_scalar *text)
{
    if (text->type <= LEVADA_T_NULL)
        return KEY_INDEX_NO_MATCH;
    uint32_t id = distinct_find(&index->keys[key], text);
    return id == DISTINCT_NONE ? KEY_INDEX_NO_MATCH : id;
}

uint32_t
key_index_match(const struct key_index *index, const uint32_t *parts)
{
    if (index->n_keys == 1)
        return parts[0];
    for (uint32_t i = 0; i < index->n_keys; i++)
        if (parts[i] == KEY_INDEX_NO_MATCH)
            return KEY_INDEX_NO_MATCH;
    struct levada_scalar combined = combine(parts, index->n_keys);
    uint32_t id = distinct_find(&index->combined, &combined);
    return id == DISTINCT_NONE ? KEY_INDEX_NO_MATCH : id;
}

uint32_t
key_index_value(const struct key_index *index, uint32_t match, uint32_t value)
{
    return match == KEY_INDEX_NO_MATCH ? 1 : index->ids[(size_t)match * index->n_values + value];
}

const struct distinct *
key_index_dictionary(const struct key_index *index, uint32_t value)
{
    return &index->values[value];
}
