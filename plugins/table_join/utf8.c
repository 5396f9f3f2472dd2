/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

/* The length of the sequence at @at; 0: none. Overlong forms, surrogates and > U+10FFFF are none.
 */
static size_t
sequence_length(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t n = at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3 : 4;
    if (at[0] < 0xc2 || at[0] > 0xf4 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return n;
}

size_t
utf8_check(const char *text, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < n;) {
        size_t length = sequence_length(bytes + i, n - i);
        if (length == 0)
            return i;
        i += length;
    }
    return n;
}
