/* SPDX-License-Identifier: Apache-2.0 */
/* Golden tables: what Spark 3.5.7's console sink prints for the same rows. */
#include "console_sink/table.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fake_rows.h"

static const char *const type_and_count[] = { "original_crime_type_name", "count" };

static int
set_up(void **state)
{
    static struct table table;

    levada_module_v1(fake_rows_host());
    table = (struct table){ .num_rows = 20, .truncate = 20 };
    *state = &table;
    return 0;
}

static int
tear_down(void **state)
{
    table_finish(*state);
    fake_rows_finish();
    return 0;
}

static void
add(struct table *table, struct fake_rows *rows)
{
    assert_int_equal(table_add(table, fake_rows_call(), &rows->batch), LEVADA_OK);
}

static void
assert_shows(const struct table *table, const char *expected)
{
    struct text_buffer out = { 0 };

    table_render(table, &out);
    text_buffer_add_char(&out, '\0');
    assert_string_equal(out.bytes, expected);
    text_buffer_finish(&out);
}

static void
aligns_to_the_right_and_says_what_it_left_out(void **state)
{
    const struct levada_scalar cells[] = { STR("Passing Call"), I64(35180), STR("Traffic Stop"),
                                           I64(13538),          STR("x"),   I64(1) };
    struct fake_rows rows = FAKE_ROWS(type_and_count, 2, cells, 3);
    struct table *table = *state;

    table->num_rows = 2;
    add(table, &rows);
    assert_shows(table, "+------------------------+-----+\n"
                        "|original_crime_type_name|count|\n"
                        "+------------------------+-----+\n"
                        "|            Passing Call|35180|\n"
                        "|            Traffic Stop|13538|\n"
                        "+------------------------+-----+\n"
                        "only showing top 2 rows\n"
                        "\n");
}

static void
says_nothing_when_all_rows_are_shown(void **state)
{
    static const char *const names[] = { "a", "bb" };
    const struct levada_scalar cells[] = { I64(1), NUL, MISSING, F64(2) };
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);
    struct table *table = *state;

    table->num_rows = 2;
    add(table, &rows);
    assert_shows(table, "+----+----+\n"
                        "|   a|  bb|\n"
                        "+----+----+\n"
                        "|   1|NULL|\n"
                        "|NULL| 2.0|\n"
                        "+----+----+\n"
                        "\n");
}

static void
speaks_of_one_row_in_the_singular(void **state)
{
    static const char *const names[] = { "a" };
    const struct levada_scalar cells[] = { I64(1), I64(2) };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 2);
    struct table *table = *state;

    table->num_rows = 1;
    add(table, &rows);
    assert_shows(table, "+---+\n|  a|\n+---+\n|  1|\n+---+\nonly showing top 1 row\n\n");
}

static void
aligns_to_the_left_when_nothing_is_cut(void **state)
{
    static const char *const names[] = { "name", "n" };
    const struct levada_scalar cells[] = { STR("a name of more than twenty characters"), I64(1),
                                           STR("b"), I64(1000) };
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);
    struct table *table = *state;

    table->truncate = 0;
    add(table, &rows);
    assert_shows(table, "+-------------------------------------+----+\n"
                        "|name                                 |n   |\n"
                        "+-------------------------------------+----+\n"
                        "|a name of more than twenty characters|1   |\n"
                        "|b                                    |1000|\n"
                        "+-------------------------------------+----+\n"
                        "\n");
}

static void
never_cuts_a_column_s_name(void **state)
{
    static const char *const names[] = { "a_column_name_of_27_letters", "tab\there" };
    const struct levada_scalar cells[] = { STR("a value of 27 letters, long"), I64(1) };
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 1);
    struct table *table = *state;

    add(table, &rows);
    assert_shows(table, "+---------------------------+---------+\n"
                        "|a_column_name_of_27_letters|tab\\there|\n"
                        "+---------------------------+---------+\n"
                        "|       a value of 27 let...|        1|\n"
                        "+---------------------------+---------+\n"
                        "\n");
}

static void
gives_wide_characters_their_room(void **state)
{
    static const char *const names[] = { "city" };
    const struct levada_scalar cells[] = { STR("\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD"),
                                           STR("Porto") };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 2);
    struct table *table = *state;

    add(table, &rows);
    assert_shows(table, "+------+\n"
                        "|  city|\n"
                        "+------+\n"
                        "|\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD|\n"
                        "| Porto|\n"
                        "+------+\n"
                        "\n");
}

