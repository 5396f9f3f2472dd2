/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "record/value.h"

#include <stdio.h>
#include <string.h>

static void
in_mode(struct fixture *fixture, enum table_output_mode mode)
{
    fixture_init(fixture);
    fixture->options.window = 10 * MS;
    fixture->options.watermark = 5 * MS;
    fixture->options.output_mode = mode;
    fixture_group_by(fixture, "type");
}

static void
complete_mode_emits_everything_at_each_trigger_and_drops_nothing(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_COMPLETE);
    fixture_create(&f, true);
    FEED(&f, { 500, "a", NULL, 0 }, { 1, "a", NULL, 0 });
    assert_int_equal(f.result.n_late, 0);
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 1\n500 510 a 1 500\n");
    FEED(&f, { 2, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "0 10 a 2 3\n500 510 a 1 500\n");
    assert_string_equal(fixture_trigger(&f), "0 10 a 2 3\n500 510 a 1 500\n");
    assert_int_equal(fixture_stats(&f).removed, 0);
    fixture_finish(&f);
}

static void
complete_mode_is_the_default_without_a_watermark(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_DEFAULT);
    f.options.watermark = 0;
    fixture_create(&f, true);
    assert_true(table_is_complete_mode(f.table));
    fixture_finish(&f);
}

static void
append_mode_emits_a_row_once_when_its_window_closes(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_DEFAULT);
    fixture_create(&f, true);
    FEED(&f, { 8, "b", NULL, 0 }, { 3, "a", NULL, 0 }, { 14, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), ""); /* watermark 9 */
    FEED(&f, { 15, "c", NULL, 0 });               /* 10: equal to the end */
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 3\n0 10 b 1 8\n");
    assert_string_equal(fixture_trigger(&f), "");
    assert_int_equal(fixture_stats(&f).rows, 2);
    assert_int_equal(fixture_stats(&f).removed, 2);
    fixture_finish(&f);
}

