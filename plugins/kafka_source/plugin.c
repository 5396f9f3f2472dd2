/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/kafka_source.h"

#include <string.h>

static const struct levada_option text_item[] = {
    { .type = LEVADA_O_STRING, .rule = "len:1.." },
};

static const struct levada_option partition_item[] = {
    { .type = LEVADA_O_INT, .rule = "0..2147483647" },
};

static const struct levada_option field_item[] = {
    { .type = LEVADA_O_PATH, .flags = LEVADA_OF_MAYBE },
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct kafka_source, brokers),
        .name = "brokers",
        .rule = "len:1..",
        .help = "Where to find the cluster: \"host:port,host:port\".",
    },
    {
        .type = LEVADA_O_LIST,
        .flags = LEVADA_OF_REQUIRED | LEVADA_OF_STREAM,
        LEVADA_IN(struct kafka_source, topic),
        .name = "topic",
        .rule = "len:1..",
        .help =
            "The topic to read, or a list; \"^calls-\" is a pattern (a regular expression), and "
            "topics that match later are read too.",
        LEVADA_CHILDREN(text_item),
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct kafka_source, partitions),
        .name = "partitions",
        .help = "Read these partitions of each topic, and let no group share them out.",
        LEVADA_CHILDREN(partition_item),
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct kafka_source, group_id),
        .name = "group",
        .rule = "len:1..",
        .help =
            "The consumer group; absent: \"connect-\" and the pipeline's name. Members share the "
            "partitions.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct kafka_source, starting_offsets),
        .name = "starting_offsets",
        .fallback = "latest",
        .help = "Where to begin what nothing is known of: \"earliest\", \"latest\" or a time such "
                "as \"2018-12-31T23:00:00\" (UTC). A list may name partitions: [ \"earliest\", "
                "\"3=42\", \"calls/4=latest\" ].",
        LEVADA_CHILDREN(text_item),
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct kafka_source, max_offsets_per_trigger),
        .name = "max_offsets_per_trigger",
        .fallback = "0",
        .rule = "0..",
        .help = "The most records of one trigger, shared out over the partitions in proportion to "
                "what is unread; 0: no limit.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct kafka_source, max_rate_per_partition),
        .name = "max_rate_per_partition",
        .fallback = "0",
        .rule = "0..1000000000",
        .help = "The most records a second of each partition; 0: no limit. Slows, cuts no trigger.",
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct kafka_source, format),
        .name = "format",
        .fallback = "json",
        .rule = "json|string|bytes",
        .help = "string: values are text, and meta:value is all there is; bytes: anything. Neither "
                "is looked into for fields.",
    },
    {
        .type = LEVADA_O_PATH,
        .flags = LEVADA_OF_ADDS,
        LEVADA_IN(struct kafka_source, value_field),
        .name = "value_field",
        .help = "With format \"string\": the field that holds the text, which makes the value a "
                "JSON object of this one field.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct kafka_source, keyed_by),
        .name = "keyed_by",
        .help = "The fields that the topic's key is made of: records that agree in them are in one "
                "partition. It is for pipelines on many hosts, which count by what is named here "
                "without moving records.",
        LEVADA_CHILDREN(field_item),
    },
    {
        .type = LEVADA_O_BOOL,
        LEVADA_IN(struct kafka_source, fail_on_data_loss),
        .name = "fail_on_data_loss",
        .fallback = "true",
        .help = "Stop when records are gone that should come next? Else go on with the earliest.",
    },
    {
        .type = LEVADA_O_MAP,
        .flags = LEVADA_OF_REFER,
        LEVADA_IN(struct kafka_source, kafka),
        .name = "kafka",
        .help = "Properties of librdkafka, dots as underscores: { fetch_min_bytes = 1000; }.",
    },
};

static const void *
offer(const char *id)
{
    if (strcmp(id, "levada.group/1") == 0)
        return &kafka_source_group;
    return strcmp(id, "levada.connect/1") == 0 ? &kafka_source_connect : NULL;
}

static const struct levada_stage kafka_source = {
    .struct_size = sizeof(kafka_source),
    .kind = LEVADA_SOURCE,
    .id = "kafka_source",
    .summary = "Reads Kafka topics, as a member of a consumer group or from named partitions.",
    .caps = LEVADA_CAP_REPLAY,
    .self_size = sizeof(struct kafka_source),
    LEVADA_OPTIONS(options),
    .create = kafka_source_create,
    .start = kafka_source_start,
    .poll = kafka_source_poll,
    .signal = kafka_source_signal,
    .destroy = kafka_source_destroy,
    .ext = offer,
};

LEVADA_MODULE("kafka_source", "1.0", "Apache-2.0", &kafka_source);
