/* SPDX-License-Identifier: Apache-2.0 */
/* host/runtime: which positions a transaction commits, and that they are those of the state. */
#include "passing_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

/* Rows of the job pass through the stream, or do not. */
static void
begin(bool passes)
{
    passing_begin();
    job.is_keyed = !passes;
}

static uint32_t
count_commits(bool passes)
{
    begin(passes);
    passing_run_worker();
    assert_true(service.n_commits > 5);
    return service.n_commits;
}

/* A worker that is told to stop behind commit @at, which was made and seemed to fail. */
static void
stop_behind_loss(bool passes, uint32_t at)
{
    begin(passes);
    service.fails_after_all = true;
    service.fail_commit_at = at;
    source.stops_behind_loss = true;
    passing_run_worker();
}

/* Before the group was asked again the host knows positions that are older than the state. */
static void
a_stop_behind_a_loss_commits_nothing_that_is_old(void **state)
{
    (void)state;
    for (int passes = 0; passes <= 1; passes++) {
        uint32_t n_commits = count_commits(passes);
        for (uint32_t at = 1; at <= n_commits; at++) {
            stop_behind_loss(passes, at);
            source.stops_behind_loss = false;
            passing_run_worker();
            assert_each_counted_once();
        }
    }
}

/* The input was read to its end, and the positions that say so are not the group's answer yet. */
static void
a_run_that_has_caught_up_hears_its_source_behind_a_loss(void **state)
{
    (void)state;
    for (int passes = 0; passes <= 1; passes++) {
        uint32_t n_commits = count_commits(passes);
        begin(passes);
        service.fails_after_all = true;
        service.fail_commit_at = n_commits;
        service.fail_again_at = n_commits + 1;
        passing_run_worker();
        assert_int_equal(service.n_aborts, 2);
        assert_each_counted_once();
    }
}

static void
a_position_that_stays_is_committed_once(void **state)
{
    (void)state;
    begin(false);
    job.on_end = TABLE_HOLD;
    source.end[1] = EACH;
    source.end[2] = 0;
    passing_run_worker();
    assert_int_equal(service.committed[CALLS][1], EACH);
    assert_int_equal(service.n_told[CALLS][0], COUNT / EACH);
    assert_int_equal(service.n_told[CALLS][1], 1);
    assert_int_equal(service.n_told[CALLS][2], 1); /* which the group had not known */
}

/* Windows that close at the end change the state, and that is committed with its position. */
static void
a_position_goes_along_with_its_state(void **state)
{
    (void)state;
    begin(false);
    source.end[1] = EACH;
    passing_run_worker();
    assert_int_equal(service.n_told[CALLS][1], 2);
    assert_int_equal(service.flags[CALLS][1], LEVADA_P_STATE);
    assert_each_counted_once();
    passing_run_worker(); /* which has nothing left to close */
    assert_each_counted_once();
}

/* What is to happen to partition 0 in the midst of a round, behind some commits. */
static void
expect_one_loss(void)
{
    passing_run_worker();
    assert_int_equal(service.n_aborts, 1);
    assert_each_counted_once();
}

/* The source could not ask for a commit before: what was read of it is others' to commit. */
static void
a_partition_that_is_taken_away_unasked_takes_its_round_along(void **state)
{
    (void)state;
    for (int passes = 0; passes <= 1; passes++) {
        begin(passes);
        source.goes_at = 4;
        source.comes_at = 8;
        expect_one_loss();
    }
}

static void
so_it_does_where_nothing_is_counted(void **state)
{
    (void)state;
    for (uint32_t goes_at = 2; goes_at <= 4; goes_at++) { /* never committed before, and so */
        begin(false);
        job.is_plain = true;
        source.goes_at = goes_at;
        source.comes_at = 8;
        expect_one_loss();
    }
}

static void
what_others_have_copied_is_not_copied_again(void **state)
{
    (void)state;
    begin(false);
    job.is_plain = true;
    source.others_read_at = 4;
    expect_one_loss();
}

/* ---- position and state ---- */

/* A worker that stops in the middle of windows; another is to go on. */
static void
stop_in_the_middle(bool passes)
{
    begin(passes);
    source.stops_at = 5;
    passing_run_worker();
    source.stops_at = 0;
}

static void
go_on(void)
{
    passing_run_worker();
    assert_each_counted_once();
}

