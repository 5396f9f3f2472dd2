/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/kafka_sink.h"

#include "kafka_common/property.h"
#include "kafka_common/status.h"
#include "kafka_common/topic_name.h"

#include <string.h>

static const struct client_setting defaults[] = {
    { "enable.idempotence", "true" },
    { "allow.auto.create.topics", "false" }, /* the option `create` says which */
    { "partitioner", "murmur2_random" },
    { "linger.ms", "20" },
    { "message.timeout.ms", "120000" }, /* as in Java clients */
    { "queue.buffering.max.kbytes", "65536" },
    { NULL, NULL },
};

levada_status
kafka_sink_create(void *self_, struct levada_call *call, struct levada_ctx *ctx)
{
    struct kafka_sink *self = self_;
    const char *why;
    self->leader = self;
    if (self->create.partitions == 0 &&
        (self->create.replication > 0 || self->create.settings.n > 0))
        levada->problem(call, "create", "does not say how many partitions");
    if (!topic_name_is_valid(self->topic, strlen(self->topic), &why))
        levada->problem(call, "topic", why);
    levada_status status = address_plan(self, call);
    if (status == LEVADA_OK)
        status = client_create(&self->client, call, ctx, self->brokers, defaults, &self->kafka,
                               PROPERTY_PRODUCER);
    if (status == LEVADA_OK)
        delivery_plan(self, call);
    if (status == LEVADA_OK)
        kafka_sink_plan_transaction(self, call);
    return status;
}

levada_status
kafka_sink_start(void *self_, struct levada_call *call)
{
    struct kafka_sink *self = self_;
    if (self->leader != self)
        return LEVADA_OK;
    levada_status status = kafka_sink_start_transaction(self, call);
    if (status == LEVADA_OK)
        status = client_start(&self->client, call, RD_KAFKA_PRODUCER);
    return status;
}

void
kafka_sink_destroy(void *self_)
{
    struct kafka_sink *self = self_;
    kafka_sink_leave(self);
    topics_finish(&self->topics);
    client_finish(&self->client);
    sent_finish(&self->sent);
}

/* ---- records ---- */

/* The topic of the option. It is the one that has to be there. */
static levada_status
find_topic_of_all(struct kafka_sink *self, struct levada_call *call)
{
    if (self->topic_of_all != NULL)
        return LEVADA_OK;
    struct topic *topic = topics_get(&self->topics, self->topic, strlen(self->topic));
    if (topic == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    levada_status status = topic_ask(kafka_sink_producer(self), call, topic, &self->create);
    if (status != LEVADA_OK)
        return status;
    if (!topic->is_there)
        return status_fail(call, LEVADA_NO_OUTPUT,
                           "there is no topic %s; create = { partitions = 1; } makes one",
                           self->topic);
    self->topic_of_all = topic;
    return LEVADA_OK;
}

/* Those that the broker did not take when it last saw this transaction. */
static bool
leave_out_refused(struct kafka_sink *self, struct sent *sent)
{
    for (uint32_t i = 0; self->refused.n > 0 && i < sent->batch->n; i++) {
        struct sent_slot *slot = &sent->slots[i];
        rd_kafka_resp_err_t err = refused_find(&self->refused, sent_record(slot));
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR && slot->state == SENT_WAITING &&
            !sent_reject(&self->sent, slot, err, NULL))
            return false;
    }
    return true;
}

/* What fails here leaves no trace: the host may show the records again in other batches. */
static levada_status
begin(struct kafka_sink *self, struct levada_call *call, struct levada_batch *batch)
{
    topics_forget_missing(&self->topics);
    levada_status status = kafka_sink_begin_transaction(self, call, false);
    if (status == LEVADA_OK)
        status = find_topic_of_all(self, call);
    if (status != LEVADA_OK)
        return status;
    const struct levada_record *records = levada->records(call, batch);
    if (records == NULL)
        return LEVADA_FATAL;
    struct sent *sent = sent_add(&self->sent, batch, records);
    if (sent == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    status = address_make(self, call, sent);
    if (status == LEVADA_OK && !leave_out_refused(self, sent))
        status = levada->fail(call, LEVADA_FATAL, "out of memory");
    if (status == LEVADA_OK)
        self->current = sent;
    else
        sent_drop(&self->sent, sent);
    return status;
}

/*
 * Of no use is what the host hands over, and process() may not say so. The next signal does,
 * whatever becomes of the producer until then.
 */
static levada_status
absorb_void(struct kafka_sink *self)
{
    if (self->delivery.lost == RD_KAFKA_RESP_ERR_NO_ERROR)
        self->delivery.lost = RD_KAFKA_RESP_ERR__STATE;
    self->current = NULL;
    return LEVADA_ABSORBED;
}

levada_status
kafka_sink_process(void *self_, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct kafka_sink *self = self_;
    levada_status status = LEVADA_OK;

    (void)port;
    if (delivery_is_void(self))
        return absorb_void(self);
    if (self->current == NULL)
        status = begin(self, call, batch);
    if (status == LEVADA_ABSORBED)
        return absorb_void(self);
    if (status == LEVADA_OK)
        status = delivery_produce(self, call);
    if (status != LEVADA_OK && status != LEVADA_ABSORBED)
        return status;
    self->current = NULL;
    return LEVADA_ABSORBED;
}

/* ---- signals ---- */

static levada_status
take_signal(struct kafka_sink *self, struct levada_call *call, const struct levada_signal *signal)
{
    levada_status status = LEVADA_OK;

    switch (signal->kind) {
    case LEVADA_SIG_TRIGGER:
        status = delivery_serve(self, call, 0);
        return status == LEVADA_OK ? sent_tell_rejects(&self->sent, call) : status;
    case LEVADA_SIG_CHECKPOINT:
        status = delivery_flush(self, call);
        return status == LEVADA_OK ? sent_tell_rejects(&self->sent, call) : status;
    case LEVADA_SIG_ABORT:
        self->current = NULL;
        if (kafka_sink_is_transactional(self))
            return kafka_sink_abort_transaction(self, call);
        sent_void(&self->sent);
        return LEVADA_OK;
    case LEVADA_SIG_RESTORE:
        return kafka_sink_restore_transaction(self, call);
    default:
        return LEVADA_OK;
    }
}

levada_status
kafka_sink_signal(void *self_, struct levada_call *call, const struct levada_signal *signal)
{
    struct kafka_sink *self = self_;
    self->delivery.is_in_signal = true;
    levada_status status = take_signal(self, call, signal);
    self->delivery.is_in_signal = false;
    return status;
}
