/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct error err;
static struct record_space *space;
static struct levada_stage op;
static const struct levada_path *groups[2];
static char cell_name[] = "count", other_name[] = "a \"b\"\nc";
static struct table_cell cells[2];
static struct stage stage;
static struct table_options made_with; /* of the table, whatever a test changes in the stage */

#define MINUTE INT64_C(60000000000)

/* As the stage's options and cells are now. */
static void
make_table(void)
{
    table_destroy(stage.table);
    made_with = stage.table_options;
    stage.table = table_create(space, &made_with, cells, stage.n_cells, true);
    assert_non_null(stage.table);
}

/* The crime job's stage, and a table that never has rows. */
static int
make_stage(void **state)
{
    (void)state;
    space = record_space_create();
    struct path_set *paths = record_space_paths(space);
    groups[0] = path_set_get(paths, "original_crime_type_name", &err);
    groups[1] = path_set_get(paths, "disposition", &err);
    cells[0] = (struct table_cell){ .name = cell_name, .type = LEVADA_T_I64, .size = 8 };
    cells[1] = (struct table_cell){ .name = NULL, .type = LEVADA_T_BIN, .size = 16 };
    op = (struct levada_stage){ .id = "crime_aggregate", .state_version = 1 };
    stage = (struct stage){ .op = &op, .name = "windows", .cells = cells, .n_cells = 2 };
    stage.table_options = (struct table_options){
        .event_time = path_set_get(paths, "call_date_time", &err),
        .window = 60 * MINUTE,
        .watermark = 60 * MINUTE,
        .group_by = { .items = groups, .n = 2 },
        .output_mode = TABLE_COMPLETE,
    };
    make_table();
    return 0;
}

static int
drop_stage(void **state)
{
    (void)state;
    table_destroy(stage.table);
    record_space_destroy(space);
    return 0;
}

static struct strbuf
written(void)
{
    struct strbuf text = { 0 };
    shape_write(&stage, &text);
    assert_false(strbuf_failed(&text));
    return text;
}

static void
the_shape_is_what_the_state_depends_on(void **state)
{
    (void)state;
    struct strbuf text = written();
    assert_string_equal(strbuf_text(&text),
                        "plugin = \"crime_aggregate\"\n"
                        "state_version = 1\n"
                        "event_time = \"call_date_time\"\n"
                        "window = \"1 h\"\n"
                        "watermark = \"1 h\"\n"
                        "group_by = [\"original_crime_type_name\", \"disposition\"]\n"
                        "output_mode = \"complete\"\n"
                        "cell 0 = [\"integer\", 8, \"count\"]\n"
                        "cell 1 = [\"bytes\", 16, null]\n");
    strbuf_finish(&text);
}

static void
a_stage_without_a_table_is_its_plugin(void **state)
{
    (void)state;
    struct strbuf text = { 0 };
    op.state_version = 0;
    const struct stage plain = { .op = &op, .name = "out" };
    shape_write(&plain, &text);
    assert_string_equal(strbuf_text(&text), "plugin = \"crime_aggregate\"\n");
    strbuf_finish(&text);
}

static void
an_unchanged_stage_fits(void **state)
{
    (void)state;
    struct strbuf text = written();
    assert_int_equal(shape_compare(&stage, text.text, text.n, &err), LEVADA_OK);
    strbuf_finish(&text);
}

static void
sessions_have_cells_of_the_table_too(void **state)
{
    (void)state;
    stage.table_options.session = stage.table_options.window;
    stage.table_options.window = 0;
    make_table();
    struct strbuf text = written();
    assert_non_null(strstr(text.text, "\nsession = \"1 h\"\nwatermark = "));
    assert_non_null(strstr(text.text, "cell 1 = [\"bytes\", 16, null]\n"
                                      "cell 2 = [\"integer\", 8, null]\n"
                                      "cell 3 = [\"integer\", 8, null]\n"));
    strbuf_finish(&text);
}

/* A name with quotes and line ends stays one line, and is told from its neighbours. */
static void
any_name_is_kept_apart(void **state)
{
    (void)state;
    cells[0].name = other_name;
    make_table();
    struct strbuf text = written();
    assert_non_null(strstr(text.text, "cell 0 = [\"integer\", 8, \"a \\\"b\\\"\\nc\"]\n"));
    assert_int_equal(shape_compare(&stage, text.text, text.n, &err), LEVADA_OK);
    strbuf_finish(&text);
}

/* The stage was stored as it is, then @change; what is said of it must be @sentence. */
static void
expect_difference(void (*change)(void), const char *sentence)
{
    struct strbuf text = written();
    change();
    make_table();
    assert_int_equal(shape_compare(&stage, text.text, text.n, &err), LEVADA_CONFIG);
    assert_non_null(
        strstr(err.text, "stage \"windows\" has changed and its state no longer fits: "));
    if (strstr(err.text, sentence) == NULL)
        fail_msg("expected \"%s\" in: %s", sentence, err.text);
    strbuf_finish(&text);
}

