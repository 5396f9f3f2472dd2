/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_COMMON_PROPERTY_TABLE_H
#define PLUGINS_KAFKA_COMMON_PROPERTY_TABLE_H

/* What librdkafka says of its own properties. */

#include <stdbool.h>
#include <stddef.h>

/*
 * The values that the property @name takes, as librdkafka writes them in its documentation:
 * "none, gzip, snappy, lz4, zstd" or "0 .. 900000". In @values, of @size; empty where it takes any
 * text, or is not known.
 */
void property_table_values(const char *name, char *values, size_t size);

/*
 * Is there a property @name, of clients or of topics? Nothing is set by asking: some properties act
 * at once.
 */
bool property_table_knows(const char *name);

#endif
