/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_ASSIGNMENT_H
#define PLUGINS_KAFKA_SOURCE_ASSIGNMENT_H

/*
 * Which partitions come and go. The group's leader moves them at any time; what it decides is noted
 * in librdkafka's callback and done in poll(), when everything that was read of a partition that
 * leaves is delivered.
 */

#include "kafka_common/client.h"
#include "kafka_source/beginning.h"
#include "kafka_source/partitions.h"

#include <levada/plugin.h>
#include <stdbool.h>

struct assignment {
    struct client *client;
    struct beginning beginning;
    rd_kafka_topic_partition_list_t *arriving; /* noted, not done yet; NULL: none */
    rd_kafka_topic_partition_list_t *ready;    /* told, and read from once the host asks for more */
    bool leaving; /* they are to be let go once what was read is delivered */
    bool lost;    /* they are others' already */
    bool is_closing;
    bool must_tell; /* the host does not know yet that nothing is ours */
    bool is_void;   /* what was read is to be read again, and no position of ours holds till then */
    bool begins_at_end; /* of what was taken over last, something: another time that is elsewhere */
    bool has_gone; /* librdkafka also looks for partitions that were deleted, which are not ours */
    struct partitions partitions;
};

/* rebalance_cb; its opaque is the client's, from which the stage finds @assignment. */
void assignment_note(struct assignment *assignment, rd_kafka_resp_err_t err,
                     const rd_kafka_topic_partition_list_t *list);

/* Notes that these are ours from now on; takes @list. */
void assignment_set(struct assignment *assignment, rd_kafka_topic_partition_list_t *list);

/* Notes that all that is ours is to be read again from where the host is. */
levada_status assignment_restart(struct assignment *assignment, struct levada_call *call);

/*
 * Does what was noted, and tells the host. RETRY: brokers do not answer, and it is to be done yet.
 * LOST: partitions were taken from us before what was read of them could be acknowledged.
 */
levada_status assignment_settle(struct assignment *assignment, struct levada_call *call);

/* The callback that settled was no failure: the host has heard what was told in it. */
void assignment_told(struct assignment *assignment);

/*
 * A topic was deleted, with what had not been read of it: NO_INPUT, or with fail_on_data_loss =
 * false a warning.
 */
levada_status assignment_lose_topic(struct assignment *assignment, struct levada_call *call,
                                    const char *topic);

/* @message is of a partition that is not ours. LOST: it was deleted, and is back. */
levada_status assignment_meet(struct assignment *assignment, struct levada_call *call,
                              const rd_kafka_message_t *message);

/* Nothing is ours any more, and the client is about to end. */
void assignment_forget(struct assignment *assignment);

/* What the group has yet to be told, which counts as told from here on; NULL: nothing. */
rd_kafka_topic_partition_list_t *assignment_acknowledge(struct assignment *assignment);

/* The group did not take this; it is told again. */
void assignment_unacknowledge(struct assignment *assignment,
                              const rd_kafka_topic_partition_list_t *list);

void assignment_finish(struct assignment *assignment);

#endif
