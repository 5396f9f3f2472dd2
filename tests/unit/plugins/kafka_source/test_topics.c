/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_host.h"

#include "kafka_source/topics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_problems(const char *const *topics, uint64_t n, const int64_t *partitions,
                uint64_t n_partitions, const char *expected)
{
    struct kafka_host *host = kafka_host_create("localhost:1", "calls");
    host->self->topic = (struct levada_list){ topics, n };
    host->self->partitions = (struct levada_list){ partitions, n_partitions };
    levada_status status = kafka_host_plan(host);
    assert_int_equal(status, *expected == '\0' ? LEVADA_OK : LEVADA_CONFIG);
    if (*expected == '\0')
        assert_string_equal(host->problems, "");
    else
        assert_non_null(strstr(host->problems, expected));
    if (status == LEVADA_OK)
        host->stage->destroy(host->self);
    free(host->self);
    free(host);
}

static void
names_and_patterns_are_taken(void **state)
{
    static const char *const topics[] = { "calls", "^calls-[0-9]+$", "a.b_c-D" };
    (void)state;
    assert_problems(topics, 3, NULL, 0, "");
}

static void
what_is_no_name_is_refused(void **state)
{
    static char most[251];
    const char *const wrong[] = { "a b", "calls/1", "..", "\xc3\xa4", most };
    (void)state;
    memset(most, 'a', 250);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_problems(&wrong[i], 1, NULL, 0, "is no topic's name");
}

static void
what_is_no_pattern_is_refused(void **state)
{
    static const char *const topics[] = { "^calls-(" };
    (void)state;
    assert_problems(topics, 1, NULL, 0, "topic: \"^calls-(\" is no regular expression");
}

static void
partitions_need_names(void **state)
{
    static const char *const topics[] = { "^calls" };
    static const int64_t numbers[] = { 1 };
    (void)state;
    assert_problems(topics, 1, numbers, 1, "partitions: a pattern stands for topics");
}

static void
nothing_is_named_twice(void **state)
{
    static const char *const topics[] = { "calls", "calls" };
    static const int64_t numbers[] = { 1, 2, 1 };
    (void)state;
    assert_problems(topics, 2, NULL, 0, "topic: the same topic is named twice");
    assert_problems(topics, 1, numbers, 3, "partitions: the same partition is named twice");
}

static void
each_partition_of_each_topic_is_listed(void **state)
{
    static const char *const topics[] = { "a", "b" };
    static const int64_t numbers[] = { 4, 1 };
    (void)state;
    rd_kafka_topic_partition_list_t *list =
        topics_list(&(struct levada_list){ topics, 2 }, &(struct levada_list){ numbers, 2 });
    assert_int_equal(list->cnt, 4);
    assert_string_equal(list->elems[3].topic, "b");
    assert_int_equal(list->elems[3].partition, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

/* Though each name is a regular expression, too. */
static void
a_name_is_like_no_other_topic(void **state)
{
    static const char *const topics[] = { "calls", "^a-" };
    const struct levada_list list = { topics, 2 };
    struct rd_kafka_metadata_topic found = { .topic = (char *)(uintptr_t) "old-calls" };
    const struct rd_kafka_metadata metadata = { .topics = &found, .topic_cnt = 1 };
    (void)state;
    assert_false(topics_match(&list, &metadata));
    found.topic = (char *)(uintptr_t) "a-1";
    assert_true(topics_match(&list, &metadata));
    assert_true(topics_has(&list, "calls"));
    assert_false(topics_has(&list, "a-1"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_patterns_are_taken),
        cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(what_is_no_pattern_is_refused),
        cmocka_unit_test(partitions_need_names),
        cmocka_unit_test(nothing_is_named_twice),
        cmocka_unit_test(each_partition_of_each_topic_is_listed),
        cmocka_unit_test(a_name_is_like_no_other_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
