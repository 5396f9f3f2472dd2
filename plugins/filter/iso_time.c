/* SPDX-License-Identifier: Apache-2.0 */
#include "iso_time.h"

#include <levada/plugin.h>
#include <stdbool.h>

struct scanner {
    const char *at, *end;
};

static bool
is_digit(const struct scanner *scanner)
{
    return scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9';
}

/* Exactly @n digits that say @low to @high. */
static bool
read_number(struct scanner *scanner, int n, int low, int high, int *number)
{
    *number = 0;
    for (int i = 0; i < n; i++) {
        if (!is_digit(scanner))
            return false;
        *number = *number * 10 + (*scanner->at++ - '0');
    }
    return *number >= low && *number <= high;
}

static bool
skip(struct scanner *scanner, char c)
{
    if (scanner->at == scanner->end || *scanner->at != c)
        return false;
    scanner->at++;
    return true;
}

/* Days since 1970-01-01 in the Gregorian calendar; years start in March, so that 29 February is
 * last. */
static int64_t
days_from_date(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static int
days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool
read_date(struct scanner *scanner, int64_t *ms)
{
    int year, month, day;
    if (!read_number(scanner, 4, 1, 9999, &year) || !skip(scanner, '-') ||
        !read_number(scanner, 2, 1, 12, &month) || !skip(scanner, '-') ||
        !read_number(scanner, 2, 1, days_in_month(year, month), &day))
        return false;
    *ms = days_from_date(year, month, day) * 86400000;
    return true;
}

/* Behind a comma or point; what is finer than a millisecond is cut. */
static bool
read_fraction(struct scanner *scanner, int64_t *ms)
{
    int unit = 100;
    if (!is_digit(scanner))
        return false;
    for (; is_digit(scanner); scanner->at++, unit /= 10)
        *ms += (*scanner->at - '0') * unit;
    return true;
}

static bool
read_clock(struct scanner *scanner, int64_t *ms)
{
    int hour, minute, second;
    if (!read_number(scanner, 2, 0, 23, &hour) || !skip(scanner, ':') ||
        !read_number(scanner, 2, 0, 59, &minute))
        return false;
    *ms += ((int64_t)hour * 60 + minute) * 60000;
    if (!skip(scanner, ':'))
        return true;
    if (!read_number(scanner, 2, 0, 60, &second))
        return false;
    if (second == 60) { /* a leap second: the last millisecond of its minute */
        *ms += 59999;
        int64_t ignored = 0;
        return !skip(scanner, '.') || read_fraction(scanner, &ignored);
    }
    *ms += (int64_t)second * 1000;
    return !skip(scanner, '.') || read_fraction(scanner, ms);
}

static bool
read_zone(struct scanner *scanner, int64_t *ms)
{
    if (scanner->at == scanner->end || skip(scanner, 'Z'))
        return true;
    int hour, minute = 0;
    int sign = skip(scanner, '+') ? 1 : skip(scanner, '-') ? -1 : 0;
    if (sign == 0 || !read_number(scanner, 2, 0, 23, &hour))
        return false;
    if (scanner->at < scanner->end) {
        skip(scanner, ':');
        if (!read_number(scanner, 2, 0, 59, &minute))
            return false;
    }
    *ms -= sign * ((int64_t)hour * 60 + minute) * 60000;
    return true;
}

int64_t
iso_time_parse(const char *text, size_t n)
{
    struct scanner scanner = { text, text + n };
    int64_t ms;
    if (!read_date(&scanner, &ms))
        return LEVADA_NO_TIME;
    if (scanner.at == scanner.end)
        return ms;
    if (!skip(&scanner, 'T') && !skip(&scanner, ' '))
        return LEVADA_NO_TIME;
    if (!read_clock(&scanner, &ms) || !read_zone(&scanner, &ms) || scanner.at < scanner.end)
        return LEVADA_NO_TIME;
    return ms;
}
