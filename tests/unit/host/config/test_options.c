/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
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
#include <sys/stat.h>

#include <cmocka.h>

static const struct option_table table = { rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]) };

static struct arena arena;
static struct values values;

/* A path is known by its text here. */
static const struct levada_path *
compile(void *user, const struct levada_option *row, const char *text, struct error *err)
{
    (void)user, (void)row;
    if (strcmp(text, "bad[") != 0)
        return (const struct levada_path *)(const void *)arena_copy(&arena, text, strlen(text));
    error_set(err, LEVADA_CONFIG, "no field path");
    return NULL;
}

static bool
fill_with(const struct option_table *tables, void *const *selves, size_t n, struct config *config,
          struct problems *problems)
{
    const struct stage_spec *stage = &config->pipelines[0].stages[0];
    struct option_context context = { .compile = compile,
                                      .stage = stage->name,
                                      .at = stage->at,
                                      .problems = problems,
                                      .arena = &arena };
    return options_fill(tables, selves, n, &stage->options, &context);
}

/* Fills the values from @settings, with one --set where @set is not NULL. */
static void
fill_set(const char *settings, const char *set, const char *expected)
{
    struct problems problems = { 0 };
    struct config_override override = { .text = set };
    void *selves[] = { &values };
    files_write("p.conf", stage_with(settings));
    struct config *config = config_load("p.conf", &override, set != NULL, &problems);
    values = (struct values){ 0 };
    arena_finish(&arena);
    bool filled = fill_with(&table, selves, 1, config, &problems);
    assert_int_equal(filled, problems.n_errors == 0);
    assert_reports(&problems, expected);
    config_unload(config);
}

static void
fill(const char *settings, const char *expected)
{
    fill_set(settings, NULL, expected);
}

/* @settings is refused for @message, which stands at line 3, @column. */
static void
assert_refuses(const char *settings, unsigned column, const char *message)
{
    char expected[1000];
    snprintf(expected, sizeof(expected), "p.conf:3:%u: error: stage \"s\": %s\n", column, message);
    fill(settings, expected);
}

static void
assert_refuses_set(const char *set, const char *message)
{
    char expected[1000];
    snprintf(expected, sizeof(expected), "--set: error: stage \"s\": %s\n", message);
    fill_set("", set, expected);
}

static void
absent_options_have_their_defaults(void **state)
{
    (void)state;
    fill("", "");
    assert_int_equal(values.flag, 1);
    assert_int_equal(values.number, 20);
    assert_int_equal(values.choice, 0);
    assert_null(values.text);
    assert_int_equal(values.numbers.n, 2);
    assert_int_equal(((const int64_t *)values.numbers.items)[1], 2);
    assert_int_equal(values.names.n, 0);
    assert_int_equal(values.limits.low, 0);
    assert_int_equal(values.limits.high, 7);
}

static void
every_type_is_read_from_a_file(void **state)
{
    (void)state;
    files_write("calls.json", "[]");
    fill("flag = false; number = 5; ratio = 0.75; text = \"abc\"; window = \"60 min\";\n"
         "size = \"64 KiB\"; format = \"json\"; file = \"./calls.json\"; field = \"a.b\";\n"
         "names = [ \"x\", \"y\" ]; numbers = [ 3 ]; kafka = { a = 1; b = 2.5; c = true; d = "
         "\"e\"; };\n"
         "on = ( { stream = \"a\"; table = \"b\"; }, { stream = \"c\"; } ); limits = { low = 2; };",
         "");
    char path[128];
    snprintf(path, sizeof(path), "%s/calls.json", files_folder());
    const char *const *names = values.names.items;
    const struct pair *pairs = values.pairs.items;
    const struct levada_pair *map = values.map.items;
    assert_int_equal(values.flag, 0);
    assert_int_equal(values.number, 5);
    assert_true(values.ratio == 0.75);
    assert_string_equal(values.text, "abc");
    assert_int_equal(values.duration, INT64_C(3600000000000));
    assert_int_equal(values.size, 65536);
    assert_int_equal(values.choice, 2);
    assert_string_equal(values.file, path);
    assert_string_equal((const char *)(const void *)values.path, "a.b");
    assert_int_equal(values.names.n, 2);
    assert_string_equal(names[1], "y");
    assert_int_equal(values.numbers.n, 1);
    assert_int_equal(values.pairs.n, 2);
    assert_string_equal(pairs[0].table, "b");
    assert_string_equal(pairs[1].stream, "c");
    assert_string_equal(pairs[1].table, "t");
    assert_int_equal(values.map.n, 4);
    assert_string_equal(map[0].name, "a");
    assert_string_equal(map[0].value, "1");
    assert_string_equal(map[1].value, "2.5");
    assert_string_equal(map[2].value, "true");
    assert_string_equal(map[3].value, "e");
    assert_int_equal(values.limits.low, 2);
    assert_int_equal(values.limits.high, 7);
}

