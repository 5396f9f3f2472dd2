/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_PARTITIONS_H
#define PLUGINS_KAFKA_SOURCE_PARTITIONS_H

/* The partitions that are ours, of all topics, and how far each is read. */

#include "kafka_source/held.h"
#include "pace/pace.h"

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct partition {
    const char *topic; /* lives as long as the table */
    int32_t number;
    int64_t next, latest; /* as in levada_position */
    int64_t received;     /* the offset behind the last message that came, held ones included */
    int64_t acknowledged; /* what the group was told last; -1: nothing */
    bool is_ours;
    bool has_state;   /* the group's offset was committed together with state */
    bool has_news;    /* its position is to be told */
    bool is_at_end;   /* nothing readable behind `received`, when we heard last */
    bool is_paused;   /* librdkafka fetches nothing */
    struct held held; /* limits.h, as all below */
    struct pace pace; /* max_rate_per_partition */
    int64_t share;    /* left of this trigger's records; -1: not known yet */
    uint32_t allowed; /* in this poll */
};

struct partition_topic;

struct partitions { /* zeroed: none */
    struct partition_topic **topics;
    uint32_t n_topics;
    struct partition **all; /* also those that once were ours */
    uint32_t n_all, room;
    struct partition **news; /* those that have them; as much room as `all` */
    uint32_t n_news;
    const rd_kafka_topic_t *last_rkt; /* whose topic `last` is */
    struct partition_topic *last;
};

void partitions_finish(struct partitions *partitions);

/* The partition, which is made if it is not there. NULL: out of memory. */
struct partition *partitions_add(struct partitions *partitions, const char *topic, int32_t number);

/* NULL: not ours (any more). */
struct partition *partitions_find(struct partitions *partitions, const char *topic, int32_t number);
struct partition *partitions_of(struct partitions *partitions, const rd_kafka_message_t *message);

/* What is held goes back, and none is ours. */
void partitions_let_go(struct partitions *partitions);

/* A topic of which some were ours and were let go, until it was looked for; NULL: no other. */
const char *partitions_missed(const struct partitions *partitions);
void partitions_looked_for(struct partitions *partitions, const char *topic);

/* False: that it was deleted is known already, and it has not come back. */
bool partitions_note_deleted(struct partitions *partitions, const char *topic);

/* Its position has changed. */
void partitions_note(struct partitions *partitions, struct partition *partition);

/* Its end, as librdkafka, which hears of it with every fetch, knows it. */
void partitions_update_end(struct partition *partition, rd_kafka_t *rk);

/* Tells the host of each that has news: of @batch, or of none. */
levada_status partitions_tell(struct partitions *partitions, struct levada_call *call,
                              struct levada_batch *batch);

/* Tells the host which are ours. */
levada_status partitions_tell_ours(const struct partitions *partitions, struct levada_call *call);

#endif
