/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/partitions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void
each_partition_of_each_topic_is_found_again(void **state)
{
    struct partitions partitions = { 0 };
    char topic[20];
    (void)state;
    for (int i = 0; i < 300; i++) {
        snprintf(topic, sizeof(topic), "t%d", i * 7 % 100);
        struct partition *partition = partitions_add(&partitions, topic, i * 31 % 1000);
        partition->is_ours = true;
        partition->next = i;
    }
    for (int i = 0; i < 300; i++) {
        snprintf(topic, sizeof(topic), "t%d", i * 7 % 100);
        struct partition *partition = partitions_find(&partitions, topic, i * 31 % 1000);
        assert_non_null(partition);
        assert_int_equal(partition->next, i);
        assert_string_equal(partition->topic, topic);
    }
    assert_null(partitions_find(&partitions, "t1", 999));
    assert_null(partitions_find(&partitions, "none", 0));
    assert_null(partitions_find(&partitions, "t1", -1));
    partitions_finish(&partitions);
}

static void
what_was_let_go_is_not_found(void **state)
{
    struct partitions partitions = { 0 };
    (void)state;
    struct partition *partition = partitions_add(&partitions, "calls", 3);
    partition->is_ours = true;
    partitions_note(&partitions, partition);
    partitions_let_go(&partitions);
    assert_null(partitions_find(&partitions, "calls", 3));
    assert_int_equal(partitions.n_news, 0);
    assert_ptr_equal(partitions_add(&partitions, "calls", 3), partition);
    partitions_finish(&partitions);
}

static void
news_are_noted_once(void **state)
{
    struct partitions partitions = { 0 };
    (void)state;
    struct partition *partition = partitions_add(&partitions, "calls", 0);
    partitions_note(&partitions, partition);
    partitions_note(&partitions, partition);
    assert_int_equal(partitions.n_news, 1);
    partitions_finish(&partitions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_partition_of_each_topic_is_found_again),
        cmocka_unit_test(what_was_let_go_is_not_found),
        cmocka_unit_test(news_are_noted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
