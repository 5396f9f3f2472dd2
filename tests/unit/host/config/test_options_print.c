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

static const struct option_table table = { rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]) };

static void
assert_prints(const char *settings, const char *set, const char *expected)
{
    struct problems problems = { 0 };
    struct config_override override = { .text = set };
    char *text = NULL;
    size_t n;
    files_write("p.conf", stage_with(settings));
    struct config *config = config_load("p.conf", &override, set != NULL, &problems);
    assert_reports(&problems, "");
    FILE *out = open_memstream(&text, &n);
    options_print(&table, 1, &config->pipelines[0].stages[0].options, out, 2);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    config_unload(config);
}

static void
defaults_are_filled_in(void **state)
{
    (void)state;
    assert_prints("", NULL,
                  "  flag = true;\n  number = 20;\n  format = \"table\";\n  numbers = [ 1, 2 ];\n");
}

static void
every_type_is_printed_as_a_file_holds_it(void **state)
{
    (void)state;
    char expected[1000];
    snprintf(expected, sizeof(expected),
             "  flag = false;\n  number = 5;\n  ratio = 1.0;\n  text = \"a\\\"\\x0a$${b}\";\n"
             "  window = \"60 min\";\n  format = \"csv\";\n  file = \"%s/x\";\n"
             "  names = [ \"x\", \"y\" ];\n  numbers = [ ];\n"
             "  on = ( { stream = \"a\"; table = \"t\"; } );\n"
             "  kafka = { a = 1; b = 2.5; c = true; };\n  limits = { low = 2; high = 7; };\n",
             files_folder());
    assert_prints(
        "flag = false; number = 5; ratio = 1.0; text = \"a\\\"\\n$${b}\"; window = \"60 min\";\n"
        "format = \"csv\"; file = \"x\"; names = [ \"x\", \"y\" ]; numbers = [ ];\n"
        "on = { stream = \"a\"; }; kafka = { a = 1; b = 2.5; c = true; };\n"
        "limits = { low = 2; };",
        NULL, expected);
}

static void
what_came_from_the_command_line_is_printed_by_its_type(void **state)
{
    (void)state;
    assert_prints("number = 3;", "s.number=5",
                  "  flag = true;\n  number = 5;\n  format = \"table\";\n  numbers = [ 1, 2 ];\n");
    assert_prints(
        "", "s.names=a,b",
        "  flag = true;\n  number = 20;\n  format = \"table\";\n  names = [ \"a\", \"b\" ];\n"
        "  numbers = [ 1, 2 ];\n");
}

static void
secrets_are_hidden(void **state)
{
    (void)state;
    setenv("LEVADA_TEST", "hunter2", 1);
    assert_prints(
        "text = \"${env:LEVADA_TEST}\";\n"
        "kafka = { sasl_password = \"hunter2\"; a = \"${env:LEVADA_TEST}\"; b = \"c\"; };",
        NULL,
        "  flag = true;\n  number = 20;\n  text = \"<secret>\";\n  format = \"table\";\n"
        "  numbers = [ 1, 2 ];\n"
        "  kafka = { sasl_password = \"<secret>\"; a = \"<secret>\"; b = \"c\"; };\n");
    unsetenv("LEVADA_TEST");
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(defaults_are_filled_in),
        with_files(every_type_is_printed_as_a_file_holds_it),
        with_files(what_came_from_the_command_line_is_printed_by_its_type),
        with_files(secrets_are_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
