/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One transaction, which is committed or aborted at the end of standard input. Each line is a
 * record, "KEY:VALUE"; it is at the broker before the next one is read. kafka_transaction BROKER
 * commit|abort TOPIC PARTITION
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 30000

static char why[512];

static void
check(int is_true, const char *text)
{
    if (is_true)
        return;
    fprintf(stderr, "kafka_transaction: %s\n", text);
    exit(1);
}

static void
check_error(rd_kafka_error_t *error)
{
    check(error == NULL, rd_kafka_error_string(error));
}

static rd_kafka_t *
connect_to(const char *broker, const char *id)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "2", why, sizeof(why));
    rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof(why));
    rd_kafka_conf_set(conf, "transactional.id", id, why, sizeof(why));
    check(rd_kafka_conf_set(conf, "bootstrap.servers", broker, why, sizeof(why)) ==
              RD_KAFKA_CONF_OK,
          why);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    check(rk != NULL, why);
    check_error(rd_kafka_init_transactions(rk, WAIT_MS));
    return rk;
}

static void
send_line(rd_kafka_t *rk, const char *topic, int partition, char *line)
{
    char *value = strchr(line, ':');
    check(value != NULL, "a line is KEY:VALUE");
    line[strcspn(line, "\n")] = '\0';
    char *text = value + 1;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_KEY(line, (size_t)(value - line)), RD_KAFKA_V_VALUE(text, strlen(text)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    check(err == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(err));
    check(rd_kafka_flush(rk, WAIT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR, "a record does not arrive");
}

int
main(int argc, char **argv)
{
    char *line = NULL;
    size_t room = 0;
    int commits = argc == 5 && strcmp(argv[2], "commit") == 0;
    check(commits || (argc == 5 && strcmp(argv[2], "abort") == 0),
          "BROKER commit|abort TOPIC PARTITION");
    rd_kafka_t *rk = connect_to(argv[1], argv[3]);
    check_error(rd_kafka_begin_transaction(rk));
    while (getline(&line, &room, stdin) > 0)
        send_line(rk, argv[3], atoi(argv[4]), line);
    check_error(commits ? rd_kafka_commit_transaction(rk, WAIT_MS)
                        : rd_kafka_abort_transaction(rk, WAIT_MS));
    free(line);
    rd_kafka_destroy(rk);
    return 0;
}