static void
every_type_is_read_from_the_command_line(void **state)
{
    (void)state;
    fill_set("", "s.flag=false", "");
    assert_int_equal(values.flag, 0);
    fill_set("", "s.number=5", "");
    assert_int_equal(values.number, 5);
    fill_set("", "s.ratio=0.5", "");
    assert_true(values.ratio == 0.5);
    fill_set("", "s.text=abc", "");
    assert_string_equal(values.text, "abc");
    fill_set("", "s.window=1 h", "");
    assert_int_equal(values.duration, INT64_C(3600000000000));
    fill_set("", "s.format=csv", "");
    assert_int_equal(values.choice, 1);
    fill_set("", "s.names=a,b", "");
    assert_int_equal(values.names.n, 2);
    assert_string_equal(((const char *const *)values.names.items)[1], "b");
    fill_set("", "s.names=", "");
    assert_int_equal(values.names.n, 0);
    fill_set("", "s.numbers=7", "");
    assert_int_equal(((const int64_t *)values.numbers.items)[0], 7);
    fill_set("", "s.kafka.linger_ms=20", "");
    assert_string_equal(((const struct levada_pair *)values.map.items)[0].value, "20");
    fill_set("", "s.limits.low=3", "");
    assert_int_equal(values.limits.low, 3);
}

static void
a_wrong_value_on_the_command_line_is_refused(void **state)
{
    (void)state;
    assert_refuses_set("s.flag=yes",
                       "option \"flag\" is \"yes\"; must be true or false, without quotes");
    assert_refuses_set("s.number=5x", "option \"number\" is \"5x\"; must be an integer");
    assert_refuses_set("s.number=", "option \"number\" is \"\"; must be an integer");
    assert_refuses_set("s.number=99999999999999999999",
                       "option \"number\" is \"99999999999999999999\"; must be an integer");
    assert_refuses_set("s.ratio=inf", "option \"ratio\" is \"inf\"; must be a number");
    assert_refuses_set("s.window=60",
                       "option \"window\" is \"60\"; a duration needs its unit, as in \"60 s\"");
    assert_refuses_set("s.numbers=1,12", "option \"numbers\" is \"12\"; must be between 0 and 9");
    assert_refuses_set("s.on=a", "option \"on\" is \"a\"; a list of groups has no short form");
    assert_refuses_set("s.kafka=a",
                       "option \"kafka\" is \"a\"; must be a group: { name = value; }");
}

static void
the_two_mercies_are_granted(void **state)
{
    (void)state;
    fill("ratio = 1; names = \"one\"; on = { stream = \"a\"; };", "");
    assert_true(values.ratio == 1.0);
    assert_int_equal(values.names.n, 1);
    assert_string_equal(((const char *const *)values.names.items)[0], "one");
    assert_int_equal(values.pairs.n, 1);
}

