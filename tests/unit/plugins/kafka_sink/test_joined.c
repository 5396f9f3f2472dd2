/* SPDX-License-Identifier: Apache-2.0 */
/* Two sinks in one transaction: what one of them meets with is told, whichever is asked. */
#include "cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kafka_sink/kafka_sink.h"

#define ONE "{\"n\":1}\n"

static const struct levada_pair quick[] = {
    { "message_timeout_ms", "15000" },
    { "linger_ms", "5" },
};
static const struct levada_pair same[] = {
    { "linger_ms", "5" },
    { "message_timeout_ms", "15000" },
};
static const struct levada_pair other[] = {
    { "linger_ms", "50" },
    { "message_timeout_ms", "15000" },
};

/* ---- two sinks ---- */

static struct real_stage *
make_follower(struct cluster *cluster, const char *topic, const struct levada_pair *properties,
              size_t n)
{
    struct real_stage *follower = real_stage_create();
    *(const char **)real_stage_option(follower, "brokers") =
        rd_kafka_mock_cluster_bootstraps(cluster->mock);
    *(const char **)real_stage_option(follower, "topic") = topic;
    *(struct levada_list *)real_stage_option(follower, "kafka") =
        (struct levada_list){ .items = properties, .n = n };
    real_stage_commits_as(follower, "test.here.0");
    assert_string_equal(real_stage_plan(follower), "");
    return follower;
}

static levada_status
take_self(void *self, struct levada_call *call, void *user)
{
    (void)call;
    *(void **)user = self;
    return LEVADA_OK;
}

static struct kafka_sink *
sink_of(struct real_stage *stage)
{
    void *self;
    assert_int_equal(real_stage_call(stage, take_self, &self), LEVADA_OK);
    return self;
}

static levada_status
run_open(void *self, struct levada_call *call, void *user)
{
    (void)user;
    return kafka_sink_txn.open(self, call, 0);
}

/* The cluster's sink leads, and this one has joined; their transaction can begin. */
static struct real_stage *
start_two(struct cluster *cluster, const char *topic)
{
    real_stage_commits_as(cluster->sink, "test.here.0");
    cluster_start_sink(cluster, quick, 2);
    struct real_stage *follower = make_follower(cluster, topic, NULL, 0);
    assert_string_equal(real_stage_join(follower, cluster->sink), "");
    assert_int_equal(real_stage_start(follower), LEVADA_OK);
    assert_int_equal(real_stage_call(cluster->sink, run_open, NULL), LEVADA_OK);
    return follower;
}

/* ---- who may join ---- */

static const char *
join_with(struct cluster *cluster, struct real_stage **follower,
          const struct levada_pair *properties)
{
    *(struct levada_list *)real_stage_option(cluster->sink, "kafka") =
        (struct levada_list){ .items = quick, .n = 2 };
    assert_string_equal(real_stage_plan(cluster->sink), "");
    *follower = make_follower(cluster, "joined", properties, 2);
    return real_stage_join(*follower, cluster->sink);
}

static void
properties_in_another_order_are_the_same(void **state)
{
    struct real_stage *follower;
    assert_string_equal(join_with(*state, &follower, same), "");
    real_stage_destroy(follower);
}

static void
other_properties_are_refused(void **state)
{
    struct real_stage *follower;
    assert_non_null(strstr(join_with(*state, &follower, other), "leave them out here"));
    real_stage_destroy(follower);
}

/* ---- whose fault it is ---- */

/* The follower's record fails before the leader sends its own, which nobody takes any more. */
static void
check_cause(struct cluster *cluster, rd_kafka_resp_err_t answer, uint32_t n_refused,
            levada_status status, const char *why)
{
    struct real_stage *follower = start_two(cluster, "joined");
    struct kafka_sink *sink = sink_of(follower);
    sink->refused = (struct refused){ .one_by_one = n_refused > 0, .n = n_refused };
    rd_kafka_mock_push_request_errors(cluster->mock, PRODUCE, 1, answer);
    assert_int_equal(real_stage_feed(follower, ONE), LEVADA_ABSORBED);
    for (int i = 0; i < 200 && sink->delivery.lost == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        rd_kafka_poll(kafka_sink_producer(sink)->rk, 100);
    assert_int_equal(sink->delivery.lost, answer);
    assert_int_equal(real_stage_feed(cluster->sink, ONE), LEVADA_ABSORBED);
    assert_int_equal(sink_of(cluster->sink)->delivery.lost, RD_KAFKA_RESP_ERR__STATE);
    assert_int_equal(real_stage_checkpoint(cluster->sink), status);
    assert_non_null(strstr(real_stage_outcome(cluster->sink), why));
    real_stage_destroy(follower);
}

static void
what_another_sink_may_not_do_is_told(void **state)
{
    check_cause(*state, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 0, LEVADA_CONFIG,
                "Topic authorization failed");
}

static void
too_many_refused_records_of_another_sink_are_told(void **state)
{
    check_cause(*state, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, REFUSED_MOST, LEVADA_FATAL,
                "more than 100 records");
}

/* ---- who ends first ---- */

static void
the_one_that_joined_may_end_first(void **state)
{
    struct cluster *cluster = *state;
    struct real_stage *follower = start_two(cluster, "joined");
    assert_int_equal(real_stage_feed(follower, ONE), LEVADA_ABSORBED);
    assert_int_equal(real_stage_feed(cluster->sink, ONE), LEVADA_ABSORBED);
    real_stage_destroy(follower);
    assert_null(sink_of(cluster->sink)->next);
    assert_null(sink_of(cluster->sink)->client.rk);
}

static void
the_leader_may_end_first(void **state)
{
    struct cluster *cluster = *state;
    struct real_stage *follower = start_two(cluster, "joined");
    assert_int_equal(real_stage_feed(follower, ONE), LEVADA_ABSORBED);
    assert_int_equal(real_stage_feed(cluster->sink, ONE), LEVADA_ABSORBED);
    real_stage_destroy(cluster->sink);
    cluster->sink = follower; /* which ends with the test */
    assert_ptr_equal(sink_of(follower)->leader, sink_of(follower));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cluster_make_sink, cluster_drop_sink)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(properties_in_another_order_are_the_same),
        TEST(other_properties_are_refused),
        TEST(what_another_sink_may_not_do_is_told),
        TEST(too_many_refused_records_of_another_sink_are_told),
        TEST(the_one_that_joined_may_end_first),
        TEST(the_leader_may_end_first),
    };
    return cmocka_run_group_tests(tests, cluster_start, cluster_stop);
}
