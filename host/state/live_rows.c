/* SPDX-License-Identifier: Apache-2.0 */
#include "state/live_rows.h"

#include "state/row_chunk.h"

#include <levada/helpers.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define NONE UINT32_MAX
#define FIRST_PLACES 1024u

struct closing {
    int64_t start_ms;
    uint64_t number;
};

/* In the index; the hash spares most looks at rows that are others. */
struct place {
    uint32_t row; /* in the log's rows; NONE: free */
    uint32_t hash;
};

/* The log while it is read, oldest first: a newer entry of a row takes its place in the index. */
struct reading {
    struct live_rows *log;
    size_t room;
    struct place *index; /* n_places, a power of two */
    uint32_t n_places;
    size_t n_indexed;
    struct closing *closings;
    size_t n_closings, closings_room;
    uint64_t chunk;
};

/* ---- rows by window and groups ---- */

static uint32_t
hash_of(const struct row_entry *entry)
{
    return (uint32_t)XXH3_64bits_withSeed(entry->group.p, entry->group.n,
                                          (XXH64_hash_t)entry->start_ms);
}

static bool
is_same(const struct live_row *row, const struct row_entry *entry)
{
    return row->start_ms == entry->start_ms && row->group.n == entry->group.n &&
           memcmp(row->group.p, entry->group.p, entry->group.n) == 0;
}

/* Where the row of @entry is indexed, or would be; then it has its hash already. */
static struct place *
find_place(const struct reading *reading, const struct row_entry *entry)
{
    uint32_t hash = hash_of(entry), mask = reading->n_places - 1, at = hash & mask;
    struct place *place = &reading->index[at];
    while (place->row != NONE &&
           (place->hash != hash || !is_same(&reading->log->rows[place->row], entry))) {
        at = (at + 1) & mask;
        place = &reading->index[at];
    }
    place->hash = hash;
    return place;
}

static bool
index_again(struct reading *reading, uint32_t n_places)
{
    struct place *index = malloc(n_places * sizeof(*index));
    if (index == NULL)
        return false;
    memset(index, 0xff, n_places * sizeof(*index));
    for (uint32_t i = 0; i < reading->n_places; i++) {
        if (reading->index[i].row == NONE)
            continue;
        uint32_t at = reading->index[i].hash & (n_places - 1);
        while (index[at].row != NONE)
            at = (at + 1) & (n_places - 1);
        index[at] = reading->index[i];
    }
    free(reading->index);
    reading->index = index;
    reading->n_places = n_places;
    return true;
}

static bool
make_room(struct reading *reading)
{
    if (reading->n_indexed * 2 >= reading->n_places &&
        (reading->n_places > NONE / 2 || !index_again(reading, reading->n_places * 2)))
        return false;
    if (reading->log->n < reading->room)
        return true;
    size_t room = reading->room > 0 ? reading->room * 2 : FIRST_PLACES;
    struct live_row *rows = realloc(reading->log->rows, room * sizeof(*rows));
    if (rows == NULL || room >= NONE)
        return false;
    reading->log->rows = rows;
    reading->room = room;
    return true;
}

/* ---- entries ---- */

static void
forget(struct reading *reading, const struct place *place)
{
    if (place->row != NONE)
        reading->log->rows[place->row].chunk = UINT64_MAX;
}

static bool
is_forgotten(const struct live_row *row)
{
    return row->chunk == UINT64_MAX;
}

static bool
take_row(struct reading *reading, const struct row_entry *entry)
{
    struct live_rows *log = reading->log;
    if (!make_room(reading))
        return false;
    struct place *place = find_place(reading, entry);
    reading->n_indexed += place->row == NONE;
    forget(reading, place);
    place->row = (uint32_t)log->n;
    log->rows[log->n++] = (struct live_row){ .start_ms = entry->start_ms,
                                             .group = entry->group,
                                             .cells = entry->cells,
                                             .chunk = reading->chunk,
                                             .number = log->n_entries };
    return true;
}

static bool
take_closing(struct reading *reading, int64_t start_ms)
{
    if (reading->n_closings == reading->closings_room) {
        size_t room = reading->closings_room > 0 ? reading->closings_room * 2 : 64;
        struct closing *closings = realloc(reading->closings, room * sizeof(*closings));
        if (closings == NULL)
            return false;
        reading->closings = closings;
        reading->closings_room = room;
    }
    reading->closings[reading->n_closings++] =
        (struct closing){ start_ms, reading->log->n_entries };
    return true;
}

static bool
take_entry(struct reading *reading, const struct row_entry *entry)
{
    switch (entry->kind) {
    case ROW_ENTRY_ROW:
        return take_row(reading, entry);
    case ROW_ENTRY_CLOSED:
        return take_closing(reading, entry->start_ms);
    case ROW_ENTRY_GONE:
        forget(reading, find_place(reading, entry));
        return true;
    case ROW_ENTRY_END:
        break;
    }
    return true;
}

