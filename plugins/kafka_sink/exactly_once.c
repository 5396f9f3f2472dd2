/* SPDX-License-Identifier: Apache-2.0 */
/* The sink as the one that commits its pipeline: levada.txn/1, docs/exactly-once.md. */
#include "kafka_sink/kafka_sink.h"

#include "kafka_common/status.h"
#include "kafka_common/topic_name.h"

#include <levada/levada.h>
#include <stdio.h>
#include <string.h>

#define SERVE_MS 100

bool
kafka_sink_is_transactional(const struct kafka_sink *self)
{
    return self->transaction.id != NULL;
}

void
kafka_sink_plan_transaction(struct kafka_sink *self, struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = levada->ext("levada.pipeline/1");
    transaction_plan(&self->transaction, call);
    self->changelog.partition = -1;
    self->changelog.topic = self->changelog_topic;
    if (self->changelog.topic != NULL || pipeline == NULL)
        return;
    snprintf(self->changelog_name, sizeof(self->changelog_name), "%s-changelog",
             pipeline->name(call));
    self->changelog.topic = self->changelog_name;
}

levada_status
kafka_sink_start_transaction(struct kafka_sink *self, struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = levada->ext("levada.pipeline/1");
    if (pipeline == NULL || !LEVADA_HAS(pipeline, identity) ||
        (pipeline->memory(call) & LEVADA_IN_TRANSACTION) == 0)
        return LEVADA_OK;
    return transaction_configure(&self->transaction, call, &self->client, pipeline->identity(call));
}

/* Whatever it was given is void, and so is it. */
static void
end_producer(struct kafka_sink *self)
{
    topics_close(&self->topics);
    changelog_close(&self->changelog);
    client_stop(&self->client);
    sent_finish(&self->sent);
    self->sent = (struct sent_list){ .first = NULL };
    transaction_forget_producer(&self->transaction);
}

static levada_status
open_transactions(struct kafka_sink *self, struct levada_call *call)
{
    if (transaction_is_spent(&self->transaction))
        end_producer(self);
    return transaction_open(&self->transaction, call);
}

levada_status
kafka_sink_begin_transaction(struct kafka_sink *self, struct levada_call *call)
{
    if (!kafka_sink_is_transactional(self) || self->transaction.has_begun)
        return LEVADA_OK;
    levada_status status = open_transactions(self, call);
    return status == LEVADA_OK ? transaction_begin(&self->transaction, call) : status;
}

/* Reports of what was purged come back before the batches that they are of are let go. */
static void
drop_sent(struct kafka_sink *self)
{
    while (self->sent.n_in_flight > 0 && self->client.rk != NULL)
        rd_kafka_poll(self->client.rk, SERVE_MS);
    sent_finish(&self->sent);
    self->sent = (struct sent_list){ .first = NULL };
    self->delivery.lost = RD_KAFKA_RESP_ERR_NO_ERROR;
}

levada_status
kafka_sink_abort_transaction(struct kafka_sink *self, struct levada_call *call)
{
    if (!kafka_sink_is_transactional(self) || self->client.rk == NULL)
        return LEVADA_OK;
    levada_status status = transaction_abort(&self->transaction, call);
    if (status != LEVADA_OK)
        return status;
    changelog_stop_reading(&self->changelog);
    if (transaction_is_spent(&self->transaction)) {
        end_producer(self);
        self->delivery.lost = RD_KAFKA_RESP_ERR_NO_ERROR;
    } else {
        drop_sent(self);
    }
    return LEVADA_OK;
}

levada_status
kafka_sink_restore_transaction(struct kafka_sink *self, struct levada_call *call)
{
    return kafka_sink_is_transactional(self) ? open_transactions(self, call) : LEVADA_OK;
}

/* ---- levada.txn/1 ---- */

static levada_status
txn_open(void *self_, struct levada_call *call, uint32_t n_partitions)
{
    struct kafka_sink *self = self_;
    levada_status status = open_transactions(self, call);
    if (status != LEVADA_OK || n_partitions == 0)
        return status;
    return changelog_ensure(&self->changelog, &self->client, call, n_partitions, &self->create);
}

static levada_status
txn_put(void *self_, struct levada_call *call, int32_t partition, struct levada_bytes key,
        struct levada_bytes value)
{
    struct kafka_sink *self = self_;
    levada_status status = kafka_sink_begin_transaction(self, call);
    if (status == LEVADA_OK)
        status = changelog_put(&self->changelog, &self->client, call, partition, key, value);
    if (status == LEVADA_AGAIN)
        rd_kafka_poll(self->client.rk, SERVE_MS);
    return status;
}

