/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "record/json_decoder.h"
#include "record/json_walk.h"

#define FIRST_ROOM 512

struct split {
    struct json_decoder *decoder;
    const struct json_split_text *from;
    struct json_walk walk;
    uint32_t line_feed; /* the first one that does not stand before the last record */
};

/* ---- room for rows ---- */

void
json_rows_finish(struct json_rows_room *rows)
{
    for (size_t c = 0; c < rows->n_columns; c++)
        free(rows->columns[c]);
    free(rows->columns);
    free(rows->pieces);
}

/* A column of which nobody knew when the others were made. */
static bool
add_columns(struct json_rows_room *rows, size_t n_columns)
{
    struct levada_scalar **columns = realloc(rows->columns, n_columns * sizeof(*columns));
    if (columns == NULL)
        return false;
    rows->columns = columns;
    for (; rows->n_columns < n_columns; rows->n_columns++) {
        size_t room = rows->n > 0 ? rows->n : 1;
        columns[rows->n_columns] = malloc(room * sizeof(**columns));
        if (columns[rows->n_columns] == NULL)
            return false;
    }
    return true;
}

static bool
grow(struct json_rows_room *rows)
{
    size_t n = rows->n > 0 ? 2 * (size_t)rows->n : FIRST_ROOM;
    struct json_piece *pieces = realloc(rows->pieces, n * sizeof(*pieces));
    if (pieces == NULL)
        return false;
    rows->pieces = pieces;
    for (size_t c = 0; c < rows->n_columns; c++) {
        struct levada_scalar *column = realloc(rows->columns[c], n * sizeof(*column));
        if (column == NULL)
            return false;
        rows->columns[c] = column;
    }
    rows->n = (uint32_t)n;
    return true;
}

/* ---- records ---- */

static bool
next_is(const struct json_walk *walk, char c)
{
    return *walk->at < walk->end && walk->text[*walk->at] == c;
}

/* Passes what must stand before the next object, which is found at the next token then. */
static bool
pass_gap(struct split *split)
{
    struct json_walk *walk = &split->walk;
    if (split->from->commas && (walk->row > 0 || split->from->comma_first)) {
        if (!next_is(walk, ','))
            return false;
        walk->at++;
    }
    return next_is(walk, '{');
}

/* Objects come in their order, so the search for line feeds goes on. */
static bool
has_line_feed(struct split *split, struct json_piece piece)
{
    const struct json_walk *walk = &split->walk;
    if (split->line_feed <= piece.begin) { /* which holds { */
        const char *next = memchr(walk->text + piece.begin, '\n', walk->size - piece.begin);
        split->line_feed = next != NULL ? (uint32_t)(next - walk->text) : walk->size;
    }
    return split->line_feed < piece.end;
}

static bool
take_object(struct split *split, struct json_piece *piece)
{
    struct json_walk *walk = &split->walk;
    struct json_rows_room *rows = &split->decoder->rows;
    if (!pass_gap(split))
        return false;
    piece->begin = *walk->at;
    walk->number = ++split->decoder->n_records;
    for (size_t c = 0; c < split->decoder->n_columns; c++)
        rows->columns[c][walk->row] = (struct levada_scalar){ .type = LEVADA_T_MISSING };
    if (!json_walk_object(walk, &split->decoder->root))
        return false;
    piece->end = walk->at[-1] + 1;
    return !split->from->lines || !has_line_feed(split, *piece);
}

/* As many as there are. False: out of memory. */
static bool
take_objects(struct split *split)
{
    struct json_walk *walk = &split->walk;
    struct json_rows_room *rows = &split->decoder->rows;
    while (walk->row < split->from->max) {
        if (walk->row == rows->n && !grow(rows))
            return false;
        if (!take_object(split, &rows->pieces[walk->row]))
            break;
        walk->row++;
    }
    return true;
}

bool
json_split(struct json_decoder *decoder, const struct json_split_text *from, struct arena *arena,
           struct json_rows *rows)
{
    struct json_rows_room *room = &decoder->rows;
    *rows = (struct json_rows){ .n = 0 };
    if (from->n > JSON_INDEX_MAX)
        return true;
    enum json_index_result result = json_index_run(decoder->index, from->text, from->n);
    if (result != JSON_INDEX_OK)
        return result == JSON_INDEX_BAD;
    if (room->n_columns < decoder->n_columns && !add_columns(room, decoder->n_columns))
        return false;
    struct split split = { .decoder = decoder, .from = from, .walk = { .arena = arena } };
    json_walk_start(&split.walk, from->text, (uint32_t)from->n, json_index_tokens(decoder->index));
    split.walk.columns = room->columns;
    if (!take_objects(&split))
        return false;
    *rows = (struct json_rows){ split.walk.row, room->pieces, room->columns };
    return true;
}
