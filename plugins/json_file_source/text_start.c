/* SPDX-License-Identifier: Apache-2.0 */
#include "text_start.h"

#include "fail_with.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char mark[] = "\xef\xbb\xbf";
#define MARK_BYTES 3

static bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

enum text_start
text_start_find(const char *bytes, size_t n, bool first, bool last, size_t *at)
{
    *at = 0;
    if (first && n >= MARK_BYTES && memcmp(bytes, mark, MARK_BYTES) == 0)
        *at = MARK_BYTES;
    else if (first && !last && n < MARK_BYTES && memcmp(bytes, mark, n) == 0)
        return TEXT_START_UNKNOWN;
    while (*at < n && is_space(bytes[*at]))
        ++*at;
    if (*at == n)
        return TEXT_START_UNKNOWN;
    return bytes[*at] == '['   ? TEXT_START_ARRAY
           : bytes[*at] == '{' ? TEXT_START_OBJECT
                               : TEXT_START_OTHER;
}

levada_status
text_start_refuse(struct levada_call *call, const char *path, const char *bytes, size_t n,
                  uint64_t offset)
{
    unsigned char c = (unsigned char)bytes[0];
    if (offset == 0 && n >= 2 &&
        (memcmp(bytes, "\xfe\xff", 2) == 0 || memcmp(bytes, "\xff\xfe", 2) == 0))
        return fail_with(call, LEVADA_REJECT,
                         "%s: is UTF-16, but JSON is UTF-8; convert it: iconv -f UTF-16 -t UTF-8",
                         path);
    if (c == '[')
        return fail_with(call, LEVADA_REJECT,
                         "%s: byte %" PRIu64 ": \"[\" begins an array; format = \"array\" reads it",
                         path, offset);
    if (c == '{')
        return fail_with(call, LEVADA_REJECT,
                         "%s: byte %" PRIu64 ": \"{\" begins no array; format = \"lines\" reads it",
                         path, offset);
    char shown[8];
    snprintf(shown, sizeof(shown), c > ' ' && c < 0x7f ? "\"%c\"" : "0x%02x", c);
    return fail_with(call, LEVADA_REJECT,
                     "%s: byte %" PRIu64 ": this is no JSON: %s stands where [ or { should", path,
                     offset, shown);
}
