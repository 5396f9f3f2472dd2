/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_ROW_TEXT_CSV_COLUMN_H
#define PLUGINS_ROW_TEXT_CSV_COLUMN_H

/*
 * A column as CSV text. Each entry is a whole field, in quotes where it needs them, with the comma
 * or the line's end that follows it: a row is a copy of an entry of each column. A dictionary's
 * entries are made once and remembered; a column of values is made anew for each batch, one entry
 * for neighbours that are equal.
 */

#include "row_text/text_buffer.h"
#include "row_text/time_text.h"

#include <levada/plugin.h>

/* Copied of an entry in any case, without a look at its length; most are shorter. */
#define CSV_SHORT_BYTES ((size_t)32)

struct csv_entry {
    size_t at, n; /* in the column's text */
};

struct csv_column {
    const struct levada_path *path;
    char *name;
    char end;            /* what follows a field: a comma, or the line's end */
    bool alone;          /* the only column: an empty field is no row to most readers */
    const uint32_t *ids; /* record i of this batch has entry ids[i] */
    struct csv_entry *entries;
    struct text_buffer text;
    uint32_t n, room; /* entries */
    size_t longest;   /* entry, in bytes */

    uint32_t generation; /* of the dictionary that the entries are of */
    bool of_dictionary;
    uint32_t *own_ids; /* of a column of values */
    uint32_t room_ids;
    struct time_text time;
};

/* Column @c of @n. false: out of memory; csv_column_finish() is due all the same. */
bool csv_column_init(struct csv_column *column, const struct levada_field *field, uint32_t c,
                     uint32_t n);
void csv_column_finish(struct csv_column *column);

/* Takes the column of @batch from the host, for csv_column_copy() in this callback. */
levada_status csv_column_begin(struct csv_column *column, struct levada_call *call,
                               struct levada_batch *batch, bool interned);

/* The column's field of the header. */
void csv_column_add_name(const struct csv_column *column, struct text_buffer *out);

/*
 * Copies the field of record @i to @to and returns its end. @to has room for the longest entry and
 * CSV_SHORT_BYTES.
 */
static inline char *
csv_column_copy(const struct csv_column *column, uint32_t i, char *to)
{
    const struct csv_entry *entry = &column->entries[column->ids[i]];
    const char *from = column->text.bytes + entry->at;
    size_t n = entry->n;
    char *end = to + n;

    memcpy(to, from, CSV_SHORT_BYTES);
    if (n > CSV_SHORT_BYTES)
        memcpy(to + CSV_SHORT_BYTES, from + CSV_SHORT_BYTES, n - CSV_SHORT_BYTES);
    return end;
}

#endif
