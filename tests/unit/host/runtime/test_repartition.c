/* SPDX-License-Identifier: Apache-2.0 */
/* host/runtime: aggregates whose groups may be in any partition. */
#include "passing_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

static void
rows_of_a_group_meet_whatever_partition_they_come_of(void **state)
{
    (void)state;
    passing_begin();
    passing_run_worker();
    assert_each_counted_once();
    assert_int_equal(service.n_ensured, 1);
    assert_int_equal(source.n_also_read, 1);
    assert_true(service_end(0) + service_end(1) + service_end(2) > 0);
}

/* Each has some partitions, and dies or ends with what others sent it still to be read. */
static void
several_workers_count_as_one(void **state)
{
    static const struct {
        bool owns[PARTITIONS];
        uint32_t polls;
    } workers[] = { { { true }, 3 },
                    { { false, true, true }, 4 },
                    { { true, true }, 3 },
                    { { false, false, true }, 6 },
                    { { true }, 5 } };
    (void)state;
    for (uint32_t last = 0; last < 5; last++) {
        passing_begin();
        for (uint32_t w = 0; w <= last; w++) {
            job.on_end = TABLE_HOLD;
            source.stops_at = workers[w].polls;
            memcpy(source.owns, workers[w].owns, sizeof(source.owns));
            passing_run_worker();
        }
        job.on_end = TABLE_FLUSH;
        source.stops_at = 0;
        memset(source.owns, true, sizeof(source.owns));
        passing_run_worker();
        assert_each_counted_once();
    }
}

static void
a_commit_that_fails_takes_all_of_its_round_back(void **state)
{
    (void)state;
    passing_begin();
    passing_run_worker();
    uint32_t n_commits = service.n_commits;
    assert_true(n_commits > 5);
    for (uint32_t at = 1; at <= n_commits; at++) {
        passing_begin();
        service.fail_commit_at = at;
        passing_run_worker();
        assert_each_counted_once();
    }
}

static void
whole_results_and_updates_count_the_same(void **state)
{
    (void)state;
    for (enum table_output_mode mode = TABLE_COMPLETE; mode <= TABLE_UPDATE; mode++) {
        passing_begin();
        job.mode = mode;
        output.replaces = true;
        passing_run_worker();
        assert_each_counted_once();
    }
}

static void
a_window_waits_for_the_partition_that_is_behind(void **state)
{
    (void)state;
    passing_begin();
    job.on_end = TABLE_HOLD;
    source.end[1] = 25;
    passing_run_worker();
    for (int g = 0; g < GROUPS; g++) {
        assert_int_equal(output.counts[g][0], passing_expected(g, 0));
        assert_int_equal(output.counts[g][1], passing_expected(g, 1));
        assert_int_equal(output.counts[g][2], 0);
    }
}

static void
a_partition_without_records_holds_all_windows_open(void **state)
{
    (void)state;
    passing_begin();
    job.on_end = TABLE_HOLD;
    source.end[2] = 0;
    passing_run_worker();
    for (int g = 0; g < GROUPS; g++)
        assert_int_equal(output.counts[g][0], 0);
}

/* Who merges hears of it, also after it was somebody else's. */
static void
an_idle_partition_holds_no_window_open(void **state)
{
    (void)state;
    passing_begin();
    job.on_end = TABLE_HOLD;
    job.idle_after = 20000000;
    source.end[2] = 0;
    source.end[0] = source.end[1] = 25;
    source.others_take = 60;
    passing_run_worker();
    for (int g = 0; g < GROUPS; g++) {
        assert_int_equal(output.counts[g][0], passing_expected(g, 0));
        assert_int_equal(output.counts[g][1], passing_expected(g, 1));
        assert_int_equal(output.counts[g][2], 0);
    }
    source.end[0] = source.end[1] = COUNT;
    job.idle_after = 0;
    source.others_take = 0;
    passing_run_worker();
    for (int g = 0; g < GROUPS; g++)
        assert_int_equal(output.counts[g][2], passing_expected(g, 2));
}

