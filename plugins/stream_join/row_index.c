/* SPDX-License-Identifier: Apache-2.0 */
#include "row_index.h"

#include <stdlib.h>
#include <string.h>

/* The rows of one key, ordered. The oldest leave first, so a group is a queue that starts at
 * @first. */
struct row_group {
    struct row_group *next; /* of the same bucket */
    uint64_t hash;
    struct row *rows;
    uint32_t first, n, room; /* n counts from 0, those before first have left */
    uint32_t key_n;
    char key[];
};

static bool
comes_before(int64_t a_ms, uint64_t a_arrival, int64_t b_ms, uint64_t b_arrival)
{
    return a_ms != b_ms ? a_ms < b_ms : a_arrival < b_arrival;
}

/* ---- groups ---- */

static uint64_t
hash_of(struct levada_bytes key)
{
    const unsigned char *bytes = key.p;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (uint64_t i = 0; i < key.n; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

static struct row_group **
bucket_of(const struct row_index *index, uint64_t hash)
{
    return &index->buckets[hash & (index->n_buckets - 1)];
}

static struct row_group *
find_group(const struct row_index *index, struct levada_bytes key)
{
    if (index->n_buckets == 0)
        return NULL;
    uint64_t hash = hash_of(key);
    struct row_group *group = *bucket_of(index, hash);
    while (group != NULL &&
           (group->hash != hash || group->key_n != key.n || memcmp(group->key, key.p, key.n) != 0))
        group = group->next;
    return group;
}

/* As many buckets as groups, at least. */
static bool
make_buckets(struct row_index *index)
{
    if (index->n_groups < index->n_buckets)
        return true;
    struct row_index grown = *index;
    grown.n_buckets = index->n_buckets > 0 ? index->n_buckets * 2 : 64;
    grown.buckets = calloc(grown.n_buckets, sizeof(struct row_group *));
    if (grown.buckets == NULL)
        return false;
    for (uint32_t b = 0; b < index->n_buckets; b++) {
        for (struct row_group *group = index->buckets[b]; group != NULL;) {
            struct row_group *next = group->next;
            struct row_group **bucket = bucket_of(&grown, group->hash);
            group->next = *bucket;
            *bucket = group;
            group = next;
        }
    }
    free(index->buckets);
    *index = grown;
    return true;
}

static struct row_group *
make_keyless(struct row_index *index)
{
    if (index->keyless == NULL)
        index->keyless = calloc(1, sizeof(*index->keyless));
    return index->keyless;
}

static struct row_group *
make_group(struct row_index *index, struct levada_bytes key)
{
    struct row_group *group = find_group(index, key);
    if (group != NULL)
        return group;
    if (!make_buckets(index))
        return NULL;
    group = calloc(1, sizeof(*group) + key.n);
    if (group == NULL)
        return NULL;
    group->hash = hash_of(key);
    group->key_n = (uint32_t)key.n;
    memcpy(group->key, key.p, key.n);
    struct row_group **bucket = bucket_of(index, group->hash);
    group->next = *bucket;
    *bucket = group;
    index->n_groups++;
    return group;
}

static void
free_group(struct row_group *group)
{
    if (group != NULL)
        free(group->rows);
    free(group);
}

/* Takes away a group that has no row. */
static void
drop_group(struct row_index *index, struct row_group *group)
{
    if (group == index->keyless) {
        index->keyless = NULL;
    } else {
        struct row_group **link = bucket_of(index, group->hash);
        while (*link != group)
            link = &(*link)->next;
        *link = group->next;
        index->n_groups--;
    }
    free_group(group);
}

/* Room for one more row: what has left makes room where it is at least half. */
static bool
make_group_room(struct row_group *group)
{
    if (group->n < group->room)
        return true;
    if (group->first > 0 && group->first >= group->n / 2) {
        group->n -= group->first;
        memmove(group->rows, group->rows + group->first, group->n * sizeof(*group->rows));
        group->first = 0;
        return true;
    }
    uint32_t room = group->room > 0 ? group->room * 2 : 1;
    struct row *rows = realloc(group->rows, room * sizeof(*rows));
    if (rows == NULL)
        return false;
    group->rows = rows;
    group->room = room;
    return true;
}

static bool
group_add(struct row_group *group, const struct row *row)
{
    if (!make_group_room(group))
        return false;
    uint32_t at = group->n; /* most rows come in their order */
    while (at > group->first &&
           comes_before(row->time_ms, row->arrival, group->rows[at - 1].time_ms,
                        group->rows[at - 1].arrival))
        at--;
    memmove(group->rows + at + 1, group->rows + at, (group->n - at) * sizeof(*group->rows));
    group->rows[at] = *row;
    group->n++;
    return true;
}

/* The first row that is not before @time_ms. */
static uint32_t
group_seek(const struct row_group *group, int64_t time_ms)
{
    uint32_t low = group->first, high = group->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (group->rows[middle].time_ms < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- the heap ---- */

static bool
make_heap_room(struct row_index *index)
{
    if (index->n < index->room)
        return true;
    uint32_t room = index->room > 0 ? index->room * 2 : 64;
    struct row_turn *heap = realloc(index->heap, room * sizeof(*heap));
    if (heap == NULL)
        return false;
    index->heap = heap;
    index->room = room;
    return true;
}

static bool
turn_before(const struct row_turn *a, const struct row_turn *b)
{
    return comes_before(a->time_ms, a->arrival, b->time_ms, b->arrival);
}

static void
heap_push(struct row_index *index, struct row_turn turn)
{
    uint32_t at = index->n++;
    while (at > 0 && turn_before(&turn, &index->heap[(at - 1) / 2])) {
        index->heap[at] = index->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    index->heap[at] = turn;
}

static void
heap_pop(struct row_index *index)
{
    struct row_turn last = index->heap[--index->n];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= index->n)
            break;
        if (child + 1 < index->n && turn_before(&index->heap[child + 1], &index->heap[child]))
            child++;
        if (!turn_before(&index->heap[child], &last))
            break;
        index->heap[at] = index->heap[child];
        at = child;
    }
    index->heap[at] = last;
}

/* ---- both ---- */

bool
row_index_add(struct row_index *index, struct levada_bytes key, const struct row *row)
{
    if (!make_heap_room(index))
        return false;
    struct row_group *group = key.p != NULL ? make_group(index, key) : make_keyless(index);
    if (group == NULL)
        return false;
    if (!group_add(group, row)) {
        if (group->n == 0)
            drop_group(index, group);
        return false;
    }
    heap_push(index, (struct row_turn){ row->time_ms, row->arrival, group });
    return true;
}

struct row *
row_index_find(const struct row_index *index, struct levada_bytes key, int64_t from_ms,
               int64_t to_ms, uint32_t *n)
{
    const struct row_group *group = find_group(index, key);
    *n = 0;
    if (group == NULL)
        return NULL;
    uint32_t first = group_seek(group, from_ms), last = first;
    while (last < group->n && group->rows[last].time_ms <= to_ms)
        last++;
    *n = last - first;
    return group->rows + first;
}

/* The oldest row of all is the oldest of its group. */
const struct row *
row_index_oldest(const struct row_index *index)
{
    if (index->n == 0)
        return NULL;
    const struct row_group *group = index->heap[0].group;
    return &group->rows[group->first];
}

void
row_index_drop_oldest(struct row_index *index)
{
    struct row_group *group = index->heap[0].group;
    heap_pop(index);
    group->first++;
    if (group->first == group->n)
        drop_group(index, group);
}

void
row_index_finish(struct row_index *index)
{
    for (uint32_t b = 0; b < index->n_buckets; b++) {
        for (struct row_group *group = index->buckets[b]; group != NULL;) {
            struct row_group *next = group->next;
            free_group(group);
            group = next;
        }
    }
    free_group(index->keyless);
    free(index->buckets);
    free(index->heap);
    memset(index, 0, sizeof(*index));
}
