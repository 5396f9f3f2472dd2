/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/beginning.h"

#include "fake_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOTHING RD_KAFKA_OFFSET_INVALID

static const int32_t first[] = { 0, -1 };

static levada_status
find(const struct beginning *beginning, const int32_t *numbers,
     rd_kafka_topic_partition_list_t **list, rd_kafka_topic_partition_list_t **ends)
{
    bool at_end;
    *list = fake_group_list(numbers);
    return beginning_find(beginning, NULL, NULL, *list, ends, &at_end);
}

/* Of one partition that has the offsets 10 to 20. */
static const struct choice {
    const char *what;
    const char *starting; /* the option */
    int64_t stored, committed, at_time;
    bool asks_group;
    int64_t offset;
} choices[] = {
    { "the earliest", "earliest", -1, NOTHING, -1, true, 10 },
    { "the latest", "latest", -1, NOTHING, -1, true, 20 },
    { "an offset", "0=13", -1, NOTHING, -1, true, 13 },
    { "its end as an offset", "0=20", -1, NOTHING, -1, true, 20 },
    { "a time", "2018-12-31", -1, NOTHING, 14, true, 14 },
    { "a time that no record is as young as", "2018-12-31", -1, NOTHING, -1, true, 20 },
    { "where the group is", "earliest", -1, 15, -1, true, 15 },
    { "the group is not asked", "earliest", -1, 15, -1, false, 10 },
    { "where the host is", "earliest", 17, NOTHING, -1, true, 17 },
    { "the host, which is further than the group", "earliest", 17, 15, -1, true, 17 },
    { "the group, in which another had the partition", "earliest", 15, 17, -1, true, 17 },
    { "at its end", "earliest", 20, 20, -1, true, 20 },
};

static void
what_is_known_counts_before_what_is_wanted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
        const struct choice *choice = &choices[i];
        const struct levada_list starting = { &choice->starting, 1 };
        const struct also_read none = { .n = 0 };
        const struct beginning beginning = { &starting, &none, true, choice->asks_group, false };
        rd_kafka_topic_partition_list_t *list, *ends;
        fake_group_reset()->partitions[0] =
            (struct fake_partition){ 10,   20, choice->at_time, choice->committed, choice->stored,
                                     NULL, 0 };
        assert_int_equal(find(&beginning, first, &list, &ends), LEVADA_OK);
        if (list->elems[0].offset != choice->offset)
            fail_msg("%s: %d", choice->what, (int)list->elems[0].offset);
        assert_int_equal(ends->elems[0].offset, 20);
        rd_kafka_topic_partition_list_destroy(list);
        rd_kafka_topic_partition_list_destroy(ends);
    }
}

static const struct loss {
    const char *starting;
    int64_t stored, committed;
} losses[] = {
    { "earliest", 9, NOTHING }, /* what comes next was deleted */
    { "earliest", -1, 9 },       { "0=9", -1, NOTHING },
    { "earliest", 21, NOTHING }, /* another topic of that name */
    { "0=21", -1, NOTHING },
};

static levada_status
find_lost(const struct loss *loss, bool fails_on_loss, int64_t *offset)
{
    const struct levada_list starting = { &loss->starting, 1 };
    const struct also_read none = { .n = 0 };
    const struct beginning beginning = { &starting, &none, fails_on_loss, true, false };
    rd_kafka_topic_partition_list_t *list, *ends;
    fake_group_reset()->partitions[0] =
        (struct fake_partition){ 10, 20, -1, loss->committed, loss->stored, NULL, 0 };
    levada_status status = find(&beginning, first, &list, &ends);
    *offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (ends != NULL)
        rd_kafka_topic_partition_list_destroy(ends);
    return status;
}

