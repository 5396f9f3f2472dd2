/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_TRANSACTION_H
#define PLUGINS_KAFKA_SINK_TRANSACTION_H

/*
 * The producer's transactions, one after another, and how librdkafka's errors in them are answered:
 * docs/exactly-once.md has the table. Every call answers within about a second; RETRY is to be
 * called again with the same arguments, LOST leads to transaction_abort().
 */

#include "kafka_common/client.h"

#include <levada/plugin.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TRANSACTION_FENCINGS 3

struct transaction {
    struct client *client;
    const char *id; /* the transactional id; NULL: there are no transactions */
    bool is_open;   /* older users of the id are fenced */
    bool has_begun;
    bool is_dead;              /* fatal: the producer has to be made anew */
    int64_t began_ms, most_ms; /* the open one; how long it may last */
    atomic_uint answers;       /* of brokers that were asked for a coordinator, or it for an id */
    atomic_bool unanswered;    /* a request of the protocol had no answer: the same, in time */
    atomic_bool may_fence_itself; /* one of those takes over the identity, if it comes yet */
    int64_t fenced_ms[TRANSACTION_FENCINGS]; /* when, the last ones; monotonic */
    uint32_t n_fenced;
    uint64_t *commits, *aborts, *fencings, *rebuilds; /* metrics */
};

/* In create(). */
void transaction_plan(struct transaction *transaction, struct levada_call *call);

/*
 * In start(), before the client: it becomes the producer of @id, which lives as long. How long a
 * request may take is ours to say, unless @has_socket_timeout.
 */
levada_status transaction_configure(struct transaction *transaction, struct levada_call *call,
                                    struct client *client, const char *id, bool has_socket_timeout);

/*
 * Must the producer end before the next transaction begins? Its owner then stops the client and
 * says transaction_forget_producer().
 */
bool transaction_is_spent(const struct transaction *transaction);
void transaction_forget_producer(struct transaction *transaction);

/* Fences older users of the id; starts the client where it is not running. */
levada_status transaction_open(struct transaction *transaction, struct levada_call *call);
/* Is the producer alive? LOST and CONFIG as everywhere. */
levada_status transaction_check(struct transaction *transaction, struct levada_call *call);

/*
 * Before anything is produced; does nothing where one has begun. ABSORBED: LOST, where that may not
 * be told; transaction_check() tells it.
 */
levada_status transaction_begin(struct transaction *transaction, struct levada_call *call,
                                bool may_lose);
/* @member: as rd_kafka_consumer_group_metadata_write() gave it. */
levada_status transaction_send_positions(struct transaction *transaction, struct levada_call *call,
                                         struct levada_bytes member,
                                         const struct levada_position *positions, uint32_t n);
levada_status transaction_commit(struct transaction *transaction, struct levada_call *call);
/* What was begun is void; afterwards the producer may be spent. */
levada_status transaction_abort(struct transaction *transaction, struct levada_call *call);

#endif
