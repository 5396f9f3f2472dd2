/* SPDX-License-Identifier: Apache-2.0 */
#include "join_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* Right times from 2 before to 3 after; watermarks without delay. */
static const struct join_options inner = { .before_ms = 2, .after_ms = 3, .type = JOIN_INNER };
static const struct join_options left = { .before_ms = 2, .after_ms = 3, .type = JOIN_LEFT };
static const struct join_options patient_left = {
    .left_delay_ms = 100, .right_delay_ms = 100, .before_ms = 2, .after_ms = 3, .type = JOIN_LEFT
};

static void
emits_a_pair_once_both_are_there_whoever_came_first(void **state)
{
    struct join_stage *stage = join_stage_create(&inner);
    (void)state;
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":10}\n");
    assert_string_equal(join_stage_out(stage), "");
    join_stage_lines(stage, RIGHT,
                     "{\"k\":1,\"t\":10,\"r\":\"a\"}\n{\"k\":2,\"t\":11,\"r\":\"b\"}\n");
    assert_string_equal(join_stage_out(stage), "{\"k\":1,\"t\":10,\"r\":\"a\"}\n");
    join_stage_lines(stage, LEFT, "{\"k\":2,\"t\":12}\n");
    assert_string_equal(join_stage_out(stage), "{\"k\":2,\"t\":12,\"r\":\"b\"}\n");
    join_stage_destroy(stage);
}

static void
bounds_are_inclusive_on_both_ends(void **state)
{
    (void)state;
    for (int right_first = 0; right_first < 2; right_first++) {
        struct join_stage *stage = join_stage_create(&inner);
        const char *rights = "{\"k\":1,\"t\":7,\"r\":7}\n{\"k\":1,\"t\":8,\"r\":8}\n"
                             "{\"k\":1,\"t\":13,\"r\":13}\n{\"k\":1,\"t\":14,\"r\":14}\n";
        if (right_first)
            join_stage_lines(stage, RIGHT, rights);
        join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":10}\n");
        if (!right_first)
            join_stage_lines(stage, RIGHT, rights);
        assert_string_equal(join_stage_out(stage),
                            "{\"k\":1,\"t\":10,\"r\":8}\n{\"k\":1,\"t\":10,\"r\":13}\n");
        join_stage_destroy(stage);
    }
}

static void
a_record_leaves_once_for_each_match_by_time_then_arrival(void **state)
{
    struct join_stage *stage = join_stage_create(&patient_left);
    (void)state;
    join_stage_lines(stage, RIGHT,
                     "{\"k\":1,\"t\":12,\"r\":1}\n{\"k\":1,\"t\":11,\"r\":2}\n"
                     "{\"k\":1,\"t\":12,\"r\":3}\n");
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":10}\n{\"k\":1,\"t\":10}\n");
    assert_string_equal(join_stage_out(stage),
                        "{\"k\":1,\"t\":10,\"r\":2}\n{\"k\":1,\"t\":10,\"r\":1}\n"
                        "{\"k\":1,\"t\":10,\"r\":3}\n{\"k\":1,\"t\":10,\"r\":2}\n"
                        "{\"k\":1,\"t\":10,\"r\":1}\n{\"k\":1,\"t\":10,\"r\":3}\n");
    join_stage_destroy(stage);
}

static void
an_unmatched_left_record_leaves_when_no_match_can_come(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    (void)state;
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":10}\n");
    join_stage_lines(stage, RIGHT, "{\"k\":9,\"t\":13,\"r\":0}\n");
    join_stage_trigger(stage); /* one more of 13 would be on time */
    assert_string_equal(join_stage_out(stage), "");
    join_stage_lines(stage, RIGHT, "{\"k\":9,\"t\":14,\"r\":0}\n");
    assert_string_equal(join_stage_out(stage), "");
    join_stage_trigger(stage);
    assert_string_equal(join_stage_out(stage), "{\"k\":1,\"t\":10,\"r\":null}\n");
    assert_int_equal(join_stage_counter(stage, "unmatched"), 1);
    join_stage_trigger(stage);
    assert_string_equal(join_stage_out(stage), "");
    join_stage_destroy(stage);
}

