/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/kafka_source.h"

#include "kafka_common/monotonic.h"
#include "kafka_common/property.h"
#include "kafka_common/status.h"
#include "kafka_source/reading.h"
#include "kafka_source/starting_offsets.h"
#include "kafka_source/text_value.h"
#include "kafka_source/topics.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define AT_ONCE 1024u /* records a batch: their bytes are given back as soon as it is done */
#define REACH_MS 1000
#define GIVE_BACK_NS 20000000 /* a pause for sinks that have yet to give back what we read */
#define CLOSE_MS 10000        /* how long the end may take, at most */
#define LOG_WARN 2            /* of levada->log() */

static const struct client_setting defaults[] = {
    { "enable.auto.commit", "false" },
    { "enable.auto.offset.store", "false" },
    { "enable.partition.eof", "true" },
    { "allow.auto.create.topics", "false" },
    { "isolation.level", "read_committed" },
    { "partition.assignment.strategy", "range" },
    /* Memory, and no time: more does not read faster, as reading.c asks when it is all read. */
    { "queued.max.messages.kbytes", "8192" },
    { "fetch.max.bytes", "4194304" },
    /* How soon new topics and partitions are noticed. */
    { "topic.metadata.refresh.interval.ms", "30000" },
    { NULL, NULL },
};

/* ---- the consumer ---- */

static struct kafka_source *
source_of(struct client *client)
{
    return (struct kafka_source *)(void *)((char *)client - offsetof(struct kafka_source, client));
}

static void
on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list,
             void *opaque)
{
    struct kafka_source *self = source_of(opaque);
    assignment_note(&self->assignment, err, list);
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        group_note_assigned(&self->group, rk);
    rd_kafka_yield(rk); /* the next poll() does what is noted, and need not wait for records */
}

/* What the group does not know is read twice after a restart, no more; so nothing stops for it. */
static void
on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list,
          void *opaque)
{
    struct client *client = opaque;
    char facts[256];
    (void)rk;
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR__NO_OFFSET)
        return;
    assignment_unacknowledge(&source_of(client)->assignment, list);
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
    if (self->group_id != NULL)
        return set(self, call, "group.id", self->group_id);
    if (pipeline == NULL)
        return levada->problem(call, "group", "this host does not name the pipeline; give a group");
    snprintf(name, sizeof(name), "connect-%s", pipeline->name(call));
    return set(self, call, "group.id", name);
}

static levada_status
configure(struct kafka_source *self, struct levada_call *call, struct levada_ctx *ctx)
{
    levada_status status = client_create(&self->client, call, ctx, self->brokers, defaults,
                                         &self->kafka, PROPERTY_CONSUMER);
    if (status == LEVADA_OK)
        status = set_group(self, call);
    if (status == LEVADA_OK)
        status =
            set(self, call, "auto.offset.reset", self->fail_on_data_loss ? "error" : "earliest");
    if (status < 0)
        return status;
    rd_kafka_conf_set_rebalance_cb(self->client.conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(self->client.conf, on_commit);
    return LEVADA_OK;
}

static bool
check(struct kafka_source *self, struct levada_call *call)
{
    bool is_right = topics_check(&self->topic, &self->partitions, call);
    is_right &= starting_offsets_check(&self->starting_offsets, call);
    if (self->value_field == NULL || self->format == KAFKA_SOURCE_STRING)
        return is_right;
    levada->problem(call, "value_field", "only format \"string\" has a text to put there");
    return false;
}

levada_status
kafka_source_create(void *self_, struct levada_call *call, struct levada_ctx *ctx)
{
    struct kafka_source *self = self_;
    self->assignment.client = &self->client;
    self->assignment.beginning = (struct beginning){
        .starting_offsets = &self->starting_offsets,
        .also_read = &self->group.also_read,
        .fails_on_loss = self->fail_on_data_loss,
    };
    self->limits = (struct limits){
        .per_trigger = self->max_offsets_per_trigger,
        .rate = self->max_rate_per_partition,
    };
    levada->endless(call);
    topics_name(&self->topic, self->topics, sizeof(self->topics));
    bool is_right = check(self, call);
    levada_status status = configure(self, call, ctx);
    if (status == LEVADA_OK && !is_right)
        status = LEVADA_CONFIG; /* each mistake is a problem already */
    if (status < 0)
        client_finish(&self->client);
    return status;
}

static int64_t
max_poll_interval_ms(const struct kafka_source *self)
{
    char text[32] = "";
    size_t n = sizeof(text);
    rd_kafka_conf_get(self->client.conf, "max.poll.interval.ms", text, &n);
    return strtoll(text, NULL, 10);
}

/* A group shares the partitions out; those that are named are ours from the start. */
static levada_status
begin(struct kafka_source *self, struct levada_call *call)
{
    if (self->partitions.n > 0)
        assignment_set(&self->assignment, topics_list(&self->topic, &self->partitions));
    else if (!self->group.in_transaction) /* else at RESTORE: more topics may come until then */
        return group_join(self, call);
    return LEVADA_OK;
}

static levada_status
join(struct kafka_source *self, struct levada_call *call)
{
    levada_status status = client_start(&self->client, call, RD_KAFKA_CONSUMER);
    if (status != LEVADA_OK)
        return status;
    rd_kafka_poll_set_consumer(self->client.rk);
    status = begin(self, call);
    if (status == LEVADA_OK && self->partitions.n == 0 &&
        !keep_alive_start(&self->keep_alive, self->client.rk, max_poll_interval_ms(self) / 3))
        return levada->fail(call, LEVADA_FATAL, "no thread can be made");
    return status;
}

levada_status
kafka_source_start(void *self_, struct levada_call *call)
{
    struct kafka_source *self = self_;
    levada_status status = group_configure(self, call);
    return status == LEVADA_OK ? join(self, call) : status;
}

/*
 * The member that we were is dead to the group; another takes its place, with nothing. DRAIN: a
 * sink has yet to hear of records that it sent, whose bytes are the old client's.
 */
static levada_status
join_again(struct kafka_source *self, struct levada_call *call)
{
    keep_alive_stop(&self->keep_alive);
    assignment_forget(&self->assignment);
    if (atomic_load(&self->n_batches) > 0) {
        nanosleep(&(struct timespec){ 0, GIVE_BACK_NS }, NULL);
        return LEVADA_DRAIN;
    }
    group_leave(&self->group);
    client_stop(&self->client);
    self->group.is_fenced = false;
    levada_status status = join(self, call);
    return status == LEVADA_OK ? group_join(self, call) : status;
}

static void
take_last_event(struct kafka_source *self, rd_kafka_event_t *event)
{
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
        rd_kafka_assign(self->client.rk, NULL);
    else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT)
        on_commit(self->client.rk, rd_kafka_event_error(event),
                  rd_kafka_event_topic_partition_list(event), &self->client);
    rd_kafka_event_destroy(event);
}

