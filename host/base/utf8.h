/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_UTF8_H
#define HOST_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The length of the UTF-8 character at @text (1 to 4), by RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF. 0: there is none, or fewer than it needs of @n bytes.
 */
size_t utf8_length(const char *text, size_t n);

bool utf8_is_valid(const char *text, size_t n);

#endif
