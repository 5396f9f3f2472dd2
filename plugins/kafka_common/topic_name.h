/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_COMMON_TOPIC_NAME_H
#define PLUGINS_KAFKA_COMMON_TOPIC_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Kafka's rule: letters, digits, '.', '_' and '-', at most 249, and not "." or "..". What is wrong
 * with @name is in *why, else NULL.
 */
bool topic_name_is_valid(const char *name, size_t n, const char **why);

#endif