/*
 * Waits for the last commit, and until the group has let us go; not as long as librdkafka would,
 * which waits for brokers that are away. The group then waits out our session.
 */
static void
leave_group(struct kafka_source *self)
{
    rd_kafka_t *rk = self->client.rk;
    int64_t until_ms = monotonic_ms() + CLOSE_MS;
    if (self->assignment.leaving || self->assignment.arriving != NULL ||
        self->assignment.ready != NULL) /* waits for our word */
        rd_kafka_assign(rk, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    while (error == NULL && !rd_kafka_consumer_closed(rk) && monotonic_ms() < until_ms) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 100);
        if (event != NULL)
            take_last_event(self, event);
    }
    if (error == NULL && !rd_kafka_consumer_closed(rk)) {
        levada->log(self->client.ctx, LOG_WARN, "the group was not left in time", "");
        self->client.hangs = true;
    }
    if (error != NULL) /* it is fatal, or closed already */
        rd_kafka_error_destroy(error);
    rd_kafka_queue_destroy(queue);
}

void
kafka_source_destroy(void *self_)
{
    struct kafka_source *self = self_;
    self->assignment.is_closing = true;
    keep_alive_stop(&self->keep_alive);
    if (self->client.rk != NULL)
        leave_group(self);
    assignment_finish(&self->assignment);
    group_finish(&self->group);
    client_finish(&self->client);
}

/* ---- reading ---- */

static bool
is_also_read(void *self_, const rd_kafka_message_t *message)
{
    const struct kafka_source *self = self_;
    return also_read_has(&self->group.also_read, rd_kafka_topic_name(message->rkt));
}

/* What the pipeline has sent itself; the host knows it by its stream. */
static levada_status
emit_also_read(struct kafka_source *self, struct levada_call *call, struct fetched *fetched)
{
    struct fetched *part = NULL;
    if (self->group.also_read.n == 0)
        return LEVADA_OK;
    if (!fetched_take(fetched, is_also_read, self, &part))
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    if (part == NULL)
        return LEVADA_OK;
    struct levada_batch *batch = fetched_batch(part, call, LEVADA_R_OPAQUE, &self->n_batches);
    return batch != NULL ? levada->emit(call, 0, batch) : LEVADA_FATAL;
}

/* The positions are told with the last batch: they hold for all. */
static levada_status
emit(struct kafka_source *self, struct levada_call *call, struct fetched *fetched)
{
    uint32_t flags = self->format == KAFKA_SOURCE_JSON ? 0 : LEVADA_R_OPAQUE;
    struct levada_batch *batch = fetched_batch(fetched, call, flags, &self->n_batches);
    levada_status status = LEVADA_OK;
    if (batch == NULL)
        return LEVADA_FATAL;
    if (self->format == KAFKA_SOURCE_STRING)
        status = text_value_check(call, batch, self->value_field);
    if (status == LEVADA_OK)
        status = partitions_tell(&self->assignment.partitions, call, batch);
    return status == LEVADA_OK ? levada->emit(call, 0, batch) : status;
}

