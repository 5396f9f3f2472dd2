/* SPDX-License-Identifier: Apache-2.0 */
/* host/runtime: a sink's transaction that commits positions and a changelog of the state. */
#include "transaction_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

static void
a_run_counts_each_record_once(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    transaction_assert_each_counted_once();
    assert_int_equal(service.n_partitions, PARTITIONS);
    bench_close(&bench);
}

/* Services end a transaction that lasts, so that all there is may not be one. */
static void
a_transaction_is_not_open_for_as_long_as_there_is_to_read(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    source.is_slow = true;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    transaction_assert_each_counted_once();
    assert_int_equal(source.polls, 8);
    assert_int_equal(service.n_commits, 3); /* of 24 s of polls, twice, and of the rest */
    bench_close(&bench);
}

static void
a_later_run_goes_on_where_the_last_commit_was(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    source.end = COUNT / 2 - 5; /* in the middle of a window */
    assert_int_equal(transaction_run(&bench, "test"),
                     LEVADA_OK); /* flushes that window at its end */
    bench_close(&bench);
    for (int p = 0; p < PARTITIONS; p++)
        assert_int_equal(service.committed[p], COUNT / 2 - 5);
    source.end = COUNT;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    /* What the flush had closed stays closed: its records are late, in this run as in any. */
    for (int p = 0; p < PARTITIONS; p++) {
        assert_int_equal(output.counts[p][0], 10);
        assert_int_equal(output.counts[p][2], 10);
        assert_int_equal(output.counts[p][3], 10);
    }
    bench_close(&bench);
}

/* Whichever commit fails, all is counted once. */
static void
a_commit_that_fails_takes_all_of_its_round_back(void **state)
{
    (void)state;
    transaction_begin();
    struct bench first;
    assert_int_equal(transaction_run(&first, "test"), LEVADA_OK);
    bench_close(&first);
    uint32_t n_commits = service.n_commits;
    assert_true(n_commits > 5);
    for (uint32_t at = 1; at <= n_commits; at++) {
        struct bench bench;
        transaction_begin();
        service.fail_commit_at = at;
        assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
        assert_int_equal(service.n_aborts, 1);
        transaction_assert_each_counted_once();
        assert_int_equal(service_count_live('r'), 0);
        bench_close(&bench);
    }
}

/* What changes in the first transaction after a restore is restored the next time. */
static void
a_commit_between_two_that_fail_is_kept(void **state)
{
    (void)state;
    for (uint32_t at = 1; at <= 8; at++) {
        struct bench bench;
        transaction_begin();
        service.fail_commit_at = at;
        service.fail_again_at = at + 2;
        assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
        transaction_assert_each_counted_once();
        assert_int_equal(service_count_live('r'), 0);
        bench_close(&bench);
    }
}

/* The group knows what is committed, whatever we were told; of a file the changelog does. */
static void
a_commit_that_only_seemed_to_fail_counts_nothing_twice(void **state)
{
    (void)state;
    for (int alone = 0; alone <= 1; alone++) {
        for (uint32_t at = 1; at <= 8; at++) {
            struct bench bench;
            transaction_begin();
            source.is_alone = alone;
            service.fail_commit_at = at;
            service.fails_after_all = true;
            assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
            assert_int_equal(service.n_aborts, 1);
            for (int p = 0; p < PARTITIONS; p++) {
                for (int w = 0; w < COUNT / 10; w++)
                    assert_int_equal(output.counts[p][w], 10);
            }
            bench_close(&bench);
        }
    }
}

/* While it is read for the first time, and while it is read again after another loss. */
static void
state_that_is_lost_while_it_is_read_is_read_again(void **state)
{
    (void)state;
    transaction_begin();
    service.fail_commit_at = 4;
    struct bench first;
    assert_int_equal(transaction_run(&first, "test"), LEVADA_OK);
    bench_close(&first);
    uint32_t n_reads = service.n_reads;
    assert_true(n_reads > 2 * PARTITIONS);
    for (uint32_t at = 1; at <= n_reads; at++) {
        struct bench bench;
        transaction_begin();
        service.fail_commit_at = 4;
        service.lose_read_at = at;
        assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
        assert_int_equal(service.n_aborts, 2);
        transaction_assert_each_counted_once();
        bench_close(&bench);
    }
}

static void
a_transaction_that_is_lost_before_it_is_open_ends_in_words(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    service.loses_opening = true;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_UNAVAILABLE);
    assert_non_null(strstr(bench.err.text, "fenced at once"));
    bench_close(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_counts_each_record_once),
        cmocka_unit_test(a_transaction_is_not_open_for_as_long_as_there_is_to_read),
        cmocka_unit_test(a_later_run_goes_on_where_the_last_commit_was),
        cmocka_unit_test(a_commit_that_fails_takes_all_of_its_round_back),
        cmocka_unit_test(a_commit_between_two_that_fail_is_kept),
        cmocka_unit_test(a_commit_that_only_seemed_to_fail_counts_nothing_twice),
        cmocka_unit_test(state_that_is_lost_while_it_is_read_is_read_again),
        cmocka_unit_test(a_transaction_that_is_lost_before_it_is_open_ends_in_words),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    transaction_end();
    return failed;
}
