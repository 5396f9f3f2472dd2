/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/keyed_state.h"

#include <stdlib.h>
#include <string.h>

/* A change, in a skip list by key: ordered, and cheap to add to and to take from. */
#define LEVELS 16

struct change {
    void *key;
    uint64_t key_n;
    void *value; /* NULL: deleted */
    uint64_t value_n;
    bool is_open;          /* the open callback has changed it */
    struct change *next[]; /* by level */
};

/* What a key had before the open callback changed it. */
struct undo {
    struct change *change;
    void *value;
    uint64_t value_n;
    bool was_there; /* false: the change itself is new */
    bool is_first;  /* of this change in the open callback */
};

struct keyed_state {
    struct change *head[LEVELS];
    struct undo *undo;
    size_t n_undo, room_undo;
    struct keyed_source source;
    uint32_t random;
};

struct keyed_state *
keyed_state_create(void)
{
    struct keyed_state *state = calloc(1, sizeof(*state));
    if (state != NULL)
        state->random = 1;
    return state;
}

static void
change_free(struct change *change)
{
    free(change->key);
    free(change->value);
    free(change);
}

void
keyed_state_forget(struct keyed_state *state)
{
    struct change *change = state->head[0];
    while (change != NULL) {
        struct change *next = change->next[0];
        change_free(change);
        change = next;
    }
    memset(state->head, 0, sizeof(state->head));
}

void
keyed_state_destroy(struct keyed_state *state)
{
    if (state == NULL)
        return;
    keyed_state_commit(state);
    keyed_state_forget(state);
    free(state->undo);
    free(state);
}

void
keyed_state_set_source(struct keyed_state *state, const struct keyed_source *source)
{
    state->source = source != NULL ? *source : (struct keyed_source){ NULL, NULL, NULL };
}

static int
compare(const void *a, uint64_t a_n, const void *b, uint64_t b_n)
{
    int order = memcmp(a, b, a_n < b_n ? a_n : b_n);
    return order != 0 ? order : (a_n > b_n) - (a_n < b_n);
}

/* The links that lead to the first change not before @key (or, with @past, behind it). */
static struct change *
find(struct keyed_state *state, struct levada_bytes key, bool past, struct change ***links)
{
    struct change **level_links = state->head;
    struct change *found = NULL;
    for (int level = LEVELS - 1; level >= 0; level--) {
        for (;;) {
            struct change *change = level_links[level];
            int order = change != NULL ? compare(change->key, change->key_n, key.p, key.n) : 1;
            if (order > 0 || (order == 0 && !past))
                break;
            level_links = change->next;
        }
        if (links != NULL)
            links[level] = &level_links[level];
        found = level_links[level];
    }
    return found;
}

static bool
is_key(const struct change *change, struct levada_bytes key)
{
    return change != NULL && compare(change->key, change->key_n, key.p, key.n) == 0;
}

static int
random_level(struct keyed_state *state)
{
    int level = 1;
    state->random = state->random * 1664525u + 1013904223u;
    for (uint32_t bits = state->random >> 8; (bits & 3) == 0 && level < LEVELS; bits >>= 2)
        level++;
    return level;
}

static void *
copy(const void *bytes, uint64_t n)
{
    void *memory = malloc(n > 0 ? n : 1);
    if (memory != NULL && n > 0)
        memcpy(memory, bytes, n);
    return memory;
}

static struct change *
insert(struct keyed_state *state, struct levada_bytes key, struct change ***links)
{
    int levels = random_level(state);
    struct change *change = calloc(1, sizeof(*change) + LEVELS * sizeof(struct change *));
    void *key_copy = copy(key.p, key.n);
    if (change == NULL || key_copy == NULL) {
        free(change);
        free(key_copy);
        return NULL;
    }
    change->key = key_copy;
    change->key_n = key.n;
    for (int level = 0; level < levels; level++) {
        change->next[level] = *links[level];
        *links[level] = change;
    }
    return change;
}

static void
remove_change(struct keyed_state *state, struct change *change)
{
    struct change **links[LEVELS];
    find(state, (struct levada_bytes){ change->key, change->key_n }, false, links);
    for (int level = 0; level < LEVELS; level++) {
        if (*links[level] == change)
            *links[level] = change->next[level];
    }
    change_free(change);
}

