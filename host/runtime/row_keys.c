/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/row_keys.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 8u

void
row_keys_finish(struct row_keys *keys)
{
    for (uint32_t w = 0; w < keys->n; w++)
        free(keys->windows[w].places);
    free(keys->windows);
    *keys = (struct row_keys){ NULL, 0, 0 };
}

bool
row_key_is_empty(const struct row_key *key)
{
    static const struct row_key empty;
    return memcmp(key, &empty, sizeof(empty)) == 0;
}

/* ---- windows ---- */

static uint32_t
place_of(const struct row_keys *keys, int64_t start_ms)
{
    uint32_t low = 0, high = keys->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (keys->windows[middle].start_ms < start_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct row_window *
find(const struct row_keys *keys, int64_t start_ms)
{
    uint32_t at = place_of(keys, start_ms);
    return at < keys->n && keys->windows[at].start_ms == start_ms ? &keys->windows[at] : NULL;
}

const struct row_window *
row_keys_find(const struct row_keys *keys, int64_t start_ms)
{
    return find(keys, start_ms);
}

static struct row_window *
add_window(struct row_keys *keys, int64_t start_ms)
{
    uint32_t at = place_of(keys, start_ms);
    if (keys->n == keys->room) {
        uint32_t room = keys->room > 0 ? keys->room * 2 : LEAST_ROOM;
        struct row_window *grown = realloc(keys->windows, room * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        keys->windows = grown;
        keys->room = room;
    }
    struct row_key *places = calloc(LEAST_ROOM, sizeof(*places));
    if (places == NULL)
        return NULL;
    memmove(&keys->windows[at + 1], &keys->windows[at], (keys->n - at) * sizeof(*keys->windows));
    keys->windows[at] =
        (struct row_window){ .start_ms = start_ms, .places = places, .room = LEAST_ROOM };
    keys->n++;
    return &keys->windows[at];
}

void
row_keys_forget(struct row_keys *keys, int64_t start_ms)
{
    struct row_window *window = find(keys, start_ms);
    if (window == NULL)
        return;
    free(window->places);
    keys->n--;
    uint32_t at = (uint32_t)(window - keys->windows);
    memmove(window, window + 1, (keys->n - at) * sizeof(*window));
}

/* ---- rows of one window ---- */

/* Keys are hashes already. */
static uint32_t
home_of(const struct row_window *window, const struct row_key *key)
{
    uint32_t hash;
    memcpy(&hash, key->bytes, sizeof(hash));
    return hash & (window->room - 1);
}

/* Where @key stands, or the empty place for it. */
static uint32_t
seek(const struct row_window *window, const struct row_key *key)
{
    uint32_t at = home_of(window, key);
    while (!row_key_is_empty(&window->places[at]) &&
           memcmp(&window->places[at], key, sizeof(*key)) != 0)
        at = (at + 1) & (window->room - 1);
    return at;
}

static bool
grow(struct row_window *window)
{
    struct row_window wider = { .start_ms = window->start_ms,
                                .n = window->n,
                                .room = window->room * 2 };
    wider.places = calloc(wider.room, sizeof(*wider.places));
    if (wider.places == NULL)
        return false;
    for (uint32_t i = 0; i < window->room; i++) {
        if (!row_key_is_empty(&window->places[i]))
            wider.places[seek(&wider, &window->places[i])] = window->places[i];
    }
    free(window->places);
    *window = wider;
    return true;
}

bool
row_keys_add(struct row_keys *keys, int64_t start_ms, const struct row_key *key)
{
    struct row_window *window = find(keys, start_ms);
    if (window == NULL)
        window = add_window(keys, start_ms);
    if (window == NULL)
        return false;
    if (window->n >= window->room / 4 * 3 && !grow(window))
        return false;
    uint32_t at = seek(window, key);
    if (row_key_is_empty(&window->places[at])) {
        window->places[at] = *key;
        window->n++;
    }
    return true;
}

/* The places behind one that became empty move up, where their homes allow it. */
static void
close_gap(struct row_window *window, uint32_t gap)
{
    uint32_t mask = window->room - 1;
    for (uint32_t at = (gap + 1) & mask; !row_key_is_empty(&window->places[at]);
         at = (at + 1) & mask) {
        uint32_t home = home_of(window, &window->places[at]);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue; /* its home lies behind the gap */
        window->places[gap] = window->places[at];
        gap = at;
    }
    window->places[gap] = (struct row_key){ { 0 } };
}

void
row_keys_remove(struct row_keys *keys, int64_t start_ms, const struct row_key *key)
{
    struct row_window *window = find(keys, start_ms);
    if (window == NULL)
        return;
    uint32_t at = seek(window, key);
    if (row_key_is_empty(&window->places[at]))
        return;
    close_gap(window, at);
    if (--window->n == 0)
        row_keys_forget(keys, start_ms);
}
