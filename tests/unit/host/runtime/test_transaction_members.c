/* SPDX-License-Identifier: Apache-2.0 */
/* The source of a transaction is a member of a group, and partitions go and come. */
#include "transaction_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

static void
a_partition_that_goes_and_comes_back_brings_its_rows(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    source.goes_at = 4; /* in the middle of its second window */
    source.comes_at = 7;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    transaction_assert_each_counted_once();
    bench_close(&bench);
}

/* Of a run that @end ends, in the middle of a window, and holds it open. */
static void
keep_run_until(int64_t end)
{
    struct bench bench;
    transaction_begin();
    source.end = end;
    source.holds = true;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
    transaction_keep();
}

/* At the beginning of a round, and in the midst of one, when records of it are in the transaction.
 */
static void
state_is_read_again_where_others_have_read_on(void **state)
{
    (void)state;
    for (int slow = 0; slow <= 1; slow++) {
        struct bench bench;
        keep_run_until(27);
        transaction_begin();
        source.is_slow = slow;
        source.moves_at = 3;
        assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
        transaction_assert_each_counted_once();
        assert_int_equal(service.n_aborts, slow);
        bench_close(&bench);
    }
}

/* Nothing of it is left for us; whether a commit of ours fails meanwhile or not. */
static void
what_others_have_read_to_its_end_is_committed_as_theirs(void **state)
{
    (void)state;
    for (uint32_t fails_at = 0; fails_at <= 5; fails_at++) {
        struct bench bench;
        keep_run_until(COUNT);
        transaction_begin();
        source.is_terse = true;
        source.moves_at = 4;
        service.fail_commit_at = fails_at;
        assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
        transaction_assert_each_counted_once();
        bench_close(&bench);
    }
}

static void
a_record_of_a_partition_that_is_not_ours_is_a_fault(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    source.goes_at = 4;
    source.strays_at = 5;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_FATAL);
    assert_non_null(strstr(bench.err.text, "calls"));
    assert_non_null(strstr(bench.err.text, "partition 0"));
    bench_close(&bench);
}

static void
groups_without_the_key_are_refused(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    source.keyed = 0;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_CONFIG);
    assert_non_null(strstr(bench.err.text, "keyed_by"));
    bench_close(&bench);
}

static void
an_answer_that_is_none_is_a_fault(void **state)
{
    struct bench bench;
    const struct stage *asked;
    struct error err;
    uint32_t n;
    (void)state;
    transaction_begin();
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    source.answer = LEVADA_END;
    assert_int_equal(engine_ask_partitions(bench.engine, &n, &asked, &err), LEVADA_FATAL);
    assert_string_equal(err.text, "partitions() returned 2, which is no status for it");
    assert_string_equal(asked->name, "calls");
    bench_close(&bench);
}

static void
one_partition_needs_no_key(void **state)
{
    struct bench bench;
    (void)state;
    transaction_begin();
    source.keyed = 0;
    source.n_partitions = 1;
    assert_int_equal(transaction_run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_that_goes_and_comes_back_brings_its_rows),
        cmocka_unit_test(state_is_read_again_where_others_have_read_on),
        cmocka_unit_test(what_others_have_read_to_its_end_is_committed_as_theirs),
        cmocka_unit_test(a_record_of_a_partition_that_is_not_ours_is_a_fault),
        cmocka_unit_test(groups_without_the_key_are_refused),
        cmocka_unit_test(an_answer_that_is_none_is_a_fault),
        cmocka_unit_test(one_partition_needs_no_key),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    transaction_end();
    return failed;
}