static void
update_mode_emits_rows_that_changed_and_forgets_closed_ones(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_UPDATE);
    fixture_create(&f, true);
    FEED(&f, { 8, "b", NULL, 0 }, { 3, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 3\n0 10 b 1 8\n");
    FEED(&f, { 4, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "0 10 a 2 7\n");
    FEED(&f, { 5, "b", NULL, 0 }, { 30, "c", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "0 10 b 2 13\n30 40 c 1 30\n");
    assert_int_equal(fixture_stats(&f).rows, 1);
    assert_int_equal(fixture_stats(&f).updated, 5);
    fixture_finish(&f);
}

static void
a_failed_callback_is_no_update(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_UPDATE);
    fixture_create(&f, true);
    FEED(&f, { 3, "a", NULL, 0 });
    fixture_trigger(&f);
    const struct call call = { 4, "a", NULL, 0 };
    assert_int_equal(fixture_fold(&f, &call, 1), LEVADA_OK);
    table_rollback(f.table);
    FEED(&f, { 12, "b", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "10 20 b 1 12\n");
    fixture_finish(&f);
}

static void
the_end_of_input_closes_all_windows_where_it_flushes(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, true);
    FEED(&f, { 8, "b", NULL, 0 });
    table_end_input(f.table);
    assert_string_equal(fixture_trigger(&f), "0 10 b 1 8\n");
    assert_int_equal(table_watermark(f.table), INT64_MAX);
    FEED(&f, { 9, "b", NULL, 0 }, { 800, "b", NULL, 0 }); /* a later run may read on */
    assert_int_equal(f.result.n_late, 1);
    assert_string_equal(fixture_trigger(&f), "800 810 b 1 800\n");
    fixture_finish(&f);
}

static void
the_end_of_input_keeps_windows_where_it_holds(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    f.options.on_end = TABLE_HOLD;
    fixture_create(&f, true);
    FEED(&f, { 8, "b", NULL, 0 });
    table_end_input(f.table);
    assert_string_equal(fixture_trigger(&f), "");
    assert_int_equal(fixture_stats(&f).rows, 1);
    assert_int_equal(fixture_stats(&f).watermark_ms, 3);
    fixture_finish(&f);
}

static void
an_endless_input_holds_unless_told_otherwise(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    FEED(&f, { 8, "b", NULL, 0 });
    table_end_input(f.table);
    assert_string_equal(fixture_trigger(&f), "");
    fixture_finish(&f);
}

static void
a_window_closes_behind_the_slowest_partition(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    FEED(&f, { 3, "a", NULL, 1 }, { 100, "a", NULL, 2 });
    assert_string_equal(fixture_trigger(&f), "");
    FEED(&f, { 4, "a", NULL, 1 }, { 15, "b", NULL, 1 });
    assert_string_equal(fixture_trigger(&f), "0 10 a 2 7\n");
    assert_int_equal(table_watermark(f.table), 10);
    fixture_finish(&f);
}

static void
an_assigned_partition_without_records_holds_windows_open(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    fixture_assign(&f, (const int32_t[]){ 1, 2, 2 }, 3);
    FEED(&f, { 3, "a", NULL, 1 }, { 100, "a", NULL, 1 });
    assert_string_equal(fixture_trigger(&f), "");
    assert_int_equal(fixture_stats(&f).watermark_ms, LEVADA_NO_TIME);
    fixture_assign(&f, (const int32_t[]){ 1 }, 1);
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 3\n");
    fixture_finish(&f);
}

static void
no_partition_means_no_watermark(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    assert_int_equal(fixture_stats(&f).watermark_ms, LEVADA_NO_TIME);
    FEED(&f, { 3, "a", NULL, 1 }, { 13, "a", NULL, 1 });
    fixture_assign(&f, NULL, 0);
    assert_string_equal(fixture_trigger(&f), "");
    assert_int_equal(fixture_stats(&f).watermark_ms, LEVADA_NO_TIME);
    fixture_finish(&f);
}

static void
an_idle_partition_holds_nothing_and_lowers_nothing_when_it_wakes(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    FEED(&f, { 3, "a", NULL, 1 }, { 100, "a", NULL, 2 });
    table_set_idle(f.table, f.stream, 1, true);
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 3\n");
    /* its own watermark is behind, but the window is gone */
    FEED(&f, { 4, "a", NULL, 1 }, { 96, "a", NULL, 1 });
    assert_int_equal(f.result.n_late, 1);
    assert_int_equal(f.result.late[0], 0);
    assert_int_equal(fixture_stats(&f).watermark_ms, 95);
    fixture_finish(&f);
}

static void
the_fastest_counts_where_all_partitions_are_idle(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    FEED(&f, { 3, "a", NULL, 1 }, { 50, "a", NULL, 2 });
    table_set_idle(f.table, f.stream, 1, true);
    table_set_idle(f.table, f.stream, 2, true);
    assert_int_equal(fixture_stats(&f).watermark_ms, 45);
    table_set_idle(f.table, f.stream, 1, false);
    assert_int_equal(fixture_stats(&f).watermark_ms, -2);
    fixture_finish(&f);
}

static void
a_partition_that_is_assigned_again_remembers_nothing(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    FEED(&f, { 100, "a", NULL, 1 }, { 70, "a", NULL, 2 });
    fixture_assign(&f, (const int32_t[]){ 2 }, 1);
    fixture_assign(&f, (const int32_t[]){ 1, 2 }, 2);
    FEED(&f, { 20, "a", NULL, 1 }, { 20, "a", NULL, 2 });
    assert_int_equal(f.result.n_late, 1);
    assert_int_equal(f.result.late[0], 1);
    fixture_finish(&f);
}

static void
a_partition_that_is_expected_holds_windows_open_and_drops_no_other(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    FEED(&f, { 3, "a", NULL, 1 }, { 100, "a", NULL, 1 });
    const struct table_partition second = { .stream = f.stream, .partition = 2 };
    assert_int_equal(table_expect(f.table, &second, 1, &f.err), LEVADA_OK);
    assert_string_equal(fixture_trigger(&f), "");
    FEED(&f, { 4, "a", NULL, 2 }, { 50, "b", NULL, 2 }, { 20, "a", NULL, 1 });
    assert_int_equal(f.result.n_late, 1); /* the first partition is remembered */
    assert_int_equal(table_expect(f.table, &second, 1, &f.err), LEVADA_OK);
    assert_string_equal(fixture_trigger(&f), "0 10 a 2 7\n");
    fixture_finish(&f);
}

static void
no_window_closes_while_the_table_is_held(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    table_hold(f.table, true);
    FEED(&f, { 3, "a", NULL, 1 }, { 100, "a", NULL, 1 });
    assert_string_equal(fixture_trigger(&f), "");
    assert_int_equal(fixture_stats(&f).watermark_ms, LEVADA_NO_TIME);
    table_hold(f.table, false);
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 3\n");
    fixture_finish(&f);
}

static void
rows_that_stages_made_wait_for_no_partition_of_theirs(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    fixture_assign(&f, (const int32_t[]){ 1 }, 1);
    f.stream = 0;
    FEED(&f, { 3, "a", NULL, 0 }, { 30, "a", NULL, 0 });
    fixture_assign(&f, (const int32_t[]){ 1 }, 1);
    FEED(&f, { 4, "a", NULL, 0 });
    assert_int_equal(f.result.n_late, 1);
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 3\n");
    fixture_finish(&f);
}

static void
promises_below_only_what_it_has_emitted(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, false);
    FEED(&f, { 100, "a", NULL, 0 });
    assert_int_equal(table_watermark(f.table), LEVADA_NO_TIME);
    fixture_trigger(&f);
    assert_int_equal(table_watermark(f.table), 95);
    fixture_finish(&f);

    in_mode(&f, TABLE_COMPLETE);
    fixture_create(&f, true);
    FEED(&f, { 100, "a", NULL, 0 });
    fixture_trigger(&f);
    assert_int_equal(table_watermark(f.table), LEVADA_NO_TIME);
    table_end_input(f.table);
    fixture_trigger(&f);
    assert_int_equal(table_watermark(f.table), INT64_MAX);
    fixture_finish(&f);
}

static void
is_unchanged_when_emitting_fails(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, true);
    FEED(&f, { 8, "b", NULL, 0 }, { 3, "a", NULL, 0 }, { 40, "a", NULL, 0 });
    f.emits_until_failure = 1;
    fixture_trigger(&f);
    assert_string_equal(f.err.text, "not now");
    assert_int_equal(fixture_stats(&f).rows, 3);
    assert_int_equal(table_watermark(f.table), LEVADA_NO_TIME);
    f.emits_until_failure = 0;
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 3\n0 10 b 1 8\n");
    fixture_finish(&f);
}

