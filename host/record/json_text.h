/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_TEXT_H
#define HOST_RECORD_JSON_TEXT_H

/* Single tokens of JSON: escapes and numbers; and what is wrong with bytes that have no tokens. */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is wrong, and where from the start of the text in question. */
struct json_blame {
    const char *what;
    size_t at;
};

/*
 * The text between the quotes of a string, without its escapes, to @out (room for @n; NULL: only
 * checks). @n_out: its length.
 */
bool json_unescape(const char *text, uint32_t n, char *out, uint32_t *n_out,
                   struct json_blame *blame);

/* A number by the grammar of RFC 8259; nothing else may stand in @text. I64, F64 or NUM. */
bool json_number(const char *text, uint32_t n, struct levada_scalar *value);

/* The first fault of a text that json_index_run() refused. */
struct json_blame json_blame_bytes(const char *text, size_t n);

#endif
