/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_PRODUCE_H
#define PLUGINS_KAFKA_SINK_PRODUCE_H

/* Records into librdkafka's queue. */

#include "kafka_sink/sent.h"

struct kafka_sink;

/*
 * Hands over waiting records of @sent from its cursor on, up to @most of them, until the queue is
 * full; *n tells how many. Those that are invalid at sight are refused. NO_ERROR, _QUEUE_FULL,
 * _FATAL, or what makes further tries pointless.
 */
rd_kafka_resp_err_t produce_some(struct kafka_sink *self, struct levada_call *call,
                                 struct sent *sent, uint32_t most, uint32_t *n);

/* status_of_error() of what happened to a record: some errors are the record's own fault here. */
levada_status produce_judge(rd_kafka_resp_err_t err);

#endif
