/* SPDX-License-Identifier: Apache-2.0 */
#include "table/order.h"

#include "record/path.h"
#include "table/table.h"

#include <stdlib.h>
#include <string.h>

static bool
is_name(const char *name, const char *text, size_t n)
{
    return name != NULL && strlen(name) == n && memcmp(name, text, n) == 0;
}

static bool
ends_with(const char *text, size_t n, const char *end)
{
    size_t end_n = strlen(end);
    return n > end_n && memcmp(text + n - end_n, end, end_n) == 0;
}

/* A session's start and end are cells of the table's own, behind the stage's. */
static struct order_term
by_window(const struct table_options *options, uint32_t n_cells, bool by_end)
{
    if (options->session == 0)
        return (struct order_term){ .by = ORDER_BY_WINDOW };
    return (struct order_term){ .by = ORDER_BY_CELL, .number = n_cells + by_end };
}

static bool
find_column(const char *name, size_t n, const struct table_options *options,
            const struct table_cell *cells, uint32_t n_cells, struct order_term *term)
{
    bool by_end = is_name("window_end", name, n);
    if (table_options_have_windows(options) && (by_end || is_name("window_start", name, n))) {
        struct order_term window = by_window(options, n_cells, by_end);
        term->by = window.by;
        term->number = window.number;
        return true;
    }
    const struct levada_path *const *groups = options->group_by.items;
    for (uint32_t g = 0; g < options->group_by.n; g++) {
        if (is_name(groups[g]->text, name, n)) {
            term->by = ORDER_BY_GROUP;
            term->number = g;
            return true;
        }
    }
    for (uint32_t c = 0; c < n_cells; c++) {
        if (is_name(cells[c].name, name, n) && cells[c].type != LEVADA_T_BIN) {
            term->by = ORDER_BY_CELL;
            term->number = c;
            return true;
        }
    }
    return false;
}

bool
order_parse(const char *text, const struct table_options *options, const struct table_cell *cells,
            uint32_t n_cells, struct order_term *term)
{
    size_t n = strlen(text);
    *term = (struct order_term){ .descending = ends_with(text, n, " desc") };
    if (term->descending)
        n -= strlen(" desc");
    else if (ends_with(text, n, " asc"))
        n -= strlen(" asc");
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return find_column(text, n, options, cells, n_cells, term);
}

/* Adds @term unless its column is there: what comes first decides. */
static void
add_term(struct order *order, struct order_term term)
{
    for (uint32_t i = 0; i < order->n; i++) {
        if (order->terms[i].by == term.by && order->terms[i].number == term.number)
            return;
    }
    order->terms[order->n++] = term;
}

bool
order_init(struct order *order, const struct table_options *options, const struct table_cell *cells,
           uint32_t n_cells, bool by_terms)
{
    uint64_t n = options->order_by.n + options->group_by.n + 2;
    *order = (struct order){ .terms = calloc(n, sizeof(*order->terms)) };
    if (order->terms == NULL)
        return false;

    const char *const *texts = options->order_by.items;
    struct order_term term;
    for (uint64_t i = 0; by_terms && i < options->order_by.n; i++) {
        if (order_parse(texts[i], options, cells, n_cells, &term))
            add_term(order, term);
    }
    if (by_terms && options->order_by.n == 0) {
        for (uint32_t c = 0; c < n_cells; c++) {
            if (cells[c].name != NULL && strcmp(cells[c].name, "count") == 0 &&
                cells[c].type != LEVADA_T_BIN)
                add_term(order, (struct order_term){ ORDER_BY_CELL, c, true });
        }
    }
    if (table_options_have_windows(options))
        add_term(order, by_window(options, n_cells, false));
    for (uint32_t g = 0; g < options->group_by.n; g++)
        add_term(order, (struct order_term){ ORDER_BY_GROUP, g, false });
    return true;
}

void
order_finish(struct order *order)
{
    free(order->terms);
}
