/* SPDX-License-Identifier: Apache-2.0 */
#include "value_order.h"

#include <levada/helpers.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define INTEGER(n)                                                                                 \
    {                                                                                              \
        .type = LEVADA_T_I64, .u.i = (n)                                                           \
    }
#define FRACTION(n)                                                                                \
    {                                                                                              \
        .type = LEVADA_T_F64, .u.f = (n)                                                           \
    }
#define TEXT(n, text)                                                                              \
    {                                                                                              \
        .type = LEVADA_T_STR, .len = (n), .u.s = (text)                                            \
    }

static int
sign(int n)
{
    return (n > 0) - (n < 0);
}

static void
every_value_is_above_those_before_it(void **state)
{
    (void)state;
    static const struct levada_scalar values[] = {
        { .type = LEVADA_T_BOOL, .u.i = 0 },
        { .type = LEVADA_T_BOOL, .u.i = 1 },
        FRACTION(-1e300),
        INTEGER(INT64_MIN),
        FRACTION(-1.5),
        INTEGER(-1),
        FRACTION(-0.5),
        INTEGER(0),
        FRACTION(0.25),
        INTEGER(1),
        FRACTION(1.5),
        FRACTION(0x1p53),
        INTEGER((INT64_C(1) << 53) + 1),
        INTEGER(INT64_MAX),
        FRACTION(0x1p63),
        TEXT(0, ""),
        TEXT(1, "B"),
        TEXT(1, "a"),
        TEXT(2, "ab"),
        TEXT(1, "\xC3"),
        { .type = LEVADA_T_TIME, .u.i = -5 },
        { .type = LEVADA_T_TIME, .u.i = 5 },
    };
    int n = sizeof(values) / sizeof(*values);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            assert_int_equal(sign(value_order(&values[i], &values[j])), sign(i - j));
}

static void
a_number_is_equal_in_both_types(void **state)
{
    (void)state;
    struct levada_scalar i = INTEGER(-7), f = FRACTION(-7);
    assert_int_equal(value_order(&i, &f), 0);
    assert_int_equal(value_order(&f, &i), 0);
    struct levada_scalar low = INTEGER(INT64_MIN), low_f = FRACTION(-0x1p63);
    assert_int_equal(value_order(&low, &low_f), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_above_those_before_it),
        cmocka_unit_test(a_number_is_equal_in_both_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
