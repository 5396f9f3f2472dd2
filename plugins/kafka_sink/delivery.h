/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_DELIVERY_H
#define PLUGINS_KAFKA_SINK_DELIVERY_H

/* From waiting to settled: what comes of the records that librdkafka was given. */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct kafka_sink;

struct delivery {
    rd_kafka_resp_err_t lost; /* a delivery failed for good, and not because of its record */
    /*
     * A broker takes a batch or refuses it as a whole, whichever record is at fault. So those of a
     * refused one are sent again in groups, half as large each time, until the bad one is alone.
     */
    uint64_t group;      /* the most that may be in flight together; 0: as many as there are */
    uint64_t n_of_group; /* records of the present one */
    bool was_refused;    /* the present one, or a part of it */
    bool is_in_signal;   /* where LOST may be told */
    bool is_hopeless;    /* too many of a transaction were refused */
    uint32_t n_rebuilds; /* since a record was delivered */
    uint64_t *rebuilds;  /* a metric */
};

void delivery_plan(struct kafka_sink *self, struct levada_call *call);

/* Is the transaction of no use, which a signal has to tell? */
bool delivery_is_void(const struct kafka_sink *self);

/*
 * Hands over all that is waiting. AGAIN: not all of it, for now. Outside of signals ABSORBED: what
 * is handed over is void.
 */
levada_status delivery_produce(struct kafka_sink *self, struct levada_call *call);

/* Takes the reports that are there. Fails where the sink cannot go on. */
levada_status delivery_serve(struct kafka_sink *self, struct levada_call *call, int wait_ms);

/* OK: every record handed over so far is settled. AGAIN: not yet. */
levada_status delivery_flush(struct kafka_sink *self, struct levada_call *call);

#endif