static levada_status
take_chunk(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    struct reading *reading = user;
    struct codec_reader reader = codec_read(value);
    struct codec_key parts;
    struct row_entry entry;
    bool readable = codec_split_key(key, &parts);
    int64_t chunk = readable ? codec_get_key_i64(&parts.rest) : -1;
    if (!readable || chunk < 0 || parts.rest.failed || parts.rest.n > 0)
        return error_set(err, LEVADA_REJECT, "a key of the rows cannot be read");
    reading->chunk = (uint64_t)chunk;
    if (reading->log->n_entries == 0)
        reading->log->first_chunk = reading->chunk;
    reading->log->next_chunk = reading->chunk + 1;
    while (row_chunk_next(&reader, &entry)) {
        if (!take_entry(reading, &entry))
            return error_set(err, LEVADA_FATAL, "out of memory");
        reading->log->n_entries++;
    }
    return reader.failed ? error_set(err, LEVADA_REJECT, "an entry of the rows cannot be read")
                         : LEVADA_OK;
}

/* ---- what is left of them ---- */

static int
compare_closings(const void *a, const void *b)
{
    const struct closing *x = a, *y = b;
    int order = (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* Up to which entry rows of the window have left; 0: none has. */
static uint64_t
closed_before(const struct reading *reading, int64_t start_ms)
{
    size_t from = 0, to = reading->n_closings; /* the last one that is not behind start_ms */
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (reading->closings[middle].start_ms <= start_ms)
            from = middle + 1;
        else
            to = middle;
    }
    return from > 0 && reading->closings[from - 1].start_ms == start_ms
               ? reading->closings[from - 1].number
               : 0;
}

static void
keep_live(struct reading *reading)
{
    struct live_rows *log = reading->log;
    size_t kept = 0;
    int64_t start_ms = 0;
    uint64_t closed = 0;
    if (reading->n_closings > 0)
        qsort(reading->closings, reading->n_closings, sizeof(*reading->closings), compare_closings);
    for (size_t i = 0; i < log->n; i++) {
        const struct live_row *row = &log->rows[i];
        if (i == 0 || row->start_ms != start_ms) {
            start_ms = row->start_ms;
            closed = closed_before(reading, start_ms);
        }
        if (!is_forgotten(row) && row->number >= closed)
            log->rows[kept++] = *row;
    }
    log->n = kept;
}

levada_status
live_rows_read(struct store *store, const char *stage, struct live_rows *rows, struct error *err)
{
    struct reading reading = { .log = rows };
    struct codec_buffer prefix = { .bytes = NULL };
    levada_status status = LEVADA_OK;
    *rows = (struct live_rows){ .rows = NULL };
    codec_begin_key(&prefix, CODEC_LOG, stage);
    if (prefix.failed || !index_again(&reading, FIRST_PLACES))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    if (status >= 0)
        status = store_each(store, codec_bytes(&prefix), take_chunk, &reading, err);
    if (status >= 0)
        keep_live(&reading);
    codec_finish(&prefix);
    free(reading.index);
    free(reading.closings);
    return status;
}

void
live_rows_finish(struct live_rows *rows)
{
    free(rows->rows);
    *rows = (struct live_rows){ .rows = NULL };
}

/* ---- in order ---- */

static int
compare_bytes(const void *a, size_t a_n, const void *b, size_t b_n)
{
    int order = memcmp(a, b, a_n < b_n ? a_n : b_n);
    return order != 0 ? order : (a_n > b_n) - (a_n < b_n);
}

static int
compare_scalars(const struct levada_scalar *a, const struct levada_scalar *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (levada_has_bytes(a))
        return compare_bytes(a->u.s, a->len, b->u.s, b->len);
    if (a->type == LEVADA_T_F64)
        return (a->u.f > b->u.f) - (a->u.f < b->u.f);
    return (a->u.i > b->u.i) - (a->u.i < b->u.i);
}

static int
compare_groups(struct levada_bytes a, struct levada_bytes b)
{
    struct codec_reader x = codec_read(a), y = codec_read(b);
    while (x.n > 0 && y.n > 0 && !x.failed && !y.failed) {
        struct levada_scalar from_x = codec_get_scalar(&x), from_y = codec_get_scalar(&y);
        int order = compare_scalars(&from_x, &from_y);
        if (order != 0)
            return order;
    }
    return compare_bytes(a.p, a.n, b.p, b.n);
}

static int
compare_rows(const void *a, const void *b)
{
    const struct live_row *x = a, *y = b;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    return compare_groups(x->group, y->group);
}

void
live_rows_sort(struct live_rows *rows)
{
    if (rows->n > 0)
        qsort(rows->rows, rows->n, sizeof(*rows->rows), compare_rows);
}
