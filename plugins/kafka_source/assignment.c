/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/assignment.h"

#include "kafka_common/status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ASK_MS 1000 /* for an answer of the brokers */

void
assignment_finish(struct assignment *assignment)
{
    if (assignment->arriving != NULL)
        rd_kafka_topic_partition_list_destroy(assignment->arriving);
    assignment->arriving = NULL;
    free(assignment->partitions);
    assignment->partitions = NULL;
    assignment->n = 0;
}

static void
set_arriving(struct assignment *assignment, rd_kafka_topic_partition_list_t *list)
{
    if (assignment->arriving != NULL)
        rd_kafka_topic_partition_list_destroy(assignment->arriving);
    assignment->arriving = list;
}

void
assignment_note(struct assignment *assignment, rd_kafka_resp_err_t err,
                const rd_kafka_topic_partition_list_t *list)
{
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !assignment->is_closing) {
        set_arriving(assignment, rd_kafka_topic_partition_list_copy(list));
        return;
    }
    set_arriving(assignment, NULL);
    if (assignment->is_closing)
        rd_kafka_assign(assignment->client->rk, NULL);
    else
        assignment->leaving = true;
}

levada_status
assignment_restart(struct assignment *assignment, struct levada_call *call)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    if (assignment->arriving != NULL || assignment->leaving)
        return LEVADA_OK;
    rd_kafka_resp_err_t err = rd_kafka_assignment(assignment->client->rk, &list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_FATAL, "%s", rd_kafka_err2str(err));
    if (list->cnt > 0)
        assignment->arriving = list;
    else
        rd_kafka_topic_partition_list_destroy(list);
    return LEVADA_OK;
}

/* ---- where to begin ---- */

struct bounds { /* answers of the brokers, each in the order of the partitions that arrive */
    rd_kafka_topic_partition_list_t *begin, *end, *wanted, *committed;
};

static rd_kafka_topic_partition_list_t *
copy_with(const rd_kafka_topic_partition_list_t *list, int64_t offset)
{
    rd_kafka_topic_partition_list_t *copy = rd_kafka_topic_partition_list_copy(list);
    for (int i = 0; i < copy->cnt; i++)
        copy->elems[i].offset = offset;
    return copy;
}

static rd_kafka_resp_err_t
first_error(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return list->elems[i].err;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* @time: milliseconds, or librdkafka's words for the two ends. */
static rd_kafka_resp_err_t
look_up(const struct assignment *assignment, int64_t time, rd_kafka_topic_partition_list_t **answer)
{
    *answer = copy_with(assignment->arriving, time);
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(assignment->client->rk, *answer, ASK_MS);
    return err != RD_KAFKA_RESP_ERR_NO_ERROR ? err : first_error(*answer);
}

static rd_kafka_resp_err_t
ask_brokers(const struct assignment *assignment, struct bounds *bounds)
{
    rd_kafka_resp_err_t err = look_up(assignment, RD_KAFKA_OFFSET_END, &bounds->end);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = look_up(assignment, RD_KAFKA_OFFSET_BEGINNING, &bounds->begin);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && assignment->wanted >= 0)
        err = look_up(assignment, assignment->wanted, &bounds->wanted);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && assignment->asks_group) {
        bounds->committed = copy_with(assignment->arriving, RD_KAFKA_OFFSET_INVALID);
        err = rd_kafka_committed(assignment->client->rk, bounds->committed, ASK_MS);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            err = first_error(bounds->committed);
    }
    return err;
}

static void
bounds_finish(struct bounds *bounds)
{
    rd_kafka_topic_partition_list_t *all[] = { bounds->begin, bounds->end, bounds->wanted,
                                               bounds->committed };
    for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
        if (all[i] != NULL)
            rd_kafka_topic_partition_list_destroy(all[i]);
    }
}

static int64_t
wanted_offset(const struct assignment *assignment, const struct bounds *bounds, int i)
{
    if (assignment->wanted == RD_KAFKA_OFFSET_BEGINNING)
        return bounds->begin->elems[i].offset;
    if (bounds->wanted != NULL && bounds->wanted->elems[i].offset >= 0)
        return bounds->wanted->elems[i].offset;
    return bounds->end->elems[i].offset; /* also where no record is as young as that */
}

/* Where partition @i is read on, whatever of it is left. -1: nothing is known of it. */
static int64_t
known_offset(const struct assignment *assignment, struct levada_call *call,
             const struct bounds *bounds, int i)
{
    int32_t number = assignment->arriving->elems[i].partition;
    const struct levada_position *stored = levada->stored(call, assignment->topic, number);
    int64_t offset = stored != NULL ? stored->next : -1;
    /* Another member may have had the partition meanwhile. */
    if (bounds->committed != NULL && bounds->committed->elems[i].offset > offset)
        offset = bounds->committed->elems[i].offset;
    return offset;
}

static levada_status
choose_start(const struct assignment *assignment, struct levada_call *call,
             const struct bounds *bounds, int i, int64_t *start)
{
    rd_kafka_topic_partition_t *partition = &assignment->arriving->elems[i];
    int64_t begin = bounds->begin->elems[i].offset, end = bounds->end->elems[i].offset;
    *start = known_offset(assignment, call, bounds, i);
    if (*start < 0) {
        *start = wanted_offset(assignment, bounds, i);
        return LEVADA_OK;
    }
    if (*start >= begin && *start <= end)
        return LEVADA_OK;
    if (assignment->fails_on_loss)
        return status_fail(call, LEVADA_NO_INPUT,
                           "topic %s, partition %" PRId32 ": offset %" PRId64
                           " comes next, but the topic has %" PRId64 " to %" PRId64
                           ": records are gone; fail_on_data_loss = false goes on with the "
                           "earliest",
                           assignment->topic, partition->partition, *start, begin, end);
    *start = begin;
    return LEVADA_OK;
}

