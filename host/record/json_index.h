/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_INDEX_H
#define HOST_RECORD_JSON_INDEX_H

/*
 * Where the tokens of a JSON text start: the SIMD half of parsing, by simdjson. It finds each
 * { } [ ] : , outside strings, each opening quote, and the first byte of anything else that is not
 * white space; it checks that the text is UTF-8, that strings end, and that no control character
 * stands in one. Of a token it looks at no more than the first byte, and that it takes for
 * punctuation is to be looked at again: some control characters pass as such.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum json_index_result {
    JSON_INDEX_OK,
    JSON_INDEX_BAD, /* not UTF-8, a string without end, a control character in one, or empty */
    JSON_INDEX_NO_MEMORY,
};

#define JSON_INDEX_MAX UINT32_C(0xffffff00)

struct json_index; /* grows with the largest text so far */

struct json_index *json_index_create(void);
void json_index_destroy(struct json_index *index); /* NULL is allowed */

/* Reads exactly @n bytes, at most JSON_INDEX_MAX. */
enum json_index_result json_index_run(struct json_index *index, const char *text, size_t n);

/*
 * Of the last run that was OK; ascending offsets in the text. JSON_INDEX_GUARDS more that lie
 * behind any text follow them, so that who looks a few tokens ahead needs no bound but the text's.
 */
#define JSON_INDEX_GUARDS 4
const uint32_t *json_index_tokens(const struct json_index *index);

#ifdef __cplusplus
}
#endif
#endif
