/* SPDX-License-Identifier: Apache-2.0 */
#include "exact_sum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct levada_scalar
integer(int64_t i)
{
    return (struct levada_scalar){ .type = LEVADA_T_I64, .u.i = i };
}

static struct levada_scalar
fraction(double f)
{
    return (struct levada_scalar){ .type = LEVADA_T_F64, .u.f = f };
}

static bool
add(struct exact_sum *sum, struct levada_scalar number)
{
    return exact_sum_add(sum, &number);
}

static void
integers_alone_are_exact(void **state)
{
    (void)state;
    struct exact_sum sum = { 0 };
    assert_true(add(&sum, integer((INT64_C(1) << 53) + 1)));
    assert_true(add(&sum, integer(-(INT64_C(1) << 53))));
    assert_true(exact_sum_is_whole(&sum));
    assert_int_equal(sum.whole, 1);
    assert_int_equal(sum.n, 2);
}

static void
integers_that_no_longer_fit_are_refused(void **state)
{
    (void)state;
    struct exact_sum sum = { 0 };
    assert_true(add(&sum, integer(INT64_MAX)));
    assert_false(add(&sum, integer(1)));
    assert_int_equal(sum.n, 1);
    assert_true(add(&sum, integer(-1)));
    assert_int_equal(sum.whole, INT64_MAX - 1);

    struct exact_sum low = { 0 };
    assert_true(add(&low, integer(INT64_MIN)));
    assert_false(add(&low, integer(-1)));
}

static void
beside_a_fraction_they_become_a_double(void **state)
{
    (void)state;
    struct exact_sum sum = { 0 };
    assert_true(add(&sum, fraction(0.5)));
    assert_true(add(&sum, integer(INT64_MAX)));
    assert_true(add(&sum, integer(INT64_MAX)));
    assert_false(exact_sum_is_whole(&sum));
    assert_true(exact_sum_f64(&sum) == 0x1p64);

    struct exact_sum loose = { 0 };
    struct levada_scalar least = integer(INT64_MIN);
    exact_sum_add_loosely(&loose, &least);
    exact_sum_add_loosely(&loose, &least);
    assert_true(exact_sum_f64(&loose) == -0x1p64);
}

static void
fractions_do_not_lose_what_rounding_drops(void **state)
{
    (void)state;
    struct exact_sum sum = { 0 };
    for (int i = 0; i < 10; i++)
        assert_true(add(&sum, fraction(0.1)));
    assert_true(exact_sum_f64(&sum) == 1.0);
    struct exact_sum large = { 0 };
    assert_true(add(&large, fraction(1e100)));
    assert_true(add(&large, fraction(1)));
    assert_true(add(&large, fraction(-1e100)));
    assert_true(exact_sum_f64(&large) == 1.0);
}

static void
sums_of_parts_are_the_sum_of_all(void **state)
{
    (void)state;
    struct exact_sum first = { 0 }, rest = { 0 }, none = { 0 };
    assert_true(add(&first, fraction(1e100)));
    assert_true(add(&first, fraction(1)));
    assert_true(add(&rest, fraction(-1e100)));
    assert_true(add(&rest, integer(INT64_MAX)));
    assert_true(add(&rest, integer(-INT64_MAX + 5)));
    assert_true(exact_sum_merge(&first, &rest));
    assert_true(exact_sum_merge(&first, &none));
    assert_true(exact_sum_f64(&first) == 6.0);
    assert_int_equal(first.n, 5);
    assert_true(exact_sum_merge(&none, &rest));
    assert_true(exact_sum_f64(&none) == exact_sum_f64(&rest));
}

static void
parts_that_no_longer_fit_together_are_refused(void **state)
{
    (void)state;
    struct exact_sum first = { 0 }, rest = { 0 };
    assert_true(add(&first, integer(INT64_MAX)));
    assert_true(add(&rest, integer(1)));
    assert_false(exact_sum_merge(&first, &rest));
    assert_int_equal(first.n, 1);
    assert_int_equal(first.whole, INT64_MAX);
    exact_sum_merge_loosely(&first, &rest);
    assert_true(exact_sum_f64(&first) == 0x1p63);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_alone_are_exact),
        cmocka_unit_test(integers_that_no_longer_fit_are_refused),
        cmocka_unit_test(beside_a_fraction_they_become_a_double),
        cmocka_unit_test(fractions_do_not_lose_what_rounding_drops),
        cmocka_unit_test(sums_of_parts_are_the_sum_of_all),
        cmocka_unit_test(parts_that_no_longer_fit_together_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
