/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_DISTINCT_SET_H
#define AGGREGATE_DISTINCT_SET_H

/* A set of values, all of them kept: exact, and as large as they are. */

#include "buffer.h"
#include "value_key.h"

#include <stdbool.h>

enum distinct_result {
    DISTINCT_FAILED, /* no room */
    DISTINCT_KNOWN,
    DISTINCT_ADDED,
};

/* Asks for room, and so for a buffer that can be written, only where the value is new. */
enum distinct_result distinct_set_add(struct buffer *buffer, const struct value_key *key);

/* Adds all values of @from, which is another set. False: no room. */
bool distinct_set_merge(struct buffer *buffer, const struct buffer *from);

/* How many there are. */
uint64_t distinct_set_n(const struct buffer *buffer);

#endif
