/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "record/json_decoder.h"
#include "record/json_walk.h"

#define FIRST_ROOM 512

struct split {
    struct json_decoder *decoder;
    const struct json_split_text *from;
    struct json_walk walk;
    uint32_t room; /* for rows, all of it in the arena */
    struct json_piece *pieces;
    struct levada_scalar **columns;
    bool comma;         /* one comes next */
    uint32_t line_feed; /* the first one that does not stand before the last record */
};

/* ---- room for rows ---- */

/* A copy of @old in the arena that has more room. NULL: out of memory. */
static void *
enlarge(struct split *split, const void *old, size_t size)
{
    char *larger = arena_alloc(split->walk.arena, split->room * size);
    if (larger != NULL && split->walk.row > 0)
        memcpy(larger, old, split->walk.row * size);
    return larger;
}

/* Columns are decoded to where they stay: as much room as the last texts needed is mostly enough.
 */
static bool
make_room(struct split *split, uint32_t room)
{
    split->room = room;
    split->pieces = enlarge(split, split->pieces, sizeof(*split->pieces));
    bool made = split->pieces != NULL;
    for (size_t c = 0; c < split->decoder->n_columns && made; c++) {
        split->columns[c] = enlarge(split, split->columns[c], sizeof(*split->columns[c]));
        made = split->columns[c] != NULL;
    }
    return made;
}

/* ---- records ---- */

static inline bool
next_is(const struct json_walk *walk, char c)
{
    return *walk->at < walk->end && walk->text[*walk->at] == c;
}

/* Passes what must stand before the next object, which is at the next token then. */
static inline bool
pass_gap(struct split *split)
{
    struct json_walk *walk = &split->walk;
    if (split->comma) {
        if (!next_is(walk, ','))
            return false;
        walk->at++;
    }
    split->comma = split->from->commas;
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

/* Columns that the record had nothing for. */
static void
fill_missing(struct split *split)
{
    const struct json_walk *walk = &split->walk;
    for (size_t c = 0; c < split->decoder->n_columns; c++) {
        if (split->decoder->wanted[c]->seen != walk->number)
            split->columns[c][walk->row] = (struct levada_scalar){ .type = LEVADA_T_MISSING };
    }
}

static inline bool
take_object(struct split *split, struct json_piece *piece)
{
    struct json_walk *walk = &split->walk;
    if (!pass_gap(split))
        return false;
    piece->begin = *walk->at;
    walk->number = ++split->decoder->n_records;
    walk->n_stored = 0;
    if (!json_walk_object(walk, &split->decoder->root))
        return false;
    if (walk->n_stored < split->decoder->n_columns)
        fill_missing(split);
    piece->end = walk->at[-1] + 1;
    return !split->from->lines || !has_line_feed(split, *piece);
}

/* As many as there are. False: out of memory. */
static bool
take_objects(struct split *split)
{
    struct json_walk *walk = &split->walk;
    while (walk->row < split->from->max) {
        if (walk->row == split->room && !make_room(split, 2 * split->room))
            return false;
        if (!take_object(split, &split->pieces[walk->row]))
            break;
        walk->row++;
    }
    return true;
}

bool
json_split(struct json_decoder *decoder, const struct json_split_text *from, struct arena *arena,
           struct json_rows *rows)
{
    *rows = (struct json_rows){ .n = 0 };
    if (from->n > JSON_INDEX_MAX)
        return true;
    enum json_index_result result = json_index_run(decoder->index, from->text, from->n);
    if (result != JSON_INDEX_OK)
        return result == JSON_INDEX_BAD;
    struct split split = {
        .decoder = decoder,
        .from = from,
        .walk = { .arena = arena },
        .columns = arena_alloc(arena, decoder->n_columns * sizeof(*split.columns)),
        .comma = from->commas && from->comma_first,
    };
    json_walk_start(&split.walk, from->text, (uint32_t)from->n, json_index_tokens(decoder->index));
    split.walk.columns = split.columns;
    uint32_t room = decoder->most_rows > FIRST_ROOM ? decoder->most_rows : FIRST_ROOM;
    if (split.columns == NULL || !make_room(&split, room) || !take_objects(&split))
        return false;
    if (split.walk.row > decoder->most_rows)
        decoder->most_rows = split.walk.row;
    *rows = (struct json_rows){ split.walk.row, split.pieces, split.columns };
    return true;
}