static void
types_are_strict_otherwise(void **state)
{
    (void)state;
    assert_refuses("flag = 1;", 8, "option \"flag\" is 1; must be true or false, without quotes");
    assert_refuses("flag = \"true\";", 8,
                   "option \"flag\" is \"true\"; must be true or false, without quotes");
    assert_refuses("number = 5.0;", 10, "option \"number\" is 5; must be an integer");
    assert_refuses("number = \"5\";", 10, "option \"number\" is \"5\"; must be an integer");
    assert_refuses("ratio = \"1\";", 9, "option \"ratio\" is \"1\"; must be a number");
    assert_refuses("text = 5;", 8, "option \"text\" is 5; must be a text in quotes");
    assert_refuses("text = { };", 8, "option \"text\" is a group; must be a text in quotes");
    assert_refuses("text = [ ];", 8, "option \"text\" is a list; must be a text in quotes");
    assert_refuses("window = true;", 10,
                   "option \"window\" is true; must be a duration, as in \"60 s\"");
    assert_refuses("field = 5;", 9, "option \"field\" is 5; must be the name of a field in quotes");
    assert_refuses("format = 1;", 10,
                   "option \"format\" is 1; must be \"table\", \"csv\" or \"json\"");
    assert_refuses("limits = 5;", 10, "option \"limits\" is 5; must be a group: { name = value; }");
    assert_refuses("kafka = 5;", 9, "option \"kafka\" is 5; must be a group: { name = value; }");
    assert_refuses("kafka = { a = ( ); };", 15,
                   "option \"kafka.a\" is a list; must be a text, a number, true or false");
    assert_refuses("names = ( \"a\", 5 );", 16, "option \"names\" is 5; must be a text in quotes");
}

static void
a_bare_number_is_neither_duration_nor_size(void **state)
{
    (void)state;
    assert_refuses("window = 60;", 10,
                   "option \"window\" is 60; a duration needs its unit, as in \"60 s\"");
    assert_refuses("size = \"64\";", 8,
                   "option \"size\" is \"64\"; a size needs its unit, as in \"64 KiB\"");
    assert_refuses(
        "window = \"60 m\";", 10,
        "option \"window\" is \"60 m\"; must be a duration, as in \"60 s\" (ns, us, ms, s, "
        "min, h, d)");
    assert_refuses("size = \"1 kb\";", 8,
                   "option \"size\" is \"1 kb\"; must be a size, as in \"64 KiB\" (B, kB, KiB, MB, "
                   "MiB, GB, GiB, TB, TiB)");
}

static void
rules_are_kept(void **state)
{
    (void)state;
    assert_refuses("number = 101;", 10, "option \"number\" is 101; must be between 0 and 100");
    assert_refuses("ratio = 2;", 9, "option \"ratio\" is 2; must be between 0.5 and 1.5");
    assert_refuses("window = \"0 s\";", 10, "option \"window\" is \"0 s\"; must be at least 1 ms");
    assert_refuses("size = \"2 MiB\";", 8, "option \"size\" is \"2 MiB\"; must be at most 1 MiB");
    assert_refuses("text = \"a\";", 8,
                   "option \"text\" is \"a\"; its length must be between 2 and 5");
    assert_refuses("names = [ \"a\", \"b\", \"c\", \"d\" ];", 9,
                   "option \"names\" is a list; its length must be at most 3");
    assert_refuses("names = [ \"\" ];", 11,
                   "option \"names\" is \"\"; its length must be at least 1");
    assert_refuses("field = \"bad[\";", 9, "option \"field\" is \"bad[\"; no field path");
}

static void
a_wrong_word_is_refused_with_the_right_ones(void **state)
{
    (void)state;
    assert_refuses(
        "format = \"jsn\";", 10,
        "option \"format\" is \"jsn\"; must be \"table\", \"csv\" or \"json\"; did you mean "
        "\"json\"?");
}

static void
an_unknown_option_is_refused_with_the_nearest(void **state)
{
    (void)state;
    assert_refuses("numbr = 5;", 1, "unknown option \"numbr\"; did you mean \"number\"?");
    assert_refuses("form = \"a\";", 1, "unknown option \"form\"; did you mean \"from\"?");
    assert_refuses("limits = { low = 1; hgh = 2; };", 21,
                   "unknown option \"limits.hgh\"; did you mean \"high\"?");
    assert_refuses("whatever = 1;", 1, "unknown option \"whatever\"");
}

