/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/assignment.h"

#include "kafka_common/committed.h"
#include "kafka_common/status.h"
#include "kafka_source/limits.h"

#include <stdio.h>
#include <string.h>

#define REACH_MS 1000
#define LOG_WARN 2 /* of levada->log() */

void
assignment_set(struct assignment *assignment, rd_kafka_topic_partition_list_t *list)
{
    if (assignment->arriving != NULL)
        rd_kafka_topic_partition_list_destroy(assignment->arriving);
    assignment->arriving = list;
}

static void
drop_ready(struct assignment *assignment)
{
    if (assignment->ready != NULL)
        rd_kafka_topic_partition_list_destroy(assignment->ready);
    assignment->ready = NULL;
}

void
assignment_finish(struct assignment *assignment)
{
    assignment_set(assignment, NULL);
    drop_ready(assignment);
    partitions_finish(&assignment->partitions);
}

static bool
has_any(const struct partitions *partitions)
{
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        if (partitions->all[i]->is_ours)
            return true;
    }
    return false;
}

/*
 * librdkafka may join again without taking back what it had given, when the list of topics has
 * changed while it waited for our word. Meanwhile that was anybody's.
 */
void
assignment_note(struct assignment *assignment, rd_kafka_resp_err_t err,
                const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_t *rk = assignment->client->rk;
    drop_ready(assignment);
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !assignment->is_closing) {
        assignment_set(assignment, rd_kafka_topic_partition_list_copy(list));
        assignment->lost |= has_any(&assignment->partitions);
        assignment->beginning.was_there = true;
        return;
    }
    assignment_set(assignment, NULL);
    if (assignment->is_closing) {
        rd_kafka_assign(rk, NULL);
        return;
    }
    assignment->leaving = true;
    assignment->lost |= rd_kafka_assignment_lost(rk);
}

levada_status
assignment_restart(struct assignment *assignment, struct levada_call *call)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    assignment->lost |= assignment->leaving; /* the poll that was to say DRAIN has failed */
    if (assignment->ready != NULL && assignment->arriving == NULL) {
        assignment->arriving = assignment->ready;
        assignment->ready = NULL;
    }
    assignment->is_void = assignment->arriving != NULL || assignment->leaving;
    if (assignment->is_void)
        return LEVADA_OK;
    rd_kafka_resp_err_t err = rd_kafka_assignment(assignment->client->rk, &list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_FATAL, "%s", rd_kafka_err2str(err));
    assignment->is_void = list->cnt > 0;
    if (list->cnt > 0)
        assignment_set(assignment, list);
    else
        rd_kafka_topic_partition_list_destroy(list);
    return LEVADA_OK;
}

/* ---- letting go, taking over ---- */

static void
let_go(struct assignment *assignment)
{
    drop_ready(assignment);
    limits_resume_all(&assignment->partitions, assignment->client->rk);
    rd_kafka_assign(assignment->client->rk, NULL);
    partitions_let_go(&assignment->partitions);
    assignment->leaving = assignment->lost = assignment->is_void = assignment->has_gone = false;
    assignment->must_tell = true;
}

void
assignment_forget(struct assignment *assignment)
{
    drop_ready(assignment);
    assignment_set(assignment, NULL);
    partitions_let_go(&assignment->partitions);
    assignment->leaving = assignment->lost = assignment->is_void = assignment->has_gone = false;
    assignment->must_tell = true;
}

static levada_status
lose(struct assignment *assignment, struct levada_call *call)
{
    let_go(assignment);
    return levada->fail(call, LEVADA_LOST,
                        "the group gave our partitions away, since it did not hear of us in time; "
                        "what was not acknowledged is read again");
}

static bool
is_with_state(const rd_kafka_topic_partition_t *committed)
{
    size_t n = sizeof(COMMITTED_WITH_STATE) - 1;
    return committed->metadata_size == n &&
           memcmp(committed->metadata, COMMITTED_WITH_STATE, n) == 0;
}

