/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/needed_topic.h"

#include "kafka_common/status.h"

#include <stdio.h>
#include <string.h>

#define REACH_MS 1000
#define DESCRIBE_MS 1000 /* in a callback, which answers within about a second */
#define LOG_INFO 3 /* of levada->log() */

/* ---- the policy ---- */

/* What the one resource of the answer says of @name; false: nothing. */
static bool
read_setting(const rd_kafka_DescribeConfigs_result_t *result, const char *name, char *value,
             size_t size)
{
    size_t n = 0;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(result, &n);
    if (n != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[0], &n);
    for (size_t i = 0; i < n; i++) {
        const char *found = rd_kafka_ConfigEntry_value(entries[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) != 0 || found == NULL)
            continue;
        snprintf(value, size, "%s", found);
        return true;
    }
    return false;
}

static bool
ask_setting(struct client *client, const char *topic, const char *name, char *value, size_t size)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->rk);
    rd_kafka_DescribeConfigs(client->rk, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, DESCRIBE_MS);
    const rd_kafka_DescribeConfigs_result_t *result =
        event != NULL ? rd_kafka_event_DescribeConfigs_result(event) : NULL;
    bool is_told = result != NULL && read_setting(result, name, value, size);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    return is_told;
}

/*
 * A changelog that is deleted by age forgets state, and a repartition topic that is compacted
 * forgets rows. Who may not read a topic's settings is not kept from using it.
 */
static levada_status
check_policy(struct client *client, struct levada_call *call, const struct needed_topic *needed)
{
    const struct levada_pair *wanted = needed->settings.items;
    char value[64], facts[320];
    if (!ask_setting(client, needed->name, wanted->name, value, sizeof(value))) {
        snprintf(facts, sizeof(facts), "topic=%s needed=%s=%s", needed->name, wanted->name,
                 wanted->value);
        levada->log(client->ctx, LOG_INFO, "the topic's settings cannot be read", facts);
        return LEVADA_OK;
    }
    if (strcmp(value, wanted->value) == 0)
        return LEVADA_OK;
    return status_fail(call, LEVADA_CONFIG, "the %s topic %s has %s=%s; it needs %s=%s",
                       needed->kind, needed->name, wanted->name, value, wanted->name,
                       wanted->value);
}

/* ---- the topic ---- */

/* *n 0: it is not there, and would be made. */
static levada_status
look(struct client *client, struct levada_call *call, const struct needed_topic *needed,
     const struct topic_shape *creates, int *n)
{
    const struct levada_pair *policy = needed->settings.items;
    levada_status status = client_find_topic(client, call, needed->name, REACH_MS, n);
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
    return check_policy(client, call, needed);
}

levada_status
needed_topic_check(struct client *client, struct levada_call *call,
                   const struct needed_topic *needed, const struct topic_shape *creates)
{
    int n;
    return look(client, call, needed, creates, &n);
}

levada_status
needed_topic_ensure(struct client *client, struct levada_call *call,
                    const struct needed_topic *needed, const struct topic_shape *creates)
{
    int n;
    levada_status status = look(client, call, needed, creates, &n);
    if (status != LEVADA_OK || n > 0)
        return status;
    const struct topic_shape shape = { .partitions = needed->partitions,
                                       .replication = creates->replication,
                                       .settings = needed->settings };
    return topic_create(client, call, needed->name, &shape);
}
