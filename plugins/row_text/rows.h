/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_ROW_TEXT_ROWS_H
#define PLUGINS_ROW_TEXT_ROWS_H

/* The records of a batch as lines of text, in one of three formats. Zeroed but for format is ready.
 */

#include "row_text/csv.h"

enum rows_format {
    ROWS_CSV,
    ROWS_JSON, /* the value as compact JSON, an object a line; null where there is no value */
    ROWS_RAW,  /* the value's bytes */
};

struct rows {
    enum rows_format format;
    struct csv csv; /* format ROWS_CSV; csv.headed may be set when the header is out already */
    struct levada_batch *batch;
    const struct levada_record *records;
};

void rows_finish(struct rows *rows);

/*
 * Prepares @batch for rows_add, within this callback. Everything that a user can have done wrong is
 * said here: a batch, or single records of it, refused with LEVADA_REJECT. When it fails it did
 * nothing.
 */
levada_status rows_begin(struct rows *rows, struct levada_call *call, struct levada_batch *batch);

/* What stands before the first row, once: the header line of CSV. */
void rows_add_head(struct rows *rows, struct text_buffer *out);

/*
 * Adds the records from @from on, each with its line end, until @out holds @enough bytes or the
 * batch is over; nothing for a record that rows_begin refused. Returns the next record. When memory
 * runs out, @out says so and holds the rows before it.
 */
uint32_t rows_add(const struct rows *rows, uint32_t from, size_t enough, struct text_buffer *out);

#endif
