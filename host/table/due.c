/* SPDX-License-Identifier: Apache-2.0 */
#include "table/due.h"

#include "record/value.h"
#include "table/rank.h"
#include "table/table.h"

#include <stdlib.h>
#include <string.h>

/* A term of the order while rows are collected: its smallest and largest value. */
struct term_range {
    uint64_t min, max;
    uint32_t *rank; /* BY_GROUP: by id */
    struct due_field field;
};

/*
 * The rows that are due, window by window. What is worked out for them goes column by column: each
 * term of the order for all rows, in a loop of its own.
 */
struct collection {
    const struct due_request *request;
    const struct window **windows; /* ascending; those that have rows here */
    uint32_t *ends;                /* of each window's rows in @slots */
    uint32_t n_windows;
    uint32_t *slots;
    uint64_t n;
    uint64_t *values;          /* a term's, one a row */
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
    for (uint32_t w = 0; w < all->n && request->slots == NULL; w++) {
        const struct window *window = &all->items[w];
        if (window->start_ms <= request->last_start_ms &&
            (!request->only_changed || window->stamp > request->changed_after))
            collection->windows[collection->n_windows++] = window;
    }
    qsort(collection->windows, collection->n_windows, sizeof(*collection->windows),
          compare_windows);
    return true;
}

/*
 * Writes the slots of @window that are due to @to, which has room for all its rows and one more.
 * Which places are free cannot be foretold, so that nothing branches on it.
 */
static uint32_t
list_due(const struct due_request *request, const struct window *window, uint32_t *to)
{
    uint32_t n = 0, places = window_places(window);
    for (uint32_t i = 0; i < places; i++) {
        uint32_t slot = window->slots[i];
        to[n] = slot;
        n += slot != ROW_NONE;
    }
    if (!request->only_changed)
        return n;
    uint32_t n_changed = 0;
    for (uint32_t i = 0; i < n; i++) {
        to[n_changed] = to[i];
        n_changed += request->rows->stamp[to[i]] > request->changed_after;
    }
    return n_changed;
}

static bool
collect_slots(struct collection *collection)
{
    const struct due_request *request = collection->request;
    uint64_t room = (uint64_t)request->n_slots + 1;
    for (uint32_t w = 0; w < collection->n_windows; w++)
        room += collection->windows[w]->n;
    collection->slots = malloc(room * sizeof(*collection->slots));
    collection->ends = malloc((collection->n_windows + 1) * sizeof(*collection->ends));
    if (collection->slots == NULL || collection->ends == NULL)
        return false;
    uint32_t n = request->n_slots, n_windows = 0;
    if (n > 0)
        memcpy(collection->slots, request->slots, n * sizeof(*collection->slots));
    for (uint32_t w = 0; w < collection->n_windows; w++) {
        const struct window *window = collection->windows[w];
        uint32_t n_due = list_due(request, window, collection->slots + n);
        if (n_due == 0)
            continue;
        n += n_due;
        collection->windows[n_windows] = window;
        collection->ends[n_windows++] = n;
    }
    collection->n = n;
    collection->n_windows = n_windows;
    return true;
}

/* ---- the values of a term, as unsigned numbers of the same order ---- */

#define SIGN (UINT64_C(1) << 63)

static void
i64_values(const int64_t *cells, const uint32_t *slots, uint64_t n, uint64_t *values)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = (uint64_t)cells[slots[i]] ^ SIGN;
}

/* NaN is the largest, zeros are equal. */
static void
f64_values(const double *cells, const uint32_t *slots, uint64_t n, uint64_t *values)
{
    for (uint64_t i = 0; i < n; i++) {
        double cell = cells[slots[i]] + 0.0;
        uint64_t bits;
        memcpy(&bits, &cell, sizeof(bits));
        values[i] = cell != cell ? UINT64_MAX : bits & SIGN ? ~bits : bits | SIGN;
    }
}

