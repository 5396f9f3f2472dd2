/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIELDS_CAST_H
#define FIELDS_CAST_H

/* From one type of value to another. */

#include <levada/plugin.h>
#include <stdbool.h>

enum cast_type {
    CAST_INT,
    CAST_FLOAT,
    CAST_STRING,
    CAST_BOOL,
    CAST_TIME,
    CAST_UNKNOWN,
};

/* "int", "float", "string", "bool" or "time"; CAST_UNKNOWN: another word. */
enum cast_type cast_type_of(const char *word);
const char *cast_type_name(enum cast_type type);

/*
 * @value as an int, float or bool; false where it is none. Nothing is rounded and nothing guessed:
 * what is cast can be cast back. Null and missing values stay.
 */
bool cast_value(enum cast_type type, const struct levada_scalar *value, struct levada_scalar *out);

/* How many of the first @most bytes of a UTF-8 text make whole characters. */
uint32_t cast_whole_characters(const char *text, uint64_t n, uint32_t most);

#endif