static void
a_position_behind_its_state_is_refused(void **state)
{
    (void)state;
    for (int passes = 0; passes <= 1; passes++) {
        struct bench bench;
        stop_in_the_middle(passes);
        job.retry_for_ns = 0;
        service.committed[CALLS][1] -= 3;
        assert_int_equal(passing_run(&bench), LEVADA_NO_INPUT);
        assert_non_null(strstr(bench.err.text, "partition 1 of calls"));
        assert_non_null(strstr(bench.err.text, "at offset 22,"));
        assert_non_null(strstr(bench.err.text, "as far as 25:"));
        assert_non_null(strstr(bench.err.text, "begin anew"));
        bench_close(&bench);
        service.committed[CALLS][1] += 3;
        go_on();
    }
}

static void
so_is_one_of_the_rows_that_pass(void **state)
{
    struct bench bench;
    (void)state;
    stop_in_the_middle(true);
    job.retry_for_ns = 0;
    int32_t p = service.committed[PASSED][0] > 0 ? 0 : 1;
    assert_true(service.committed[PASSED][p] > 0);
    service.committed[PASSED][p]--;
    assert_int_equal(passing_run(&bench), LEVADA_NO_INPUT);
    assert_non_null(strstr(bench.err.text, STREAM));
    bench_close(&bench);
    service.committed[PASSED][p]++;
    go_on();
}

/* What is between was no record, such as the end of a transaction. */
static void
a_position_ahead_of_its_state_is_none_of_ours(void **state)
{
    (void)state;
    stop_in_the_middle(false);
    service.committed[CALLS][1] += 3;
    passing_run_worker();
    assert_int_equal(service.committed[CALLS][1], COUNT);
}

/* Its topic was made anew, and the source goes on at the beginning, since losses are allowed. */
static void
an_input_that_ends_before_its_state_is_another(void **state)
{
    (void)state;
    stop_in_the_middle(false);
    source.end[1] = EACH;
    service.committed[CALLS][1] = service.offsets[CALLS][1] = 0;
    source.grows_at = source.comes_at = 2; /* that the state is there now is known by then */
    passing_run_worker();
    assert_true(service.committed[CALLS][1] > EACH);
    source.grows_at = source.comes_at = 0;
    passing_run_worker(); /* also by who comes next */
    assert_int_equal(service.committed[CALLS][1], COUNT);
}

static void
records_that_are_filtered_move_position_and_state(void **state)
{
    (void)state;
    for (int passes = 0; passes <= 1; passes++) {
        begin(passes);
        job.filtered = 1;
        job.idle_after = passes ? 20000000 : 0; /* else the windows of all wait for it */
        source.stops_at = 5;
        passing_run_worker();
        source.stops_at = 0;
        assert_int_equal(service.committed[CALLS][1], 5 * EACH);
        go_on();
    }
}

static void
a_partition_without_state_has_a_position_alone(void **state)
{
    (void)state;
    begin(false);
    source.end[2] = 0;
    source.stops_at = 5;
    passing_run_worker();
    assert_int_equal(service.flags[CALLS][2], 0);
    source.stops_at = 0;
    source.end[2] = COUNT;
    go_on();
}

static void
what_is_no_member_reads_on_where_the_changelog_says(void **state)
{
    (void)state;
    begin(false);
    source.is_alone = true;
    source.stops_at = 5;
    passing_run_worker();
    source.stops_at = 0;
    go_on();
}

/* The group knows the input by the pipeline, and by nothing else. */
static void
a_source_may_be_called_otherwise(void **state)
{
    (void)state;
    stop_in_the_middle(false);
    job.source_name = "input";
    go_on();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_behind_a_loss_commits_nothing_that_is_old),
        cmocka_unit_test(a_run_that_has_caught_up_hears_its_source_behind_a_loss),
        cmocka_unit_test(a_position_that_stays_is_committed_once),
        cmocka_unit_test(a_position_goes_along_with_its_state),
        cmocka_unit_test(a_partition_that_is_taken_away_unasked_takes_its_round_along),
        cmocka_unit_test(so_it_does_where_nothing_is_counted),
        cmocka_unit_test(what_others_have_copied_is_not_copied_again),
        cmocka_unit_test(a_position_behind_its_state_is_refused),
        cmocka_unit_test(so_is_one_of_the_rows_that_pass),
        cmocka_unit_test(a_position_ahead_of_its_state_is_none_of_ours),
        cmocka_unit_test(an_input_that_ends_before_its_state_is_another),
        cmocka_unit_test(records_that_are_filtered_move_position_and_state),
        cmocka_unit_test(a_partition_without_state_has_a_position_alone),
        cmocka_unit_test(what_is_no_member_reads_on_where_the_changelog_says),
        cmocka_unit_test(a_source_may_be_called_otherwise),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    service_begin();
    return failed;
}
