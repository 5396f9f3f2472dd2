/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_HELD_H
#define PLUGINS_KAFKA_SOURCE_HELD_H

/* Messages that came before they may be read: of one partition, in their order. */

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct held { /* zeroed: none */
    rd_kafka_message_t **messages;
    uint32_t first, n, room;
    uint64_t bytes; /* of keys and values */
};

/* Takes @message, also when it fails for want of memory. */
bool held_push(struct held *held, rd_kafka_message_t *message);

/* The oldest, which is the caller's; NULL: there is none. */
rd_kafka_message_t *held_take(struct held *held);

/* Gives all of them back. */
void held_clear(struct held *held);

#endif
