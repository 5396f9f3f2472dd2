/* SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide; /* a number of units times a factor always fits */

struct unit {
    const char *name;
    int64_t factor;
};

#define NS_PER_S INT64_C(1000000000)

/* Largest first, as formatting tries them. */
static const struct unit duration_units[] = {
    { "d", 86400 * NS_PER_S },
    { "h", 3600 * NS_PER_S },
    { "min", 60 * NS_PER_S },
    { "s", NS_PER_S },
    { "ms", 1000000 },
    { "us", 1000 },
    { "ns", 1 },
};

static const struct unit size_units[] = {
    { "TiB", INT64_C(1) << 40 }, { "TB", INT64_C(1000000000000) },
    { "GiB", INT64_C(1) << 30 }, { "GB", INT64_C(1000000000) },
    { "MiB", INT64_C(1) << 20 }, { "MB", INT64_C(1000000) },
    { "KiB", INT64_C(1) << 10 }, { "kB", INT64_C(1000) },
    { "KB", INT64_C(1000) },     { "B", 1 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const struct unit *
unit_find(const struct unit *units, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    }
    return NULL;
}

/* "NUMBER[.DIGITS][ ]UNIT": the number is digits / 10^decimals, so that nothing is rounded early.
 */
static bool
parse(const char *text, const struct unit *units, size_t n_units, int64_t *result)
{
    wide digits = 0, scale = 1;
    const char *p = text;

    if (!is_digit(*p))
        return false;
    for (; is_digit(*p); p++) {
        digits = digits * 10 + (wide)(*p - '0');
        if (digits > INT64_MAX)
            return false;
    }
    if (*p == '.') {
        if (!is_digit(*++p))
            return false;
        for (; is_digit(*p); p++) {
            if (scale == 1000000000)
                continue; /* finer than any unit needs */
            digits = digits * 10 + (wide)(*p - '0');
            scale *= 10;
        }
    }
    while (*p == ' ')
        p++;
    const struct unit *unit = unit_find(units, n_units, p);
    if (unit == NULL || digits > ((wide)INT64_MAX * scale) / (wide)unit->factor)
        return false;
    *result = (int64_t)((digits * (wide)unit->factor + scale / 2) / scale);
    return true;
}

static const char *
format(int64_t value, const struct unit *units, size_t n_units, const char *none, char *buf,
       size_t n)
{
    size_t shortest = SIZE_MAX;
    snprintf(buf, n, "%s", none);
    for (size_t i = 0; value != 0 && i < n_units; i++) {
        if (value % units[i].factor != 0)
            continue;
        char text[40];
        int length =
            snprintf(text, sizeof(text), "%" PRId64 " %s", value / units[i].factor, units[i].name);
        if ((size_t)length < shortest) {
            shortest = (size_t)length;
            snprintf(buf, n, "%s", text);
        }
    }
    return buf;
}

bool
units_parse_duration(const char *text, int64_t *ns)
{
    return parse(text, duration_units, COUNT(duration_units), ns);
}

bool
units_parse_size(const char *text, int64_t *bytes)
{
    return parse(text, size_units, COUNT(size_units), bytes);
}

const char *
units_format_duration(int64_t ns, char *buf, size_t n)
{
    return format(ns, duration_units, COUNT(duration_units), "0 s", buf, n);
}

const char *
units_format_size(int64_t bytes, char *buf, size_t n)
{
    return format(bytes, size_units, COUNT(size_units), "0 B", buf, n);
}
