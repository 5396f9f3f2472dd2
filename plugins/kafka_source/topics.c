/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/topics.h"

#include "kafka_common/status.h"
#include "kafka_common/topic_name.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

bool
topics_is_pattern(const char *topic)
{
    return topic[0] == '^';
}

/* ---- checks ---- */

static bool
check_pattern(const char *topic, struct levada_call *call)
{
    regex_t regex;
    char text[400], why[200];
    int err = regcomp(&regex, topic, REG_EXTENDED | REG_NOSUB);
    if (err == 0) {
        regfree(&regex);
        return true;
    }
    regerror(err, &regex, why, sizeof(why));
    snprintf(text, sizeof(text), "\"%.100s\" is no regular expression: %s", topic, why);
    levada->problem(call, "topic", text);
    return false;
}

static bool
check_topic(const char *topic, bool has_partitions, struct levada_call *call)
{
    char text[400];
    const char *why;
    if (topics_is_pattern(topic)) {
        if (has_partitions)
            levada->problem(call, "partitions",
                            "a pattern stands for topics that are not known yet; name them");
        return check_pattern(topic, call) && !has_partitions;
    }
    if (topic_name_is_valid(topic, strlen(topic), &why))
        return true;
    snprintf(text, sizeof(text), "\"%.100s\" is no topic's name: %s; a pattern begins with \"^\"",
             topic, why);
    levada->problem(call, "topic", text);
    return false;
}

bool
topics_check(const struct levada_list *topics, const struct levada_list *partitions,
             struct levada_call *call)
{
    const char *const *topic = topics->items;
    const int64_t *number = partitions->items;
    bool are_right = true;
    for (uint64_t i = 0; i < topics->n; i++) {
        are_right &= check_topic(topic[i], partitions->n > 0, call);
        for (uint64_t j = 0; j < i; j++) {
            if (strcmp(topic[i], topic[j]) != 0)
                continue;
            are_right = false;
            levada->problem(call, "topic", "the same topic is named twice");
        }
    }
    for (uint64_t i = 0; i < partitions->n; i++) {
        for (uint64_t j = 0; j < i; j++) {
            if (number[i] != number[j])
                continue;
            are_right = false;
            levada->problem(call, "partitions", "the same partition is named twice");
        }
    }
    return are_right;
}

/* ---- use ---- */

rd_kafka_topic_partition_list_t *
topics_list(const struct levada_list *topics, const struct levada_list *partitions)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)(topics->n * (partitions->n + 1)));
    const char *const *topic = topics->items;
    const int64_t *number = partitions->items;
    for (uint64_t i = 0; i < topics->n; i++) {
        if (partitions->n == 0)
            rd_kafka_topic_partition_list_add(list, topic[i], RD_KAFKA_PARTITION_UA);
        for (uint64_t j = 0; j < partitions->n; j++)
            rd_kafka_topic_partition_list_add(list, topic[i], (int32_t)number[j]);
    }
    return list;
}

void
topics_name(const struct levada_list *topics, char *text, size_t size)
{
    const char *const *topic = topics->items;
    int n = snprintf(text, size, topics->n == 1 ? "topic %s" : "topics %s", topic[0]);
    for (uint64_t i = 1; i < topics->n && n >= 0 && (size_t)n < size; i++)
        n += snprintf(text + n, size - (size_t)n, ", %s", topic[i]);
}

bool
topics_has(const struct levada_list *topics, const char *name)
{
    const char *const *topic = topics->items;
    for (uint64_t i = 0; i < topics->n; i++) {
        if (strcmp(topic[i], name) == 0)
            return true;
    }
    return false;
}

bool
topics_match(const struct levada_list *topics, const struct rd_kafka_metadata *metadata)
{
    const char *const *topic = topics->items;
    bool found = false;
    for (uint64_t i = 0; i < topics->n && !found; i++) {
        regex_t regex;
        if (!topics_is_pattern(topic[i]) ||
            regcomp(&regex, topic[i], REG_EXTENDED | REG_NOSUB) != 0)
            continue; /* of what is none topics_check() has said so */
        for (int t = 0; t < metadata->topic_cnt && !found; t++)
            found = regexec(&regex, metadata->topics[t].topic, 0, NULL, 0) == 0;
        regfree(&regex);
    }
    return found;
}

levada_status
topics_find(const struct levada_list *topics, struct levada_call *call, struct client *client,
            int wait_ms)
{
    const char *const *topic = topics->items;
    const struct rd_kafka_metadata *metadata;
    char names[300];
    for (uint64_t i = 0; i < topics->n; i++) {
        if (!topics_is_pattern(topic[i]))
            return LEVADA_OK; /* librdkafka tells of one that is missing */
    }
    levada_status status = client_list_topics(client, call, wait_ms, &metadata);
    if (status != LEVADA_OK)
        return status;
    bool found = topics_match(topics, metadata);
    rd_kafka_metadata_destroy(metadata);
    topics_name(topics, names, sizeof(names));
    return found ? LEVADA_OK
                 : status_fail(call, LEVADA_NO_INPUT, "no topic's name is like %s", names);
}

/* Is it one of these, by its name or a pattern? */
static bool
is_wanted(const struct levada_list *topics, const char *name)
{
    struct rd_kafka_metadata_topic one = { .topic = (char *)(uintptr_t)name };
    const struct rd_kafka_metadata metadata = { .topics = &one, .topic_cnt = 1 };
    return topics_has(topics, name) || topics_match(topics, &metadata);
}

levada_status
topics_partitions(const struct levada_list *topics, const struct also_read *but,
                  struct levada_call *call, struct client *client, int wait_ms,
                  rd_kafka_topic_partition_list_t **list)
{
    const struct rd_kafka_metadata *metadata;
    levada_status status = client_list_topics(client, call, wait_ms, &metadata);
    if (status != LEVADA_OK)
        return status;
    *list = rd_kafka_topic_partition_list_new(16);
    for (int t = 0; t < metadata->topic_cnt; t++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[t];
        if (is_wanted(topics, topic->topic) && !also_read_has(but, topic->topic))
            rd_kafka_topic_partition_list_add_range(*list, topic->topic, 0,
                                                    topic->partition_cnt - 1);
    }
    bool found = (*list)->cnt > 0;
    rd_kafka_metadata_destroy(metadata);
    return found ? LEVADA_OK : status_fail(call, LEVADA_NO_INPUT, "the input is gone");
}

levada_status
topics_same_partitions(const struct levada_list *topics, struct levada_call *call,
                       struct client *client, int wait_ms, uint32_t *n)
{
    const struct rd_kafka_metadata *metadata;
    const struct rd_kafka_metadata_topic *first = NULL;
    char names[300];
    levada_status status = client_list_topics(client, call, wait_ms, &metadata);
    if (status != LEVADA_OK)
        return status;
    *n = 0;
    for (int t = 0; t < metadata->topic_cnt && status == LEVADA_OK; t++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[t];
        if (topic->partition_cnt <= 0 || !is_wanted(topics, topic->topic))
            continue;
        if (first != NULL && first->partition_cnt != topic->partition_cnt)
            status =
                status_fail(call, LEVADA_CONFIG,
                            "topic %s has %d partitions, and %s has %d: state goes with the "
                            "number of a partition, so topics need as many each",
                            first->topic, first->partition_cnt, topic->topic, topic->partition_cnt);
        first = topic;
        *n = (uint32_t)topic->partition_cnt;
    }
    topics_name(topics, names, sizeof(names));
    if (first == NULL)
        status = status_fail(call, LEVADA_NO_INPUT, "there is no %s", names);
    rd_kafka_metadata_destroy(metadata);
    return status;
}
