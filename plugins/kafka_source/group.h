/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_GROUP_H
#define PLUGINS_KAFKA_SOURCE_GROUP_H

/*
 * Our membership in the group, for a transaction that commits our positions: levada.group/1. It is
 * that under which the partitions were given to us, taken at that moment: the broker then refuses
 * what we commit after others have them. (It checks nothing of a membership that has none yet.)
 */

#include "kafka_source/also_read.h"

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct kafka_source;

#define GROUP_FENCED_OFTEN 3

struct group_member { /* serialized; NULL: none */
    void *bytes;
    size_t n;
};

struct group {
    bool in_transaction;                   /* the pipeline's positions are committed so */
    struct group_member member, next;      /* of what is read, and of what was given since */
    bool is_fenced;                        /* another has our name, or had it for a moment */
    int64_t fenced_ms[GROUP_FENCED_OFTEN]; /* when, for no reason that we know; monotonic */
    uint32_t n_fenced;
    struct also_read also_read;
    rd_kafka_topic_partition_list_t *ends; /* of the input, when reached() first asked; or NULL */
    bool has_joined;
};

/* In start(), before the client: what a member whose positions a transaction commits has to be. */
levada_status group_configure(struct kafka_source *self, struct levada_call *call);

/*
 * The broker says that another member has our name. LOST, and is_fenced: it may have been
 * ourselves, when the coordinator of the group died (@was_cut), with an answer to us, or with a
 * member that it had not written down; so we join again. CONFIG, as it is another process: that is
 * no reason, and there is no transaction, or it is the third time in five minutes.
 */
levada_status group_fence(struct group *group, struct levada_call *call, bool was_cut);

/*
 * Partitions were given to us, and are read from when they are taken over: what was read before is
 * of the membership before. They are ours no more.
 */
void group_note_assigned(struct group *group, rd_kafka_t *rk);
void group_take_over(struct group *group);
void group_let_go(struct group *group);
/* The client ends, or we do. */
void group_leave(struct group *group);
void group_finish(struct group *group);

/* Asks to be a member that gets its part of the topics, of those that are also read as well. */
levada_status group_join(struct kafka_source *self, struct levada_call *call);

extern const struct levada_group_v1 kafka_source_group;

#endif
