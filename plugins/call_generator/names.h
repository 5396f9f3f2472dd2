/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CALL_GENERATOR_NAMES_H
#define CALL_GENERATOR_NAMES_H

/* What calls are about, and how often. Only ASCII without quotes and backslashes: JSON as it
 * stands. */

#include <stdint.h>

struct weighted_name {
    const char *name;
    uint32_t weight;
};

#define NAMES_TYPES 64 /* the frequent ones; the generator makes up the rare ones */
#define NAMES_DISPOSITIONS 28
#define NAMES_CITIES 7
#define NAMES_PLACES 16
#define NAMES_STREETS 48

extern const struct weighted_name names_types[NAMES_TYPES];
extern const struct weighted_name names_dispositions[NAMES_DISPOSITIONS];
extern const struct weighted_name names_cities[NAMES_CITIES];
extern const struct weighted_name names_places[NAMES_PLACES];
extern const char *const names_streets[NAMES_STREETS];

#endif
