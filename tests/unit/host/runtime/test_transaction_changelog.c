/* SPDX-License-Identifier: Apache-2.0 */
/* Which changelogs a transaction goes on from. */
#include "transaction_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

static void
closed_windows_leave_nothing_in_the_changelog(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    assert_int_equal(service_count_live('r'), 0);
    assert_int_equal(service_count_live('w'), 2 * PARTITIONS); /* event time, and what is closed */
    bench_close(&bench);
}

static void
the_changelog_of_another_pipeline_is_refused(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
    assert_int_equal(transaction_run(&bench, "other"), LEVADA_CONFIG);
    assert_non_null(strstr(bench.err.text, "\"test\""));
    assert_non_null(strstr(bench.err.text, "\"other\""));
    bench_close(&bench);
}

static void
a_changelog_that_nobody_wrote_is_refused(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    entry_log_append(&service.log, 1, (struct levada_bytes){ "foreign", 7 },
                     (struct levada_bytes){ "x", 1 });
    entry_log_commit(&service.log);
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_REJECT);
    assert_non_null(strstr(bench.err.text, "partition 1"));
    bench_close(&bench);
}

static void
count_half(struct bench *bench)
{
    transaction_begin();
    source.end = COUNT / 2;
    assert_int_equal(transaction_run(bench, "test"), LEVADA_OK);
    bench_close(bench);
}

/* The group knows that there was state; who resets it says that there is to be none. */
static void
a_changelog_that_is_gone_is_refused(void **state)
{
    struct bench bench;
    (void)state;
    count_half(&bench);
    entry_log_clear(&service.log);
    source.end = COUNT;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_NO_INPUT);
    assert_non_null(strstr(bench.err.text, "partition 0 was committed together with state"));
    bench_close(&bench);
    memset(service.flags, 0, sizeof(service.flags));
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
}

/* A group that was deleted, or reset by hand, with a changelog that was not. */
static void
state_without_its_position_is_refused(void **state)
{
    struct bench bench;
    (void)state;
    count_half(&bench);
    memset(service.flags, 0, sizeof(service.flags));
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_NO_INPUT);
    assert_non_null(strstr(bench.err.text, "no position that it belongs to"));
    bench_close(&bench);
}

/* As brokers may say that have just come back, for a moment. */
static void
an_old_position_is_asked_for_again(void **state)
{
    struct bench bench;
    (void)state;
    count_half(&bench);
    source.end = COUNT;
    source.old_until = 3;
    source.retry_for_ns = 1000000000;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    transaction_assert_each_counted_once();
    bench_close(&bench);
}

static void
a_position_without_state_needs_no_changelog(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    source.end = 0;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
    assert_int_equal(service.committed[0], 0);
    entry_log_clear(&service.log);
    source.end = COUNT;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    transaction_assert_each_counted_once();
    bench_close(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_windows_leave_nothing_in_the_changelog),
        cmocka_unit_test(the_changelog_of_another_pipeline_is_refused),
        cmocka_unit_test(a_changelog_that_nobody_wrote_is_refused),
        cmocka_unit_test(a_changelog_that_is_gone_is_refused),
        cmocka_unit_test(state_without_its_position_is_refused),
        cmocka_unit_test(an_old_position_is_asked_for_again),
        cmocka_unit_test(a_position_without_state_needs_no_changelog),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    transaction_end();
    return failed;
}
