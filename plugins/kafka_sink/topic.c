/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/topic.h"

#include "kafka_common/status.h"

#include <stdio.h>

#define REACH_MS 1000
#define CREATE_MS 5000

/* The answer to the one request in @queue; its sentence in @why. */
static rd_kafka_resp_err_t
take_answer(rd_kafka_queue_t *queue, char *why, size_t why_size)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_MS);
    const rd_kafka_CreateTopics_result_t *result =
        event != NULL ? rd_kafka_event_CreateTopics_result(event) : NULL;
    rd_kafka_resp_err_t err =
        event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    const char *text = rd_kafka_err2str(err);
    size_t n = 0;
    const rd_kafka_topic_result_t **topics =
        result != NULL ? rd_kafka_CreateTopics_result_topics(result, &n) : NULL;
    if (n == 1) {
        err = rd_kafka_topic_result_error(topics[0]);
        text = rd_kafka_topic_result_error_string(topics[0]);
    }
    snprintf(why, why_size, "%s", text != NULL ? text : rd_kafka_err2str(err));
    if (event != NULL)
        rd_kafka_event_destroy(event);
    return err;
}

static levada_status
create(struct client *client, struct levada_call *call, const char *topic,
       const struct topic_shape *shape)
{
    char why[256];
    int replication = shape->replication > 0 ? (int)shape->replication : -1;
    rd_kafka_NewTopic_t *wanted =
        rd_kafka_NewTopic_new(topic, (int)shape->partitions, replication, why, sizeof(why));
    if (wanted == NULL)
        return status_fail(call, LEVADA_CONFIG, "topic %s cannot be created: %s", topic, why);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->rk);
    rd_kafka_CreateTopics(client->rk, &wanted, 1, NULL, queue);
    rd_kafka_resp_err_t err = take_answer(queue, why, sizeof(why));
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(wanted);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return LEVADA_OK;
    levada_status status =
        status_of_error(err) == LEVADA_UNAVAILABLE ? LEVADA_RETRY : LEVADA_CONFIG;
    return status_fail(call, status, "topic %s cannot be created: %s", topic, why);
}

levada_status
topic_ensure(struct client *client, struct levada_call *call, const char *topic,
             const struct topic_shape *shape)
{
    bool found;
    levada_status status = client_find_topic(client, call, topic, REACH_MS, &found);
    if (status != LEVADA_OK || found)
        return status;
    if (shape->partitions == 0)
        return status_fail(
            call, LEVADA_NO_OUTPUT,
            "there is no topic %s, or none that we may see; create = { partitions = 1; } "
            "makes one",
            topic);
    return create(client, call, topic, shape);
}
