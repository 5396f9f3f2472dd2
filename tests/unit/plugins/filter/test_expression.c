/* SPDX-License-Identifier: Apache-2.0 */
#include "expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <levada/helpers.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Four records: code is A, B, null and missing; n is 1, 2, 3, 4; odd name is x, x, y, y. */
#define RECORDS 4
#define TEXT(string)                                                                               \
    {                                                                                              \
        .type = LEVADA_T_STR, .len = sizeof(string) - 1, .u.s = string                             \
    }
#define INTEGER(value)                                                                             \
    {                                                                                              \
        .type = LEVADA_T_I64, .u.i = value                                                         \
    }

static const struct levada_scalar codes[RECORDS] = {
    TEXT("A"), TEXT("B"), { .type = LEVADA_T_NULL }, { .type = LEVADA_T_MISSING }
};
static const struct levada_scalar numbers[RECORDS] = { INTEGER(1), INTEGER(2), INTEGER(3),
                                                       INTEGER(4) };
static const struct levada_scalar odd[RECORDS] = { TEXT("x"), TEXT("x"), TEXT("y"), TEXT("y") };
static const struct levada_scalar nothing[RECORDS] = { { .type = LEVADA_T_MISSING } };

static const struct levada_scalar *
column_of(const char *path)
{
    if (strcmp(path, "code") == 0)
        return codes;
    if (strcmp(path, "n") == 0)
        return numbers;
    if (strcmp(path, "$['odd name']") == 0)
        return odd;
    return nothing;
}

static struct expression *
parse(const char *text)
{
    struct expression_error error;
    struct expression *expression = expression_parse(text, strlen(text), &error);
    if (expression == NULL)
        fail_msg("%s: character %zu: %s", text, error.column, error.text);
    return expression;
}

/* Which records stay, as digits. */
static void
expect(const char *text, const char *expected)
{
    struct expression *expression = parse(text);
    const struct levada_scalar **columns = calloc(expression->n_fields + 1, sizeof(*columns));
    bool *masks = malloc(expression_masks(expression, RECORDS));
    char kept[RECORDS + 1] = "";
    assert_true(columns != NULL && masks != NULL);
    for (uint32_t i = 0; i < expression->n_fields; i++)
        columns[i] = column_of(expression->fields[i].path);

    expression_evaluate(expression, columns, RECORDS, masks);
    for (uint32_t i = 0; i < RECORDS; i++)
        if (masks[i])
            snprintf(kept + strlen(kept), 2, "%u", i + 1);
    if (strcmp(kept, expected) != 0)
        fail_msg("%s keeps %s, not %s", text, kept, expected);
    free(masks);
    free(columns);
    expression_destroy(expression);
}

static void
expect_error(const char *text, size_t column, const char *expected)
{
    struct expression_error error;
    struct expression *expression = expression_parse(text, strlen(text), &error);
    if (expression != NULL)
        fail_msg("%s was taken", text);
    if (error.column != column || strstr(error.text, expected) == NULL)
        fail_msg("%s: character %zu: %s", text, error.column, error.text);
}

static void
compares_fields_with_values(void **state)
{
    (void)state;
    expect("code = 'A'", "1");
    expect("code == 'A'", "1");
    expect("code != 'A'", "2");
    expect("code <> 'A'", "2");
    expect("n < 3", "12");
    expect("n <= 3", "123");
    expect("n > 3", "4");
    expect("n >= -1.5e0", "1234");
    expect("2 < n", "34");
    expect("n = n", "1234");
    expect("n = 'x'", "");
    expect("n != true", "1234");
}

static void
knows_sets_patterns_and_presence(void **state)
{
    (void)state;
    expect("code in ('B', 'C')", "2");
    expect("n in (1,4, 'x')", "14");
    expect("code not in ('B')", "1");
    expect("code matches '^[AC]$'", "1");
    expect("code not matches '^[AC]$'", "2");
    expect("n matches '1'", "");
    expect("exists code", "123");
    expect("not exists code", "4");
    expect("code = null", "34");
    expect("code != null", "12");
    expect("no_such = null", "1234");
}

static void
combines_conditions(void **state)
{
    (void)state;
    expect("n > 1 and n < 4", "23");
    expect("n = 1 or n = 4", "14");
    expect("n = 1 or n = 2 and code = 'B'", "12");
    expect("(n = 1 or n = 2) and code = 'B'", "2");
    expect("not n = 1 and not n = 4", "23");
    expect("not (n = 1 or n = 4)", "23");
    expect("not not n = 1", "1");
    expect("n = 1 or (n = 2 or (n = 3 and not (code = 'A' or n = 4)))", "123");
    expect("(n = 1 and code = 'A') or (n = 4 and not exists code)", "14");
    expect("NOT n IN (1) AND Exists code", "23");
}

