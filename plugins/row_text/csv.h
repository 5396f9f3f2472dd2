/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_ROW_TEXT_CSV_H
#define PLUGINS_ROW_TEXT_CSV_H

/*
 * Batches as CSV (RFC 4180, lines end in LF). The first batch fixes the columns; what an interned
 * column's entries look like is quoted once per entry and remembered. Zeroed is ready.
 */

#include "row_text/text_buffer.h"

#include <levada/plugin.h>

struct csv_column;

struct csv {
    struct csv_column *columns;
    uint32_t n_columns;
    bool headed; /* the header is out: the columns are fixed */
};

void csv_finish(struct csv *csv);

/*
 * Takes @batch's columns from the host, for csv_add_row. LEVADA_REJECT when its fields are not
 * those of the header. Changes nothing that a second call with the same batch would not do again.
 */
levada_status csv_begin(struct csv *csv, struct levada_call *call, struct levada_batch *batch);

/* The header line, unless it is out or there is no column yet. */
void csv_add_header(struct csv *csv, struct text_buffer *out);

/* Record @i of the batch that csv_begin took, in the same callback. A failing host is sticky. */
void csv_add_row(struct csv *csv, struct levada_call *call, uint32_t i, struct text_buffer *out);

/* One field of a line, in quotes where it needs them. */
void csv_add_text(struct text_buffer *out, const char *text, size_t n);

#endif
