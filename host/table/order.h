/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_ORDER_H
#define HOST_TABLE_ORDER_H

/*
 * The order in which rows leave: by the terms of order_by, then by window, then by the groups. It
 * is total, so that equal input gives equal output.
 */

#include <stdbool.h>
#include <stdint.h>

struct table_cell;
struct table_options;

enum order_by {
    ORDER_BY_CELL,
    ORDER_BY_WINDOW,
    ORDER_BY_GROUP,
};

struct order_term {
    enum order_by by;
    uint32_t number; /* of the cell or the group */
    bool descending;
};

struct order {
    struct order_term *terms;
    uint32_t n;
};

/* What "NAME", "NAME asc" or "NAME desc" means. False: no column of that name can be ordered by. */
bool order_parse(const char *text, const struct table_options *options,
                 const struct table_cell *cells, uint32_t n_cells, struct order_term *term);

/* @by_terms: order_by counts (complete mode). False: out of memory. */
bool order_init(struct order *order, const struct table_options *options,
                const struct table_cell *cells, uint32_t n_cells, bool by_terms);
void order_finish(struct order *order);

#endif