static void
a_run_that_ends_waits_for_what_others_read(void **state)
{
    (void)state;
    passing_begin();
    source.others_take = 3;
    passing_run_worker();
    assert_int_equal(source.n_asked, 4);
    assert_each_counted_once();
}

static void
a_second_run_goes_on(void **state)
{
    (void)state;
    passing_begin();
    job.on_end = TABLE_HOLD;
    for (int p = 0; p < PARTITIONS; p++)
        source.end[p] = COUNT / 2 + p;
    passing_run_worker();
    for (int p = 0; p < PARTITIONS; p++)
        source.end[p] = COUNT;
    job.on_end = TABLE_FLUSH;
    passing_run_worker();
    assert_each_counted_once();
}

static void
a_key_that_is_grouped_by_needs_no_stream(void **state)
{
    (void)state;
    passing_begin();
    job.is_keyed = true;
    passing_run_worker();
    assert_int_equal(service.n_ensured + source.n_also_read, 0);
    assert_int_equal(service_end(0) + service_end(1) + service_end(2), 0);
}

static void
expect_refusal(levada_status status, const char *word)
{
    struct bench bench;
    assert_int_equal(passing_run(&bench), status);
    assert_non_null(strstr(bench.err.text, word));
    bench_close(&bench);
}

static void
a_missing_stream_is_said_before_anything_is_read(void **state)
{
    (void)state;
    passing_begin();
    service.lacks_stream = true;
    expect_refusal(LEVADA_NO_OUTPUT, "missing");
    assert_int_equal(source.polls, 0);
}

static void
partitions_that_are_not_given_together_are_refused(void **state)
{
    (void)state;
    passing_begin();
    source.splits = true;
    expect_refusal(LEVADA_CONFIG, "range");
}

static void
partitions_that_cannot_be_are_refused(void **state)
{
    (void)state;
    passing_begin();
    source.stray = -1;
    expect_refusal(LEVADA_FATAL, "partition -1");
    source.stray = PARTITIONS;
    expect_refusal(LEVADA_CONFIG, "partition 3 of calls");
    source.stray = INT32_MAX;
    expect_refusal(LEVADA_CONFIG, "partition 2147483647 of calls");
}

static void
a_foreign_record_in_the_stream_is_refused(void **state)
{
    (void)state;
    passing_begin();
    entry_log_append(&service.stream, 1, (struct levada_bytes){ "foreign", 7 },
                     (struct levada_bytes){ "x", 1 });
    entry_log_commit(&service.stream);
    expect_refusal(LEVADA_REJECT, STREAM ", partition 1, offset 0");
}

static void
an_aggregate_of_its_rows_groups_by_as_much(void **state)
{
    (void)state;
    passing_begin();
    job.n_below = 2;
    output.replaces = true;
    passing_run_worker(); /* it holds g, so a group of it is in one partition */
    assert_int_equal(service.n_ensured, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_group_meet_whatever_partition_they_come_of),
        cmocka_unit_test(several_workers_count_as_one),
        cmocka_unit_test(a_commit_that_fails_takes_all_of_its_round_back),
        cmocka_unit_test(whole_results_and_updates_count_the_same),
        cmocka_unit_test(a_window_waits_for_the_partition_that_is_behind),
        cmocka_unit_test(a_partition_without_records_holds_all_windows_open),
        cmocka_unit_test(an_idle_partition_holds_no_window_open),
        cmocka_unit_test(a_run_that_ends_waits_for_what_others_read),
        cmocka_unit_test(a_second_run_goes_on),
        cmocka_unit_test(a_key_that_is_grouped_by_needs_no_stream),
        cmocka_unit_test(a_missing_stream_is_said_before_anything_is_read),
        cmocka_unit_test(partitions_that_are_not_given_together_are_refused),
        cmocka_unit_test(partitions_that_cannot_be_are_refused),
        cmocka_unit_test(a_foreign_record_in_the_stream_is_refused),
        cmocka_unit_test(an_aggregate_of_its_rows_groups_by_as_much),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    service_begin();
    return failed;
}
