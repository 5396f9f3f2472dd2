/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

struct problems_seen {
    char text[2000]; /* "option: sentence\n" */
};

static void
note(void *user, const char *option, const char *text)
{
    struct problems_seen *seen = user;
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof(seen->text) - used, "%s: %s\n", option, text);
}

static const char *
problems_of(const struct fixture *fixture)
{
    static struct problems_seen seen;
    seen.text[0] = '\0';
    table_check(&fixture->options, fixture_cells, 3, note, &seen);
    return seen.text;
}

static void
windowed(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture_group_by(fixture, "type");
    fixture->options.window = 60000 * INT64_C(1000000);
    fixture->options.watermark = 60000 * INT64_C(1000000);
}

static void
finds_nothing_wrong_with_the_shipped_jobs(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f);
    f.options.output_mode = TABLE_COMPLETE;
    assert_string_equal(problems_of(&f), "");
    f.options.output_mode = TABLE_DEFAULT;
    f.options.slide = 20000 * INT64_C(1000000);
    f.options.offset = 5000 * INT64_C(1000000);
    assert_string_equal(problems_of(&f), "");
    fixture_finish(&f);
}

static void
refuses_window_options_without_a_window(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.options.slide = f.options.offset = f.options.watermark = MS;
    assert_string_equal(problems_of(&f), "slide: needs a window: it says how often one starts\n"
                                         "offset: needs a window: it says when one starts\n"
                                         "watermark: needs a window or a session: it says when one "
                                         "closes\n");
    fixture_finish(&f);
}

static void
refuses_append_without_a_watermark(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f);
    f.options.watermark = 0;
    f.options.idle_after = MS;
    f.options.output_mode = TABLE_APPEND;
    assert_string_equal(problems_of(&f),
                        "output_mode: append needs a window or a session, and a watermark: a row "
                        "leaves when its window closes\n"
                        "idle_after: needs a watermark: without one no window closes\n");
    fixture_finish(&f);
}

static void
sessions(struct fixture *fixture)
{
    windowed(fixture);
    fixture->options.session = fixture->options.window;
    fixture->options.window = 0;
}

static void
takes_sessions_in_append_and_complete_mode(void **state)
{
    (void)state;
    struct fixture f;
    const char *terms[] = { "window_end desc", "count" };
    sessions(&f);
    assert_string_equal(problems_of(&f), "");
    f.options.output_mode = TABLE_APPEND;
    assert_string_equal(problems_of(&f), "");
    f.options.output_mode = TABLE_COMPLETE;
    f.options.order_by = (struct levada_list){ terms, 2 };
    assert_string_equal(problems_of(&f), "");
    fixture_finish(&f);
}

static void
refuses_sessions_with_windows_and_in_update_mode(void **state)
{
    (void)state;
    struct fixture f;
    sessions(&f);
    f.options.window = f.options.slide = f.options.offset = MS;
    f.options.session += 1;
    f.options.output_mode = TABLE_UPDATE;
    assert_string_equal(
        problems_of(&f),
        "session: must be a whole number of milliseconds: event times have no finer parts\n"
        "session: cannot stand beside window: a row has either a window or a session\n"
        "slide: cannot stand beside session: a session starts with a record\n"
        "offset: cannot stand beside session: a session starts with a record\n"
        "output_mode: update is not for sessions: a later record may extend a session, or join it "
        "with another, after its row has left; use append or complete\n");
    fixture_finish(&f);
}

static void
refuses_sessions_in_append_mode_without_a_watermark(void **state)
{
    (void)state;
    struct fixture f;
    sessions(&f);
    f.options.watermark = 0;
    f.options.output_mode = TABLE_APPEND;
    assert_non_null(
        strstr(problems_of(&f), "output_mode: append needs a window or a session, and"));
    fixture_finish(&f);
}

static void
refuses_windows_that_leave_gaps_or_overlap_too_much(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f);
    f.options.slide = f.options.window + MS;
    assert_non_null(strstr(problems_of(&f), "slide: is longer than the window"));
    f.options.slide = f.options.window / 1000;
    assert_non_null(strstr(problems_of(&f), "slide: is too short"));
    f.options.slide = 0;
    f.options.offset = f.options.window;
    assert_non_null(strstr(problems_of(&f), "offset: must be shorter"));
    fixture_finish(&f);
}

static void
refuses_parts_of_a_millisecond(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f);
    f.options.window += 1;
    assert_non_null(strstr(problems_of(&f), "window: must be a whole number of milliseconds"));
    fixture_finish(&f);
}

static void
refuses_two_columns_of_one_name(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f);
    fixture_group_by(&f, "count");
    fixture_group_by(&f, "window_end");
    assert_string_equal(problems_of(&f),
                        "group_by: the result would have two columns \"window_end\"\n"
                        "group_by: the result would have two columns \"count\"\n");
    fixture_finish(&f);
}

static void
refuses_to_order_by_a_column_that_is_not_there(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f);
    const char *terms[] = { "count desc", "dispositon", "type asc", "window_end  desc" };
    f.options.order_by = (struct levada_list){ terms, 4 };
    f.options.output_mode = TABLE_COMPLETE;
    assert_string_equal(
        problems_of(&f),
        "order_by: \"dispositon\": there is no such column; there are window_start, "
        "window_end, type, count, sum\n");
    fixture_finish(&f);
}

static void
refuses_an_order_of_what_is_no_whole_result(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f);
    const char *terms[] = { "count desc" };
    f.options.order_by = (struct levada_list){ terms, 1 };
    assert_non_null(strstr(problems_of(&f), "order_by: needs output_mode \"complete\""));
    fixture_finish(&f);
}

static void
declares_each_option_once_with_help_and_a_place(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < table_n_rows; i++) {
        assert_non_null(table_rows[i].help);
        assert_true(table_rows[i].size > 0);
        for (uint32_t j = 0; j < i; j++) {
            assert_string_not_equal(table_rows[i].name, table_rows[j].name);
            assert_int_not_equal(table_rows[i].offset, table_rows[j].offset);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_wrong_with_the_shipped_jobs),
        cmocka_unit_test(refuses_window_options_without_a_window),
        cmocka_unit_test(refuses_append_without_a_watermark),
        cmocka_unit_test(takes_sessions_in_append_and_complete_mode),
        cmocka_unit_test(refuses_sessions_with_windows_and_in_update_mode),
        cmocka_unit_test(refuses_sessions_in_append_mode_without_a_watermark),
        cmocka_unit_test(refuses_windows_that_leave_gaps_or_overlap_too_much),
        cmocka_unit_test(refuses_parts_of_a_millisecond),
        cmocka_unit_test(refuses_two_columns_of_one_name),
        cmocka_unit_test(refuses_to_order_by_a_column_that_is_not_there),
        cmocka_unit_test(refuses_an_order_of_what_is_no_whole_result),
        cmocka_unit_test(declares_each_option_once_with_help_and_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
