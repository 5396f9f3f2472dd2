/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_ALSO_READ_H
#define PLUGINS_KAFKA_SOURCE_ALSO_READ_H

/*
 * Topics that are read beside the input because the pipeline itself writes them: all of each, and
 * not as JSON.
 */

#include <stdbool.h>
#include <stdint.h>

struct also_read { /* zeroed is empty */
    char **topics;
    uint32_t n;
};

/* Once each. False: out of memory. */
bool also_read_add(struct also_read *also_read, const char *topic);
bool also_read_has(const struct also_read *also_read, const char *topic);
void also_read_finish(struct also_read *also_read);

#endif