static void
a_required_member_is_asked_for_where_its_group_is(void **state)
{
    (void)state;
    assert_refuses("limits = { high = 1; };", 10, "option \"limits.low\" is missing");
    assert_refuses("on = ( { stream = \"a\"; }, { } );", 27, "option \"on.stream\" is missing");
}

static void
a_file_to_read_must_be_there(void **state)
{
    (void)state;
    char expected[400];
    struct problems problems = { 0 };
    const char *folder = files_folder();
    mkdir("sub", 0700);
    snprintf(
        expected, sizeof(expected),
        "p.conf:3:8: error: stage \"s\": option \"file\" is \"none\"; %s/none: No such file or "
        "directory\n",
        folder);
    fill("file = \"none\";", expected);
    snprintf(
        expected, sizeof(expected),
        "p.conf:3:8: error: stage \"s\": option \"file\" is \"sub\"; %s/sub: not a regular file\n",
        folder);
    fill("file = \"sub\";", expected);
    assert_refuses("file = \"\";", 8, "option \"file\" is \"\"; must name a file");

    void *selves[] = { &values };
    files_write("p.conf", stage_with("file = \"none\";"));
    struct config *config = config_load("p.conf", NULL, 0, &problems);
    fill_with(&table, selves, 1, config, &problems);
    assert_int_equal(problems_exit_code(&problems), 66);
    problems_finish(&problems);
    config_unload(config);
}

static void
a_dash_stays_a_dash(void **state)
{
    (void)state;
    fill("file = \"-\";", "");
    assert_string_equal(values.file, "-");
}

static void
a_secret_is_never_shown(void **state)
{
    (void)state;
    setenv("LEVADA_TEST", "hunter2", 1);
    assert_refuses("text = \"${env:LEVADA_TEST}\";", 8,
                   "option \"text\" is <secret>; its length must be between 2 and 5");
    assert_refuses("format = \"${env:LEVADA_TEST}\";", 10,
                   "option \"format\" is <secret>; must be \"table\", \"csv\" or \"json\"");
    assert_refuses("file = \"${env:LEVADA_TEST}\";", 8,
                   "option \"file\" is <secret>; <secret>: No such file or directory");
    unsetenv("LEVADA_TEST");
}

static void
a_secret_in_a_map_has_to_be_a_reference(void **state)
{
    (void)state;
    struct {
        struct levada_list kafka;
    } self = { 0 };
    static const struct levada_option map_rows[] = {
        { .type = LEVADA_O_MAP,
          .flags = LEVADA_OF_REFER,
          .offset = 0,
          .size = 16,
          .name = "kafka" },
    };
    struct option_table table = { map_rows, 1, sizeof(map_rows[0]) };
    struct problems problems = { 0 };
    void *selves[] = { &self };
    setenv("LEVADA_TEST", "hunter2", 1);
    struct config *config =
        files_load_text(stage_with("kafka = { sasl_password = \"${env:LEVADA_TEST}\"; "
                                   "ssl_ca_pem = \"for everybody\"; };"),
                        "");
    assert_true(fill_with(&table, selves, 1, config, &problems));
    const struct levada_pair *pairs = self.kafka.items;
    assert_int_equal(self.kafka.n, 2);
    assert_string_equal(pairs[0].value, "hunter2");
    config_unload(config);

    config = files_load_text(stage_with("kafka = { sasl_password = \"hunter2\"; };"), "");
    assert_false(fill_with(&table, selves, 1, config, &problems));
    assert_reports(
        &problems,
        "p.conf:3:27: error: stage \"s\": option \"kafka.sasl_password\" is <secret>; must "
        "be a reference, \"${env:NAME}\" or \"${file:PATH}\", so that no secret stands in "
        "a pipeline file or on a command line\n");
    config_unload(config);
    unsetenv("LEVADA_TEST");
}

