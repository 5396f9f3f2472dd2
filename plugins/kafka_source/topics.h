/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_TOPICS_H
#define PLUGINS_KAFKA_SOURCE_TOPICS_H

/* The options topic and partitions: names, or patterns that begin with "^". */

#include "kafka_common/client.h"
#include "kafka_source/also_read.h"

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

/* Each mistake becomes a problem(), and makes it false. [create()] */
bool topics_check(const struct levada_list *topics, const struct levada_list *partitions,
                  struct levada_call *call);

/* What to subscribe to; without a group's help: each of @partitions of each topic. */
rd_kafka_topic_partition_list_t *topics_list(const struct levada_list *topics,
                                             const struct levada_list *partitions);

/* "topic calls", or "topics calls, ^more": for messages. */
void topics_name(const struct levada_list *topics, char *text, size_t size);

/* Is it a pattern, and no name? */
bool topics_is_pattern(const char *topic);

/* Is it named itself, and not by a pattern? */
bool topics_has(const struct levada_list *topics, const char *topic);

/* Is there a topic that one of the patterns is like? */
bool topics_match(const struct levada_list *topics, const struct rd_kafka_metadata *metadata);

/* NO_INPUT: there are patterns and nothing else, and no topic is like any. RETRY, CONFIG: no
 * answer. */
levada_status topics_find(const struct levada_list *topics, struct levada_call *call,
                          struct client *client, int wait_ms);

/* Each partition of each of the topics; none of @but. Fails as topics_same_partitions. */
levada_status topics_partitions(const struct levada_list *topics, const struct also_read *but,
                                struct levada_call *call, struct client *client, int wait_ms,
                                rd_kafka_topic_partition_list_t **list);

/*
 * How many partitions each of the topics has. CONFIG: they have not as many; NO_INPUT: there is
 * none; RETRY, CONFIG: no answer.
 */
levada_status topics_same_partitions(const struct levada_list *topics, struct levada_call *call,
                                     struct client *client, int wait_ms, uint32_t *n);

#endif
