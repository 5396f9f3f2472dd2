/* SPDX-License-Identifier: Apache-2.0 */
#include "mock_cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
check(int is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "mock cluster: %s\n", what);
    abort();
}

void
mock_cluster_init(struct mock_cluster *mock, const char *topic, int n_partitions)
{
    char why[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof(why));
    rd_kafka_conf_set(conf, "log_level", "2", why, sizeof(why));
    rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof(why));
    mock->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    check(mock->rk != NULL, why);
    mock->cluster = rd_kafka_handle_mock_cluster(mock->rk);
    check(mock->cluster != NULL, "none");
    check(rd_kafka_mock_topic_create(mock->cluster, topic, n_partitions, 1) == 0, "no topic");
    mock->brokers = rd_kafka_mock_cluster_bootstraps(mock->cluster);
}

void
mock_cluster_finish(struct mock_cluster *mock)
{
    rd_kafka_destroy(mock->rk);
}

void
mock_cluster_write(struct mock_cluster *mock, const char *topic, int32_t partition, int n)
{
    char value[40];
    for (int i = 0; i < n; i++) {
        int length = snprintf(value, sizeof(value), "{\"n\":%d}", i);
        rd_kafka_resp_err_t err =
            rd_kafka_producev(mock->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_VALUE(value, (size_t)length),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        check(err == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(err));
    }
    check(rd_kafka_flush(mock->rk, 30000) == RD_KAFKA_RESP_ERR_NO_ERROR, "records do not arrive");
}

rd_kafka_t *
mock_cluster_consumer(const struct mock_cluster *mock, const char *topic, int32_t partition)
{
    char why[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", mock->brokers, why, sizeof(why));
    rd_kafka_conf_set(conf, "group.id", "nobody", why, sizeof(why));
    rd_kafka_conf_set(conf, "enable.auto.commit", "false", why, sizeof(why));
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    check(rk != NULL, why);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = 0;
    rd_kafka_resp_err_t err = rd_kafka_assign(rk, list);
    check(err == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(err));
    rd_kafka_topic_partition_list_destroy(list);
    return rk;
}

rd_kafka_message_t *
mock_cluster_next(rd_kafka_t *consumer)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 30000);
    check(message != NULL, "no message comes");
    check(message->err == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(message->err));
    return message;
}
