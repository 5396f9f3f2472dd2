/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lookup.h"

#include <stdlib.h>
#include <string.h>

static struct lookup_entry *
find_entry(struct lookup_entry *entries, uint32_t room, uint64_t key)
{
    uint32_t at = (uint32_t)(lookup_hash(key) >> 32) & (room - 1);
    while (entries[at].number != UINT32_MAX && entries[at].key != key)
        at = (at + 1) & (room - 1);
    return &entries[at];
}

uint32_t
lookup_find(const struct lookup *lookup, uint64_t key)
{
    if (lookup->room == 0)
        return UINT32_MAX;
    return find_entry(lookup->entries, lookup->room, key)->number;
}

static bool
grow(struct lookup *lookup)
{
    uint32_t room = lookup->room > 0 ? lookup->room * 2 : 16;
    struct lookup_entry *entries = malloc(room * sizeof(*entries));
    if (entries == NULL)
        return false;
    memset(entries, 0xff, room * sizeof(*entries));
    for (uint32_t i = 0; i < lookup->room; i++) {
        if (lookup->entries[i].number != UINT32_MAX)
            *find_entry(entries, room, lookup->entries[i].key) = lookup->entries[i];
    }
    free(lookup->entries);
    lookup->entries = entries;
    lookup->room = room;
    return true;
}

bool
lookup_add(struct lookup *lookup, uint64_t key, uint32_t number)
{
    if (lookup->n >= lookup->room / 2 && !grow(lookup))
        return false;
    *find_entry(lookup->entries, lookup->room, key) =
        (struct lookup_entry){ .key = key, .number = number };
    lookup->n++;
    return true;
}

void
lookup_clear(struct lookup *lookup)
{
    if (lookup->room > 0)
        memset(lookup->entries, 0xff, lookup->room * sizeof(*lookup->entries));
    lookup->n = 0;
}

void
lookup_finish(struct lookup *lookup)
{
    free(lookup->entries);
    *lookup = (struct lookup){ .entries = NULL };
}
