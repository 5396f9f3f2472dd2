/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

static void
windowed(struct fixture *fixture, int64_t window_ms, int64_t watermark_ms)
{
    fixture_init(fixture);
    fixture->options.window = window_ms * MS;
    fixture->options.watermark = watermark_ms * MS;
    fixture_group_by(fixture, "type");
}

static void
puts_equal_groups_into_one_row(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    fixture_group_by(&f, "type");
    fixture_create(&f, true);
    FEED(&f, { 1, "b", "x", 0 }, { 2, "a", "y", 0 }, { 3, "b", "z", 0 });
    assert_string_equal(fixture_trigger(&f), "b 2 4\na 1 2\n");
    fixture_finish(&f);
}

static void
has_one_row_without_groups(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    fixture_create(&f, true);
    assert_string_equal(fixture_trigger(&f), "");
    FEED(&f, { 1, "b", "x", 0 }, { 2, "a", "y", 0 });
    assert_string_equal(fixture_trigger(&f), "2 3\n");
    fixture_finish(&f);
}

static void
counts_a_missing_group_value_as_null(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    fixture_group_by(&f, "type");
    fixture_create(&f, true);
    FEED(&f, { 1, NULL, "x", 0 }, { 2, "a", "y", 0 }, { 4, NULL, "z", 0 });
    assert_string_equal(fixture_trigger(&f), "- 2 5\na 1 2\n");
    fixture_finish(&f);
}

static void
groups_by_five_columns(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    fixture_group_by(&f, "type");
    fixture_group_by(&f, "time");
    fixture_group_by(&f, "disposition");
    fixture_group_by(&f, "meta:partition");
    fixture_group_by(&f, "absent");
    fixture_create(&f, true);
    FEED(&f, { 7, "a", "x", 3 }, { 7, "a", "x", 4 }, { 7, "a", "x", 3 }, { 8, "a", "x", 3 });
    assert_string_equal(fixture_trigger(&f), "a 7 x 3 - 2 14\na 7 x 4 - 1 7\na 8 x 3 - 1 8\n");
    fixture_finish(&f);
}