static void
an_update_that_could_not_be_emitted_is_emitted_the_next_time(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_UPDATE);
    fixture_create(&f, true);
    FEED(&f, { 8, "b", NULL, 0 });
    f.emits_until_failure = 1;
    fixture_trigger(&f);
    f.emits_until_failure = 0;
    FEED(&f, { 3, "a", NULL, 0 });
    assert_string_equal(fixture_trigger(&f), "0 10 a 1 3\n0 10 b 1 8\n");
    fixture_finish(&f);
}

static void
orders_by_the_terms_then_window_then_groups(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_COMPLETE);
    const char *terms[] = { "type desc", "sum asc" };
    f.options.order_by = (struct levada_list){ terms, 2 };
    fixture_group_by(&f, "disposition");
    fixture_create(&f, true);
    FEED(&f, { 1, "a", "y", 0 }, { 1, "a", "x", 0 }, { 12, "b", "x", 0 }, { -3, "b", "z", 0 },
         { 4, "b", "x", 0 });
    assert_string_equal(fixture_trigger(&f), "-10 0 b z 1 -3\n0 10 b x 1 4\n10 20 b x 1 12\n"
                                             "0 10 a x 1 1\n0 10 a y 1 1\n");
    fixture_finish(&f);
}

static void
orders_by_a_descending_window(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_COMPLETE);
    const char *terms[] = { "window_start desc" };
    f.options.order_by = (struct levada_list){ terms, 1 };
    fixture_create(&f, true);
    FEED(&f, { 1, "b", "y", 0 }, { 11, "c", "x", 0 }, { 1, "a", "x", 0 }, { 21, "b", "z", 0 });
    assert_string_equal(fixture_trigger(&f),
                        "20 30 b 1 21\n10 20 c 1 11\n0 10 a 1 1\n0 10 b 1 1\n");
    fixture_finish(&f);
}

