/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_STARTING_OFFSETS_H
#define PLUGINS_KAFKA_SOURCE_STARTING_OFFSETS_H

/*
 * The option starting_offsets: where to begin what nothing is known of. A text each: "earliest",
 * "latest" or a time for all partitions, "3=42", "3=earliest" or "calls/3=2018-12-31" for one.
 */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

enum starting_kind {
    STARTING_EARLIEST,
    STARTING_LATEST,
    STARTING_TIME,   /* at: milliseconds */
    STARTING_OFFSET, /* at: the offset */
};

struct starting {
    enum starting_kind kind;
    int64_t at;
};

/* Each mistake becomes a problem() of option "starting_offsets", and makes it false. [create()] */
bool starting_offsets_check(const struct levada_list *texts, struct levada_call *call);

/* For this partition, of texts that were found right. */
struct starting starting_offsets_of(const struct levada_list *texts, const char *topic,
                                    int32_t partition);

#endif
