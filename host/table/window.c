/* SPDX-License-Identifier: Apache-2.0 */
#include "table/window.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SHIFT (64 - 3)
#define SMALL_PLACES 128u /* up to these in steps of four, which saves placing most rows again */

static inline uint32_t
home_of(const struct window *window, const struct rows *rows, uint32_t slot)
{
    return (uint32_t)(window_hash(rows_key(rows, slot), rows->words) >> window->shift);
}

/* @slot is not there yet, and there is a free place. */
static inline void
place_slot(struct window *window, const struct rows *rows, uint32_t slot)
{
    uint32_t mask = window_places(window) - 1, at = home_of(window, rows, slot);
    while (window->slots[at] != ROW_NONE)
        at = (at + 1) & mask;
    window->slots[at] = slot;
}

uint32_t
window_find(const struct window *window, const struct rows *rows, const uint64_t *key)
{
    size_t bytes = rows->words * sizeof(*key);
    uint32_t mask = window_places(window) - 1;
    uint32_t slot, at = (uint32_t)(window_hash(key, rows->words) >> window->shift);
    while ((slot = window->slots[at]) != ROW_NONE && memcmp(rows_key(rows, slot), key, bytes) != 0)
        at = (at + 1) & mask;
    return slot;
}

bool
window_grow(struct window *window, const struct rows *rows)
{
    struct window grown = *window;
    grown.shift -= window_places(window) < SMALL_PLACES ? 2 : 1;
    size_t bytes = window_places(&grown) * sizeof(uint32_t);
    grown.slots = malloc(bytes);
    if (grown.slots == NULL)
        return false;
    memset(grown.slots, 0xff, bytes);
    const uint32_t *end = window->slots + window_places(window);
    for (const uint32_t *slot = window->slots; slot < end; slot++) {
        if (*slot != ROW_NONE)
            place_slot(&grown, rows, *slot);
    }
    free(window->slots);
    *window = grown;
    return true;
}

bool
window_add(struct window *window, const struct rows *rows, uint32_t slot)
{
    if (window->n + 1 >= window_full(window_places(window)) && !window_grow(window, rows))
        return false;
    place_slot(window, rows, slot);
    window->n++;
    return true;
}

void
window_reindex(struct window *window, const struct rows *rows, uint32_t *spare)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < window_places(window); i++) {
        if (window->slots[i] != ROW_NONE)
            spare[n++] = window->slots[i];
    }
    memset(window->slots, 0xff, window_places(window) * sizeof(uint32_t));
    for (uint32_t i = 0; i < n; i++)
        place_slot(window, rows, spare[i]);
}

/* Frees the place @at; entries behind it that would no longer be found move up. */
static void
free_place(struct window *window, const struct rows *rows, uint32_t at)
{
    uint32_t mask = window_places(window) - 1;
    for (uint32_t next = (at + 1) & mask; window->slots[next] != ROW_NONE;
         next = (next + 1) & mask) {
        uint32_t home = home_of(window, rows, window->slots[next]);
        if (((next - home) & mask) < ((next - at) & mask))
            continue;
        window->slots[at] = window->slots[next];
        at = next;
    }
    window->slots[at] = ROW_NONE;
    window->n--;
}

void
window_drop_stamped(struct window *window, struct rows *rows, uint32_t stamp)
{
    for (uint32_t i = 0; i < window_places(window); i++) {
        while (window->slots[i] != ROW_NONE && rows->stamp[window->slots[i]] == stamp) {
            uint32_t slot = window->slots[i];
            free_place(window, rows, i);
            rows_close(rows, slot);
        }
    }
}

static bool
make_room(struct windows *windows)
{
    if (windows->n < windows->room)
        return true;
    uint32_t room = windows->room > 0 ? windows->room * 2 : 16;
    struct window *items = realloc(windows->items, room * sizeof(*items));
    if (items == NULL)
        return false;
    windows->items = items;
    windows->room = room;
    return true;
}

struct window *
windows_find(const struct windows *windows, int64_t start_ms)
{
    uint32_t number = lookup_find(&windows->by_start, (uint64_t)start_ms);
    return number != UINT32_MAX ? &windows->items[number] : NULL;
}

uint32_t
windows_open(struct windows *windows, int64_t start_ms)
{
    uint32_t number = lookup_find(&windows->by_start, (uint64_t)start_ms);
    if (number != UINT32_MAX)
        return number;
    if (!make_room(windows))
        return WINDOW_NONE;
    struct window *window = &windows->items[windows->n];
    *window = (struct window){ .start_ms = start_ms, .shift = FIRST_SHIFT };
    size_t bytes = window_places(window) * sizeof(uint32_t);
    window->slots = malloc(bytes);
    if (window->slots == NULL)
        return WINDOW_NONE;
    memset(window->slots, 0xff, bytes);
    if (!lookup_add(&windows->by_start, (uint64_t)start_ms, windows->n)) {
        free(window->slots);
        return WINDOW_NONE;
    }
    return windows->n++;
}

/* Forgets the windows without rows. */
static void
remove_empty(struct windows *windows)
{
    uint32_t kept = 0;
    for (uint32_t w = 0; w < windows->n; w++) {
        if (windows->items[w].n > 0)
            windows->items[kept++] = windows->items[w];
        else
            free(windows->items[w].slots);
    }
    if (kept == windows->n)
        return;
    windows->n = kept;
    lookup_clear(&windows->by_start);
    for (uint32_t w = 0; w < kept; w++) /* there is room: more were in it before */
        (void)lookup_add(&windows->by_start, (uint64_t)windows->items[w].start_ms, w);
}

uint64_t
windows_close_until(struct windows *windows, struct rows *rows, int64_t last_start_ms)
{
    uint64_t n_rows = 0;
    for (uint32_t w = 0; w < windows->n; w++) {
        struct window *window = &windows->items[w];
        if (window->start_ms > last_start_ms)
            continue;
        for (uint32_t i = 0; i < window_places(window); i++) {
            if (window->slots[i] != ROW_NONE)
                rows_close(rows, window->slots[i]);
        }
        n_rows += window->n;
        window->n = 0;
    }
    remove_empty(windows);
    return n_rows;
}

void
windows_drop_stamped(struct windows *windows, struct rows *rows, uint32_t stamp)
{
    for (uint32_t w = 0; w < windows->n; w++) {
        if (windows->items[w].stamp == stamp)
            window_drop_stamped(&windows->items[w], rows, stamp);
    }
    remove_empty(windows);
}

uint64_t
windows_bytes(const struct windows *windows)
{
    uint64_t bytes =
        windows->n * sizeof(struct window) + windows->by_start.room * sizeof(struct lookup_entry);
    for (uint32_t w = 0; w < windows->n; w++)
        bytes += window_places(&windows->items[w]) * sizeof(uint32_t);
    return bytes;
}

void
windows_finish(struct windows *windows)
{
    for (uint32_t w = 0; w < windows->n; w++)
        free(windows->items[w].slots);
    free(windows->items);
    lookup_finish(&windows->by_start);
    *windows = (struct windows){ .items = NULL };
}
