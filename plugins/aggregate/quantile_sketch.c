/* SPDX-License-Identifier: Apache-2.0 */
#include "quantile_sketch.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define FIRST_SHIFT 45u /* of a double's 52 mantissa bits, 7 are kept */

struct header {
    uint64_t n;
    double min, max;
    uint32_t shift; /* 0: the numbers themselves are here, else the buckets */
    uint32_t n_buckets;
};

struct bucket {
    int64_t index;
    uint64_t count;
};

static struct header *
header_of(const struct buffer *buffer)
{
    return buffer->p;
}

static double *
numbers_of(const struct buffer *buffer) /* ascending */
{
    return (double *)(void *)(header_of(buffer) + 1);
}

static struct bucket *
buckets_of(const struct buffer *buffer) /* ascending */
{
    return (struct bucket *)(void *)(header_of(buffer) + 1);
}

/* ---- buckets: the upper bits of a double order as the doubles do ---- */

static int64_t
index_of(double number, uint32_t shift)
{
    uint64_t bits;
    number += 0.0; /* no zero is negative */
    double magnitude = fabs(number);
    memcpy(&bits, &magnitude, sizeof(bits));
    int64_t index = (int64_t)(bits >> shift);
    return number < 0 ? ~index : index;
}

static double
middle_of(int64_t index, uint32_t shift)
{
    uint64_t from = (uint64_t)(index < 0 ? ~index : index) << shift;
    uint64_t to = from + (UINT64_C(1) << shift) - 1;
    double low, high;
    if (from == 0)
        return 0; /* zeros, and what is next to them */
    memcpy(&low, &from, sizeof(low));
    memcpy(&high, &to, sizeof(high));
    if (!(high <= DBL_MAX))
        high = DBL_MAX;
    double middle = low + (high - low) / 2;
    return index < 0 ? -middle : middle;
}

