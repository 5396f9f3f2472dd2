/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_KAFKA_SINK_H
#define PLUGINS_KAFKA_SINK_KAFKA_SINK_H

/*
 * An idempotent producer. process() only hands records over; CHECKPOINT answers OK once each has
 * its delivery report.
 */

#include "kafka_common/client.h"
#include "kafka_sink/changelog.h"
#include "kafka_sink/delivery.h"
#include "kafka_sink/refused.h"
#include "kafka_sink/sent.h"
#include "kafka_sink/topic.h"
#include "kafka_sink/transaction.h"

#include <levada/plugin.h>
#include <stdbool.h>

struct kafka_sink {
    const char *brokers, *topic, *changelog_topic; /* options */
    struct levada_list key, kafka;
    const struct levada_path *event_time, *topic_field, *partition;
    struct topic_shape create;

    struct {
        const struct levada_path *key, *timestamp, *stream, *partition;
    } meta; /* what stages above may have set */
    struct client client;
    /* Whose producer and transactions these records go through; ourselves, but for who has joined.
     */
    struct kafka_sink *leader;
    struct kafka_sink *next; /* of those that have joined one, from the leader on */
    struct topics topics;
    struct topic *topic_of_all; /* of the records that name none; NULL: not looked up yet */
    struct sent_list sent;
    struct sent *current; /* the batch that process() said AGAIN to; the host shows it again */
    struct delivery delivery;
    struct transaction transaction; /* without an id: delivery is at least once */
    struct refused refused;         /* within a transaction */
    struct changelog changelog;
    char changelog_name[256]; /* where the option gives none */
};

levada_status kafka_sink_create(void *self, struct levada_call *call, struct levada_ctx *ctx);
levada_status kafka_sink_start(void *self, struct levada_call *call);
levada_status kafka_sink_process(void *self, struct levada_call *call, uint32_t port,
                                 struct levada_batch *batch);
levada_status kafka_sink_signal(void *self, struct levada_call *call,
                                const struct levada_signal *signal);
void kafka_sink_destroy(void *self);

/* The producer that they go through. */
static inline struct client *
kafka_sink_producer(const struct kafka_sink *self)
{
    return &self->leader->client;
}

/* exactly_once.c */
bool kafka_sink_is_transactional(const struct kafka_sink *self);
void kafka_sink_plan_transaction(struct kafka_sink *self, struct levada_call *call);
/* In start(): makes the producer a transactional one, where the pipeline is exactly once. */
levada_status kafka_sink_start_transaction(struct kafka_sink *self, struct levada_call *call);
/* Before a record is produced. As transaction_begin(). */
levada_status kafka_sink_begin_transaction(struct kafka_sink *self, struct levada_call *call,
                                           bool may_lose);
levada_status kafka_sink_abort_transaction(struct kafka_sink *self, struct levada_call *call);
levada_status kafka_sink_restore_transaction(struct kafka_sink *self, struct levada_call *call);
/* Are records of a transaction sent one at a time, all sinks counted? How many are on their way? */
bool kafka_sink_is_one_by_one(const struct kafka_sink *self);
uint64_t kafka_sink_in_flight(const struct kafka_sink *self);
/* Ends the producer, for whoever writes through it. */
void kafka_sink_leave(struct kafka_sink *self);
extern const struct levada_txn_v1 kafka_sink_txn;

/* connect.c */
extern const struct levada_connect_v1 kafka_sink_connect;

#endif
