/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each request of a consumer may be answered with, and what comes of it: README.md. The errors
 * are pushed while records are read, so that what is to be seen is all records, or a status and
 * words.
 */
#include "at_once.h"
#include "kafka_common/monotonic.h"
#include "kafka_host.h"
#include "mock_cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { /* of Kafka's protocol */
    FETCH = 1,
    LIST_OFFSETS = 2,
    OFFSET_COMMIT = 8,
    OFFSET_FETCH = 9,
    FIND_COORDINATOR = 10,
    JOIN_GROUP = 11,
    HEARTBEAT = 12,
    SYNC_GROUP = 14,
};

#define WITHIN_MS 30000 /* for what lasts 5 s where nothing else runs */
#define N 200           /* records, half of them written before the error */
#define DISCONNECT RD_KAFKA_RESP_ERR__TRANSPORT

struct answer {
    const char *name;
    int16_t request;
    rd_kafka_resp_err_t err;
    int times;
    levada_status status; /* what comes of it; OK: all records */
    const char *text;     /* of the failure */
};

/* Of a member that has read and delivered half of the records. */
struct late_answer {
    const char *name;
    int16_t request;
    rd_kafka_resp_err_t err;
    bool loses;       /* LOST is told */
    const char *said; /* of what is logged */
};

/* Of a member with a name, in its first requests or in its later ones. */
struct fencing {
    const char *name;
    int16_t request;
    bool is_late;
};

#define RETRIED(request_, err_)                                                                    \
    {                                                                                              \
#request_ " " #err_, request_, err_, 2, LEVADA_OK, NULL                                    \
    }
/* Each time the whole group has to come together again, which takes a mock cluster seconds. */
#define RETRIED_ONCE(request_, err_)                                                               \
    {                                                                                              \
#request_ " " #err_, request_, err_, 1, LEVADA_OK, NULL                                    \
    }
#define REFUSED(request_, err_, text_)                                                             \
    {                                                                                              \
#request_ " " #err_, request_, err_, 20, LEVADA_CONFIG, text_                              \
    }
#define E(name) RD_KAFKA_RESP_ERR_##name

static const struct answer answers[] = {
    RETRIED(FETCH, DISCONNECT),
    RETRIED(FETCH, E(NOT_LEADER_FOR_PARTITION)),
    RETRIED(FETCH, E(LEADER_NOT_AVAILABLE)),
    RETRIED(FETCH, E(KAFKA_STORAGE_ERROR)),
    RETRIED(FETCH, E(REQUEST_TIMED_OUT)),
    RETRIED(FETCH, E(UNKNOWN)),
    RETRIED(LIST_OFFSETS, DISCONNECT),
    RETRIED(LIST_OFFSETS, E(NOT_LEADER_FOR_PARTITION)),
    RETRIED(LIST_OFFSETS, E(REQUEST_TIMED_OUT)),
    RETRIED(FIND_COORDINATOR, DISCONNECT),
    RETRIED(FIND_COORDINATOR, E(COORDINATOR_NOT_AVAILABLE)),
    RETRIED(JOIN_GROUP, DISCONNECT),
    RETRIED(JOIN_GROUP, E(COORDINATOR_LOAD_IN_PROGRESS)),
    RETRIED(JOIN_GROUP, E(NOT_COORDINATOR)),
    RETRIED(JOIN_GROUP, E(UNKNOWN_MEMBER_ID)),
    RETRIED(SYNC_GROUP, DISCONNECT),
    RETRIED_ONCE(SYNC_GROUP, E(REBALANCE_IN_PROGRESS)),
    RETRIED_ONCE(SYNC_GROUP, E(UNKNOWN_MEMBER_ID)),
    RETRIED_ONCE(SYNC_GROUP, E(ILLEGAL_GENERATION)),
    RETRIED(OFFSET_FETCH, DISCONNECT),
    RETRIED(OFFSET_FETCH, E(NOT_COORDINATOR)),
    RETRIED(OFFSET_FETCH, E(COORDINATOR_LOAD_IN_PROGRESS)),
    REFUSED(FETCH, E(TOPIC_AUTHORIZATION_FAILED), "topic calls: "),
    REFUSED(JOIN_GROUP, E(GROUP_AUTHORIZATION_FAILED), "topic calls: "),
    REFUSED(JOIN_GROUP, E(INCONSISTENT_GROUP_PROTOCOL), "topic calls: "),
    REFUSED(JOIN_GROUP, E(INVALID_SESSION_TIMEOUT), "topic calls: "),
    REFUSED(FIND_COORDINATOR, E(GROUP_AUTHORIZATION_FAILED), "topic calls: "),
    REFUSED(OFFSET_FETCH, E(GROUP_AUTHORIZATION_FAILED), "cannot be asked for"),
    REFUSED(LIST_OFFSETS, E(TOPIC_AUTHORIZATION_FAILED), "cannot be asked for"),
    { "FETCH OFFSET_OUT_OF_RANGE", FETCH, E(OFFSET_OUT_OF_RANGE), 20, LEVADA_NO_INPUT,
      "records are gone" },
};

