/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CALL_GENERATOR_GENERATOR_H
#define CALL_GENERATOR_GENERATOR_H

/*
 * The text of any call, from a seed and the call's position alone: no state, the same on every
 * machine.
 */

#include "call_times.h"

#include <stddef.h>
#include <stdint.h>

struct generator {
    uint64_t seed;
    struct call_times times;
};

#define GENERATOR_FIELDS 14
extern const char *const generator_fields[GENERATOR_FIELDS];

#define GENERATOR_TEXT_SIZE 768

/* Writes call @position, counted from the oldest, as one JSON object; returns its length. */
size_t generator_write(const struct generator *generator, uint64_t position,
                       char text[GENERATOR_TEXT_SIZE]);

#endif
