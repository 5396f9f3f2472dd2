/* SPDX-License-Identifier: Apache-2.0 */
/* What a broker answers to the requests of a transaction: the table of docs/exactly-once.md. */
#include "cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kafka_sink/kafka_sink.h"

#define FOUR "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n"

enum producer {
    KEPT,
    REBUILT, /* before the next transaction */
};

static const struct reaction {
    int16_t request;
    rd_kafka_resp_err_t answer;
    int n_answers;        /* how often the broker answers so, before it is well again */
    levada_status status; /* of what fails first */
    const char *why;      /* a part of it; NULL: nothing is told */
    enum producer producer;
} reactions[] = {
    /* what passes */
    { INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2, LEVADA_OK, NULL, KEPT },
    { INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 2, LEVADA_OK, NULL, KEPT },
    { ADD_PARTITIONS_TO_TXN, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 2, LEVADA_OK, NULL, KEPT },
    { ADD_PARTITIONS_TO_TXN, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 1, LEVADA_OK, NULL, KEPT },
    { ADD_OFFSETS_TO_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 1, LEVADA_OK, NULL, KEPT },
    { TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2, LEVADA_OK, NULL, KEPT },
    { END_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 1, LEVADA_OK, NULL, KEPT },
    /* what nobody answered: it may come late, so another producer begins the next */
    { ADD_PARTITIONS_TO_TXN, RD_KAFKA_RESP_ERR__TRANSPORT, 1, LEVADA_OK, NULL, REBUILT },
    { ADD_OFFSETS_TO_TXN, RD_KAFKA_RESP_ERR__TRANSPORT, 1, LEVADA_OK, NULL, REBUILT },
    { TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR__TRANSPORT, 1, LEVADA_OK, NULL, REBUILT },
    { END_TXN, RD_KAFKA_RESP_ERR__TRANSPORT, 1, LEVADA_OK, NULL, REBUILT },
    /* the transaction is void, the producer is well */
    { TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1, LEVADA_LOST, "generation", KEPT },
    { TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1, LEVADA_LOST, "member", KEPT },
    /* the producer is not */
    { ADD_PARTITIONS_TO_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, 1, LEVADA_LOST, "",
      KEPT },
    { ADD_PARTITIONS_TO_TXN, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, 1, LEVADA_LOST, "", REBUILT },
    { ADD_OFFSETS_TO_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, LEVADA_LOST, "", REBUILT },
    { END_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, LEVADA_LOST, "fenced", REBUILT },
    { END_TXN, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, 1, LEVADA_LOST, "", REBUILT },
    { PRODUCE, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, LEVADA_LOST, "", REBUILT },
    /* what would only happen again */
    { INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 1, LEVADA_CONFIG,
      "transactional id \"test.here.0\"", KEPT },
    { INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, 1, LEVADA_CONFIG, "timeout",
      KEPT },
    { ADD_OFFSETS_TO_TXN, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1, LEVADA_CONFIG, "Group",
      KEPT },
    { TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, 1, LEVADA_LOST, "instance", KEPT },
    { PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, LEVADA_CONFIG, "Topic", KEPT },
};

static const struct levada_pair quick[] = {
    { "message_timeout_ms", "15000" },
    { "retry_backoff_ms", "10" },
    { "linger_ms", "5" },
};

/* ---- a producer that breaks just then ---- */

static bool breaks_at_begin; /* the next time */

/* In front of librdkafka's. */
rd_kafka_error_t *
rd_kafka_begin_transaction(rd_kafka_t *rk)
{
    rd_kafka_error_t *(*begin)(rd_kafka_t *);
    *(void **)&begin = dlsym(RTLD_NEXT, "rd_kafka_begin_transaction");
    if (!breaks_at_begin)
        return begin(rk);
    breaks_at_begin = false;
    rd_kafka_test_fatal_error(rk, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "a gap");
    return rd_kafka_error_new(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "a gap");
}

/* ---- one transaction ---- */

static levada_status
run_open(void *self, struct levada_call *call, void *user)
{
    (void)user;
    return kafka_sink_txn.open(self, call, 0);
}

