/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_CONSOLE_SINK_TABLE_H
#define PLUGINS_CONSOLE_SINK_TABLE_H

/*
 * The rows of one trigger as the table that Spark's console sink prints. Only the rows that will be
 * shown are kept, as text; the others are counted. Columns stand in the order in which they were
 * first seen; a row without one of them shows NULL there. Zeroed but for num_rows and truncate is
 * ready.
 */

#include "row_text/text_buffer.h"

#include <levada/plugin.h>

struct table_column;
struct table_cell;
struct table_row;

struct table {
    uint32_t num_rows; /* shown; 0: all */
    uint32_t truncate; /* as in cell.h */
    struct table_column *columns;
    struct table_row *rows;
    struct table_cell *cells;
    uint32_t n_columns, n_rows, room_columns, room_rows;
    size_t n_cells, room_cells;
    struct text_buffer text; /* of the cells */
    uint64_t n_hidden;       /* rows that were only counted */
    bool columns_are_old;    /* of a trigger before */
};

void table_finish(struct table *table);

/* Takes the rows of @batch. When it fails the table is as before, but for columns without a value.
 */
levada_status table_add(struct table *table, struct levada_call *call, struct levada_batch *batch);

/* Is anything known to be shown, if only the columns? */
bool table_has_columns(const struct table *table);

/* Appends the table with its footer and the empty line after. */
void table_render(const struct table *table, struct text_buffer *out);

/* Forgets the rows. The columns stay until others come, for triggers without a row. */
void table_clear(struct table *table);

#endif
