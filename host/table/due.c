/* SPDX-License-Identifier: Apache-2.0 */
#include "table/due.h"

#include "record/value.h"
#include "table/rank.h"
#include "table/table.h"

#include <stdlib.h>
#include <string.h>

/* A term of the order while rows are collected: its smallest and largest value, as unsigned. */
struct term_range {
    uint64_t min, max;
    uint32_t *rank; /* BY_GROUP: by id */
    struct due_field field;
};

struct collection {
    const struct due_request *request;
    const struct window **windows; /* ascending */
    uint32_t n_windows;
    struct term_range *ranges; /* one a term */
};

static int
compare_windows(const void *a, const void *b)
{
    int64_t x = (*(const struct window *const *)a)->start_ms;
    int64_t y = (*(const struct window *const *)b)->start_ms;
    return (x > y) - (x < y);
}

static bool
collect_windows(struct collection *collection)
{
    const struct due_request *request = collection->request;
    const struct windows *all = request->windows;
    collection->windows = calloc(all->n + 1, sizeof(*collection->windows));
    if (collection->windows == NULL)
        return false;
    for (uint32_t w = 0; w < all->n; w++) {
        const struct window *window = &all->items[w];
        if (window->start_ms <= request->last_start_ms &&
            (!request->only_changed || window->stamp > request->changed_after))
            collection->windows[collection->n_windows++] = window;
    }
    qsort(collection->windows, collection->n_windows, sizeof(*collection->windows),
          compare_windows);
    return true;
}

/* The next slot of @window that is due, from place *@at on; ROW_NONE: no more. */
static uint32_t
next_due(const struct due_request *request, const struct window *window, uint32_t *at)
{
    while (*at < window_places(window)) {
        uint32_t slot = window->slots[(*at)++];
        if (slot != ROW_NONE &&
            (!request->only_changed || request->rows->stamp[slot] > request->changed_after))
            return slot;
    }
    return ROW_NONE;
}

/* Cells as unsigned numbers of the same order. NaN is the largest, zeros are equal. */
static uint64_t
cell_value(const struct due_request *request, uint32_t c, uint32_t slot)
{
    const uint64_t sign = UINT64_C(1) << 63;
    if (request->cells[c].type == LEVADA_T_I64)
        return (uint64_t)((const int64_t *)request->rows->cell[c])[slot] ^ sign;
    double value = ((const double *)request->rows->cell[c])[slot] + 0.0;
    if (value != value)
        return UINT64_MAX;
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits & sign ? ~bits : bits | sign;
}

/* What @slot, of the window numbered @window, has for term @t. */
static uint64_t
term_value(const struct collection *collection, uint32_t t, uint32_t window, uint32_t slot)
{
    const struct order_term *term = &collection->request->order->terms[t];
    switch (term->by) {
    case ORDER_BY_CELL:
        return cell_value(collection->request, term->number, slot);
    case ORDER_BY_GROUP:
        return collection->ranges[t].rank[rows_id(collection->request->rows, slot, term->number)];
    case ORDER_BY_WINDOW:
        break;
    }
    return window;
}

static bool
prepare_ranges(struct collection *collection)
{
    const struct order *order = collection->request->order;
    collection->ranges = calloc(order->n + 1, sizeof(*collection->ranges));
    if (collection->ranges == NULL)
        return false;
    for (uint32_t t = 0; t < order->n; t++) {
        struct term_range *range = &collection->ranges[t];
        range->min = UINT64_MAX;
        if (order->terms[t].by != ORDER_BY_GROUP)
            continue;
        range->rank = rank_begin(collection->request->groups[order->terms[t].number].dict);
        if (range->rank == NULL)
            return false;
    }
    return true;
}

static void
survey_row(struct collection *collection, uint32_t window, uint32_t slot)
{
    const struct due_request *request = collection->request;
    for (uint32_t t = 0; t < request->order->n; t++) {
        const struct order_term *term = &request->order->terms[t];
        struct term_range *range = &collection->ranges[t];
        if (term->by == ORDER_BY_GROUP) {
            rank_mark(range->rank, rows_id(request->rows, slot, term->number));
            continue;
        }
        uint64_t value = term_value(collection, t, window, slot);
        range->min = value < range->min ? value : range->min;
        range->max = value > range->max ? value : range->max;
    }
}

/* The first pass: how many rows, which values of groups, the range of each cell. */
static uint64_t
survey(struct collection *collection)
{
    uint64_t n = 0;
    for (uint32_t w = 0; w < collection->n_windows; w++) {
        uint32_t at = 0, slot;
        while ((slot = next_due(collection->request, collection->windows[w], &at)) != ROW_NONE) {
            survey_row(collection, w, slot);
            n++;
        }
    }
    return n;
}

static bool
rank_groups(struct collection *collection)
{
    const struct order *order = collection->request->order;
    for (uint32_t t = 0; t < order->n; t++) {
        struct term_range *range = &collection->ranges[t];
        if (order->terms[t].by != ORDER_BY_GROUP)
            continue;
        uint32_t n;
        if (!rank_finish(range->rank, collection->request->groups[order->terms[t].number].dict, &n))
            return false;
        range->min = 0;
        range->max = n - 1;
    }
    return true;
}

