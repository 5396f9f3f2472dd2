/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_PLUGINS_KAFKA_SINK_CLUSTER_H
#define TESTS_UNIT_PLUGINS_KAFKA_SINK_CLUSTER_H

/* One broker of librdkafka's mock cluster, and a kafka_sink that sends to it. */

#include "real_stage.h"

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>

struct cluster {
    rd_kafka_t *rk; /* which the mock lives in */
    rd_kafka_mock_cluster_t *mock;
    unsigned n_sinks;
    struct real_stage *sink;
    char topic[16]; /* that it sends to, and no other did */
};

/* The request keys of the protocol. */
#define PRODUCE 0
#define METADATA 3
#define INIT_PRODUCER_ID 22
#define ADD_PARTITIONS_TO_TXN 24
#define ADD_OFFSETS_TO_TXN 25
#define END_TXN 26
#define TXN_OFFSET_COMMIT 28

/*
 * One for all tests of a file: its thread wakes up once a second. It has the topics input, joined
 * and changelog.
 */
int cluster_start(void **state);
int cluster_stop(void **state);

/* A topic of four partitions. Newer mocks make none because they are asked for one. */
void cluster_make_topic(struct cluster *cluster, const char *topic);

/* Of each test: a sink that is not planned yet, its topic, and a broker that is well. */
int cluster_make_sink(void **state);
int cluster_drop_sink(void **state);

/* Plans and starts the sink with these librdkafka properties. */
void cluster_start_sink(struct cluster *cluster, const struct levada_pair *properties, size_t n);

/* The mock is told that it has not this topic. */
void cluster_hide(struct cluster *cluster, const char *topic, bool is_hidden);

/* Reads all of a topic: "PARTITION KEY VALUE", a line each, sorted. Good until the next call. */
const char *cluster_read(struct cluster *cluster, const char *topic);

/* How many records a topic has. */
int64_t cluster_count(struct cluster *cluster, const char *topic);

#endif
