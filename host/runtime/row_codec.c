/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/row_codec.h"

#include <stdlib.h>
#include <string.h>

void
row_codec_put_groups(struct codec_buffer *to, const struct stage *stage,
                     const struct table_row *row)
{
    for (uint64_t g = 0; g < stage->table_options.group_by.n; g++)
        codec_put_scalar(to, &row->groups[g]);
}

/* Of any length: the length comes first, -1 for what is empty. */
static void
put_cell(struct codec_buffer *value, const struct table_cell *cell, const void *stored)
{
    if (cell->type != LEVADA_T_BIN) {
        int64_t bits;
        memcpy(&bits, stored, sizeof(bits));
        codec_put_i64(value, bits);
        return;
    }
    if (!table_cell_is_any_length(cell)) {
        codec_put_bytes(value, stored, table_cell_bytes(cell));
        return;
    }
    const struct levada_bytes *bytes = stored;
    codec_put_i64(value, bytes->p != NULL ? (int64_t)bytes->n : -1);
    codec_put_bytes(value, bytes->p, bytes->n);
}

void
row_codec_put_cells(struct codec_buffer *to, const struct stage *stage, const struct table_row *row)
{
    uint32_t n_cells;
    const struct table_cell *cells = table_cells(stage->table, &n_cells);
    for (uint32_t c = 0; c < n_cells; c++)
        put_cell(to, &cells[c], row->cells[c]);
}

/* ---- and back ---- */

bool
row_room_init(struct row_room *room, struct stage *const *stages, uint32_t n_stages)
{
    uint64_t n_groups = 1;
    uint32_t n_cells = 1;
    for (uint32_t s = 0; s < n_stages; s++) {
        uint32_t n = 0;
        if (stages[s]->table_options.group_by.n > n_groups)
            n_groups = stages[s]->table_options.group_by.n;
        if (stages[s]->table != NULL)
            table_cells(stages[s]->table, &n);
        n_cells = n > n_cells ? n : n_cells;
    }
    room->groups = calloc(n_groups, sizeof(*room->groups));
    room->cells = calloc(n_cells, sizeof(*room->cells));
    room->rooms = calloc(n_cells, sizeof(*room->rooms));
    return room->groups != NULL && room->cells != NULL && room->rooms != NULL;
}

void
row_room_finish(struct row_room *room)
{
    free(room->groups);
    free(room->cells);
    free(room->rooms);
    *room = (struct row_room){ .groups = NULL };
}

/* The cell as table_restore_row takes it, in @room or where it is read. */
static const void *
get_cell(struct codec_reader *bytes, const struct table_cell *cell, union row_cell *room)
{
    if (cell->type == LEVADA_T_BIN && !table_cell_is_any_length(cell))
        return codec_get_bytes(bytes, table_cell_bytes(cell));
    int64_t bits = codec_get_i64(bytes);
    if (cell->type != LEVADA_T_BIN)
        room->bits = bits;
    else if (bits < 0)
        room->bytes = (struct levada_bytes){ NULL, 0 };
    else
        room->bytes = (struct levada_bytes){ codec_get_bytes(bytes, (size_t)bits), (uint64_t)bits };
    return room;
}

struct table_row
row_codec_get(struct row_room *room, const struct stage *stage, int64_t start_ms,
              struct codec_reader *groups, struct codec_reader *cells)
{
    uint32_t n_cells;
    const struct table_cell *types = table_cells(stage->table, &n_cells);
    for (uint64_t g = 0; g < stage->table_options.group_by.n; g++)
        room->groups[g] = codec_get_scalar(groups);
    for (uint32_t c = 0; c < n_cells; c++)
        room->cells[c] = get_cell(cells, &types[c], &room->rooms[c]);
    return (struct table_row){ start_ms, room->groups, room->cells };
}