static void
cell_values(const struct collection *collection, uint32_t c)
{
    const struct due_request *request = collection->request;
    if (request->cells[c].type == LEVADA_T_I64)
        i64_values(request->rows->cell[c], collection->slots, collection->n, collection->values);
    else
        f64_values(request->rows->cell[c], collection->slots, collection->n, collection->values);
}

static void
group_values(const struct collection *collection, uint32_t g, const uint32_t *rank)
{
    const struct rows *rows = collection->request->rows;
    uint64_t *values = collection->values;
    for (uint64_t i = 0; i < collection->n; i++)
        values[i] = rank[rows_id(rows, collection->slots[i], g)];
}

static void
window_values(const struct collection *collection)
{
    uint32_t i = 0;
    for (uint32_t w = 0; w < collection->n_windows; w++) {
        while (i < collection->ends[w])
            collection->values[i++] = w;
    }
}

static void
term_values(const struct collection *collection, uint32_t t)
{
    const struct order_term *term = &collection->request->order->terms[t];
    if (term->by == ORDER_BY_CELL)
        cell_values(collection, term->number);
    else if (term->by == ORDER_BY_GROUP)
        group_values(collection, term->number, collection->ranges[t].rank);
    else
        window_values(collection);
}

/* ---- how far they reach ---- */

static bool
rank_group(struct collection *collection, struct term_range *range, uint32_t g)
{
    const struct rows *rows = collection->request->rows;
    const struct dict *dict = collection->request->groups[g].dict;
    range->rank = rank_begin(dict);
    if (range->rank == NULL)
        return false;
    for (uint64_t i = 0; i < collection->n; i++)
        rank_mark(range->rank, rows_id(rows, collection->slots[i], g));
    uint32_t n;
    if (!rank_finish(range->rank, dict, &n))
        return false;
    range->max = n - 1;
    return true;
}