/* A membership of a group that the mock knows nothing of. */
static levada_status
run_positions(void *self, struct levada_call *call, void *user)
{
    const struct levada_position position = { .stream = { "input", 5 }, .partition = 0, .next = 4 };
    struct levada_bytes member = { NULL, 0 };
    void *bytes;
    size_t n;
    rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata_new("group");
    (void)user;
    assert_null(rd_kafka_consumer_group_metadata_write(metadata, &bytes, &n));
    rd_kafka_consumer_group_metadata_destroy(metadata);
    member = (struct levada_bytes){ bytes, n };
    levada_status status = kafka_sink_txn.positions(self, call, member, &position, 1);
    rd_kafka_mem_free(NULL, bytes);
    return status;
}

static levada_status
run_commit(void *self, struct levada_call *call, void *user)
{
    (void)user;
    return kafka_sink_txn.commit(self, call);
}

static levada_status
transact(struct real_stage *sink)
{
    levada_status status = real_stage_call(sink, run_open, NULL);
    if (status == LEVADA_OK)
        status = real_stage_feed(sink, FOUR);
    if (status == LEVADA_ABSORBED)
        status = real_stage_checkpoint(sink);
    if (status == LEVADA_OK)
        status = real_stage_call(sink, run_positions, NULL);
    if (status == LEVADA_OK)
        status = real_stage_call(sink, run_commit, NULL);
    return status;
}

/* ---- */

static void
check(struct cluster *cluster, const struct reaction *reaction)
{
    struct real_stage *sink = cluster->sink;
    rd_kafka_resp_err_t answers[2] = { reaction->answer, reaction->answer };
    real_stage_commits_as(sink, "test.here.0");
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    rd_kafka_mock_push_request_errors_array(cluster->mock, reaction->request,
                                            (size_t)reaction->n_answers, answers);
    levada_status status = transact(sink);
    const char *why = real_stage_outcome(sink);
    print_message("  %s to request %d: %d \"%s\"\n", rd_kafka_err2name(reaction->answer),
                  reaction->request, status, why);
    assert_int_equal(status, reaction->status);
    if (reaction->why == NULL)
        assert_string_equal(why, "");
    else
        assert_non_null(strstr(why, reaction->why));
    if (status != LEVADA_OK && status != LEVADA_LOST)
        return;
    if (status == LEVADA_LOST) {
        assert_int_equal(real_stage_signal(sink, LEVADA_SIG_ABORT), LEVADA_OK);
        assert_int_equal(real_stage_counter(sink, "transactions_aborted"), 1);
    }
    assert_int_equal(real_stage_signal(sink, LEVADA_SIG_RESTORE), LEVADA_OK);
    assert_int_equal(transact(sink), LEVADA_OK);
    assert_int_equal(real_stage_counter(sink, "transaction_rebuilds"),
                     reaction->producer == REBUILT);
    assert_int_equal(real_stage_counter(sink, "transactions_committed"),
                     status == LEVADA_OK ? 2 : 1);
}

static void
each_answer_has_its_reaction(void **state)
{
    for (size_t i = 0; i < sizeof(reactions) / sizeof(*reactions); i++) {
        cluster_make_sink(state);
        check(*state, &reactions[i]);
        cluster_drop_sink(state);
    }
}