static unsigned
bits_of(uint64_t value)
{
    return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

/* The next @width bits behind what is laid out so far; no field spans two words. */
static struct due_field
lay_out(struct due *due, unsigned *used, unsigned width)
{
    if (width == 0)
        return (struct due_field){ .word = 0 };
    if (*used + width > 64) {
        due->words++;
        *used = 0;
    }
    *used += width;
    return (struct due_field){ .word = due->words - 1, .shift = 64 - *used, .width = width };
}

static void
lay_out_all(struct due *due, struct collection *collection)
{
    const struct order *order = collection->request->order;
    unsigned used = 0;
    due->words = 1;
    for (uint32_t t = 0; t < order->n; t++) {
        struct term_range *range = &collection->ranges[t];
        range->field = lay_out(due, &used, bits_of(range->max - range->min));
    }
    due->slot = lay_out(due, &used, bits_of(collection->request->rows->n));
}

static void
pack_row(const struct due *due, const struct collection *collection, uint32_t window, uint32_t slot,
         uint64_t *words)
{
    const struct order *order = collection->request->order;
    for (uint32_t t = 0; t < order->n; t++) {
        const struct term_range *range = &collection->ranges[t];
        if (range->field.width == 0)
            continue;
        uint64_t value = term_value(collection, t, window, slot);
        value = order->terms[t].descending ? range->max - value : value - range->min;
        words[range->field.word] |= value << range->field.shift;
    }
    words[due->slot.word] |= (uint64_t)slot << due->slot.shift;
}

/* The second pass. */
static void
pack(struct due *due, const struct collection *collection)
{
    uint64_t *words = due->rows;
    for (uint32_t w = 0; w < collection->n_windows; w++) {
        uint32_t at = 0, slot;
        while ((slot = next_due(collection->request, collection->windows[w], &at)) != ROW_NONE) {
            pack_row(due, collection, w, slot, words);
            words += due->words;
        }
    }
}

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)

static void
sort_by_digit(const uint64_t *from, uint64_t *to, uint64_t n, unsigned shift)
{
    uint64_t start[DIGITS] = { 0 };
    for (uint64_t i = 0; i < n; i++)
        start[from[i] >> shift & (DIGITS - 1)]++;
    uint64_t sum = 0;
    for (uint32_t d = 0; d < DIGITS; d++) {
        uint64_t count = start[d];
        start[d] = sum;
        sum += count;
    }
    for (uint64_t i = 0; i < n; i++)
        to[start[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/* Rows of one word, by all bits above the slot, from the lowest digit up. */
static bool
sort_words(struct due *due)
{
    uint64_t *other = malloc(due->n * sizeof(*other));
    if (other == NULL)
        return false;
    for (unsigned shift = due->slot.shift + due->slot.width; shift < 64; shift += DIGIT_BITS) {
        sort_by_digit(due->rows, other, due->n, shift);
        uint64_t *sorted = other;
        other = due->rows;
        due->rows = sorted;
    }
    free(other);
    return true;
}

static int
compare_rows(const void *a, const void *b, void *words)
{
    const uint64_t *x = a, *y = b;
    for (uint32_t i = 0; i < *(const uint32_t *)words; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

static bool
sort_rows(struct due *due)
{
    if (due->words == 1)
        return sort_words(due);
    qsort_r(due->rows, due->n, due->words * sizeof(uint64_t), compare_rows, &due->words);
    return true;
}

/* What a row's window field counts from: the starts of the windows that have rows. */
static bool
keep_starts(struct due *due, const struct collection *collection, uint32_t t)
{
    const struct term_range *range = &collection->ranges[t];
    due->n_starts = (uint32_t)(range->max - range->min) + 1;
    due->starts = malloc(due->n_starts * sizeof(*due->starts));
    if (due->starts == NULL)
        return false;
    for (uint32_t w = 0; w < due->n_starts; w++)
        due->starts[w] = collection->windows[range->min + w]->start_ms;
    due->window = range->field;
    due->window_descending = collection->request->order->terms[t].descending;
    return true;
}

static bool
keep_all_starts(struct due *due, const struct collection *collection)
{
    const struct order *order = collection->request->order;
    for (uint32_t t = 0; t < order->n; t++) {
        if (order->terms[t].by == ORDER_BY_WINDOW)
            return keep_starts(due, collection, t);
    }
    return true;
}

static bool
collect_rows(struct due *due, struct collection *collection)
{
    due->n = survey(collection);
    if (due->n == 0)
        return true;
    if (!rank_groups(collection))
        return false;
    lay_out_all(due, collection);
    if (!keep_all_starts(due, collection))
        return false;
    due->rows = calloc(due->n * due->words, sizeof(*due->rows));
    if (due->rows == NULL)
        return false;
    pack(due, collection);
    return sort_rows(due);
}

bool
due_collect(struct due *due, const struct due_request *request)
{
    struct collection collection = { .request = request };
    *due = (struct due){ .rows = NULL };
    bool done = collect_windows(&collection) && prepare_ranges(&collection) &&
                collect_rows(due, &collection);
    for (uint32_t t = 0; t < request->order->n && collection.ranges != NULL; t++)
        free(collection.ranges[t].rank);
    free(collection.ranges);
    free(collection.windows);
    return done;
}

void
due_finish(struct due *due)
{
    free(due->rows);
    free(due->starts);
}