static void
the_left_watermark_lets_right_records_go_and_nothing_else(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    (void)state;
    join_stage_lines(stage, RIGHT, "{\"k\":1,\"t\":10,\"r\":0}\n");
    join_stage_lines(stage, LEFT, "{\"k\":9,\"t\":12}\n");
    join_stage_trigger(stage);
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 2);
    join_stage_lines(stage, LEFT, "{\"k\":9,\"t\":13}\n");
    join_stage_trigger(stage);
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 2); /* the two left ones */
    assert_int_equal(join_stage_saved_rows(stage), 2);
    join_stage_destroy(stage);
}

static void
unmatched_records_leave_by_time_then_arrival(void **state)
{
    struct join_stage *stage = join_stage_create(&patient_left);
    (void)state;
    join_stage_lines(stage, LEFT,
                     "{\"k\":1,\"t\":12}\n{\"k\":2,\"t\":11}\n{\"k\":3,\"t\":12}\n"
                     "{\"k\":null,\"t\":11}\n{\"t\":10}\n");
    join_stage_end(stage);
    assert_string_equal(join_stage_out(stage),
                        "{\"t\":10,\"r\":null}\n{\"k\":2,\"t\":11,\"r\":null}\n"
                        "{\"k\":null,\"t\":11,\"r\":null}\n{\"k\":1,\"t\":12,\"r\":null}\n"
                        "{\"k\":3,\"t\":12,\"r\":null}\n");
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 0);
    join_stage_destroy(stage);
}

static void
an_inner_join_drops_unmatched_records(void **state)
{
    struct join_stage *stage = join_stage_create(&inner);
    (void)state;
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":12}\n{\"k\":null,\"t\":13}\n");
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 1);
    join_stage_end(stage);
    assert_string_equal(join_stage_out(stage), "");
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 0);
    assert_int_equal(join_stage_counter(stage, "unmatched"), 0);
    join_stage_destroy(stage);
}

static void
held_records_wait_for_a_later_run(void **state)
{
    struct join_options options = left;
    struct join_stage *stage;
    (void)state;
    options.on_end = JOIN_HOLD;
    stage = join_stage_create(&options);
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":10}\n");
    join_stage_end(stage);
    assert_string_equal(join_stage_out(stage), "");
    stage = join_stage_restart(stage, &options);
    join_stage_lines(stage, RIGHT, "{\"k\":1,\"t\":11,\"r\":5}\n");
    assert_string_equal(join_stage_out(stage), "{\"k\":1,\"t\":10,\"r\":5}\n");
    join_stage_destroy(stage);
}

/* The right side is silent: what is promised of it is all that lets the left records go. */
static void
a_promise_from_above_lets_go_what_a_silent_side_would_hold(void **state)
{
    const struct join_record records[] = {
        { .json = "{\"k\":1,\"t\":10}", .timestamp_ms = 10 },
        { .json = "{\"k\":2,\"t\":30}", .timestamp_ms = 30 },
    };
    const struct join_record match = { .json = "{\"k\":1,\"t\":11,\"r\":5}", .timestamp_ms = 11 };
    (void)state;
    for (int by_timestamp = 0; by_timestamp < 2; by_timestamp++) {
        struct join_options options = left;
        options.by_timestamp = by_timestamp;
        struct join_stage *stage = join_stage_create(&options);
        join_stage_process(stage, LEFT, records, 2);
        join_stage_trigger(stage);
        assert_int_equal(join_stage_saved_rows(stage), 2);
        join_stage_watermark(stage, 25);
        join_stage_trigger(stage);
        /* The times of an event_time of the join's own are not those that were promised. */
        assert_int_equal(join_stage_saved_rows(stage), by_timestamp ? 1 : 2);
        assert_string_equal(join_stage_out(stage),
                            by_timestamp ? "{\"k\":1,\"t\":10,\"r\":null}\n" : "");
        stage = join_stage_restart(stage, &options);
        join_stage_process(stage, RIGHT, &match, 1);
        assert_string_equal(join_stage_late(stage),
                            by_timestamp ? "{\"k\":1,\"t\":11,\"r\":5}\n" : "");
        join_stage_destroy(stage);
    }
}

