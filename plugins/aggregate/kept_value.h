/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_KEPT_VALUE_H
#define AGGREGATE_KEPT_VALUE_H

/* One value of a row, of any type: in a cell of its own, and the bytes of a text in a buffer. */

#include "buffer.h"

#include <levada/plugin.h>

struct kept_value { /* zeroed: none; stored as it is */
    uint32_t type, n;
    uint64_t bits; /* where there are no bytes */
};

/* False: no room; nothing changed. */
bool kept_value_set(struct kept_value *kept, struct buffer *buffer,
                    const struct levada_scalar *value);

/* MISSING: none. Its text is @bytes. */
struct levada_scalar kept_value_get(const struct kept_value *kept, const void *bytes);

#endif
