/* SPDX-License-Identifier: Apache-2.0 */
/* host/isolation: messages between two that take turns. */
#include "isolation/channel.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int ends[2];

static int
open_channel(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static int
close_channel(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void
a_message_says_where_its_sender_ran(void **state)
{
    const struct message sent = { .kind = ANSWER, .slot = 3, .n = 77 };
    struct message got;
    (void)state;
    assert_true(channel_send(ends[0], &sent));
    assert_int_equal(channel_receive(ends[1], &got, 10000, -1), CHANNEL_OK);
    assert_int_equal(got.kind, ANSWER);
    assert_int_equal(got.slot, 3);
    assert_int_equal(got.n, 77);
    assert_in_range(got.processor, 0, sysconf(_SC_NPROCESSORS_CONF) - 1);
}

static void
a_time_limit_and_a_closed_end_are_told_apart(void **state)
{
    struct message got;
    (void)state;
    assert_int_equal(channel_receive(ends[1], &got, 1, sched_getcpu()), CHANNEL_TIMEOUT);
    shutdown(ends[0], SHUT_RDWR);
    assert_int_equal(channel_receive(ends[1], &got, 10000, sched_getcpu()), CHANNEL_CLOSED);
    assert_int_equal(channel_receive(ends[1], &got, -1, sched_getcpu()), CHANNEL_CLOSED);
    assert_false(channel_send(ends[1], &got));
}

/* ---- the processor of a wait ---- */

struct wait {
    int processor; /* asked for */
    cpu_set_t run_before, run_after;
    enum channel_result result;
    pid_t thread; /* set as soon as it runs */
};

static void *
wait_for_one(void *user)
{
    struct wait *wait = user;
    struct message got;
    sched_getaffinity(0, sizeof(wait->run_before), &wait->run_before);
    __atomic_store_n(&wait->thread, gettid(), __ATOMIC_RELEASE);
    wait->result = channel_receive(ends[1], &got, -1, wait->processor);
    sched_getaffinity(0, sizeof(wait->run_after), &wait->run_after);
    return NULL;
}

static int
last_processor(void)
{
    cpu_set_t all;
    int last = -1;
    sched_getaffinity(0, sizeof(all), &all);
    for (int p = 0; p < CPU_SETSIZE; p++)
        last = CPU_ISSET(p, &all) ? p : last;
    return last;
}

static void
who_waited_may_run_where_it_might_before(void **state)
{
    const int asked[] = { -1, last_processor(), CPU_SETSIZE - 1, CPU_SETSIZE, INT32_MAX };
    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        struct wait wait = { .processor = asked[i] };
        const struct message message = { .kind = DONE };
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, wait_for_one, &wait), 0);
        assert_true(channel_send(ends[0], &message));
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(wait.result, CHANNEL_OK);
        assert_true(CPU_EQUAL(&wait.run_before, &wait.run_after));
    }
}

/* Until it does, or for 10 s. */
static bool
becomes_bound(struct wait *wait, int processor)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    for (int i = 0; i < 10000; i++) {
        cpu_set_t allowed;
        pid_t thread = __atomic_load_n(&wait->thread, __ATOMIC_ACQUIRE);
        if (thread != 0 && sched_getaffinity(thread, sizeof(allowed), &allowed) == 0 &&
            CPU_COUNT(&allowed) == 1 && CPU_ISSET(processor, &allowed))
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

static void
who_waits_will_wake_on_the_processor_that_was_named(void **state)
{
    struct wait wait = { .processor = last_processor() };
    const struct message message = { .kind = DONE };
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_one, &wait), 0);
    assert_true(becomes_bound(&wait, wait.processor));
    assert_true(channel_send(ends[0], &message));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(wait.result, CHANNEL_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_says_where_its_sender_ran, open_channel,
                                        close_channel),
        cmocka_unit_test_setup_teardown(a_time_limit_and_a_closed_end_are_told_apart, open_channel,
                                        close_channel),
        cmocka_unit_test_setup_teardown(who_waits_will_wake_on_the_processor_that_was_named,
                                        open_channel, close_channel),
        cmocka_unit_test_setup_teardown(who_waited_may_run_where_it_might_before, open_channel,
                                        close_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
