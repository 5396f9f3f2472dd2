/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_FETCHED_H
#define PLUGINS_KAFKA_SOURCE_FETCHED_H

/* Messages as librdkafka gave them, which become a batch without a copy of their bytes. */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>

struct fetched {
    rd_kafka_message_t **messages;
    uint32_t n, room;
    atomic_uint *n_batches; /* once they are a batch */
};

/* Takes @message, also when it fails for want of memory. */
bool fetched_add(struct fetched *fetched, rd_kafka_message_t *message);

/*
 * Moves those that @is_one of into a @part of their own, which is NULL where there are none. False:
 * out of memory.
 */
bool fetched_take(struct fetched *fetched, bool (*is_one)(void *user, const rd_kafka_message_t *),
                  void *user, struct fetched **part);

/* Gives the messages back. NULL is allowed. */
void fetched_destroy(struct fetched *fetched);

/*
 * A batch of the messages, which it owns from here on, in every case. @flags are those of each
 * record beside R_BORROWED. @n_batches counts it for as long as anybody has it. NULL: a host
 * function failed.
 */
struct levada_batch *fetched_batch(struct fetched *fetched, struct levada_call *call,
                                   uint32_t flags, atomic_uint *n_batches);

#endif
