/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_TOKEN_H
#define HOST_RECORD_JSON_TOKEN_H

/* Single tokens of JSON (RFC 8259): what json_decode.cc asks about the bytes that it has found. */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Undoes the escapes of a string's bytes into @to (room for @n; NULL: they are only checked);
 * returns the length. SIZE_MAX: a wrong escape or half of a surrogate pair, at *bad_at.
 */
size_t json_unescape(const char *text, size_t n, char *to, size_t *bad_at);

/*
 * true, false, null or a number. An integer that fits int64 is I64. Any other number of at most 17
 * significant digits that a double can hold is F64: 17 digits are what a double needs to be told
 * from its neighbours. The rest keep their text, NUM. False: it is none of these.
 */
bool json_atom(const char *text, size_t n, struct levada_scalar *value);

/* Where bytes that stage 1 refused go wrong: bad UTF-8, a control character, or the open quote. */
size_t json_fault_position(const char *text, size_t n);

#ifdef __cplusplus
}
#endif
#endif