static void
the_third_fencing_names_the_identity(void **state)
{
    struct cluster *cluster = *state;
    struct real_stage *sink = cluster->sink;
    real_stage_commits_as(sink, "test.here.0");
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    for (int i = 1; i <= 3; i++) {
        rd_kafka_mock_push_request_errors(cluster->mock, END_TXN, 1,
                                          RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
        assert_int_equal(transact(sink), i < 3 ? LEVADA_LOST : LEVADA_CONFIG);
        if (i < 3)
            assert_int_equal(real_stage_signal(sink, LEVADA_SIG_ABORT), LEVADA_OK);
    }
    assert_non_null(strstr(real_stage_outcome(sink), "another process uses the identity "
                                                     "\"test.here.0\" too"));
    assert_int_equal(real_stage_counter(sink, "transactions_fenced"), 3);
}

/* Two of one identity on a bad network: what else has no answer explains no fencing. */
static void
the_third_fencing_names_the_identity_though_requests_have_no_answer(void **state)
{
    struct cluster *cluster = *state;
    struct real_stage *sink = cluster->sink;
    real_stage_commits_as(sink, "test.here.0");
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    for (int i = 1; i <= 3; i++) {
        rd_kafka_mock_push_request_errors(cluster->mock, ADD_OFFSETS_TO_TXN, 1,
                                          RD_KAFKA_RESP_ERR__TRANSPORT);
        rd_kafka_mock_push_request_errors(cluster->mock, END_TXN, 1,
                                          RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
        assert_int_equal(transact(sink), i < 3 ? LEVADA_LOST : LEVADA_CONFIG);
        if (i < 3)
            assert_int_equal(real_stage_signal(sink, LEVADA_SIG_ABORT), LEVADA_OK);
    }
    assert_int_equal(real_stage_counter(sink, "transactions_fenced"), 3);
}

/* As often as that was so. */
static void
who_may_have_fenced_itself_goes_on(void **state)
{
    struct cluster *cluster = *state;
    struct real_stage *sink = cluster->sink;
    real_stage_commits_as(sink, "test.here.0");
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    for (int i = 1; i <= 6; i++) {
        if (i <= 3)
            rd_kafka_mock_push_request_errors(cluster->mock, INIT_PRODUCER_ID, 1,
                                              RD_KAFKA_RESP_ERR__TRANSPORT);
        rd_kafka_mock_push_request_errors(cluster->mock, END_TXN, 1,
                                          RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
        assert_int_equal(transact(sink), i < 6 ? LEVADA_LOST : LEVADA_CONFIG);
        if (i < 6)
            assert_int_equal(real_stage_signal(sink, LEVADA_SIG_ABORT), LEVADA_OK);
    }
    assert_int_equal(real_stage_counter(sink, "transactions_fenced"), 6);
}

static void
a_transaction_that_lasts_too_long_is_no_fencing(void **state)
{
    static const struct levada_pair hasty[] = {
        { "transaction_timeout_ms", "1000" },
        { "linger_ms", "5" },
    };
    struct cluster *cluster = *state;
    struct real_stage *sink = cluster->sink;
    real_stage_commits_as(sink, "test.here.0");
    cluster_start_sink(cluster, hasty, sizeof(hasty) / sizeof(*hasty));
    assert_int_equal(real_stage_feed(sink, FOUR), LEVADA_ABSORBED);
    assert_int_equal(real_stage_checkpoint(sink), LEVADA_OK);
    nanosleep(&(struct timespec){ .tv_sec = 1, .tv_nsec = 100000000 }, NULL); /* that is too long */
    rd_kafka_mock_push_request_errors(cluster->mock, END_TXN, 1,
                                      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
    assert_int_equal(real_stage_call(sink, run_commit, NULL), LEVADA_LOST);
    assert_non_null(strstr(real_stage_outcome(sink), "longer than transaction_timeout_ms = 1000"));
    assert_int_equal(real_stage_counter(sink, "transactions_fenced"), 0);
}

/* process() may not say LOST: to the host that would be the end. */
static void
what_breaks_as_a_transaction_begins_is_told_by_the_next_signal(void **state)
{
    static const uint32_t signals[] = { LEVADA_SIG_TRIGGER, LEVADA_SIG_CHECKPOINT };
    struct cluster *cluster = *state;
    struct real_stage *sink = cluster->sink;
    real_stage_commits_as(sink, "test.here.0");
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        assert_int_equal(real_stage_call(sink, run_open, NULL), LEVADA_OK);
        breaks_at_begin = true;
        assert_int_equal(real_stage_feed(sink, FOUR), LEVADA_ABSORBED);
        assert_false(breaks_at_begin);
        assert_int_equal(real_stage_feed(sink, FOUR), LEVADA_ABSORBED);
        assert_int_equal(real_stage_signal(sink, signals[i]), LEVADA_LOST);
        assert_non_null(strstr(real_stage_outcome(sink), "a gap"));
        assert_int_equal(real_stage_signal(sink, LEVADA_SIG_ABORT), LEVADA_OK);
        assert_int_equal(real_stage_signal(sink, LEVADA_SIG_RESTORE), LEVADA_OK);
        assert_int_equal(transact(sink), LEVADA_OK);
    }
    assert_int_equal(cluster_count(cluster, cluster->topic), 8);
}

static void
what_breaks_as_a_transaction_begins_is_told_though_a_new_producer_is_there(void **state)
{
    struct cluster *cluster = *state;
    struct real_stage *sink = cluster->sink;
    real_stage_commits_as(sink, "test.here.0");
    cluster_start_sink(cluster, quick, sizeof(quick) / sizeof(*quick));
    assert_int_equal(real_stage_call(sink, run_open, NULL), LEVADA_OK);
    breaks_at_begin = true;
    assert_int_equal(real_stage_feed(sink, FOUR), LEVADA_ABSORBED);
    assert_int_equal(real_stage_call(sink, run_open, NULL), LEVADA_OK);
    assert_int_equal(real_stage_counter(sink, "transaction_rebuilds"), 1);
    assert_int_equal(real_stage_signal(sink, LEVADA_SIG_CHECKPOINT), LEVADA_LOST);
    assert_int_equal(real_stage_signal(sink, LEVADA_SIG_ABORT), LEVADA_OK);
    assert_int_equal(real_stage_signal(sink, LEVADA_SIG_RESTORE), LEVADA_OK);
    assert_int_equal(transact(sink), LEVADA_OK);
    assert_int_equal(cluster_count(cluster, cluster->topic), 4);
}

/* ---- how long a request may take ---- */

static levada_status
take_socket_timeout(void *self, struct levada_call *call, void *user)
{
    const struct kafka_sink *sink = self;
    char text[32];
    size_t n = sizeof(text);
    (void)call;
    assert_int_equal(
        rd_kafka_conf_get(rd_kafka_conf(sink->client.rk), "socket.timeout.ms", text, &n),
        RD_KAFKA_CONF_OK);
    *(long *)user = strtol(text, NULL, 10);
    return LEVADA_OK;
}

static long
socket_timeout_with(struct cluster *cluster, const struct levada_pair *property, size_t n)
{
    long ms = 0;
    real_stage_commits_as(cluster->sink, "test.here.0");
    cluster_start_sink(cluster, property, n);
    assert_int_equal(real_stage_call(cluster->sink, take_socket_timeout, &ms), LEVADA_OK);
    return ms;
}

static void
a_request_takes_ten_seconds_at_most(void **state)
{
    assert_int_equal(socket_timeout_with(*state, NULL, 0), 10000);
}

static void
a_request_takes_less_time_than_its_transaction(void **state)
{
    static const struct levada_pair property = { "transaction_timeout_ms", "5000" };
    assert_int_equal(socket_timeout_with(*state, &property, 1), 4900);
}

static void
a_request_takes_as_long_as_the_user_says(void **state)
{
    static const struct levada_pair property = { "socket_timeout_ms", "60000" };
    assert_int_equal(socket_timeout_with(*state, &property, 1), 60000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cluster_make_sink, cluster_drop_sink)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_its_reaction),
        TEST(the_third_fencing_names_the_identity),
        TEST(the_third_fencing_names_the_identity_though_requests_have_no_answer),
        TEST(who_may_have_fenced_itself_goes_on),
        TEST(a_transaction_that_lasts_too_long_is_no_fencing),
        TEST(what_breaks_as_a_transaction_begins_is_told_by_the_next_signal),
        TEST(what_breaks_as_a_transaction_begins_is_told_though_a_new_producer_is_there),
        TEST(a_request_takes_ten_seconds_at_most),
        TEST(a_request_takes_less_time_than_its_transaction),
        TEST(a_request_takes_as_long_as_the_user_says),
    };
    return cmocka_run_group_tests(tests, cluster_start, cluster_stop);
}
