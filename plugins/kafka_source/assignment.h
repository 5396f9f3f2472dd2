/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_ASSIGNMENT_H
#define PLUGINS_KAFKA_SOURCE_ASSIGNMENT_H

/*
 * Which partitions are ours and how far each is read. The group's leader moves them at any time;
 * what it decides is noted in librdkafka's callback and done in poll(), when everything that was
 * read of a partition that leaves is delivered.
 */

#include "kafka_common/client.h"

#include <levada/plugin.h>
#include <stdbool.h>

struct assignment_partition {
    int64_t next, latest;   /* as in levada_position */
    int64_t acknowledged;   /* what the group was told last; -1: nothing */
    bool is_ours, has_news; /* news: its position is to be told */
};

struct assignment {
    struct client *client;
    const char *topic;
    int64_t wanted;     /* of what nothing is known; see starting_offsets.h */
    bool fails_on_loss; /* option fail_on_data_loss */
    bool asks_group;    /* the group knows where to go on */
    rd_kafka_topic_partition_list_t *arriving; /* noted, not done yet; NULL: none */
    bool leaving, is_closing;
    struct assignment_partition *partitions; /* by their numbers */
    int32_t n;
};

/* rebalance_cb; its opaque is the client's, from which the stage finds @assignment. */
void assignment_note(struct assignment *assignment, rd_kafka_resp_err_t err,
                     const rd_kafka_topic_partition_list_t *list);

/* Notes that all that is ours is to be read again from where the host is. */
levada_status assignment_restart(struct assignment *assignment, struct levada_call *call);

/* Does what was noted, and tells the host. RETRY: brokers do not answer, and it is to be done yet.
 */
levada_status assignment_settle(struct assignment *assignment, struct levada_call *call);

/* NULL: not ours (any more). */
struct assignment_partition *assignment_find(struct assignment *assignment, int32_t partition);

/* Tells the positions that have news. */
levada_status assignment_tell(struct assignment *assignment, struct levada_call *call,
                              struct levada_batch *batch);

/* What the group has yet to be told, which counts as told from here on; NULL: nothing. */
rd_kafka_topic_partition_list_t *assignment_acknowledge(struct assignment *assignment);

void assignment_finish(struct assignment *assignment);

#endif
