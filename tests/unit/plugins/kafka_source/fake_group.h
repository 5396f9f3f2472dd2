/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_PLUGINS_KAFKA_SOURCE_FAKE_GROUP_H
#define TESTS_UNIT_PLUGINS_KAFKA_SOURCE_FAKE_GROUP_H

/*
 * In the place of what librdkafka asks brokers and tells its group: answers from a table, for topic
 * "calls". With as much of a host as partitions that come and go need.
 */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct fake_partition {
    int64_t begin, end;
    int64_t at_time;      /* the first record of that time or later; -1: none */
    int64_t committed;    /* RD_KAFKA_OFFSET_INVALID: nothing */
    int64_t stored;       /* by the host; -1: nothing */
    const char *metadata; /* beside what is committed */
    rd_kafka_resp_err_t err;
};

struct fake_group {
    struct fake_partition partitions[4];
    rd_kafka_resp_err_t err; /* of every answer as a whole */
    bool is_lost;            /* rd_kafka_assignment_lost() */
    char assigned[400]; /* what rd_kafka_assign() got: "0@5 2@0 "; each time, with ";" behind */
    char told[400];     /* what the host heard: "0@5 ", or "0@5+ " with state; "[0 2]" for all */
    char text[400];     /* why a callback failed */
    char logs[400];
    bool is_deleted;    /* the topic, if the cluster is asked */
    int64_t asked_time; /* the last one */
    unsigned n_asked_group;
};

/* All are empty; the module's host is ours from here on. */
struct fake_group *fake_group_reset(void);

/* These partitions, without offsets; -1 behind the last. The caller's. */
rd_kafka_topic_partition_list_t *fake_group_list(const int32_t *numbers);

#endif