#define LATE(request_, err_, loses_, said_)                                                        \
    {                                                                                              \
        "late " #request_ " " #err_, request_, err_, loses_, said_                                 \
    }

static const struct late_answer late_answers[] = {
    LATE(FETCH, DISCONNECT, false, NULL),
    LATE(FETCH, E(NOT_LEADER_FOR_PARTITION), false, NULL),
    LATE(FETCH, E(KAFKA_STORAGE_ERROR), false, NULL),
    LATE(HEARTBEAT, DISCONNECT, false, NULL),
    LATE(HEARTBEAT, E(NOT_COORDINATOR), false, NULL),
    LATE(HEARTBEAT, E(REBALANCE_IN_PROGRESS), false, NULL),
    LATE(HEARTBEAT, E(UNKNOWN_MEMBER_ID), true, NULL),
    LATE(HEARTBEAT, E(ILLEGAL_GENERATION), true, NULL),
    LATE(OFFSET_COMMIT, DISCONNECT, false, NULL),
    LATE(OFFSET_COMMIT, E(NOT_COORDINATOR), false, NULL),
    LATE(OFFSET_COMMIT, E(COORDINATOR_LOAD_IN_PROGRESS), false, NULL),
    LATE(OFFSET_COMMIT, E(OFFSET_METADATA_TOO_LARGE), false, "the group did not take our offsets"),
};

