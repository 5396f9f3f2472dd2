/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/table.h"

#include "console_sink/cell.h"

#include <levada/levada.h>
#include <stdlib.h>

#define MIN_WIDTH 3u

struct table_column {
    const struct levada_path *path;
    struct text_buffer name;
    uint32_t width; /* of the name */
};

struct table_cell {
    size_t at;
    uint32_t len, width;
};

/* Cells in the order of the columns; those behind the last are NULL. */
struct table_row {
    size_t first_cell;
    uint32_t n_cells;
};

/* Where the cells of one column come from while a batch is taken. */
struct cell_source {
    const uint32_t *ids; /* NULL: values by record */
    const struct levada_scalar *values;
};

static void
forget_columns(struct table *table)
{
    for (uint32_t c = 0; c < table->n_columns; c++)
        text_buffer_finish(&table->columns[c].name);
    table->n_columns = 0;
}

void
table_finish(struct table *table)
{
    forget_columns(table);
    text_buffer_finish(&table->text);
    free(table->columns);
    free(table->rows);
    free(table->cells);
}

void
table_clear(struct table *table)
{
    text_buffer_cut(&table->text, 0);
    table->n_rows = 0;
    table->n_cells = 0;
    table->n_hidden = 0;
    table->columns_are_old = true;
}

bool
table_has_columns(const struct table *table)
{
    return table->n_columns > 0;
}

/* UINT32_MAX: out of memory. */
static uint32_t
column_index(struct table *table, const struct levada_field *field)
{
    for (uint32_t c = 0; c < table->n_columns; c++)
        if (table->columns[c].path == field->path)
            return c;
    if (table->n_columns == table->room_columns) {
        uint32_t room = table->room_columns * 2 + 8;
        struct table_column *columns = realloc(table->columns, room * sizeof(*columns));
        if (columns == NULL)
            return UINT32_MAX;
        table->columns = columns;
        table->room_columns = room;
    }
    struct table_column column = { .path = field->path };
    column.width = cell_add_text(&column.name, field->name, strlen(field->name), 0);
    if (column.name.failed) {
        text_buffer_finish(&column.name);
        return UINT32_MAX;
    }
    table->columns[table->n_columns] = column;
    return table->n_columns++;
}

/* A source for every column of the table, so that rows are made by going through them. */
static struct cell_source *
find_sources(struct table *table, struct levada_call *call, struct levada_batch *batch)
{
    uint32_t n = 0;
    const struct levada_field *fields = levada->fields(call, batch, &n);

    if (fields == NULL)
        return NULL;
    if (table->columns_are_old && n > 0) {
        forget_columns(table);
        table->columns_are_old = false;
    }
    size_t size = ((size_t)table->n_columns + n) * sizeof(struct cell_source);
    struct cell_source *sources = levada->scratch(call, size);
    if (sources == NULL)
        return NULL;
    memset(sources, 0, size);
    for (uint32_t f = 0; f < n; f++) {
        const struct levada_dict *dict = NULL;
        uint32_t c = column_index(table, &fields[f]);
        if (c == UINT32_MAX) {
            levada->fail(call, LEVADA_FATAL, "out of memory");
            return NULL;
        }
        if ((fields[f].flags & LEVADA_FIELD_IDS) != 0) {
            sources[c].ids = levada->ids(call, batch, fields[f].path, &dict);
            sources[c].values = sources[c].ids == NULL ? NULL : dict->entry;
        } else {
            sources[c].values = levada->column(call, batch, fields[f].path);
        }
        if (sources[c].values == NULL)
            return NULL;
    }
    return sources;
}

static bool
reserve_row(struct table *table)
{
    if (table->n_rows == table->room_rows) {
        uint32_t room = table->room_rows * 2 + 32;
        struct table_row *rows = realloc(table->rows, room * sizeof(*rows));
        if (rows == NULL)
            return false;
        table->rows = rows;
        table->room_rows = room;
    }
    if (table->room_cells - table->n_cells < table->n_columns) {
        size_t room = table->room_cells * 2 + table->n_columns * 32;
        struct table_cell *cells = realloc(table->cells, room * sizeof(*cells));
        if (cells == NULL)
            return false;
        table->cells = cells;
        table->room_cells = room;
    }
    return true;
}

static bool
add_row(struct table *table, struct levada_call *call, const struct cell_source *sources,
        uint32_t i)
{
    static const struct levada_scalar missing = { .type = LEVADA_T_MISSING };

    if (!reserve_row(table))
        return false;
    struct table_row *row = &table->rows[table->n_rows];
    row->first_cell = table->n_cells;
    row->n_cells = table->n_columns;
    for (uint32_t c = 0; c < table->n_columns; c++) {
        const struct cell_source *source = &sources[c];
        const struct levada_scalar *value =
            source->values == NULL ? &missing : &source->values[source->ids ? source->ids[i] : i];
        struct table_cell *cell = &table->cells[table->n_cells++];
        cell->at = table->text.n;
        cell->width = cell_add(&table->text, call, value, table->truncate);
        cell->len = (uint32_t)(table->text.n - cell->at);
    }
    table->n_rows++;
    return !table->text.failed;
}

