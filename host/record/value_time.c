/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>
#include <string.h>

#include "record/bytes.h"
#include "record/value.h"

#define MS_A_SECOND INT64_C(1000)
#define MS_A_MINUTE (60 * MS_A_SECOND)
#define MS_A_HOUR (60 * MS_A_MINUTE)
#define MS_A_DAY (24 * MS_A_HOUR)

#define DAYS_A_CYCLE 146097  /* 400 years, after which the calendar repeats itself */
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */

/*
 * Years are counted from the first of March, so that the odd day is the last of its year and the
 * months before it follow one rule: 153 days in five months.
 */
static int64_t
days_from_date(int64_t year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int month_from_march = month > 2 ? month - 3 : month + 9;
    int64_t cycle = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_cycle = y - cycle * 400;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    return cycle * DAYS_A_CYCLE + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
           day_of_year - DAYS_TO_EPOCH;
}

struct date {
    int64_t year;
    int month, day;
};

static struct date
date_from_days(int64_t days)
{
    int64_t n = days + DAYS_TO_EPOCH;
    int64_t cycle = (n >= 0 ? n : n - (DAYS_A_CYCLE - 1)) / DAYS_A_CYCLE;
    int64_t day_of_cycle = n - cycle * DAYS_A_CYCLE;
    int64_t year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 -
                             day_of_cycle / (DAYS_A_CYCLE - 1)) /
                            365;
    int64_t day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int month_from_march = (int)((5 * day_of_year + 2) / 153);
    struct date date;
    date.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    date.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    date.year = cycle * 400 + year_of_cycle + (date.month <= 2);
    return date;
}

