/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each request of a consumer may be answered with, and what comes of it: README.md. The errors
 * are pushed while records are read, so that what is to be seen is all records, or a status and
 * words.
 */
#include "kafka_host.h"
#include "mock_cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

enum { /* of Kafka's protocol */
    FETCH = 1,
    LIST_OFFSETS = 2,
    METADATA = 3,
    OFFSET_COMMIT = 8,
    OFFSET_FETCH = 9,
    FIND_COORDINATOR = 10,
    JOIN_GROUP = 11,
    HEARTBEAT = 12,
    SYNC_GROUP = 14,
};

#define N 200 /* records, half of them written before the error */
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
    RETRIED(METADATA, DISCONNECT),
    RETRIED(METADATA, E(LEADER_NOT_AVAILABLE)),
    RETRIED(METADATA, E(REQUEST_TIMED_OUT)),
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

static const struct levada_pair quick[] = {
    { "session_timeout_ms", "4500" }, /* a mock cluster waits as long for who has left */
    { "heartbeat_interval_ms", "200" },
    { "reconnect_backoff_ms", "20" },
};

static void
push(struct mock_cluster *mock, int16_t request, rd_kafka_resp_err_t err, int times)
{
    while (times-- > 0)
        rd_kafka_mock_push_request_errors(mock->cluster, request, 1, err);
}

static struct kafka_host *
start(struct mock_cluster *mock)
{
    struct kafka_host *host = kafka_host_create(mock->brokers, "calls");
    host->self->kafka = (struct levada_list){ quick, sizeof(quick) / sizeof(*quick) };
    kafka_host_plan(host);
    assert_string_equal(host->problems, "");
    assert_int_equal(kafka_host_start(host), LEVADA_OK);
    return host;
}

static bool
reacts_as_told(const struct answer *answer)
{
    struct mock_cluster mock;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    push(&mock, answer->request, answer->err, answer->times);
    struct kafka_host *host = start(&mock);
    levada_status status = kafka_host_read(host, N, 20000);
    bool is_so = status == answer->status &&
                 (answer->text == NULL || strstr(host->text, answer->text) != NULL);
    if (!is_so)
        print_error("%s: status %d, \"%s\", %d records; said: %s\n", answer->name, status,
                    host->text, (int)host->n_records, host->logs);
    kafka_host_destroy(host);
    mock_cluster_finish(&mock);
    return is_so;
}

/* Where it is lost, what was delivered and committed may come again; nothing is missing. */
static bool
goes_on_as_told(const struct late_answer *answer)
{
    struct mock_cluster mock;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start(&mock);
    levada_status first = kafka_host_read(host, N, 20000);
    push(&mock, answer->request, answer->err, 1);
    kafka_host_signal(host, LEVADA_SIG_COMMIT);
    for (int i = 0; i < 20 && answer->loses && host->n_lost == 0; i++)
        kafka_host_read(host, N + 1, 500);
    for (int i = 0; i < 20 && answer->said != NULL && host->logs[0] == '\0'; i++)
        kafka_host_read(host, N + 1, 500);
    mock_cluster_write(&mock, "calls", 1, N);
    levada_status status = kafka_host_read(host, 2 * N, 30000);
    kafka_host_signal(host, LEVADA_SIG_COMMIT); /* also again what was not taken */
    bool is_so = first == LEVADA_OK && status == LEVADA_OK && host->of_partition[1] == N &&
                 (host->n_lost > 0) == answer->loses &&
                 (answer->said == NULL || strstr(host->logs, answer->said) != NULL);
    if (!is_so)
        print_error("%s: status %d, \"%s\", %d records, lost %d; said: %s\n", answer->name, status,
                    host->text, (int)host->n_records, (int)host->n_lost, host->logs);
    kafka_host_destroy(host);
    mock_cluster_finish(&mock);
    return is_so;
}

/* Until the group takes the partitions back, in order. */
static bool
is_asked_to_let_go(struct kafka_host *host)
{
    levada_status status = LEVADA_OK;
    for (int i = 0; i < 300 && status == LEVADA_OK; i++)
        status = kafka_host_poll(host, 50);
    return status == LEVADA_DRAIN;
}

/*
 * The poll in which it tells that nothing is its own fails, since no broker answers by now. It must
 * be heard all the same: another may have the partitions before they are given again.
 */
static bool
tells_what_it_let_go(void)
{
    struct mock_cluster mock;
    mock_cluster_init(&mock, "calls", 2);
    mock_cluster_write(&mock, "calls", 0, N);
    struct kafka_host *host = start(&mock);
    levada_status first = kafka_host_read(host, N, 20000);
    push(&mock, HEARTBEAT, E(REBALANCE_IN_PROGRESS), 1);
    bool lets_go = is_asked_to_let_go(host) && host->n_assigned == 2;
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    host->self->client.down = true;
    bool fails = kafka_host_poll(host, 50) == LEVADA_RETRY;
    rd_kafka_mock_broker_set_up(mock.cluster, 1);
    mock_cluster_write(&mock, "calls", 1, N);
    levada_status status = kafka_host_read(host, 2 * N, 30000);
    bool is_so = first == LEVADA_OK && lets_go && fails && status == LEVADA_OK &&
                 host->n_assigned == 2 && host->n_empty > 0;
    if (!is_so)
        print_error("let go: %d, %d, status %d, \"%s\", %d records, %d partitions, none %d times\n",
                    lets_go, fails, status, host->text, (int)host->n_records, (int)host->n_assigned,
                    (int)host->n_empty);
    kafka_host_destroy(host);
    mock_cluster_finish(&mock);
    return is_so;
}

/* Each in a process of its own, all at once: a mock cluster waits three seconds for more members.
 */
static pid_t
in_a_process(const char *name)
{
    const char *only = getenv("ONLY"); /* a part of a name, to look at one */
    pid_t pid = only == NULL || strstr(name, only) != NULL ? fork() : 1;
    assert_true(pid >= 0);
    return pid;
}

static void
each_answer_has_its_reaction(void **state)
{
    int n_wrong = 0, status;
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        if (in_a_process(answers[i].name) == 0)
            _exit(!reacts_as_told(&answers[i]));
    }
    for (size_t i = 0; i < sizeof(late_answers) / sizeof(*late_answers); i++) {
        if (in_a_process(late_answers[i].name) == 0)
            _exit(!goes_on_as_told(&late_answers[i]));
    }
    if (in_a_process("let go while no broker answers") == 0)
        _exit(!tells_what_it_let_go());
    while (wait(&status) > 0)
        n_wrong += status != 0;
    assert_int_equal(n_wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_its_reaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
