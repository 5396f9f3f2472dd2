/* SPDX-License-Identifier: Apache-2.0 */
#include "record/dict.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "record/bytes.h"

#define FIRST_ID 2u /* behind MISSING and NULL */

/* The upper half of the hash beside the id spares looking at entries that only share a slot. */
struct slot {
    uint32_t id; /* 0: free */
    uint32_t tag;
};

struct dict {
    struct levada_dict public;
    _Atomic uint32_t references;
    struct levada_scalar *entries; /* in the arena: outgrown arrays stay readable */
    uint32_t capacity;             /* of entries; slots are twice as many */
    struct slot *slots;
    struct arena arena;
};

static bool grow(struct dict *dict);

struct dict *
dict_create(void)
{
    static _Atomic uint32_t generations;

    struct dict *dict = calloc(1, sizeof(*dict));
    if (dict == NULL)
        return NULL;
    dict->references = 1;
    dict->public.struct_size = sizeof(dict->public);
    dict->public.generation = atomic_fetch_add(&generations, 1) + 1;
    if (!grow(dict)) {
        dict_unref(dict);
        return NULL;
    }
    dict->entries[0] = (struct levada_scalar){ .type = LEVADA_T_MISSING };
    dict->entries[1] = (struct levada_scalar){ .type = LEVADA_T_NULL };
    dict->public.n = FIRST_ID;
    return dict;
}

struct dict *
dict_ref(struct dict *dict)
{
    if (dict != NULL)
        atomic_fetch_add(&dict->references, 1);
    return dict;
}

void
dict_unref(struct dict *dict)
{
    if (dict == NULL || atomic_fetch_sub(&dict->references, 1) != 1)
        return;
    arena_finish(&dict->arena);
    free(dict->slots);
    free(dict);
}

const struct levada_dict *
dict_public(const struct dict *dict)
{
    return &dict->public;
}

size_t
dict_bytes(const struct dict *dict)
{
    return sizeof(*dict) + dict->arena.used + 2 * (size_t)dict->capacity * sizeof(*dict->slots);
}

/* ---- hash and equality ---- */

static inline bool
has_bytes(const struct levada_scalar *value)
{
    return value->type >= LEVADA_T_STR && value->type <= LEVADA_T_NUM;
}

/* Equal numbers are one value, however they are written: 1 and 1.0, 0.0 and -0.0, all NaN. */
static struct levada_scalar
normal(const struct levada_scalar *value)
{
    struct levada_scalar same = *value;
    if (!has_bytes(value))
        same.len = 0;
    if (value->type != LEVADA_T_F64)
        return same;
    double f = value->u.f;
    if (f >= -0x1p63 && f < 0x1p63 && f == (double)(int64_t)f) {
        same.type = LEVADA_T_I64;
        same.u.i = (int64_t)f;
    } else if (f != f) {
        same.u.f = __builtin_nan("");
    }
    return same;
}

__extension__ typedef unsigned __int128 wide;

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#define KEY_A UINT64_C(0x9e3779b97f4a7c15)
#define KEY_B UINT64_C(0xd6e8feb86659fd93)

/*
 * Names of things are short: up to 16 bytes are two words, which overlap where there are fewer, and
 * one multiplication; up to 32 twice that. A call of XXH3 costs more.
 */
static inline uint64_t
hash_bytes(const char *bytes, uint32_t n)
{
    uint64_t a, b = 0;
    if (n > 32)
        return XXH3_64bits(bytes, n);
    if (n > 16)
        return mix(bytes_load8(bytes) ^ KEY_A ^ n, bytes_load8(bytes + 8) ^ KEY_B) ^
               mix(bytes_load8(bytes + n - 16) ^ KEY_B, bytes_load8(bytes + n - 8) ^ KEY_A);
    if (n >= 8) {
        a = bytes_load8(bytes);
        b = bytes_load8(bytes + n - 8);
    } else if (n >= 4) {
        a = bytes_load4(bytes);
        b = bytes_load4(bytes + n - 4);
    } else {
        a = n == 0 ? 0
                   : (uint64_t)(unsigned char)bytes[0] << 16 |
                         (uint64_t)(unsigned char)bytes[n / 2] << 8 | (unsigned char)bytes[n - 1];
    }
    return mix(a ^ KEY_A ^ n, b ^ KEY_B);
}

static inline uint64_t
hash(const struct levada_scalar *value)
{
    if (value->type == LEVADA_T_STR)
        return hash_bytes(value->u.s, value->len);
    if (has_bytes(value))
        return hash_bytes(value->u.s, value->len) + value->type;
    struct levada_scalar same = normal(value);
    return mix((uint64_t)same.u.i ^ KEY_A, same.type ^ KEY_B);
}

