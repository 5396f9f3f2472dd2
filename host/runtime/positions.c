/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/positions.h"

#include <stdlib.h>
#include <string.h>

static void
partition_finish(struct partition *partition)
{
    free((void *)partition->position.stream.p);
    free((void *)partition->position.detail.p);
}

void
positions_finish(struct positions *positions)
{
    for (uint32_t i = 0; i < positions->n; i++)
        partition_finish(&positions->items[i]);
    free(positions->items);
    lookup_finish(&positions->index);
    *positions = (struct positions){ .items = NULL };
}

/* ---- finding: two of one hash have neighbouring keys in the index ---- */

static uint64_t
hash(const struct stage *source, const struct levada_bytes *stream, int32_t partition)
{
    const unsigned char *bytes = stream->p;
    uint64_t h = lookup_hash((uintptr_t)source) ^ (uint32_t)partition;
    for (uint64_t i = 0; i < stream->n; i++)
        h = (h ^ bytes[i]) * 0x100000001B3u; /* FNV-1a */
    return h;
}

static bool
is_same(const struct levada_bytes *a, const struct levada_bytes *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/* Its number; UINT32_MAX: it is not there, and @key is where it belongs. */
static uint32_t
find(const struct positions *positions, const struct stage *source,
     const struct levada_bytes *stream, int32_t partition, uint64_t *key)
{
    for (*key = hash(source, stream, partition);; ++*key) {
        uint32_t i = lookup_find(&positions->index, *key);
        if (i == UINT32_MAX)
            return i;
        const struct partition *item = &positions->items[i];
        if (item->source == source && item->position.partition == partition &&
            is_same(&item->position.stream, stream))
            return i;
    }
}

static struct partition *
find_item(const struct positions *positions, const struct stage *source,
          const struct levada_position *position)
{
    uint64_t key;
    uint32_t i = find(positions, source, &position->stream, position->partition, &key);
    return i != UINT32_MAX ? &positions->items[i] : NULL;
}

/* ---- setting ---- */

/* A NUL behind the bytes, so that the text of a stream is a string too. */
static bool
copy_bytes(struct levada_bytes *to, const struct levada_bytes *from)
{
    *to = (struct levada_bytes){ NULL, 0 };
    if (from->p == NULL)
        return true;
    char *copy = malloc(from->n + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, from->p, from->n);
    copy[from->n] = '\0';
    *to = (struct levada_bytes){ copy, from->n };
    return true;
}

static bool
make_room(struct positions *positions)
{
    if (positions->n < positions->room)
        return true;
    uint32_t room = positions->room > 0 ? positions->room * 2 : 8;
    struct partition *items = realloc(positions->items, room * sizeof(*items));
    if (items == NULL)
        return false;
    positions->items = items;
    positions->room = room;
    return true;
}

static bool
add(struct positions *positions, const struct stage *source, const struct levada_position *position,
    uint64_t key)
{
    struct partition item = {
        .source = source, .position = *position, .quiet_next = -1, .target = position->latest
    };
    if (!make_room(positions) || !copy_bytes(&item.position.stream, &position->stream))
        return false;
    if (!copy_bytes(&item.position.detail, &position->detail) ||
        !lookup_add(&positions->index, key, positions->n)) {
        partition_finish(&item);
        return false;
    }
    positions->items[positions->n++] = item;
    return true;
}

bool
positions_set(struct positions *positions, const struct stage *source,
              const struct levada_position *position)
{
    uint64_t key;
    uint32_t i = find(positions, source, &position->stream, position->partition, &key);
    if (i == UINT32_MAX)
        return add(positions, source, position, key);
    struct partition *item = &positions->items[i];
    struct levada_position made = *position;
    made.stream = item->position.stream;
    if (!copy_bytes(&made.detail, &position->detail))
        return false;
    free((void *)item->position.detail.p);
    item->position = made;
    if (item->target < 0)
        item->target = position->latest;
    return true;
}

void
positions_move(struct positions *positions, const struct stage *source,
               const struct levada_position *to)
{
    struct partition *item = find_item(positions, source, to);
    if (item != NULL)
        item->position.next = to->next;
}

void
positions_aim(struct positions *positions, const struct stage *source, const char *stream,
              int32_t partition, int64_t target)
{
    const struct levada_position position = { .stream = { stream, strlen(stream) },
                                              .partition = partition };
    struct partition *item = find_item(positions, source, &position);
    if (item == NULL)
        return;
    item->target = target;
    item->is_aimed = true;
}

bool
positions_equal(const struct positions *a, const struct positions *b)
{
    bool equal = a->n == b->n;
    for (uint32_t i = 0; i < a->n && equal; i++) {
        const struct levada_position *one = &a->items[i].position;
        const struct partition *other = find_item(b, a->items[i].source, one);
        equal = other != NULL && other->position.next == one->next;
    }
    return equal;
}

const struct levada_position *
positions_find(const struct positions *positions, const struct stage *source, const char *stream,
               int32_t partition)
{
    const struct levada_position position = { .stream = { stream, strlen(stream) },
                                              .partition = partition };
    const struct partition *item = find_item(positions, source, &position);
    return item != NULL ? &item->position : NULL;
}

bool
positions_copy(struct positions *copy, const struct positions *positions)
{
    struct positions made = { .items = NULL };
    for (uint32_t i = 0; i < positions->n; i++) {
        const struct partition *item = &positions->items[i];
        if (!positions_set(&made, item->source, &item->position)) {
            positions_finish(&made);
            return false;
        }
        made.items[i].target = item->target;
        made.items[i].is_aimed = item->is_aimed;
    }
    positions_finish(copy);
    *copy = made;
    return true;
}

bool
positions_go_back(struct positions *positions, const struct positions *then)
{
    struct positions made = { .items = NULL };
    if (!positions_copy(&made, then))
        return false;
    for (uint32_t i = 0; i < made.n; i++) {
        struct partition *item = &made.items[i];
        const struct partition *known = find_item(positions, item->source, &item->position);
        if (known == NULL)
            continue;
        item->target = known->target;
        item->is_aimed = known->is_aimed;
    }
    positions_finish(positions);
    *positions = made;
    return true;
}

/* Its memory is there: no more are in it than were. */
static void
index_again(struct positions *positions)
{
    lookup_clear(&positions->index);
    for (uint32_t i = 0; i < positions->n; i++) {
        const struct partition *item = &positions->items[i];
        uint64_t key;
        find(positions, item->source, &item->position.stream, item->position.partition, &key);
        lookup_add(&positions->index, key, i);
    }
}

void
positions_mark(struct positions *positions, const struct stage *source,
               const struct levada_position *all, uint32_t n)
{
    for (uint32_t i = 0; i < positions->n; i++)
        positions->items[i].is_kept = positions->items[i].source != source;
    for (uint32_t i = 0; i < n; i++) {
        struct partition *item = find_item(positions, source, &all[i]);
        if (item != NULL)
            item->is_kept = true;
    }
}

void
positions_keep_only(struct positions *positions, const struct stage *source,
                    const struct levada_position *all, uint32_t n)
{
    uint32_t kept = 0;
    positions_mark(positions, source, all, n);
    for (uint32_t i = 0; i < positions->n; i++) {
        if (positions->items[i].is_kept)
            positions->items[kept++] = positions->items[i];
        else
            partition_finish(&positions->items[i]);
    }
    positions->n = kept;
    index_again(positions);
}

/* Where it ended when that was first known, or where the source says that there is no more. */
static bool
is_reached(const struct partition *item)
{
    const struct levada_position *position = &item->position;
    return item->target >= 0 &&
           (position->next >= item->target ||
            (!item->is_aimed && position->latest >= 0 && position->next >= position->latest));
}

bool
positions_reached(const struct positions *positions, const struct stage *source)
{
    bool any = false;
    for (uint32_t i = 0; i < positions->n; i++) {
        const struct partition *item = &positions->items[i];
        if (item->source != source)
            continue;
        any = true;
        if (!is_reached(item))
            return false;
    }
    return any;
}
