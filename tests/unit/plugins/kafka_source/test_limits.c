/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

/* A consumer without a broker, which knows no ends: those of the partitions stay. */
static rd_kafka_t *rk;

static int
make_consumer(void **state)
{
    char why[300];
    (void)state;
    rk = rd_kafka_new(RD_KAFKA_CONSUMER, NULL, why, sizeof(why));
    return rk == NULL;
}

static int
destroy_consumer(void **state)
{
    (void)state;
    rd_kafka_destroy(rk);
    return 0;
}

/* Partitions of one topic with so much unread each. */
static struct partitions
with_unread(const int64_t *unread, int32_t n)
{
    struct partitions partitions = { 0 };
    for (int32_t i = 0; i < n; i++) {
        struct partition *partition = partitions_add(&partitions, "calls", i);
        partition->latest = unread[i];
        partition->is_ours = partition->is_at_end = true;
        partition->share = -1;
    }
    return partitions;
}

/* Takes all that is allowed: how much of each. */
static int64_t
take_all(struct limits *limits, struct partitions *partitions, int64_t now_ns, int64_t *taken)
{
    int64_t sum = 0;
    limits_begin(limits, partitions, rk, now_ns, 1000000);
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        struct partition *partition = partitions->all[i];
        int64_t unread = partition->latest - partition->next;
        uint32_t n = unread < partition->allowed ? (uint32_t)unread : partition->allowed;
        limits_took(limits, partition, n);
        partition->next += n;
        taken[i] = n;
        sum += n;
    }
    return sum;
}

static void
a_trigger_is_shared_out_by_what_is_unread(void **state)
{
    static const int64_t unread[] = { 900, 90, 10, 0 };
    struct partitions partitions = with_unread(unread, 4);
    struct limits limits = { .per_trigger = 100 };
    int64_t taken[4];
    (void)state;
    assert_int_equal(take_all(&limits, &partitions, 0, taken), 100);
    assert_int_equal(taken[0], 90);
    assert_int_equal(taken[1], 9);
    assert_int_equal(taken[2], 1);
    assert_true(limits_reached(&limits, &partitions));
    partitions_finish(&partitions);
}

static void
the_smallest_do_not_starve(void **state)
{
    static const int64_t unread[] = { 1000000, 1, 1, 1 };
    struct partitions partitions = with_unread(unread, 4);
    struct limits limits = { .per_trigger = 2 };
    int64_t taken[4];
    (void)state;
    for (int trigger = 0; trigger < 4; trigger++) {
        assert_int_equal(take_all(&limits, &partitions, 0, taken), 2);
        limits_trigger(&limits);
    }
    for (int i = 1; i < 4; i++)
        assert_int_equal(partitions.all[i]->next, 1);
    partitions_finish(&partitions);
}

static void
what_fits_into_a_trigger_is_not_shared_out(void **state)
{
    static const int64_t unread[] = { 60, 30 };
    struct partitions partitions = with_unread(unread, 2);
    struct limits limits = { .per_trigger = 100 };
    int64_t taken[2];
    (void)state;
    assert_int_equal(take_all(&limits, &partitions, 0, taken), 90);
    assert_false(limits_reached(&limits, &partitions));
    partitions.all[0]->latest += 50; /* comes meanwhile */
    limits_begin(&limits, &partitions, rk, 0, 1000);
    assert_int_equal(partitions.all[0]->allowed, 10);
    partitions_finish(&partitions);
}

static void
enormous_numbers_do_not_overflow(void **state)
{
    static const int64_t unread[] = { INT64_MAX / 4, INT64_MAX / 4 };
    struct partitions partitions = with_unread(unread, 2);
    struct limits limits = { .per_trigger = INT64_MAX / 8 };
    (void)state;
    limits_begin(&limits, &partitions, rk, 0, 10);
    assert_int_equal(partitions.all[0]->share / 1000000, INT64_MAX / 16 / 1000000);
    partitions_finish(&partitions);
}

static void
a_rate_is_that_of_each_partition(void **state)
{
    static const int64_t unread[] = { 100000, 100000 };
    struct partitions partitions = with_unread(unread, 2);
    struct limits limits = { .rate = 1000 };
    int64_t taken[2], sum = 0;
    (void)state;
    for (int64_t now = 0; now <= 2 * SECOND; now += SECOND / 50)
        sum += take_all(&limits, &partitions, now, taken);
    assert_in_range(sum, 3900, 4100);
    assert_false(limits_reached(&limits, &partitions));
    assert_true(limits_wait_ns(&limits, &partitions) > 0);
    partitions_finish(&partitions);
}

static void
who_waits_for_records_does_not_wait_for_a_rate(void **state)
{
    static const int64_t unread[] = { 0 };
    struct partitions partitions = with_unread(unread, 1);
    struct limits limits = { .rate = 1 };
    (void)state;
    limits_begin(&limits, &partitions, rk, 0, 10);
    assert_int_equal(limits_wait_ns(&limits, &partitions), -1);
    partitions_finish(&partitions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trigger_is_shared_out_by_what_is_unread),
        cmocka_unit_test(the_smallest_do_not_starve),
        cmocka_unit_test(what_fits_into_a_trigger_is_not_shared_out),
        cmocka_unit_test(enormous_numbers_do_not_overflow),
        cmocka_unit_test(a_rate_is_that_of_each_partition),
        cmocka_unit_test(who_waits_for_records_does_not_wait_for_a_rate),
    };
    return cmocka_run_group_tests(tests, make_consumer, destroy_consumer);
}
