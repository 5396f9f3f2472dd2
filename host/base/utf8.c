/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

static bool
is_tail(const unsigned char *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
    }
    return true;
}

size_t
utf8_length(const char *text, size_t n)
{
    const unsigned char *b = (const unsigned char *)text;
    if (n == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    size_t length = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
    if (b[0] < 0xc2 || b[0] > 0xf4 || n < length || !is_tail(b, 1, length))
        return 0;
    bool overlong = (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xf0 && b[1] < 0x90);
    bool surrogate = b[0] == 0xed && b[1] > 0x9f;
    bool too_high = b[0] == 0xf4 && b[1] > 0x8f;
    return overlong || surrogate || too_high ? 0 : length;
}

bool
utf8_is_valid(const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t length = utf8_length(text + i, n - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}
