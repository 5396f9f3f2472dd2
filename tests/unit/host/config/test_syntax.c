/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *
deep(char open, size_t n)
{
    static char text[10000];
    memcpy(text, "a = ", 4);
    memset(text + 4, open, n);
    text[4 + n] = '\0';
    return text;
}

/* The settings of the stage of stage_with(@settings), where nothing is reported. */
static struct config *
load_stage(const char *settings, const struct setting **options)
{
    struct config *config = files_load_text(stage_with(settings), "");
    assert_non_null(config);
    *options = &config->pipelines[0].stages[0].options;
    return config;
}

static void
an_integer_keeps_its_64_bits(void **state)
{
    (void)state;
    const struct setting *options;
    struct config *config = load_stage("a = 5000000000; b = 0xFFFFFFFF; c = -9223372036854775808;\n"
                                       "d = 9223372036854775807; e = 7L;",
                                       &options);
    assert_int_equal(setting_find(options, "a")->i, INT64_C(5000000000));
    assert_int_equal(setting_find(options, "b")->i, INT64_C(4294967295));
    assert_int_equal(setting_find(options, "c")->i, INT64_MIN);
    assert_int_equal(setting_find(options, "d")->i, INT64_MAX);
    assert_int_equal(setting_find(options, "e")->i, 7);
    config_unload(config);
}

static void
a_number_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_text_reports(stage_with("a = 99999999999999999999L;\nb = 1e400;"),
                        "p.conf:3:5: error: 99999999999999999999L does not fit into 64 bits\n"
                        "p.conf:4:5: error: 1e400 is too large for a number\n");
}

static void
a_leading_zero_is_refused(void **state)
{
    (void)state;
    assert_text_reports(stage_with("a = 010;"), "p.conf:3:5: error: 010 begins with a zero, which "
                                                "some read as octal; write 10\n");
}

static void
a_comment_without_an_end_is_reported_where_it_opens(void **state)
{
    (void)state;
    assert_text_reports("pipeline: {\n  a = 1; /* b\n};\n",
                        "p.conf:2:10: error: this comment is never closed; \"*/\" is missing\n");
}

static void
a_text_without_an_end_is_reported_where_it_opens(void **state)
{
    (void)state;
    assert_text_reports(
        "pipeline: {\n  a = \"one;\n  b = \"two\";\n};\n",
        "p.conf:2:7: error: this text is not closed on its line; a quote is missing\n");
}

static void
a_group_without_an_end_is_reported_where_it_opens(void **state)
{
    (void)state;
    assert_text_reports("pipeline: {\n  stages = (\n", "p.conf:2:12: error: this '(' is never "
                                                       "closed\n");
    assert_text_reports("pipeline: { a = (1 }", "p.conf:1:20: error: '}' cannot close the '(' of "
                                                "line 1\n");
    assert_text_reports("a = 1; }", "p.conf:1:8: error: '}' closes nothing\n");
}

static void
a_comma_too_many_is_reported_with_everything_else(void **state)
{
    (void)state;
    assert_text_reports(stage_with("a = [ 1, 2, ];\nb = ( \"x\",\n );\nfrom = 5;"),
                        "p.conf:3:11: error: a comma without a value behind it\n"
                        "p.conf:4:10: error: a comma without a value behind it\n"
                        "p.conf:6:8: error: stage \"s\": option \"from\" must be a stage's name in "
                        "quotes, or a list of them\n");
}

static void
a_forgotten_comma_does_not_join_two_texts(void **state)
{
    (void)state;
    assert_text_reports(stage_with("a = [ \"x\" \"y\" ];"),
                        "p.conf:3:11: error: a comma is missing before a text\n");
}

static void
a_long_text_may_be_written_in_pieces(void **state)
{
    (void)state;
    const struct setting *options;
    struct config *config = load_stage("a = \"one \"\n  \"two\";", &options);
    assert_string_equal(setting_find(options, "a")->text, "one two");
    config_unload(config);
}

static void
escapes_are_resolved_and_unknown_ones_stay(void **state)
{
    (void)state;
    const struct setting *options;
    struct config *config = load_stage("a = \"\\\"\\\\\\n\\t\\x41\\d\\$\";", &options);
    assert_string_equal(setting_find(options, "a")->text, "\"\\\n\tA\\d\\$");
    config_unload(config);
    assert_text_reports(stage_with("a = \"x\\x00y\";"), "p.conf:3:5: error: a text cannot hold a "
                                                        "NUL byte\n");
}

static void
a_name_with_a_dot_is_refused_with_one_that_works(void **state)
{
    (void)state;
    assert_text_reports(stage_with("kafka = {\n bootstrap.servers = 1; };"),
                        "p.conf:4:2: error: \"bootstrap.servers\" is no name: letters, digits, '_' "
                        "and '-', a letter first; did you mean \"bootstrap_servers\"?\n");
    assert_text_reports("_a = 1;", "p.conf:1:1: error: \"_a\" is no name: letters, digits, '_' and "
                                   "'-', a letter first; did you mean \"a\"?\n");
    assert_text_reports("\"a\" = 1;", "p.conf:1:1: error: expected the name of a setting, written "
                                      "without quotes\n");
    assert_text_reports("5 = 1;", "p.conf:1:1: error: expected the name of a setting, not \"5\"\n");
}