static void
only_null_tests_see_missing_and_null(void **state)
{
    (void)state;
    expect("code != 'X'", "12");
    expect("not code = 'X'", "1234");
    expect("code < 'Z' or code >= 'Z'", "12");
}

static void
reads_odd_names_and_paths(void **state)
{
    (void)state;
    expect("`odd name` = 'x'", "12");
    expect("$['odd name'] = 'y'", "34");
    static const struct {
        const char *text, *path;
    } fields[] = {
        { "exists a.b[3].c", "a.b[3].c" },
        { "exists $.a", "$.a" },
        { "exists `and`", "$['and']" },
        { "exists `it's`.`b\\c`.d", "$['it\\'s']['b\\\\c'].d" },
        { "exists a['it\\'s']", "a['it\\'s']" },
        { "exists meta:timestamp", "meta:timestamp" },
        { "exists header:X-Origin", "header:X-Origin" },
        { "exists ``", "$['']" },
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        struct expression *expression = parse(fields[i].text);
        assert_int_equal(expression->n_fields, 1);
        assert_string_equal(expression->fields[0].path, fields[i].path);
        expression_destroy(expression);
    }
}

static void
a_field_that_is_only_asked_for_is_not_needed(void **state)
{
    (void)state;
    struct expression *expression = parse("exists a and b = null and c = 1 and exists c and d < e");
    assert_int_equal(expression->n_fields, 5);
    static const bool needed[] = { false, false, true, true, true };
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(expression->fields[i].needed, needed[i]);
    expression_destroy(expression);
}

static void
a_doubled_quote_is_a_quote(void **state)
{
    (void)state;
    struct expression *expression = parse("a = 'it''s'''");
    assert_true(levada_is(&expression->root->right.value, "it's'"));
    expression_destroy(expression);
}

static void
tells_where_and_what_was_expected(void **state)
{
    (void)state;
    expect_error("", 1, "a condition is expected, but the text ends");
    expect_error("code =", 7, "a field or a value is expected, but the text ends");
    expect_error("code = )", 8, "a field or a value is expected, not )");
    expect_error("code", 5, "a comparison, \"in\" or \"matches\" is expected");
    expect_error("code not = 1", 10, "\"in\" or \"matches\" is expected, not =");
    expect_error("(code = 1", 10, "\"and\", \"or\" or ) is expected, but the text ends");
    expect_error("code = 1 code", 10, "\"and\", \"or\" or the end is expected, not code");
    expect_error("code = \"A\"", 8, "texts stand in single quotes");
    expect_error("code = 'A", 8, "a quote without its partner");
    expect_error("`code = 1", 1, "a ` without its partner");
    expect_error("code & 1", 6, "this has no meaning here");
    expect_error("code = 12x", 8, "this is no number");
    expect_error("code = 1.2.3", 8, "this is no number");
    expect_error("code = -", 8, "this is no number");
    expect_error("code < null", 8, "null compares by = and != only");
    expect_error("code in 'A'", 9, "( behind \"in\" is expected, not 'A'");
    expect_error("code in ()", 10, "a value is expected, not )");
    expect_error("code in ('A' 'B')", 14, "a comma or ) is expected, not 'B'");
    expect_error("code matches 5", 14, "a regular expression in quotes is expected, not 5");
    expect_error("code matches '('", 14, "no regular expression: ");
    expect_error("exists 5", 8, "a field is expected, not 5");
    expect_error("a. = 1", 3, "a name is expected behind the point");
    expect_error("a[x] = 1", 3, "an index or a quoted name is expected");
    expect_error("a[1 = 1", 4, "] is expected");
}

static void
refuses_deep_nesting_and_takes_long_chains(void **state)
{
    (void)state;
    char text[20000];
    size_t n = 0;
    for (int i = 0; i < 65; i++)
        text[n++] = '(';
    text[n] = '\0';
    expect_error(text, 65, "more than 64 levels of nesting");

    n = (size_t)sprintf(text, "n = 0");
    for (int i = 0; i < 1500; i++)
        n += (size_t)sprintf(text + n, " or n = 4");
    expect(text, "4");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_fields_with_values),
        cmocka_unit_test(knows_sets_patterns_and_presence),
        cmocka_unit_test(combines_conditions),
        cmocka_unit_test(only_null_tests_see_missing_and_null),
        cmocka_unit_test(reads_odd_names_and_paths),
        cmocka_unit_test(a_field_that_is_only_asked_for_is_not_needed),
        cmocka_unit_test(a_doubled_quote_is_a_quote),
        cmocka_unit_test(tells_where_and_what_was_expected),
        cmocka_unit_test(refuses_deep_nesting_and_takes_long_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
