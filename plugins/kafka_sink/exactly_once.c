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
    return self->leader->transaction.id != NULL;
}

bool
kafka_sink_is_one_by_one(const struct kafka_sink *self)
{
    bool is_so = false;
    for (const struct kafka_sink *one = self->leader; one != NULL && !is_so; one = one->next)
        is_so = one->refused.one_by_one;
    return is_so;
}

uint64_t
kafka_sink_in_flight(const struct kafka_sink *self)
{
    uint64_t n = 0;
    for (const struct kafka_sink *one = self->leader; one != NULL; one = one->next)
        n += one->sent.n_in_flight;
    return n;
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

/* What the user gave it; NULL: nothing. */
static const char *
find_property(const struct levada_list *list, const char *name)
{
    const struct levada_pair *pair = list->items;
    for (uint64_t i = 0; i < list->n; i++)
        if (strcmp(pair[i].name, name) == 0)
            return pair[i].value;
    return NULL;
}

levada_status
kafka_sink_start_transaction(struct kafka_sink *self, struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = levada->ext("levada.pipeline/1");
    if (pipeline == NULL || !LEVADA_HAS(pipeline, identity) ||
        (pipeline->memory(call) & LEVADA_IN_TRANSACTION) == 0)
        return LEVADA_OK;
    return transaction_configure(&self->transaction, call, &self->client, pipeline->identity(call),
                                 find_property(&self->kafka, "socket_timeout_ms") != NULL);
}

static void
stop_producer(struct kafka_sink *leader)
{
    for (struct kafka_sink *one = leader; one != NULL; one = one->next)
        topics_close(&one->topics);
    changelog_close(&leader->changelog);
    client_stop(&leader->client);
}

/* Whatever it was given is void, and so is it. */
static void
end_producer(struct kafka_sink *leader)
{
    stop_producer(leader);
    for (struct kafka_sink *one = leader; one != NULL; one = one->next) {
        sent_finish(&one->sent);
        one->sent = (struct sent_list){ .first = NULL };
        one->current = NULL;
    }
    transaction_forget_producer(&leader->transaction);
}

static levada_status
open_transactions(struct kafka_sink *leader, struct levada_call *call)
{
    if (transaction_is_spent(&leader->transaction))
        end_producer(leader);
    return transaction_open(&leader->transaction, call);
}

levada_status
kafka_sink_begin_transaction(struct kafka_sink *self, struct levada_call *call, bool may_lose)
{
    struct kafka_sink *leader = self->leader;
    if (!kafka_sink_is_transactional(self) || leader->transaction.has_begun)
        return LEVADA_OK;
    levada_status status = open_transactions(leader, call);
    return status == LEVADA_OK ? transaction_begin(&leader->transaction, call, may_lose) : status;
}

/* Reports of what was purged come back before the batches that they are of are let go. */
static void
drop_sent(struct kafka_sink *self)
{
    while (self->sent.n_in_flight > 0 && kafka_sink_producer(self)->rk != NULL)
        rd_kafka_poll(kafka_sink_producer(self)->rk, SERVE_MS);
    sent_finish(&self->sent);
    self->sent = (struct sent_list){ .first = NULL };
}

/* Each sink of the transaction is told; the first to hear of it aborts it for all. */
levada_status
kafka_sink_abort_transaction(struct kafka_sink *self, struct levada_call *call)
{
    struct kafka_sink *leader = self->leader;
    levada_status status = LEVADA_OK;
    if (!kafka_sink_is_transactional(self))
        return LEVADA_OK;
    if (leader->client.rk != NULL)
        status = transaction_abort(&leader->transaction, call);
    if (status != LEVADA_OK)
        return status;
    changelog_stop_reading(&leader->changelog);
    if (leader->client.rk != NULL && transaction_is_spent(&leader->transaction))
        end_producer(leader);
    drop_sent(self);
    self->delivery.lost = RD_KAFKA_RESP_ERR_NO_ERROR;
    return LEVADA_OK;
}

levada_status
kafka_sink_restore_transaction(struct kafka_sink *self, struct levada_call *call)
{
    return kafka_sink_is_transactional(self) ? open_transactions(self->leader, call) : LEVADA_OK;
}

/* ---- several sinks, one transaction ---- */

/* In any order. */
static bool
have_equal_properties(const struct levada_list *a, const struct levada_list *b)
{
    const struct levada_pair *pair = a->items;
    bool equal = a->n == b->n;
    for (uint64_t i = 0; i < a->n && equal; i++) {
        const char *value = find_property(b, pair[i].name);
        equal = value != NULL && strcmp(value, pair[i].value) == 0;
    }
    return equal;
}

/* What would be ignored is told. */
static bool
check_joined(const struct kafka_sink *self, const struct kafka_sink *leader,
             struct levada_call *call)
{
    bool is_one_cluster = strcmp(self->brokers, leader->brokers) == 0;
    bool is_one_producer =
        self->kafka.n == 0 || have_equal_properties(&self->kafka, &leader->kafka);
    if (!is_one_cluster)
        levada->problem(call, "brokers",
                        "a transaction is of one cluster, and the sink that commits this "
                        "pipeline's has other brokers");
    if (!is_one_producer)
        levada->problem(call, "kafka",
                        "one producer writes the whole transaction; its properties are those of "
                        "the sink that commits it: leave them out here");
    if (self->changelog_topic != NULL)
        levada->problem(call, "changelog",
                        "is of the sink that commits the transaction; name it there");
    return is_one_cluster && is_one_producer && self->changelog_topic == NULL;
}

static levada_status
txn_join(void *self_, struct levada_call *call, void *coordinator)
{
    struct kafka_sink *self = self_, *leader = coordinator;
    if (!check_joined(self, leader, call))
        return LEVADA_CONFIG; /* each mistake is a problem already */
    self->leader = leader;
    self->next = leader->next;
    leader->next = self;
    return LEVADA_OK;
}

void
kafka_sink_leave(struct kafka_sink *self)
{
    struct kafka_sink *leader = self->leader;
    changelog_stop_reading(&leader->changelog);
    stop_producer(leader);
    if (leader == self) {
        while (self->next != NULL) {
            struct kafka_sink *one = self->next;
            self->next = one->next;
            one->leader = one;
            one->next = NULL;
        }
        return;
    }
    struct kafka_sink *before = leader;
    while (before->next != self)
        before = before->next;
    before->next = self->next;
}

/* ---- levada.txn/1 ---- */

static levada_status
txn_open(void *self_, struct levada_call *call, uint32_t n_partitions)
{
    struct kafka_sink *self = self_;
    levada_status status = open_transactions(self, call);
    if (status != LEVADA_OK || n_partitions == 0)
        return status;
    const struct needed_topic needed = changelog_need(&self->changelog, n_partitions);
    return needed_topic_ensure(&self->client, call, &needed, &self->create);
}

static levada_status
txn_put(void *self_, struct levada_call *call, int32_t partition, struct levada_bytes key,
        struct levada_bytes value)
{
    struct kafka_sink *self = self_;
    levada_status status = kafka_sink_begin_transaction(self, call, true);
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
    levada_status status = kafka_sink_begin_transaction(self, call, true);
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
    for (struct kafka_sink *one = self; one != NULL && status == LEVADA_OK; one = one->next)
        refused_forget(&one->refused);
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
static const struct levada_pair passing[] = {
    { "cleanup.policy", "delete" },
    { "retention.ms", "604800000" }, /* a week: so long may a pipeline stand still */
    { "segment.bytes", "67108864" },
};

/* One that rows pass through. CONFIG: no topic can be called so. */
static levada_status
stream_need(struct levada_call *call, const char *stream, uint32_t n_partitions,
            struct needed_topic *needed)
{
    const char *why;
    *needed = (struct needed_topic){ .name = stream,
                                     .kind = "repartition",
                                     .partitions = n_partitions,
                                     .settings = { passing, sizeof(passing) / sizeof(*passing) } };
    if (topic_name_is_valid(stream, strlen(stream), &why))
        return LEVADA_OK;
    return status_fail(call, LEVADA_CONFIG, "the repartition topic \"%s\": %s", stream, why);
}

static levada_status
txn_ensure(void *self_, struct levada_call *call, const char *stream, uint32_t n_partitions)
{
    struct kafka_sink *self = self_;
    struct needed_topic needed;
    levada_status status = stream_need(call, stream, n_partitions, &needed);
    if (status == LEVADA_OK)
        status = open_transactions(self, call);
    return status == LEVADA_OK ? needed_topic_ensure(&self->client, call, &needed, &self->create)
                               : status;
}

/* ---- before any run ---- */

static const char *
txn_changelog(void *self_)
{
    const struct kafka_sink *self = self_;
    return self->changelog.topic;
}

static levada_status
txn_check(void *self_, struct levada_call *call, const char *stream, uint32_t n_partitions,
          uint32_t wait_ms)
{
    struct kafka_sink *self = self_;
    struct needed_topic needed = changelog_need(&self->changelog, n_partitions);
    levada_status status =
        stream != NULL ? stream_need(call, stream, n_partitions, &needed) : LEVADA_OK;
    if (status == LEVADA_OK)
        status = client_start(&self->client, call, RD_KAFKA_PRODUCER);
    if (status == LEVADA_OK)
        status = client_reach(&self->client, call, (int)wait_ms);
    if (status == LEVADA_OK)
        status = needed_topic_check(&self->client, call, &needed, &self->create, (int)wait_ms);
    client_stop(&self->client);
    return status;
}

/* ---- writing to streams ---- */

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
    levada_status status = kafka_sink_begin_transaction(self, call, true);
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
    .changelog = txn_changelog,
    .check = txn_check,
    .join = txn_join,
};
