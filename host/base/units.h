/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_UNITS_H
#define HOST_BASE_UNITS_H

/* Durations and sizes as users write them: "150 ms", "60 min", "64 KiB". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ns us ms s min h d, with or without a space before; decimals allowed; not negative. False: not
 * one. */
bool units_parse_duration(const char *text, int64_t *ns);

/* B kB KB KiB MB MiB GB GiB TB TiB; a factor of 1000 or 1024; decimals allowed; not negative. */
bool units_parse_size(const char *text, int64_t *bytes);

/* The shortest exact form, such as "90 s" or "1 MiB". Returns buf. */
const char *units_format_duration(int64_t ns, char *buf, size_t n);
const char *units_format_size(int64_t bytes, char *buf, size_t n);

#endif