static void
set_window(void)
{
    stage.table_options.window = 30 * MINUTE;
}

static void
drop_group(void)
{
    stage.table_options.group_by.n = 1;
}

static void
add_offset(void)
{
    stage.table_options.offset = 15 * MINUTE;
}

static void
drop_event_time(void)
{
    stage.table_options.event_time = NULL;
}

static void
change_plugin(void)
{
    op.id = "aggregate";
}

static void
raise_version(void)
{
    op.state_version = 2;
}

static void
drop_cell(void)
{
    stage.n_cells = 1;
}

static void
retype_cell(void)
{
    cells[0].type = LEVADA_T_F64;
}

static void
window_and_offset(void)
{
    set_window();
    add_offset();
}

static void
a_changed_option_is_told_with_both_values(void **state)
{
    (void)state;
    expect_difference(set_window, "window was \"1 h\" and is \"30 min\"; give");
}

static void
a_group_less_is_told(void **state)
{
    (void)state;
    expect_difference(drop_group, "group_by was [\"original_crime_type_name\", \"disposition\"] "
                                  "and is [\"original_crime_type_name\"]");
}

static void
an_option_that_is_new_was_unset(void **state)
{
    (void)state;
    expect_difference(add_offset, "offset was unset and is \"900 s\"");
}

static void
an_option_that_is_gone_is_unset(void **state)
{
    (void)state;
    expect_difference(drop_event_time, "event_time was \"call_date_time\" and is unset");
}

static void
another_plugin_is_told(void **state)
{
    (void)state;
    expect_difference(change_plugin, "plugin was \"crime_aggregate\" and is \"aggregate\"");
}

static void
a_newer_state_version_is_told(void **state)
{
    (void)state;
    expect_difference(raise_version, "state_version was 1 and is 2");
}

static void
a_cell_less_is_told(void **state)
{
    (void)state;
    expect_difference(drop_cell, "cell 1 was [\"bytes\", 16, null] and is unset");
}

static void
a_cell_of_another_type_is_told(void **state)
{
    (void)state;
    expect_difference(retype_cell,
                      "cell 0 was [\"integer\", 8, \"count\"] and is [\"number\", 8, \"count\"]");
}

static void
all_differences_are_told(void **state)
{
    (void)state;
    expect_difference(window_and_offset,
                      "window was \"1 h\" and is \"30 min\"; offset was unset and "
                      "is \"900 s\"; give");
}

static void
the_same_time_fits_however_it_was_written(void **state)
{
    (void)state;
    static const struct {
        const char *window;
        levada_status status;
    } stored[] = { { "60 min", LEVADA_OK },  { "3600 s", LEVADA_OK },
                   { "1 h", LEVADA_OK },     { "61 min", LEVADA_CONFIG },
                   { "", LEVADA_CONFIG },    { "\"", LEVADA_CONFIG },
                   { "one", LEVADA_CONFIG }, { "60 min ", LEVADA_CONFIG } };
    struct strbuf text = written();
    const char *window = strstr(text.text, "1 h");
    for (size_t i = 0; i < sizeof(stored) / sizeof(*stored); i++) {
        struct strbuf other = { 0 };
        strbuf_printf(&other, "%.*s%s%s", (int)(window - text.text), text.text, stored[i].window,
                      window + strlen("1 h"));
        assert_int_equal(shape_compare(&stage, other.text, other.n, &err), stored[i].status);
        strbuf_finish(&other);
    }
    strbuf_finish(&text);
}

static void
any_stored_text_is_compared_without_harm(void **state)
{
    (void)state;
    static const char *const texts[] = { "",          "\n",          " = ",          " = \n = ",
                                         "plugin",    "plugin = ",   "=\n=",         "window",
                                         "window = ", "window = \"", "window = \"\"" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(shape_compare(&stage, texts[i], strlen(texts[i]), &err), LEVADA_CONFIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_stage, drop_stage)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_shape_is_what_the_state_depends_on),
        TEST(a_stage_without_a_table_is_its_plugin),
        TEST(an_unchanged_stage_fits),
        TEST(sessions_have_cells_of_the_table_too),
        TEST(any_name_is_kept_apart),
        TEST(a_changed_option_is_told_with_both_values),
        TEST(a_group_less_is_told),
        TEST(an_option_that_is_new_was_unset),
        TEST(an_option_that_is_gone_is_unset),
        TEST(another_plugin_is_told),
        TEST(a_newer_state_version_is_told),
        TEST(a_cell_less_is_told),
        TEST(a_cell_of_another_type_is_told),
        TEST(all_differences_are_told),
        TEST(the_same_time_fits_however_it_was_written),
        TEST(any_stored_text_is_compared_without_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
