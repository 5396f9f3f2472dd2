/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_DISTINCT_H
#define TABLE_JOIN_DISTINCT_H

/*
 * A set of distinct values, numbered as they come: the contents of a struct levada_dict. As there,
 * id 0 is MISSING and id 1 is NULL. Owns its texts.
 */

#include <levada/plugin.h>
#include <stdbool.h>

#define DISTINCT_NONE UINT32_MAX

struct distinct_chunk;

struct distinct {
    struct levada_scalar *entry;
    uint64_t *hash; /* of each entry */
    uint32_t n, room;
    uint32_t *slot; /* open addressing: an id, 0 where free (MISSING is in no slot) */
    uint32_t n_slots;
    struct distinct_chunk *chunks; /* where texts live */
    char *text;                    /* the free part of the newest chunk */
    size_t text_left;
};

/* False: out of memory. To be finished in either case. */
bool distinct_init(struct distinct *set);
void distinct_finish(struct distinct *set);

/* The id of @value, which is added if it is new; DISTINCT_NONE: out of memory. */
uint32_t distinct_add(struct distinct *set, const struct levada_scalar *value);

/* The id of @value, or DISTINCT_NONE. */
uint32_t distinct_find(const struct distinct *set, const struct levada_scalar *value);

#endif
