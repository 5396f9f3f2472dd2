/* SPDX-License-Identifier: Apache-2.0 */
#include "table/groups.h"

#include "record/path.h"

#include <stdlib.h>
#include <string.h>

#define DICT_MISSING 0u /* ids that every dictionary begins with */
#define DICT_NULL 1u
#define DICT_SPARE 1024u /* unused values that are not worth forgetting */
#define GROUP_HALF(g) (32 * ((g) % 2))

bool
group_init(struct group *group, const struct levada_path *path, struct path_set *paths)
{
    /* What the record says of itself leaves as a field: a row has no partition of its own. */
    *group = (struct group){
        .path = path,
        .output =
            path->kind == PATH_FIELD ? path : path_set_field(paths, path->text, strlen(path->text)),
        .dict = dict_create(),
    };
    return group->output != NULL && group->dict != NULL;
}

void
group_finish(struct group *group)
{
    dict_unref(group->dict);
    free(group->own);
}

/* Makes own[] as long as @dict, and empty if it was another one's. */
static bool
follow_dict(struct group *group, const struct levada_dict *dict)
{
    if (group->n_own > 0 && group->generation != dict->generation)
        group->n_own = 0;
    if (dict->n > group->room_own) {
        uint32_t room = dict->n > group->room_own * 2 ? dict->n : group->room_own * 2;
        uint32_t *own = realloc(group->own, room * sizeof(*own));
        if (own == NULL)
            return false;
        group->own = own;
        group->room_own = room;
    }
    if (dict->n > group->n_own)
        memset(group->own + group->n_own, 0xff, (dict->n - group->n_own) * sizeof(*group->own));
    group->own[DICT_MISSING] = DICT_NULL;
    group->own[DICT_NULL] = DICT_NULL;
    group->n_own = dict->n;
    group->generation = dict->generation;
    return true;
}

/* The own id of a value that was not met before; UINT32_MAX: out of memory. */
static uint32_t
learn(struct group *group, const struct levada_dict *dict, uint32_t id)
{
    group->own[id] = dict_add(group->dict, &dict->entry[id]);
    return group->own[id];
}

/* Puts own ids into their half of a word of the keys; compiled for what is known of half and words.
 */
static inline __attribute__((always_inline)) bool
translate(struct group *group, const struct levada_dict *dict, const uint32_t *ids, uint32_t n,
          uint64_t *keys, unsigned half, uint32_t words)
{
    const uint32_t *own = group->own;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = own[ids[i]];
        if (id == UINT32_MAX && (id = learn(group, dict, ids[i])) == UINT32_MAX)
            return false;
        uint64_t *key = keys + (size_t)i * words;
        *key = half == 0 ? id : *key | (uint64_t)id << half;
    }
    return true;
}

static levada_status
group_keys(struct group *group, unsigned half, struct batch *batch, uint64_t *keys, uint32_t words,
           struct error *err)
{
    const struct levada_dict *dict;
    const uint32_t *ids = batch_ids(batch, group->path, &dict, err);
    if (ids == NULL)
        return LEVADA_FATAL;
    uint32_t n = batch_public(batch)->n;
    bool done = follow_dict(group, dict);
    if (words > 1)
        done = done && translate(group, dict, ids, n, keys, half, words);
    else if (half == 0)
        done = done && translate(group, dict, ids, n, keys, 0, 1);
    else
        done = done && translate(group, dict, ids, n, keys, 32, 1);
    return done ? LEVADA_OK : error_set(err, LEVADA_FATAL, "out of memory");
}

levada_status
groups_keys(struct group *groups, uint32_t n_groups, struct batch *batch, uint64_t *keys,
            uint32_t words, struct error *err)
{
    if (n_groups == 0 && batch_public(batch)->n > 0)
        memset(keys, 0, batch_public(batch)->n * sizeof(*keys));
    for (uint32_t g = 0; g < n_groups; g++) {
        levada_status status =
            group_keys(&groups[g], GROUP_HALF(g), batch, keys + g / 2, words, err);
        if (status < 0)
            return status;
    }
    return LEVADA_OK;
}

static bool
is_mostly_unused(const struct group *group, const struct rows *rows)
{
    uint64_t used_at_most = rows_live(rows);
    return dict_public(group->dict)->n > 2 * used_at_most + DICT_SPARE;
}

/* New ids of the values that rows have; NULL: out of memory. */
static uint32_t *
renumber(const struct windows *windows, const struct rows *rows, uint32_t g, struct dict *from,
         struct dict *to)
{
    const struct levada_dict *old = dict_public(from);
    uint32_t *ids = malloc(old->n * sizeof(*ids));
    if (ids == NULL)
        return NULL;
    memset(ids, 0xff, old->n * sizeof(*ids));
    for (uint32_t w = 0; w < windows->n; w++) {
        const struct window *window = &windows->items[w];
        for (uint32_t i = 0; i < window_places(window); i++) {
            if (window->slots[i] == ROW_NONE)
                continue;
            uint32_t id = rows_id(rows, window->slots[i], g);
            if (ids[id] == UINT32_MAX)
                ids[id] = dict_add(to, &old->entry[id]);
            if (ids[id] == UINT32_MAX) {
                free(ids);
                return NULL;
            }
        }
    }
    return ids;
}

static void
rewrite_keys(struct windows *windows, struct rows *rows, uint32_t g, const uint32_t *ids,
             uint32_t *spare)
{
    for (uint32_t w = 0; w < windows->n; w++) {
        struct window *window = &windows->items[w];
        for (uint32_t i = 0; i < window_places(window); i++) {
            if (window->slots[i] == ROW_NONE)
                continue;
            uint64_t *word = rows_key(rows, window->slots[i]) + g / 2;
            uint64_t other_half = *word & (UINT64_MAX >> 32 << (32 - GROUP_HALF(g)));
            *word = other_half | (uint64_t)ids[rows_id(rows, window->slots[i], g)] << GROUP_HALF(g);
        }
        window_reindex(window, rows, spare);
    }
}

static void
forget_unused(struct group *group, uint32_t g, struct windows *windows, struct rows *rows)
{
    struct dict *dict = dict_create();
    uint32_t *spare = malloc((rows_live(rows) + 1) * sizeof(*spare));
    uint32_t *ids =
        dict != NULL && spare != NULL ? renumber(windows, rows, g, group->dict, dict) : NULL;
    if (ids != NULL) {
        rewrite_keys(windows, rows, g, ids, spare);
        dict_unref(group->dict);
        group->dict = dict;
        group->n_own = 0;
        dict = NULL;
    }
    dict_unref(dict);
    free(spare);
    free(ids);
}

void
groups_forget_unused(struct group *groups, uint32_t n_groups, struct windows *windows,
                     struct rows *rows)
{
    for (uint32_t g = 0; g < n_groups; g++) {
        if (is_mostly_unused(&groups[g], rows))
            forget_unused(&groups[g], g, windows, rows);
    }
}
