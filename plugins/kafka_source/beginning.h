/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_BEGINNING_H
#define PLUGINS_KAFKA_SOURCE_BEGINNING_H

/*
 * Where to begin partitions that become ours: where the host or the group stopped, else where the
 * options say. Brokers and group are asked all at once.
 */

#include "kafka_source/also_read.h"

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct beginning {
    const struct levada_list *starting_offsets;
    const struct also_read *also_read; /* of these topics all is wanted */
    bool fails_on_loss;                /* option fail_on_data_loss */
    bool asks_group;                   /* the group knows where to go on */
    bool was_there;                    /* what is missing now was deleted */
};

/* For a partition that was deleted: librdkafka looks for it, and begins with its first record. */
#define BEGINNING_GONE RD_KAFKA_OFFSET_BEGINNING

/*
 * Sets the offset of each of @list, and the group's metadata of it, and makes @ends, a list in the
 * same order, of where they end now. BEGINNING_GONE: the partition was deleted, which is allowed.
 * @at_end: one begins where it ends, as nothing is known of it and the options say so.
 * RETRY: the brokers do not answer. NO_INPUT: topic, partition or records are not there.
 */
levada_status beginning_find(const struct beginning *beginning, struct levada_call *call,
                             rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                             rd_kafka_topic_partition_list_t **ends, bool *at_end);

/* Sets the offset of each to where it ends, or to what the group has committed. Fails likewise. */
levada_status beginning_ask_ends(struct levada_call *call, rd_kafka_t *rk,
                                 rd_kafka_topic_partition_list_t *list);
levada_status beginning_ask_group(struct levada_call *call, rd_kafka_t *rk,
                                  rd_kafka_topic_partition_list_t *list);

#endif
