/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_LIMITS_H
#define PLUGINS_KAFKA_SOURCE_LIMITS_H

/*
 * How much may be read of each partition now: max_offsets_per_trigger, shared out in proportion to
 * what is unread, and max_rate_per_partition. librdkafka hands out the messages of all partitions
 * in one row: those that come too early are held back, and a partition of which enough is held
 * pauses.
 */

#include "kafka_source/partitions.h"

#include <stdbool.h>
#include <stdint.h>

struct limits {
    int64_t per_trigger, rate; /* the options; 0: no limit */
    int64_t taken;             /* records since the last trigger */
    bool is_shared;            /* shares are those of this trigger */
    uint32_t turn;             /* whose turn it is to get what does not divide */
};

/* Is there any limit? Without one nothing below is needed. */
bool limits_exist(const struct limits *limits);

/* Another trigger begins. */
void limits_trigger(struct limits *limits);

/* Sets `allowed` of each partition, of which the caller takes what it uses; returns how many at
 * most. */
uint32_t limits_begin(struct limits *limits, struct partitions *partitions, rd_kafka_t *rk,
                      int64_t now_ns, uint32_t most);

/* @n records of @partition leave. */
void limits_took(struct limits *limits, struct partition *partition, uint32_t n);

/* Has this trigger got all that it may have, while there is more? */
bool limits_reached(const struct limits *limits, const struct partitions *partitions);

/* How long until a partition with something unread may go on; -1: none waits for its rate. */
int64_t limits_wait_ns(const struct limits *limits, const struct partitions *partitions);

/* Takes @message, which comes too early. False: out of memory. */
bool limits_hold(const struct partitions *partitions, struct partition *partition, rd_kafka_t *rk,
                 rd_kafka_message_t *message);

/* Of @partition nothing is held any more. */
void limits_resume(struct partition *partition, rd_kafka_t *rk);
void limits_resume_all(struct partitions *partitions, rd_kafka_t *rk);

#endif
