/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options.h"
#include "files.h"
#include "rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* @n of the rows. */
static struct option_table
some_rows(uint32_t first, uint32_t n)
{
    return (struct option_table){ rows + first, n, sizeof(rows[0]) };
}

static void
assert_describes(void (*describe)(const struct option_table *, size_t, FILE *),
                 struct option_table described, const char *expected)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    describe(&described, 1, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void
the_manual_has_type_rule_default_and_help(void **state)
{
    (void)state;
    assert_describes(options_describe, some_rows(1, 1),
                     "  number  integer 0..100, default 20\n      Rows shown; 0 shows all.\n");
    assert_describes(options_describe, some_rows(13, 1),
                     "  limits  group\n  limits.low  integer, required\n      The least.\n"
                     "  limits.high  integer, default 7\n");
    assert_describes(options_describe, some_rows(10, 1),
                     "  numbers  list of integers, default 1,2\n");
}

static void
long_help_is_wrapped(void **state)
{
    (void)state;
    static const struct levada_option row[] = {
        {
            .type = LEVADA_O_BOOL,
            .offset = 0,
            .size = 8,
            .name = "a",
            .help =
                "One two three four five six seven eight nine ten eleven twelve thirteen fourteen.",
        },
    };
    assert_describes(
        options_describe, (struct option_table){ row, 1, sizeof(row[0]) },
        "  a  boolean\n"
        "      One two three four five six seven eight nine ten eleven twelve thirteen\n"
        "      fourteen.\n");
}

static void
json_has_every_member(void **state)
{
    (void)state;
    assert_describes(options_describe_json, some_rows(6, 1),
                     "[{\"name\":\"format\",\"type\":\"choice\",\"default\":\"table\",\"rule\":"
                     "\"table|csv|json\",\"required\":false,\"secret\":false,\"instead\":null,"
                     "\"help\":\"How rows look.\"}]");
    assert_describes(
        options_describe_json, some_rows(11, 1),
        "[{\"name\":\"on\",\"type\":\"list of groups\",\"default\":null,\"rule\":null,"
        "\"required\":false,\"secret\":false,\"instead\":null,\"help\":\"\",\"members\":["
        "{\"name\":\"stream\",\"type\":\"text\",\"default\":null,\"rule\":null,"
        "\"required\":true,\"secret\":false,\"instead\":null,\"help\":\"\"},"
        "{\"name\":\"table\",\"type\":\"text\",\"default\":\"t\",\"rule\":null,"
        "\"required\":false,\"secret\":false,\"instead\":null,\"help\":\"\"}]}]");
}

static void
markdown_is_a_table_with_its_bars_escaped(void **state)
{
    (void)state;
    assert_describes(options_describe_markdown, some_rows(6, 1),
                     "| option | type | default | what it does |\n|---|---|---|---|\n"
                     "| `format` | choice, `table\\|csv\\|json` | `table` | How rows look. |\n");
    assert_describes(options_describe_markdown, some_rows(13, 1),
                     "| option | type | default | what it does |\n|---|---|---|---|\n"
                     "| `limits` | group |  |  |\n"
                     "| `limits.low` | integer | required | The least. |\n"
                     "| `limits.high` | integer | `7` |  |\n");
}

static void
a_manual_page_has_a_paragraph_for_each_option(void **state)
{
    (void)state;
    assert_describes(options_describe_man, some_rows(6, 1),
                     ".TP\n\\fBformat\\fP  choice, table | csv | json\nHow rows look.\n"
                     "Default: table.\n");
    assert_describes(options_describe_man, some_rows(13, 1),
                     ".TP\n\\fBlimits\\fP  group\n\n"
                     ".TP\n\\fBlimits.low\\fP  integer\nThe least.\nRequired.\n"
                     ".TP\n\\fBlimits.high\\fP  integer\n\nDefault: 7.\n");
}

static void
no_text_of_a_manual_page_is_a_request(void **state)
{
    (void)state;
    static const struct levada_option row[] = {
        { .type = LEVADA_O_BOOL, .size = 8, .name = "a", .help = ".br \\n-1" },
    };
    assert_describes(options_describe_man, (struct option_table){ row, 1, sizeof(row[0]) },
                     ".TP\n\\fBa\\fP  boolean\n\\&.br \\en\\-1\n");
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(the_manual_has_type_rule_default_and_help),
        with_files(long_help_is_wrapped),
        with_files(json_has_every_member),
        with_files(markdown_is_a_table_with_its_bars_escaped),
        with_files(a_manual_page_has_a_paragraph_for_each_option),
        with_files(no_text_of_a_manual_page_is_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
