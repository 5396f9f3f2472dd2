/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record/value.h"

#define MIDNIGHT INT64_C(1546214400000) /* 2018-12-31 */

static int64_t
parse(const char *text)
{
    return value_parse_time(text, strlen(text));
}

/* Each text alone, and in a column behind two others of its date, where its date is known. */
static void
assert_time(const char *text, int64_t expected)
{
    struct levada_scalar values[3];
    int64_t times[3];
    char copies[3][64];
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(text);
        memcpy(copies[i], text, n);
        if (i == 0 && n >= 10)
            n = (size_t)sprintf(copies[i], "%.10sT01:02:03.004", text);
        values[i] = (struct levada_scalar){ LEVADA_T_STR, (uint32_t)n, { .s = copies[i] } };
    }
    value_times(values, 3, times);
    if (parse(text) != expected || times[1] != expected || times[2] != expected)
        fail_msg("%s: %lld, in a column %lld, expected %lld", text, (long long)parse(text),
                 (long long)times[2], (long long)expected);
}

static void
reads_the_forms_of_iso_8601(void **state)
{
    (void)state;
    const int64_t t = MIDNIGHT + (23 * 3600 + 57 * 60) * INT64_C(1000);
    assert_time("2018-12-31T23:57:00.000", t);
    assert_time("2018-12-31 23:57:00", t);
    assert_time("2018-12-31T23:57", t);
    assert_time("2018-12-31T23:57:08", t + 8000);
    assert_time("2018-12-31T23:57:08.1", t + 8100);
    assert_time("2018-12-31T23:57:08.123", t + 8123);
    assert_time("2018-12-31T23:57:08.1239999999", t + 8123);
    assert_time("2018-12-31T23:57:00Z", t);
    assert_time("2018-12-31T23:57Z", t);
    assert_time("2018-12-31T23:57:00.000Z", t);
    assert_time("2018-12-31T23:57:00+01:00", t - 3600000);
    assert_time("2018-12-31T23:57:00.5-0830", t + 500 + 30600000);
    assert_time("2018-12-31T23:57:00+02", t - 7200000);
    assert_time("2018-12-31", MIDNIGHT);
    assert_time("2018-12-31T00:00:00", MIDNIGHT);
    assert_time("2018-12-31T23:59:60", MIDNIGHT + 86399999);
    assert_time("2018-12-31T23:59:60.000", MIDNIGHT + 86399999);
    assert_time("1970-01-01T00:00:00.000", 0);
    assert_time("1969-12-31T23:59:59.999", -1);
    assert_time("0000-03-01", INT64_C(-62162035200000));
}

static void
refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "x",
        "2018",
        "2018-12",
        "2018-12-3",
        "2018-13-01",
        "2018-00-01",
        "2018-12-00",
        "2018-12-32",
        "2018-02-29",
        "1900-02-29",
        "2018-04-31",
        "2018-12-31T",
        "2018-12-31T24:00:00",
        "2018-12-31T23",
        "2018-12-31T23:60:00",
        "2018-12-31T23:57:61",
        "2018-12-31T23:57:",
        "2018-12-31T23:57:0",
        "2018-12-31T23:57:00.",
        "2018-12-31T23:57:00,000",
        "2018-12-31T23:57:00.00x",
        "2018-12-31T23:57:0:",
        "2018-12-31T2:357:00",
        "2018-12-31T23:57;00",
        "2018-12-31T23:57:00.000 ",
        "2018-12-31T23:57:00ZZ",
        "2018-12-31T23:57:00+",
        "2018-12-31T23:57:00+1",
        "2018-12-31T23:57:00+24:00",
        "2018-12-31T23:57:00+01:60",
        "2018-12-31T23:57:00+01:",
        "2018-12-31t23:57:00",
        "2018-12-31  23:57:00",
        "2018-12-31Z",
        " 2018-12-31",
        "-018-12-31",
        "2018-12-31T\xb2\xb3:57:00",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_time(wrong[i], LEVADA_NO_TIME);
}

static void
knows_leap_years(void **state)
{
    (void)state;
    assert_time("2016-02-29", INT64_C(1456704000000));
    assert_time("2000-02-29", INT64_C(951782400000));
    assert_time("2017-02-29", LEVADA_NO_TIME);
}

