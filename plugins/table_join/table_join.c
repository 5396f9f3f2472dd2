/* SPDX-License-Identifier: Apache-2.0 */
#include "table_join.h"

#include "table_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool
table_join_init(struct table_join *self, struct levada_ctx *ctx)
{
    const struct join_pair *on = self->on.items;
    const char *const *add = self->add.items;

    self->ctx = ctx;
    self->columns = calloc(self->on.n + self->add.n, sizeof(*self->columns));
    self->adds = calloc(self->add.n + 1, sizeof(*self->adds));
    self->dicts = calloc(self->add.n + 1, sizeof(*self->dicts));
    self->memos = calloc(self->on.n, sizeof(*self->memos));
    if (self->columns == NULL || self->adds == NULL || self->dicts == NULL || self->memos == NULL)
        return false;
    for (uint64_t i = 0; i < self->on.n; i++)
        self->columns[i] = on[i].table;
    for (uint64_t i = 0; i < self->add.n; i++)
        self->columns[self->on.n + i] = add[i];
    return true;
}

void
table_join_finish(struct table_join *self)
{
    for (uint64_t i = 0; self->memos != NULL && i < self->on.n; i++)
        free(self->memos[i].part);
    free(self->memos);
    free(self->dicts);
    free(self->adds);
    free(self->columns);
    key_index_destroy(self->index);
}

struct loading {
    struct levada_call *call;
    struct key_index *index;
    uint32_t n_keys, n_columns;
    struct levada_scalar *cells;
};

/* The text form of a key, by which keys compare; NULL and MISSING stay. */
static bool
key_text(struct levada_call *call, const struct levada_scalar *value, struct levada_scalar *text)
{
    *text = *value;
    if (value->type <= LEVADA_T_NULL || value->type == LEVADA_T_STR)
        return true;
    uint64_t n;
    text->u.s = levada->text(call, value, &n);
    text->type = LEVADA_T_STR;
    text->len = (uint32_t)n;
    return text->u.s != NULL;
}

static bool
load_row(void *user, uint64_t number, const struct levada_scalar *cells,
         struct complaint *complaint)
{
    struct loading *loading = user;
    for (uint32_t i = 0; i < loading->n_columns; i++) {
        loading->cells[i] = cells[i];
        if (i < loading->n_keys && !key_text(loading->call, &cells[i], &loading->cells[i]))
            return complain(complaint, "out of memory");
    }
    return key_index_add(loading->index, number, loading->cells, complaint);
}

/* Takes @index; forgets what was found in the one before. */
static void
use_index(struct table_join *self, struct key_index *index)
{
    key_index_destroy(self->index);
    self->index = index;
    for (uint64_t i = 0; i < self->add.n; i++) {
        const struct distinct *values = key_index_dictionary(index, (uint32_t)i);
        struct levada_dict *dict = &self->dicts[i];
        dict->struct_size = sizeof(*dict);
        dict->generation++;
        dict->n = values->n;
        dict->entry = values->entry;
    }
    for (uint64_t i = 0; i < self->on.n; i++)
        self->memos[i].n = 0;
}

bool
table_join_load(struct table_join *self, struct levada_call *call, struct complaint *complaint)
{
    struct loading loading = { .call = call };
    loading.n_keys = (uint32_t)self->on.n;
    loading.n_columns = (uint32_t)(self->on.n + self->add.n);
    loading.cells = calloc(loading.n_columns, sizeof(*loading.cells));
    loading.index = key_index_create(loading.n_keys, (uint32_t)self->add.n,
                                     (enum key_index_duplicates)self->on_duplicate);

    const struct table_reader reader = {
        .columns = self->columns,
        .n_columns = loading.n_columns,
        .row = load_row,
        .user = &loading,
    };
    bool done;
    if (loading.cells == NULL || loading.index == NULL)
        done = complain(complaint, "out of memory");
    else
        done = table_file_read(self->table, &reader, &self->seen, complaint);
    if (done) {
        use_index(self, loading.index);
        loading.index = NULL;
    }
    key_index_destroy(loading.index);
    free(loading.cells);
    return done;
}