static void
all_is_late_after_the_end(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    (void)state;
    join_stage_end(stage);
    stage = join_stage_restart(stage, &left);
    join_stage_lines(stage, RIGHT, "{\"k\":1,\"t\":11,\"r\":5}\n");
    assert_string_equal(join_stage_late(stage), "{\"k\":1,\"t\":11,\"r\":5}\n");
    join_stage_destroy(stage);
}

static void
a_late_record_leaves_as_it_came_and_joins_nothing(void **state)
{
    struct join_options options = inner;
    options.left_delay_ms = 5;
    struct join_stage *stage = join_stage_create(&options);
    (void)state;
    join_stage_lines(stage, RIGHT, "{\"k\":1,\"t\":14,\"r\":1}\n");
    join_stage_lines(stage, LEFT,
                     "{\"k\":1,\"t\":20}\n{\"k\":1,\"t\":15}\n{\"k\":1,\"t\":14,\"x\":1}\n");
    assert_string_equal(join_stage_late(stage), "{\"k\":1,\"t\":14,\"x\":1}\n");
    assert_string_equal(join_stage_out(stage), "{\"k\":1,\"t\":15,\"r\":1}\n");
    assert_int_equal(join_stage_counter(stage, "late"), 1);
    join_stage_destroy(stage);
}

static void
lateness_is_judged_by_partition(void **state)
{
    struct join_stage *stage = join_stage_create(&inner);
    const struct join_record records[] = {
        { .json = "{\"k\":1,\"t\":20,\"r\":1}", .stream = "a", .partition = 0 },
        { .json = "{\"k\":1,\"t\":10,\"r\":2}", .stream = "a", .partition = 1 },
        { .json = "{\"k\":1,\"t\":10,\"r\":3}", .stream = "b", .partition = 0 },
        { .json = "{\"k\":1,\"t\":9,\"r\":4}", .stream = "a", .partition = 1 },
    };
    (void)state;
    join_stage_process(stage, RIGHT, records, 4);
    assert_string_equal(join_stage_late(stage), "{\"k\":1,\"t\":9,\"r\":4}\n");
    join_stage_destroy(stage);
}

static void
the_slowest_partition_holds_the_other_sides_records(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    struct join_record records[] = {
        { .json = "{\"k\":1,\"t\":90,\"r\":1}", .partition = 0 },
        { .json = "{\"k\":1,\"t\":13,\"r\":2}", .partition = 1 },
    };
    (void)state;
    join_stage_process(stage, RIGHT, records, 2);
    join_stage_lines(stage, LEFT, "{\"k\":2,\"t\":10}\n");
    join_stage_trigger(stage);
    assert_string_equal(join_stage_out(stage), "");
    records[1].json = "{\"k\":1,\"t\":14,\"r\":2}";
    join_stage_process(stage, RIGHT, records + 1, 1);
    join_stage_trigger(stage);
    assert_string_equal(join_stage_out(stage), "{\"k\":2,\"t\":10,\"r\":null}\n");
    join_stage_destroy(stage);
}

static void
a_partition_that_comes_after_a_trigger_is_late_for_what_that_closed(void **state)
{
    struct join_stage *stage = join_stage_create(&inner);
    const struct join_record late = { .json = "{\"k\":1,\"t\":19,\"r\":2}", .partition = 1 };
    const struct join_record fine = { .json = "{\"k\":1,\"t\":20,\"r\":3}", .partition = 1 };
    (void)state;
    join_stage_lines(stage, RIGHT, "{\"k\":1,\"t\":20,\"r\":1}\n");
    join_stage_trigger(stage);
    stage = join_stage_restart(stage, &inner);
    join_stage_process(stage, RIGHT, &late, 1);
    join_stage_process(stage, RIGHT, &fine, 1);
    assert_string_equal(join_stage_late(stage), "{\"k\":1,\"t\":19,\"r\":2}\n");
    join_stage_destroy(stage);
}