static bool
make_room_for_undo(struct keyed_state *state)
{
    if (state->n_undo < state->room_undo)
        return true;
    size_t room = state->room_undo > 0 ? state->room_undo * 2 : 16;
    struct undo *undo = realloc(state->undo, room * sizeof(*undo));
    if (undo == NULL)
        return false;
    state->undo = undo;
    state->room_undo = room;
    return true;
}

levada_status
keyed_state_put(struct keyed_state *state, struct levada_bytes key, struct levada_bytes value,
                struct error *err)
{
    struct change **links[LEVELS];
    struct change *change = find(state, key, false, links);
    bool was_there = is_key(change, key);
    void *value_copy = value.p != NULL ? copy(value.p, value.n) : NULL;
    if (!make_room_for_undo(state) || (value.p != NULL && value_copy == NULL)) {
        free(value_copy);
        return error_set(err, LEVADA_FATAL, "out of memory");
    }
    if (!was_there)
        change = insert(state, key, links);
    if (change == NULL) {
        free(value_copy);
        return error_set(err, LEVADA_FATAL, "out of memory");
    }
    state->undo[state->n_undo++] =
        (struct undo){ change, change->value, change->value_n, was_there, !change->is_open };
    change->is_open = true;
    change->value = value_copy;
    change->value_n = value.n;
    return LEVADA_OK;
}

levada_status
keyed_state_get(struct keyed_state *state, struct levada_bytes key, struct levada_bytes *value,
                struct error *err)
{
    const struct change *change = find(state, key, false, NULL);
    *value = (struct levada_bytes){ NULL, 0 };
    if (is_key(change, key)) {
        *value = (struct levada_bytes){ change->value, change->value_n };
        return LEVADA_OK;
    }
    if (state->source.get == NULL)
        return LEVADA_OK;
    return state->source.get(state->source.user, key, value, err);
}

levada_status
keyed_state_next(struct keyed_state *state, struct levada_bytes after, struct levada_bytes *key,
                 struct levada_bytes *value, struct error *err)
{
    for (;;) {
        const struct change *change =
            after.p != NULL ? find(state, after, true, NULL) : state->head[0];
        struct levada_bytes old_key = { NULL, 0 }, old_value = { NULL, 0 };
        if (state->source.next != NULL) {
            levada_status status =
                state->source.next(state->source.user, after, &old_key, &old_value, err);
            if (status < 0)
                return status;
        }
        int order = change == NULL      ? 1
                    : old_key.p == NULL ? -1
                                        : compare(change->key, change->key_n, old_key.p, old_key.n);
        if (order > 0) { /* the store's comes first, or both are at their end */
            *key = old_key;
            *value = old_value;
            return LEVADA_OK;
        }
        *key = (struct levada_bytes){ change->key, change->key_n };
        *value = (struct levada_bytes){ change->value, change->value_n };
        if (change->value != NULL)
            return LEVADA_OK;
        after = *key; /* deleted: goes on behind it */
    }
}

/* That a key is deleted has to be known only where something older has it. */
static void
close_change(struct keyed_state *state, struct change *change)
{
    change->is_open = false;
    if (change->value == NULL && state->source.get == NULL)
        remove_change(state, change);
}

void
keyed_state_commit(struct keyed_state *state)
{
    for (size_t i = 0; i < state->n_undo; i++) {
        free(state->undo[i].value);
        if (state->undo[i].is_first)
            close_change(state, state->undo[i].change);
    }
    state->n_undo = 0;
}

void
keyed_state_rollback(struct keyed_state *state)
{
    while (state->n_undo > 0) {
        struct undo *undo = &state->undo[--state->n_undo];
        free(undo->change->value);
        undo->change->value = undo->value;
        undo->change->value_n = undo->value_n;
        undo->change->is_open = !undo->is_first;
        if (!undo->was_there)
            remove_change(state, undo->change);
    }
}

levada_status
keyed_state_changes(const struct keyed_state *state,
                    levada_status (*visit)(void *user, struct levada_bytes key,
                                           struct levada_bytes value, struct error *err),
                    void *user, struct error *err)
{
    levada_status status = LEVADA_OK;
    for (const struct change *change = state->head[0]; change != NULL && status >= 0;
         change = change->next[0])
        status = visit(user, (struct levada_bytes){ change->key, change->key_n },
                       (struct levada_bytes){ change->value, change->value_n }, err);
    return status;
}

void
keyed_state_saved(struct keyed_state *state)
{
    if (state->source.get != NULL)
        keyed_state_forget(state);
}
