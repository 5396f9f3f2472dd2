/* SPDX-License-Identifier: Apache-2.0 */
#include "fail_with.h"

#include <stdarg.h>
#include <stdio.h>

levada_status
fail_with(struct levada_call *call, levada_status code, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return levada->fail(call, code, text);
}

levada_status
fail_memory(struct levada_call *call)
{
    return levada->fail(call, LEVADA_FATAL, "out of memory");
}
