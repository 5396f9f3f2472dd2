/* SPDX-License-Identifier: Apache-2.0 */
/* `levada check --connect`: does the cluster answer, and is there the topic, or may it be made? */
#include "kafka_sink/kafka_sink.h"

#include <stdio.h>

#define ASK_MS 2000
#define LOG_INFO 3 /* of levada->log() */

static levada_status
check_creation(struct kafka_sink *self, struct levada_call *call)
{
    char text[400];
    if (self->create.partitions == 0) {
        snprintf(text, sizeof(text), "there is no topic %s; create = { partitions = 1; } makes one",
                 self->topic);
        return levada->problem(call, "topic", text);
    }
    levada_status status =
        topic_try_create(kafka_sink_producer(self), call, self->topic, &self->create);
    if (status != LEVADA_OK)
        return status;
    snprintf(text, sizeof(text), "topic=%s partitions=%lld", self->topic,
             (long long)self->create.partitions);
    levada->log(self->client.ctx, LOG_INFO, "the topic will be created", text);
    return LEVADA_OK;
}

static levada_status
check_topic(struct kafka_sink *self, struct levada_call *call)
{
    char text[400];
    int n_partitions;
    levada_status status =
        client_find_topic(kafka_sink_producer(self), call, self->topic, ASK_MS, &n_partitions);
    if (status != LEVADA_OK)
        return status == LEVADA_RETRY ? LEVADA_UNAVAILABLE : status;
    if (n_partitions == 0)
        return check_creation(self, call);
    snprintf(text, sizeof(text), "topic=%s partitions=%d", self->topic, n_partitions);
    levada->log(self->client.ctx, LOG_INFO, "the topic is there", text);
    return LEVADA_OK;
}

static levada_status
check(void *self_, struct levada_call *call, uint32_t wait_ms)
{
    struct kafka_sink *self = self_;
    struct client *client =
        kafka_sink_producer(self); /* with its properties, who has joined, too */
    levada_status status = client_start(client, call, RD_KAFKA_PRODUCER);
    if (status == LEVADA_OK)
        status = client_connect(client, call, self->brokers, wait_ms);
    if (status == LEVADA_OK)
        status = check_topic(self, call);
    client_stop(client);
    return status;
}

const struct levada_connect_v1 kafka_sink_connect = {
    .struct_size = sizeof(kafka_sink_connect),
    .check = check,
};
