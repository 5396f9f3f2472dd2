/* SPDX-License-Identifier: Apache-2.0 */
#include "at_once.h"
#include "kafka_host.h"
#include "mock_cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct kafka_host *
start(struct mock_cluster *mock, const struct levada_pair *properties, uint64_t n)
{
    struct kafka_host *host = kafka_host_create(mock->brokers, "calls");
    host->self->kafka = (struct levada_list){ properties, n };
    kafka_host_plan(host);
    assert_string_equal(host->problems, "");
    assert_int_equal(kafka_host_start(host), LEVADA_OK);
    return host;
}

static void
finish(struct kafka_host *host, struct mock_cluster *mock)
{
    kafka_host_destroy(host);
    mock_cluster_finish(mock);
}

static long
resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * 4;
}

static double
now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Polls until @n partitions were seen to their ends. */
static void
read_to_the_ends(struct kafka_host *host, uint32_t n)
{
    double end = now_s() + 60;
    uint32_t at_end = 0;
    while (at_end < n && now_s() < end) {
        kafka_host_read(host, host->n_records + 1, 100);
        const struct partitions *partitions = &host->self->assignment.partitions;
        at_end = 0;
        for (uint32_t i = 0; i < partitions->n_all; i++)
            at_end += partitions->all[i]->is_at_end;
    }
    assert_int_equal(at_end, n);
}

static void
positions_tell_what_is_unread_of_idle_partitions_too(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 3);
    mock_cluster_write(&mock, "calls", 1, 5);
    struct kafka_host *host = start(&mock, NULL, 0);
    read_to_the_ends(host, 3);
    assert_int_equal(host->n_records, 5);
    assert_int_equal(host->n_assigned, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(host->next[i], i == 1 ? 5 : 0);
        assert_int_equal(host->latest[i], i == 1 ? 5 : 0);
    }
    finish(host, &mock);
}

static void
thousands_of_partitions_start_soon_and_stay_small(void **state)
{
    enum {
#ifdef __SANITIZE_ADDRESS__
        N = 1000 /* each has its costs there */
#else
        N = 10000
#endif
    };
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", N);
    mock_cluster_write(&mock, "calls", 7, 3);
    mock_cluster_write(&mock, "calls", N - 1, 4);
    long before_kib = resident_kib();
    double begin = now_s();
    struct kafka_host *host = start(&mock, NULL, 0);
    assert_int_equal(kafka_host_read(host, 7, 90000), LEVADA_OK);
    double first_s = now_s() - begin;
    assert_int_equal(host->n_assigned, N);
    read_to_the_ends(host, N);
    long kib = resident_kib() - before_kib;
    print_message("first records after %.1f s, all ends after %.1f s, %ld MiB\n", first_s,
                  now_s() - begin, kib / 1024);
    assert_true(kib < 256 * 1024);
    finish(host, &mock);
}

/* The shortest that a mock cluster, which waits three seconds for members, bears with. */
static const struct levada_pair short_interval[] = {
    { "session_timeout_ms", "3500" },
    { "max_poll_interval_ms", "3500" },
    { "heartbeat_interval_ms", "300" },
};
#define STALL_S 7

static struct kafka_host *
read_and_stall(struct mock_cluster *mock, bool is_kept_alive)
{
    struct timespec stall = { STALL_S, 0 };
    mock_cluster_init(mock, "calls", 1);
    mock_cluster_write(mock, "calls", 0, 10);
    struct kafka_host *host = start(mock, short_interval, 3);
    assert_int_equal(kafka_host_read(host, 10, 20000), LEVADA_OK);
    if (!is_kept_alive)
        keep_alive_stop(&host->self->keep_alive);
    nanosleep(&stall, NULL); /* a sink that waits: the time is what is tested */
    mock_cluster_write(mock, "calls", 0, 10);
    assert_int_equal(kafka_host_read(host, 20, 20000), LEVADA_OK);
    return host;
}

static void
who_stalls_stays_in_the_group(void **state)
{
    struct mock_cluster mock;
    (void)state;
    struct kafka_host *host = read_and_stall(&mock, true);
    assert_int_equal(host->n_lost, 0);
    assert_int_equal(host->n_records, 20);
    finish(host, &mock);
}

static void
who_does_not_poll_loses_its_partitions_and_reads_on(void **state)
{
    struct mock_cluster mock;
    (void)state;
    struct kafka_host *host = read_and_stall(&mock, false);
    assert_true(host->n_lost > 0);
    assert_non_null(strstr(host->logs, "maximum poll interval"));
    finish(host, &mock);
}

static void
partitions_that_are_named_tell_why_nobody_answers(void **state)
{
    static const int64_t first = 0;
    struct kafka_host *host = kafka_host_create("127.0.0.1:1", "calls");
    (void)state;
    host->self->partitions = (struct levada_list){ &first, 1 };
    assert_int_equal(kafka_host_plan(host), LEVADA_OK);
    assert_int_equal(kafka_host_start(host), LEVADA_OK);
    for (int i = 0; i < 30 && strstr(host->text, "Connection refused") == NULL; i++)
        assert_int_equal(kafka_host_poll(host, 0), LEVADA_RETRY);
    assert_non_null(strstr(host->text, "no broker can be reached: 127.0.0.1:1"));
    assert_non_null(strstr(host->text, "Connection refused"));
    kafka_host_destroy(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_tell_what_is_unread_of_idle_partitions_too),
        cmocka_unit_test(thousands_of_partitions_start_soon_and_stay_small),
        cmocka_unit_test(who_stalls_stays_in_the_group),
        cmocka_unit_test(who_does_not_poll_loses_its_partitions_and_reads_on),
        cmocka_unit_test(partitions_that_are_named_tell_why_nobody_answers),
    };
    return at_once(tests,
                   sizeof(tests) / sizeof(*tests)); /* a mock cluster waits, and so do they */
}