static void
survey_values(const struct collection *collection, struct term_range *range)
{
    const uint64_t *values = collection->values;
    uint64_t min = values[0], max = min;
    for (uint64_t i = 1; i < collection->n; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    range->min = min;
    range->max = max;
}

static bool
survey(struct collection *collection)
{
    const struct order *order = collection->request->order;
    for (uint32_t t = 0; t < order->n; t++) {
        const struct order_term *term = &order->terms[t];
        struct term_range *range = &collection->ranges[t];
        if (term->by == ORDER_BY_CELL) {
            term_values(collection, t);
            survey_values(collection, range);
            continue;
        }
        range->max = collection->n_windows - 1;
        if (term->by == ORDER_BY_GROUP && !rank_group(collection, range, term->number))
            return false;
    }
    return true;
}

/* ---- words ---- */

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

/*
 * What leaves first gets the smallest number. A value with all bits turned over, less the largest
 * turned over, is what it lacks of the largest.
 */
static void
pack_values(struct due *due, const uint64_t *values, const struct term_range *range,
            bool descending)
{
    const uint64_t turn = descending ? UINT64_MAX : 0;
    const uint64_t first = descending ? ~range->max : range->min;
    const unsigned shift = range->field.shift;
    uint64_t *word = due->rows + range->field.word;
    for (uint64_t i = 0; i < due->n; i++, word += due->words)
        *word |= ((values[i] ^ turn) - first) << shift;
}

static void
pack(struct due *due, const struct collection *collection)
{
    const struct order *order = collection->request->order;
    for (uint32_t t = 0; t < order->n; t++) {
        const struct term_range *range = &collection->ranges[t];
        if (range->field.width == 0)
            continue;
        term_values(collection, t);
        pack_values(due, collection->values, range, order->terms[t].descending);
    }
    uint64_t *word = due->rows + due->slot.word;
    for (uint64_t i = 0; i < due->n; i++, word += due->words)
        *word |= (uint64_t)collection->slots[i] << due->slot.shift;
}

/* ---- order ---- */

#define MIN_DIGIT_BITS 4u
#define MAX_DIGIT_BITS 12u /* counts of them stay in the first cache */

static void
sort_by_digit(const uint64_t *from, uint64_t *to, uint64_t n, unsigned shift, unsigned bits)
{
    uint32_t start[1u << MAX_DIGIT_BITS];
    uint32_t digits = 1u << bits, mask = digits - 1, sum = 0;
    memset(start, 0, digits * sizeof(*start));
    for (uint64_t i = 0; i < n; i++)
        start[from[i] >> shift & mask]++;
    for (uint32_t d = 0; d < digits; d++) {
        uint32_t count = start[d];
        start[d] = sum;
        sum += count;
    }
    for (uint64_t i = 0; i < n; i++)
        to[start[from[i] >> shift & mask]++] = from[i];
}

/* As few passes as there can be; but counting digits must not cost more than the rows do. */
static unsigned
digit_bits(uint64_t n, unsigned key_bits)
{
    unsigned most = bits_of(n);
    most = most < MIN_DIGIT_BITS ? MIN_DIGIT_BITS : most;
    most = most > MAX_DIGIT_BITS ? MAX_DIGIT_BITS : most;
    unsigned passes = (key_bits + most - 1) / most;
    return passes > 0 ? (key_bits + passes - 1) / passes : 0;
}

/* Rows of one word, by all bits above the slot, from the lowest digit up; @spare has their size. */
static void
sort_words(struct due *due, uint64_t **spare)
{
    unsigned shift = due->slot.shift + due->slot.width;
    unsigned bits = digit_bits(due->n, 64 - shift);
    for (; shift < 64; shift += bits) {
        sort_by_digit(due->rows, *spare, due->n, shift, bits);
        uint64_t *sorted = *spare;
        *spare = due->rows;
        due->rows = sorted;
    }
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

/* The values are not needed any more: their memory serves the sort. */
static void
sort_rows(struct due *due, struct collection *collection)
{
    if (due->words == 1)
        sort_words(due, &collection->values);
    else
        qsort_r(due->rows, due->n, due->words * sizeof(uint64_t), compare_rows, &due->words);
}

/* ---- the whole ---- */

/* Starts by what a row's window field says. */
static bool
keep_starts(struct due *due, const struct collection *collection)
{
    const struct order *order = collection->request->order;
    uint32_t n = collection->n_windows, t = 0;
    while (t < order->n && order->terms[t].by != ORDER_BY_WINDOW)
        t++;
    if (t == order->n)
        return true;
    due->starts = malloc(n * sizeof(*due->starts));
    if (due->starts == NULL)
        return false;
    for (uint32_t w = 0; w < n; w++)
        due->starts[order->terms[t].descending ? n - 1 - w : w] = collection->windows[w]->start_ms;
    due->window = collection->ranges[t].field;
    return true;
}

static bool
collect_rows(struct due *due, struct collection *collection)
{
    if (!collect_windows(collection) || !collect_slots(collection))
        return false;
    due->n = collection->n;
    if (due->n == 0)
        return true;
    collection->ranges = calloc(collection->request->order->n + 1, sizeof(*collection->ranges));
    collection->values = malloc(due->n * sizeof(*collection->values));
    if (collection->ranges == NULL || collection->values == NULL || !survey(collection))
        return false;
    lay_out_all(due, collection);
    due->rows = calloc(due->n * due->words, sizeof(*due->rows));
    if (due->rows == NULL || !keep_starts(due, collection))
        return false;
    pack(due, collection);
    sort_rows(due, collection);
    return true;
}

bool
due_collect(struct due *due, const struct due_request *request)
{
    struct collection collection = { .request = request };
    *due = (struct due){ .rows = NULL };
    bool done = collect_rows(due, &collection);
    for (uint32_t t = 0; t < request->order->n && collection.ranges != NULL; t++)
        free(collection.ranges[t].rank);
    free(collection.ranges);
    free(collection.values);
    free(collection.slots);
    free(collection.ends);
    free(collection.windows);
    return done;
}

void
due_finish(struct due *due)
{
    free(due->rows);
    free(due->starts);
}