static void
includes_a_windows_start_and_not_its_end(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    fixture_create(&f, true);
    FEED(&f, { 10, "a", NULL, 0 }, { 19, "a", NULL, 0 }, { 20, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "10 20 a 2 29\n20 30 a 1 20\n");
    fixture_finish(&f);
}

static void
rounds_down_times_before_1970(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    fixture_create(&f, true);
    FEED(&f, { -1, "a", NULL, 0 }, { -10, "a", NULL, 0 }, { -11, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "-10 0 a 2 -11\n-20 -10 a 1 -11\n");
    fixture_finish(&f);
}

static void
starts_windows_at_the_offset(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    f.options.offset = 3 * MS;
    fixture_create(&f, true);
    FEED(&f, { 2, "a", NULL, 0 }, { 3, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "-7 3 a 1 2\n3 13 a 1 3\n");
    fixture_finish(&f);
}

static void
puts_a_record_into_every_window_that_covers_it(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    f.options.slide = 5 * MS;
    fixture_create(&f, true);
    FEED(&f, { 7, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 7\n5 15 a 1 7\n");
    fixture_finish(&f);
}

static void
slides_by_steps_that_do_not_divide_the_window(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    f.options.slide = 4 * MS;
    fixture_create(&f, true);
    FEED(&f, { 9, "a", NULL, 0 }, { 10, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "4 14 a 2 19\n8 18 a 2 19\n0 10 a 1 9\n");
    fixture_finish(&f);
}

static void
uses_the_records_timestamp_without_event_time(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    f.options.event_time = NULL;
    fixture_create(&f, true);
    FEED(&f, { 12, "a", NULL, 0 }, { LEVADA_NO_TIME, "a", NULL, 0 });
    assert_int_equal(f.result.n_rejects, 1);
    assert_string_equal(f.result.rejects[0].why,
                        "the record has no timestamp to use as its event time");
    assert_string_equal(fixture_trigger(&f), "10 20 a 1 12\n");
    fixture_finish(&f);
}

static void
is_late_once_the_partitions_own_watermark_reached_the_windows_end(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 5);
    fixture_create(&f, true);
    /* watermark 9: [0,10) is open; then 10: it is closed */
    FEED(&f, { 14, "a", NULL, 0 }, { 9, "a", NULL, 0 }, { 15, "a", NULL, 0 }, { 9, "a", NULL, 0 });
    assert_int_equal(f.result.n_late, 1);
    assert_int_equal(f.result.late[0], 3);
    assert_int_equal(f.result.slots->n, 3);
    assert_int_equal(fixture_stats(&f).late, 1);
    fixture_finish(&f);
}

static void
is_not_made_late_by_another_partition(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 1);
    fixture_create(&f, true);
    FEED(&f, { 100, "a", NULL, 1 }, { 1, "a", NULL, 2 }, { 2, "a", NULL, 1 });
    assert_int_equal(f.result.n_late, 1);
    assert_int_equal(f.result.late[0], 2);
    fixture_finish(&f);
}

static void
counts_a_record_in_those_of_its_windows_that_are_open(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 1);
    f.options.slide = 5 * MS;
    fixture_create(&f, true);
    FEED(&f, { 11, "a", NULL, 0 }, { 6, "a", NULL, 0 }, { 4, "a", NULL, 0 });
    /* 6 falls into [0,10), which is closed at 10, and [5,15); 4 into [-5,5) and [0,10) */
    assert_int_equal(f.result.n_late, 1);
    assert_int_equal(f.result.late[0], 2);
    assert_int_equal(f.result.slots->n, 3);
    assert_int_equal(f.result.slots->record[2], 1);
    fixture_finish(&f);
}

static void
names_records_of_hits_behind_a_gap(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    fixture_create(&f, true);
    FEED(&f, { 1, "a", NULL, 0 }, { LEVADA_NO_TIME, "a", NULL, 0 }, { 12, "a", NULL, 0 });
    assert_int_equal(f.result.slots->n, 2);
    assert_int_equal(f.result.slots->record[0], 0);
    assert_int_equal(f.result.slots->record[1], 2);
    fixture_finish(&f);
}

static void
says_which_field_has_no_time_and_quotes_it(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    f.options.event_time = path_set_get(record_space_paths(f.space), "disposition", NULL);
    fixture_create(&f, true);
    FEED(&f, { 1, "a", NULL, 0 }, { 1, "a", "yesterday", 0 },
         { 1, "a", "0123456789012345678901234567890123456789x", 0 },
         { 1, "a", "012345678901234567890123456789012345678\xc3\xa9", 0 },
         { 1, "a", "1970-01-01T00:00:00.011", 0 });
    assert_int_equal(f.result.n_rejects, 4);
    assert_string_equal(f.result.rejects[0].why,
                        "field \"disposition\", the event time, is missing");
    assert_string_equal(f.result.rejects[1].why,
                        "field \"disposition\", the event time, is no time: \"yesterday\"");
    assert_string_equal(f.result.rejects[2].why,
                        "field \"disposition\", the event time, is no time: "
                        "\"0123456789012345678901234567890123456789...\"");
    assert_string_equal(f.result.rejects[3].why,
                        "field \"disposition\", the event time, is no time: "
                        "\"012345678901234567890123456789012345678...\"");
    assert_int_equal(f.result.rejects[3].record, 3);
    assert_string_equal(fixture_trigger(&f), "10 20 a 1 1\n");
    fixture_finish(&f);
}

static void
refuses_times_too_far_ahead_of_the_clock(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 1);
    f.options.max_future = 100 * MS;
    f.wall_ms = 1000;
    fixture_create(&f, true);
    FEED(&f, { 1100, "a", NULL, 0 }, { 1101, "a", NULL, 0 });
    assert_int_equal(f.result.n_rejects, 1);
    assert_int_equal(f.result.rejects[0].record, 1);
    assert_non_null(strstr(f.result.rejects[0].why, "1970-01-01T00:00:01.101"));
    assert_int_equal(fixture_stats(&f).future, 1);
    assert_int_equal(fixture_stats(&f).watermark_ms, 1099);
    fixture_finish(&f);
}

static void
takes_no_time_that_could_overflow(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 1);
    fixture_create(&f, true);
    FEED(&f, { INT64_MAX, "a", NULL, 0 }, { INT64_MIN + 1, "a", NULL, 0 },
         { INT64_MAX / 4, "a", NULL, 0 }, { INT64_MAX / 4 - 1, "a", NULL, 0 });
    assert_int_equal(f.result.n_rejects, 3);
    fixture_finish(&f);
}

static void
puts_back_rows_that_a_failed_callback_wrote(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    fixture_create(&f, true);
    FEED(&f, { 1, "a", NULL, 0 }, { 2, "b", NULL, 0 });
    const struct call calls[] = {
        { 3, "a", NULL, 0 }, { 4, "new", NULL, 0 }, { 15, "a", NULL, 0 }, { 5, "a", NULL, 0 }
    };
    assert_int_equal(fixture_fold(&f, calls, 4), LEVADA_OK);
    assert_int_equal(fixture_fold(&f, calls, 3), LEVADA_OK); /* the same transaction */
    table_rollback(f.table);
    assert_int_equal(fixture_stats(&f).rows, 2);
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 1\n0 10 b 1 2\n");
    fixture_feed(&f, calls, 4);
    assert_string_equal(fixture_trigger(&f),
                        "0 10 a 3 9\n0 10 b 1 2\n0 10 new 1 4\n10 20 a 1 15\n");
    fixture_finish(&f);
}

static void
gives_a_zeroed_row_where_a_failed_callback_had_written(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 0);
    fixture_create(&f, true);
    const struct call call = { 1, "a", NULL, 0 };
    assert_int_equal(fixture_fold(&f, &call, 1), LEVADA_OK);
    table_rollback(f.table);
    assert_int_equal(fixture_stats(&f).rows, 0);
    struct batch *batch = fixture_batch(&f, &call, 1);
    assert_int_equal(table_slots(f.table, batch, 0, &f.result, &f.err), LEVADA_OK);
    uint32_t slot = f.result.slots->slot[0];
    assert_int_equal(((int64_t *)f.result.slots->cell[0])[slot], 0);
    assert_memory_equal((char *)f.result.slots->cell[2] + 3 * slot, "\0\0\0", 3);
    table_rollback(f.table);
    batch_release(batch);
    fixture_finish(&f);
}

