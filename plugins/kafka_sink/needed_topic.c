/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/needed_topic.h"

#include "kafka_common/status.h"

#include <stdio.h>
#include <string.h>

#define ENSURE_MS 1000 /* for one answer, and again where it does not come */
#define LOG_INFO 3     /* of levada->log() */

/* ---- the policy ---- */

/* What the one resource of the answer says of @name; as it was, where that is nothing. */
static rd_kafka_resp_err_t
read_setting(rd_kafka_event_t *event, const char *name, char *value, size_t size)
{
    size_t n = 0;
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR || result == NULL)
        return err;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(result, &n);
    err = n == 1 ? rd_kafka_ConfigResource_error(resources[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[0], &n);
    for (size_t i = 0; i < n; i++) {
        const char *found = rd_kafka_ConfigEntry_value(entries[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0 && found != NULL)
            snprintf(value, size, "%s", found);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t
ask_setting(struct client *client, const char *topic, const char *name, int wait_ms, char *value,
            size_t size)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->rk);
    rd_kafka_DescribeConfigs(client->rk, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, wait_ms);
    rd_kafka_resp_err_t err =
        event != NULL ? read_setting(event, name, value, size) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    return err;
}

/* Who may not read a topic's settings is not kept from using it; and some brokers tell none. */
static bool
is_never_told(rd_kafka_resp_err_t err)
{
    return status_of_error(err) == LEVADA_CONFIG || err == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE ||
           err == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION;
}

/* A changelog that is deleted by age forgets state, and a repartition topic that is compacted
 * forgets rows. */
static levada_status
check_policy(struct client *client, struct levada_call *call, const struct needed_topic *needed,
             int wait_ms)
{
    const struct levada_pair *wanted = needed->settings.items;
    char value[64] = "", facts[400];
    rd_kafka_resp_err_t err =
        ask_setting(client, needed->name, wanted->name, wait_ms, value, sizeof(value));
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_never_told(err))
        return status_fail(call, LEVADA_RETRY, "the settings of the %s topic %s: %s", needed->kind,
                           needed->name, rd_kafka_err2str(err));
    if (strcmp(value, wanted->value) == 0)
        return LEVADA_OK;
    if (value[0] != '\0')
        return status_fail(call, LEVADA_CONFIG, "the %s topic %s has %s=%s; it needs %s=%s",
                           needed->kind, needed->name, wanted->name, value, wanted->name,
                           wanted->value);
    snprintf(facts, sizeof(facts), "topic=%s needed=%s=%s", needed->name, wanted->name,
             wanted->value);
    levada->log(client->ctx, LOG_INFO, "the topic's settings cannot be read", facts);
    return LEVADA_OK;
}

/* ---- the topic ---- */

/* *n 0: it is not there, and would be made. */
static levada_status
look(struct client *client, struct levada_call *call, const struct needed_topic *needed,
     const struct topic_shape *creates, int wait_ms, int *n)
{
    const struct levada_pair *policy = needed->settings.items;
    levada_status status = client_find_topic(client, call, needed->name, wait_ms, n);
    if (status != LEVADA_OK)
        return status;
    if (*n == 0 && creates->partitions > 0)
        return LEVADA_OK;
    if (*n == 0)
        return status_fail(call, LEVADA_NO_OUTPUT,
                           "the %s topic %s is missing; create it with %u partitions and %s=%s, or "
                           "have it created with `create`",
                           needed->kind, needed->name, needed->partitions, policy->name,
                           policy->value);
    if ((uint32_t)*n != needed->partitions)
        return status_fail(call, LEVADA_CONFIG,
                           "the %s topic %s has %d partitions, but the input has %u: state of a "
                           "partition must stay in its own",
                           needed->kind, needed->name, *n, needed->partitions);
    return check_policy(client, call, needed, wait_ms);
}

levada_status
needed_topic_check(struct client *client, struct levada_call *call,
                   const struct needed_topic *needed, const struct topic_shape *creates,
                   int wait_ms)
{
    int n;
    return look(client, call, needed, creates, wait_ms, &n);
}

levada_status
needed_topic_ensure(struct client *client, struct levada_call *call,
                    const struct needed_topic *needed, const struct topic_shape *creates)
{
    int n;
    levada_status status = look(client, call, needed, creates, ENSURE_MS, &n);
    if (status != LEVADA_OK || n > 0)
        return status;
    const struct topic_shape shape = { .partitions = needed->partitions,
                                       .replication = creates->replication,
                                       .settings = needed->settings };
    return topic_create(client, call, needed->name, &shape);
}
