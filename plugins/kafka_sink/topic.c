/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/topic.h"

#include "kafka_common/status.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REACH_MS 1000
#define CREATE_MS 5000

/* ---- all that are known ---- */

static struct topic **
bucket_of(struct topics *topics, const char *name, size_t n)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return &topics->buckets[hash % (sizeof(topics->buckets) / sizeof(*topics->buckets))];
}

static bool
is_called(const struct topic *topic, const char *name, size_t n)
{
    return strncmp(topic->name, name, n) == 0 && topic->name[n] == '\0';
}

struct topic *
topics_get(struct topics *topics, const char *name, size_t n)
{
    if (topics->last != NULL && is_called(topics->last, name, n))
        return topics->last;
    struct topic **at = bucket_of(topics, name, n);
    while (*at != NULL && !is_called(*at, name, n))
        at = &(*at)->next;
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at) + n + 1);
        if (*at == NULL)
            return NULL;
        memcpy((*at)->name, name, n);
    }
    topics->last = *at;
    return *at;
}

static void
destroy(struct topic *topic)
{
    if (topic->rkt != NULL)
        rd_kafka_topic_destroy(topic->rkt);
    free(topic);
}

void
topics_forget_missing(struct topics *topics)
{
    topics->last = NULL;
    for (size_t b = 0; b < sizeof(topics->buckets) / sizeof(*topics->buckets); b++) {
        for (struct topic **at = &topics->buckets[b]; *at != NULL;) {
            struct topic *topic = *at;
            if (topic->is_there) {
                at = &topic->next;
                continue;
            }
            *at = topic->next;
            destroy(topic);
        }
    }
}

void
topics_close(struct topics *topics)
{
    for (size_t b = 0; b < sizeof(topics->buckets) / sizeof(*topics->buckets); b++) {
        for (struct topic *topic = topics->buckets[b]; topic != NULL; topic = topic->next) {
            if (topic->rkt != NULL)
                rd_kafka_topic_destroy(topic->rkt);
            topic->rkt = NULL;
        }
    }
}

void
topics_finish(struct topics *topics)
{
    for (size_t b = 0; b < sizeof(topics->buckets) / sizeof(*topics->buckets); b++) {
        while (topics->buckets[b] != NULL) {
            struct topic *topic = topics->buckets[b];
            topics->buckets[b] = topic->next;
            destroy(topic);
        }
    }
    topics->last = NULL;
}

rd_kafka_topic_t *
topic_handle(struct topic *topic, rd_kafka_t *rk)
{
    if (topic->rkt == NULL)
        topic->rkt = rd_kafka_topic_new(rk, topic->name, NULL);
    return topic->rkt;
}

/* ---- is it there? ---- */

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

static rd_kafka_resp_err_t
set_all(rd_kafka_NewTopic_t *topic, const struct levada_list *settings)
{
    const struct levada_pair *pair = settings->items;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    char name[128];
    for (uint64_t i = 0; i < settings->n && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        snprintf(name, sizeof(name), "%s", pair[i].name);
        for (char *c = name; *c != '\0'; c++)
            *c = *c == '_' ? '.' : *c;
        err = rd_kafka_NewTopic_set_config(topic, name, pair[i].value);
    }
    return err;
}

/* Asks the brokers to create it, or only whether they would. */
static rd_kafka_resp_err_t
ask_to_create(rd_kafka_t *rk, rd_kafka_NewTopic_t *wanted, bool only_asks, char *why,
              size_t why_size)
{
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_set_validate_only(options, only_asks, why, why_size);
    rd_kafka_CreateTopics(rk, &wanted, 1, options, queue);
    rd_kafka_resp_err_t err = take_answer(queue, why, why_size);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    return err;
}

/* The same of a topic of this shape; @why says what is wrong. */
static rd_kafka_resp_err_t
ask_for_shape(rd_kafka_t *rk, const char *topic, const struct topic_shape *shape, bool only_asks,
              char *why, size_t why_size)
{
    int replication = shape->replication > 0 ? (int)shape->replication : -1;
    rd_kafka_NewTopic_t *wanted =
        rd_kafka_NewTopic_new(topic, (int)shape->partitions, replication, why, why_size);
    if (wanted == NULL)
        return RD_KAFKA_RESP_ERR__INVALID_ARG;
    rd_kafka_resp_err_t err = set_all(wanted, &shape->settings);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = ask_to_create(rk, wanted, only_asks, why, why_size);
    else
        snprintf(why, why_size, "%s", rd_kafka_err2str(err));
    rd_kafka_NewTopic_destroy(wanted);
    return err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? RD_KAFKA_RESP_ERR_NO_ERROR : err;
}

levada_status
topic_create(struct client *client, struct levada_call *call, const char *topic,
             const struct topic_shape *shape)
{
    char why[256];
    rd_kafka_resp_err_t err = ask_for_shape(client->rk, topic, shape, false, why, sizeof(why));
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LEVADA_OK;
    return status_fail(call,
                       status_of_error(err) == LEVADA_UNAVAILABLE ? LEVADA_RETRY : LEVADA_CONFIG,
                       "topic %s cannot be created: %s", topic, why);
}

levada_status
topic_try_create(struct client *client, struct levada_call *call, const char *topic,
                 const struct topic_shape *shape)
{
    char why[256], text[600];
    rd_kafka_resp_err_t err = ask_for_shape(client->rk, topic, shape, true, why, sizeof(why));
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LEVADA_OK;
    snprintf(text, sizeof(text), "topic %s could not be created: %s", topic, why);
    levada->problem(call, "create", text);
    return status_of_error(err) == LEVADA_UNAVAILABLE ? LEVADA_UNAVAILABLE : LEVADA_CONFIG;
}

levada_status
topic_find_ends(struct client *client, struct levada_call *call, const char *topic,
                int32_t partition, int64_t *begin, int64_t *end)
{
    rd_kafka_resp_err_t err =
        rd_kafka_query_watermark_offsets(client->rk, topic, partition, begin, end, REACH_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call,
                           status_of_error(err) == LEVADA_CONFIG ? LEVADA_CONFIG : LEVADA_RETRY,
                           "topic %s, partition %d: %s", topic, partition, rd_kafka_err2str(err));
    return LEVADA_OK;
}

levada_status
topic_ask(struct client *client, struct levada_call *call, struct topic *topic,
          const struct topic_shape *shape)
{
    int n_partitions;
    if (topic->is_asked)
        return LEVADA_OK;
    levada_status status = client_find_topic(client, call, topic->name, REACH_MS, &n_partitions);
    if (status == LEVADA_OK && n_partitions == 0 && shape->partitions > 0) {
        status = topic_create(client, call, topic->name, shape);
        n_partitions = (int)shape->partitions;
    }
    if (status != LEVADA_OK)
        return status;
    topic->is_asked = true;
    topic->is_there = n_partitions > 0;
    return LEVADA_OK;
}