static void
what_is_gone_is_told_or_left_out(void **state)
{
    int64_t offset;
    (void)state;
    for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++) {
        assert_int_equal(find_lost(&losses[i], false, &offset), LEVADA_OK);
        assert_int_equal(offset, 10);
        assert_int_equal(find_lost(&losses[i], true, &offset), LEVADA_NO_INPUT);
    }
    struct fake_group *group = fake_group_reset();
    find_lost(&losses[0], true, &offset);
    assert_string_equal(group->text,
                        "topic calls, partition 0: offset 9 comes next, but the topic has 10 to "
                        "20: records are gone; fail_on_data_loss = false goes on with "
                        "the earliest");
}

static void
each_partition_has_its_own_beginning(void **state)
{
    static const char *const texts[] = { "1=latest", "earliest", "calls/3=2018-12-31" };
    static const int32_t numbers[] = { 3, 0, 1, -1 };
    static const int64_t begins[] = { 4, 0, 6 }, these_end[] = { 7, 5, 6 };
    const struct levada_list starting = { texts, 3 };
    const struct also_read none = { .n = 0 };
    const struct beginning beginning = { &starting, &none, true, false, false };
    rd_kafka_topic_partition_list_t *list, *ends;
    (void)state;
    struct fake_group *group = fake_group_reset();
    group->partitions[0].end = 5;
    group->partitions[1].end = 6;
    group->partitions[3].end = 7;
    group->partitions[3].at_time = 4;
    assert_int_equal(find(&beginning, numbers, &list, &ends), LEVADA_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(list->elems[i].offset, begins[i]);
        assert_int_equal(ends->elems[i].offset, these_end[i]);
    }
    assert_int_equal(group->asked_time, INT64_C(1546214400000));
    assert_int_equal(group->n_asked_group, 0);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_topic_partition_list_destroy(ends);
}

static void
what_the_pipeline_sends_itself_is_read_from_its_beginning(void **state)
{
    static const char *const latest = "latest";
    const struct levada_list starting = { &latest, 1 };
    struct also_read own = { .n = 0 };
    const struct beginning beginning = { &starting, &own, true, true, false };
    rd_kafka_topic_partition_list_t *list, *ends;
    (void)state;
    fake_group_reset()->partitions[0].end = 5;
    assert_true(also_read_add(&own, "calls"));
    assert_int_equal(find(&beginning, first, &list, &ends), LEVADA_OK);
    assert_int_equal(list->elems[0].offset, 0);
    also_read_finish(&own);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_topic_partition_list_destroy(ends);
}

static const struct refusal {
    rd_kafka_resp_err_t whole, of_partition;
    levada_status status;
    const char *text;
} refusals[] = {
    { RD_KAFKA_RESP_ERR__TIMED_OUT, 0, LEVADA_RETRY,
      "the offsets of topic calls cannot be asked for" },
    { 0, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, LEVADA_RETRY, "Leader not available" },
    { 0, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, LEVADA_CONFIG, "authorization failed" },
    { 0, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, LEVADA_NO_INPUT,
      "there is no partition 0 of topic calls" },
};

static void
what_brokers_do_not_answer_is_told(void **state)
{
    static const char *const earliest = "earliest";
    const struct levada_list starting = { &earliest, 1 };
    const struct also_read none = { .n = 0 };
    const struct beginning beginning = { &starting, &none, true, true, false };
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        rd_kafka_topic_partition_list_t *list, *ends;
        struct fake_group *group = fake_group_reset();
        group->err = refusals[i].whole;
        group->partitions[0].err = refusals[i].of_partition;
        assert_int_equal(find(&beginning, first, &list, &ends), refusals[i].status);
        assert_non_null(strstr(group->text, refusals[i].text));
        assert_null(ends);
        rd_kafka_topic_partition_list_destroy(list);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_counts_before_what_is_wanted),
        cmocka_unit_test(what_is_gone_is_told_or_left_out),
        cmocka_unit_test(each_partition_has_its_own_beginning),
        cmocka_unit_test(what_the_pipeline_sends_itself_is_read_from_its_beginning),
        cmocka_unit_test(what_brokers_do_not_answer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
