/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes and deletes topics, in a moment: the broker's own tool is a JVM each time.
 *   kafka_topic BROKER create TOPIC PARTITIONS [NAME=VALUE]...
 *   kafka_topic BROKER delete TOPIC
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_MS 30000

static char why[512];

static void
check(int is_true, const char *text)
{
    if (is_true)
        return;
    fprintf(stderr, "kafka_topic: %s\n", text);
    exit(1);
}

static rd_kafka_t *
connect_to(const char *broker)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "2", why, sizeof(why));
    rd_kafka_conf_set(conf, "allow.auto.create.topics", "false", why, sizeof(why));
    check(rd_kafka_conf_set(conf, "bootstrap.servers", broker, why, sizeof(why)) ==
              RD_KAFKA_CONF_OK,
          why);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    check(rk != NULL, why);
    return rk;
}

static void
ask_create(rd_kafka_t *rk, rd_kafka_queue_t *queue, const rd_kafka_AdminOptions_t *options,
           char **arguments, int n)
{
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(arguments[0], atoi(arguments[1]), 1, why, sizeof(why));
    check(topic != NULL, why);
    for (int i = 2; i < n; i++) {
        char *value = strchr(arguments[i], '=');
        check(value != NULL, arguments[i]);
        *value = '\0';
        rd_kafka_NewTopic_set_config(topic, arguments[i], value + 1);
    }
    rd_kafka_CreateTopics(rk, &topic, 1, options, queue);
    rd_kafka_NewTopic_destroy(topic);
}

static void
ask_delete(rd_kafka_t *rk, rd_kafka_queue_t *queue, const rd_kafka_AdminOptions_t *options,
           const char *name)
{
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(rk, &topic, 1, options, queue);
    rd_kafka_DeleteTopic_destroy(topic);
}

static void
wait_for_answer(rd_kafka_queue_t *queue)
{
    const rd_kafka_topic_result_t **results = NULL;
    size_t n = 0;
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS + 1000);
    check(event != NULL, "no answer");
    check(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
          rd_kafka_event_error_string(event));
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT)
        results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    else
        results =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &n);
    for (size_t i = 0; i < n; i++)
        check(rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_NO_ERROR,
              rd_kafka_err2str(rd_kafka_topic_result_error(results[i])));
    rd_kafka_event_destroy(event);
}

/* The controller answers before the broker has heard of it. */
static int
is_there(rd_kafka_t *rk, const char *name)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    check(rd_kafka_metadata(rk, 0, topic, &metadata, WAIT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR,
          "no metadata");
    const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
    int n_led = 0;
    for (int i = 0; i < found->partition_cnt; i++)
        n_led += found->partitions[i].leader >= 0;
    int is_so = found->partition_cnt > 0 && n_led == found->partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    return is_so;
}

static void
wait_until_known(rd_kafka_t *rk, const char *name, int creates)
{
    const struct timespec pause = { 0, 20000000 };
    for (int i = 0; is_there(rk, name) != creates; i++) {
        check(i < WAIT_MS / 20, "the broker does not hear of it");
        nanosleep(&pause, NULL);
    }
}

int
main(int argc, char **argv)
{
    int creates = argc >= 5 && strcmp(argv[2], "create") == 0;
    check(creates || (argc == 4 && strcmp(argv[2], "delete") == 0),
          "BROKER create TOPIC PARTITIONS [NAME=VALUE]... | BROKER delete TOPIC");
    rd_kafka_t *rk = connect_to(argv[1]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_ANY);
    rd_kafka_AdminOptions_set_request_timeout(options, WAIT_MS, why, sizeof(why));
    rd_kafka_AdminOptions_set_operation_timeout(options, WAIT_MS, why, sizeof(why));
    if (creates)
        ask_create(rk, queue, options, argv + 3, argc - 3);
    else
        ask_delete(rk, queue, options, argv[3]);
    wait_for_answer(queue);
    wait_until_known(rk, argv[3], creates);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return 0;
}