static void
a_deprecated_option_works_and_warns(void **state)
{
    (void)state;
    struct {
        int64_t number;
    } self = { 0 };
    static const struct levada_option old_rows[] = {
        { .type = LEVADA_O_INT, .offset = 0, .size = 8, .name = "old", .instead = "number" },
    };
    struct option_table old = { old_rows, 1, sizeof(old_rows[0]) };
    struct problems problems = { 0 };
    void *selves[] = { &self };
    struct config *config = files_load_text(stage_with("old = 5;"), "");
    assert_true(fill_with(&old, selves, 1, config, &problems));
    assert_int_equal(self.number, 5);
    assert_reports(&problems, "p.conf:3:1: warning: stage \"s\": option \"old\" is deprecated; use "
                              "\"number\"\n");
    config_unload(config);
}

struct first {
    int64_t number;
};

struct second {
    int64_t number, other;
};

static const struct levada_option first_rows[] = {
    { .type = LEVADA_O_INT, LEVADA_IN(struct first, number), .name = "number", .fallback = "1" },
    { .name = "other", .fallback = "30" },
};
static const struct levada_option second_rows[] = {
    { .type = LEVADA_O_INT, LEVADA_IN(struct second, number), .name = "number", .fallback = "2" },
    { .type = LEVADA_O_INT, LEVADA_IN(struct second, other), .name = "other", .fallback = "3" },
};

static void
the_first_table_wins_and_changes_defaults_of_the_next(void **state)
{
    (void)state;
    struct first first = { 0 };
    struct second second = { 0 };
    struct option_table tables[] = { { first_rows, 2, sizeof(first_rows[0]) },
                                     { second_rows, 2, sizeof(second_rows[0]) } };
    void *selves[] = { &first, &second };
    struct problems problems = { 0 };
    struct config *config = files_load_text(stage_with(""), "");
    assert_true(fill_with(tables, selves, 2, config, &problems));
    assert_int_equal(first.number, 1);
    assert_int_equal(second.number, 0);
    assert_int_equal(second.other, 30);
    config_unload(config);

    config = files_load_text(stage_with("number = 5; other = 6;"), "");
    assert_true(fill_with(tables, selves, 2, config, &problems));
    assert_int_equal(first.number, 5);
    assert_int_equal(second.other, 6);
    config_unload(config);
}

static void
rows_of_another_size_are_read(void **state)
{
    (void)state;
    /* As a plugin of a later minor would bring them: longer, with members that this host lacks. */
    struct {
        struct levada_option row;
        const char *more;
    } longer[] = {
        { { .type = LEVADA_O_INT, .offset = 0, .size = 8, .name = "a", .fallback = "1" }, "x" },
        { { .type = LEVADA_O_INT, .offset = 8, .size = 8, .name = "b", .fallback = "2" }, "y" },
    };
    struct option_table tables = { &longer[0].row, 2, sizeof(longer[0]) };
    int64_t self[2] = { 0 };
    void *selves[] = { self };
    struct problems problems = { 0 };
    struct config *config = files_load_text(stage_with(""), "");
    assert_true(fill_with(&tables, selves, 1, config, &problems));
    assert_int_equal(self[1], 2);
    config_unload(config);

    tables.stride = offsetof(struct levada_option, instead);
    assert_null(option_table_row(&tables, 0).instead);
    assert_string_equal(option_table_row(&tables, 0).name, "a");
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(absent_options_have_their_defaults),
        with_files(every_type_is_read_from_a_file),
        with_files(every_type_is_read_from_the_command_line),
        with_files(a_wrong_value_on_the_command_line_is_refused),
        with_files(the_two_mercies_are_granted),
        with_files(types_are_strict_otherwise),
        with_files(a_bare_number_is_neither_duration_nor_size),
        with_files(rules_are_kept),
        with_files(a_wrong_word_is_refused_with_the_right_ones),
        with_files(an_unknown_option_is_refused_with_the_nearest),
        with_files(a_required_member_is_asked_for_where_its_group_is),
        with_files(a_file_to_read_must_be_there),
        with_files(a_dash_stays_a_dash),
        with_files(a_secret_is_never_shown),
        with_files(a_secret_in_a_map_has_to_be_a_reference),
        with_files(a_deprecated_option_works_and_warns),
        with_files(the_first_table_wins_and_changes_defaults_of_the_next),
        with_files(rows_of_another_size_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