static void
shows_the_header_of_an_empty_result(void **state)
{
    struct fake_rows rows = FAKE_ROWS(type_and_count, 2, NULL, 0);
    struct table *table = *state;

    assert_false(table_has_columns(table));
    add(table, &rows);
    assert_true(table_has_columns(table));
    assert_shows(table, "+------------------------+-----+\n"
                        "|original_crime_type_name|count|\n"
                        "+------------------------+-----+\n"
                        "+------------------------+-----+\n"
                        "\n");
}

static void
adds_columns_that_come_later_and_shows_null_above(void **state)
{
    static const char *const first[] = { "a" }, *const second[] = { "b", "a" };
    const struct levada_scalar one[] = { I64(1) }, two[] = { STR("x"), I64(2) };
    struct fake_rows rows = FAKE_ROWS(first, 1, one, 1), more = FAKE_ROWS(second, 2, two, 1);
    struct table *table = *state;

    add(table, &rows);
    add(table, &more);
    add(table, &rows);
    assert_shows(table, "+---+----+\n"
                        "|  a|   b|\n"
                        "+---+----+\n"
                        "|  1|NULL|\n"
                        "|  2|   x|\n"
                        "|  1|NULL|\n"
                        "+---+----+\n"
                        "\n");
}

static void
reads_interned_columns_by_their_ids(void **state)
{
    static const char *const names[] = { "type" };
    const struct levada_scalar entries[] = { MISSING, NUL, STR("Stop"), STR("Call") };
    const struct levada_dict dict = { .generation = 1, .n = 4, .entry = entries };
    const uint32_t ids[] = { 3, 1, 2 };
    struct fake_rows rows = FAKE_ROWS(names, 1, NULL, 3);
    struct table *table = *state;

    rows.dict = &dict;
    rows.ids = ids;
    add(table, &rows);
    assert_shows(table, "+----+\n|type|\n+----+\n|Call|\n|NULL|\n|Stop|\n+----+\n\n");
}

static void
begins_anew_after_a_trigger_with_the_columns_of_the_last(void **state)
{
    static const char *const other[] = { "b" };
    const struct levada_scalar cells[] = { STR("x"), I64(1) };
    struct fake_rows rows = FAKE_ROWS(type_and_count, 2, cells, 1),
                     more = FAKE_ROWS(other, 1, cells, 1);
    struct table *table = *state;

    add(table, &rows);
    table_clear(table);
    assert_shows(table, "+------------------------+-----+\n"
                        "|original_crime_type_name|count|\n"
                        "+------------------------+-----+\n"
                        "+------------------------+-----+\n"
                        "\n");
    add(table, &more);
    assert_shows(table, "+---+\n|  b|\n+---+\n|  x|\n+---+\n\n");
}

static void
counts_rows_over_many_batches_without_keeping_them(void **state)
{
    static const char *const names[] = { "a" };
    const struct levada_scalar cells[] = { I64(1), I64(2), I64(3) };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 3);
    struct table *table = *state;

    table->num_rows = 4;
    for (int i = 0; i < 1000; i++)
        add(table, &rows);
    assert_int_equal(table->n_rows, 4);
    assert_int_equal(table->n_hidden, 2996);
    assert_shows(table, "+---+\n|  a|\n+---+\n|  1|\n|  2|\n|  3|\n|  1|\n+---+\n"
                        "only showing top 4 rows\n\n");
}

static void
shows_all_rows_when_told_so(void **state)
{
    static const char *const names[] = { "a" };
    const struct levada_scalar cells[] = { I64(1), I64(2), I64(3) };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 3);
    struct table *table = *state;

    table->num_rows = 0;
    for (int i = 0; i < 100; i++)
        add(table, &rows);
    assert_int_equal(table->n_rows, 300);
    assert_int_equal(table->n_hidden, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(aligns_to_the_right_and_says_what_it_left_out),
        TEST(says_nothing_when_all_rows_are_shown),
        TEST(speaks_of_one_row_in_the_singular),
        TEST(aligns_to_the_left_when_nothing_is_cut),
        TEST(never_cuts_a_column_s_name),
        TEST(gives_wide_characters_their_room),
        TEST(shows_the_header_of_an_empty_result),
        TEST(adds_columns_that_come_later_and_shows_null_above),
        TEST(reads_interned_columns_by_their_ids),
        TEST(begins_anew_after_a_trigger_with_the_columns_of_the_last),
        TEST(counts_rows_over_many_batches_without_keeping_them),
        TEST(shows_all_rows_when_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
