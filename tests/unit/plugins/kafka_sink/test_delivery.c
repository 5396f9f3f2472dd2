/* SPDX-License-Identifier: Apache-2.0 */
/* What a broker answers, and what comes of it: the table of plugins/kafka_sink/README.md. */
#include "cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "kafka_sink/kafka_sink.h"

#define ONE "{\"n\":1}\n"
#define FOUR "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n"
#define MOST_ANSWERS 64 /* a producer takes one for each partition */

enum rebuilt {
    AS_IT_WAS,
    REBUILT,
};

static const struct reaction {
    const char *when;
    int16_t request;
    int n_answers; /* how often the broker answers so, before it is well again */
    rd_kafka_resp_err_t answer;
    const char *records;
    levada_status status; /* of process() or CHECKPOINT, whichever fails first */
    const char *outcome;  /* a part of it; NULL: nothing is told */
    int n_arrive;
    enum rebuilt rebuilt;
} reactions[] = {
    /* what passes */
    { "the leader moves", PRODUCE, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, FOUR, LEVADA_OK,
      NULL, 4, AS_IT_WAS },
    { "replicas are missing", PRODUCE, 3, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, FOUR, LEVADA_OK,
      NULL, 4, AS_IT_WAS },
    { "a request times out", PRODUCE, 2, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, FOUR, LEVADA_OK, NULL,
      4, AS_IT_WAS },
    { "a disk fails over", PRODUCE, 2, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, FOUR, LEVADA_OK, NULL,
      4, AS_IT_WAS },
    { "the connection breaks", PRODUCE, 2, RD_KAFKA_RESP_ERR__TRANSPORT, FOUR, LEVADA_OK, NULL, 4,
      AS_IT_WAS },
    /* refused records: the mock refuses requests, and takes what is sent again */
    { "a batch is too large once", PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, FOUR,
      LEVADA_OK, NULL, 4, AS_IT_WAS },
    { "one record is too large", PRODUCE, 2, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ONE, LEVADA_OK,
      "record 0: the broker does not take it: Broker: Message size too large", 0, AS_IT_WAS },
    { "one record is invalid", PRODUCE, 2, RD_KAFKA_RESP_ERR_INVALID_RECORD, ONE, LEVADA_OK,
      "record 0: the broker does not take it", 0, AS_IT_WAS },
    { "a timestamp is out of bounds", PRODUCE, 2, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, ONE,
      LEVADA_OK, "record 0: the broker does not take it", 0, AS_IT_WAS },
    /* a producer that breaks */
    { "its sequence has a hole", PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, FOUR,
      LEVADA_OK, NULL, 4, REBUILT },
    { "it never gets well", PRODUCE, MOST_ANSWERS, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
      FOUR, LEVADA_FATAL, "the producer cannot go on, nor could 5 that replaced it", 0, REBUILT },
    { "the broker forgot it", PRODUCE, 1, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, FOUR, LEVADA_OK,
      NULL, 4, AS_IT_WAS },
    { "it cannot get an id yet", INIT_PRODUCER_ID, 2,
      RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, FOUR, LEVADA_OK, NULL, 4, AS_IT_WAS },
    { "the connection breaks before it has an id", INIT_PRODUCER_ID, 2,
      RD_KAFKA_RESP_ERR__TRANSPORT, FOUR, LEVADA_OK, NULL, 4, AS_IT_WAS },
    /* who we are */
    { "the topic is not ours to write", PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
      FOUR, LEVADA_CONFIG, "Topic authorization failed", 0, AS_IT_WAS },
    { "no id is given to us", INIT_PRODUCER_ID, 1, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
      FOUR, LEVADA_CONFIG, "the broker refuses us", 0, AS_IT_WAS },
    /* what nobody knows */
    { "an error of which nothing is known", PRODUCE, 1, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
      FOUR, LEVADA_FATAL, "delivery failed", 0, AS_IT_WAS },
};

static const struct levada_pair quick[] = {
    { "message_timeout_ms", "15000" },
    { "retry_backoff_ms", "10" },
    { "linger_ms", "5" },
};

static void
answer(struct cluster *cluster, const struct reaction *reaction)
{
    rd_kafka_resp_err_t answers[MOST_ANSWERS];
    for (int i = 0; i < reaction->n_answers; i++)
        answers[i] = reaction->answer;
    rd_kafka_mock_push_request_errors_array(cluster->mock, reaction->request,
                                            (size_t)reaction->n_answers, answers);
}

