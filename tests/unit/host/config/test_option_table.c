/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options.h"
#include "files.h"
#include "rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

/* Checks one row, 8 bytes at the start of an instance unless it says otherwise. */
static const char *
check(struct levada_option row)
{
    struct option_table table = { &row, 1, sizeof(row) };
    if (row.name == NULL)
        row.name = "a";
    if (row.size == 0)
        row.size = 8;
    err.text[0] = '\0';
    levada_status status = option_table_check(&table, 16, &err);
    assert_int_equal(status, err.text[0] == '\0' ? LEVADA_OK : LEVADA_CONFIG);
    return err.text;
}

static void
sane_rows_of_every_type_pass(void **state)
{
    (void)state;
    struct option_table table = { rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]) };
    err.text[0] = '\0';
    assert_int_equal(option_table_check(&table, sizeof(struct values), &err), LEVADA_OK);
    assert_string_equal(err.text, "");
}

static void
names_are_lower_case_words_that_are_not_the_hosts(void **state)
{
    (void)state;
    static const char *const bad[] = { "A", "1a", "_a", "a.b", "a-b" };
    char expected[200];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(expected, sizeof(expected),
                 "option \"%s\": a name has at most 64 of a-z, 0-9 and '_', a letter first",
                 bad[i]);
        assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .name = bad[i] }),
                            expected);
    }
    static const char *const reserved[] = { "name",   "plugin",    "from",
                                            "errors", "isolation", "stage_x" };
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        snprintf(expected, sizeof(expected), "option \"%s\": the name is a word of the host",
                 reserved[i]);
        assert_string_equal(
            check((struct levada_option){ .type = LEVADA_O_INT, .name = reserved[i] }), expected);
    }
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .name = "" }),
                        "option \"\": it has no name");
}

static void
names_are_unique(void **state)
{
    (void)state;
    struct levada_option twice[] = {
        { .type = LEVADA_O_INT, .size = 8, .name = "a" },
        { .type = LEVADA_O_INT, .size = 8, .offset = 8, .name = "a" }
    };
    struct option_table table = { twice, 2, sizeof(twice[0]) };
    assert_int_equal(option_table_check(&table, 16, &err), LEVADA_CONFIG);
    assert_string_equal(err.text, "option \"a\": two rows have this name");
}

static void
the_member_must_fit_the_type_and_the_instance(void **state)
{
    (void)state;
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .size = 4 }),
                        "option \"a\": its member has 4 bytes; its type needs 8");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .offset = 4 }),
                        "option \"a\": its member is not aligned to 8 bytes");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .offset = 16 }),
                        "option \"a\": its member lies outside of the instance");
    assert_string_equal(
        check((struct levada_option){ .type = LEVADA_O_INT, .offset = 4294967288u }),
        "option \"a\": its member lies outside of the instance");
}

static void
types_and_flags_must_be_known(void **state)
{
    (void)state;
    assert_string_equal(check((struct levada_option){ .type = 99 }),
                        "option \"a\": its type 99 is unknown");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .flags = 1u << 20 }),
                        "option \"a\": its flags 0x100000 are unknown");
    assert_string_equal(
        check((struct levada_option){ .type = LEVADA_O_INT, .flags = LEVADA_OF_STREAM }),
        "option \"a\": its flag LEVADA_OF_STREAM is only for texts");
}

static void
rules_must_suit_the_type(void **state)
{
    (void)state;
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .rule = "1-5" }),
                        "option \"a\": its rule \"1-5\" does not fit its type");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .rule = "1 s.." }),
                        "option \"a\": its rule \"1 s..\" does not fit its type");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_STRING, .rule = "1..5" }),
                        "option \"a\": its rule \"1..5\" does not fit its type");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_BOOL, .rule = "0..1" }),
                        "option \"a\": its rule \"0..1\" does not fit its type");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_CHOICE }),
                        "option \"a\": its rule is not a list of words, such as \"table|csv\"");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_CHOICE, .rule = "a||b" }),
                        "option \"a\": its rule is not a list of words, such as \"table|csv\"");
}

static void
a_default_obeys_its_own_rule(void **state)
{
    (void)state;
    assert_string_equal(
        check((struct levada_option){ .type = LEVADA_O_INT, .rule = "1..5", .fallback = "6" }),
        "default: option \"a\" is \"6\"; must be between 1 and 5");
    assert_string_equal(
        check((struct levada_option){ .type = LEVADA_O_DURATION, .fallback = "60" }),
        "default: option \"a\" is \"60\"; a duration needs its unit, as in \"60 s\"");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_FILE,
                                                      .flags = LEVADA_OF_READ,
                                                      .fallback = "codes.json" }),
                        "");
}

static void
lists_and_groups_are_described_by_children(void **state)
{
    (void)state;
    static const struct levada_option item[] = { { .type = LEVADA_O_INT } };
    static const struct levada_option member[] = {
        { .type = LEVADA_O_INT, .size = 8, .offset = 8, .name = "b" },
    };
    static const struct levada_option group[] = { { .type = LEVADA_O_GROUP,
                                                    LEVADA_CHILDREN(member) } };
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_LIST, .size = 16 }),
                        "option \"a\": a list has exactly one child row");
    assert_string_equal(
        check((struct levada_option){ .type = LEVADA_O_LIST, .size = 16, LEVADA_CHILDREN(item) }),
        "");
    assert_string_equal(
        check((struct levada_option){ .type = LEVADA_O_LIST, .size = 16, LEVADA_CHILDREN(group) }),
        "option \"a\": a list of groups needs its item_size");
    assert_string_equal(
        check((struct levada_option){
            .type = LEVADA_O_LIST, .size = 16, .item_size = 8, LEVADA_CHILDREN(group) }),
        "option \"a\": option \"b\": its member lies outside of the instance");
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_GROUP }),
                        "option \"a\": a group has at least one child row");
    assert_string_equal(
        check((struct levada_option){ .type = LEVADA_O_GROUP, .size = 8, LEVADA_CHILDREN(member) }),
        "option \"a\": option \"b\": its member lies outside of the instance");
}

static void
a_deprecated_option_names_one_that_exists(void **state)
{
    (void)state;
    assert_string_equal(check((struct levada_option){ .type = LEVADA_O_INT, .instead = "b" }),
                        "option \"a\": it names \"b\" to use instead, which is no option");
}

static void
a_row_without_a_place_changes_a_default_only(void **state)
{
    (void)state;
    static const struct levada_option row[] = { { .name = "window", .fallback = "1 h" } };
    struct option_table table = { row, 1, sizeof(row[0]) };
    assert_int_equal(option_table_check(&table, 0, &err), LEVADA_OK);
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(sane_rows_of_every_type_pass),
        with_files(names_are_lower_case_words_that_are_not_the_hosts),
        with_files(names_are_unique),
        with_files(the_member_must_fit_the_type_and_the_instance),
        with_files(types_and_flags_must_be_known),
        with_files(rules_must_suit_the_type),
        with_files(a_default_obeys_its_own_rule),
        with_files(lists_and_groups_are_described_by_children),
        with_files(a_deprecated_option_names_one_that_exists),
        with_files(a_row_without_a_place_changes_a_default_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
