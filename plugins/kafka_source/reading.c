/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/reading.h"

#include "kafka_common/monotonic.h"
#include "kafka_common/status.h"
#include "kafka_source/limits.h"
#include "kafka_source/topics.h"

#include <stdio.h>
#include <time.h>

#define LOG_WARN 2 /* of levada->log() */
#define NUDGE_MS 100
#define LISTEN_MOST 100000 /* records of before, in one callback */
#define NAP_MOST_NS 100000000

/* ---- what is no message ---- */

/* Why may stand in a queue that nobody has read since. What else is there is void. */
static void
hear_all(struct kafka_source *self)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(self->client.rk);
    for (int n = 0; n < LISTEN_MOST && rd_kafka_queue_length(queue) > 0; n++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(self->client.rk, 0);
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
    rd_kafka_queue_destroy(queue);
}

levada_status
reading_check(struct kafka_source *self, struct levada_call *call)
{
    char why[256];
    if (self->client.too_much[0] != '\0') /* while other partitions may well go on */
        return status_fail(call, LEVADA_REJECT,
                           "%s: a record is larger than receive_message_max_bytes lets through: %s",
                           self->topics, self->client.too_much);
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(self->client.rk, why, sizeof(why));
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LEVADA_OK;
    if (err != RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        return status_fail(call, LEVADA_FATAL, "the consumer cannot go on: %s", why);
    hear_all(self);
    return group_fence(&self->group, call, self->client.was_cut);
}

/*
 * One that is like a pattern was there, and so was one that is named once the group has given us
 * something. For a pattern that nothing is like any more nothing is lost but its topics.
 */
static levada_status
miss_topic(struct kafka_source *self, struct levada_call *call, const char *topic)
{
    const struct beginning *beginning = &self->assignment.beginning;
    bool is_named = topics_has(&self->topic, topic);
    if (topic != self->topics && !topics_is_pattern(topic) && (!is_named || beginning->was_there))
        return assignment_lose_topic(&self->assignment, call, topic);
    if (topics_is_pattern(topic) && beginning->was_there && !beginning->fails_on_loss)
        return LEVADA_OK;
    self->client.hangs = true;
    return status_fail(call, LEVADA_NO_INPUT, "there is no topic %s", topic);
}

static levada_status
fail_event(struct kafka_source *self, struct levada_call *call, const rd_kafka_message_t *event)
{
    levada_status status = status_of_error(event->err);
    const char *text = rd_kafka_message_errstr(event);
    const char *topic = event->rkt != NULL ? rd_kafka_topic_name(event->rkt) : self->topics;
    char facts[300];
    if (event->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return status_fail(
            call, LEVADA_NO_INPUT,
            "topic %s, partition %d: records are gone: %s; fail_on_data_loss = false "
            "goes on with the earliest",
            topic, (int)event->partition, text);
    if (status == LEVADA_NO_OUTPUT)
        return miss_topic(self, call, topic);
    if (event->err == RD_KAFKA_RESP_ERR__FATAL)
        return reading_check(self, call);
    if (status == LEVADA_REJECT || event->err == RD_KAFKA_RESP_ERR__BAD_MSG)
        return status_fail(call, LEVADA_REJECT, "topic %s, partition %d: %s", topic,
                           (int)event->partition, text);
    if (status == LEVADA_CONFIG)
        return status_fail(call, status, "%s: %s", self->topics, text);
    snprintf(facts, sizeof(facts), "reason=\"%.280s\"", text);
    levada->log(self->client.ctx, LOG_WARN, "reading was disturbed", facts);
    return LEVADA_OK; /* librdkafka goes on by itself */
}

/* What stands between is no record: marks of transactions, compacted ones. */
static void
reach_received(struct partitions *partitions, struct partition *partition)
{
    if (partition->held.n > 0)
        return;
    partition->next = partition->received;
    if (partition->is_at_end || partition->latest < partition->next)
        partition->latest = partition->next;
    partitions_note(partitions, partition);
}

static levada_status
take_event(struct kafka_source *self, struct levada_call *call, const rd_kafka_message_t *event)
{
    struct partitions *partitions = &self->assignment.partitions;
    struct partition *partition = partitions_of(partitions, event);
    if (event->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return fail_event(self, call, event);
    if (partition == NULL)
        return assignment_meet(&self->assignment, call, event);
    partition->received = event->offset;
    partition->is_at_end = true;
    reach_received(partitions, partition);
    return LEVADA_OK;
}

levada_status
reading_listen(struct kafka_source *self, struct levada_call *call)
{
    levada_status status = LEVADA_OK;
    for (int n = 0; n < LISTEN_MOST && status == LEVADA_OK; n++) {
        if (self->assignment.arriving == NULL)
            return LEVADA_OK;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(self->client.rk, 0);
        if (message == NULL)
            return LEVADA_OK;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
            message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            status = fail_event(self, call, message);
        rd_kafka_message_destroy(message);
    }
    return status;
}

/* ---- messages ---- */

static levada_status
emit_later(struct kafka_source *self, struct levada_call *call, struct partition *partition,
           rd_kafka_message_t *message, struct fetched *fetched)
{
    partition->next = message->offset + 1;
    if (partition->latest < partition->next)
        partition->latest = partition->next;
    partitions_note(&self->assignment.partitions, partition);
    if (limits_exist(&self->limits))
        limits_took(&self->limits, partition, 1);
    return fetched_add(fetched, message) ? LEVADA_OK
                                         : levada->fail(call, LEVADA_FATAL, "out of memory");
}

static levada_status
take_message(struct kafka_source *self, struct levada_call *call, rd_kafka_message_t *message,
             struct fetched *fetched)
{
    struct partitions *partitions = &self->assignment.partitions;
    struct partition *partition = partitions_of(partitions, message);
    if (partition == NULL) {
        levada_status status = assignment_meet(&self->assignment, call, message);
        rd_kafka_message_destroy(message);
        return status;
    }
    if (message->offset < partition->received) { /* one that went on after a pause repeats it */
        rd_kafka_message_destroy(message);
        return LEVADA_OK;
    }
    partition->received = message->offset + 1;
    partition->is_at_end = false;
    self->may_nudge = true;
    bool is_early =
        limits_exist(&self->limits) && (partition->held.n > 0 || partition->allowed == 0);
    if (!is_early)
        return emit_later(self, call, partition, message, fetched);
    return limits_hold(partitions, partition, self->client.rk, message)
               ? LEVADA_OK
               : levada->fail(call, LEVADA_FATAL, "out of memory");
}

static levada_status
take_held(struct kafka_source *self, struct levada_call *call, struct partition *partition,
          struct fetched *fetched, uint32_t most)
{
    levada_status status = LEVADA_OK;
    if (partition->held.n == 0)
        return LEVADA_OK;
    while (status == LEVADA_OK && fetched->n < most && partition->allowed > 0 &&
           partition->held.n > 0)
        status = emit_later(self, call, partition, held_take(&partition->held), fetched);
    if (partition->held.n == 0) {
        reach_received(&self->assignment.partitions, partition);
        limits_resume(partition, self->client.rk);
    }
    return status;
}

static levada_status
take_all_held(struct kafka_source *self, struct levada_call *call, struct fetched *fetched,
              uint32_t *most)
{
    struct partitions *partitions = &self->assignment.partitions;
    levada_status status = LEVADA_OK;
    *most = limits_begin(&self->limits, partitions, self->client.rk, monotonic_ns(), *most);
    for (uint32_t i = 0; i < partitions->n_all && status == LEVADA_OK; i++) {
        if (partitions->all[i]->is_ours)
            status = take_held(self, call, partitions->all[i], fetched, *most);
    }
    return status;
}

/*
 * librdkafka 2.0.2 looks once a second whether its full queue has room again, and whenever its
 * thread for that broker has something to do. So that we do not wait when all it had is read while
 * there is more, the leader of a partition is asked for something. Later ones look by themselves.
 */
static void
nudge(struct kafka_source *self)
{
    const struct partitions *partitions = &self->assignment.partitions;
    if (rd_kafka_version() >= 0x020200ff || !self->may_nudge)
        return;
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        struct partition *partition = partitions->all[self->nudge_next++ % partitions->n_all];
        if (!partition->is_ours || partition->is_paused || partition->received >= partition->latest)
            continue;
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, partition->topic, partition->number)->offset =
            RD_KAFKA_OFFSET_END;
        rd_kafka_offsets_for_times(self->client.rk, list, NUDGE_MS);
        rd_kafka_topic_partition_list_destroy(list);
        self->may_nudge = false; /* until something has come of it */
        return;
    }
}

static levada_status
take_fresh(struct kafka_source *self, struct levada_call *call, struct fetched *fetched,
           uint32_t most, uint32_t wait_ms)
{
    levada_status status = LEVADA_OK;
    bool is_first = true;
    while (fetched->n < most && status == LEVADA_OK) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(self->client.rk, 0);
        if (message == NULL && is_first && fetched->n == 0) {
            nudge(self);
            message = rd_kafka_consumer_poll(self->client.rk, (int)wait_ms);
        }
        is_first = false;
        if (message == NULL)
            break;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            status = take_message(self, call, message, fetched);
            continue;
        }
        status = take_event(self, call, message);
        rd_kafka_message_destroy(message);
    }
    return status;
}

