/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_VALUE_KEY_H
#define AGGREGATE_VALUE_KEY_H

/*
 * A value as bytes that are equal where values are: the number 1 is 1.0 but not the text "1".
 */

#include <levada/plugin.h>
#include <stdint.h>

struct value_key {
    uint8_t type; /* LEVADA_T_: values of different types differ */
    uint32_t n;
    const void *p; /* into the value, or NULL: the bytes of @bits */
    uint64_t bits;
};

struct value_key value_key(const struct levada_scalar *value);
/* The same on every machine and in every version: it is stored. */
uint64_t value_key_hash(const struct value_key *key);

static inline const void *
value_key_bytes(const struct value_key *key)
{
    return key->p != NULL ? key->p : &key->bits;
}

#endif
