/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/kafka_sink.h"

#include <string.h>

static const struct levada_option key_field[] = {
    { .type = LEVADA_O_PATH },
};

static const struct levada_option create_options[] = {
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct topic_shape, partitions),
        .name = "partitions",
        .rule = "1..100000",
        .help = "Partitions of a topic that has to be created.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct topic_shape, replication),
        .name = "replication",
        .rule = "1..1000",
        .help = "Copies of each partition; absent: as many as the cluster makes by default.",
    },
    {
        .type = LEVADA_O_MAP,
        LEVADA_IN(struct topic_shape, settings),
        .name = "settings",
        .help = "Settings of the topic, dots as underscores, which the brokers check: "
                "{ retention_ms = -1; cleanup_policy = \"compact\"; }.",
    },
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct kafka_sink, brokers),
        .name = "brokers",
        .rule = "len:1..",
        .help = "Where to find the cluster: \"host:port,host:port\".",
    },
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED | LEVADA_OF_STREAM,
        LEVADA_IN(struct kafka_sink, topic),
        .name = "topic",
        .rule = "len:1..249",
        .help = "The topic that records go to.",
    },
    {
        .type = LEVADA_O_PATH,
        LEVADA_IN(struct kafka_sink, topic_field),
        .name = "topic_field",
        .help = "The field that names each record's topic; where it is missing or null, that is "
                "`topic`.",
    },
    {
        .type = LEVADA_O_PATH,
        LEVADA_IN(struct kafka_sink, partition),
        .name = "partition",
        .help = "The field with each record's partition, from 0; where it is missing or null, the "
                "partitioner chooses.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct kafka_sink, key),
        .name = "key",
        .help = "Fields that make the key: one gives its text, several a JSON array. None: the key "
                "that the record came with.",
        LEVADA_CHILDREN(key_field),
    },
    {
        .type = LEVADA_O_PATH,
        LEVADA_IN(struct kafka_sink, event_time),
        .name = "event_time",
        .help = "The field that becomes the timestamp.",
    },
    {
        .type = LEVADA_O_GROUP,
        LEVADA_IN(struct kafka_sink, create),
        .name = "create",
        .help = "How a missing topic is created; without it, that is an error.",
        LEVADA_CHILDREN(create_options),
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct kafka_sink, changelog_topic),
        .name = "changelog",
        .rule = "len:1..249",
        .help =
            "With delivery = \"exactly_once\": the topic that keeps state, and the positions of "
            "files; absent: \"PIPELINE-changelog\".",
    },
    {
        .type = LEVADA_O_MAP,
        .flags = LEVADA_OF_REFER,
        LEVADA_IN(struct kafka_sink, kafka),
        .name = "kafka",
        .help = "Properties of librdkafka, dots as underscores: { linger_ms = 20; }.",
    },
};

static const void *
offer(const char *id)
{
    if (strcmp(id, "levada.txn/1") == 0)
        return &kafka_sink_txn;
    return strcmp(id, "levada.connect/1") == 0 ? &kafka_sink_connect : NULL;
}

static const struct levada_stage kafka_sink = {
    .struct_size = sizeof(kafka_sink),
    .kind = LEVADA_SINK,
    .id = "kafka_sink",
    .summary = "Sends records to a Kafka topic.",
    .self_size = sizeof(struct kafka_sink),
    LEVADA_OPTIONS(options),
    .create = kafka_sink_create,
    .start = kafka_sink_start,
    .process = kafka_sink_process,
    .signal = kafka_sink_signal,
    .destroy = kafka_sink_destroy,
    .ext = offer,
};

LEVADA_MODULE("kafka_sink", "1.0", "Apache-2.0", &kafka_sink);
