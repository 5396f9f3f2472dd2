/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_PRODUCE_H
#define PLUGINS_KAFKA_SINK_PRODUCE_H

/* Records into librdkafka's queue. */

#include "kafka_sink/sent.h"

#include <stdbool.h>

struct produce {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    struct sent *sent;
    const struct levada_bytes *keys; /* NULL: the records' own */
    const int64_t *times;            /* NULL: the records' own */
};

/*
 * Hands over records from sent->n_started on, up to @n of them, until the queue is full. Those that
 * are invalid at sight are rejects. NO_ERROR, _QUEUE_FULL, or what makes further tries pointless.
 */
rd_kafka_resp_err_t produce_some(struct levada_call *call, const struct produce *produce,
                                 uint32_t n);

#endif
