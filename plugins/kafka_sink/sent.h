/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_SENT_H
#define PLUGINS_KAFKA_SINK_SENT_H

/*
 * Batches on their way. librdkafka sends the records' bytes from where they lie, and a producer
 * that broke is replaced by one that sends again: so each batch is held until every one of its
 * records is settled, delivered or refused for good.
 */

#include "kafka_sink/address.h"

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

enum sent_state {
    SENT_WAITING, /* to be handed to librdkafka, for the first time or again */
    SENT_IN_FLIGHT,
    SENT_SETTLED,
};

struct sent_slot { /* of one record: what its delivery report is known by */
    struct sent *sent;
    uint32_t state;
    bool is_suspect; /* the broker refused the company that it was in */
};

struct sent_reject {
    uint32_t record;
    rd_kafka_resp_err_t err;
    const char *why; /* NULL: err says it; lives as the batch does */
};

struct sent {
    struct sent *next;
    struct sent_list *list;
    struct levada_batch *batch;          /* ours */
    const struct levada_record *records; /* live as it does */
    struct address address;
    uint32_t cursor; /* no record before it is waiting */
    uint32_t n_settled;
    struct sent_reject *rejects;
    uint32_t n_rejects, room_rejects;
    bool is_void;             /* its records come again: nothing more is told or sent of these */
    struct sent_slot slots[]; /* batch->n */
};

struct sent_list { /* oldest first; zeroed */
    struct sent *first, **end;
    uint64_t n_in_flight;
    uint64_t n_suspects; /* of the records that are not settled */
};

/* Holds @batch, whose records are @records; all are waiting. NULL: out of memory. */
struct sent *sent_add(struct sent_list *list, struct levada_batch *batch,
                      const struct levada_record *records);

/* Lets go of the newest batch, of which nothing was started. */
void sent_drop(struct sent_list *list, struct sent *sent);

/* The oldest batch with a waiting record, which its cursor is at; or NULL. */
struct sent *sent_waiting(const struct sent_list *list);

/* The record that it stands for. */
const struct levada_record *sent_record(const struct sent_slot *slot);

void sent_start(struct sent_list *list, struct sent_slot *slot);  /* waiting -> in flight */
void sent_settle(struct sent_list *list, struct sent_slot *slot); /* -> settled */
void sent_again(struct sent_list *list, struct sent_slot *slot);  /* in flight -> waiting */
void sent_suspect(struct sent_list *list, struct sent_slot *slot);
void sent_again_all(struct sent_list *list); /* all that is in flight */

/* The host shows all of this again: what waits is not sent, what was refused is not told. */
void sent_void(struct sent_list *list);

/* Settles a record that will never be taken. False: out of memory. */
bool sent_reject(struct sent_list *list, struct sent_slot *slot, rd_kafka_resp_err_t err,
                 const char *why);

/* Lets go of the batches that are delivered, but not of those with rejects. */
void sent_release_delivered(struct sent_list *list);

/* Says fail_at() of every reject in batches that are settled, and lets go of these. */
levada_status sent_tell_rejects(struct sent_list *list, struct levada_call *call);

/* Lets go of all, once librdkafka has. */
void sent_finish(struct sent_list *list);

#endif