static inline bool
same(const struct levada_scalar *a, const struct levada_scalar *b)
{
    if (has_bytes(a))
        return a->type == b->type && a->len == b->len && bytes_equal(a->u.s, b->u.s, a->len);
    struct levada_scalar x = normal(a), y = normal(b);
    return x.type == y.type && memcmp(&x.u, &y.u, sizeof(x.u)) == 0;
}

/* ---- the table ---- */

/* The slot of the value that equals @value, or the free one where it belongs. */
static inline struct slot *
find(const struct dict *dict, const struct levada_scalar *value, uint64_t hashed)
{
    uint32_t mask = 2 * dict->capacity - 1, tag = (uint32_t)(hashed >> 32);
    for (uint32_t i = (uint32_t)hashed & mask;; i = (i + 1) & mask) {
        struct slot *slot = &dict->slots[i];
        if (slot->id == 0 || (slot->tag == tag && same(value, &dict->entries[slot->id])))
            return slot;
    }
}

static void
enter(struct dict *dict, uint32_t id)
{
    uint64_t hashed = hash(&dict->entries[id]);
    struct slot *slot = find(dict, &dict->entries[id], hashed);
    if (slot->id == 0)
        *slot = (struct slot){ .id = id, .tag = (uint32_t)(hashed >> 32) };
}

static bool
grow(struct dict *dict)
{
    uint32_t capacity = dict->capacity == 0 ? 64 : dict->capacity * 2;
    if (capacity > UINT32_MAX / 4)
        return false;
    struct levada_scalar *entries = arena_alloc(&dict->arena, (size_t)capacity * sizeof(*entries));
    struct slot *slots = calloc(2 * (size_t)capacity, sizeof(*slots));
    if (entries == NULL || slots == NULL) {
        free(slots);
        return false;
    }
    if (dict->public.n > 0)
        memcpy(entries, dict->entries, dict->public.n * sizeof(*entries));
    free(dict->slots);
    dict->slots = slots;
    dict->capacity = capacity;
    dict->entries = entries;
    dict->public.entry = entries;
    for (uint32_t id = FIRST_ID; id < dict->public.n; id++)
        enter(dict, id);
    return true;
}

/* Only when the entry is complete does anyone learn of it. */
bool
dict_append(struct dict *dict, const struct levada_scalar *value)
{
    if (dict->public.n == dict->capacity && !grow(dict))
        return false;
    struct levada_scalar *entry = &dict->entries[dict->public.n];
    *entry = *value;
    if (has_bytes(value)) {
        entry->u.s = arena_copy(&dict->arena, value->u.s, value->len);
        if (entry->u.s == NULL)
            return false;
    }
    if (value->type > LEVADA_T_NULL)
        enter(dict, dict->public.n);
    dict->public.n++;
    return true;
}

uint32_t
dict_find(const struct dict *dict, const struct levada_scalar *value)
{
    if (value->type <= LEVADA_T_NULL)
        return value->type;
    const struct slot *slot = find(dict, value, hash(value));
    return slot->id != 0 ? slot->id : UINT32_MAX;
}

uint32_t
dict_add(struct dict *dict, const struct levada_scalar *value)
{
    uint32_t id = dict_find(dict, value);
    if (id == UINT32_MAX && dict_append(dict, value))
        id = dict->public.n - 1;
    return id;
}

/* find() of a text, in line: most values of most columns are texts that were seen before. */
static inline uint32_t
find_text(const struct dict *dict, const struct levada_scalar *value)
{
    uint64_t hashed = hash_bytes(value->u.s, value->len);
    uint32_t mask = 2 * dict->capacity - 1, tag = (uint32_t)(hashed >> 32);
    for (uint32_t i = (uint32_t)hashed & mask;; i = (i + 1) & mask) {
        const struct slot *slot = &dict->slots[i];
        if (slot->id == 0)
            return UINT32_MAX;
        const struct levada_scalar *entry = &dict->entries[slot->id];
        if (slot->tag == tag && entry->len == value->len && entry->type == LEVADA_T_STR &&
            bytes_equal(entry->u.s, value->u.s, value->len))
            return slot->id;
    }
}

bool
dict_add_all(struct dict *dict, const struct levada_scalar *values, uint32_t n, uint32_t *ids)
{
    for (uint32_t i = 0; i < n; i++) {
        ids[i] = values[i].type == LEVADA_T_STR ? find_text(dict, &values[i]) : UINT32_MAX;
        if (ids[i] == UINT32_MAX)
            ids[i] = dict_add(dict, &values[i]);
        if (ids[i] == UINT32_MAX)
            return false;
    }
    return true;
}