static uint32_t
find_bucket(const struct buffer *buffer, int64_t index)
{
    const struct bucket *buckets = buckets_of(buffer);
    uint32_t low = 0, high = header_of(buffer)->n_buckets;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (buckets[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Drops a bit of every index; neighbours become one. */
static void
halve(struct buffer *buffer)
{
    struct header *header = header_of(buffer);
    struct bucket *buckets = buckets_of(buffer);
    uint32_t n = 0;
    header->shift++;
    for (uint32_t i = 0; i < header->n_buckets; i++) {
        int64_t index = buckets[i].index >> 1;
        if (n > 0 && buckets[n - 1].index == index)
            buckets[n - 1].count += buckets[i].count;
        else
            buckets[n++] = (struct bucket){ index, buckets[i].count };
    }
    header->n_buckets = n;
}

/* Counts @times numbers more in a bucket. */
static bool
count_in(struct buffer *buffer, int64_t index, uint64_t times)
{
    uint32_t at = find_bucket(buffer, index), n = header_of(buffer)->n_buckets;
    if (at < n && buckets_of(buffer)[at].index == index) {
        buckets_of(buffer)[at].count += times;
        return true;
    }
    if (!buffer->resize(buffer, sizeof(struct header) + (n + 1) * sizeof(struct bucket)))
        return false;
    struct bucket *buckets = buckets_of(buffer);
    memmove(&buckets[at + 1], &buckets[at], (n - at) * sizeof(*buckets));
    buckets[at] = (struct bucket){ index, times };
    header_of(buffer)->n_buckets++;
    while (header_of(buffer)->n_buckets > QUANTILE_BUCKETS)
        halve(buffer);
    return true;
}

static bool
count(struct buffer *buffer, double number)
{
    return count_in(buffer, index_of(number, header_of(buffer)->shift), 1);
}

/* ---- numbers ---- */

static bool
make_buckets(struct buffer *buffer)
{
    double numbers[QUANTILE_EXACT];
    uint64_t n = header_of(buffer)->n;
    memcpy(numbers, numbers_of(buffer), n * sizeof(*numbers));
    header_of(buffer)->shift = FIRST_SHIFT;
    for (uint64_t i = 0; i < n; i++)
        if (!count(buffer, numbers[i]))
            return false;
    return true;
}

static bool
keep(struct buffer *buffer, double number)
{
    uint64_t n = header_of(buffer)->n, at = n;
    if (!buffer->resize(buffer, sizeof(struct header) + (n + 1) * sizeof(double)))
        return false;
    double *numbers = numbers_of(buffer);
    for (; at > 0 && numbers[at - 1] > number; at--)
        numbers[at] = numbers[at - 1];
    numbers[at] = number;
    return true;
}

/* The header can be written. */
static void
note_numbers(struct buffer *buffer, uint64_t n, double min, double max)
{
    struct header *header = header_of(buffer);
    header->min = header->n == 0 || min < header->min ? min : header->min;
    header->max = header->n == 0 || max > header->max ? max : header->max;
    header->n += n;
}

bool
quantile_sketch_add(struct buffer *buffer, double number)
{
    if (!buffer->resize(buffer, buffer->p != NULL ? buffer->n : sizeof(struct header)))
        return false;
    const struct header *now = header_of(buffer);
    bool is_full = now->shift == 0 && now->n == QUANTILE_EXACT;
    if (is_full && !make_buckets(buffer))
        return false;
    bool done = header_of(buffer)->shift > 0 ? count(buffer, number) : keep(buffer, number);
    if (!done)
        return false;
    note_numbers(buffer, 1, number, number);
    return true;
}

/* ---- two into one ---- */

static bool
merge_numbers(struct buffer *buffer, const struct buffer *from)
{
    for (uint64_t i = 0; i < header_of(from)->n; i++)
        if (!quantile_sketch_add(buffer, numbers_of(from)[i]))
            return false;
    return true;
}

/* Buckets of the coarser of both: what fits no finer ones alone does not fit them together. */
static bool
merge_buckets(struct buffer *buffer, const struct buffer *from)
{
    const struct header *other = header_of(from);
    if (!buffer->resize(buffer, buffer->p != NULL ? buffer->n : sizeof(struct header)) ||
        (header_of(buffer)->shift == 0 && !make_buckets(buffer)))
        return false;
    while (header_of(buffer)->shift < other->shift)
        halve(buffer);
    for (uint32_t i = 0; i < other->n_buckets; i++) {
        const struct bucket *bucket = &buckets_of(from)[i];
        int64_t index = bucket->index >> (header_of(buffer)->shift - other->shift);
        if (!count_in(buffer, index, bucket->count))
            return false;
    }
    note_numbers(buffer, other->n, other->min, other->max);
    return true;
}

bool
quantile_sketch_merge(struct buffer *buffer, const struct buffer *from)
{
    return header_of(from)->shift == 0 ? merge_numbers(buffer, from) : merge_buckets(buffer, from);
}

/* ---- reading ---- */

/* From 1. A product such as 0.07 * 100, a hair above 7, is rank 7. */
static uint64_t
rank_of(uint64_t n, double q)
{
    double place = ceil(q * (double)n * (1 - 4 * DBL_EPSILON));
    uint64_t rank = place < 1 ? 1 : (uint64_t)place;
    return rank < n ? rank : n;
}

double
quantile_sketch_get(const struct buffer *buffer, double q)
{
    const struct header *header = header_of(buffer);
    const struct bucket *bucket = buckets_of(buffer);
    uint64_t rank = rank_of(header->n, q);
    if (header->shift == 0)
        return numbers_of(buffer)[rank - 1];
    if (rank == header->n)
        return header->max;
    for (uint64_t below = bucket->count; below < rank; below += bucket->count)
        bucket++;
    double middle = middle_of(bucket->index, header->shift);
    return fmax(header->min, fmin(header->max, middle));
}
