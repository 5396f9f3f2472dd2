/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/delivery.h"

#include "kafka_common/status.h"
#include "kafka_sink/kafka_sink.h"
#include "kafka_sink/produce.h"

#include <levada/levada.h>
#include <stddef.h>
#include <stdio.h>

#define AT_ONCE 4096u /* records a call of librdkafka: between two of them reports are served */
#define WAIT_MS 100   /* for the queue to have room, before the host hears of it */
#define FLUSH_MS 500
#define MOST_REBUILDS 5u /* in a row, with nothing delivered in between */
#define LOG_WARN 2       /* of levada->log() */

/* ---- reports ---- */

/* Did the record itself say which partition? Then that it is not there is the record's fault. */
static bool
names_partition(const struct sent_slot *slot)
{
    const struct sent *sent = slot->sent;
    return sent->address.partitions != NULL &&
           sent->address.partitions[slot - sent->slots] != RD_KAFKA_PARTITION_UA;
}

/* Said of records because their transaction is void already. */
static bool
is_consequence(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__STATE || err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
           err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

/* Nothing is sent again: all of the transaction is void. The first reason counts, as what fails
 * behind it fails because of it. */
static void
take_failure_in_transaction(struct kafka_sink *self, struct sent_slot *slot,
                            rd_kafka_resp_err_t err)
{
    struct delivery *delivery = &self->delivery;
    bool is_first = delivery->lost == RD_KAFKA_RESP_ERR_NO_ERROR || is_consequence(delivery->lost);
    if (is_first)
        delivery->lost = err;
    bool is_known = kafka_sink_is_one_by_one(self) || err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    if (is_first && produce_judge(err) == LEVADA_REJECT)
        delivery->is_hopeless =
            !refused_note(&self->refused, is_known ? sent_record(slot) : NULL, err);
    sent_settle(&self->sent, slot);
}

/* Of a record that did not arrive. The producer's own end is not the record's. */
static void
take_failure(struct kafka_sink *self, struct sent_slot *slot, rd_kafka_resp_err_t err)
{
    struct delivery *delivery = &self->delivery;
    if (err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION && !names_partition(slot))
        err = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC; /* it was deleted under us */
    if (kafka_sink_is_transactional(self)) {
        take_failure_in_transaction(self, slot, err);
    } else if (rd_kafka_fatal_error(kafka_sink_producer(self)->rk, NULL, 0) !=
               RD_KAFKA_RESP_ERR_NO_ERROR) {
        sent_again(&self->sent, slot);
    } else if (produce_judge(err) != LEVADA_REJECT) {
        delivery->lost = err;
        sent_again(&self->sent, slot);
    } else if (err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
               (delivery->group > 0 && delivery->n_of_group == 1)) {
        if (!sent_reject(&self->sent, slot, err, NULL))
            delivery->lost = RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    } else {
        delivery->was_refused = true;
        sent_suspect(&self->sent, slot);
        sent_again(&self->sent, slot);
    }
}

/* Several sinks may write through one producer. */
static struct kafka_sink *
sink_of(const struct sent *sent)
{
    return (struct kafka_sink *)(void *)((char *)sent->list - offsetof(struct kafka_sink, sent));
}

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct client *client = opaque;
    struct sent_slot *slot = message->_private;

    (void)rk;
    if (slot == NULL)
        return; /* of the changelog: what went wrong is what the commit says */
    struct kafka_sink *self = sink_of(slot->sent);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        take_failure(self, slot, message->err);
        return;
    }
    sent_settle(&self->sent, slot);
    self->delivery.n_rebuilds = 0;
    if (client->down)
        client_note_answer(client);
}

void
delivery_plan(struct kafka_sink *self, struct levada_call *call)
{
    rd_kafka_conf_set_dr_msg_cb(self->client.conf, on_delivery);
    self->delivery.rebuilds =
        levada->counter(call, "producer_rebuilds", "", "producers that broke and were replaced");
}

/* ---- a producer that broke ---- */

/* A new one sends again what has no report: at least once, and nothing that arrived is asked for.
 */
