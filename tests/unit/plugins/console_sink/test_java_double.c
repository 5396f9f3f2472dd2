/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/java_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
assert_prints(double value, const char *expected)
{
    char buf[JAVA_DOUBLE_SIZE + 1] = "";

    buf[java_double(value, buf)] = '\0';
    assert_string_equal(buf, expected);
}

static void
always_has_a_fraction(void **state)
{
    (void)state;
    assert_prints(1, "1.0");
    assert_prints(-1, "-1.0");
    assert_prints(100, "100.0");
    assert_prints(9999999, "9999999.0");
    assert_prints(123456.75, "123456.75");
    assert_prints(0, "0.0");
    assert_prints(-0.0, "-0.0");
}

static void
prints_the_shortest_digits_that_read_back(void **state)
{
    (void)state;
    assert_prints(0.1, "0.1");
    assert_prints(0.1 + 0.2, "0.30000000000000004");
    assert_prints(1.0 / 3, "0.3333333333333333");
    assert_prints(2.0 / 3, "0.6666666666666666");
    assert_prints(1.1, "1.1");
    assert_prints(9007199254740993.0, "9.007199254740992E15");
}

static void
turns_to_powers_of_ten_where_java_does(void **state)
{
    (void)state;
    assert_prints(0.001, "0.001");
    assert_prints(0.00123, "0.00123");
    assert_prints(0.000999, "9.99E-4");
    assert_prints(1e7, "1.0E7");
    assert_prints(12345678, "1.2345678E7");
    assert_prints(1e20, "1.0E20");
    assert_prints(-1.5e-10, "-1.5E-10");
    assert_prints(1e23, "1.0E23");
}

static void
prints_the_ends_of_the_range(void **state)
{
    (void)state;
    assert_prints(DBL_MAX, "1.7976931348623157E308");
    assert_prints(DBL_MIN, "2.2250738585072014E-308");
    assert_prints(4.9e-324, "4.9E-324");
    assert_prints(INFINITY, "Infinity");
    assert_prints(-INFINITY, "-Infinity");
    assert_prints(NAN, "NaN");
    assert_prints(-NAN, "NaN");
}

static void
reads_back_as_the_same_number(void **state)
{
    uint64_t bits = 88172645463325252u;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char buf[JAVA_DOUBLE_SIZE + 1];
        double value;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        size_t n = java_double(value, buf);
        assert_in_range(n, 3, JAVA_DOUBLE_SIZE);
        buf[n] = '\0';
        assert_true(strtod(buf, NULL) == value);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(always_has_a_fraction),
        cmocka_unit_test(prints_the_shortest_digits_that_read_back),
        cmocka_unit_test(turns_to_powers_of_ten_where_java_does),
        cmocka_unit_test(prints_the_ends_of_the_range),
        cmocka_unit_test(reads_back_as_the_same_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
