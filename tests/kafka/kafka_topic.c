/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topics, in a moment: the broker's own tools are a JVM each time.
 *   kafka_topic BROKER create TOPIC PARTITIONS [NAME=VALUE]...
 *   kafka_topic BROKER delete TOPIC
 *   kafka_topic BROKER describe TOPIC               its settings, NAME=VALUE each
 *   kafka_topic BROKER trim TOPIC PARTITION OFFSET  deletes the records before OFFSET
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

/* ---- what is asked of the broker ---- */

struct request {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    const rd_kafka_AdminOptions_t *options;
    char **arguments; /* the topic is the first */
    int n;
};

static void
ask_create(const struct request *request)
{
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
        request->arguments[0], atoi(request->arguments[1]), 1, why, sizeof(why));
    check(topic != NULL, why);
    for (int i = 2; i < request->n; i++) {
        char *value = strchr(request->arguments[i], '=');
        check(value != NULL, request->arguments[i]);
        *value = '\0';
        rd_kafka_NewTopic_set_config(topic, request->arguments[i], value + 1);
    }
    rd_kafka_CreateTopics(request->rk, &topic, 1, request->options, request->queue);
    rd_kafka_NewTopic_destroy(topic);
}

static void
ask_delete(const struct request *request)
{
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(request->arguments[0]);
    rd_kafka_DeleteTopics(request->rk, &topic, 1, request->options, request->queue);
    rd_kafka_DeleteTopic_destroy(topic);
}

static void
ask_describe(const struct request *request)
{
    rd_kafka_ConfigResource_t *topic =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, request->arguments[0]);
    rd_kafka_DescribeConfigs(request->rk, &topic, 1, request->options, request->queue);
    rd_kafka_ConfigResource_destroy(topic);
}

static void
ask_trim(const struct request *request)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, request->arguments[0], atoi(request->arguments[1]))
        ->offset = atoll(request->arguments[2]);
    rd_kafka_DeleteRecords_t *records = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(request->rk, &records, 1, request->options, request->queue);
    rd_kafka_DeleteRecords_destroy(records);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- what it answers ---- */

static void
check_err(rd_kafka_resp_err_t err)
{
    check(err == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(err));
}

static void
print_settings(const rd_kafka_ConfigResource_t *topic)
{
    size_t n;
    check_err(rd_kafka_ConfigResource_error(topic));
    const rd_kafka_ConfigEntry_t **settings = rd_kafka_ConfigResource_configs(topic, &n);
    for (size_t i = 0; i < n; i++) {
        const char *value = rd_kafka_ConfigEntry_value(settings[i]);
        printf("%s=%s\n", rd_kafka_ConfigEntry_name(settings[i]), value != NULL ? value : "");
    }
}

static void
take_answer(rd_kafka_event_t *event)
{
    size_t n;
    const rd_kafka_CreateTopics_result_t *created = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_DeleteTopics_result_t *deleted = rd_kafka_event_DeleteTopics_result(event);
    const rd_kafka_DescribeConfigs_result_t *described =
        rd_kafka_event_DescribeConfigs_result(event);
    const rd_kafka_DeleteRecords_result_t *trimmed = rd_kafka_event_DeleteRecords_result(event);
    if (created != NULL)
        check_err(rd_kafka_topic_result_error(rd_kafka_CreateTopics_result_topics(created, &n)[0]));
    if (deleted != NULL)
        check_err(rd_kafka_topic_result_error(rd_kafka_DeleteTopics_result_topics(deleted, &n)[0]));
    if (described != NULL)
        print_settings(rd_kafka_DescribeConfigs_result_resources(described, &n)[0]);
    if (trimmed != NULL)
        check_err(rd_kafka_DeleteRecords_result_offsets(trimmed)->elems[0].err);
}

static void
wait_for_answer(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS + 1000);
    check(event != NULL, "no answer");
    check(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
          rd_kafka_event_error_string(event));
    take_answer(event);
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
wait_until_known(rd_kafka_t *rk, const char *name, int is_to_be_there)
{
    const struct timespec pause = { 0, 20000000 };
    for (int i = 0; is_there(rk, name) != is_to_be_there; i++) {
        check(i < WAIT_MS / 20, "the broker does not hear of it");
        nanosleep(&pause, NULL);
    }
}

/* ---- */

static const struct verb {
    const char *name;
    int n_least, n_most; /* arguments */
    void (*ask)(const struct request *request);
    int leaves_topic;
} verbs[] = {
    { "create", 2, 100, ask_create, 1 },
    { "delete", 1, 1, ask_delete, 0 },
    { "describe", 1, 1, ask_describe, 1 },
    { "trim", 3, 3, ask_trim, 1 },
};

static const struct verb *
find_verb(int argc, char **argv)
{
    for (size_t i = 0; argc > 3 && i < sizeof(verbs) / sizeof(*verbs); i++) {
        if (strcmp(argv[2], verbs[i].name) == 0 && argc - 3 >= verbs[i].n_least &&
            argc - 3 <= verbs[i].n_most)
            return &verbs[i];
    }
    check(0, "BROKER create|delete|describe|trim TOPIC [ARGUMENT]...");
    return NULL;
}

int
main(int argc, char **argv)
{
    const struct verb *verb = find_verb(argc, argv);
    rd_kafka_t *rk = connect_to(argv[1]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_ANY);
    rd_kafka_AdminOptions_set_request_timeout(options, WAIT_MS, why, sizeof(why));
    rd_kafka_AdminOptions_set_operation_timeout(options, WAIT_MS, why, sizeof(why));
    const struct request request = { rk, queue, options, argv + 3, argc - 3 };
    verb->ask(&request);
    wait_for_answer(queue);
    wait_until_known(rk, argv[3], verb->leaves_topic);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return 0;
}
