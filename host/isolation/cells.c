/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/cells.h"

#include <stdlib.h>

/* ---- the host's side ---- */

static bool
make_room(void *items, uint32_t *room, uint32_t n, size_t size)
{
    void **place = items;
    if (n <= *room)
        return true;
    void *grown = realloc(*place, (size_t)n * 2 * size);
    if (grown == NULL)
        return false;
    memset((char *)grown + *room * size, 0, ((size_t)n * 2 - *room) * size);
    *place = grown;
    *room = n * 2;
    return true;
}

static bool
make_room_for_row(struct host_cells *cells, uint32_t row)
{
    uint32_t n_stamps = cells->n_numbers, n_written = cells->room_rows;
    return make_room(&cells->stamp, &n_stamps, row + 1, sizeof(*cells->stamp)) &&
           make_room(&cells->number, &cells->n_numbers, row + 1, sizeof(*cells->number)) &&
           make_room(&cells->written, &n_written, cells->n_rows + 1, sizeof(*cells->written)) &&
           make_room(&cells->rows, &cells->room_rows, cells->n_rows + 1, sizeof(*cells->rows));
}

/* Our number of the table's row; UINT32_MAX: no memory. */
static uint32_t
number_row(struct host_cells *cells, uint32_t row, bool written)
{
    if (row < cells->n_numbers && cells->stamp[row] == cells->round) {
        cells->written[cells->number[row]] |= written;
        return cells->number[row];
    }
    if (!make_room_for_row(cells, row))
        return UINT32_MAX;
    cells->stamp[row] = cells->round;
    cells->number[row] = cells->n_rows;
    cells->rows[cells->n_rows] = row;
    cells->written[cells->n_rows] = written;
    return cells->n_rows++;
}

/* The hits, by our numbers. */
static bool
put_hits(struct host_cells *cells, const struct levada_slots *slots, bool is_merge,
         struct wire_out *out)
{
    uint64_t offset;
    uint32_t *record = wire_place(out, slots->n * sizeof(*record), &offset);
    uint32_t *slot = wire_place(out, slots->n * sizeof(*slot), &offset);
    if (slot == NULL)
        return true; /* told by @out */
    for (uint32_t k = 0; k < slots->n; k++) {
        record[k] = is_merge ? number_row(cells, slots->record[k], false) : slots->record[k];
        slot[k] = number_row(cells, slots->slot[k], true);
        if (slot[k] == UINT32_MAX || (is_merge && record[k] == UINT32_MAX))
            return false;
    }
    return true;
}

static void
put_any_length(const struct host_cells *cells, const struct levada_bytes *from,
               struct levada_bytes *to, struct wire_out *out)
{
    uint64_t offset = 0;
    for (uint32_t r = 0; r < cells->n_rows; r++) {
        to[r] = from[cells->rows[r]];
        if (to[r].p == NULL)
            continue;
        char *place = wire_place(out, to[r].n, &offset);
        if (place != NULL && to[r].n > 0)
            memcpy(place, to[r].p, to[r].n);
        to[r].p = (const void *)(uintptr_t)offset;
    }
}

static void
put_cell(struct host_cells *cells, uint32_t c, const struct table_cell *cell, const void *from,
         struct wire_out *out)
{
    uint64_t offset, begin = wire_begin(out);
    uint32_t size = table_cell_bytes(cell);
    char *to = wire_place(out, (size_t)cells->n_rows * size, &offset);
    cells->place[c] = to;
    if (to != NULL && table_cell_is_any_length(cell)) {
        put_any_length(cells, from, (struct levada_bytes *)(void *)to, out);
        cells->place[c] = NULL; /* what was resized comes by itself */
    } else if (to != NULL) {
        for (uint32_t r = 0; r < cells->n_rows; r++)
            memcpy(to + (size_t)r * size, (const char *)from + (size_t)cells->rows[r] * size, size);
    }
    wire_end(out, begin);
}

