/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/kafka_sink.h"

#include "kafka_common/property.h"
#include "kafka_common/status.h"
#include "kafka_sink/key.h"
#include "kafka_sink/produce.h"

#include <stddef.h>

#define AT_ONCE 4096u /* records a call of librdkafka: between two of them reports are served */
#define WAIT_MS 100   /* for the queue to have room, before the host hears of it */
#define FLUSH_MS 500

static const struct client_setting defaults[] = {
    { "enable.idempotence", "true" },
    { "partitioner", "murmur2_random" },
    { "linger.ms", "20" },
    { "message.timeout.ms", "60000" },
    { "queue.buffering.max.kbytes", "65536" },
    { NULL, NULL },
};

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct client *client = opaque;
    struct kafka_sink *self =
        (struct kafka_sink *)(void *)((char *)client - offsetof(struct kafka_sink, client));
    struct sent_slot *slot = message->_private;
    struct sent *sent = slot->sent;

    (void)rk;
    sent->n_pending--;
    self->n_pending--;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    if (status_of_error(message->err) != LEVADA_REJECT)
        self->lost = message->err;
    else if (!sent_reject(sent, (uint32_t)(slot - sent->slots), message->err))
        self->lost = RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
}

levada_status
kafka_sink_create(void *self_, struct levada_call *call, struct levada_ctx *ctx)
{
    struct kafka_sink *self = self_;
    if (self->create.replication > 0 && self->create.partitions == 0)
        levada->problem(call, "create", "says replication, but not how many partitions");
    levada_status status = client_create(&self->client, call, ctx, self->brokers, defaults,
                                         &self->kafka, PROPERTY_PRODUCER);
    if (status == LEVADA_OK)
        rd_kafka_conf_set_dr_msg_cb(self->client.conf, on_delivery);
    return status;
}

levada_status
kafka_sink_start(void *self_, struct levada_call *call)
{
    struct kafka_sink *self = self_;
    levada_status status = client_start(&self->client, call, RD_KAFKA_PRODUCER);
    if (status != LEVADA_OK)
        return status;
    self->rkt = rd_kafka_topic_new(self->client.rk, self->topic, NULL);
    if (self->rkt == NULL)
        return status_fail(call, LEVADA_CONFIG, "topic %s: %s", self->topic,
                           rd_kafka_err2str(rd_kafka_last_error()));
    return LEVADA_OK;
}

void
kafka_sink_destroy(void *self_)
{
    struct kafka_sink *self = self_;
    if (self->rkt != NULL)
        rd_kafka_topic_destroy(self->rkt);
    client_finish(&self->client);
    sent_finish(&self->sent);
}

/* ---- reports ---- */

static levada_status
check_delivery(struct kafka_sink *self, struct levada_call *call)
{
    char why[256];
    const char *trouble = self->client.trouble;
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(self->client.rk, why, sizeof(why));
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call,
                           status_of_error(err) == LEVADA_CONFIG ? LEVADA_CONFIG : LEVADA_FATAL,
                           "the producer cannot go on: %s", why);
    if (self->lost == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LEVADA_OK;
    return status_fail(call, status_of_error(self->lost), "topic %s: delivery failed: %s%s%s",
                       self->topic, rd_kafka_err2str(self->lost), trouble[0] != '\0' ? "; " : "",
                       trouble);
}

static levada_status
serve(struct kafka_sink *self, struct levada_call *call, int wait_ms)
{
    rd_kafka_poll(self->client.rk, wait_ms);
    sent_release_delivered(&self->sent);
    return check_delivery(self, call);
}

/* ---- records ---- */

static levada_status
begin(struct kafka_sink *self, struct levada_call *call, struct levada_batch *batch)
{
    const struct levada_record *records = levada->records(call, batch);
    if (records == NULL)
        return LEVADA_FATAL;
    self->current = sent_add(&self->sent, batch, records);
    return self->current != NULL ? LEVADA_OK : levada->fail(call, LEVADA_FATAL, "out of memory");
}

static levada_status
describe(struct kafka_sink *self, struct levada_call *call, struct levada_batch *batch,
         struct produce *produce)
{
    *produce = (struct produce){ .rk = self->client.rk, .topic = self->rkt, .sent = self->current };
    if (self->key.n > 0) {
        produce->keys = key_make(call, batch, &self->key);
        if (produce->keys == NULL)
            return LEVADA_FATAL;
    }
    if (self->event_time != NULL) {
        produce->times = levada->times(call, batch, self->event_time);
        if (produce->times == NULL)
            return LEVADA_FATAL;
    }
    return LEVADA_OK;
}

/* Until the whole batch is in librdkafka's queue, or the queue stays full. */
static levada_status
produce_all(struct kafka_sink *self, struct levada_call *call, const struct produce *produce)
{
    struct sent *sent = self->current;
    bool has_waited = false;
    while (sent->n_started < sent->batch->n) {
        uint32_t before = sent->n_started, rejects = sent->n_rejects;
        rd_kafka_resp_err_t err = produce_some(call, produce, AT_ONCE);
        self->n_pending += sent->n_started - before - (sent->n_rejects - rejects);
        bool is_full = err == RD_KAFKA_RESP_ERR__QUEUE_FULL;
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_full)
            return status_fail(call, status_of_error(err), "topic %s: %s", self->topic,
                               rd_kafka_err2str(err));
        if (is_full && has_waited && sent->n_started == before)
            return LEVADA_AGAIN;
        has_waited = is_full;
        levada_status status = serve(self, call, is_full ? WAIT_MS : 0);
        if (status != LEVADA_OK)
            return status;
    }
    return LEVADA_OK;
}

levada_status
kafka_sink_process(void *self_, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct kafka_sink *self = self_;
    struct produce produce;
    levada_status status = LEVADA_OK;

    (void)port;
    if (!self->topic_is_there)
        status = topic_ensure(&self->client, call, self->topic, &self->create);
    if (status != LEVADA_OK)
        return status;
    self->topic_is_there = true;
    if (self->current == NULL)
        status = begin(self, call, batch);
    if (status == LEVADA_OK)
        status = describe(self, call, batch, &produce);
    if (status == LEVADA_OK)
        status = produce_all(self, call, &produce);
    if (status != LEVADA_OK)
        return status;
    self->current->is_producing = false;
    self->current = NULL;
    return LEVADA_ABSORBED;
}

/* ---- signals ---- */

/* OK: every record handed over so far has its report, and the rejects have been told. */
static levada_status
flush(struct kafka_sink *self, struct levada_call *call)
{
    rd_kafka_flush(self->client.rk, FLUSH_MS);
    levada_status status = check_delivery(self, call);
    if (status != LEVADA_OK)
        return status;
    if (self->n_pending > 0)
        return LEVADA_AGAIN;
    return sent_tell_rejects(&self->sent, call);
}

levada_status
kafka_sink_signal(void *self_, struct levada_call *call, const struct levada_signal *signal)
{
    struct kafka_sink *self = self_;
    levada_status status;

    switch (signal->kind) {
    case LEVADA_SIG_TRIGGER:
        status = serve(self, call, 0);
        return status == LEVADA_OK ? sent_tell_rejects(&self->sent, call) : status;
    case LEVADA_SIG_CHECKPOINT:
        return flush(self, call);
    default:
        return LEVADA_OK;
    }
}
