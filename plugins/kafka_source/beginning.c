/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/beginning.h"

#include "kafka_common/status.h"
#include "kafka_source/starting_offsets.h"

#include <inttypes.h>

/* For an answer of the brokers. Each of thousands of partitions takes its time. */
static int
ask_ms(const rd_kafka_topic_partition_list_t *list)
{
    return 1000 + list->cnt / 2;
}

struct answers { /* each in the order of the partitions */
    rd_kafka_topic_partition_list_t *begin, *end, *at_time, *committed;
};

static void
answers_finish(struct answers *answers)
{
    rd_kafka_topic_partition_list_t *all[] = { answers->begin, answers->end, answers->at_time,
                                               answers->committed };
    for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
        if (all[i] != NULL)
            rd_kafka_topic_partition_list_destroy(all[i]);
    }
}

/* ---- asking ---- */

static void
set_all(rd_kafka_topic_partition_list_t *list, int64_t offset)
{
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = offset;
}

static rd_kafka_topic_partition_list_t *
copy_with(const rd_kafka_topic_partition_list_t *list, int64_t offset)
{
    rd_kafka_topic_partition_list_t *copy = rd_kafka_topic_partition_list_copy(list);
    set_all(copy, offset);
    return copy;
}

static levada_status
refuse(struct levada_call *call, const rd_kafka_topic_partition_t *partition,
       rd_kafka_resp_err_t err)
{
    levada_status status = status_of_error(err);
    if (status == LEVADA_NO_OUTPUT)
        return status_fail(call, LEVADA_NO_INPUT, "there is no partition %" PRId32 " of topic %s",
                           partition->partition, partition->topic);
    return status_fail(call, status == LEVADA_CONFIG ? LEVADA_CONFIG : LEVADA_RETRY,
                       "the offsets of topic %s cannot be asked for: %s", partition->topic,
                       rd_kafka_err2str(err));
}

static bool
is_borne(rd_kafka_resp_err_t err, bool bears_gone)
{
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ||
           (bears_gone && status_of_error(err) == LEVADA_NO_OUTPUT);
}

/* What an answer says as a whole, or of one partition. */
static levada_status
check_answer(struct levada_call *call, const rd_kafka_topic_partition_list_t *answer,
             rd_kafka_resp_err_t err, bool bears_gone)
{
    for (int i = 0; i < answer->cnt; i++) {
        if (!is_borne(answer->elems[i].err, bears_gone))
            return refuse(call, &answer->elems[i], answer->elems[i].err);
    }
    return is_borne(err, bears_gone) ? LEVADA_OK : refuse(call, &answer->elems[0], err);
}

/* The offsets in @list are milliseconds, or librdkafka's words for the two ends. */
static levada_status
look_up(struct levada_call *call, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
        bool bears_gone)
{
    return check_answer(call, list, rd_kafka_offsets_for_times(rk, list, ask_ms(list)), bears_gone);
}

static levada_status
look_up_group(struct levada_call *call, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
              bool bears_gone)
{
    set_all(list, RD_KAFKA_OFFSET_INVALID);
    return check_answer(call, list, rd_kafka_committed(rk, list, ask_ms(list)), bears_gone);
}

levada_status
beginning_ask_ends(struct levada_call *call, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    set_all(list, RD_KAFKA_OFFSET_END);
    return look_up(call, rk, list, false);
}

levada_status
beginning_ask_group(struct levada_call *call, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    return look_up_group(call, rk, list, false);
}

/* The times of those that begin at one; the others' are the end's, which nobody reads. */
static rd_kafka_topic_partition_list_t *
wanted_times(const struct beginning *beginning, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *times = copy_with(list, RD_KAFKA_OFFSET_END);
    bool any = false;
    for (int i = 0; i < times->cnt; i++) {
        struct starting starting = starting_offsets_of(
            beginning->starting_offsets, times->elems[i].topic, times->elems[i].partition);
        if (starting.kind == STARTING_TIME)
            times->elems[i].offset = starting.at;
        any |= starting.kind == STARTING_TIME;
    }
    if (any)
        return times;
    rd_kafka_topic_partition_list_destroy(times);
    return NULL;
}

static levada_status
ask(const struct beginning *beginning, struct levada_call *call, rd_kafka_t *rk,
    const rd_kafka_topic_partition_list_t *list, struct answers *answers)
{
    bool bears_gone = beginning->was_there && !beginning->fails_on_loss;
    answers->end = copy_with(list, RD_KAFKA_OFFSET_END);
    levada_status status = look_up(call, rk, answers->end, bears_gone);
    if (status != LEVADA_OK)
        return status;
    answers->begin = copy_with(list, RD_KAFKA_OFFSET_BEGINNING);
    status = look_up(call, rk, answers->begin, bears_gone);
    answers->at_time = wanted_times(beginning, list);
    if (status == LEVADA_OK && answers->at_time != NULL)
        status = look_up(call, rk, answers->at_time, bears_gone);
    if (status != LEVADA_OK || !beginning->asks_group)
        return status;
    answers->committed = rd_kafka_topic_partition_list_copy(list);
    return look_up_group(call, rk, answers->committed, bears_gone);
}

