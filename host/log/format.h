/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOG_FORMAT_H
#define HOST_LOG_FORMAT_H

/* Inside log/ only: the facts of a line. */

#include <stdarg.h>
#include <stddef.h>

/*
 * As vsnprintf, but for texts that stand between quotes in @format, as in "reason=\"%s\"": quotes
 * and backslashes in them get a backslash in front, so that whoever reads the line knows where they
 * end. Knows the conversions d i u x c s f g and p, with flags, width, precision, l, ll and z.
 */
__attribute__((format(printf, 3, 0))) void format_facts(char *text, size_t n, const char *format,
                                                        va_list args);

#endif