void
table_join_refresh(struct table_join *self, struct levada_call *call, int64_t now)
{
    if (self->reload == 0 || now < self->next_check)
        return;
    self->next_check = now + self->reload;
    if (table_file_is_same(self->table, &self->seen))
        return;

    struct complaint complaint;
    char facts[sizeof(complaint.text) + 64];
    if (table_join_load(self, call, &complaint)) {
        snprintf(facts, sizeof(facts), "rows=%" PRIu64 " table=%s", key_index_rows(self->index),
                 self->table);
        levada->log(self->ctx, 3, "table read again", facts);
    } else {
        snprintf(facts, sizeof(facts), "why=%s", complaint.text);
        levada->log(self->ctx, 2, "changed table cannot be used, the one before stays", facts);
    }
}

static bool
make_room(struct key_memo *memo, uint32_t n)
{
    if (n <= memo->room)
        return true;
    uint32_t room = n < UINT32_MAX / 2 ? n * 2 : n;
    uint32_t *part = realloc(memo->part, room * sizeof(*part));
    if (part == NULL)
        return false;
    memo->part = part;
    memo->room = room;
    return true;
}

/* Looks up the entries that are new. */
static bool
learn(struct table_join *self, struct levada_call *call, uint32_t key,
      const struct levada_dict *dict)
{
    struct key_memo *memo = &self->memos[key];
    if (!make_room(memo, dict->n))
        return false;
    if (memo->generation != dict->generation)
        memo->n = 0;
    memo->generation = dict->generation;
    for (; memo->n < dict->n; memo->n++) {
        struct levada_scalar text;
        if (!key_text(call, &dict->entry[memo->n], &text))
            return false;
        memo->part[memo->n] = key_index_part(self->index, key, &text);
    }
    return true;
}

/* The match of each record. NULL: out of memory. */
static uint32_t *
find_matches(struct table_join *self, struct levada_call *call, struct levada_batch *batch)
{
    const struct join_pair *on = self->on.items;
    const uint32_t *ids[KEY_INDEX_MAX_KEYS];
    uint32_t *match = levada->scratch(call, batch->n * sizeof(*match));

    if (match == NULL)
        return NULL;
    for (uint32_t key = 0; key < self->on.n; key++) {
        const struct levada_dict *dict;
        ids[key] = levada->ids(call, batch, on[key].stream, &dict);
        if (ids[key] == NULL || !learn(self, call, key, dict))
            return NULL;
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        uint32_t parts[KEY_INDEX_MAX_KEYS];
        for (uint32_t key = 0; key < self->on.n; key++)
            parts[key] = self->memos[key].part[ids[key][i]];
        match[i] = key_index_match(self->index, parts);
    }
    return match;
}

/* Keeps the records that have a match, and their matches at the front. */
static struct levada_batch *
keep_matched(struct levada_call *call, struct levada_batch *batch, uint32_t *match)
{
    uint32_t *index = levada->scratch(call, batch->n * sizeof(*index));
    uint32_t n = 0;

    if (index == NULL)
        return NULL;
    for (uint32_t i = 0; i < batch->n; i++) {
        index[n] = i;
        match[n] = match[i];
        n += match[i] != KEY_INDEX_NO_MATCH;
    }
    return n == batch->n ? batch : levada->select(call, batch, index, n);
}

static levada_status
add_columns(struct table_join *self, struct levada_call *call, struct levada_batch *batch,
            const uint32_t *match)
{
    uint32_t *ids = levada->scratch(call, batch->n * sizeof(*ids));
    if (ids == NULL)
        return LEVADA_RETRY;
    for (uint32_t value = 0; value < self->add.n; value++) {
        for (uint32_t i = 0; i < batch->n; i++)
            ids[i] = key_index_value(self->index, match[i], value);
        levada->set_ids(call, batch, self->adds[value], ids, &self->dicts[value]);
    }
    return levada->emit(call, 0, batch);
}

levada_status
table_join_process(void *object, struct levada_call *call, uint32_t port,
                   struct levada_batch *batch)
{
    struct table_join *self = object;
    uint32_t *match = find_matches(self, call, batch);

    (void)port;
    if (match == NULL)
        return LEVADA_RETRY;
    if (self->type == JOIN_LEFT)
        return add_columns(self, call, batch, match);

    struct levada_batch *matched = keep_matched(call, batch, match);
    if (matched == NULL)
        return LEVADA_RETRY;
    levada_status status = add_columns(self, call, matched, match);
    if (status < 0)
        return status;
    levada_count(self->unmatched, batch->n - matched->n);
    return LEVADA_FILTERED;
}