static levada_status
take(struct assignment *assignment, struct levada_call *call,
     const rd_kafka_topic_partition_t *arriving, int64_t end)
{
    struct partitions *partitions = &assignment->partitions;
    struct partition *partition = partitions_add(partitions, arriving->topic, arriving->partition);
    if (partition == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    held_clear(&partition->held);
    partition->next = partition->received = arriving->offset;
    partition->latest = end;
    partition->acknowledged = -1;
    partition->share = -1; /* not known yet: limits.h */
    partition->is_ours = true;
    partition->has_state = is_with_state(arriving);
    partition->is_at_end = false;
    partitions_note(partitions, partition);
    return LEVADA_OK;
}

/* Of what is there again we have read nothing yet: all is asked for anew. */
levada_status
assignment_meet(struct assignment *assignment, struct levada_call *call,
                const rd_kafka_message_t *message)
{
    if (!assignment->has_gone || message->rkt == NULL)
        return LEVADA_OK;
    assignment->has_gone = false;
    return status_fail(call, LEVADA_LOST, "topic %s, which was deleted, is there again",
                       rd_kafka_topic_name(message->rkt));
}

levada_status
assignment_lose_topic(struct assignment *assignment, struct levada_call *call, const char *topic)
{
    char facts[300];
    assignment->client->hangs = true;
    if (assignment->beginning.fails_on_loss)
        return status_fail(call, LEVADA_NO_INPUT,
                           "topic %s was deleted, with what had not been read of it; "
                           "fail_on_data_loss = false goes on with the others",
                           topic);
    snprintf(facts, sizeof(facts), "topic=%.250s", topic);
    if (partitions_note_deleted(&assignment->partitions, topic))
        levada->log(assignment->client->ctx, LOG_WARN,
                    "a topic was deleted; the others are read on", facts);
    return LEVADA_OK;
}

static levada_status
leave_out(struct assignment *assignment, struct levada_call *call,
          const rd_kafka_topic_partition_t *arriving)
{
    assignment->has_gone = true;
    return assignment_lose_topic(assignment, call, arriving->topic);
}

static bool
has_topic(const rd_kafka_topic_partition_list_t *list, const char *topic)
{
    for (int i = 0; i < list->cnt; i++) {
        if (strcmp(list->elems[i].topic, topic) == 0)
            return true;
    }
    return false;
}

/* A topic of which nothing comes back to us may be others' now, or nobody's. */
static levada_status
look_for_missed(struct assignment *assignment, struct levada_call *call)
{
    struct partitions *partitions = &assignment->partitions;
    levada_status status = LEVADA_OK;
    const char *topic;
    while (status == LEVADA_OK && (topic = partitions_missed(partitions)) != NULL) {
        int n = 1;
        if (!has_topic(assignment->arriving, topic))
            status = client_find_topic(assignment->client, call, topic, REACH_MS, &n);
        if (status == LEVADA_OK && n == 0)
            status = assignment_lose_topic(assignment, call, topic);
        if (status == LEVADA_OK)
            partitions_looked_for(partitions, topic);
    }
    return status;
}

static levada_status
take_over(struct assignment *assignment, struct levada_call *call)
{
    rd_kafka_topic_partition_list_t *list = assignment->arriving, *ends = NULL;
    rd_kafka_t *rk = assignment->client->rk;
    bool at_end = false;
    levada_status status = look_for_missed(assignment, call);
    if (status == LEVADA_OK && list->cnt > 0)
        status = beginning_find(&assignment->beginning, call, rk, list, &ends, &at_end);
    if (status != LEVADA_OK)
        return status;
    limits_resume_all(&assignment->partitions, rk);
    partitions_let_go(&assignment->partitions);
    assignment->has_gone = false;
    for (int i = 0; i < list->cnt && status == LEVADA_OK; i++)
        status = list->elems[i].offset == BEGINNING_GONE
                     ? leave_out(assignment, call, &list->elems[i])
                     : take(assignment, call, &list->elems[i], ends->elems[i].offset);
    if (ends != NULL)
        rd_kafka_topic_partition_list_destroy(ends);
    if (status != LEVADA_OK)
        return status;
    assignment->ready = list;
    assignment->arriving = NULL;
    assignment->is_void = false;
    assignment->begins_at_end = at_end;
    assignment->beginning.was_there = true;
    status = partitions_tell(&assignment->partitions, call, NULL);
    return status == LEVADA_OK ? partitions_tell_ours(&assignment->partitions, call) : status;
}

/* Not before the host has heard where: it may want that to be asked again. */
static levada_status
begin_reading(struct assignment *assignment, struct levada_call *call)
{
    rd_kafka_resp_err_t err = rd_kafka_assign(assignment->client->rk, assignment->ready);
    drop_ready(assignment);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR
               ? LEVADA_OK
               : status_fail(call, LEVADA_FATAL, "%s", rd_kafka_err2str(err));
}

/*
 * That nothing is ours is told before what comes: a partition that was away and is back had other
 * owners, and must not look to the host as if it had stayed.
 */
levada_status
assignment_settle(struct assignment *assignment, struct levada_call *call)
{
    if (assignment->lost)
        return lose(assignment, call);
    if (assignment->leaving)
        let_go(assignment);
    if (assignment->must_tell)
        return partitions_tell_ours(&assignment->partitions, call);
    if (assignment->arriving != NULL)
        return take_over(assignment, call);
    return assignment->ready != NULL ? begin_reading(assignment, call) : LEVADA_OK;
}

void
assignment_told(struct assignment *assignment)
{
    assignment->must_tell = false;
}

/* ---- the group's knowledge ---- */

rd_kafka_topic_partition_list_t *
assignment_acknowledge(struct assignment *assignment)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    for (uint32_t i = 0; i < assignment->partitions.n_all && !assignment->is_void; i++) {
        struct partition *partition = assignment->partitions.all[i];
        if (!partition->is_ours || partition->acknowledged == partition->next)
            continue;
        if (list == NULL)
            list = rd_kafka_topic_partition_list_new(16);
        rd_kafka_topic_partition_list_add(list, partition->topic, partition->number)->offset =
            partition->next;
        partition->acknowledged = partition->next;
    }
    return list;
}

void
assignment_unacknowledge(struct assignment *assignment, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        struct partition *partition = partitions_find(&assignment->partitions, list->elems[i].topic,
                                                      list->elems[i].partition);
        if (partition != NULL && partition->acknowledged == list->elems[i].offset)
            partition->acknowledged = -1;
    }
}