static void
keys_compare_by_their_text_and_null_matches_nothing(void **state)
{
    struct join_stage *stage = join_stage_create(&inner);
    (void)state;
    join_stage_lines(
        stage, LEFT,
        "{\"k\":22,\"t\":10}\n{\"k\":null,\"t\":10}\n{\"t\":10}\n{\"k\":\"\",\"t\":10}\n");
    join_stage_lines(
        stage, RIGHT,
        "{\"k\":\"22\",\"t\":10,\"r\":1}\n{\"k\":22.0,\"t\":10,\"r\":2}\n"
        "{\"k\":null,\"t\":10,\"r\":3}\n{\"t\":10,\"r\":4}\n{\"k\":\"\",\"t\":10,\"r\":5}\n");
    assert_string_equal(join_stage_out(stage),
                        "{\"k\":22,\"t\":10,\"r\":1}\n{\"k\":\"\",\"t\":10,\"r\":5}\n");
    join_stage_destroy(stage);
}

static void
several_fields_make_one_key_and_do_not_run_together(void **state)
{
    struct join_stage *stage = join_stage_make(&inner);
    struct path_pair on[2];
    (void)state;
    on[0].left = on[0].right = join_stage_path(stage, "k");
    on[1].left = on[1].right = join_stage_path(stage, "m");
    join_stage_self(stage)->on = (struct levada_list){ on, 2 };
    assert_string_equal(join_stage_plan(stage), "");
    join_stage_lines(stage, LEFT, "{\"k\":\"ab\",\"m\":\"c\",\"t\":10}\n");
    join_stage_lines(
        stage, RIGHT,
        "{\"k\":\"a\",\"m\":\"bc\",\"t\":10,\"r\":1}\n"
        "{\"k\":\"ab\",\"m\":\"c\",\"t\":10,\"r\":2}\n{\"k\":\"ab\",\"t\":10,\"r\":3}\n");
    assert_string_equal(join_stage_out(stage), "{\"k\":\"ab\",\"m\":\"c\",\"t\":10,\"r\":2}\n");
    join_stage_destroy(stage);
}

static void
every_type_of_value_is_added_as_it_was(void **state)
{
    struct join_stage *stage = join_stage_create(&inner);
    (void)state;
    join_stage_lines(stage, RIGHT,
                     "{\"k\":1,\"t\":1,\"r\":true}\n{\"k\":1,\"t\":2,\"r\":-7}\n"
                     "{\"k\":1,\"t\":3,\"r\":1.5}\n{\"k\":1,\"t\":4,\"r\":[1,{\"a\":\"b\"}]}\n");
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":1}\n");
    join_stage_lines(
        stage, RIGHT,
        "{\"k\":2,\"t\":5,\"r\":\"\"}\n{\"k\":2,\"t\":5}\n{\"k\":2,\"t\":5,\"r\":null}\n"
        "{\"k\":2,\"t\":5,\"r\":123456789012345678901234567890}\n");
    join_stage_lines(stage, LEFT, "{\"k\":2,\"t\":5}\n");
    assert_string_equal(join_stage_out(stage),
                        "{\"k\":1,\"t\":1,\"r\":true}\n{\"k\":1,\"t\":1,\"r\":-7}\n"
                        "{\"k\":1,\"t\":1,\"r\":1.5}\n{\"k\":1,\"t\":1,\"r\":[1,{\"a\":\"b\"}]}\n"
                        "{\"k\":2,\"t\":5,\"r\":\"\"}\n{\"k\":2,\"t\":5,\"r\":null}\n"
                        "{\"k\":2,\"t\":5,\"r\":null}\n"
                        "{\"k\":2,\"t\":5,\"r\":123456789012345678901234567890}\n");
    join_stage_destroy(stage);
}