static void
orders_names_by_bytes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    fixture_group_by(&f, "type");
    fixture_create(&f, true);
    FEED(&f, { 0, "same start, b", "", 0 }, { 0, "same start, a", "", 0 }, { 0, "\xc3\xa9", "", 0 },
         { 0, "Z", "", 0 }, { 0, "same", "", 0 }, { 0, "a", "", 0 }, { 0, NULL, "", 0 });
    assert_string_equal(fixture_trigger(&f), "- 1 0\nZ 1 0\na 1 0\nsame 1 0\nsame start, a 1 0\n"
                                             "same start, b 1 0\n\xc3\xa9 1 0\n");
    fixture_finish(&f);
}

static void
orders_keys_wider_than_a_machine_word(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_COMPLETE);
    const char *terms[] = { "sum", "count desc" };
    f.options.order_by = (struct levada_list){ terms, 2 };
    fixture_create(&f, true);
    FEED(&f, { -1000000, "a", NULL, 0 }, { 700000000, "a", NULL, 0 }, { 700000000, "b", NULL, 0 },
         { 0, "c", NULL, 0 }, { 3, "d", NULL, 0 });
    assert_string_equal(fixture_trigger(&f),
                        "-1000000 -999990 a 1 -1e+06\n0 10 c 1 0\n0 10 d 1 3\n"
                        "700000000 700000010 a 1 7e+08\n700000000 700000010 b 1 7e+08\n");
    fixture_finish(&f);
}

struct counter {
    uint64_t rows;
    uint32_t batches, largest;
    int64_t last_timestamp_ms;
};

static levada_status
count(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    (void)err;
    struct counter *counter = user;
    counter->rows += slots->n;
    counter->batches++;
    counter->largest = slots->n > counter->largest ? slots->n : counter->largest;
    counter->last_timestamp_ms = batch_origin(batch, slots->n - 1)->timestamp_ms;
    batch_release(batch);
    return LEVADA_OK;
}

/* @n groups "u0", "u1", .. at @time_ms, in batches of 500. */
static void
feed_unique(struct fixture *f, uint32_t n, int64_t time_ms)
{
    static char names[500][40];
    static struct call calls[500];
    for (uint32_t first = 0; first < n; first += 500) {
        uint32_t in_batch = n - first < 500 ? n - first : 500;
        for (uint32_t i = 0; i < in_batch; i++) {
            snprintf(names[i], sizeof(names[i]), "u%lld.%u", (long long)time_ms / 10, first + i);
            calls[i] = (struct call){ time_ms, names[i], NULL, 0 };
        }
        fixture_feed(f, calls, in_batch);
    }
}

static void
emits_at_most_1024_rows_at_a_time_with_the_windows_last_time(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, true);
    feed_unique(&f, 2500, 7);
    table_end_input(f.table);
    struct counter counter = { 0 };
    assert_int_equal(table_trigger(f.table,
                                   &(const struct table_output){ .emit = count, .user = &counter },
                                   &f.err),
                     LEVADA_OK);
    assert_int_equal(counter.rows, 2500);
    assert_int_equal(counter.batches, 3);
    assert_int_equal(counter.largest, 1024);
    assert_int_equal(counter.last_timestamp_ms, 9);
    fixture_finish(&f);
}

static void
forgets_groups_whose_rows_are_gone(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, true);
    struct counter counter = { 0 };
    uint64_t first_bytes = 0;
    for (int64_t window = 0; window < 60; window++) {
        feed_unique(&f, 2000, window * 10);
        assert_int_equal(
            table_trigger(f.table, &(const struct table_output){ .emit = count, .user = &counter },
                          &f.err),
            LEVADA_OK);
        feed_unique(&f, 2000, window * 10); /* the open window still knows them all */
        assert_int_equal(fixture_stats(&f).rows, window == 0 ? 2000 : 4000);
        if (window == 5)
            first_bytes = fixture_stats(&f).bytes;
    }
    assert_int_equal(counter.rows, 58 * 2000);
    assert_true(fixture_stats(&f).bytes < first_bytes * 2);
    fixture_finish(&f);
}

