/* SPDX-License-Identifier: Apache-2.0 */
#include "pace/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static void
no_rate_allows_everything(void **state)
{
    (void)state;
    struct pace pace = { 0 };
    assert_int_equal(pace_allows(&pace, 0, 12345), 12345);
    pace_took(&pace, 12345);
    assert_int_equal(pace_wait_ns(&pace), 0);
}

/* What a source that polls every @step_ns emits in @seconds. */
static uint64_t
emitted(int64_t rate, int64_t step_ns, int64_t seconds)
{
    struct pace pace = { .rate = rate };
    uint64_t sum = 0;
    for (int64_t now = 0; now < seconds * 1000 * MS; now += step_ns) {
        uint32_t n = pace_allows(&pace, now, 1000);
        pace_took(&pace, n);
        sum += n;
    }
    return sum;
}

static void
keeps_the_rate_whatever_the_steps(void **state)
{
    (void)state;
    assert_in_range(emitted(1, 50 * MS, 100), 100, 101);
    assert_in_range(emitted(7, 13 * MS, 100), 699, 701);
    assert_in_range(emitted(1000, MS, 10), 9980, 10010);
    assert_in_range(emitted(1000, 500 * MS, 10), 9500, 10010);
    assert_in_range(emitted(100000, MS, 10), 998000, 1001000);
}

static void
a_pause_does_not_make_a_flood(void **state)
{
    (void)state;
    struct pace pace = { .rate = 100 };
    pace_took(&pace, pace_allows(&pace, 0, 1000));
    uint32_t after_an_hour = pace_allows(&pace, 3600 * 1000 * MS, 1000);
    assert_int_equal(after_an_hour, 100);
}

static void
tells_how_long_to_wait(void **state)
{
    (void)state;
    struct pace pace = { .rate = 10 };
    assert_int_equal(pace_allows(&pace, 5, 10), 1);
    pace_took(&pace, 1);
    assert_int_equal(pace_allows(&pace, 5, 10), 0);
    assert_int_equal(pace_wait_ns(&pace), 100 * MS);
    assert_int_equal(pace_allows(&pace, 5 + 100 * MS - 1, 10), 0);
    assert_int_equal(pace_allows(&pace, 5 + 100 * MS, 10), 1);
}

static void
the_highest_rate_does_not_overflow(void **state)
{
    (void)state;
    struct pace pace = { .rate = PACE_RATE_MAX };
    pace_took(&pace, pace_allows(&pace, 0, 1000));
    pace_took(&pace, pace_allows(&pace, 999 * MS, UINT32_MAX));
    assert_int_equal(pace_allows(&pace, 1000 * 1000 * MS, UINT32_MAX), PACE_RATE_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rate_allows_everything),
        cmocka_unit_test(keeps_the_rate_whatever_the_steps),
        cmocka_unit_test(a_pause_does_not_make_a_flood),
        cmocka_unit_test(tells_how_long_to_wait),
        cmocka_unit_test(the_highest_rate_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
