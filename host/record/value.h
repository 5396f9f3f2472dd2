/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_VALUE_H
#define HOST_RECORD_VALUE_H

/* Single values: as text, as JSON, as times; their order and equality. */

#include "base/arena.h"
#include "base/strbuf.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * "2018-12-31T23:57:00.000", with T or one space, with or without seconds, a fraction of any length
 * (cut to ms), Z, +hh:mm, +hhmm or +hh; a date alone is its midnight. No zone is UTC.
 * LEVADA_NO_TIME where it is none (also: day 31 of February, hour 24); second 60 is 59.999.
 */
int64_t value_parse_time(const char *text, size_t n);

/* Milliseconds UTC of a scalar: TIME and I64 as they are, a whole F64, STR by value_parse_time. */
int64_t value_time(const struct levada_scalar *value);

/* The same for a column: remembers the neighbour's date, for times that come in order. */
void value_times(const struct levada_scalar *values, uint32_t n, int64_t *times);

#define VALUE_TIME_SIZE 32
/* "2018-12-31T23:00:00", with ".123" only where the fraction is not zero. Returns the length. */
size_t value_format_time(int64_t time_ms, char buf[VALUE_TIME_SIZE]);

#define VALUE_F64_SIZE 40
/* The shortest text that reads back as the same double, always with a point or an exponent. */
size_t value_format_f64(double value, char buf[VALUE_F64_SIZE]);

/* Text as in CSV; MISSING and NULL: "". Points into @value or into @arena; NULL: out of memory. */
const char *value_text(const struct levada_scalar *value, struct arena *arena, uint64_t *n);

/* Appends as JSON: TIME as a string of ISO 8601, BIN as base64, F64 that is no number as null. */
void value_write_json(const struct levada_scalar *value, struct strbuf *out);

/* A total order: MISSING, NULL, false, true, numbers, text by bytes (STR, BIN, JSON, NUM), TIME. */
int value_compare(const struct levada_scalar *a, const struct levada_scalar *b);

bool value_equal(const struct levada_scalar *a, const struct levada_scalar *b);

#endif