static const struct fencing fencings[] = {
    { "JOIN_GROUP FENCED_INSTANCE_ID", JOIN_GROUP, false },
    { "SYNC_GROUP FENCED_INSTANCE_ID", SYNC_GROUP, false },
    { "late HEARTBEAT FENCED_INSTANCE_ID", HEARTBEAT, true },
    { "late OFFSET_COMMIT FENCED_INSTANCE_ID", OFFSET_COMMIT, true },
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* A mock cluster waits as long as a session lasts for who has left. */
static const struct levada_pair quick[] = {
    { "session_timeout_ms", "4500" },
    { "heartbeat_interval_ms", "200" },
    { "reconnect_backoff_ms", "20" },
    { "group_instance_id", "me" }, /* the last, which most do without */
};

/* ---- */

static void
push(struct mock_cluster *mock, int16_t request, rd_kafka_resp_err_t err, int times)
{
    while (times-- > 0)
        rd_kafka_mock_broker_push_request_error_rtts(mock->cluster, 1, request, 1, err, 0);
}

/* How many of the answers were not given yet. */
static size_t
n_waiting(struct mock_cluster *mock, int16_t request)
{
    size_t n;
    assert_int_equal(rd_kafka_mock_broker_error_stack_cnt(mock->cluster, 1, request, &n),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    return n;
}

static struct kafka_host *
start(struct mock_cluster *mock, uint64_t n_properties)
{
    struct kafka_host *host = kafka_host_create(mock->brokers, "calls");
    host->self->kafka = (struct levada_list){ quick, n_properties };
    kafka_host_plan(host);
    assert_string_equal(host->problems, "");
    assert_int_equal(kafka_host_start(host), LEVADA_OK);
    return host;
}

static struct kafka_host *
start_in_transaction(struct mock_cluster *mock)
{
    struct kafka_host *host = kafka_host_create(mock->brokers, "calls");
    host->memory = LEVADA_IN_TRANSACTION;
    host->self->kafka = (struct levada_list){ quick, LENGTH(quick) - 1 };
    kafka_host_plan(host);
    assert_int_equal(kafka_host_start(host), LEVADA_OK);
    return host;
}

static void
finish(struct kafka_host *host, struct mock_cluster *mock)
{
    kafka_host_destroy(host);
    mock_cluster_finish(mock);
}

static void
assert_status(const struct kafka_host *host, levada_status status, levada_status expected,
              const char *text)
{
    if (status != expected || (text != NULL && strstr(host->text, text) == NULL))
        fail_msg("status %d, \"%s\", %d records; said: %s", status, host->text,
                 (int)host->n_records, host->logs);
}

static void
reacts_as_told(void **state)
{
    const struct answer *answer = *state;
    struct mock_cluster mock;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    push(&mock, answer->request, answer->err, answer->times);
    struct kafka_host *host = start(&mock, LENGTH(quick) - 1);
    levada_status status = kafka_host_read(host, N, 20000);
    assert_status(host, status, answer->status, answer->text);
    assert_true(n_waiting(&mock, answer->request) < (size_t)answer->times);
    finish(host, &mock);
}

/* Polls until something has happened. */
static void
read_on_until(struct kafka_host *host, struct mock_cluster *mock, const struct late_answer *answer)
{
    const int64_t end_ms = monotonic_ms() + WITHIN_MS;
    bool has_happened = false;
    while (!has_happened && monotonic_ms() < end_ms) {
        kafka_host_read(host, N + 1, 20);
        has_happened = n_waiting(mock, answer->request) == 0 &&
                       (!answer->loses || host->n_lost > 0) &&
                       (answer->said == NULL || strstr(host->logs, answer->said) != NULL);
    }
    if (!has_happened)
        fail_msg("lost %d, answers left %d; said: %s", (int)host->n_lost,
                 (int)n_waiting(mock, answer->request), host->logs);
}

/* Where it is lost, what was delivered and committed may come again; nothing is missing. */
static void
goes_on_as_told(void **state)
{
    const struct late_answer *answer = *state;
    struct mock_cluster mock;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start(&mock, LENGTH(quick) - 1);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    push(&mock, answer->request, answer->err, 1);
    kafka_host_signal(host, LEVADA_SIG_COMMIT);
    read_on_until(host, &mock, answer);
    mock_cluster_write(&mock, "calls", 1, N);
    assert_status(host, kafka_host_read(host, 2 * N, 30000), LEVADA_OK, NULL);
    kafka_host_signal(host, LEVADA_SIG_COMMIT); /* also again what was not taken */
    assert_int_equal(host->of_partition[1], N);
    assert_int_equal(host->n_lost > 0, answer->loses);
    finish(host, &mock);
}

/* Until the group takes the partitions back, in order. */
static void
read_until_asked_to_let_go(struct kafka_host *host)
{
    levada_status status = LEVADA_OK;
    for (int i = 0; i < 300 && status == LEVADA_OK; i++)
        status = kafka_host_poll(host, 50);
    assert_status(host, status, LEVADA_DRAIN, NULL);
}

/*
 * The poll in which it tells that nothing is its own fails, since no broker answers by now. It must
 * be heard all the same: another may have the partitions before they are given again.
 */
static void
what_it_let_go_is_told_though_no_broker_answers(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start(&mock, LENGTH(quick) - 1);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    push(&mock, HEARTBEAT, E(REBALANCE_IN_PROGRESS), 1);
    read_until_asked_to_let_go(host);
    assert_int_equal(host->n_assigned, 2);
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    host->self->client.down = true;
    assert_int_equal(kafka_host_poll(host, 50), LEVADA_RETRY);
    rd_kafka_mock_broker_set_up(mock.cluster, 1);
    mock_cluster_write(&mock, "calls", 1, N);
    assert_status(host, kafka_host_read(host, 2 * N, 30000), LEVADA_OK, NULL);
    assert_int_equal(host->n_assigned, 2);
    assert_true(host->n_empty > 0);
    finish(host, &mock);
}

/* Which it says in the queue of records, and nothing is read as long as it is not known where. */
static void
the_group_is_heard_while_nobody_knows_where_to_read_on(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start_in_transaction(&mock);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    const uint64_t n_empty = host->n_empty;
    push(&mock, OFFSET_FETCH, E(COORDINATOR_LOAD_IN_PROGRESS), 1000);
    push(&mock, HEARTBEAT, E(UNKNOWN_MEMBER_ID), 1);
    const int64_t end_ms = monotonic_ms() + WITHIN_MS;
    while (host->n_empty == n_empty && monotonic_ms() < end_ms) {
        kafka_host_signal(host, LEVADA_SIG_RESTORE);
        kafka_host_poll(host, 50);
    }
    assert_true(host->n_empty > n_empty);
    assert_true(n_waiting(&mock, OFFSET_FETCH) > 0);
    finish(host, &mock);
}

static void
who_is_fenced_is_told_of_its_name(void **state)
{
    const struct fencing *fencing = *state;
    struct mock_cluster mock;
    levada_status status = LEVADA_OK;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    if (!fencing->is_late)
        push(&mock, fencing->request, E(FENCED_INSTANCE_ID), 1);
    struct kafka_host *host = start(&mock, LENGTH(quick));
    if (fencing->is_late) {
        assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
        push(&mock, fencing->request, E(FENCED_INSTANCE_ID), 1);
        kafka_host_signal(host, LEVADA_SIG_COMMIT);
    }
    host->self->client.was_cut = false; /* though the mock cluster may have dropped a connection */
    status = kafka_host_read(host, N + 1, 20000);
    assert_status(host, status, LEVADA_CONFIG,
                  "another member of the group has our group_instance_id");
    finish(host, &mock);
}

/* A session of 4.5 s must have ended, on a machine that has much else to do. */
static void
read_on_until_lost(struct kafka_host *host, uint64_t n_records, uint64_t n_lost)
{
    const int64_t end_ms = monotonic_ms() + WITHIN_MS;
    while (host->n_lost < n_lost && monotonic_ms() < end_ms)
        kafka_host_read(host, n_records, 20);
    assert_int_equal(host->n_lost, n_lost);
}

/* It may have been itself, when an answer was lost with a broker. */
static void
in_a_transaction_it_joins_again_twice(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    struct kafka_host *host = start_in_transaction(&mock);
    for (uint64_t i = 1; i <= 3; i++) {
        mock_cluster_write(&mock, "calls", 0, N);
        assert_status(host, kafka_host_read(host, i * N, 30000), LEVADA_OK, NULL);
        push(&mock, HEARTBEAT, E(FENCED_INSTANCE_ID), 1);
        if (i < 3)
            read_on_until_lost(host, i * N + 1, i);
    }
    host->self->client.was_cut = false; /* though the mock cluster may have dropped a connection */
    assert_status(host, kafka_host_read(host, 3 * N + 1, 20000), LEVADA_CONFIG,
                  "another member of the group has our group_instance_id");
    finish(host, &mock);
}

static void
fence_unseen(struct kafka_host *host, struct mock_cluster *mock)
{
    push(mock, HEARTBEAT, E(FENCED_INSTANCE_ID), 1);
    for (int ms = 0; ms < 20000 && rd_kafka_fatal_error(host->self->client.rk, NULL, 0) == 0; ms++)
        nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

/* Where it has to ask before it reads, nobody would tell it, and the fenced client asks in vain. */
static void
who_is_fenced_while_it_does_not_read_joins_again(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start_in_transaction(&mock);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    push(&mock, HEARTBEAT, E(REBALANCE_IN_PROGRESS), 1);
    fence_unseen(host, &mock);
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    kafka_host_signal(host, LEVADA_SIG_RESTORE);
    assert_int_equal(kafka_host_poll(host, 50), LEVADA_LOST);
    rd_kafka_mock_broker_set_up(mock.cluster, 1);
    mock_cluster_write(&mock, "calls", 1, N);
    assert_status(host, kafka_host_read(host, 2 * N, 30000), LEVADA_OK, NULL);
    finish(host, &mock);
}

/* Else three deaths of a broker would look like another process with our name. */
static void
why_it_was_fenced_is_heard_first(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    struct kafka_host *host = start_in_transaction(&mock);
    for (uint64_t i = 1; i <= 4; i++) {
        mock_cluster_write(&mock, "calls", 0, N);
        assert_status(host, kafka_host_read(host, i * N, 30000), LEVADA_OK, NULL);
        rd_kafka_mock_broker_set_down(mock.cluster, 1);
        rd_kafka_mock_broker_set_up(mock.cluster, 1);
        fence_unseen(host, &mock);
        assert_status(host, kafka_host_poll(host, 50), LEVADA_LOST, NULL);
        kafka_host_signal(host, LEVADA_SIG_RESTORE);
    }
    finish(host, &mock);
}

static levada_status
ask_for_member(struct kafka_host *host)
{
    struct levada_bytes bytes;
    host->status = LEVADA_OK;
    return kafka_source_group.member(host->self, (struct levada_call *)(void *)host, &bytes);
}

/* Else who stops before it reads again would commit where it was, and not where others are. */
static void
who_has_yet_to_read_again_commits_for_nobody(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start_in_transaction(&mock);
    assert_int_equal(ask_for_member(host), LEVADA_LOST);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    assert_int_equal(ask_for_member(host), LEVADA_OK);
    kafka_host_signal(host, LEVADA_SIG_RESTORE);
    assert_int_equal(ask_for_member(host), LEVADA_LOST);
    assert_int_equal(kafka_host_poll(host, 50), LEVADA_OK);
    assert_int_equal(ask_for_member(host), LEVADA_OK);
    finish(host, &mock);
}

/* If the first records were void, it would begin behind them. */
static void
who_begins_at_the_end_commits_that_first(void **state)
{
    static const char *const latest = "latest";
    struct mock_cluster mock;
    levada_status status = LEVADA_OK;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = kafka_host_create(mock.brokers, "calls");
    host->memory = LEVADA_IN_TRANSACTION;
    host->self->starting_offsets = (struct levada_list){ &latest, 1 };
    host->self->kafka = (struct levada_list){ quick, LENGTH(quick) - 1 };
    kafka_host_plan(host);
    assert_int_equal(kafka_host_start(host), LEVADA_OK);
    const int64_t end_ms = monotonic_ms() + WITHIN_MS;
    while (host->n_assigned == 0 && monotonic_ms() < end_ms) {
        status = kafka_host_poll(host, 50);
        if (status == LEVADA_RETRY)
            kafka_host_signal(host, LEVADA_SIG_RESTORE);
    }
    assert_int_equal(status, LEVADA_DRAIN);
    assert_int_equal(host->next[0], N);
    mock_cluster_write(&mock, "calls", 0, N);
    kafka_host_signal(host, LEVADA_SIG_RESTORE); /* which is where the host is */
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    assert_int_equal(host->of_partition[0], N);
    finish(host, &mock);
}

static levada_status
fence(struct kafka_host *host, bool was_cut)
{
    return group_fence(&host->self->group, (struct levada_call *)(void *)host, was_cut);
}

static void
who_was_cut_off_may_be_fenced_as_often_as_that(void **state)
{
    struct kafka_host *host = kafka_host_create("127.0.0.1:1", "calls");
    (void)state;
    kafka_host_plan(host);
    for (int i = 0; i < 20; i++)
        assert_int_equal(fence(host, true), LEVADA_LOST);
    assert_int_equal(fence(host, false), LEVADA_CONFIG);
    host->self->group.in_transaction = true;
    for (int i = 0; i < 2; i++)
        assert_int_equal(fence(host, false), LEVADA_LOST);
    assert_int_equal(fence(host, true), LEVADA_LOST);
    assert_int_equal(fence(host, false), LEVADA_CONFIG);
    kafka_host_destroy(host);
}

/* Neither for the answer to a commit, which librdkafka waits a minute for, nor to be let go. */
static void
its_end_does_not_wait_for_a_broker_that_is_silent(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start(&mock, LENGTH(quick) - 1);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    rd_kafka_mock_broker_set_rtt(mock.cluster, 1, 40000);
    kafka_host_signal(host, LEVADA_SIG_COMMIT);
    const int64_t before_ms = monotonic_ms();
    kafka_host_destroy(host);
    assert_true(monotonic_ms() - before_ms < 30000);
    mock_cluster_finish(&mock);
}

/* What a sink has yet is memory of the old client, which cannot end before it is given back. */
static void
who_is_fenced_joins_again_once_sinks_have_given_back_what_it_read(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start_in_transaction(&mock);
    host->keeps_batches = true;
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    push(&mock, HEARTBEAT, E(FENCED_INSTANCE_ID), 1);
    read_on_until_lost(host, N + 1, 1);
    const rd_kafka_t *fenced = host->self->client.rk;
    for (int i = 0; i < 3; i++)
        assert_int_equal(kafka_host_poll(host, 50), LEVADA_DRAIN);
    assert_ptr_equal(host->self->client.rk, fenced);
    host->keeps_batches = false;
    kafka_host_signal(host, LEVADA_SIG_TRIGGER); /* what is kept goes with the end of a callback */
    assert_int_equal(host->self->n_batches, 0);
    mock_cluster_write(&mock, "calls", 1, N);
    assert_status(host, kafka_host_read(host, 2 * N, 30000), LEVADA_OK, NULL);
    finish(host, &mock);
}

/* As if it were deleted, or made again. */
static void
set_deleted(struct mock_cluster *mock, bool is_deleted)
{
    rd_kafka_mock_topic_set_error(mock->cluster, "calls",
                                  is_deleted ? E(UNKNOWN_TOPIC_OR_PART) : E(NO_ERROR));
}

static struct kafka_host *
start_with_losses(struct mock_cluster *mock, bool fail_on_data_loss)
{
    static const struct levada_pair looking[] = {
        { "session_timeout_ms", "4500" },
        { "heartbeat_interval_ms", "200" },
        { "topic_metadata_refresh_interval_ms", "200" },
    };
    struct kafka_host *host = kafka_host_create(mock->brokers, "calls");
    host->self->kafka = (struct levada_list){ looking, LENGTH(looking) };
    host->self->fail_on_data_loss = fail_on_data_loss;
    kafka_host_plan(host);
    assert_int_equal(kafka_host_start(host), LEVADA_OK);
    return host;
}

static void
a_topic_that_is_missing_from_the_start_ends_it(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    set_deleted(&mock, true);
    struct kafka_host *host = start_with_losses(&mock, false);
    assert_status(host, kafka_host_read(host, 1, 20000), LEVADA_NO_INPUT,
                  "there is no topic calls");
    finish(host, &mock);
}

static void
a_topic_that_is_deleted_while_it_is_read_ends_it(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start_with_losses(&mock, true);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    set_deleted(&mock, true);
    assert_status(host, kafka_host_read(host, N + 1, 20000), LEVADA_NO_INPUT,
                  "topic calls was deleted");
    finish(host, &mock);
}

static void
a_topic_that_is_deleted_is_waited_for_where_losses_are_allowed(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start_with_losses(&mock, false);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    set_deleted(&mock, true);
    for (int64_t end_ms = monotonic_ms() + WITHIN_MS;
         strstr(host->logs, "a topic was deleted") == NULL && monotonic_ms() < end_ms;)
        assert_status(host, kafka_host_read(host, N + 1, 50), LEVADA_AGAIN, NULL);
    assert_non_null(strstr(host->logs, "a topic was deleted; the others are read on topic=calls"));
    set_deleted(&mock, false);
    mock_cluster_write(&mock, "calls", 1, N);
    assert_status(host, kafka_host_read(host, 2 * N, 30000), LEVADA_OK, NULL);
    finish(host, &mock);
}

static void
what_librdkafka_calls_fatal_ends_it(void **state)
{
    struct mock_cluster mock;
    (void)state;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start(&mock, LENGTH(quick) - 1);
    assert_status(host, kafka_host_read(host, N, 20000), LEVADA_OK, NULL);
    rd_kafka_test_fatal_error(host->self->client.rk, E(INVALID_REQUEST), "the sky falls");
    assert_status(host, kafka_host_read(host, N + 1, 20000), LEVADA_FATAL,
                  "the consumer cannot go on: test_fatal_error: the sky falls");
    finish(host, &mock);
}

/* With what is told in a row of a table, as its name and its state. */
static struct CMUnitTest
row(const char *name, CMUnitTestFunction test, const void *what)
{
    return (struct CMUnitTest){ .name = name,
                                .test_func = test,
                                .initial_state = (void *)(uintptr_t)what };
}

int
main(void)
{
    struct CMUnitTest tests[LENGTH(answers) + LENGTH(late_answers) + LENGTH(fencings) + 14] = {
        cmocka_unit_test(in_a_transaction_it_joins_again_twice),
        cmocka_unit_test(who_is_fenced_while_it_does_not_read_joins_again),
        cmocka_unit_test(why_it_was_fenced_is_heard_first),
        cmocka_unit_test(who_has_yet_to_read_again_commits_for_nobody),
        cmocka_unit_test(who_begins_at_the_end_commits_that_first),
        cmocka_unit_test(who_was_cut_off_may_be_fenced_as_often_as_that),
        cmocka_unit_test(its_end_does_not_wait_for_a_broker_that_is_silent),
        cmocka_unit_test(who_is_fenced_joins_again_once_sinks_have_given_back_what_it_read),
        cmocka_unit_test(a_topic_that_is_missing_from_the_start_ends_it),
        cmocka_unit_test(a_topic_that_is_deleted_while_it_is_read_ends_it),
        cmocka_unit_test(a_topic_that_is_deleted_is_waited_for_where_losses_are_allowed),
        cmocka_unit_test(what_librdkafka_calls_fatal_ends_it),
        cmocka_unit_test(what_it_let_go_is_told_though_no_broker_answers),
        cmocka_unit_test(the_group_is_heard_while_nobody_knows_where_to_read_on),
    };
    size_t n = 14;
    for (size_t i = 0; i < LENGTH(answers); i++)
        tests[n++] = row(answers[i].name, reacts_as_told, &answers[i]);
    for (size_t i = 0; i < LENGTH(late_answers); i++)
        tests[n++] = row(late_answers[i].name, goes_on_as_told, &late_answers[i]);
    for (size_t i = 0; i < LENGTH(fencings); i++)
        tests[n++] = row(fencings[i].name, who_is_fenced_is_told_of_its_name, &fencings[i]);
    return at_once(tests, n); /* a mock cluster waits three seconds for more members */
}
