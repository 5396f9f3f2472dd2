/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/keep_alive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>
#include <signal.h>
#include <time.h>

#define PATIENCE_S 30

/* In the place of librdkafka's. */
static rd_kafka_queue_t *const queue = (rd_kafka_queue_t *)&queue;
static int n_queues;
static sem_t said; /* posted each time that the thread says something */
static size_t most_taken;
static sigset_t blocked; /* in the thread */

rd_kafka_queue_t *
rd_kafka_queue_get_consumer(rd_kafka_t *rk)
{
    (void)rk;
    n_queues++;
    return queue;
}

void
rd_kafka_queue_destroy(rd_kafka_queue_t *rkqu)
{
    assert_ptr_equal(rkqu, queue);
    n_queues--;
}

ssize_t
rd_kafka_consume_batch_queue(rd_kafka_queue_t *rkqu, int timeout_ms, rd_kafka_message_t **messages,
                             size_t n)
{
    (void)messages;
    most_taken = n > most_taken ? n : most_taken;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    if (rkqu == queue && timeout_ms == 0)
        sem_post(&said);
    return 0;
}

static void
wait_until_said(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    assert_int_equal(sem_timedwait(&said, &until), 0);
}

static int
set_up(void **state)
{
    (void)state;
    n_queues = 0;
    most_taken = 0;
    return sem_init(&said, 0, 0);
}

static int
tear_down(void **state)
{
    (void)state;
    return sem_destroy(&said);
}

/* ---- */

static void
says_again_and_again_that_we_are_here_and_takes_no_message(void **state)
{
    struct keep_alive keep_alive = { .is_running = false };
    (void)state;
    assert_true(keep_alive_start(&keep_alive, NULL, 1));
    for (int i = 0; i < 5; i++)
        wait_until_said();
    keep_alive_stop(&keep_alive);
    assert_int_equal(most_taken, 0);
    assert_int_equal(n_queues, 0);
}

static void
stops_at_once_however_rarely_it_speaks(void **state)
{
    struct keep_alive keep_alive = { .is_running = false };
    time_t began = time(NULL);
    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_true(keep_alive_start(&keep_alive, NULL, 600000));
        if (i % 2 == 0)
            wait_until_said();
        keep_alive_stop(&keep_alive);
        assert_int_equal(n_queues, 0);
    }
    assert_true(time(NULL) - began < PATIENCE_S);
}

static void
what_does_not_run_need_not_be_stopped(void **state)
{
    struct keep_alive keep_alive = { .is_running = false };
    (void)state;
    keep_alive_stop(&keep_alive);
    assert_true(keep_alive_start(&keep_alive, NULL, 1));
    keep_alive_stop(&keep_alive);
    keep_alive_stop(&keep_alive);
    assert_int_equal(n_queues, 0);
}

static void
signals_are_left_to_the_host(void **state)
{
    struct keep_alive keep_alive = { .is_running = false };
    sigset_t before, after;
    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_true(keep_alive_start(&keep_alive, NULL, 1));
    wait_until_said();
    keep_alive_stop(&keep_alive);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_true(sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGINT) == 1);
    assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(says_again_and_again_that_we_are_here_and_takes_no_message),
        TEST(stops_at_once_however_rarely_it_speaks),
        TEST(what_does_not_run_need_not_be_stopped),
        TEST(signals_are_left_to_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