/* ---- choosing ---- */

static bool
is_gone(const struct answers *answers, int i)
{
    return answers->end->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR ||
           answers->begin->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR ||
           (answers->at_time != NULL &&
            answers->at_time->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) ||
           (answers->committed != NULL &&
            answers->committed->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Where partition @i is read on, whatever of it is left. -1: nothing is known of it. */
static int64_t
known_offset(struct levada_call *call, const struct answers *answers, int i)
{
    const rd_kafka_topic_partition_t *partition = &answers->end->elems[i];
    const struct levada_position *stored =
        levada->stored(call, partition->topic, partition->partition);
    int64_t offset = stored != NULL ? stored->next : -1;
    /* Another member may have had the partition meanwhile. */
    if (answers->committed != NULL && answers->committed->elems[i].offset > offset)
        offset = answers->committed->elems[i].offset;
    return offset;
}

/* RD_KAFKA_OFFSET_END: at the end, which moves. */
static int64_t
wanted_offset(const struct beginning *beginning, const struct answers *answers, int i)
{
    const rd_kafka_topic_partition_t *end = &answers->end->elems[i];
    struct starting starting =
        starting_offsets_of(beginning->starting_offsets, end->topic, end->partition);
    if (starting.kind == STARTING_EARLIEST || also_read_has(beginning->also_read, end->topic))
        return answers->begin->elems[i].offset;
    if (starting.kind == STARTING_OFFSET)
        return starting.at;
    if (starting.kind == STARTING_TIME && answers->at_time->elems[i].offset >= 0)
        return answers->at_time->elems[i].offset;
    return RD_KAFKA_OFFSET_END; /* also where no record is as young as that */
}

static levada_status
choose(const struct beginning *beginning, struct levada_call *call, const struct answers *answers,
       int i, int64_t *offset, bool *at_end)
{
    const rd_kafka_topic_partition_t *partition = &answers->end->elems[i];
    int64_t begin = answers->begin->elems[i].offset, end = partition->offset;
    if (is_gone(answers, i)) {
        *offset = BEGINNING_GONE;
        return LEVADA_OK;
    }
    *offset = known_offset(call, answers, i);
    if (*offset < 0)
        *offset = wanted_offset(beginning, answers, i);
    if (*offset == RD_KAFKA_OFFSET_END) {
        *at_end = true;
        *offset = end;
    }
    if (*offset >= begin && *offset <= end)
        return LEVADA_OK;
    if (beginning->fails_on_loss)
        return status_fail(call, LEVADA_NO_INPUT,
                           "topic %s, partition %" PRId32 ": offset %" PRId64
                           " comes next, but the topic has %" PRId64 " to %" PRId64
                           ": records are gone; fail_on_data_loss = false goes on with the "
                           "earliest",
                           partition->topic, partition->partition, *offset, begin, end);
    *offset = begin;
    return LEVADA_OK;
}

/* What the group knows of partition @i beside its offset goes along, for what was there. */
static void
swap_metadata(const struct answers *answers, int i, rd_kafka_topic_partition_t *to)
{
    if (answers->committed == NULL)
        return;
    rd_kafka_topic_partition_t *from = &answers->committed->elems[i];
    void *metadata = to->metadata;
    size_t size = to->metadata_size;
    to->metadata = from->metadata;
    to->metadata_size = from->metadata_size;
    from->metadata = metadata;
    from->metadata_size = size;
}

levada_status
beginning_find(const struct beginning *beginning, struct levada_call *call, rd_kafka_t *rk,
               rd_kafka_topic_partition_list_t *list, rd_kafka_topic_partition_list_t **ends,
               bool *at_end)
{
    struct answers answers = { 0 };
    *at_end = false;
    levada_status status = ask(beginning, call, rk, list, &answers);
    for (int i = 0; i < list->cnt && status == LEVADA_OK; i++)
        status = choose(beginning, call, &answers, i, &list->elems[i].offset, at_end);
    for (int i = 0; i < list->cnt && status == LEVADA_OK; i++)
        swap_metadata(&answers, i, &list->elems[i]);
    *ends = NULL;
    if (status == LEVADA_OK) {
        *ends = answers.end;
        answers.end = NULL;
    }
    answers_finish(&answers);
    return status;
}