static levada_status
txn_positions(void *self_, struct levada_call *call, struct levada_bytes member,
              const struct levada_position *positions, uint32_t n)
{
    struct kafka_sink *self = self_;
    levada_status status = kafka_sink_begin_transaction(self, call);
    if (status != LEVADA_OK)
        return status;
    return transaction_send_positions(&self->transaction, call, member, positions, n);
}

static levada_status
txn_commit(void *self_, struct levada_call *call)
{
    struct kafka_sink *self = self_;
    changelog_stop_reading(&self->changelog);
    levada_status status = transaction_commit(&self->transaction, call);
    if (status == LEVADA_OK)
        refused_forget(&self->refused);
    rd_kafka_poll(self->client.rk, 0);
    return status;
}

static levada_status
txn_read(void *self_, struct levada_call *call, int32_t partition,
         levada_status (*entry)(void *user, struct levada_bytes key, struct levada_bytes value),
         void *user, uint64_t *left)
{
    struct kafka_sink *self = self_;
    levada_status status = open_transactions(self, call);
    if (status != LEVADA_OK)
        return status;
    return changelog_read(&self->changelog, &self->client, call, partition, entry, user, left);
}

/* ---- streams that the pipeline sends itself ---- */

/* What has been read and committed is not needed again. */
static const struct topic_setting passing[] = {
    { "cleanup.policy", "delete" },
    { "retention.ms", "604800000" }, /* a week: so long may a pipeline stand still */
    { "segment.bytes", "67108864" },
    { NULL, NULL },
};

static levada_status
txn_ensure(void *self_, struct levada_call *call, const char *stream, uint32_t n_partitions)
{
    struct kafka_sink *self = self_;
    const struct needed_topic needed = { .name = stream,
                                         .kind = "repartition",
                                         .partitions = n_partitions,
                                         .settings = passing,
                                         .advice = "cleanup.policy=delete" };
    const char *why;
    if (!topic_name_is_valid(stream, strlen(stream), &why))
        return status_fail(call, LEVADA_CONFIG, "the repartition topic \"%s\": %s", stream, why);
    levada_status status = open_transactions(self, call);
    return status == LEVADA_OK ? topic_need(&self->client, call, &needed, &self->create) : status;
}

static levada_status
produce(struct kafka_sink *self, struct levada_call *call, const char *stream, int32_t partition,
        struct levada_bytes key, struct levada_bytes value)
{
    struct topic *topic = topics_get(&self->topics, stream, strlen(stream));
    if (topic == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    topic->is_asked = topic->is_there = true; /* ensure() saw to that */
    rd_kafka_topic_t *rkt = topic_handle(topic, self->client.rk);
    if (rkt != NULL &&
        rd_kafka_produce(rkt, partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value.p, value.n,
                         key.p, key.n, NULL) == 0)
        return LEVADA_OK;
    rd_kafka_resp_err_t err = rd_kafka_last_error();
    if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return LEVADA_AGAIN;
    return status_fail(call, err == RD_KAFKA_RESP_ERR__STATE ? LEVADA_LOST : status_of_error(err),
                       "repartition topic %s: %s", stream, rd_kafka_err2str(err));
}

static levada_status
txn_send(void *self_, struct levada_call *call, const char *stream, int32_t partition,
         struct levada_bytes key, struct levada_bytes value)
{
    struct kafka_sink *self = self_;
    levada_status status = kafka_sink_begin_transaction(self, call);
    if (status == LEVADA_OK)
        status = produce(self, call, stream, partition, key, value);
    if (status == LEVADA_AGAIN)
        rd_kafka_poll(self->client.rk, SERVE_MS);
    return status;
}

/* The producer's handle reads uncommitted: what was committed a moment ago may not be stable yet.
 */
static levada_status
txn_end(void *self_, struct levada_call *call, const char *stream, int32_t partition,
        int64_t *offset)
{
    struct kafka_sink *self = self_;
    int64_t begin;
    levada_status status = open_transactions(self, call);
    return status == LEVADA_OK
               ? topic_find_ends(&self->client, call, stream, partition, &begin, offset)
               : status;
}

const struct levada_txn_v1 kafka_sink_txn = {
    .struct_size = sizeof(kafka_sink_txn),
    .protocol = "kafka",
    .open = txn_open,
    .put = txn_put,
    .positions = txn_positions,
    .commit = txn_commit,
    .read = txn_read,
    .ensure = txn_ensure,
    .send = txn_send,
    .end = txn_end,
};
