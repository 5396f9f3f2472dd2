/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include "column_list.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct csv {
    char *at, *end;
    uint64_t line;              /* where `at` is, from 1 */
    struct levada_scalar *cell; /* of the row read last */
    uint32_t n, room;
    uint32_t n_columns; /* of the header */
    uint32_t *where;    /* the column of each that the reader wants */
};

/* Are we at the end of a line? Steps over it. */
static bool
skip_line_end(struct csv *csv)
{
    size_t left = (size_t)(csv->end - csv->at);
    if (left >= 1 && csv->at[0] == '\n')
        csv->at += 1;
    else if (left >= 2 && csv->at[0] == '\r' && csv->at[1] == '\n')
        csv->at += 2;
    else
        return false;
    csv->line++;
    return true;
}

static bool
is_line_end(const struct csv *csv)
{
    return csv->at == csv->end || csv->at[0] == '\n' ||
           (csv->at[0] == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n');
}

/* A quoted cell: a doubled quote stands for one, and everything else for itself. */
static bool
read_quoted(struct csv *csv, struct levada_scalar *cell, struct complaint *complaint)
{
    uint64_t opened = csv->line;
    char *out = ++csv->at;
    cell->u.s = out;
    for (;; csv->at++) {
        if (csv->at == csv->end)
            return complain(complaint, "line %" PRIu64 ": a quote is never closed", opened);
        if (*csv->at == '"') {
            if (csv->at + 1 == csv->end || csv->at[1] != '"')
                break;
            csv->at++;
        }
        if (*csv->at == '\n')
            csv->line++;
        *out++ = *csv->at;
    }
    csv->at++;
    cell->len = (uint32_t)(out - cell->u.s);
    if (!is_line_end(csv) && *csv->at != ',')
        return complain(complaint, "line %" PRIu64 ": a comma is missing behind a closing quote",
                        csv->line);
    return true;
}

static bool
read_cell(struct csv *csv, struct levada_scalar *cell, struct complaint *complaint)
{
    cell->type = LEVADA_T_STR;
    if (csv->at < csv->end && *csv->at == '"')
        return read_quoted(csv, cell, complaint);
    cell->u.s = csv->at;
    while (!is_line_end(csv) && *csv->at != ',')
        csv->at++;
    cell->len = (uint32_t)(csv->at - cell->u.s);
    return true;
}

static bool
make_room(struct csv *csv)
{
    if (csv->n < csv->room)
        return true;
    uint32_t room = csv->room == 0 ? 16 : csv->room * 2;
    struct levada_scalar *cell = realloc(csv->cell, room * sizeof(*cell));
    if (cell == NULL)
        return false;
    csv->cell = cell;
    csv->room = room;
    return true;
}

/* The next row that is not empty; n is 0 at the end. */
static bool
read_row(struct csv *csv, struct complaint *complaint)
{
    csv->n = 0;
    while (skip_line_end(csv))
        ;
    if (csv->at == csv->end)
        return true;
    for (;;) {
        if (!make_room(csv))
            return complain(complaint, "out of memory");
        if (!read_cell(csv, &csv->cell[csv->n++], complaint))
            return false;
        if (is_line_end(csv))
            break;
        csv->at++; /* the comma */
    }
    skip_line_end(csv);
    return true;
}

/* UINT32_MAX: there is none. */
static uint32_t
find_column(const struct csv *csv, const char *name)
{
    size_t n = strlen(name);
    for (uint32_t i = 0; i < csv->n; i++)
        if (csv->cell[i].len == n && memcmp(csv->cell[i].u.s, name, n) == 0)
            return i;
    return UINT32_MAX;
}

static bool
read_header(struct csv *csv, const struct table_reader *reader, struct complaint *complaint)
{
    if (!read_row(csv, complaint))
        return false;
    if (csv->n == 0)
        return complain(complaint, "the table is empty: it has not even a header");
    csv->n_columns = csv->n;
    struct column_list names = { 0 };
    for (uint32_t i = 0; i < csv->n; i++)
        column_list_add(&names, csv->cell[i].u.s, csv->cell[i].len);
    for (uint32_t i = 0; i < reader->n_columns; i++) {
        csv->where[i] = find_column(csv, reader->columns[i]);
        if (csv->where[i] == UINT32_MAX)
            return column_list_complain(&names, reader->columns[i], complaint);
    }
    return true;
}

static bool
read_rows(struct csv *csv, const struct table_reader *reader, struct levada_scalar *cells,
          struct complaint *complaint)
{
    for (uint64_t number = 1;; number++) {
        uint64_t line = csv->line;
        if (!read_row(csv, complaint))
            return false;
        if (csv->n == 0)
            return true;
        if (csv->n != csv->n_columns)
            return complain(complaint,
                            "row %" PRIu64 " (line %" PRIu64 ") has %u cells, the header has %u",
                            number, line, csv->n, csv->n_columns);
        for (uint32_t i = 0; i < reader->n_columns; i++)
            cells[i] = csv->cell[csv->where[i]];
        if (!reader->row(reader->user, number, cells, complaint))
            return false;
    }
}

bool
csv_read(char *text, size_t n, const struct table_reader *reader, struct complaint *complaint)
{
    size_t bad = utf8_check(text, n);
    if (bad < n)
        return complain(complaint, "byte %zu is no UTF-8", bad + 1);

    struct csv csv = { .at = text, .end = text + n, .line = 1 };
    csv.where = calloc(reader->n_columns + 1, sizeof(*csv.where));
    struct levada_scalar *cells = calloc(reader->n_columns + 1, sizeof(*cells));
    bool done;
    if (csv.where == NULL || cells == NULL)
        done = complain(complaint, "out of memory");
    else
        done = read_header(&csv, reader, complaint) && read_rows(&csv, reader, cells, complaint);
    free(cells);
    free(csv.where);
    free(csv.cell);
    return done;
}
