/* SPDX-License-Identifier: Apache-2.0 */
#include "call_times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t
parsed(const char *text)
{
    int64_t seconds = -1;
    assert_true(call_times_parse(text, &seconds));
    return seconds;
}

static void
reads_dates_and_times(void **state)
{
    (void)state;
    assert_int_equal(parsed("1970-01-01"), 0);
    assert_int_equal(parsed("2018-12-31T23:57"), 1546300620);
    assert_int_equal(parsed("2018-10-02T09:11:30"), 1538471490);
    assert_int_equal(parsed("2016-02-29"), 1456704000);
}

static void
refuses_what_is_no_time(void **state)
{
    (void)state;
    const char *texts[] = {
        "", "2018", "2018-13-01", "2018-02-30", "2018-01-01T25:00", "2018-01-01 x", "yesterday"
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int64_t seconds;
        assert_false(call_times_parse(texts[i], &seconds));
    }
}

static void
times_grow_with_the_position_and_stay_in_the_span(void **state)
{
    (void)state;
    struct call_times times = { parsed("2018-10-02T09:11"), parsed("2018-12-31T23:57"), 0 };
    const uint64_t counts[] = { 1, 2, 1000, 100000, 20000000 };
    for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
        times.count = counts[c];
        int64_t before = times.start;
        uint64_t step = counts[c] > 100000 ? counts[c] / 100000 : 1;
        for (uint64_t i = 0; i < counts[c]; i += step) {
            int64_t now = call_times_at(&times, i, UINT64_C(0x9e3779b97f4a7c15) * (i + 1));
            assert_true(now >= before && now <= times.end);
            before = now;
        }
    }
}

static void
the_extremes_of_chance_keep_the_order(void **state)
{
    (void)state;
    struct call_times times = { parsed("2018-12-31"), parsed("2018-12-31T01:00"), 10 };
    for (uint64_t i = 0; i + 1 < times.count; i++) {
        for (uint64_t random = 0; random < 3000; random += 7)
            assert_true(call_times_at(&times, i, random) <= call_times_at(&times, i + 1, 0));
    }
}

static void
a_trillion_calls_do_not_overflow(void **state)
{
    (void)state;
    struct call_times times = { parsed("0001-01-01"), parsed("9999-12-31"),
                                UINT64_C(1000000000000) };
    assert_int_equal(call_times_at(&times, 0, 0), times.start);
    int64_t last = call_times_at(&times, times.count - 1, 0);
    assert_in_range(times.end - last, 0, 1);
}

static void
more_calls_come_in_the_afternoon(void **state)
{
    (void)state;
    struct call_times times = { parsed("2018-12-01"), parsed("2018-12-30T23:59:59"), 100000 };
    unsigned by_hour[24] = { 0 };
    for (uint64_t i = 0; i < times.count; i++)
        by_hour[call_times_at(&times, i, i * 31) / 3600 % 24]++;
    assert_true(by_hour[17] > 4 * by_hour[4]);
    assert_true(by_hour[4] > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_dates_and_times),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(times_grow_with_the_position_and_stay_in_the_span),
        cmocka_unit_test(the_extremes_of_chance_keep_the_order),
        cmocka_unit_test(a_trillion_calls_do_not_overflow),
        cmocka_unit_test(more_calls_come_in_the_afternoon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
