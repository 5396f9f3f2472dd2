/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_CHANGELOG_H
#define PLUGINS_KAFKA_SINK_CHANGELOG_H

/* The compacted topic that holds the host's state; it is written in the producer's transactions. */

#include "kafka_common/client.h"
#include "kafka_sink/needed_topic.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct changelog {
    const char *topic;
    rd_kafka_topic_t *rkt; /* to write, once it was written to */
    struct client reader;  /* committed records; conf NULL: not begun to read */
    int32_t partition;     /* that is being read; -1: none */
    int64_t begin, end;    /* what of it is to be read; end -1: not known yet */
    int64_t next;
};

/* The topic, compacted. */
struct needed_topic changelog_need(const struct changelog *changelog, uint32_t n_partitions);

/* Hands one record to the producer, which copies it. AGAIN: its queue is full. */
levada_status changelog_put(struct changelog *changelog, struct client *producer,
                            struct levada_call *call, int32_t partition, struct levada_bytes key,
                            struct levada_bytes value);

typedef levada_status changelog_entry_fn(void *user, struct levada_bytes key,
                                         struct levada_bytes value);
/* As levada_txn_v1.read. */
levada_status changelog_read(struct changelog *changelog, struct client *producer,
                             struct levada_call *call, int32_t partition, changelog_entry_fn *entry,
                             void *user, uint64_t *left);

/* Before the producer ends. */
void changelog_close(struct changelog *changelog);
/* What reading needed is given back. */
void changelog_stop_reading(struct changelog *changelog);

#endif
