/* SPDX-License-Identifier: Apache-2.0 */
#include "value_key.h"

#include <levada/helpers.h>
#include <string.h>

#include <xxhash.h>

/* A double that is a whole number of 64 bits is that number; both zeros are 0. */
static struct value_key
number_key(double number)
{
    struct value_key key = { .type = LEVADA_T_F64, .n = sizeof(key.bits) };
    if (number >= -0x1p63 && number < 0x1p63 && (double)(int64_t)number == number) {
        key.type = LEVADA_T_I64;
        key.bits = (uint64_t)(int64_t)number;
    } else {
        memcpy(&key.bits, &number, sizeof(key.bits));
    }
    return key;
}

struct value_key
value_key(const struct levada_scalar *value)
{
    if (levada_has_bytes(value))
        return (struct value_key){ (uint8_t)value->type, value->len, value->u.s, 0 };
    if (value->type == LEVADA_T_F64)
        return number_key(value->u.f);
    return (struct value_key){ (uint8_t)value->type, sizeof(uint64_t), NULL, (uint64_t)value->u.i };
}

uint64_t
value_key_hash(const struct value_key *key)
{
    return XXH3_64bits_withSeed(value_key_bytes(key), key->n, key->type);
}