static void
a_joined_record_keeps_key_timestamp_and_headers_but_not_its_origin(void **state)
{
    struct join_options options = inner;
    options.by_timestamp = true;
    struct join_stage *stage = join_stage_create(&options);
    const struct join_record kept = {
        .json = "{\"k\":1}", .stream = "a", .partition = 3, .timestamp_ms = 10, .key = "K"
    };
    const struct join_record plain = { .json = "{\"k\":1}", .timestamp_ms = 11 };
    const struct join_record right = { .json = "{\"k\":1,\"r\":2}", .timestamp_ms = 12 };
    (void)state;
    join_stage_process(stage, LEFT, &kept, 1);
    stage = join_stage_restart(stage, &options);
    join_stage_process(stage, RIGHT, &right, 1);
    join_stage_process(stage, LEFT, &plain, 1);
    assert_string_equal(join_stage_out(stage), "{\"k\":1,\"r\":2}\n{\"k\":1,\"r\":2}\n");
    assert_string_equal(join_stage_meta(stage), "K 10 \"\" 0 h=1\n- 11 \"\" 0\n");
    join_stage_destroy(stage);
}

static void
a_record_without_a_readable_time_is_bad(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    (void)state;
    join_stage_lines(
        stage, LEFT,
        "{\"k\":1}\n{\"k\":1,\"t\":null}\n{\"k\":1,\"t\":\"soon\"}\n{\"k\":1,\"t\":4}\n");
    assert_string_equal(join_stage_out(stage),
                        "record 0: field \"t\", the event time, is missing\n"
                        "record 1: field \"t\", the event time, is null\n"
                        "record 2: field \"t\", the event time, is no time: \"soon\"\n");
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 1);
    join_stage_destroy(stage);
}

static void
an_added_field_replaces_a_left_one_of_its_name(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    (void)state;
    join_stage_lines(stage, LEFT, "{\"r\":0,\"k\":1,\"t\":10}\n");
    join_stage_lines(stage, RIGHT, "{\"k\":1,\"t\":10,\"r\":1}\n");
    assert_string_equal(join_stage_out(stage), "{\"r\":1,\"k\":1,\"t\":10}\n");
    join_stage_destroy(stage);
}

static void
times_at_the_ends_of_all_time_do_not_wrap(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    (void)state;
    join_stage_lines(stage, LEFT,
                     "{\"k\":1,\"t\":-9223372036854775807}\n{\"k\":1,\"t\":9223372036854775807}\n");
    join_stage_lines(stage, RIGHT,
                     "{\"k\":1,\"t\":-9223372036854775807,\"r\":1}\n"
                     "{\"k\":1,\"t\":9223372036854775807,\"r\":2}\n");
    assert_string_equal(join_stage_out(stage), "{\"k\":1,\"t\":-9223372036854775807,\"r\":1}\n"
                                               "{\"k\":1,\"t\":9223372036854775807,\"r\":2}\n");
    join_stage_trigger(stage);
    join_stage_end(stage);
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 0);
    join_stage_destroy(stage);
}

static void
slots_of_rows_that_left_are_used_again(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    char line[80];
    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof(line), "{\"k\":%d,\"t\":%d,\"r\":1}\n", i, i);
        join_stage_lines(stage, LEFT, line);
        join_stage_lines(stage, RIGHT, line);
        join_stage_trigger(stage);
        assert_true(join_stage_counter(stage, "rows_kept") <= 10);
    }
    assert_int_equal(join_stage_saved_rows(stage), join_stage_counter(stage, "rows_kept"));
    assert_true(join_stage_changes(stage) < 20);
    join_stage_destroy(stage);
}

static void
a_damaged_entry_stops_the_run_and_says_so(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    (void)state;
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":1}\n");
    join_stage_lines(stage, RIGHT, "{\"k\":2,\"t\":50,\"r\":1}\n");
    join_stage_damage(stage);
    assert_non_null(strstr(join_stage_trigger_fails(stage), "is damaged"));
    join_stage_destroy(stage);
}