static uint32_t
rows_wanted(const struct table *table, uint32_t n)
{
    uint32_t left = table->num_rows - table->n_rows;

    return table->num_rows == 0 || n < left ? n : left;
}

levada_status
table_add(struct table *table, struct levada_call *call, struct levada_batch *batch)
{
    uint32_t wanted = rows_wanted(table, batch->n);
    uint32_t n_rows = table->n_rows;
    size_t n_cells = table->n_cells, n_text = table->text.n;

    if (wanted > 0 || batch->n == 0) {
        const struct cell_source *sources = find_sources(table, call, batch);
        if (sources == NULL)
            return LEVADA_FATAL;
        for (uint32_t i = 0; i < wanted; i++) {
            if (add_row(table, call, sources, i))
                continue;
            table->n_rows = n_rows;
            table->n_cells = n_cells;
            text_buffer_cut(&table->text, n_text);
            return levada->fail(call, LEVADA_FATAL, "out of memory");
        }
    }
    table->n_hidden += batch->n - wanted;
    return LEVADA_OK;
}

/* A cell as it is shown; `text` does not move while the table is rendered. */
struct shown_cell {
    const char *text;
    uint32_t len, width;
};

static struct shown_cell
cell_of(const struct table *table, const struct table_row *row, uint32_t c)
{
    if (c < row->n_cells) {
        const struct table_cell *cell = &table->cells[row->first_cell + c];
        return (struct shown_cell){ table->text.bytes + cell->at, cell->len, cell->width };
    }
    uint32_t len = table->truncate > 0 && table->truncate < 4 ? table->truncate : 4;
    return (struct shown_cell){ "NULL", len, len };
}

static uint32_t
column_width(const struct table *table, uint32_t c)
{
    uint32_t width = table->columns[c].width;

    for (uint32_t r = 0; r < table->n_rows; r++) {
        uint32_t cell = cell_of(table, &table->rows[r], c).width;
        width = cell > width ? cell : width;
    }
    return width < MIN_WIDTH ? MIN_WIDTH : width;
}

static void
render_rule(uint32_t n_columns, const uint32_t *widths, struct text_buffer *out)
{
    text_buffer_add_char(out, '+');
    for (uint32_t c = 0; c < n_columns; c++) {
        text_buffer_fill(out, '-', widths[c]);
        text_buffer_add_char(out, '+');
    }
    text_buffer_add_char(out, '\n');
}

/* Spark aligns to the right what it may cut, to the left what it shows whole. */
static void
render_cell(const struct table *table, struct shown_cell cell, uint32_t width,
            struct text_buffer *out)
{
    if (table->truncate > 0)
        text_buffer_fill(out, ' ', width - cell.width);
    text_buffer_add(out, cell.text, cell.len);
    if (table->truncate == 0)
        text_buffer_fill(out, ' ', width - cell.width);
    text_buffer_add_char(out, '|');
}

static void
render_names(const struct table *table, const uint32_t *widths, struct text_buffer *out)
{
    text_buffer_add_char(out, '|');
    for (uint32_t c = 0; c < table->n_columns; c++) {
        const struct table_column *column = &table->columns[c];
        struct shown_cell name = { column->name.bytes, (uint32_t)column->name.n, column->width };
        render_cell(table, name, widths[c], out);
    }
    text_buffer_add_char(out, '\n');
}

static void
render_row(const struct table *table, const struct table_row *row, const uint32_t *widths,
           struct text_buffer *out)
{
    text_buffer_add_char(out, '|');
    for (uint32_t c = 0; c < table->n_columns; c++)
        render_cell(table, cell_of(table, row, c), widths[c], out);
    text_buffer_add_char(out, '\n');
}

void
table_render(const struct table *table, struct text_buffer *out)
{
    uint32_t *widths = malloc((table->n_columns + 1) * sizeof(*widths));

    if (widths == NULL) {
        out->failed = true;
        return;
    }
    for (uint32_t c = 0; c < table->n_columns; c++)
        widths[c] = column_width(table, c);
    render_rule(table->n_columns, widths, out);
    render_names(table, widths, out);
    render_rule(table->n_columns, widths, out);
    for (uint32_t r = 0; r < table->n_rows; r++)
        render_row(table, &table->rows[r], widths, out);
    render_rule(table->n_columns, widths, out);
    free(widths);

    if (table->n_hidden > 0) {
        text_buffer_add_string(out, "only showing top ");
        text_buffer_add_i64(out, table->num_rows);
        text_buffer_add_string(out, table->num_rows == 1 ? " row\n" : " rows\n");
    }
    text_buffer_add_char(out, '\n');
}