/* Every byte of the common form, replaced by each other one: the short way must agree with the
 * long. */
static void
reads_columns_as_it_reads_single_times(void **state)
{
    (void)state;
    static const char good[] = "2018-12-31T23:57:09.123";
    for (size_t at = 0; at < sizeof(good) - 1; at++) {
        for (int c = 0; c < 256; c++) {
            char text[sizeof(good)];
            memcpy(text, good, sizeof(good));
            text[at] = (char)c;
            struct levada_scalar values[] = {
                { LEVADA_T_STR, 23, { .s = good } },
                { LEVADA_T_STR, 23, { .s = text } },
                { LEVADA_T_STR, 19, { .s = text } },
            };
            int64_t times[3];
            value_times(values, 3, times);
            assert_int_equal(times[0], MIDNIGHT + 86229123);
            assert_int_equal(times[1], value_parse_time(text, 23));
            assert_int_equal(times[2], value_parse_time(text, 19));
        }
    }
}

static void
takes_numbers_for_milliseconds(void **state)
{
    (void)state;
    const struct levada_scalar values[] = {
        { LEVADA_T_TIME, 0, { .i = 5 } },    { LEVADA_T_I64, 0, { .i = -5 } },
        { LEVADA_T_F64, 0, { .f = 7.0 } },   { LEVADA_T_F64, 0, { .f = 7.5 } },
        { LEVADA_T_F64, 0, { .f = 1e300 } }, { LEVADA_T_F64, 0, { .f = __builtin_nan("") } },
        { LEVADA_T_MISSING, 0, { .i = 0 } }, { LEVADA_T_NULL, 0, { .i = 0 } },
        { LEVADA_T_BOOL, 0, { .i = 1 } },
    };
    const int64_t expected[] = { 5,
                                 -5,
                                 7,
                                 LEVADA_NO_TIME,
                                 LEVADA_NO_TIME,
                                 LEVADA_NO_TIME,
                                 LEVADA_NO_TIME,
                                 LEVADA_NO_TIME,
                                 LEVADA_NO_TIME };
    int64_t times[9];
    value_times(values, 9, times);
    assert_memory_equal(times, expected, sizeof(times));
    for (int i = 0; i < 9; i++)
        assert_int_equal(value_time(&values[i]), expected[i]);
}

static void
writes_a_fraction_only_where_there_is_one(void **state)
{
    (void)state;
    char buf[VALUE_TIME_SIZE];
    assert_int_equal(value_format_time(MIDNIGHT, buf), 19);
    assert_string_equal(buf, "2018-12-31T00:00:00");
    assert_int_equal(value_format_time(MIDNIGHT + 7, buf), 23);
    assert_string_equal(buf, "2018-12-31T00:00:00.007");
    assert_int_equal(value_format_time(LEVADA_NO_TIME, buf), 0);
    assert_string_equal(buf, "");
}

static void
writes_the_whole_range(void **state)
{
    (void)state;
    char buf[VALUE_TIME_SIZE];
    value_format_time(INT64_MAX, buf);
    assert_string_equal(buf, "292278994-08-17T07:12:55.807");
    value_format_time(INT64_MIN + 1, buf);
    assert_string_equal(buf, "-292275055-05-16T16:47:04.193");
    value_format_time(-1, buf);
    assert_string_equal(buf, "1969-12-31T23:59:59.999");
}

/* Against the C library, a day and a bit at a time, over 2,000 years. */
static void
agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t s = INT64_C(-30000000000); s < INT64_C(33000000000); s += 90061) {
        char buf[VALUE_TIME_SIZE], expected[VALUE_TIME_SIZE];
        time_t seconds = (time_t)s;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &tm);
        value_format_time(s * 1000, buf);
        assert_string_equal(buf, expected);
        assert_int_equal(parse(buf), s * 1000);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_forms_of_iso_8601),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(knows_leap_years),
        cmocka_unit_test(reads_columns_as_it_reads_single_times),
        cmocka_unit_test(takes_numbers_for_milliseconds),
        cmocka_unit_test(writes_a_fraction_only_where_there_is_one),
        cmocka_unit_test(writes_the_whole_range),
        cmocka_unit_test(agrees_with_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