bool
host_cells_put(struct host_cells *cells, const struct stage *stage,
               const struct levada_slots *slots, uint32_t n_times, bool is_merge,
               struct wire_out *out)
{
    uint64_t offset;
    cells->round++;
    cells->n_rows = 0;
    cells->table = slots->cell;
    const char **place = realloc(cells->place, (stage->n_cells + 1) * sizeof(*place));
    if (place == NULL)
        return false;
    cells->place = place;
    cells->n_cells = stage->n_cells;
    wire_put(out, slots->n);
    if (!put_hits(cells, slots, is_merge, out))
        return false;
    wire_put(out, slots->time != NULL ? n_times : 0);
    int64_t *time = slots->time != NULL ? wire_place(out, n_times * sizeof(*time), &offset) : NULL;
    if (time != NULL && n_times > 0)
        memcpy(time, slots->time, n_times * sizeof(*time));
    wire_put(out, cells->n_rows);
    for (uint32_t c = 0; c < stage->n_cells; c++)
        put_cell(cells, c, &stage->cells[c], slots->cell[c], out);
    return true;
}

static bool
take_resized(struct host_cells *cells, struct levada_call *call, struct wire_in *in)
{
    uint64_t n_resized = wire_get(in);
    for (uint64_t i = 0; i < n_resized && !in->failed; i++) {
        uint64_t cell = wire_get(in), row = wire_get(in), n;
        const void *bytes = wire_get_bytes(in, &n);
        if (bytes == NULL || row >= cells->n_rows || cell >= cells->n_cells)
            return false;
        void *place = call_host.resize_cell(call, (uint32_t)cell, cells->rows[row], n);
        if (place == NULL)
            return true; /* sticky in the call */
        memcpy(place, bytes, n);
    }
    return !in->failed;
}

bool
host_cells_take(struct host_cells *cells, struct levada_call *call, struct wire_in *in)
{
    const struct stage *stage = call->stage;
    for (uint32_t c = 0; cells->table != NULL && c < cells->n_cells; c++) {
        if (cells->place[c] == NULL)
            continue;
        uint32_t size = table_cell_bytes(&stage->cells[c]);
        for (uint32_t r = 0; r < cells->n_rows; r++) {
            if (cells->written[r])
                memcpy((char *)cells->table[c] + (size_t)cells->rows[r] * size,
                       cells->place[c] + (size_t)r * size, size);
        }
    }
    bool done = take_resized(cells, call, in);
    host_cells_forget(cells);
    return done;
}

void
host_cells_forget(struct host_cells *cells)
{
    cells->table = NULL;
    cells->n_rows = 0;
}

void
host_cells_finish(struct host_cells *cells)
{
    free(cells->rows);
    free(cells->written);
    free(cells->number);
    free(cells->stamp);
    free(cells->place);
    *cells = (struct host_cells){ 0 };
}

/* ---- the helper's ---- */

/* The slot is the helper's to write as long as the callback runs. */
static void *
writable(const void *place)
{
    return (void *)(uintptr_t)place;
}

static bool
get_cell(struct helper_cells *cells, uint32_t c, const struct table_cell *cell, struct wire_in *in)
{
    size_t end = wire_get_end(in);
    cells->cell[c] = writable(wire_take_array(in, cells->n_rows, table_cell_bytes(cell)));
    if (cells->cell[c] != NULL && table_cell_is_any_length(cell)) {
        struct levada_bytes *bytes = cells->cell[c];
        for (uint32_t r = 0; r < cells->n_rows; r++) {
            if (bytes[r].p != NULL)
                bytes[r].p = wire_at(in, (uintptr_t)bytes[r].p, bytes[r].n);
        }
    }
    wire_skip_to(in, end);
    return !in->failed;
}

