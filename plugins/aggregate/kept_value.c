/* SPDX-License-Identifier: Apache-2.0 */
#include "kept_value.h"

#include <levada/helpers.h>
#include <string.h>

bool
kept_value_set(struct kept_value *kept, struct buffer *buffer, const struct levada_scalar *value)
{
    struct kept_value now = { .type = value->type };
    if (levada_has_bytes(value)) {
        if (!buffer->resize(buffer, value->len))
            return false;
        now.n = value->len;
        memcpy(buffer->p, value->u.s, value->len);
    } else {
        memcpy(&now.bits, &value->u, sizeof(now.bits));
    }
    *kept = now;
    return true;
}

struct levada_scalar
kept_value_get(const struct kept_value *kept, const void *bytes)
{
    struct levada_scalar value = { .type = kept->type, .len = kept->n };
    if (levada_has_bytes(&value))
        value.u.s = bytes;
    else
        memcpy(&value.u, &kept->bits, sizeof(kept->bits));
    return value;
}
