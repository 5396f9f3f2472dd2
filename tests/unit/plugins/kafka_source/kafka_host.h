/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_PLUGINS_KAFKA_SOURCE_KAFKA_HOST_H
#define TESTS_UNIT_PLUGINS_KAFKA_SOURCE_KAFKA_HOST_H

/*
 * As much of a host as kafka_source needs, for tests with librdkafka's mock cluster: it counts what
 * is emitted, partition by partition, and keeps what the stage says. One at a time.
 */

#include "kafka_source/kafka_source.h"

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdint.h>

struct kafka_host {
    const struct levada_stage *stage;
    struct kafka_source *self;
    levada_status status; /* of the last callback */
    char text[1200];      /* why it failed */
    char problems[2000];  /* "option: text\n" each */
    char logs[8000];      /* "event facts\n" each */
    uint64_t n_records, n_positions, n_failed, n_lost;
    uint32_t n_assigned, n_empty; /* partitions that are its own; how often that was none */
    bool keeps_batches;           /* as a sink does that waits for its broker */
    uint32_t memory;              /* LEVADA_KEEPS_POSITIONS and the like */
    int64_t of_partition[16];     /* records of the first ones */
    int64_t next[16], latest[16];
};

/* A stage with default options but for @brokers and @topic. */
struct kafka_host *kafka_host_create(const char *brokers, const char *topic);
void kafka_host_destroy(struct kafka_host *host);

/* create(), and start() with RESTORE. */
levada_status kafka_host_plan(struct kafka_host *host);
levada_status kafka_host_start(struct kafka_host *host);

levada_status kafka_host_poll(struct kafka_host *host, uint32_t wait_ms);
levada_status kafka_host_signal(struct kafka_host *host, uint32_t kind);

/* Polls as a host does: RESTORE behind RETRY and LOST, TRIGGER and COMMIT behind DRAIN. */
levada_status kafka_host_read(struct kafka_host *host, uint64_t n_records, int64_t within_ms);

#endif
