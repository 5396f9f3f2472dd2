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
    *positions = (struct positions){ NULL, 0 };
}

static struct partition *
find(const struct positions *positions, const struct stage *source, const void *stream,
     uint64_t stream_n, int32_t partition)
{
    for (uint32_t i = 0; i < positions->n; i++) {
        struct partition *item = &positions->items[i];
        if (item->source == source && item->position.partition == partition &&
            item->position.stream.n == stream_n &&
            memcmp(item->position.stream.p, stream, stream_n) == 0)
            return item;
    }
    return NULL;
}

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

bool
positions_set(struct positions *positions, const struct stage *source,
              const struct levada_position *position)
{
    struct partition *item =
        find(positions, source, position->stream.p, position->stream.n, position->partition);
    struct partition copy = {
        .source = source, .position = *position, .quiet_next = -1, .target = -1
    };
    if (!copy_bytes(&copy.position.stream, &position->stream))
        return false;
    if (!copy_bytes(&copy.position.detail, &position->detail)) {
        free((void *)copy.position.stream.p);
        return false;
    }
    if (item != NULL) {
        copy.target = item->target;
        copy.quiet_next = item->quiet_next;
        copy.quiet_since_ns = item->quiet_since_ns;
        partition_finish(item);
    } else {
        struct partition *items =
            realloc(positions->items, (positions->n + 1) * sizeof(*positions->items));
        if (items == NULL) {
            partition_finish(&copy);
            return false;
        }
        positions->items = items;
        item = &items[positions->n++];
    }
    if (copy.target < 0)
        copy.target = position->latest;
    *item = copy;
    return true;
}

const struct levada_position *
positions_find(const struct positions *positions, const struct stage *source, const char *stream,
               int32_t partition)
{
    const struct partition *item = find(positions, source, stream, strlen(stream), partition);
    return item != NULL ? &item->position : NULL;
}

bool
positions_copy(struct positions *copy, const struct positions *positions)
{
    struct positions made = { NULL, 0 };
    for (uint32_t i = 0; i < positions->n; i++) {
        const struct partition *item = &positions->items[i];
        if (!positions_set(&made, item->source, &item->position)) {
            positions_finish(&made);
            return false;
        }
        made.items[i].target = item->target;
    }
    positions_finish(copy);
    *copy = made;
    return true;
}

bool
positions_go_back(struct positions *positions, const struct positions *then)
{
    struct positions made = { NULL, 0 };
    if (!positions_copy(&made, then))
        return false;
    for (uint32_t i = 0; i < made.n; i++) {
        struct partition *item = &made.items[i];
        const struct partition *known = find(positions, item->source, item->position.stream.p,
                                             item->position.stream.n, item->position.partition);
        if (known != NULL)
            item->target = known->target;
    }
    positions_finish(positions);
    *positions = made;
    return true;
}

static bool
is_among(const struct levada_position *position, const struct levada_position *all, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].partition == position->partition && all[i].stream.n == position->stream.n &&
            memcmp(all[i].stream.p, position->stream.p, position->stream.n) == 0)
            return true;
    }
    return false;
}

void
positions_keep_only(struct positions *positions, const struct stage *source,
                    const struct levada_position *all, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < positions->n; i++) {
        struct partition *item = &positions->items[i];
        if (item->source == source && !is_among(&item->position, all, n))
            partition_finish(item);
        else
            positions->items[kept++] = *item;
    }
    positions->n = kept;
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
        if (item->target < 0 || item->position.next < item->target)
            return false;
    }
    return any;
}
