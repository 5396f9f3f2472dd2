/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/sent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static int n_held;
static char told[2048];

static struct levada_batch *
retain(struct levada_batch *batch)
{
    n_held++;
    return batch;
}

static void
release(struct levada_batch *batch)
{
    (void)batch;
    n_held--;
}

static levada_status
fail_at(struct levada_call *call, struct levada_batch *batch, uint32_t i, levada_status code,
        const char *text)
{
    size_t n = strlen(told);
    (void)call;
    (void)batch;
    assert_int_equal(code, LEVADA_REJECT);
    snprintf(told + n, sizeof(told) - n, "%u: %s\n", i, text);
    return LEVADA_OK;
}

static int
set_up(void **state)
{
    static const struct levada_host host = {
        .struct_size = sizeof(host), .retain = retain, .release = release, .fail_at = fail_at
    };
    (void)state;
    levada_module_v1(&host);
    n_held = 0;
    told[0] = '\0';
    return 0;
}

static struct levada_batch
batch_of(uint32_t n)
{
    return (struct levada_batch){ .struct_size = sizeof(struct levada_batch), .n = n };
}

static void
holds_a_batch_until_its_last_record_is_settled(void **state)
{
    struct levada_batch batch = batch_of(2);
    struct sent_list list = { 0 };
    (void)state;

    struct sent *sent = sent_add(&list, &batch, NULL);
    assert_ptr_equal(sent_waiting(&list), sent);
    sent_start(&list, &sent->slots[0]);
    sent_start(&list, &sent->slots[1]);
    assert_null(sent_waiting(&list));
    assert_int_equal(list.n_in_flight, 2);
    sent_settle(&list, &sent->slots[1]);
    sent_release_delivered(&list);
    assert_int_equal(n_held, 1);
    sent_settle(&list, &sent->slots[0]);
    sent_release_delivered(&list);
    assert_int_equal(n_held, 0);
    assert_int_equal(list.n_in_flight, 0);
    assert_null(list.first);
}

static void
a_record_that_comes_again_waits_before_what_is_newer(void **state)
{
    struct levada_batch old = batch_of(3), new = batch_of(1);
    struct sent_list list = { 0 };
    (void)state;

    struct sent *first = sent_add(&list, &old, NULL);
    for (int i = 0; i < 3; i++)
        sent_start(&list, &first->slots[i]);
    struct sent *second = sent_add(&list, &new, NULL);
    assert_ptr_equal(sent_waiting(&list), second);
    sent_again(&list, &first->slots[1]);
    assert_ptr_equal(sent_waiting(&list), first);
    assert_int_equal(first->cursor, 1);
    sent_finish(&list);
    assert_int_equal(n_held, 0);
}

static void
all_in_flight_come_again_but_nothing_that_arrived(void **state)
{
    struct levada_batch batch = batch_of(3);
    struct sent_list list = { 0 };
    (void)state;

    struct sent *sent = sent_add(&list, &batch, NULL);
    for (int i = 0; i < 3; i++)
        sent_start(&list, &sent->slots[i]);
    sent_settle(&list, &sent->slots[0]);
    sent_again_all(&list);
    assert_int_equal(list.n_in_flight, 0);
    assert_ptr_equal(sent_waiting(&list), sent);
    assert_int_equal(sent->cursor, 1);
    assert_int_equal(sent->slots[0].state, SENT_SETTLED);
    assert_int_equal(sent->slots[2].state, SENT_WAITING);
    sent_finish(&list);
}

