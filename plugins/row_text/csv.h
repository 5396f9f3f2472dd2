/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_ROW_TEXT_CSV_H
#define PLUGINS_ROW_TEXT_CSV_H

/*
 * Batches as CSV (RFC 4180, lines end in LF). The first batch fixes the columns. Zeroed is ready.
 */

#include "row_text/text_buffer.h"

#include <levada/plugin.h>

struct csv_column;

struct csv {
    struct csv_column *columns;
    uint32_t n_columns;
    size_t longest_row; /* room that any row of this batch fits in */
    bool headed;        /* the header is out: the columns are fixed */
};

void csv_finish(struct csv *csv);

/*
 * Takes @batch's columns from the host, for csv_add_rows. LEVADA_REJECT when its fields are not
 * those of the header. Changes nothing that a second call with the same batch would not do again.
 */
levada_status csv_begin(struct csv *csv, struct levada_call *call, struct levada_batch *batch);

/* The header line, unless it is out or there is no column yet. */
void csv_add_header(struct csv *csv, struct text_buffer *out);

/*
 * Adds records of the batch that csv_begin took, in the same callback: from @from to before @to, or
 * until @out holds @enough bytes. Returns the next record. What was added are whole rows.
 */
uint32_t csv_add_rows(const struct csv *csv, uint32_t from, uint32_t to, size_t enough,
                      struct text_buffer *out);

#endif
