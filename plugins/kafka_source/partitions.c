/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/partitions.h"

#include <stdlib.h>
#include <string.h>

struct partition_topic {
    struct partition **by_number;
    int32_t n;
    bool is_missed, is_deleted;
    char name[];
};

void
partitions_finish(struct partitions *partitions)
{
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        held_clear(&partitions->all[i]->held);
        free(partitions->all[i]);
    }
    for (uint32_t i = 0; i < partitions->n_topics; i++) {
        free(partitions->topics[i]->by_number);
        free(partitions->topics[i]);
    }
    free(partitions->topics);
    free(partitions->all);
    free(partitions->news);
    *partitions = (struct partitions){ 0 };
}

/* ---- finding: topics are sorted by name ---- */

/* Where a topic of this name is, or would be. */
static uint32_t
topic_place(const struct partitions *partitions, const char *name, bool *found)
{
    uint32_t low = 0, high = partitions->n_topics;
    *found = false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(name, partitions->topics[middle]->name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static struct partition_topic *
find_topic(const struct partitions *partitions, const char *name)
{
    bool found;
    uint32_t place = topic_place(partitions, name, &found);
    return found ? partitions->topics[place] : NULL;
}

static struct partition *
ours_of(const struct partition_topic *topic, int32_t number)
{
    if (topic == NULL || number < 0 || number >= topic->n)
        return NULL;
    struct partition *partition = topic->by_number[number];
    return partition != NULL && partition->is_ours ? partition : NULL;
}

struct partition *
partitions_find(struct partitions *partitions, const char *topic, int32_t number)
{
    return ours_of(find_topic(partitions, topic), number);
}

struct partition *
partitions_of(struct partitions *partitions, const rd_kafka_message_t *message)
{
    if (message->rkt == NULL)
        return NULL;
    if (message->rkt != partitions->last_rkt) {
        partitions->last = find_topic(partitions, rd_kafka_topic_name(message->rkt));
        partitions->last_rkt = message->rkt;
    }
    return ours_of(partitions->last, message->partition);
}

/* ---- adding ---- */

static struct partition_topic *
add_topic(struct partitions *partitions, const char *name)
{
    bool found;
    uint32_t place = topic_place(partitions, name, &found);
    if (found)
        return partitions->topics[place];
    struct partition_topic **grown =
        realloc(partitions->topics, (partitions->n_topics + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    partitions->topics = grown;
    size_t n = strlen(name) + 1;
    struct partition_topic *topic = calloc(1, sizeof(*topic) + n);
    if (topic == NULL)
        return NULL;
    memcpy(topic->name, name, n);
    memmove(grown + place + 1, grown + place, (partitions->n_topics - place) * sizeof(*grown));
    grown[place] = topic;
    partitions->n_topics++;
    partitions->last_rkt = NULL;
    return topic;
}

static bool
reach_number(struct partition_topic *topic, int32_t number)
{
    if (number < topic->n)
        return true;
    int32_t n = number + 1 > topic->n * 2 ? number + 1 : topic->n * 2;
    struct partition **grown = realloc(topic->by_number, (size_t)n * sizeof(*grown));
    if (grown == NULL)
        return false;
    memset(grown + topic->n, 0, (size_t)(n - topic->n) * sizeof(*grown));
    topic->by_number = grown;
    topic->n = n;
    return true;
}

static bool
make_room(struct partitions *partitions)
{
    if (partitions->n_all < partitions->room)
        return true;
    uint32_t room = partitions->room > 0 ? partitions->room * 2 : 16;
    struct partition **all = realloc(partitions->all, room * sizeof(*all));
    if (all == NULL)
        return false;
    partitions->all = all;
    struct partition **news = realloc(partitions->news, room * sizeof(*news));
    if (news == NULL)
        return false;
    partitions->news = news;
    partitions->room = room;
    return true;
}

struct partition *
partitions_add(struct partitions *partitions, const char *topic_name, int32_t number)
{
    struct partition_topic *topic = add_topic(partitions, topic_name);
    if (topic == NULL || !reach_number(topic, number) || !make_room(partitions))
        return NULL;
    topic->is_deleted = false;
    if (topic->by_number[number] != NULL)
        return topic->by_number[number];
    struct partition *partition = calloc(1, sizeof(*partition));
    if (partition == NULL)
        return NULL;
    partition->topic = topic->name;
    partition->number = number;
    topic->by_number[number] = partition;
    partitions->all[partitions->n_all++] = partition;
    return partition;
}

/* ---- topics that go ---- */

const char *
partitions_missed(const struct partitions *partitions)
{
    for (uint32_t i = 0; i < partitions->n_topics; i++) {
        if (partitions->topics[i]->is_missed)
            return partitions->topics[i]->name;
    }
    return NULL;
}

void
partitions_looked_for(struct partitions *partitions, const char *topic)
{
    find_topic(partitions, topic)->is_missed = false;
}

bool
partitions_note_deleted(struct partitions *partitions, const char *name)
{
    struct partition_topic *topic = add_topic(partitions, name);
    bool is_known = topic != NULL && topic->is_deleted;
    if (topic != NULL)
        topic->is_deleted = true;
    return !is_known;
}

/* ---- telling ---- */

void
partitions_let_go(struct partitions *partitions)
{
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        struct partition *partition = partitions->all[i];
        if (partition->is_ours)
            find_topic(partitions, partition->topic)->is_missed = true;
        held_clear(&partition->held);
        partition->is_ours = partition->has_news = false;
    }
    partitions->n_news = 0;
    partitions->last_rkt = NULL; /* librdkafka may forget the topic */
}

void
partitions_note(struct partitions *partitions, struct partition *partition)
{
    if (partition->has_news)
        return;
    partition->has_news = true;
    partitions->news[partitions->n_news++] = partition;
}

void
partitions_update_end(struct partition *partition, rd_kafka_t *rk)
{
    int64_t low, high;
    if (!partition->is_at_end &&
        rd_kafka_get_watermark_offsets(rk, partition->topic, partition->number, &low, &high) ==
            RD_KAFKA_RESP_ERR_NO_ERROR &&
        high > partition->latest)
        partition->latest = high;
}

static struct levada_position
position_of(const struct partition *partition)
{
    return (struct levada_position){
        .stream = { partition->topic, strlen(partition->topic) },
        .partition = partition->number,
        .flags = partition->has_state ? LEVADA_P_STATE : 0,
        .next = partition->next,
        .latest = partition->latest,
    };
}

levada_status
partitions_tell(struct partitions *partitions, struct levada_call *call, struct levada_batch *batch)
{
    levada_status status = LEVADA_OK;
    while (partitions->n_news > 0 && status == LEVADA_OK) {
        struct partition *partition = partitions->news[--partitions->n_news];
        struct levada_position position = position_of(partition);
        partition->has_news = false;
        status = levada->position(call, batch, &position);
    }
    return status;
}

levada_status
partitions_tell_ours(const struct partitions *partitions, struct levada_call *call)
{
    struct levada_position *ours = levada->scratch(call, partitions->n_all * sizeof(*ours));
    uint32_t n = 0;
    if (ours == NULL)
        return LEVADA_FATAL;
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        if (partitions->all[i]->is_ours)
            ours[n++] = position_of(partitions->all[i]);
    }
    return levada->assigned(call, ours, n);
}
