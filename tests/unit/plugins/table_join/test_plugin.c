/* SPDX-License-Identifier: Apache-2.0 */
#include "real_stage.h"
#include "table_join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A join whose table is a file of its own, gone when the test ends. */
struct join_test {
    struct real_stage *stage;
    char table[32];
    struct join_pair on[2];
    const char *add[2];
};

static void
write_table(const struct join_test *test, const char *text)
{
    FILE *file = fopen(test->table, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
set_up(struct join_test *test, const char *table)
{
    memset(test, 0, sizeof(*test));
    strcpy(test->table, "table_join_XXXXXX");
    int file = mkstemp(test->table);
    assert_true(file >= 0);
    close(file);
    write_table(test, table);
    test->stage = real_stage_create();
    *(const char **)real_stage_option(test->stage, "table") = test->table;
}

static void
set_on(struct join_test *test, const char *stream, const char *column)
{
    struct levada_list *on = real_stage_option(test->stage, "on");
    test->on[on->n].stream = real_stage_path(test->stage, stream);
    test->on[on->n].table = column;
    *on = (struct levada_list){ test->on, on->n + 1 };
}

static void
set_add(struct join_test *test, const char *column)
{
    struct levada_list *add = real_stage_option(test->stage, "add");
    test->add[add->n] = column;
    *add = (struct levada_list){ test->add, add->n + 1 };
}

static void
set_number(struct join_test *test, const char *option, int64_t value)
{
    *(int64_t *)real_stage_option(test->stage, option) = value;
}

static void
tear_down(struct join_test *test)
{
    real_stage_destroy(test->stage);
    unlink(test->table);
}

static const char codes[] = "code,description\nHAN,Handled\n22,Cancel\nCAN,Cancel\n";

static const char calls[] = "{\"disposition\":\"HAN\",\"n\":1}\n"
                            "{\"disposition\":\"OTS\",\"n\":2}\n"
                            "{\"disposition\":22,\"n\":3}\n"
                            "{\"disposition\":null,\"n\":4}\n"
                            "{\"n\":5}\n";

static void
an_inner_join_drops_and_counts_what_has_no_match(void **state)
{
    (void)state;
    struct join_test test;
    set_up(&test, codes);
    set_on(&test, "disposition", "code");
    set_add(&test, "description");
    assert_string_equal(real_stage_plan(test.stage), "");
    assert_string_equal(real_stage_fields(test.stage), "adds description after disposition; ");

    assert_string_equal(real_stage_process(test.stage, calls),
                        "{\"disposition\":\"HAN\",\"description\":\"Handled\",\"n\":1}\n"
                        "{\"disposition\":22,\"description\":\"Cancel\",\"n\":3}\n");
    assert_int_equal(real_stage_status(test.stage), LEVADA_FILTERED);
    assert_int_equal(real_stage_counter(test.stage, "unmatched"), 3);
    tear_down(&test);
}

static void
a_left_join_keeps_all_records(void **state)
{
    (void)state;
    struct join_test test;
    set_up(&test, codes);
    set_on(&test, "disposition", "code");
    set_add(&test, "description");
    set_add(&test, "code");
    set_number(&test, "type", JOIN_LEFT);
    assert_string_equal(real_stage_plan(test.stage), "");

    assert_string_equal(
        real_stage_process(
            test.stage, "{\"disposition\":\"HAN\",\"n\":1}\n{\"disposition\":\"OTS\",\"n\":2}\n"),
        "{\"disposition\":\"HAN\",\"description\":\"Handled\",\"code\":\"HAN\",\"n\":1}\n"
        "{\"disposition\":\"OTS\",\"description\":null,\"code\":null,\"n\":2}\n");
    assert_int_equal(real_stage_status(test.stage), LEVADA_OK);
    assert_int_equal(real_stage_counter(test.stage, "unmatched"), 0);
    tear_down(&test);
}

static void
joins_on_several_fields(void **state)
{
    (void)state;
    struct join_test test;
    set_up(&test,
           "[{\"a\":1,\"b\":\"x\",\"odd name.\":true},{\"a\":2,\"b\":\"x\",\"odd name.\":2.5}]");
    set_on(&test, "a", "a");
    set_on(&test, "c.b", "b");
    set_add(&test, "odd name.");
    assert_string_equal(real_stage_plan(test.stage), "");
    assert_string_equal(
        real_stage_process(
            test.stage,
            "{\"a\":\"2\",\"c\":{\"b\":\"x\"}}\n{\"a\":2,\"c\":{\"b\":\"y\"}}\n{\"a\":3}\n"),
        "{\"a\":\"2\",\"c\":{\"b\":\"x\"},\"odd name.\":2.5}\n");
    tear_down(&test);
}

static void
without_added_columns_it_only_selects(void **state)
{
    (void)state;
    struct join_test test;
    set_up(&test, codes);
    set_on(&test, "disposition", "code");
    assert_string_equal(real_stage_plan(test.stage), "");
    assert_string_equal(real_stage_process(test.stage, calls),
                        "{\"disposition\":\"HAN\",\"n\":1}\n{\"disposition\":22,\"n\":3}\n");
    tear_down(&test);
}

static void
a_changed_table_is_used_from_the_next_trigger_on(void **state)
{
    (void)state;
    struct join_test test;
    static const char call[] = "{\"disposition\":\"HAN\"}\n";
    static const char before[] = "{\"disposition\":\"HAN\",\"description\":\"Handled\"}\n";
    static const char after[] = "{\"disposition\":\"HAN\",\"description\":\"Done with\"}\n";
    set_up(&test, codes);
    set_on(&test, "disposition", "code");
    set_add(&test, "description");
    set_number(&test, "reload", 1);
    assert_string_equal(real_stage_plan(test.stage), "");
    assert_string_equal(real_stage_process(test.stage, call), before);

    write_table(&test, "code,description\nHAN,Done with\n");
    assert_string_equal(real_stage_process(test.stage, call), before);
    real_stage_trigger(test.stage);
    assert_string_equal(real_stage_process(test.stage, call), after);

    write_table(&test, "this is no table");
    real_stage_trigger(test.stage);
    assert_string_equal(real_stage_process(test.stage, call), after);
    tear_down(&test);
}

static void
a_table_is_not_read_again_before_its_time_or_where_nobody_wants_it(void **state)
{
    (void)state;
    static const int64_t periods[] = { 0, INT64_C(3600000000000) };
    for (size_t i = 0; i < 2; i++) {
        struct join_test test;
        set_up(&test, codes);
        set_on(&test, "disposition", "code");
        set_number(&test, "reload", periods[i]);
        assert_string_equal(real_stage_plan(test.stage), "");
        real_stage_trigger(test.stage); /* with a period: looks, and not again within it */
        write_table(&test, "code,description\nABA,Abated\n");
        real_stage_trigger(test.stage);
        assert_string_equal(real_stage_process(test.stage, "{\"disposition\":\"ABA\"}\n"), "");
        tear_down(&test);
    }
}

static void
expect_problem(const char *table, const char *problem)
{
    struct join_test test;
    set_up(&test, table);
    set_on(&test, "disposition", "code");
    set_add(&test, "description");
    const char *problems = real_stage_plan(test.stage);
    if (strstr(problems, problem) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", problems, problem);
    tear_down(&test);
}

static void
reports_what_is_wrong_with_the_table(void **state)
{
    (void)state;
    expect_problem("code,description\nA,x\nB,y\nA,z\n",
                   "option \"table\": rows 1 and 3 have the same key, \"A\"");
    expect_problem("code,text\nA,x\n",
                   "option \"add\": the table has no column \"description\"; it has code, text");
    expect_problem("kode,description\nA,x\n",
                   "option \"on\": the table has no column \"code\"; it has kode, description");
    expect_problem("[{\"code\":\"A\",\n\"description\"}]", "line 2, column 14");
}

static void
refuses_more_pairs_than_it_has_room_for(void **state)
{
    (void)state;
    struct join_test test;
    struct join_pair pairs[KEY_INDEX_MAX_KEYS + 1];
    set_up(&test, codes);
    set_on(&test, "disposition", "code");
    for (size_t i = 0; i <= KEY_INDEX_MAX_KEYS; i++)
        pairs[i] = test.on[0];
    *(struct levada_list *)real_stage_option(test.stage, "on") =
        (struct levada_list){ pairs, KEY_INDEX_MAX_KEYS + 1 };
    assert_string_equal(real_stage_plan(test.stage),
                        "option \"on\" takes 1 to 16 pairs of a field and a column\n");
    tear_down(&test);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inner_join_drops_and_counts_what_has_no_match),
        cmocka_unit_test(a_left_join_keeps_all_records),
        cmocka_unit_test(joins_on_several_fields),
        cmocka_unit_test(without_added_columns_it_only_selects),
        cmocka_unit_test(a_changed_table_is_used_from_the_next_trigger_on),
        cmocka_unit_test(a_table_is_not_read_again_before_its_time_or_where_nobody_wants_it),
        cmocka_unit_test(reports_what_is_wrong_with_the_table),
        cmocka_unit_test(refuses_more_pairs_than_it_has_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
