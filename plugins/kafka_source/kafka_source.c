/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/kafka_source.h"

#include "kafka_common/property.h"
#include "kafka_common/status.h"
#include "kafka_source/fetched.h"
#include "kafka_source/starting_offsets.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define AT_ONCE 1024u /* records a batch: their bytes are given back as soon as it is done */
#define REACH_MS 1000
#define LOG_WARN 2 /* of levada->log() */

static const struct client_setting defaults[] = {
    { "enable.auto.commit", "false" },
    { "enable.auto.offset.store", "false" },
    { "enable.partition.eof", "true" },
    { "allow.auto.create.topics", "false" },
    { "partition.assignment.strategy", "range" },
    { NULL, NULL },
};

static struct kafka_source *
source_of(struct client *client)
{
    return (struct kafka_source *)(void *)((char *)client - offsetof(struct kafka_source, client));
}

static void
on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list,
             void *opaque)
{
    assignment_note(&source_of(opaque)->assignment, err, list);
    rd_kafka_yield(
        rk); /* what is noted is done by the next poll(), which need not wait for records */
}

/* What the group does not know is read twice after a restart, no more; so nothing stops for it. */
static void
on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list,
          void *opaque)
{
    struct client *client = opaque;
    char facts[256];
    (void)rk;
    (void)list;
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR__NO_OFFSET)
        return;
    snprintf(facts, sizeof(facts), "reason=\"%s\"", rd_kafka_err2str(err));
    levada->log(client->ctx, LOG_WARN, "the group did not take our offsets", facts);
}

