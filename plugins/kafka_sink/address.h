/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_ADDRESS_H
#define PLUGINS_KAFKA_SINK_ADDRESS_H

/* Where each record of a batch goes: topic, partition, key, timestamp. */

#include <levada/plugin.h>

struct kafka_sink;
struct sent;
struct topic;

/* NULL: what the sink or the record has of its own. All of it lives as the batch does. */
struct address {
    const struct levada_bytes *keys;
    const int64_t *times;        /* LEVADA_NO_TIME: the record's own */
    struct topic *const *topics; /* of a record that was refused: NULL */
    const int32_t *partitions;   /* RD_KAFKA_PARTITION_UA: as the partitioner says */
};

/*
 * Fills in sent->address, and refuses records that name what can be no topic or partition. Topics
 * that are new are asked for. RETRY: no broker answers, as topic_ask().
 */
levada_status address_make(struct kafka_sink *self, struct levada_call *call, struct sent *sent);

/* The paths of what stages above may have set. [create()] */
levada_status address_plan(struct kafka_sink *self, struct levada_call *call);

#endif