static void
check(struct cluster *cluster, const struct reaction *reaction)
{
    struct real_stage *sink = cluster->sink;
    answer(cluster, reaction);
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    levada_status status = real_stage_feed(sink, reaction->records);
    if (status == LEVADA_ABSORBED)
        status = real_stage_checkpoint(sink);
    assert_int_equal(status, reaction->status);
    const char *outcome = real_stage_outcome(sink);
    if (reaction->outcome == NULL)
        assert_string_equal(outcome, "");
    else if (strstr(outcome, reaction->outcome) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", reaction->outcome, outcome);
    assert_int_equal(real_stage_counter(sink, "producer_rebuilds") > 0,
                     reaction->rebuilt == REBUILT);
    if (reaction->status == LEVADA_OK)
        assert_int_equal(cluster_count(cluster, cluster->topic), reaction->n_arrive);
}

static void
each_answer_has_its_reaction(void **state)
{
    for (size_t i = 0; i < sizeof(reactions) / sizeof(*reactions); i++) {
        print_message("  %s\n", reactions[i].when);
        cluster_make_sink(state);
        check(*state, &reactions[i]);
        cluster_drop_sink(state);
    }
}

/* ---- topics that are not there, or not ours ---- */

static void
check_topic(struct cluster *cluster, rd_kafka_resp_err_t err, levada_status status,
            const char *outcome)
{
    rd_kafka_mock_topic_set_error(cluster->mock, cluster->topic, err);
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    assert_int_equal(real_stage_feed(cluster->sink, ONE), status);
    assert_non_null(strstr(real_stage_outcome(cluster->sink), outcome));
}

static void
a_missing_topic_cannot_be_written_to(void **state)
{
    check_topic(*state, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, LEVADA_NO_OUTPUT,
                "there is no topic");
}

static void
a_topic_that_we_may_not_see_is_a_matter_of_configuration(void **state)
{
    /*
     * From 2.6 on librdkafka dies of a topic with an error and partitions (its issue 4907): its
     * mock tells of such, no broker does.
     */
    if (rd_kafka_version() >= 0x02060000)
        skip();
    check_topic(*state, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, LEVADA_CONFIG,
                "Topic authorization failed");
}

/* ---- brokers that are not there ---- */

static void
asks_again_until_a_broker_answers(void **state)
{
    struct cluster *cluster = *state;
    rd_kafka_mock_broker_set_down(cluster->mock, 1);
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    assert_int_equal(real_stage_feed_once(cluster->sink, ONE), LEVADA_RETRY);
    assert_non_null(strstr(real_stage_outcome(cluster->sink), "no broker can be reached"));
    rd_kafka_mock_broker_set_up(cluster->mock, 1);
    assert_int_equal(real_stage_feed(cluster->sink, ONE), LEVADA_ABSORBED);
    assert_int_equal(real_stage_checkpoint(cluster->sink), LEVADA_OK);
    assert_int_equal(cluster_count(cluster, cluster->topic), 1);
}

static void
a_full_queue_holds_the_pipeline_up_and_loses_nothing(void **state)
{
    static const struct levada_pair narrow[] = {
        { "message_timeout_ms", "15000" },
        { "queue_buffering_max_messages", "2" },
    };
    struct cluster *cluster = *state;
    cluster_start_sink(cluster, narrow, 2);
    assert_int_equal(real_stage_feed(cluster->sink, ONE), LEVADA_ABSORBED);
    assert_int_equal(real_stage_checkpoint(cluster->sink), LEVADA_OK);
    rd_kafka_mock_broker_set_down(cluster->mock, 1);
    assert_int_equal(real_stage_feed_once(cluster->sink, FOUR), LEVADA_AGAIN);
    assert_int_equal(real_stage_feed_once(cluster->sink, FOUR), LEVADA_AGAIN);
    rd_kafka_mock_broker_set_up(cluster->mock, 1);
    assert_int_equal(real_stage_feed(cluster->sink, FOUR), LEVADA_ABSORBED);
    assert_int_equal(real_stage_checkpoint(cluster->sink), LEVADA_OK);
    assert_int_equal(cluster_count(cluster, cluster->topic), 5);
}

static void
brokers_that_stay_away_are_unavailable(void **state)
{
    static const struct levada_pair impatient[] = {
        { "message_timeout_ms", "1000" },
        { "linger_ms", "5" },
    };
    struct cluster *cluster = *state;
    cluster_start_sink(cluster, impatient, 2);
    assert_int_equal(real_stage_feed(cluster->sink, ONE), LEVADA_ABSORBED);
    assert_int_equal(real_stage_checkpoint(cluster->sink), LEVADA_OK);
    rd_kafka_mock_broker_set_down(cluster->mock, 1);
    assert_int_equal(real_stage_feed(cluster->sink, FOUR), LEVADA_ABSORBED);
    assert_int_equal(real_stage_checkpoint(cluster->sink), LEVADA_UNAVAILABLE);
    assert_non_null(strstr(real_stage_outcome(cluster->sink), "Message timed out"));
    rd_kafka_mock_broker_set_up(cluster->mock, 1);
}

static void
a_slow_broker_is_waited_for(void **state)
{
    struct cluster *cluster = *state;
    rd_kafka_mock_broker_push_request_error_rtts(cluster->mock, 1, PRODUCE, 2,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, 300,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, 300);
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    assert_int_equal(real_stage_feed(cluster->sink, FOUR), LEVADA_ABSORBED);
    assert_int_equal(real_stage_checkpoint(cluster->sink), LEVADA_OK);
    assert_int_equal(cluster_count(cluster, cluster->topic), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cluster_make_sink, cluster_drop_sink)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_its_reaction),
        TEST(a_missing_topic_cannot_be_written_to),
        TEST(a_topic_that_we_may_not_see_is_a_matter_of_configuration),
        TEST(asks_again_until_a_broker_answers),
        TEST(a_full_queue_holds_the_pipeline_up_and_loses_nothing),
        TEST(brokers_that_stay_away_are_unavailable),
        TEST(a_slow_broker_is_waited_for),
    };
    return cmocka_run_group_tests(tests, cluster_start, cluster_stop);
}
