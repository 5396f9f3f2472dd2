/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS 1000000LL

/* Looks every 250 ms from @from_ms up to @to_ms at what grows by @step every @every_ms. */
static double
watch(struct rate *rate, int64_t from_ms, int64_t to_ms, int64_t every_ms, uint64_t step)
{
    double now = 0;
    for (int64_t ms = from_ms; ms <= to_ms; ms += 250)
        now = rate_look(rate, ms * MS, (uint64_t)(ms / every_ms) * step);
    return now;
}

static void
a_steady_count_has_its_rate(void **state)
{
    (void)state;
    struct rate rate = { 0 };
    assert_float_equal(watch(&rate, 0, 250, 250, 100), 400, 0.1);
    assert_float_equal(watch(&rate, 500, 20000, 250, 100), 400, 0.1);
}

static void
between_triggers_the_rate_stays(void **state)
{
    (void)state;
    struct rate rate = { 0 };
    watch(&rate, 0, 10000, 1000, 3000);
    for (int64_t ms = 10250; ms <= 15000; ms += 250)
        assert_float_equal(watch(&rate, ms, ms, 1000, 3000), 3000, 0.1);
}

static void
the_first_look_knows_no_rate(void **state)
{
    (void)state;
    struct rate rate = { 0 };
    assert_float_equal(rate_look(&rate, 5000 * MS, 700), 0, 0);
    assert_float_equal(rate_look(&rate, 5250 * MS, 700), 0, 0);
}

static void
what_stands_still_becomes_slower_and_then_nothing(void **state)
{
    (void)state;
    struct rate rate = { 0 };
    watch(&rate, 0, 7000, 1000, 3000);
    assert_float_equal(rate_look(&rate, 9000 * MS, 21000), 3000, 0.1);
    assert_float_equal(rate_look(&rate, 10500 * MS, 21000), 2000, 0.1);
    assert_float_equal(rate_look(&rate, 15000 * MS, 21000), 0, 0);
}

static void
a_count_that_begins_anew_is_no_rate(void **state)
{
    (void)state;
    struct rate rate = { 0 };
    watch(&rate, 0, 5000, 250, 100);
    assert_float_equal(rate_look(&rate, 5250 * MS, 10), 0, 0);
    assert_float_equal(rate_look(&rate, 5500 * MS, 110), 400, 0.1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_count_has_its_rate),
        cmocka_unit_test(between_triggers_the_rate_stays),
        cmocka_unit_test(the_first_look_knows_no_rate),
        cmocka_unit_test(what_stands_still_becomes_slower_and_then_nothing),
        cmocka_unit_test(a_count_that_begins_anew_is_no_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