const struct levada_slots *
helper_cells_get(struct helper_cells *cells, struct levada_call *call, struct wire_in *in)
{
    const struct stage *stage = call->stage;
    uint64_t n = wire_get(in);
    const uint32_t *record = wire_take_array(in, n, sizeof(*record));
    const uint32_t *slot = wire_take_array(in, n, sizeof(*slot));
    uint64_t n_times = wire_get(in);
    const int64_t *time = n_times > 0 ? wire_take_array(in, n_times, sizeof(*time)) : NULL;
    cells->n_rows = (uint32_t)wire_get(in);
    cells->n_resized = 0;
    cells->cell = arena_alloc(&call->scratch, (stage->n_cells + 1) * sizeof(*cells->cell));
    cells->resized_at =
        arena_alloc(&call->scratch, (stage->n_cells + 1) * sizeof(*cells->resized_at));
    if (cells->cell == NULL || cells->resized_at == NULL || in->failed)
        return NULL;
    memset(cells->resized_at, 0, (stage->n_cells + 1) * sizeof(*cells->resized_at));
    for (uint32_t c = 0; c < stage->n_cells; c++) {
        if (!get_cell(cells, c, &stage->cells[c], in))
            return NULL;
    }
    cells->slots = (struct levada_slots){ .struct_size = sizeof(cells->slots),
                                          .n = (uint32_t)n,
                                          .record = record,
                                          .slot = slot,
                                          .cell = cells->cell,
                                          .time = time };
    return &cells->slots;
}

/* Which of the resized ones the cell is, made one if it was not; NULL: no memory. */
static struct resized_cell *
find_resized(struct helper_cells *cells, struct levada_call *call, uint32_t cell, uint32_t row)
{
    uint32_t **at = &cells->resized_at[cell];
    if (*at == NULL) {
        *at = arena_alloc(&call->scratch, cells->n_rows * sizeof(**at));
        if (*at == NULL)
            return NULL;
        memset(*at, 0, cells->n_rows * sizeof(**at));
    }
    if ((*at)[row] > 0)
        return &cells->resized[(*at)[row] - 1];
    if (!call_room(call, &cells->resized, cells->n_resized, &cells->room_resized,
                   sizeof(*cells->resized)))
        return NULL;
    cells->resized[cells->n_resized] = (struct resized_cell){ cell, row, 0 };
    (*at)[row] = ++cells->n_resized;
    return &cells->resized[cells->n_resized - 1];
}

/* Room for @n bytes, and for as many again if they keep growing. */
static char *
make_room_for_bytes(struct resized_cell *resized, struct levada_call *call,
                    const struct levada_bytes *bytes, uint64_t n)
{
    uint64_t room = resized->room == 0 ? n : n * 2;
    char *place = arena_alloc(&call->scratch, room);
    if (place == NULL)
        return NULL;
    uint64_t kept = bytes->p == NULL ? 0 : bytes->n < n ? bytes->n : n;
    if (kept > 0)
        memcpy(place, bytes->p, kept);
    resized->room = room > 0 ? room : 1;
    return place;
}

void *
helper_cells_resize(struct helper_cells *cells, struct levada_call *call, uint32_t cell,
                    uint32_t row, uint64_t n)
{
    const struct stage *stage = call->stage;
    if (cell >= stage->n_cells || !table_cell_is_any_length(&stage->cells[cell]) ||
        row >= cells->n_rows) {
        call_fail(call, LEVADA_FATAL, "resize_cell() of a cell that slots() did not name");
        return NULL;
    }
    struct levada_bytes *bytes = (struct levada_bytes *)cells->cell[cell] + row;
    struct resized_cell *resized = find_resized(cells, call, cell, row);
    char *place = (char *)(uintptr_t)bytes->p;
    if (resized != NULL && (resized->room == 0 || n > resized->room))
        place = make_room_for_bytes(resized, call, bytes, n);
    if (resized == NULL || place == NULL) {
        call_fail(call, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    uint64_t kept = bytes->p == NULL ? 0 : bytes->n < n ? bytes->n : n;
    memset(place + kept, 0, n - kept);
    *bytes = (struct levada_bytes){ place, n };
    return place;
}

void
helper_cells_put(struct helper_cells *cells, struct wire_out *out)
{
    wire_put(out, cells->n_resized);
    for (uint32_t i = 0; i < cells->n_resized; i++) {
        const struct resized_cell *resized = &cells->resized[i];
        const struct levada_bytes *bytes =
            (const struct levada_bytes *)cells->cell[resized->cell] + resized->row;
        wire_put(out, resized->cell);
        wire_put(out, resized->row);
        wire_put_bytes(out, bytes->p, bytes->n);
    }
    cells->n_resized = 0;
}
