/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_DUE_H
#define HOST_TABLE_DUE_H

/*
 * The rows that leave at a trigger, in their order. Each row is one number: the terms of the order,
 * each in as few bits as its values need, and the slot below them. Mostly that is one machine word,
 * so that sorting is sorting integers, and nothing else has to be kept for a row.
 */

#include "table/groups.h"
#include "table/order.h"
#include "table/window.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a value stands in a row's words. */
struct due_field {
    uint32_t word;
    unsigned shift, width;
};

struct due {
    uint64_t *rows; /* n times @words */
    uint64_t n;
    uint32_t words;
    struct due_field slot, window; /* window: its index in starts */
    int64_t *starts;               /* of the windows that have rows here; NULL: none in the order */
};

struct due_request {
    const struct windows *windows;
    const struct rows *rows;
    const struct group *groups;
    const struct table_cell *cells;
    const struct order *order;
    const uint32_t *slots; /* sessions: these rows are due, and no others; else NULL */
    uint32_t n_slots;
    int64_t last_start_ms;  /* windows that start later have nothing due */
    uint32_t changed_after; /* rows with a stamp up to this are not due; windows neither */
    bool only_changed;
};

/* False: out of memory. To be finished in every case. */
bool due_collect(struct due *due, const struct due_request *request);
void due_finish(struct due *due);

static inline uint64_t
due_get(const struct due *due, uint64_t i, struct due_field field)
{
    return due->rows[i * due->words + field.word] >> field.shift &
           ((UINT64_C(1) << field.width) - 1);
}

static inline uint32_t
due_slot(const struct due *due, uint64_t i)
{
    return (uint32_t)due_get(due, i, due->slot);
}

static inline int64_t
due_start_ms(const struct due *due, uint64_t i)
{
    return due->starts[due_get(due, i, due->window)];
}

#endif
