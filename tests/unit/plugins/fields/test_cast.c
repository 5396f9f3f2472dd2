/* SPDX-License-Identifier: Apache-2.0 */
#include "cast.h"

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
number(const char *string)
{
    struct levada_scalar value = text(string);
    value.type = LEVADA_T_NUM;
    return value;
}

static struct levada_scalar
integer(uint32_t type, int64_t i)
{
    return (struct levada_scalar){ .type = type, .u.i = i };
}

static struct levada_scalar
real(double f)
{
    return (struct levada_scalar){ .type = LEVADA_T_F64, .u.f = f };
}

static void
expect_integer(enum cast_type to, struct levada_scalar from, int64_t expected)
{
    struct levada_scalar out;
    assert_true(cast_value(to, &from, &out));
    assert_int_equal(out.type, to == CAST_BOOL ? LEVADA_T_BOOL : LEVADA_T_I64);
    assert_int_equal(out.u.i, expected);
}

static void
expect_real(struct levada_scalar from, double expected)
{
    struct levada_scalar out;
    assert_true(cast_value(CAST_FLOAT, &from, &out));
    assert_int_equal(out.type, LEVADA_T_F64);
    assert_true(out.u.f == expected);
}

static void
refuse(enum cast_type to, struct levada_scalar from)
{
    struct levada_scalar out = { .type = 99 };
    assert_false(cast_value(to, &from, &out));
    assert_int_equal(out.type, 99); /* untouched */
}

static void
casts_to_int(void **state)
{
    (void)state;
    expect_integer(CAST_INT, text("183654379"), 183654379);
    expect_integer(CAST_INT, text("-9223372036854775808"), INT64_MIN);
    expect_integer(CAST_INT, text("+7"), 7);
    expect_integer(CAST_INT, integer(LEVADA_T_I64, -3), -3);
    expect_integer(CAST_INT, integer(LEVADA_T_BOOL, 1), 1);
    expect_integer(CAST_INT, integer(LEVADA_T_TIME, 1546300620000), 1546300620000);
    expect_integer(CAST_INT, real(-2.0), -2);
    expect_integer(CAST_INT, real(-0x1p63), INT64_MIN);
}

static void
refuses_what_is_no_int(void **state)
{
    (void)state;
    static const char *const texts[] = { "",    " 2",   "2 ",
                                         "2.0", "0x10", "1e3",
                                         "-",   "abc",  "9223372036854775808" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        refuse(CAST_INT, text(texts[i]));
    refuse(CAST_INT, levada_str("1\0002", 3));
    refuse(CAST_INT, real(2.5));
    refuse(CAST_INT, real(0x1p63));
    refuse(CAST_INT, real(NAN));
    refuse(CAST_INT, number("18446744073709551616"));
    refuse(CAST_INT, (struct levada_scalar){ .type = LEVADA_T_JSON, .len = 2, .u.s = "[]" });
}

static void
casts_to_float(void **state)
{
    (void)state;
    expect_real(text("1e-3"), 1e-3);
    expect_real(text("22"), 22.0);
    expect_real(number("18446744073709551616"), 0x1p64);
    expect_real(integer(LEVADA_T_I64, 3), 3.0);
    expect_real(integer(LEVADA_T_BOOL, 1), 1.0);
    refuse(CAST_FLOAT, text(""));
    refuse(CAST_FLOAT, text("inf"));
    refuse(CAST_FLOAT, text("nan"));
    refuse(CAST_FLOAT, text("0x1p3"));
    refuse(CAST_FLOAT, text("1e999"));
    refuse(CAST_FLOAT, text("1.5 m"));
}

static void
casts_to_bool(void **state)
{
    (void)state;
    expect_integer(CAST_BOOL, text("true"), 1);
    expect_integer(CAST_BOOL, text("False"), 0);
    expect_integer(CAST_BOOL, text("1"), 1);
    expect_integer(CAST_BOOL, integer(LEVADA_T_I64, 0), 0);
    expect_integer(CAST_BOOL, integer(LEVADA_T_BOOL, 1), 1);
    expect_integer(CAST_BOOL, real(1.0), 1);
    refuse(CAST_BOOL, text("yes"));
    refuse(CAST_BOOL, text("tru"));
    refuse(CAST_BOOL, integer(LEVADA_T_I64, 2));
    refuse(CAST_BOOL, integer(LEVADA_T_TIME, 1));
}

static void
null_and_missing_stay(void **state)
{
    (void)state;
    struct levada_scalar out;
    struct levada_scalar null = { .type = LEVADA_T_NULL }, missing = { .type = LEVADA_T_MISSING };
    assert_true(cast_value(CAST_INT, &null, &out));
    assert_int_equal(out.type, LEVADA_T_NULL);
    assert_true(cast_value(CAST_BOOL, &missing, &out));
    assert_int_equal(out.type, LEVADA_T_MISSING);
}

static void
knows_its_types_by_name(void **state)
{
    (void)state;
    assert_int_equal(cast_type_of("int"), CAST_INT);
    assert_int_equal(cast_type_of("time"), CAST_TIME);
    assert_int_equal(cast_type_of("integer"), CAST_UNKNOWN);
    assert_string_equal(cast_type_name(CAST_FLOAT), "float");
}

static void
cuts_between_characters(void **state)
{
    (void)state;
    assert_int_equal(cast_whole_characters("abc", 3, 40), 3);
    assert_int_equal(cast_whole_characters("abcd", 4, 3), 3);
    assert_int_equal(cast_whole_characters("a\xc3\xa9\xc3\xa9", 5, 4), 3);
    assert_int_equal(cast_whole_characters("a\xf0\x9f\x98\x80", 5, 4), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(casts_to_int),
        cmocka_unit_test(refuses_what_is_no_int),
        cmocka_unit_test(casts_to_float),
        cmocka_unit_test(casts_to_bool),
        cmocka_unit_test(null_and_missing_stay),
        cmocka_unit_test(knows_its_types_by_name),
        cmocka_unit_test(cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
