/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_KAFKA_SOURCE_H
#define PLUGINS_KAFKA_SOURCE_KAFKA_SOURCE_H

/* Reads topics, as a member of a consumer group or from partitions that are named. */

#include "kafka_common/client.h"
#include "kafka_source/assignment.h"
#include "kafka_source/group.h"
#include "kafka_source/keep_alive.h"
#include "kafka_source/limits.h"

#include <levada/plugin.h>
#include <stdatomic.h>
#include <stdbool.h>

enum kafka_source_format { /* the words of the option */
    KAFKA_SOURCE_JSON,
    KAFKA_SOURCE_STRING,
    KAFKA_SOURCE_BYTES,
};

struct kafka_source {
    const char *brokers, *group_id; /* options */
    struct levada_list topic, partitions, starting_offsets, keyed_by, kafka;
    int64_t max_offsets_per_trigger, max_rate_per_partition, format, fail_on_data_loss;
    const struct levada_path *value_field;

    struct client client;
    struct assignment assignment;
    struct limits limits;
    struct keep_alive keep_alive;
    struct group group;
    char topics[300]; /* their names, for messages */
    bool commits;     /* the group is told how far we are */
    bool is_found;    /* find_input() was content */
    bool may_nudge;   /* reading.c */
    uint32_t nudge_next;
    atomic_uint n_batches; /* that somebody has yet: their bytes are the client's */
};

levada_status kafka_source_create(void *self, struct levada_call *call, struct levada_ctx *ctx);
levada_status kafka_source_start(void *self, struct levada_call *call);
levada_status kafka_source_poll(void *self, struct levada_call *call, uint32_t max_records,
                                uint32_t wait_ms);
levada_status kafka_source_signal(void *self, struct levada_call *call,
                                  const struct levada_signal *signal);
void kafka_source_destroy(void *self);

/* connect.c */
extern const struct levada_connect_v1 kafka_source_connect;

#endif