/* ---- taking over ---- */

static levada_status
make_room(struct assignment *assignment, struct levada_call *call)
{
    int32_t n = assignment->n;
    for (int i = 0; i < assignment->arriving->cnt; i++) {
        if (assignment->arriving->elems[i].partition >= n)
            n = assignment->arriving->elems[i].partition + 1;
    }
    struct assignment_partition *grown =
        realloc(assignment->partitions, ((size_t)n + 1) * sizeof(*grown));
    if (grown == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    memset(grown + assignment->n, 0, (size_t)(n - assignment->n) * sizeof(*grown));
    assignment->partitions = grown;
    assignment->n = n;
    return LEVADA_OK;
}

static struct levada_position
position_of(const struct assignment *assignment, int32_t number)
{
    const struct assignment_partition *partition = &assignment->partitions[number];
    return (struct levada_position){
        .stream = { assignment->topic, strlen(assignment->topic) },
        .partition = number,
        .next = partition->next,
        .latest = partition->latest,
    };
}

static levada_status
tell_ours(const struct assignment *assignment, struct levada_call *call)
{
    struct levada_position *all = levada->scratch(call, ((size_t)assignment->n + 1) * sizeof(*all));
    uint32_t n_ours = 0;
    if (all == NULL)
        return LEVADA_FATAL;
    for (int32_t number = 0; number < assignment->n; number++) {
        if (assignment->partitions[number].is_ours)
            all[n_ours++] = position_of(assignment, number);
    }
    return levada->assigned(call, all, n_ours);
}

static levada_status
let_go(struct assignment *assignment, struct levada_call *call)
{
    rd_kafka_assign(assignment->client->rk, NULL);
    for (int32_t number = 0; number < assignment->n; number++)
        assignment->partitions[number].is_ours = false;
    assignment->leaving = false;
    return tell_ours(assignment, call);
}

static levada_status
begin_all(struct assignment *assignment, struct levada_call *call, const struct bounds *bounds)
{
    levada_status status = make_room(assignment, call);
    for (int i = 0; i < assignment->arriving->cnt && status == LEVADA_OK; i++) {
        rd_kafka_topic_partition_t *arriving = &assignment->arriving->elems[i];
        status = choose_start(assignment, call, bounds, i, &arriving->offset);
        assignment->partitions[arriving->partition] = (struct assignment_partition){
            .next = arriving->offset,
            .latest = bounds->end->elems[i].offset,
            .acknowledged = -1,
            .is_ours = true,
            .has_news = true,
        };
    }
    return status;
}

static levada_status
take_over(struct assignment *assignment, struct levada_call *call)
{
    struct bounds bounds = { 0 };
    levada_status status = LEVADA_OK;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (assignment->arriving->cnt > 0)
        err = ask_brokers(assignment, &bounds);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        status =
            status_fail(call, status_of_error(err) == LEVADA_CONFIG ? LEVADA_CONFIG : LEVADA_RETRY,
                        "the offsets of topic %s cannot be asked for: %s", assignment->topic,
                        rd_kafka_err2str(err));
    else
        status = begin_all(assignment, call, &bounds);
    bounds_finish(&bounds);
    if (status != LEVADA_OK)
        return status;
    err = rd_kafka_assign(assignment->client->rk, assignment->arriving);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_FATAL, "%s", rd_kafka_err2str(err));
    set_arriving(assignment, NULL);
    status = assignment_tell(assignment, call, NULL);
    return status == LEVADA_OK ? tell_ours(assignment, call) : status;
}

levada_status
assignment_settle(struct assignment *assignment, struct levada_call *call)
{
    if (assignment->leaving)
        return let_go(assignment, call);
    if (assignment->arriving != NULL)
        return take_over(assignment, call);
    return LEVADA_OK;
}

/* ---- positions ---- */

struct assignment_partition *
assignment_find(struct assignment *assignment, int32_t partition)
{
    if (partition < 0 || partition >= assignment->n || !assignment->partitions[partition].is_ours)
        return NULL;
    return &assignment->partitions[partition];
}

levada_status
assignment_tell(struct assignment *assignment, struct levada_call *call, struct levada_batch *batch)
{
    levada_status status = LEVADA_OK;
    for (int32_t number = 0; number < assignment->n && status == LEVADA_OK; number++) {
        struct assignment_partition *partition = &assignment->partitions[number];
        if (!partition->is_ours || !partition->has_news)
            continue;
        struct levada_position position = position_of(assignment, number);
        status = levada->position(call, batch, &position);
        partition->has_news = false;
    }
    return status;
}

rd_kafka_topic_partition_list_t *
assignment_acknowledge(struct assignment *assignment)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    for (int32_t number = 0; number < assignment->n; number++) {
        struct assignment_partition *partition = &assignment->partitions[number];
        if (!partition->is_ours || partition->acknowledged == partition->next)
            continue;
        if (list == NULL)
            list = rd_kafka_topic_partition_list_new(assignment->n);
        rd_kafka_topic_partition_list_add(list, assignment->topic, number)->offset =
            partition->next;
        partition->acknowledged = partition->next;
    }
    return list;
}
