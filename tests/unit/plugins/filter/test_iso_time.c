/* SPDX-License-Identifier: Apache-2.0 */
#include "iso_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <levada/plugin.h>
#include <string.h>

static int64_t
parse(const char *text)
{
    return iso_time_parse(text, strlen(text));
}

static void
reads_dates_and_times(void **state)
{
    (void)state;
    assert_int_equal(parse("1970-01-01"), 0);
    assert_int_equal(parse("2018-12-31"), 1546214400000);
    assert_int_equal(parse("2018-12-31T23:57:00.000"), 1546300620000);
    assert_int_equal(parse("2018-12-31 23:57"), 1546300620000);
    assert_int_equal(parse("2018-12-31T23:57:00.1239999"), 1546300620123);
    assert_int_equal(parse("2000-02-29"), 951782400000);
    assert_int_equal(parse("1969-12-31T23:59:59.999"), -1);
    assert_int_equal(parse("0001-01-01"), -62135596800000);
}

static void
knows_zones(void **state)
{
    (void)state;
    assert_int_equal(parse("2018-12-31T23:57:00Z"), 1546300620000);
    assert_int_equal(parse("2018-12-31T23:57+01:00"), 1546297020000);
    assert_int_equal(parse("2018-12-31T23:57-0130"), 1546306020000);
    assert_int_equal(parse("2018-12-31T23:57-01"), 1546304220000);
}

static void
takes_a_leap_second_as_the_end_of_its_minute(void **state)
{
    (void)state;
    assert_int_equal(parse("2016-12-31T23:59:60"), 1483228799999);
    assert_int_equal(parse("2016-12-31T23:59:60.500Z"), 1483228799999);
}

static void
refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2018",
        "2018-13-01",
        "2018-02-29",
        "2018-02-31",
        "1900-02-29",
        "2018-12-31T",
        "2018-12-31T24:00",
        "2018-12-31T10:61",
        "2018-12-31T10:00:",
        "0000-01-01",
        "2018-1-1",
        "2018-12-31T10",
        "2018-12-31T10:00:00.",
        "2018-12-31T10:00+1",
        "2018-12-31x",
        " 2018-12-31",
        "2018-12-31T10:00Zx",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (parse(texts[i]) != LEVADA_NO_TIME)
            fail_msg("\"%s\" was taken for a time", texts[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_dates_and_times),
        cmocka_unit_test(knows_zones),
        cmocka_unit_test(takes_a_leap_second_as_the_end_of_its_minute),
        cmocka_unit_test(refuses_what_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
