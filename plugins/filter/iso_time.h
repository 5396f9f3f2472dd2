/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_ISO_TIME_H
#define FILTER_ISO_TIME_H

#include <stddef.h>
#include <stdint.h>

/*
 * Milliseconds UTC of ISO 8601 text: a date, or date and time with T or a space between them;
 * seconds and fraction may be left out; Z, +hh, +hhmm or +hh:mm, without a zone UTC.
 * LEVADA_NO_TIME: none.
 */
int64_t iso_time_parse(const char *text, size_t n);

#endif