static int
days_in_month(int year, int month)
{
    static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* ---- reading ---- */

struct time_reader {
    const char *at, *end;
};

/* Exactly @n digits; -1: there are fewer. */
static int
take_digits(struct time_reader *reader, int n)
{
    int value = 0;
    if (reader->end - reader->at < n)
        return -1;
    for (int i = 0; i < n; i++, reader->at++) {
        if (*reader->at < '0' || *reader->at > '9')
            return -1;
        value = value * 10 + (*reader->at - '0');
    }
    return value;
}

static bool
take_char(struct time_reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static bool
read_date(struct time_reader *reader, int64_t *midnight)
{
    int year = take_digits(reader, 4);
    if (year < 0 || !take_char(reader, '-'))
        return false;
    int month = take_digits(reader, 2);
    if (month < 1 || month > 12 || !take_char(reader, '-'))
        return false;
    int day = take_digits(reader, 2);
    if (day < 1 || day > days_in_month(year, month))
        return false;
    *midnight = days_from_date(year, month, day) * MS_A_DAY;
    return true;
}

/* Digits behind the point, of which three count. */
static bool
read_fraction(struct time_reader *reader, int *ms)
{
    const char *start = reader->at;
    *ms = 0;
    for (int unit = 100; reader->at < reader->end; reader->at++, unit /= 10) {
        if (*reader->at < '0' || *reader->at > '9')
            break;
        *ms += (*reader->at - '0') * unit;
    }
    return reader->at > start;
}

/* hh:mm, hh:mm:ss or with a fraction too. */
static bool
read_time_of_day(struct time_reader *reader, int64_t *ms_out)
{
    int hour = take_digits(reader, 2);
    if (hour < 0 || hour > 23 || !take_char(reader, ':'))
        return false;
    int minute = take_digits(reader, 2);
    if (minute < 0 || minute > 59)
        return false;
    int second = 0, ms = 0;
    if (take_char(reader, ':')) {
        second = take_digits(reader, 2);
        if (second < 0 || second > 60)
            return false;
        if (take_char(reader, '.') && !read_fraction(reader, &ms))
            return false;
        if (second == 60) {
            second = 59;
            ms = 999;
        }
    }
    *ms_out = hour * MS_A_HOUR + minute * MS_A_MINUTE + second * MS_A_SECOND + ms;
    return true;
}

/* Nothing, Z, or how far local time is ahead: +hh:mm, +hhmm, +hh. */
static bool
read_zone(struct time_reader *reader, int64_t *ahead_ms)
{
    *ahead_ms = 0;
    if (reader->at == reader->end || take_char(reader, 'Z'))
        return reader->at == reader->end;
    bool behind = *reader->at == '-';
    if (!behind && *reader->at != '+')
        return false;
    reader->at++;
    int hour = take_digits(reader, 2), minute = 0;
    if (hour < 0 || hour > 23)
        return false;
    if (reader->at < reader->end) {
        take_char(reader, ':');
        minute = take_digits(reader, 2);
        if (minute < 0 || minute > 59)
            return false;
    }
    *ahead_ms = (hour * MS_A_HOUR + minute * MS_A_MINUTE) * (behind ? -1 : 1);
    return reader->at == reader->end;
}

int64_t
value_parse_time(const char *text, size_t n)
{
    struct time_reader reader = { .at = text, .end = text + n };
    int64_t midnight, time_of_day, ahead;
    if (!read_date(&reader, &midnight))
        return LEVADA_NO_TIME;
    if (reader.at == reader.end)
        return midnight;
    if (!take_char(&reader, 'T') && !take_char(&reader, ' '))
        return LEVADA_NO_TIME;
    if (!read_time_of_day(&reader, &time_of_day) || !read_zone(&reader, &ahead))
        return LEVADA_NO_TIME;
    return midnight + time_of_day - ahead;
}

int64_t
value_time(const struct levada_scalar *value)
{
    switch (value->type) {
    case LEVADA_T_TIME:
    case LEVADA_T_I64:
        return value->u.i;
    case LEVADA_T_F64:
        if (value->u.f >= -0x1p63 && value->u.f < 0x1p63 &&
            value->u.f == (double)(int64_t)value->u.f)
            return (int64_t)value->u.f;
        return LEVADA_NO_TIME;
    case LEVADA_T_STR:
        return value_parse_time(value->u.s, value->len);
    default:
        return LEVADA_NO_TIME;
    }
}

/* ---- reading a column ---- */

/* The first thirteen bytes of a time, "2018-12-31T23", and what they mean. */
struct known_hour {
    uint64_t first8, last8; /* overlapping; zero: none yet */
    int64_t start;
};

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Milliseconds of the hour in "hh:mm:ss", all eight bytes at once; -1 where it is not quite that.
 */
static inline int64_t
ms_of_hour(const char *text)
{
    /*
     * Digits become 0 to 9 and colons 0; one more than that, and than 5 for tens of minutes and
     * seconds, sets a byte's high bit in the sum.
     */
    uint64_t x = le64toh(bytes_load8(text)) ^ UINT64_C(0x30303a30303a3030);
    if (((x + UINT64_C(0x767a7f767a7f7676)) | x) & HIGH_BITS)
        return -1;
    /* The second byte of each pair becomes tens * 10 + ones. */
    uint64_t pairs = x * 10 + (x >> 8);
    int64_t minute = pairs >> 24 & 0xff, second = pairs >> 48 & 0xff;
    return (minute * 60 + second) * MS_A_SECOND;
}

/* Milliseconds of ".fff"; -1 where it is not that. */
static inline int64_t
ms_of_fraction(const char *text)
{
    uint32_t x = le32toh(bytes_load4(text)) ^ 0x3030302eu;
    if (x == 0)
        return 0;
    if (((x + 0x7676767fu) | x) & (uint32_t)HIGH_BITS)
        return -1;
    return (x >> 8 & 0xff) * 100 + (x >> 16 & 0xff) * 10 + (x >> 24);
}

/* The common form, "yyyy-mm-ddThh:mm:ss" with or without ".fff", in the known hour; else NO_TIME.
 */
static inline int64_t
time_in_hour(const struct known_hour *hour, const char *text, uint32_t n)
{
    if ((n != 23 && n != 19) || bytes_load8(text) != hour->first8 ||
        bytes_load8(text + 5) != hour->last8)
        return LEVADA_NO_TIME;
    int64_t ms = ms_of_hour(text + 11);
    int64_t fraction = n == 19 ? 0 : ms_of_fraction(text + 19);
    return (ms | fraction) < 0 ? LEVADA_NO_TIME : hour->start + ms + fraction;
}

static int64_t
time_in_new_hour(struct known_hour *hour, const struct levada_scalar *value)
{
    const char *text = value->u.s;
    int64_t time = value_parse_time(text, value->len), midnight;
    struct time_reader date = { text, text + value->len }, hours = { text + 11, text + 13 };
    if (time != LEVADA_NO_TIME && value->len >= 19 && read_date(&date, &midnight)) {
        hour->first8 = bytes_load8(text);
        hour->last8 = bytes_load8(text + 5);
        hour->start = midnight + take_digits(&hours, 2) * MS_A_HOUR;
    }
    return time;
}

void
value_times(const struct levada_scalar *values, uint32_t n, int64_t *times)
{
    struct known_hour hour = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        if (values[i].type != LEVADA_T_STR) {
            times[i] = value_time(&values[i]);
            continue;
        }
        times[i] = time_in_hour(&hour, values[i].u.s, values[i].len);
        if (times[i] == LEVADA_NO_TIME)
            times[i] = time_in_new_hour(&hour, &values[i]);
    }
}

/* ---- writing ---- */

static char *
put_digits(char *at, uint64_t value, int n)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + n;
}

static char *
put_year(char *at, int64_t year)
{
    if (year < 0)
        *at++ = '-';
    uint64_t size = (uint64_t)(year < 0 ? -year : year);
    int digits = 4;
    for (uint64_t limit = 10000; size >= limit; limit *= 10)
        digits++;
    return put_digits(at, size, digits);
}

size_t
value_format_time(int64_t time_ms, char buf[VALUE_TIME_SIZE])
{
    if (time_ms == LEVADA_NO_TIME) {
        buf[0] = '\0';
        return 0;
    }
    int64_t days = time_ms / MS_A_DAY, ms = time_ms % MS_A_DAY;
    if (ms < 0) {
        days--;
        ms += MS_A_DAY;
    }
    struct date date = date_from_days(days);
    char *at = put_year(buf, date.year);
    *at++ = '-';
    at = put_digits(at, (uint64_t)date.month, 2);
    *at++ = '-';
    at = put_digits(at, (uint64_t)date.day, 2);
    *at++ = 'T';
    at = put_digits(at, (uint64_t)(ms / MS_A_HOUR), 2);
    *at++ = ':';
    at = put_digits(at, (uint64_t)(ms / MS_A_MINUTE % 60), 2);
    *at++ = ':';
    at = put_digits(at, (uint64_t)(ms / MS_A_SECOND % 60), 2);
    if (ms % MS_A_SECOND != 0) {
        *at++ = '.';
        at = put_digits(at, (uint64_t)(ms % MS_A_SECOND), 3);
    }
    *at = '\0';
    return (size_t)(at - buf);
}
