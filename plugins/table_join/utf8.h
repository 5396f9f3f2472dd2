/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_UTF8_H
#define TABLE_JOIN_UTF8_H

#include <stddef.h>

/* The index of the first byte that starts no well-formed UTF-8 sequence; @n: all is well. */
size_t utf8_check(const char *text, size_t n);

#endif
