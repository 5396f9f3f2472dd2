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
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    service_begin();
    return failed;
}
