/* SPDX-License-Identifier: Apache-2.0 */
#include "distinct.h"

#include <levada/helpers.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 65536

struct distinct_chunk {
    struct distinct_chunk *next;
    char bytes[];
};

/* FNV-1a with a final mix: the low bits choose the slot. */
static uint64_t
hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static uint64_t
hash_of(const struct levada_scalar *value)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ value->type;
    if (levada_has_bytes(value))
        return hash_bytes(hash, value->u.s, value->len);
    return hash_bytes(hash, &value->u, sizeof(value->u));
}

static bool
is_same(const struct levada_scalar *a, const struct levada_scalar *b)
{
    if (a->type != b->type)
        return false;
    if (levada_has_bytes(a))
        return a->len == b->len && memcmp(a->u.s, b->u.s, a->len) == 0;
    return memcmp(&a->u, &b->u, sizeof(a->u)) == 0;
}

/* Where @value is, or where it would go. */
static uint32_t
find_slot(const struct distinct *set, const struct levada_scalar *value, uint64_t hash)
{
    uint32_t mask = set->n_slots - 1;
    uint32_t at = (uint32_t)hash & mask;
    for (; set->slot[at] != 0; at = (at + 1) & mask) {
        uint32_t id = set->slot[at];
        if (set->hash[id] == hash && is_same(&set->entry[id], value))
            break;
    }
    return at;
}

/* Room for one entry more, with half of the slots free. */
static bool
make_room(struct distinct *set)
{
    if (set->n < set->room)
        return true;
    if (set->room > UINT32_MAX / 4)
        return false;

    uint32_t room = set->room == 0 ? 32 : set->room * 2;
    struct levada_scalar *entry = realloc(set->entry, room * sizeof(*entry));
    if (entry != NULL)
        set->entry = entry;
    uint64_t *hash = realloc(set->hash, room * sizeof(*hash));
    if (hash != NULL)
        set->hash = hash;
    uint32_t *slot = calloc((size_t)room * 2, sizeof(*slot));
    if (entry == NULL || hash == NULL || slot == NULL) {
        free(slot);
        return false;
    }

    free(set->slot);
    set->slot = slot;
    set->n_slots = room * 2;
    set->room = room;
    for (uint32_t id = 1; id < set->n; id++)
        slot[find_slot(set, &set->entry[id], set->hash[id])] = id;
    return true;
}

static const char *
keep_text(struct distinct *set, const char *text, size_t n)
{
    if (n > set->text_left) {
        size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;
        struct distinct_chunk *chunk = malloc(sizeof(*chunk) + size);
        if (chunk == NULL)
            return NULL;
        chunk->next = set->chunks;
        set->chunks = chunk;
        set->text = chunk->bytes;
        set->text_left = size;
    }
    char *kept = set->text;
    if (n > 0)
        memcpy(kept, text, n);
    set->text += n;
    set->text_left -= n;
    return kept;
}

bool
distinct_init(struct distinct *set)
{
    memset(set, 0, sizeof(*set));
    if (!make_room(set))
        return false;
    set->entry[0] = (struct levada_scalar){ .type = LEVADA_T_MISSING };
    set->hash[0] = 0;
    set->n = 1;
    return distinct_add(set, &(struct levada_scalar){ .type = LEVADA_T_NULL }) == 1;
}

void
distinct_finish(struct distinct *set)
{
    while (set->chunks != NULL) {
        struct distinct_chunk *chunk = set->chunks;
        set->chunks = chunk->next;
        free(chunk);
    }
    free(set->entry);
    free(set->hash);
    free(set->slot);
    memset(set, 0, sizeof(*set));
}

uint32_t
distinct_add(struct distinct *set, const struct levada_scalar *value)
{
    if (value->type == LEVADA_T_MISSING)
        return 0;
    if (!make_room(set))
        return DISTINCT_NONE;

    uint64_t hash = hash_of(value);
    uint32_t at = find_slot(set, value, hash);
    if (set->slot[at] != 0)
        return set->slot[at];

    struct levada_scalar kept = *value;
    if (levada_has_bytes(value)) {
        kept.u.s = keep_text(set, value->u.s, value->len);
        if (kept.u.s == NULL)
            return DISTINCT_NONE;
    }
    uint32_t id = set->n++;
    set->entry[id] = kept;
    set->hash[id] = hash;
    set->slot[at] = id;
    return id;
}

uint32_t
distinct_find(const struct distinct *set, const struct levada_scalar *value)
{
    if (value->type == LEVADA_T_MISSING)
        return 0;
    uint32_t id = set->slot[find_slot(set, value, hash_of(value))];
    return id != 0 ? id : DISTINCT_NONE;
}
