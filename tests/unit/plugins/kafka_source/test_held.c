/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/held.h"

#include "mock_cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define N 200

static rd_kafka_message_t *messages[N]; /* in their order */
static struct mock_cluster mock;
static rd_kafka_t *consumer;

static int
fetch_all(void **state)
{
    (void)state;
    mock_cluster_init(&mock, "calls", 1);
    mock_cluster_write(&mock, "calls", 0, N);
    consumer = mock_cluster_consumer(&mock, "calls", 0);
    for (int i = 0; i < N; i++)
        messages[i] = mock_cluster_next(consumer);
    return 0;
}

static int
give_back(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        if (messages[i] != NULL)
            rd_kafka_message_destroy(messages[i]);
    }
    rd_kafka_destroy(consumer);
    mock_cluster_finish(&mock);
    return 0;
}

static void
messages_leave_in_the_order_in_which_they_came(void **state)
{
    struct held held = { .n = 0 };
    int came = 0, left = 0;
    (void)state;
    assert_null(held_take(&held));
    while (left < N) { /* more come than leave, until none comes */
        for (int i = 0; i < 3 && came < N; i++)
            assert_true(held_push(&held, messages[came++]));
        for (int i = 0; i < 2 && left < came; i++)
            assert_ptr_equal(held_take(&held), messages[left++]);
        assert_int_equal(held.n, came - left);
    }
    assert_null(held_take(&held));
    held_clear(&held);
}

static void
what_comes_and_leaves_takes_no_more_room(void **state)
{
    struct held held = { .n = 0 };
    (void)state;
    for (int i = 0; i < 50; i++)
        assert_true(held_push(&held, messages[i]));
    for (int i = 0; i < 10000; i++)
        assert_true(held_push(&held, held_take(&held)));
    assert_true(held.room <= 128);
    for (int i = 0; i < 50; i++)
        assert_ptr_equal(held_take(&held), messages[i]); /* 10000 is a multiple of 50 */
    held_clear(&held);
}

static void
bytes_are_those_of_what_is_held(void **state)
{
    struct held held = { .n = 0 };
    uint64_t bytes = 0;
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_true(held_push(&held, messages[i]));
        bytes += messages[i]->len + messages[i]->key_len;
    }
    assert_int_equal(held.bytes, bytes);
    bytes -= held_take(&held)->len;
    assert_int_equal(held.bytes, bytes);
    while (held_take(&held) != NULL)
        continue;
    assert_int_equal(held.bytes, 0);
    held_clear(&held);
}

/* The last test: the messages are librdkafka's again. */
static void
what_is_held_can_be_given_back_at_any_time(void **state)
{
    struct held held = { .n = 0 };
    (void)state;
    for (int i = 0; i < N; i++) {
        assert_true(held_push(&held, messages[i]));
        messages[i] = NULL;
    }
    held_clear(&held);
    assert_int_equal(held.n, 0);
    assert_int_equal(held.bytes, 0);
    assert_null(held_take(&held));
    held_clear(&held);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_leave_in_the_order_in_which_they_came),
        cmocka_unit_test(what_comes_and_leaves_takes_no_more_room),
        cmocka_unit_test(bytes_are_those_of_what_is_held),
        cmocka_unit_test(what_is_held_can_be_given_back_at_any_time),
    };
    return cmocka_run_group_tests(tests, fetch_all, give_back);
}