static void
tells_rejects_once_their_batch_is_settled(void **state)
{
    struct levada_batch batch = batch_of(12);
    struct sent_list list = { 0 };
    (void)state;

    struct sent *sent = sent_add(&list, &batch, NULL);
    for (int i = 0; i < 12; i++)
        sent_start(&list, &sent->slots[i]);
    for (int i = 0; i < 10; i++)
        assert_true(sent_reject(&list, &sent->slots[i], RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                i == 9 ? "no name" : NULL));
    sent_settle(&list, &sent->slots[10]);
    assert_int_equal(sent_tell_rejects(&list, NULL), LEVADA_OK);
    assert_string_equal(told, "");
    sent_settle(&list, &sent->slots[11]);
    sent_release_delivered(&list);
    assert_int_equal(n_held, 1);
    assert_int_equal(sent_tell_rejects(&list, NULL), LEVADA_OK);
    assert_non_null(
        strstr(told, "0: the broker does not take it: Broker: Message size too large\n"));
    assert_non_null(strstr(told, "9: no name\n"));
    assert_int_equal(n_held, 0);
}

static void
counts_suspects_until_they_are_settled(void **state)
{
    struct levada_batch batch = batch_of(2);
    struct sent_list list = { 0 };
    (void)state;

    struct sent *sent = sent_add(&list, &batch, NULL);
    for (int i = 0; i < 2; i++) {
        sent_start(&list, &sent->slots[i]);
        sent_suspect(&list, &sent->slots[i]);
        sent_suspect(&list, &sent->slots[i]);
    }
    assert_int_equal(list.n_suspects, 2);
    sent_settle(&list, &sent->slots[0]);
    assert_true(sent_reject(&list, &sent->slots[1], RD_KAFKA_RESP_ERR_INVALID_RECORD, NULL));
    assert_int_equal(list.n_suspects, 0);
    sent_finish(&list);
}

static void
nothing_is_sent_or_told_of_what_is_void(void **state)
{
    struct levada_batch batch = batch_of(5);
    struct sent_list list = { 0 };
    (void)state;

    struct sent *sent = sent_add(&list, &batch, NULL);
    for (int i = 0; i < 4; i++)
        sent_start(&list, &sent->slots[i]);
    assert_true(sent_reject(&list, &sent->slots[0], RD_KAFKA_RESP_ERR_INVALID_RECORD, NULL));
    sent_void(&list);
    assert_null(sent_waiting(&list));
    sent_settle(&list, &sent->slots[1]);
    sent_again(&list, &sent->slots[2]);
    assert_null(sent_waiting(&list));
    sent_release_delivered(&list);
    assert_int_equal(n_held, 1);
    assert_true(sent_reject(&list, &sent->slots[3], RD_KAFKA_RESP_ERR_INVALID_RECORD, NULL));
    assert_int_equal(sent_tell_rejects(&list, NULL), LEVADA_OK);
    assert_string_equal(told, "");
    assert_int_equal(n_held, 0);
    assert_int_equal(list.n_in_flight, 0);
}

static void
a_batch_that_is_dropped_leaves_the_others(void **state)
{
    struct levada_batch one = batch_of(1), two = batch_of(1), three = batch_of(1);
    struct sent_list list = { 0 };
    (void)state;

    struct sent *first = sent_add(&list, &one, NULL);
    sent_drop(&list, sent_add(&list, &two, NULL));
    struct sent *third = sent_add(&list, &three, NULL);
    assert_ptr_equal(list.first, first);
    assert_ptr_equal(first->next, third);
    assert_int_equal(n_held, 2);
    sent_finish(&list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(holds_a_batch_until_its_last_record_is_settled, set_up),
        cmocka_unit_test_setup(a_record_that_comes_again_waits_before_what_is_newer, set_up),
        cmocka_unit_test_setup(all_in_flight_come_again_but_nothing_that_arrived, set_up),
        cmocka_unit_test_setup(tells_rejects_once_their_batch_is_settled, set_up),
        cmocka_unit_test_setup(counts_suspects_until_they_are_settled, set_up),
        cmocka_unit_test_setup(nothing_is_sent_or_told_of_what_is_void, set_up),
        cmocka_unit_test_setup(a_batch_that_is_dropped_leaves_the_others, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
