/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_RANK_H
#define HOST_TABLE_RANK_H

/*
 * The places that values of a dictionary have in their order, so that rows can be sorted by
 * comparing small integers. Only values that are marked are ranked.
 */

#include <stdbool.h>
#include <stdint.h>

struct dict;

/* One number for each id, to be freed by the caller. NULL: out of memory. */
uint32_t *rank_begin(const struct dict *dict);

static inline void
rank_mark(uint32_t *rank, uint32_t id)
{
    rank[id] = 0;
}

/* Makes @rank, as begun, the ranks 0 .. *@n - 1 of the marked ids. False: out of memory. */
bool rank_finish(uint32_t *rank, const struct dict *dict, uint32_t *n);

#endif