/* ---- all of it ---- */

/* A rate makes a trigger longer and not shorter: what is there is waited for. */
static void
nap(int64_t ns)
{
    struct timespec time = { 0, ns < NAP_MOST_NS ? ns : NAP_MOST_NS };
    nanosleep(&time, NULL);
}

static levada_status
fetch_limited(struct kafka_source *self, struct levada_call *call, struct fetched *fetched,
              uint32_t most, uint32_t wait_ms)
{
    uint32_t allowed = most;
    levada_status status = take_all_held(self, call, fetched, &allowed);
    int64_t rest_ns = limits_wait_ns(&self->limits, &self->assignment.partitions);
    if (status == LEVADA_OK)
        status = take_fresh(self, call, fetched, allowed, rest_ns > 0 ? 0 : wait_ms);
    if (status != LEVADA_OK || fetched->n > 0 || rest_ns <= 0 || allowed == 0)
        return status;
    nap(rest_ns);
    return take_all_held(self, call, fetched, &most);
}

levada_status
reading_fetch(struct kafka_source *self, struct levada_call *call, struct fetched *fetched,
              uint32_t most, uint32_t wait_ms)
{
    levada_status status = limits_exist(&self->limits)
                               ? fetch_limited(self, call, fetched, most, wait_ms)
                               : take_fresh(self, call, fetched, most, wait_ms);
    const struct partitions *partitions = &self->assignment.partitions;
    for (uint32_t i = 0; i < partitions->n_news; i++)
        partitions_update_end(partitions->news[i], self->client.rk);
    return status;
}
