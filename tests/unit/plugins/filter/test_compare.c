/* SPDX-License-Identifier: Apache-2.0 */
#include "compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <levada/helpers.h>
#include <math.h>
#include <string.h>

static struct levada_scalar
text(const char *string)
{
    return levada_str(string, (uint32_t)strlen(string));
}

static struct levada_scalar
integer(int64_t value)
{
    return (struct levada_scalar){ .type = LEVADA_T_I64, .u.i = value };
}

static struct levada_scalar
real(double value)
{
    return (struct levada_scalar){ .type = LEVADA_T_F64, .u.f = value };
}

/* As a string of signs: those of < = > ! that hold. */
static const char *
signs(struct levada_scalar a, struct levada_scalar b)
{
    static char held[8];
    size_t n = 0;
    if (compare_holds(COMPARE_LESS, &a, &b))
        held[n++] = '<';
    if (compare_holds(COMPARE_EQUAL, &a, &b))
        held[n++] = '=';
    if (compare_holds(COMPARE_GREATER, &a, &b))
        held[n++] = '>';
    if (compare_holds(COMPARE_UNEQUAL, &a, &b))
        held[n++] = '!';
    held[n] = '\0';
    assert_int_equal(compare_holds(COMPARE_LESS_OR_EQUAL, &a, &b), strpbrk(held, "<=") != NULL);
    assert_int_equal(compare_holds(COMPARE_GREATER_OR_EQUAL, &a, &b), strpbrk(held, ">=") != NULL);
    return held;
}

static void
numbers_compare_by_value(void **state)
{
    (void)state;
    struct levada_scalar large = text("36893488147419103232"); /* 2 to the 65th */
    large.type = LEVADA_T_NUM;
    assert_string_equal(signs(integer(1), integer(2)), "<!");
    assert_string_equal(signs(integer(2), real(2.0)), "=");
    assert_string_equal(signs(real(2.5), integer(2)), ">!");
    assert_string_equal(signs(large, integer(INT64_MAX)), ">!");
    assert_string_equal(signs(integer(INT64_MAX), real(9223372036854775808.0)), "<!");
    assert_string_equal(signs(real(NAN), real(NAN)), "!");
}

static void
texts_compare_by_bytes(void **state)
{
    (void)state;
    assert_string_equal(signs(text("ab"), text("abc")), "<!");
    assert_string_equal(signs(text("b"), text("abc")), ">!");
    assert_string_equal(signs(text(""), text("")), "=");
    assert_string_equal(signs(text("\xc3\xa9"), text("z")), ">!");
}

static void
times_compare_with_texts_that_are_times(void **state)
{
    (void)state;
    struct levada_scalar time = { .type = LEVADA_T_TIME, .u.i = 1546300620000 };
    assert_string_equal(signs(time, text("2018-12-31T23:57:00")), "=");
    assert_string_equal(signs(time, text("2018-12-31")), ">!");
    assert_string_equal(signs(text("2018-12-31"), time), "<!");
    assert_string_equal(signs(time, text("yesterday")), "!");
    assert_string_equal(signs(time, integer(1546300620000)), "!");
}

static void
different_types_are_unequal_and_neither_is_less(void **state)
{
    (void)state;
    struct levada_scalar yes = { .type = LEVADA_T_BOOL, .u.i = 1 };
    struct levada_scalar no = { .type = LEVADA_T_BOOL };
    assert_string_equal(signs(text("22"), integer(22)), "!");
    assert_string_equal(signs(yes, integer(1)), "!");
    assert_string_equal(signs(no, yes), "<!");
}

static void
nothing_holds_with_null_or_missing(void **state)
{
    (void)state;
    struct levada_scalar null = { .type = LEVADA_T_NULL };
    struct levada_scalar missing = { .type = LEVADA_T_MISSING };
    assert_string_equal(signs(null, null), "");
    assert_string_equal(signs(missing, text("a")), "");
    assert_string_equal(signs(integer(1), null), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_compare_by_value),
        cmocka_unit_test(texts_compare_by_bytes),
        cmocka_unit_test(times_compare_with_texts_that_are_times),
        cmocka_unit_test(different_types_are_unequal_and_neither_is_less),
        cmocka_unit_test(nothing_holds_with_null_or_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
