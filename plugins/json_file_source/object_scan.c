/* SPDX-License-Identifier: Apache-2.0 */
#include "object_scan.h"

enum object_event
object_scan_bytewise(struct object_scan *scan, const char *text, size_t *at, size_t n, bool lines)
{
    for (; *at < n; ++*at) {
        char c = text[*at];
        bool escaped = scan->escaped;
        scan->escaped = c == '\\' && !escaped;
        if (c == '"' && !escaped)
            scan->in_string = !scan->in_string;
        else if (scan->in_string && c == '\n' && lines)
            return OBJECT_TORN_STRING;
        else if (scan->in_string)
            ; /* braces in strings are text */
        else if (c == '{' && lines && scan->previous == '\n')
            return OBJECT_FIRST_COLUMN;
        else if (c == '{')
            scan->depth++;
        else if (c == '}' && --scan->depth == 0) {
            ++*at;
            return OBJECT_ENDED;
        }
        scan->previous = c;
    }
    return OBJECT_GOES_ON;
}

object_scan_fn *
object_scan_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
        return object_scan_avx2;
    return object_scan_sse2;
#else
    return object_scan_bytewise;
#endif
}
