/* SPDX-License-Identifier: Apache-2.0 */
/*
 * with_kafka COMMAND [ARGUMENT]...: runs it beside librdkafka's own broker, which KAFKA_BROKERS
 * names, and ends as it does. The broker has the topic "records", with RECORDS of them in its one
 * partition, and what a transaction of the suite needs; others it makes when it is asked for them.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define RECORDS 70000
#define PARTITIONS 2 /* of a transaction's changelog: host/conformance/cases_transaction.c */
#define WAIT_MS 30000

static void
check(int is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "with_kafka: %s\n", what);
    exit(EX_SOFTWARE);
}

static rd_kafka_t *
make_client(void)
{
    char why[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof(why));
    rd_kafka_conf_set(conf, "log_level", "2", why, sizeof(why));
    rd_kafka_conf_set(conf, "linger.ms", "5", why, sizeof(why));
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    check(rk != NULL, why);
    return rk;
}

static void
make_topic(rd_kafka_t *rk, const char *topic, int n_partitions)
{
    check(rd_kafka_mock_topic_create(rd_kafka_handle_mock_cluster(rk), topic, n_partitions, 1) == 0,
          topic);
}

static void
fill_topic(rd_kafka_t *rk, const char *topic)
{
    char value[40];
    for (int i = 0; i < RECORDS; i++) {
        int n = snprintf(value, sizeof(value), "{\"n\":%d}", i);
        rd_kafka_resp_err_t err =
            rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(value, (size_t)n),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        check(err == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(err));
    }
    check(rd_kafka_flush(rk, WAIT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR, "records do not arrive");
}

int
main(int argc, char **argv)
{
    int status = 0;
    check(argc > 1, "no command");
    rd_kafka_t *rk = make_client();
    make_topic(rk, "records", 1);
    make_topic(rk, "conformance-changelog", PARTITIONS);
    make_topic(rk, "conformance-stream", PARTITIONS);
    fill_topic(rk, "records");
    setenv("KAFKA_BROKERS", rd_kafka_mock_cluster_bootstraps(rd_kafka_handle_mock_cluster(rk)), 1);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(EX_UNAVAILABLE);
    }
    check(child > 0 && waitpid(child, &status, 0) == child, "the command cannot be run");
    rd_kafka_destroy(rk);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
