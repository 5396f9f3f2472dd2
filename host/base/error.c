/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

levada_status
error_set(struct error *err, levada_status status, const char *format, ...)
{
    if (err == NULL)
        return status;
    /* By way of a copy: the arguments may point into err->text. */
    char text[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err->status = status;
    memcpy(err->text, text, sizeof(text));
    return status;
}

levada_status
error_in(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return LEVADA_FATAL;
    char context[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof(context) - 2, format, args);
    va_end(args);
    size_t n = strlen(context);
    memcpy(context + n, ": ", 2);
    n += 2;
    memmove(err->text + n, err->text, sizeof(err->text) - n);
    memcpy(err->text, context, n);
    err->text[sizeof(err->text) - 1] = '\0';
    return err->status;
}

int
error_exit_code(levada_status status)
{
    if (status >= 0)
        return 0;
    switch (status) {
    case LEVADA_REJECT:
        return 65;
    case LEVADA_NO_INPUT:
        return 66;
    case LEVADA_RETRY:
    case LEVADA_UNAVAILABLE:
        return 69;
    case LEVADA_NO_OUTPUT:
        return 73;
    case LEVADA_LOCKED:
        return 75;
    case LEVADA_IO:
        return 74;
    case LEVADA_CONFIG:
        return 78;
    default:
        return 70;
    }
}
