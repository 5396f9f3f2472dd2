/* SPDX-License-Identifier: Apache-2.0 */
/* For checkpoints: what has changed since the last one. */
#include "table/table_private.h"

#include <assert.h>
#include <levada/helpers.h>
#include <stdlib.h>
#include <string.h>

/* table_visit_unchanged() looks at so many slots for each row that it may visit, and no more: it
 * must not run through a table that was large once. */
#define SLOTS_A_ROW 16u
#define SLOTS_AT_LEAST 4096u

static bool
changed_make_room(struct changed *changed, uint64_t n)
{
    n += changed->n;
    if (n <= changed->room)
        return true;
    uint64_t room = n < 64 ? 64 : n * 2;
    uint32_t *slots = realloc(changed->slots, room * sizeof(*slots));
    if (slots == NULL)
        return false;
    changed->slots = slots;
    changed->room = room;
    return true;
}

static void
note_opened(struct table *table, int64_t start_ms, const uint32_t *slots, uint32_t n)
{
    struct changed *changed = &table->changed;
    memcpy(changed->slots + changed->n, slots, n * sizeof(*slots));
    changed->n += n;
    for (uint32_t i = 0; i < n; i++)
        table->rows.start_ms[slots[i]] = start_ms;
}

/* A row that was noted has a stamp since then that is newer than the last save. */
static void
note_journaled(struct table *table, uint64_t from)
{
    struct changed *changed = &table->changed;
    for (uint64_t i = from; i < table->rows.n_journal; i++) {
        uint32_t stamp, slot = rows_journaled(&table->rows, i, &stamp);
        changed->slots[changed->n] = slot;
        changed->n += stamp <= table->saved;
    }
}

bool
changed_note(struct table *table, int64_t start_ms, const struct rows_before *before)
{
    struct rows *rows = &table->rows;
    struct changed *changed = &table->changed;
    uint32_t n_taken = before->n_free - rows->n_free, n_new = rows->n - before->n;
    if (!changed_make_room(changed, rows->n_journal - before->n_journal + n_taken + n_new + 1))
        return false;
    note_journaled(table, before->n_journal);
    note_opened(table, start_ms, rows->free + rows->n_free, n_taken);
    for (uint32_t slot = before->n; slot < rows->n; slot++)
        note_opened(table, start_ms, &slot, 1);
    return true;
}

bool
changed_note_row(struct table *table, int64_t start_ms, uint32_t slot)
{
    if (!table->rows.knows_windows)
        return true;
    if (!changed_make_room(&table->changed, 1))
        return false;
    note_opened(table, start_ms, &slot, 1);
    return true;
}

void
changed_drop_closed(struct table *table)
{
    struct changed *changed = &table->changed;
    uint64_t kept = 0;
    for (uint64_t i = 0; i < changed->n; i++) {
        changed->slots[kept] = changed->slots[i];
        kept += table->rows.start_ms[changed->slots[i]] != ROW_IS_FREE;
    }
    changed->n = kept;
}

bool
closings_make_room(struct table *table)
{
    struct closings *closings = &table->closings;
    uint64_t n = (uint64_t)closings->n + table->windows.n;
    if (n <= closings->room)
        return true;
    int64_t *start_ms = realloc(closings->start_ms, n * sizeof(*start_ms));
    if (start_ms == NULL)
        return false;
    closings->start_ms = start_ms;
    closings->room = (uint32_t)n;
    return true;
}

void
closings_note(struct table *table, int64_t last_start_ms)
{
    for (uint32_t w = 0; w < table->windows.n; w++) {
        const struct window *window = &table->windows.items[w];
        if (window->start_ms <= last_start_ms && window->opened <= table->saved)
            table->closings.start_ms[table->closings.n++] = window->start_ms;
    }
}

static bool
departures_make_room(struct departures *departures)
{
    if (departures->n < departures->room)
        return true;
    uint32_t room = departures->room > 0 ? departures->room * 2 : 64;
    struct departure *items = realloc(departures->items, room * sizeof(*items));
    if (items == NULL)
        return false;
    departures->items = items;
    departures->room = room;
    return true;
}

/* The table may forget a value as soon as its last row has left: it is copied. */
static bool
copy_value(struct arena *arena, const struct levada_scalar *value, struct levada_scalar *copy)
{
    *copy = *value;
    if (!levada_has_bytes(value))
        return true;
    copy->u.s = arena_copy(arena, value->u.s, value->len);
    return copy->u.s != NULL;
}

bool
departures_note(struct table *table, int64_t start_ms, uint32_t slot)
{
    struct departures *departures = &table->departures;
    struct levada_scalar *groups =
        arena_alloc(&departures->arena, table->n_groups * sizeof(*groups));
    if (groups == NULL || !departures_make_room(departures))
        return false;
    for (uint32_t g = 0; g < table->n_groups; g++) {
        const struct levada_dict *dict = dict_public(table->groups[g].dict);
        if (!copy_value(&departures->arena, &dict->entry[rows_id(&table->rows, slot, g)],
                        &groups[g]))
            return false;
    }
    departures->items[departures->n++] = (struct departure){ start_ms, groups };
    return true;
}

/* A row as the visitor sees it, and the memory for that. */
struct visit {
    const struct table *table;
    const struct table_changes *changes;
    const struct levada_scalar **values; /* of each group, by id */
    struct levada_scalar *groups;
    const void **cells;
    struct error *err;
};

