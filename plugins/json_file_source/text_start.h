/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_TEXT_START_H
#define JSON_FILE_SOURCE_TEXT_START_H

/* What an input is, by the first bytes that matter. */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_start {
    TEXT_START_UNKNOWN, /* white space so far, or too little */
    TEXT_START_ARRAY,   /* [ at *at */
    TEXT_START_OBJECT,  /* { at *at */
    TEXT_START_OTHER,   /* anything else at *at */
};

/*
 * Passes white space, and at the very @first bytes of an input a byte order mark of UTF-8. @last:
 * no more bytes follow these.
 */
enum text_start text_start_find(const char *bytes, size_t n, bool first, bool last, size_t *at);

/* Says why @bytes, at @offset of @path, cannot be the start. Returns LEVADA_REJECT. */
levada_status text_start_refuse(struct levada_call *call, const char *path, const char *bytes,
                                size_t n, uint64_t offset);

#endif
