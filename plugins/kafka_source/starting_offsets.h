/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_STARTING_OFFSETS_H
#define PLUGINS_KAFKA_SOURCE_STARTING_OFFSETS_H

/* The option starting_offsets. */

#include <stdbool.h>
#include <stdint.h>

/*
 * What rd_kafka_offsets_for_times() has to be asked for: milliseconds, RD_KAFKA_OFFSET_END or
 * RD_KAFKA_OFFSET_BEGINNING. False: @text is none of its words and no time.
 */
bool starting_offsets_parse(const char *text, int64_t *wanted);

#endif
