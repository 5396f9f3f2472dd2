/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_READING_H
#define PLUGINS_KAFKA_SOURCE_READING_H

/* Takes what librdkafka has: messages, and what it says instead of one. */

#include "kafka_source/fetched.h"
#include "kafka_source/kafka_source.h"

/*
 * Adds at most @most messages to @fetched, within the limits; waits for the first alone. A failure
 * makes all of them void.
 */
levada_status reading_fetch(struct kafka_source *self, struct levada_call *call,
                            struct fetched *fetched, uint32_t most, uint32_t wait_ms);

/*
 * Can the consumer go on? After what is fatal to librdkafka it answers nothing any more. LOST: with
 * another in its place; FATAL, CONFIG: not at all.
 */
levada_status reading_check(struct kafka_source *self, struct levada_call *call);

/*
 * Hears what the group says while it is not known yet where to read on: it may have changed its
 * mind, which stands in the same queue as records. Those are dropped, since all of them are read
 * again from where we will be.
 */
levada_status reading_listen(struct kafka_source *self, struct levada_call *call);

#endif
