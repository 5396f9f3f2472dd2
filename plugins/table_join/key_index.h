/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_KEY_INDEX_H
#define TABLE_JOIN_KEY_INDEX_H

/*
 * A table in memory, made for looking up: from the texts of one or several keys to a match, from a
 * match to the id of each added value. Keys compare as texts, so the number 22 of a JSON table and
 * the text "22" of a CSV file are one key. Made once, then only read.
 */

#include "complaint.h"
#include "distinct.h"

#include <levada/plugin.h>
#include <stdbool.h>

#define KEY_INDEX_MAX_KEYS 16
#define KEY_INDEX_NO_MATCH 0u

enum key_index_duplicates { /* the words of the option on_duplicate, in this order */
    KEY_INDEX_DUPLICATES_ARE_ERRORS,
    KEY_INDEX_FIRST_WINS,
    KEY_INDEX_LAST_WINS,
};

struct key_index;

/* NULL: out of memory. @n_keys is 1 to KEY_INDEX_MAX_KEYS. */
struct key_index *key_index_create(uint32_t n_keys, uint32_t n_values,
                                   enum key_index_duplicates duplicates);
void key_index_destroy(struct key_index *index); /* NULL is allowed */

/*
 * Adds row @number (as users count, from 1): n_keys texts, then n_values values, all copied. A row
 * with a key that is NULL or MISSING is never found. False: a duplicate key, or out of memory.
 */
bool key_index_add(struct key_index *index, uint64_t number, const struct levada_scalar *cells,
                   struct complaint *complaint);

uint64_t key_index_rows(const struct key_index *index); /* that can be found */

/* The part that text @text plays as key @key; KEY_INDEX_NO_MATCH where no row has it. */
uint32_t key_index_part(const struct key_index *index, uint32_t key,
                        const struct levada_scalar *text);

/* The match of one part for each key; KEY_INDEX_NO_MATCH: there is none. */
uint32_t key_index_match(const struct key_index *index, const uint32_t *parts);

/* The id of added value @value, in its dictionary; that of NULL for KEY_INDEX_NO_MATCH. */
uint32_t key_index_value(const struct key_index *index, uint32_t match, uint32_t value);

/* The contents of an added value's dictionary. */
const struct distinct *key_index_dictionary(const struct key_index *index, uint32_t value);

#endif