static void
a_join_that_changed_does_not_take_the_state_that_was(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    struct join_options changed = left;
    (void)state;
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":1}\n");
    changed.after_ms = 4;
    assert_string_equal(
        join_stage_restart_fails(&stage, &changed),
        "the join has changed and its state no longer fits: it was on = { k; k }; event_time = { "
        "t; t }; before = 2 ms; after = 3 ms; type = left; add = r, and is on = { k; k }; "
        "event_time = { t; t }; before = 2 ms; after = 4 ms; type = left; add = r; give the "
        "pipeline another `checkpoint`, or undo the change");
    join_stage_destroy(stage);
}

static void
a_longer_watermark_takes_the_state_that_was(void **state)
{
    struct join_stage *stage = join_stage_create(&left);
    (void)state;
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":90}\n");
    stage = join_stage_restart(stage, &patient_left);
    join_stage_lines(stage, LEFT, "{\"k\":1,\"t\":1}\n");
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 2);
    join_stage_destroy(stage);
}

static void
refuses_a_join_without_a_time_bound(void **state)
{
    const struct join_options options = { .type = JOIN_LEFT };
    struct join_stage *stage = join_stage_make(&options);
    (void)state;
    assert_string_equal(join_stage_plan(stage),
                        "how far apart in time two records may be is missing: give \"before\", "
                        "\"after\" or both\n");
    join_stage_destroy(stage);
}

static void
refuses_added_fields_without_a_name_of_their_own(void **state)
{
    struct join_stage *stage = join_stage_make(&inner);
    const struct right_field add[] = {
        { .right = join_stage_path(stage, "a.b") },
        { .right = join_stage_path(stage, "c") },
        { .right = join_stage_path(stage, "a.b"), .as = "c" },
    };
    (void)state;
    join_stage_self(stage)->add = (struct levada_list){ add, 3 };
    assert_string_equal(join_stage_plan(stage),
                        "option \"add\": \"a.b\" lies inside or beside the record; name it with "
                        "\"as\"\noption \"add\": \"c\" is the name of two fields\n");
    join_stage_destroy(stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emits_a_pair_once_both_are_there_whoever_came_first),
        cmocka_unit_test(bounds_are_inclusive_on_both_ends),
        cmocka_unit_test(a_record_leaves_once_for_each_match_by_time_then_arrival),
        cmocka_unit_test(an_unmatched_left_record_leaves_when_no_match_can_come),
        cmocka_unit_test(the_left_watermark_lets_right_records_go_and_nothing_else),
        cmocka_unit_test(unmatched_records_leave_by_time_then_arrival),
        cmocka_unit_test(an_inner_join_drops_unmatched_records),
        cmocka_unit_test(held_records_wait_for_a_later_run),
        cmocka_unit_test(a_promise_from_above_lets_go_what_a_silent_side_would_hold),
        cmocka_unit_test(all_is_late_after_the_end),
        cmocka_unit_test(a_late_record_leaves_as_it_came_and_joins_nothing),
        cmocka_unit_test(lateness_is_judged_by_partition),
        cmocka_unit_test(the_slowest_partition_holds_the_other_sides_records),
        cmocka_unit_test(a_partition_that_comes_after_a_trigger_is_late_for_what_that_closed),
        cmocka_unit_test(keys_compare_by_their_text_and_null_matches_nothing),
        cmocka_unit_test(several_fields_make_one_key_and_do_not_run_together),
        cmocka_unit_test(every_type_of_value_is_added_as_it_was),
        cmocka_unit_test(a_joined_record_keeps_key_timestamp_and_headers_but_not_its_origin),
        cmocka_unit_test(a_record_without_a_readable_time_is_bad),
        cmocka_unit_test(an_added_field_replaces_a_left_one_of_its_name),
        cmocka_unit_test(times_at_the_ends_of_all_time_do_not_wrap),
        cmocka_unit_test(slots_of_rows_that_left_are_used_again),
        cmocka_unit_test(a_damaged_entry_stops_the_run_and_says_so),
        cmocka_unit_test(a_join_that_changed_does_not_take_the_state_that_was),
        cmocka_unit_test(a_longer_watermark_takes_the_state_that_was),
        cmocka_unit_test(refuses_a_join_without_a_time_bound),
        cmocka_unit_test(refuses_added_fields_without_a_name_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