static void
words_that_are_no_values_are_explained(void **state)
{
    (void)state;
    assert_text_reports("a = yes;", "p.conf:1:5: error: yes is no value; write true or false\n");
    assert_text_reports("a = null;", "p.conf:1:5: error: null is no value; leave the setting "
                                     "out\n");
    assert_text_reports("a = 60min;", "p.conf:1:5: error: 60min is no value; a text needs quotes: "
                                      "\"60min\"\n");
    assert_text_reports("a = /x;", "p.conf:1:5: error: unexpected '/'; a text stands in double "
                                   "quotes\n");
    assert_text_reports("a = \x01;", "p.conf:1:5: error: unexpected control character 0x01\n");
    assert_text_reports("a = ;", "p.conf:1:5: error: expected a value, not ';'\n");
    assert_text_reports("a =", "p.conf:1:1: error: \"a\" has no value: the file ends here\n");
    assert_text_reports("a 5;", "p.conf:1:3: error: expected '=' after \"a\", not \"5\"\n");
    assert_text_reports(
        "a = \u201ctext\u201d;",
        "p.conf:1:5: error: \u201ctext\u201d is no value; a text stands in straight "
        "quotes: \"\n");
    assert_text_reports("a = \"60 min; b = \"60 min\";",
                        "p.conf:1:19: error: expected ';' or the name of a setting, not \"60\"; is "
                        "the quote missing that ends a text before it?\n");
    assert_text_reports("a = 5 6;", "p.conf:1:7: error: expected ';' or the name of a setting, not "
                                    "\"6\"\n");
    assert_text_reports("a = (1; 2);",
                        "p.conf:1:7: error: expected ',' or the end of the list, not "
                        "';'\n");
}

static void
a_name_that_is_set_twice_is_refused(void **state)
{
    (void)state;
    assert_text_reports(stage_with("a = 1;\nb = { a = 1; };\na = 2;"),
                        "p.conf:5:1: error: \"a\" is set twice; the first time on line 3 of "
                        "p.conf\n");
}

static void
an_array_holds_plain_values_of_one_type(void **state)
{
    (void)state;
    assert_text_reports(stage_with("a = [ 1, 2.5 ];\nb = [ { c = 1; } ];\nd = ( 1, \"x\", {} );"),
                        "p.conf:3:10: error: a list in [ ] holds values of one type; write ( ) for "
                        "a mix\n"
                        "p.conf:4:7: error: a list in [ ] holds plain values; write ( ) for a list "
                        "of groups or lists\n");
}

static void
nesting_has_an_end(void **state)
{
    (void)state;
    assert_text_reports(deep('(', 9000), "p.conf:1:68: error: more than 63 levels deep\n");
}

static void
four_thousand_values_are_enough(void **state)
{
    (void)state;
    char *text = malloc(100000), *p = text;
    p += sprintf(p, "a = (");
    for (int i = 0; i < 4000; i++)
        p += sprintf(p, "\n%d,", i);
    sprintf(p, "0);");
    assert_text_reports(text, "p.conf:4001:1: error: more than 4000 values in all\n");
    free(text);
}

static void
windows_line_ends_and_a_byte_order_mark_are_no_matter(void **state)
{
    (void)state;
    assert_text_reports(
        "\xEF\xBB\xBFpipeline: {\r\n name = \"p\";\r\n stages = ( { name = \"s\";\r\n"
        " plugin = \"x\"; } );\r\n};\r\n",
        "");
    assert_text_reports("\xEF\xBB\xBF;", "p.conf:1:1: error: expected the name of a setting, not "
                                         "';'\n");
}

static void
every_setting_knows_where_it_stood(void **state)
{
    (void)state;
    const struct setting *options;
    struct config *config = load_stage("  aa = 1; b =\n   [ 2,\n 3 ];", &options);
    const struct setting *a = setting_find(options, "aa"), *b = setting_find(options, "b");
    assert_string_equal(a->name_at.file, "p.conf");
    assert_int_equal(a->name_at.line, 3);
    assert_int_equal(a->name_at.column, 3);
    assert_int_equal(a->value_at.column, 8);
    assert_int_equal(b->value_at.line, 4);
    assert_int_equal(b->value_at.column, 4);
    assert_int_equal(b->children[1].value_at.line, 5);
    assert_int_equal(b->children[1].value_at.column, 2);
    config_unload(config);
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(an_integer_keeps_its_64_bits),
        with_files(a_number_that_does_not_fit_is_refused),
        with_files(a_leading_zero_is_refused),
        with_files(a_comment_without_an_end_is_reported_where_it_opens),
        with_files(a_text_without_an_end_is_reported_where_it_opens),
        with_files(a_group_without_an_end_is_reported_where_it_opens),
        with_files(a_comma_too_many_is_reported_with_everything_else),
        with_files(a_forgotten_comma_does_not_join_two_texts),
        with_files(a_long_text_may_be_written_in_pieces),
        with_files(escapes_are_resolved_and_unknown_ones_stay),
        with_files(a_name_with_a_dot_is_refused_with_one_that_works),
        with_files(words_that_are_no_values_are_explained),
        with_files(a_name_that_is_set_twice_is_refused),
        with_files(an_array_holds_plain_values_of_one_type),
        with_files(nesting_has_an_end),
        with_files(four_thousand_values_are_enough),
        with_files(windows_line_ends_and_a_byte_order_mark_are_no_matter),
        with_files(every_setting_knows_where_it_stood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
