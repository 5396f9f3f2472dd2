/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_LOOKUP_H
#define TABLE_JOIN_LOOKUP_H

/*
 * A table in memory, made for looking up: from the texts of one or several keys to a match, from a
 * match to the id of each added value. Keys compare as texts, so the number 22 of a JSON table and
 * the text "22" of a CSV file are one key. Made once, then only read.
 */

#include "complaint.h"
#include "distinct.h"

#include <levada/plugin.h>
#include <stdbool.h>

#define LOOKUP_MAX_KEYS 16
#define LOOKUP_NO_MATCH 0u

enum lookup_duplicates { /* the words of the option on_duplicate, in this order */
    LOOKUP_DUPLICATES_ARE_ERRORS,
    LOOKUP_FIRST_WINS,
    LOOKUP_LAST_WINS,
};

struct lookup;

/* NULL: out of memory. @n_keys is 1 to LOOKUP_MAX_KEYS. */
struct lookup *lookup_create(uint32_t n_keys, uint32_t n_values, enum lookup_duplicates duplicates);
void lookup_destroy(struct lookup *lookup); /* NULL is allowed */

/*
 * Adds row @number (as users count, from 1): n_keys texts, then n_values values, all copied. A row
 * with a key that is NULL or MISSING is never found. False: a duplicate key, or out of memory.
 */
bool lookup_add(struct lookup *lookup, uint64_t number, const struct levada_scalar *cells,
                struct complaint *complaint);

uint64_t lookup_rows(const struct lookup *lookup); /* that can be found */

/* The part that text @text plays as key @key; LOOKUP_NO_MATCH where no row has it. */
uint32_t lookup_part(const struct lookup *lookup, uint32_t key, const struct levada_scalar *text);

/* The match of one part for each key; LOOKUP_NO_MATCH: there is none. */
uint32_t lookup_match(const struct lookup *lookup, const uint32_t *parts);

/* The id of added value @value, in its dictionary; that of NULL for LOOKUP_NO_MATCH. */
uint32_t lookup_value(const struct lookup *lookup, uint32_t match, uint32_t value);

/* The contents of an added value's dictionary. */
const struct distinct *lookup_dictionary(const struct lookup *lookup, uint32_t value);

#endif
