/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/kafka_source.h"

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
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct kafka_source, topic),
        .name = "topic",
        .rule = "len:1..249",
        .help = "The topic to read.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct kafka_source, group),
        .name = "group",
        .rule = "len:1..",
        .help =
            "The consumer group; absent: \"connect-\" and the pipeline's name. Members share the "
            "topic's partitions.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct kafka_source, starting_offsets),
        .name = "starting_offsets",
        .fallback = "latest",
        .help = "Where to begin what nothing is known of: \"earliest\", \"latest\" or a time such "
                "as \"2018-12-31T23:00:00\" (UTC).",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct kafka_source, max_offsets_per_trigger),
        .name = "max_offsets_per_trigger",
        .fallback = "0",
        .rule = "0..",
        .help = "The most records of one trigger; 0: no limit.",
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct kafka_source, format),
        .name = "format",
        .fallback = "json",
        .rule = "json|bytes",
        .help = "bytes: values are not looked into and have no fields.",
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
        LEVADA_IN(struct kafka_source, kafka),
        .name = "kafka",
        .help = "Properties of librdkafka, dots as underscores: { fetch_min_bytes = 1000; }.",
    },
};

static const struct levada_stage kafka_source = {
    .struct_size = sizeof(kafka_source),
    .kind = LEVADA_SOURCE,
    .id = "kafka_source",
    .summary = "Reads a Kafka topic as a member of a consumer group.",
    .caps = LEVADA_CAP_REPLAY,
    .self_size = sizeof(struct kafka_source),
    LEVADA_OPTIONS(options),
    .create = kafka_source_create,
    .start = kafka_source_start,
    .poll = kafka_source_poll,
    .signal = kafka_source_signal,
    .destroy = kafka_source_destroy,
};

LEVADA_MODULE("kafka_source", "1.0", "Apache-2.0", &kafka_source);
