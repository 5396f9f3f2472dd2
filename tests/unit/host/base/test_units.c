/* SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t
duration(const char *text)
{
    int64_t ns = -1;
    assert_true(units_parse_duration(text, &ns));
    return ns;
}

static int64_t
size(const char *text)
{
    int64_t bytes = -1;
    assert_true(units_parse_size(text, &bytes));
    return bytes;
}

static void
reads_durations_in_every_unit(void **state)
{
    (void)state;
    assert_int_equal(duration("7 ns"), 7);
    assert_int_equal(duration("7us"), 7000);
    assert_int_equal(duration("150 ms"), 150000000);
    assert_int_equal(duration("5 s"), INT64_C(5000000000));
    assert_int_equal(duration("60 min"), INT64_C(3600000000000));
    assert_int_equal(duration("1h"), INT64_C(3600000000000));
    assert_int_equal(duration("2 d"), INT64_C(172800000000000));
    assert_int_equal(duration("0 s"), 0);
}

static void
reads_decimals_exactly(void **state)
{
    (void)state;
    assert_int_equal(duration("0.1 s"), 100000000);
    assert_int_equal(duration("1.5 min"), INT64_C(90000000000));
    assert_int_equal(duration("0.123456789 s"), 123456789);
    assert_int_equal(size("1.5 KiB"), 1536);
}

static void
reads_sizes_in_every_unit(void **state)
{
    (void)state;
    assert_int_equal(size("1 B"), 1);
    assert_int_equal(size("1 kB"), 1000);
    assert_int_equal(size("1KB"), 1000);
    assert_int_equal(size("64 KiB"), 65536);
    assert_int_equal(size("10 MB"), 10000000);
    assert_int_equal(size("1MiB"), 1048576);
    assert_int_equal(size("2 GB"), INT64_C(2000000000));
    assert_int_equal(size("1 GiB"), INT64_C(1073741824));
    assert_int_equal(size("1 TB"), INT64_C(1000000000000));
    assert_int_equal(size("1 TiB"), INT64_C(1099511627776));
}

static void
refuses_what_has_no_unit_or_another(void **state)
{
    (void)state;
    static const char *const bad[] = { "",      "5",     "s",      "5 m",   "5 S",  "-5 s",
                                       "+5 s",  " 5 s",  "5 s ",   "5. s",  ".5 s", "5 s s",
                                       "1e3 s", "5,0 s", "5 min2", "five s" };
    int64_t ns;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(units_parse_duration(bad[i], &ns));
    assert_false(units_parse_size("5 kb", &ns));
    assert_false(units_parse_size("5 s", &ns));
}

static void
refuses_what_does_not_fit(void **state)
{
    (void)state;
    int64_t ns;
    assert_true(units_parse_duration("9223372036854775807 ns", &ns));
    assert_int_equal(ns, INT64_MAX);
    assert_false(units_parse_duration("9223372036854775808 ns", &ns));
    assert_false(units_parse_duration("106752 d", &ns));
    assert_false(units_parse_duration("99999999999999999999999999999999999999999999 ns", &ns));
}

static void
writes_the_shortest_exact_form(void **state)
{
    (void)state;
    char buf[40];
    assert_string_equal(units_format_duration(0, buf, sizeof(buf)), "0 s");
    assert_string_equal(units_format_duration(INT64_C(90000000000), buf, sizeof(buf)), "90 s");
    assert_string_equal(units_format_duration(INT64_C(3600000000000), buf, sizeof(buf)), "1 h");
    assert_string_equal(units_format_duration(1500000, buf, sizeof(buf)), "1500 us");
    assert_string_equal(units_format_size(0, buf, sizeof(buf)), "0 B");
    assert_string_equal(units_format_size(1048576, buf, sizeof(buf)), "1 MiB");
    assert_string_equal(units_format_size(1000000, buf, sizeof(buf)), "1 MB");
    assert_string_equal(units_format_size(1001, buf, sizeof(buf)), "1001 B");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_durations_in_every_unit),
        cmocka_unit_test(reads_decimals_exactly),
        cmocka_unit_test(reads_sizes_in_every_unit),
        cmocka_unit_test(refuses_what_has_no_unit_or_another),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(writes_the_shortest_exact_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
