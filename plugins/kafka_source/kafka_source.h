/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_KAFKA_SOURCE_H
#define PLUGINS_KAFKA_SOURCE_KAFKA_SOURCE_H

/* A member of a consumer group that reads one topic. */

#include "kafka_common/client.h"
#include "kafka_source/assignment.h"

#include <levada/plugin.h>
#include <stdbool.h>

enum kafka_source_format { /* the words of the option */
    KAFKA_SOURCE_JSON,
    KAFKA_SOURCE_BYTES,
};

struct kafka_source {
    const char *brokers, *topic, *group, *starting_offsets; /* options */
    int64_t max_offsets_per_trigger, format, fail_on_data_loss;
    struct levada_list kafka;

    struct client client;
    struct assignment assignment;
    bool commits;         /* the group is told how far we are */
    int64_t n_of_trigger; /* records emitted since the last TRIGGER */
};

levada_status kafka_source_create(void *self, struct levada_call *call, struct levada_ctx *ctx);
levada_status kafka_source_start(void *self, struct levada_call *call);
levada_status kafka_source_poll(void *self, struct levada_call *call, uint32_t max_records,
                                uint32_t wait_ms);
levada_status kafka_source_signal(void *self, struct levada_call *call,
                                  const struct levada_signal *signal);
void kafka_source_destroy(void *self);

#endif
