/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_COMMON_PROPERTY_H
#define PLUGINS_KAFKA_COMMON_PROPERTY_H

/*
 * The option `kafka`: properties of librdkafka, their dots written as underscores. Only those that
 * are harmless in the hands of whoever writes a pipeline file are let through; some others run code
 * as soon as they are set.
 */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#define PROPERTY_PRODUCER 1u
#define PROPERTY_CONSUMER 2u

/*
 * Sets the properties @pairs (struct levada_pair) of a client that is a PROPERTY_PRODUCER or a
 * PROPERTY_CONSUMER. Each that cannot be set becomes a problem() of option "kafka", and makes it
 * false. [create()]
 */
bool property_set_all(rd_kafka_conf_t *conf, struct levada_call *call,
                      const struct levada_list *pairs, unsigned role);

/* The @i-th name that is let through, as librdkafka writes it; NULL behind the last. */
const char *property_allowed(size_t i);

#endif
