/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_WINDOW_H
#define HOST_TABLE_WINDOW_H

/*
 * The windows that have rows, each with its own small index from a group's key to the row's slot.
 * An index holds slots only; keys are compared in the rows. Rows leave with their window, never
 * alone, except when a transaction that opened them is undone, and except parts of sessions.
 */

#include "base/lookup.h"
#include "table/rows.h"

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_NONE UINT32_MAX

struct window {
    int64_t start_ms;
    uint32_t *slots; /* ROW_NONE: free */
    uint32_t n;
    uint32_t stamp;  /* the last transaction that touched a row */
    uint32_t opened; /* the transaction of the first row */
    unsigned shift;  /* there are 2^(64 - shift) places */
};

struct windows {          /* zeroed: empty */
    struct window *items; /* in no order; they move when one is opened */
    uint32_t n, room;
    struct lookup by_start;
};

static inline uint32_t
window_places(const struct window *window)
{
    return (uint32_t)(UINT64_C(1) << (64 - window->shift));
}

/* So many rows fill so many places: at three quarters, above which chains grow quickly. */
static inline uint32_t
window_full(uint32_t places)
{
    return places - places / 4;
}

static inline uint64_t
window_hash(const uint64_t *key, uint32_t words)
{
    uint64_t hash = lookup_hash(key[0]);
    for (uint32_t i = 1; i < words; i++)
        hash = lookup_hash((hash ^ (hash >> 29)) + key[i]);
    return hash;
}

/* The row of @key; ROW_NONE: none. */
uint32_t window_find(const struct window *window, const struct rows *rows, const uint64_t *key);
/* More places. False: out of memory, nothing changed. */
bool window_grow(struct window *window, const struct rows *rows);
/* Indexes a row whose key is not there yet. False: out of memory. */
bool window_add(struct window *window, const struct rows *rows, uint32_t slot);
/* Indexes the rows again after their keys changed. */
void window_reindex(struct window *window, const struct rows *rows, uint32_t *spare);
/* Forgets the rows that carry @stamp and closes them. */
void window_drop_stamped(struct window *window, struct rows *rows, uint32_t stamp);

/* NULL: there is none. */
struct window *windows_find(const struct windows *windows, int64_t start_ms);
/* The number of the window, opened if new. WINDOW_NONE: out of memory. */
uint32_t windows_open(struct windows *windows, int64_t start_ms);
/* Closes the windows that start at or before @last_start_ms and their rows; returns the rows. */
uint64_t windows_close_until(struct windows *windows, struct rows *rows, int64_t last_start_ms);
/* Undoes the transaction @stamp, whose old rows were played back. */
void windows_drop_stamped(struct windows *windows, struct rows *rows, uint32_t stamp);
uint64_t windows_bytes(const struct windows *windows);
void windows_finish(struct windows *windows);

#endif