static void
puts_back_watermarks_and_counts(void **state)
{
    (void)state;
    struct fixture f;
    windowed(&f, 10, 1);
    fixture_create(&f, true);
    FEED(&f, { 20, "a", NULL, 0 });
    const struct call calls[] = { { 90, "a", NULL, 0 }, { 2, "a", NULL, 0 }, { 95, "a", NULL, 7 } };
    assert_int_equal(fixture_fold(&f, calls, 3), LEVADA_OK);
    assert_int_equal(fixture_stats(&f).late, 1);
    table_rollback(f.table);
    assert_int_equal(fixture_stats(&f).late, 0);
    assert_int_equal(fixture_stats(&f).watermark_ms, 19);
    assert_int_equal(fixture_stats(&f).max_event_ms, 20);
    FEED(&f, { 15, "a", NULL, 0 });
    assert_int_equal(f.result.n_late, 0);
    fixture_finish(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_equal_groups_into_one_row),
        cmocka_unit_test(has_one_row_without_groups),
        cmocka_unit_test(counts_a_missing_group_value_as_null),
        cmocka_unit_test(groups_by_five_columns),
        cmocka_unit_test(includes_a_windows_start_and_not_its_end),
        cmocka_unit_test(rounds_down_times_before_1970),
        cmocka_unit_test(starts_windows_at_the_offset),
        cmocka_unit_test(puts_a_record_into_every_window_that_covers_it),
        cmocka_unit_test(slides_by_steps_that_do_not_divide_the_window),
        cmocka_unit_test(uses_the_records_timestamp_without_event_time),
        cmocka_unit_test(is_late_once_the_partitions_own_watermark_reached_the_windows_end),
        cmocka_unit_test(is_not_made_late_by_another_partition),
        cmocka_unit_test(counts_a_record_in_those_of_its_windows_that_are_open),
        cmocka_unit_test(names_records_of_hits_behind_a_gap),
        cmocka_unit_test(says_which_field_has_no_time_and_quotes_it),
        cmocka_unit_test(refuses_times_too_far_ahead_of_the_clock),
        cmocka_unit_test(takes_no_time_that_could_overflow),
        cmocka_unit_test(puts_back_rows_that_a_failed_callback_wrote),
        cmocka_unit_test(gives_a_zeroed_row_where_a_failed_callback_had_written),
        cmocka_unit_test(puts_back_watermarks_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
