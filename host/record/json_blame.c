/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "record/json_text.h"

static bool
is_continuation(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The length of the character at @text, or 0: overlong forms, surrogates and all else not UTF-8. */
static size_t
utf8_length(const unsigned char *text, size_t left)
{
    unsigned char c = text[0];
    if (c < 0x80)
        return 1;
    size_t n = c >= 0xc2 && c <= 0xdf   ? 2
               : c >= 0xe0 && c <= 0xef ? 3
               : c >= 0xf0 && c <= 0xf4 ? 4
                                        : 0;
    if (n == 0 || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (!is_continuation(text[i]))
            return 0;
    bool overlong = (c == 0xe0 && text[1] < 0xa0) || (c == 0xf0 && text[1] < 0x90);
    bool surrogate = c == 0xed && text[1] > 0x9f;
    bool too_large = c == 0xf4 && text[1] > 0x8f;
    return overlong || surrogate || too_large ? 0 : n;
}

struct json_blame
json_blame_bytes(const char *text, size_t n)
{
    bool in_string = false;
    size_t opened = 0;
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)text[i];
        size_t length = utf8_length((const unsigned char *)text + i, n - i);
        if (length == 0)
            return (struct json_blame){ "it is not valid UTF-8", i };
        if (in_string && c < ' ')
            return (struct json_blame){ "a control character in a string is not escaped", i };
        if (!in_string && c == '\\')
            return (struct json_blame){ "a backslash stands outside a string", i };
        if (c == '"') {
            in_string = !in_string;
            opened = i;
        }
        /* What an escape escapes is skipped with it, unless that is a fault itself. */
        if (in_string && c == '\\' && i + 1 < n && (text[i + 1] == '"' || text[i + 1] == '\\'))
            length = 2;
        i += length;
    }
    if (in_string)
        return (struct json_blame){ "a string is not closed", opened };
    return (struct json_blame){ "it is empty", 0 };
}
