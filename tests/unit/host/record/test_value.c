/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/value.h"

static struct levada_scalar
text_of(uint32_t type, const char *text)
{
    return (struct levada_scalar){ type, (uint32_t)strlen(text), { .s = text } };
}

static struct levada_scalar
number(uint32_t type, int64_t i)
{
    return (struct levada_scalar){ type, 0, { .i = i } };
}

static struct levada_scalar
f64(double f)
{
    return (struct levada_scalar){ LEVADA_T_F64, 0, { .f = f } };
}

static void
assert_text(struct levada_scalar value, const char *expected)
{
    struct arena arena = { 0 };
    uint64_t n;
    const char *text = value_text(&value, &arena, &n);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(text, expected, n);
    arena_finish(&arena);
}

static void
assert_json(struct levada_scalar value, const char *expected)
{
    struct strbuf out = { 0 };
    value_write_json(&value, &out);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_finish(&out);
}

static void
writes_doubles_short_and_with_a_point(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 1, "1.0" },
        { 0.1, "0.1" },
        { -0.0, "-0.0" },
        { 100, "100.0" },
        { 1e22, "1e+22" },
        { 5e-324, "5e-324" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { NAN, "NaN" },
        { INFINITY, "Infinity" },
        { -INFINITY, "-Infinity" },
        { -1.7976931348623157e308, "-1.7976931348623157e+308" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char buf[VALUE_F64_SIZE];
        assert_int_equal(value_format_f64(cases[i].value, buf), strlen(cases[i].text));
        assert_string_equal(buf, cases[i].text);
    }
}

static void
doubles_read_back_the_same(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double value;
        memcpy(&value, &bits, sizeof(value));
        char buf[VALUE_F64_SIZE];
        value_format_f64(value, buf);
        if (isfinite(value))
            assert_true(strtod(buf, NULL) == value);
    }
}

static void
writes_values_as_in_csv(void **state)
{
    (void)state;
    assert_text(number(LEVADA_T_MISSING, 0), "");
    assert_text(number(LEVADA_T_NULL, 0), "");
    assert_text(number(LEVADA_T_BOOL, 1), "true");
    assert_text(number(LEVADA_T_BOOL, 0), "false");
    assert_text(number(LEVADA_T_I64, INT64_MIN), "-9223372036854775808");
    assert_text(f64(2.5), "2.5");
    assert_text(number(LEVADA_T_TIME, 1546297200000), "2018-12-31T23:00:00");
    assert_text(text_of(LEVADA_T_STR, "a \"b\""), "a \"b\"");
    assert_text(text_of(LEVADA_T_JSON, "[1, 2]"), "[1, 2]");
    assert_text(text_of(LEVADA_T_NUM, "1e400"), "1e400");
}

static void
writes_values_as_json(void **state)
{
    (void)state;
    assert_json(number(LEVADA_T_MISSING, 0), "null");
    assert_json(number(LEVADA_T_NULL, 0), "null");
    assert_json(number(LEVADA_T_BOOL, 1), "true");
    assert_json(number(LEVADA_T_I64, -7), "-7");
    assert_json(f64(1), "1.0");
    assert_json(f64(NAN), "null");
    assert_json(number(LEVADA_T_TIME, 1546297200001), "\"2018-12-31T23:00:00.001\"");
    assert_json(text_of(LEVADA_T_STR, "a\"\n"), "\"a\\\"\\n\"");
    assert_json(text_of(LEVADA_T_JSON, "{\"a\":1}"), "{\"a\":1}");
    assert_json(text_of(LEVADA_T_NUM, "1e400"), "1e400");
}

static void
writes_bytes_as_base64(void **state)
{
    (void)state;
    assert_json(text_of(LEVADA_T_BIN, ""), "\"\"");
    assert_json(text_of(LEVADA_T_BIN, "f"), "\"Zg==\"");
    assert_json(text_of(LEVADA_T_BIN, "fo"), "\"Zm8=\"");
    assert_json(text_of(LEVADA_T_BIN, "foo"), "\"Zm9v\"");
    assert_json(text_of(LEVADA_T_BIN, "\xff\xfe\xfd\xfc"), "\"//79/A==\"");
}

static void
orders_all_values(void **state)
{
    (void)state;
    const struct levada_scalar ascending[] = {
        number(LEVADA_T_MISSING, 0),
        number(LEVADA_T_NULL, 0),
        number(LEVADA_T_BOOL, 0),
        number(LEVADA_T_BOOL, 1),
        f64(-INFINITY),
        number(LEVADA_T_I64, INT64_MIN),
        number(LEVADA_T_I64, -1),
        f64(-0.5),
        number(LEVADA_T_I64, 0),
        f64(0.5),
        number(LEVADA_T_I64, 1),
        f64(1.5),
        f64(9007199254740992.0),
        number(LEVADA_T_I64, 9007199254740993),
        number(LEVADA_T_I64, INT64_MAX),
        f64(0x1p63),
        f64(INFINITY),
        f64(NAN),
        text_of(LEVADA_T_STR, ""),
        text_of(LEVADA_T_STR, "A"),
        text_of(LEVADA_T_BIN, "A"),
        text_of(LEVADA_T_STR, "AB"),
        text_of(LEVADA_T_STR, "a"),
        text_of(LEVADA_T_STR, "\xc3\xa9"),
        number(LEVADA_T_TIME, -5),
        number(LEVADA_T_TIME, 5),
    };
    int n = sizeof(ascending) / sizeof(*ascending);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            int order = value_compare(&ascending[i], &ascending[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(value_equal(&ascending[i], &ascending[j]), i == j);
        }
    }
}

static void
finds_equal_what_is_one_number(void **state)
{
    (void)state;
    struct levada_scalar one = number(LEVADA_T_I64, 1), one_f = f64(1.0), zero = f64(0.0),
                         minus_zero = f64(-0.0);
    assert_true(value_equal(&one, &one_f));
    assert_true(value_equal(&one_f, &one));
    assert_true(value_equal(&zero, &minus_zero));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_doubles_short_and_with_a_point),
        cmocka_unit_test(doubles_read_back_the_same),
        cmocka_unit_test(writes_values_as_in_csv),
        cmocka_unit_test(writes_values_as_json),
        cmocka_unit_test(writes_bytes_as_base64),
        cmocka_unit_test(orders_all_values),
        cmocka_unit_test(finds_equal_what_is_one_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
