/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STREAM_JOIN_ROW_INDEX_H
#define STREAM_JOIN_ROW_INDEX_H

/*
 * The rows of one side that the other side may still meet: found by key and span of time, left in
 * the order of time and arrival. What a row holds is saved elsewhere, in its slot; here is only
 * what finding takes, so memory does not follow the size of the records.
 */

#include <levada/plugin.h>
#include <stdbool.h>

struct row_group;

struct row {
    int64_t time_ms;
    uint64_t arrival; /* counts up */
    uint32_t slot;
    bool matched;
};

/* A row's place in the order in which rows leave. */
struct row_turn {
    int64_t time_ms;
    uint64_t arrival;
    struct row_group *group;
};

struct row_index { /* zeroed at first */
    struct row_group **buckets;
    uint32_t n_buckets, n_groups;
    struct row_group *keyless; /* rows that are never found */
    struct row_turn *heap;     /* the oldest row first */
    uint32_t n, room;
};

void row_index_finish(struct row_index *index); /* empty, and usable again */

/* @key.p NULL: it has none. Rows may come in any order. False: out of memory. */
bool row_index_add(struct row_index *index, struct levada_bytes key, const struct row *row);

/* The rows with @key from @from_ms to @to_ms, both inclusive, by time, then arrival. Borrowed until
 * the index changes. */
struct row *row_index_find(const struct row_index *index, struct levada_bytes key, int64_t from_ms,
                           int64_t to_ms, uint32_t *n);

/* The first by time, then arrival; NULL: there is none. Borrowed until the index changes. */
const struct row *row_index_oldest(const struct row_index *index);
void row_index_drop_oldest(struct row_index *index);

#endif
