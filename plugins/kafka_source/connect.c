/* SPDX-License-Identifier: Apache-2.0 */
/* `levada check --connect`: does the cluster answer, are topics and partitions there and ours to
 * see? */
#include "kafka_source/kafka_source.h"
#include "kafka_source/topics.h"

#include <stdio.h>

#define ASK_MS 2000
#define LOG_INFO 3 /* of levada->log() */

static levada_status
unavailable(levada_status status)
{
    return status == LEVADA_RETRY ? LEVADA_UNAVAILABLE : status;
}

static void
check_partitions(struct kafka_source *self, struct levada_call *call, const char *topic,
                 int n_partitions)
{
    const int64_t *number = self->partitions.items;
    char text[400];
    for (uint64_t i = 0; i < self->partitions.n; i++) {
        if (number[i] < n_partitions)
            continue;
        snprintf(text, sizeof(text), "topic %s has %d partitions, from 0; there is no %lld", topic,
                 n_partitions, (long long)number[i]);
        levada->problem(call, "partitions", text);
    }
}

static levada_status
check_topic(struct kafka_source *self, struct levada_call *call, const char *topic)
{
    char text[400];
    int n_partitions;
    levada_status status = client_find_topic(&self->client, call, topic, ASK_MS, &n_partitions);
    if (status != LEVADA_OK)
        return unavailable(status);
    if (n_partitions == 0) {
        snprintf(text, sizeof(text), "there is no topic %s", topic);
        return levada->problem(call, "topic", text);
    }
    check_partitions(self, call, topic, n_partitions);
    snprintf(text, sizeof(text), "topic=%s partitions=%d", topic, n_partitions);
    levada->log(self->client.ctx, LOG_INFO, "the topic is there", text);
    return LEVADA_OK;
}

static levada_status
check_pattern(struct kafka_source *self, struct levada_call *call, const char *pattern)
{
    const struct rd_kafka_metadata *metadata;
    const struct levada_list one = { .items = &pattern, .n = 1 };
    char text[400];
    levada_status status = client_list_topics(&self->client, call, ASK_MS, &metadata);
    if (status != LEVADA_OK)
        return unavailable(status);
    bool found = topics_match(&one, metadata);
    rd_kafka_metadata_destroy(metadata);
    if (found)
        return LEVADA_OK;
    snprintf(text, sizeof(text), "no topic's name is like %s", pattern);
    return levada->problem(call, "topic", text);
}

static levada_status
check_topics(struct kafka_source *self, struct levada_call *call)
{
    const char *const *topic = self->topic.items;
    levada_status status = LEVADA_OK;
    for (uint64_t i = 0; i < self->topic.n && status == LEVADA_OK; i++)
        status = topics_is_pattern(topic[i]) ? check_pattern(self, call, topic[i])
                                             : check_topic(self, call, topic[i]);
    return status;
}

static levada_status
check(void *self_, struct levada_call *call, uint32_t wait_ms)
{
    struct kafka_source *self = self_;
    levada_status status = client_start(&self->client, call, RD_KAFKA_CONSUMER);
    if (status == LEVADA_OK)
        status = client_connect(&self->client, call, self->brokers, wait_ms);
    if (status == LEVADA_OK)
        status = check_topics(self, call);
    client_stop(&self->client);
    return status;
}

const struct levada_connect_v1 kafka_source_connect = {
    .struct_size = sizeof(kafka_source_connect),
    .check = check,
};
