/* SPDX-License-Identifier: Apache-2.0 */
#include "call_times.h"

#include <time.h>

#define HOUR 3600
#define DAY (24 * HOUR)

/* A busy hour has many units a second, a quiet one few; between two units calls are equally likely.
 */
static const uint32_t units_of_hour[24] = {
    5262,  4184,  3727,  2870,  2618,  2755,  4324,  8048, 9552, 10277, 10285, 10583,
    10987, 10860, 10847, 11250, 13372, 13484, 12589, 9856, 8253, 8073,  8918,  7025,
};
#define UNITS_A_DAY (INT64_C(199999) * HOUR)

static int64_t
floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t
units_until(int64_t seconds)
{
    int64_t day = floor_divide(seconds, DAY);
    int64_t left = seconds - day * DAY;
    int64_t units = day * UNITS_A_DAY;
    unsigned hour = 0;
    for (; left >= HOUR; left -= HOUR)
        units += (int64_t)units_of_hour[hour++] * HOUR;
    return units + left * units_of_hour[hour];
}

static int64_t
seconds_at(int64_t units)
{
    int64_t day = floor_divide(units, UNITS_A_DAY);
    int64_t left = units - day * UNITS_A_DAY;
    unsigned hour = 0;
    for (; left >= (int64_t)units_of_hour[hour] * HOUR; hour++)
        left -= (int64_t)units_of_hour[hour] * HOUR;
    return day * DAY + hour * HOUR + left / units_of_hour[hour];
}

/* a * b / c, where a * b needs up to 128 bits. */
static uint64_t
scale(uint64_t a, uint64_t b, uint64_t c)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)a * b / c);
}

int64_t
call_times_at(const struct call_times *times, uint64_t position, uint64_t random)
{
    int64_t first = units_until(times->start);
    uint64_t span = (uint64_t)(units_until(times->end + 1) - first);
    uint64_t from = scale(span, position, times->count);
    uint64_t to = scale(span, position + 1, times->count);
    uint64_t place = to > from ? from + random % (to - from) : from;
    return seconds_at(first + (int64_t)place);
}

bool
call_times_parse(const char *text, int64_t *seconds)
{
    static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S" };
    for (unsigned i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct tm date = { 0 };
        const char *rest = strptime(text, forms[i], &date);
        if (rest == NULL || *rest != 0)
            continue;
        struct tm normal = date;
        *seconds = timegm(&normal);
        return normal.tm_mday == date.tm_mday; /* strptime() takes the 31st of February */
    }
    return false;
}