static void
says_whether_there_is_anything_new(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_UPDATE);
    fixture_create(&f, true);
    assert_false(table_has_news(f.table));
    FEED(&f, { 8, "b", NULL, 0 });
    assert_true(table_has_news(f.table));
    fixture_trigger(&f);
    assert_false(table_has_news(f.table));
    fixture_finish(&f);

    in_mode(&f, TABLE_APPEND);
    fixture_create(&f, true);
    FEED(&f, { 8, "b", NULL, 1 }, { 100, "b", NULL, 2 });
    assert_false(table_has_news(f.table));
    table_set_idle(f.table, f.stream, 1, true);
    assert_true(table_has_news(f.table));
    fixture_finish(&f);
}

static void
tells_the_event_times_since_the_last_trigger(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_COMPLETE);
    fixture_create(&f, true);
    assert_int_equal(fixture_stats(&f).min_event_ms, LEVADA_NO_TIME);
    FEED(&f, { 100, "b", NULL, 0 }, { 10, "b", NULL, 0 });
    FEED(&f, { 40, "b", NULL, 0 });
    assert_int_equal(fixture_stats(&f).min_event_ms, 10);
    assert_int_equal(fixture_stats(&f).max_event_ms, 100);
    assert_int_equal(fixture_stats(&f).avg_event_ms, 50);
    fixture_trigger(&f);
    assert_int_equal(fixture_stats(&f).avg_event_ms, LEVADA_NO_TIME);
    fixture_finish(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_mode_emits_everything_at_each_trigger_and_drops_nothing),
        cmocka_unit_test(complete_mode_is_the_default_without_a_watermark),
        cmocka_unit_test(append_mode_emits_a_row_once_when_its_window_closes),
        cmocka_unit_test(update_mode_emits_rows_that_changed_and_forgets_closed_ones),
        cmocka_unit_test(a_failed_callback_is_no_update),
        cmocka_unit_test(the_end_of_input_closes_all_windows_where_it_flushes),
        cmocka_unit_test(the_end_of_input_keeps_windows_where_it_holds),
        cmocka_unit_test(an_endless_input_holds_unless_told_otherwise),
        cmocka_unit_test(a_window_closes_behind_the_slowest_partition),
        cmocka_unit_test(an_assigned_partition_without_records_holds_windows_open),
        cmocka_unit_test(no_partition_means_no_watermark),
        cmocka_unit_test(an_idle_partition_holds_nothing_and_lowers_nothing_when_it_wakes),
        cmocka_unit_test(the_fastest_counts_where_all_partitions_are_idle),
        cmocka_unit_test(a_partition_that_is_assigned_again_remembers_nothing),
        cmocka_unit_test(a_partition_that_is_expected_holds_windows_open_and_drops_no_other),
        cmocka_unit_test(no_window_closes_while_the_table_is_held),
        cmocka_unit_test(rows_that_stages_made_wait_for_no_partition_of_theirs),
        cmocka_unit_test(promises_below_only_what_it_has_emitted),
        cmocka_unit_test(is_unchanged_when_emitting_fails),
        cmocka_unit_test(an_update_that_could_not_be_emitted_is_emitted_the_next_time),
        cmocka_unit_test(orders_by_the_terms_then_window_then_groups),
        cmocka_unit_test(orders_by_a_descending_window),
        cmocka_unit_test(orders_names_by_bytes),
        cmocka_unit_test(orders_keys_wider_than_a_machine_word),
        cmocka_unit_test(emits_at_most_1024_rows_at_a_time_with_the_windows_last_time),
        cmocka_unit_test(forgets_groups_whose_rows_are_gone),
        cmocka_unit_test(says_whether_there_is_anything_new),
        cmocka_unit_test(tells_the_event_times_since_the_last_trigger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