static levada_status
visit_init(struct visit *visit, const struct table *table, const struct table_changes *changes,
           struct error *err)
{
    assert(!table->is_open);
    *visit = (struct visit){ .table = table, .changes = changes, .err = err };
    visit->values = calloc(table->n_groups + 1, sizeof(*visit->values));
    visit->groups = calloc(table->n_groups + 1, sizeof(*visit->groups));
    visit->cells = calloc(table->n_cells + 1, sizeof(*visit->cells));
    if (visit->values == NULL || visit->groups == NULL || visit->cells == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    for (uint32_t g = 0; g < table->n_groups; g++)
        visit->values[g] = dict_public(table->groups[g].dict)->entry;
    return LEVADA_OK;
}

static void
visit_finish(struct visit *visit)
{
    free(visit->values);
    free(visit->groups);
    free(visit->cells);
}

static levada_status
visit_row(const struct visit *visit, int64_t start_ms, uint32_t slot)
{
    const struct table *table = visit->table;
    for (uint32_t g = 0; g < table->n_groups; g++)
        visit->groups[g] = visit->values[g][rows_id(&table->rows, slot, g)];
    for (uint32_t c = 0; c < table->n_cells; c++)
        visit->cells[c] =
            (const char *)table->rows.cell[c] + (size_t)slot * table->rows.cell_size[c];
    struct table_row row = { start_ms, visit->groups, visit->cells };
    return visit->changes->row(visit->changes->user, &row, visit->err);
}

/* While nothing is noted: all that did not come from a checkpoint. */
static levada_status
visit_window(const struct visit *visit, const struct window *window)
{
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; i < window_places(window) && status >= 0; i++) {
        uint32_t slot = window->slots[i];
        if (slot != ROW_NONE && visit->table->rows.stamp[slot] > visit->table->saved)
            status = visit_row(visit, window->start_ms, slot);
    }
    return status;
}

static levada_status
visit_departure(const struct visit *visit, const struct departure *departure)
{
    const struct table_row row = { .start_ms = departure->start_ms, .groups = departure->groups };
    return visit->changes->left(visit->changes->user, &row, visit->err);
}

static levada_status
visit_all(const struct visit *visit)
{
    const struct table *table = visit->table;
    const struct table_changes *changes = visit->changes;
    const bool knows = table->rows.knows_windows;
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; i < table->closings.n && status >= 0; i++)
        status = changes->closed(changes->user, table->closings.start_ms[i], visit->err);
    for (uint32_t i = 0; i < table->departures.n && status >= 0; i++)
        status = visit_departure(visit, &table->departures.items[i]);
    for (uint32_t w = 0; !knows && w < table->windows.n && status >= 0; w++)
        status = visit_window(visit, &table->windows.items[w]);
    for (uint64_t i = 0; i < table->changed.n && status >= 0; i++) {
        uint32_t slot = table->changed.slots[i];
        status = visit_row(visit, table->rows.start_ms[slot], slot);
    }
    return status;
}

levada_status
table_visit_changes(const struct table *table, const struct table_changes *changes,
                    struct error *err)
{
    struct visit visit;
    levada_status status = visit_init(&visit, table, changes, err);
    if (status >= 0)
        status = visit_all(&visit);
    visit_finish(&visit);
    return status;
}

levada_status
table_visit_unchanged(const struct table *table, uint32_t *slot, uint32_t n,
                      const struct table_changes *changes, struct error *err)
{
    const struct rows *rows = &table->rows;
    assert(rows->knows_windows);
    uint64_t end = *slot + (uint64_t)n * SLOTS_A_ROW + SLOTS_AT_LEAST;
    struct visit visit;
    levada_status status = visit_init(&visit, table, changes, err);
    if (end > rows->n)
        end = rows->n;
    for (; *slot < end && n > 0 && status >= 0; ++*slot) {
        if (rows->start_ms[*slot] == ROW_IS_FREE || rows->stamp[*slot] > table->saved)
            continue;
        status = visit_row(&visit, rows->start_ms[*slot], *slot);
        n--;
    }
    if (*slot >= rows->n)
        *slot = TABLE_NO_SLOT;
    visit_finish(&visit);
    return status;
}

levada_status
table_visit_partitions(const struct table *table, table_partition_fn *visit, void *user,
                       struct error *err)
{
    levada_status status = LEVADA_OK;
    for (uint32_t p = 0; p < table->watermark.n && status >= 0; p++) {
        const struct partition *partition = &table->watermark.partitions[p];
        status = visit(user, partition_stream(partition->origin),
                       partition_number(partition->origin), partition->max_ms, err);
    }
    return status;
}

/* Of the rows that are there when the first checkpoint is taken, or came from one. */
static void
note_windows(struct table *table)
{
    for (uint32_t slot = 0; slot < table->rows.n; slot++)
        table->rows.start_ms[slot] = ROW_IS_FREE;
    for (uint32_t w = 0; w < table->windows.n; w++) {
        const struct window *window = &table->windows.items[w];
        for (uint32_t i = 0; i < window_places(window); i++) {
            if (window->slots[i] != ROW_NONE)
                table->rows.start_ms[window->slots[i]] = window->start_ms;
        }
    }
    table->rows.knows_windows = true;
}

void
changes_forget(struct table *table)
{
    table->changed.n = 0;
    table->closings.n = 0;
    table->departures.n = 0;
    arena_reset(&table->departures.arena);
}

void
table_saved(struct table *table)
{
    assert(!table->is_open);
    if (!table->rows.knows_windows)
        note_windows(table);
    table->saved = table->txn;
    changes_forget(table);
}

int64_t
table_closed_until(const struct table *table)
{
    return table->watermark.closed_ms;
}