static levada_status
rebuild(struct kafka_sink *self, struct levada_call *call, const char *why)
{
    struct delivery *delivery = &self->delivery;
    char facts[400];
    if (delivery->n_rebuilds++ == MOST_REBUILDS)
        return status_fail(call, LEVADA_FATAL,
                           "the producer cannot go on, nor could %u that replaced it: %s",
                           MOST_REBUILDS, why);
    snprintf(facts, sizeof(facts), "in_flight=%llu reason=\"%.300s\"",
             (unsigned long long)self->sent.n_in_flight, why);
    levada->log(self->client.ctx, LOG_WARN, "the producer broke and is replaced", facts);
    levada_count(delivery->rebuilds, 1);
    rd_kafka_purge(self->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                        RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_poll(self->client.rk, 0);
    topics_close(&self->topics);
    client_stop(&self->client);
    sent_again_all(&self->sent);
    return client_start(&self->client, call, RD_KAFKA_PRODUCER);
}

/* The sink with which it began: the records of all others fail because of it. */
static const struct delivery *
find_cause(const struct kafka_sink *self)
{
    for (const struct kafka_sink *one = self->leader; one != NULL; one = one->next)
        if (one->delivery.lost != RD_KAFKA_RESP_ERR_NO_ERROR && !is_consequence(one->delivery.lost))
            return &one->delivery;
    return &self->delivery;
}

/*
 * In a transaction the host begins the round again, with a new producer where it is to be one. It
 * hears so from a signal. What would only happen again stops it.
 */
static levada_status
check_transaction(struct kafka_sink *self, struct levada_call *call)
{
    if (!self->delivery.is_in_signal)
        return delivery_is_void(self) ? LEVADA_ABSORBED : LEVADA_OK;
    levada_status status = transaction_check(&self->leader->transaction, call);
    if (status != LEVADA_OK || self->delivery.lost == RD_KAFKA_RESP_ERR_NO_ERROR)
        return status;
    const struct delivery *cause = find_cause(self);
    rd_kafka_resp_err_t lost = cause->lost;
    if (cause->is_hopeless)
        return status_fail(call, LEVADA_FATAL,
                           "the broker has not taken more than %u records of one transaction: %s",
                           REFUSED_MOST, rd_kafka_err2str(lost));
    status = produce_judge(lost);
    if (status == LEVADA_NO_OUTPUT)
        return status_fail(call, status, "a topic is gone that records were sent to: %s",
                           rd_kafka_err2str(lost));
    return status_fail(call, status == LEVADA_CONFIG ? status : LEVADA_LOST, "delivery failed: %s",
                       rd_kafka_err2str(lost));
}

bool
delivery_is_void(const struct kafka_sink *self)
{
    return kafka_sink_is_transactional(self) && kafka_sink_producer(self)->rk != NULL &&
           (self->delivery.lost != RD_KAFKA_RESP_ERR_NO_ERROR ||
            rd_kafka_fatal_error(kafka_sink_producer(self)->rk, NULL, 0) !=
                RD_KAFKA_RESP_ERR_NO_ERROR);
}

static levada_status
check(struct kafka_sink *self, struct levada_call *call)
{
    char why[256];
    if (kafka_sink_is_transactional(self))
        return check_transaction(self, call);
    rd_kafka_resp_err_t lost = self->delivery.lost;
    const char *trouble = kafka_sink_producer(self)->trouble;
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(kafka_sink_producer(self)->rk, why, sizeof(why));
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && status_of_error(err) == LEVADA_CONFIG)
        return status_fail(call, LEVADA_CONFIG, "the broker refuses us: %s", why);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return rebuild(self, call, why);
    if (lost == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LEVADA_OK;
    return status_fail(call, produce_judge(lost), "delivery failed: %s%s%s", rd_kafka_err2str(lost),
                       trouble[0] != '\0' ? "; " : "", trouble);
}

levada_status
delivery_serve(struct kafka_sink *self, struct levada_call *call, int wait_ms)
{
    rd_kafka_poll(kafka_sink_producer(self)->rk, wait_ms);
    sent_release_delivered(&self->sent);
    return check(self, call);
}

/* ---- groups ---- */

/* How many records may be handed over now. A group is over before the next one begins. */
static uint64_t
room(struct kafka_sink *self)
{
    struct delivery *delivery = &self->delivery;
    if (kafka_sink_is_one_by_one(self))
        return kafka_sink_in_flight(self) == 0;
    if (self->sent.n_suspects == 0) {
        delivery->group = 0;
        delivery->was_refused = false;
        delivery->n_of_group = 0;
        return UINT64_MAX;
    }
    if (self->sent.n_in_flight > 0)
        return 0;
    if (delivery->group == 0)
        delivery->group = self->sent.n_suspects;
    delivery->group = delivery->was_refused ? delivery->group / 2 : delivery->group * 2;
    delivery->group += delivery->group == 0;
    delivery->was_refused = false;
    delivery->n_of_group = 0;
    return delivery->group;
}

/* Everything that is in flight gets the time to come back. */
static levada_status
wait_for_group(struct kafka_sink *self, struct levada_call *call)
{
    rd_kafka_flush(kafka_sink_producer(self)->rk, WAIT_MS); /* without linger.ms, unlike poll() */
    levada_status status = delivery_serve(self, call, 0);
    if (status != LEVADA_OK)
        return status;
    uint64_t n =
        kafka_sink_is_one_by_one(self) ? kafka_sink_in_flight(self) : self->sent.n_in_flight;
    return n > 0 ? LEVADA_AGAIN : LEVADA_OK;
}

/* One group, or as much as there is. */
static levada_status
produce_group(struct kafka_sink *self, struct levada_call *call, uint64_t most)
{
    struct sent *sent;
    bool has_waited = false;
    while (most > 0 && (sent = sent_waiting(&self->sent)) != NULL) {
        uint32_t n = 0;
        rd_kafka_resp_err_t err =
            produce_some(self, call, sent, most < AT_ONCE ? (uint32_t)most : AT_ONCE, &n);
        bool is_full = err == RD_KAFKA_RESP_ERR__QUEUE_FULL;
        bool is_broken = err == RD_KAFKA_RESP_ERR__FATAL; /* check() sees to it */
        self->delivery.n_of_group += n;
        most -= n;
        if (err == RD_KAFKA_RESP_ERR__STATE && kafka_sink_is_transactional(self)) {
            if (self->delivery.lost == RD_KAFKA_RESP_ERR_NO_ERROR)
                self->delivery.lost = err; /* this transaction takes no more; check() sees to it */
        } else if (err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_full && !is_broken) {
            return status_fail(call, produce_judge(err), "%s", rd_kafka_err2str(err));
        }
        if (is_full && has_waited && n == 0)
            return LEVADA_AGAIN;
        has_waited = is_full;
        levada_status status = delivery_serve(self, call, is_full ? WAIT_MS : 0);
        if (status != LEVADA_OK)
            return status;
        if (self->sent.n_suspects > 0 && self->delivery.group == 0)
            return LEVADA_OK; /* the first of this kind: no more until it is known who is bad */
    }
    return LEVADA_OK;
}

levada_status
delivery_produce(struct kafka_sink *self, struct levada_call *call)
{
    levada_status status = LEVADA_OK;
    while (status == LEVADA_OK && sent_waiting(&self->sent) != NULL) {
        uint64_t most = room(self);
        status = most > 0 ? produce_group(self, call, most) : wait_for_group(self, call);
    }
    return status;
}

levada_status
delivery_flush(struct kafka_sink *self, struct levada_call *call)
{
    levada_status status = delivery_produce(self, call);
    if (status != LEVADA_OK)
        return status;
    rd_kafka_flush(kafka_sink_producer(self)->rk, FLUSH_MS);
    status = delivery_serve(self, call, 0);
    if (status != LEVADA_OK)
        return status;
    return self->sent.n_in_flight > 0 || sent_waiting(&self->sent) != NULL ? LEVADA_AGAIN
                                                                           : LEVADA_OK;
}
