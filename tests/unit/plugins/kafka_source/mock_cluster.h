/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_PLUGINS_KAFKA_SOURCE_MOCK_CLUSTER_H
#define TESTS_UNIT_PLUGINS_KAFKA_SOURCE_MOCK_CLUSTER_H

/* librdkafka's own mock of a cluster, with a topic. */

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdint.h>

struct mock_cluster {
    rd_kafka_t *rk; /* a producer, whose the cluster is */
    rd_kafka_mock_cluster_t *cluster;
    const char *brokers;
};

void mock_cluster_init(struct mock_cluster *mock, const char *topic, int n_partitions);
void mock_cluster_finish(struct mock_cluster *mock);

/* Writes @n records to the partition and waits until they are there. */
void mock_cluster_write(struct mock_cluster *mock, const char *topic, int32_t partition, int n);

/* A consumer at the beginning of one partition, to be destroyed by the caller; its next message. */
rd_kafka_t *mock_cluster_consumer(const struct mock_cluster *mock, const char *topic,
                                  int32_t partition);
rd_kafka_message_t *mock_cluster_next(rd_kafka_t *consumer);

#endif