static levada_status
set(struct kafka_source *self, struct levada_call *call, const char *name, const char *value)
{
    char why[512];
    if (rd_kafka_conf_set(self->client.conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return LEVADA_OK;
    return levada->fail(call, LEVADA_CONFIG, why);
}

static levada_status
set_group(struct kafka_source *self, struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = levada->ext("levada.pipeline/1");
    char name[256];
    if (self->group != NULL)
        return set(self, call, "group.id", self->group);
    if (pipeline == NULL)
        return levada->problem(call, "group", "this host does not name the pipeline; give a group");
    snprintf(name, sizeof(name), "connect-%s", pipeline->name(call));
    return set(self, call, "group.id", name);
}

levada_status
kafka_source_create(void *self_, struct levada_call *call, struct levada_ctx *ctx)
{
    struct kafka_source *self = self_;
    self->assignment = (struct assignment){
        .client = &self->client,
        .topic = self->topic,
        .fails_on_loss = self->fail_on_data_loss,
    };
    levada->endless(call);
    if (!starting_offsets_parse(self->starting_offsets, &self->assignment.wanted))
        levada->problem(call, "starting_offsets",
                        "must be \"earliest\", \"latest\" or a time: \"2018-12-31T23:00:00\"");
    levada_status status = client_create(&self->client, call, ctx, self->brokers, defaults,
                                         &self->kafka, PROPERTY_CONSUMER);
    if (status == LEVADA_OK)
        status = set_group(self, call);
    if (status == LEVADA_OK)
        status =
            set(self, call, "auto.offset.reset", self->fail_on_data_loss ? "error" : "earliest");
    if (status < 0) {
        client_finish(&self->client);
        return status;
    }
    rd_kafka_conf_set_rebalance_cb(self->client.conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(self->client.conf, on_commit);
    return LEVADA_OK;
}

levada_status
kafka_source_start(void *self_, struct levada_call *call)
{
    struct kafka_source *self = self_;
    levada_status status = client_start(&self->client, call, RD_KAFKA_CONSUMER);
    if (status != LEVADA_OK)
        return status;
    rd_kafka_poll_set_consumer(self->client.rk);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, self->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(self->client.rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_CONFIG, "topic %s: %s", self->topic, rd_kafka_err2str(err));
    return LEVADA_OK;
}

void
kafka_source_destroy(void *self_)
{
    struct kafka_source *self = self_;
    self->assignment.is_closing = true;
    if (self->client.rk != NULL) {
        if (self->assignment.leaving) /* the group waits for our word */
            rd_kafka_assign(self->client.rk, NULL);
        rd_kafka_consumer_close(self->client.rk); /* waits for the last commit */
    }
    assignment_finish(&self->assignment);
    client_finish(&self->client);
}

/* ---- reading ---- */

static levada_status
fail_event(struct kafka_source *self, struct levada_call *call, const rd_kafka_message_t *event)
{
    levada_status status = status_of_error(event->err);
    const char *text = rd_kafka_message_errstr(event);
    char why[256];
    if (event->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return status_fail(
            call, LEVADA_NO_INPUT,
            "topic %s, partition %d: records are gone: %s; fail_on_data_loss = false "
            "goes on with the earliest",
            self->topic, (int)event->partition, text);
    if (status == LEVADA_NO_OUTPUT)
        return status_fail(call, LEVADA_NO_INPUT, "there is no topic %s", self->topic);
    if (event->err == RD_KAFKA_RESP_ERR__FATAL) {
        rd_kafka_fatal_error(self->client.rk, why, sizeof(why));
        return status_fail(call, LEVADA_FATAL, "the consumer cannot go on: %s", why);
    }
    if (status == LEVADA_CONFIG)
        return status_fail(call, status, "topic %s: %s", self->topic, text);
    snprintf(why, sizeof(why), "reason=\"%.240s\"", text);
    levada->log(self->client.ctx, LOG_WARN, "reading was disturbed", why);
    return LEVADA_OK; /* librdkafka goes on by itself */
}

static levada_status
take_event(struct kafka_source *self, struct levada_call *call, const rd_kafka_message_t *event)
{
    struct assignment_partition *partition = assignment_find(&self->assignment, event->partition);
    if (event->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return fail_event(self, call, event);
    if (partition == NULL)
        return LEVADA_OK;
    /* What stands between is no record: marks of transactions, compacted ones. */
    partition->next = partition->latest = event->offset;
    partition->has_news = true;
    return LEVADA_OK;
}

static void
move_on(struct assignment_partition *partition, const rd_kafka_message_t *message)
{
    partition->next = message->offset + 1;
    if (partition->latest < partition->next)
        partition->latest = partition->next;
    partition->has_news = true;
}

/* At most @most messages; waits for the first alone. */
static levada_status
fetch(struct kafka_source *self, struct levada_call *call, struct fetched *fetched, uint32_t most,
      uint32_t wait_ms)
{
    levada_status status = LEVADA_OK;
    while (fetched->n < most && status == LEVADA_OK) {
        rd_kafka_message_t *message =
            rd_kafka_consumer_poll(self->client.rk, fetched->n > 0 ? 0 : (int)wait_ms);
        if (message == NULL)
            break;
        struct assignment_partition *partition =
            assignment_find(&self->assignment, message->partition);
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || partition == NULL) {
            status = message->err != RD_KAFKA_RESP_ERR_NO_ERROR ? take_event(self, call, message)
                                                                : LEVADA_OK;
            rd_kafka_message_destroy(message);
            wait_ms = 0;
            continue;
        }
        move_on(partition, message);
        if (!fetched_add(fetched, message))
            status = levada->fail(call, LEVADA_FATAL, "out of memory");
    }
    return status;
}

/* The ends move while we read; librdkafka hears of them with every fetch. */
static void
update_ends(struct kafka_source *self)
{
    for (int32_t number = 0; number < self->assignment.n; number++) {
        struct assignment_partition *partition = assignment_find(&self->assignment, number);
        int64_t low, high;
        if (partition == NULL || !partition->has_news ||
            rd_kafka_get_watermark_offsets(self->client.rk, self->topic, number, &low, &high) !=
                RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        if (high > partition->latest)
            partition->latest = high;
    }
}

static uint32_t
limit_of(const struct kafka_source *self, uint32_t max_records)
{
    int64_t left = self->max_offsets_per_trigger - self->n_of_trigger;
    if (max_records > AT_ONCE)
        max_records = AT_ONCE;
    if (self->max_offsets_per_trigger == 0 || left > (int64_t)max_records)
        return max_records;
    return left > 0 ? (uint32_t)left : 0;
}

static levada_status
emit(struct kafka_source *self, struct levada_call *call, struct fetched *fetched)
{
    uint32_t n = fetched->n;
    uint32_t flags = self->format == KAFKA_SOURCE_BYTES ? LEVADA_R_OPAQUE : 0;
    struct levada_batch *batch =
        fetched_batch(fetched, call, levada->stream(call, self->topic), flags);
    if (batch == NULL)
        return LEVADA_FATAL;
    levada_status status = assignment_tell(&self->assignment, call, batch);
    if (status == LEVADA_OK)
        status = levada->emit(call, 0, batch);
    self->n_of_trigger += n;
    return status;
}

levada_status
kafka_source_poll(void *self_, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct kafka_source *self = self_;
    levada_status status = assignment_settle(&self->assignment, call);
    if (status != LEVADA_OK)
        return status;
    struct fetched *fetched = calloc(1, sizeof(*fetched));
    if (fetched == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    status = fetch(self, call, fetched, limit_of(self, max_records), wait_ms);
    update_ends(self);
    if (status == LEVADA_OK && fetched->n > 0) {
        status = emit(self, call, fetched);
    } else {
        if (status == LEVADA_OK && self->client.down)
            status = client_reach(&self->client, call, REACH_MS);
        fetched_destroy(fetched);
        if (status == LEVADA_OK)
            status = assignment_tell(&self->assignment, call, NULL);
    }
    if (status != LEVADA_OK)
        return status;
    bool is_full = self->max_offsets_per_trigger > 0 && limit_of(self, 1) == 0;
    return is_full || self->assignment.leaving ? LEVADA_DRAIN : LEVADA_OK;
}

/* ---- signals ---- */

static levada_status
restore(struct kafka_source *self, struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = levada->ext("levada.pipeline/1");
    uint32_t memory = pipeline != NULL ? pipeline->memory(call) : 0;
    self->commits = (memory & LEVADA_KEEPS_POSITIONS) != 0 || (memory & LEVADA_HAS_STATE) == 0;
    self->assignment.asks_group = memory == 0;
    return assignment_restart(&self->assignment, call);
}

static void
commit(struct kafka_source *self)
{
    rd_kafka_topic_partition_list_t *list =
        self->commits ? assignment_acknowledge(&self->assignment) : NULL;
    if (list == NULL)
        return;
    rd_kafka_commit(self->client.rk, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

levada_status
kafka_source_signal(void *self_, struct levada_call *call, const struct levada_signal *signal)
{
    struct kafka_source *self = self_;
    switch (signal->kind) {
    case LEVADA_SIG_RESTORE:
        return restore(self, call);
    case LEVADA_SIG_TRIGGER:
        self->n_of_trigger = 0;
        return LEVADA_OK;
    case LEVADA_SIG_COMMIT:
        commit(self);
        return LEVADA_OK;
    default:
        return LEVADA_OK;
    }
}
