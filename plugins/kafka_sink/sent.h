/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_SENT_H
#define PLUGINS_KAFKA_SINK_SENT_H

/*
 * Batches that were handed to librdkafka, which sends the records' bytes from where they lie: each
 * batch is held until every one of its records has its delivery report.
 */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct sent_slot { /* of one record: what its delivery report is known by */
    struct sent *sent;
};

struct sent_reject {
    uint32_t record;
    rd_kafka_resp_err_t err;
};

struct sent {
    struct sent *next;
    struct levada_batch *batch;          /* ours */
    const struct levada_record *records; /* live as it does */
    uint32_t n_started; /* the first records; those behind have yet to be produced */
    uint32_t n_pending; /* of them, without a report */
    struct sent_reject *rejects;
    uint32_t n_rejects, room_rejects;
    bool is_producing;        /* process() is not done with it */
    struct sent_slot slots[]; /* batch->n */
};

struct sent_list { /* oldest first; zeroed */
    struct sent *first, **end;
};

/* Holds @batch, whose records are @records. NULL: out of memory. */
struct sent *sent_add(struct sent_list *list, struct levada_batch *batch,
                      const struct levada_record *records);

/* Record @i will never be taken. False: out of memory. */
bool sent_reject(struct sent *sent, uint32_t i, rd_kafka_resp_err_t err);

/* Lets go of the batches that are delivered, but not of those with rejects. */
void sent_release_delivered(struct sent_list *list);

/* Says fail_at() of every reject in batches that are done, and lets go of these. */
levada_status sent_tell_rejects(struct sent_list *list, struct levada_call *call);

/* Lets go of all, once librdkafka has. */
void sent_finish(struct sent_list *list);

#endif