/* Nothing came: is that because no broker is there? */
static levada_status
tell_idle(struct kafka_source *self, struct levada_call *call)
{
    levada_status status = LEVADA_OK;
    if (self->client.down)
        status = client_reach(&self->client, call, REACH_MS);
    return status == LEVADA_OK ? partitions_tell(&self->assignment.partitions, call, NULL) : status;
}

static levada_status
read_on(struct kafka_source *self, struct levada_call *call, uint32_t most, uint32_t wait_ms)
{
    struct fetched *fetched = calloc(1, sizeof(*fetched));
    if (fetched == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    levada_status status = reading_fetch(self, call, fetched, most, wait_ms);
    if (status == LEVADA_OK && fetched->n > 0)
        status = emit_also_read(self, call, fetched);
    if (status == LEVADA_OK && fetched->n > 0)
        return emit(self, call, fetched);
    fetched_destroy(fetched);
    return status == LEVADA_OK ? tell_idle(self, call) : status;
}

/*
 * A group comes to us when a broker is there. Partitions that are named are asked for, and that
 * only says that nobody answers, and not why: librdkafka tells that in rd_kafka_consumer_poll(),
 * which has no records yet.
 */
static levada_status
find_input(struct kafka_source *self, struct levada_call *call)
{
    if (self->partitions.n == 0)
        return topics_find(&self->topic, call, &self->client, REACH_MS);
    rd_kafka_message_t *event = rd_kafka_consumer_poll(self->client.rk, 0);
    if (event != NULL)
        rd_kafka_message_destroy(event);
    return client_reach(&self->client, call, REACH_MS);
}

/*
 * Whose partitions are read is who commits for them. A host without a transaction takes every
 * position as it is.
 */
static levada_status
settle(struct kafka_source *self, struct levada_call *call)
{
    bool takes = self->assignment.arriving != NULL;
    if (self->assignment.lost || self->assignment.leaving)
        group_let_go(&self->group);
    levada_status status = assignment_settle(&self->assignment, call);
    if (status != LEVADA_OK || !takes || self->assignment.arriving != NULL)
        return status;
    group_take_over(&self->group);
    return self->group.in_transaction ? LEVADA_OK : assignment_settle(&self->assignment, call);
}

/*
 * Where a partition begins at its end, that is committed before anything is read of it: if what is
 * read were void, its end would be elsewhere.
 */
static bool
must_commit_first(struct kafka_source *self)
{
    bool must = self->assignment.begins_at_end && self->group.in_transaction;
    self->assignment.begins_at_end = false;
    return must;
}

levada_status
kafka_source_poll(void *self_, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct kafka_source *self = self_;
    levada_status status = LEVADA_OK;
    if (!self->is_found)
        status = find_input(self, call);
    if (status != LEVADA_OK)
        return status;
    self->is_found = true;
    if (self->group.is_fenced)
        status = join_again(self, call);
    if (status == LEVADA_OK)
        status = reading_check(self, call);
    if (status == LEVADA_OK)
        status = reading_listen(self, call);
    if (status == LEVADA_OK)
        status = settle(self, call);
    bool commits_first = status == LEVADA_OK && must_commit_first(self);
    if (status == LEVADA_OK && self->assignment.ready == NULL)
        status = read_on(self, call, max_records < AT_ONCE ? max_records : AT_ONCE, wait_ms);
    if (status != LEVADA_OK)
        return status;
    assignment_told(&self->assignment);
    return commits_first || self->assignment.leaving ||
                   limits_reached(&self->limits, &self->assignment.partitions)
               ? LEVADA_DRAIN
               : LEVADA_OK;
}

/* ---- signals ---- */

static levada_status
restore(struct kafka_source *self, struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = levada->ext("levada.pipeline/1");
    uint32_t memory = pipeline != NULL ? pipeline->memory(call) : 0;
    bool in_transaction = (memory & LEVADA_IN_TRANSACTION) != 0;
    self->commits = !in_transaction &&
                    ((memory & LEVADA_KEEPS_POSITIONS) != 0 || (memory & LEVADA_HAS_STATE) == 0);
    self->assignment.beginning.asks_group = memory == 0 || in_transaction;
    levada_status status = in_transaction ? group_join(self, call) : LEVADA_OK;
    return status == LEVADA_OK ? assignment_restart(&self->assignment, call) : status;
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
        limits_trigger(&self->limits);
        return LEVADA_OK;
    case LEVADA_SIG_COMMIT:
        commit(self);
        return LEVADA_OK;
    default:
        return LEVADA_OK;
    }
}
