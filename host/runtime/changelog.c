/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/changelog.h"

#include "base/arena.h"
#include "runtime/entries.h"
#include "runtime/row_keys.h"

#include <stdlib.h>
#include <string.h>

#define META_PIPELINE "pipeline"
#define META_ID "id"
#define FOLD_AT_LEAST 65536u /* records taken, before those that count no more are looked for */

/* A record as it was taken. Bytes are in the arena. */
struct taken {
    struct levada_bytes key, value;
    uint32_t number; /* of equal keys the last counts */
};

struct changelog {
    struct entry_writer writer;
    struct row_keys *rows; /* of each stage */
    uint32_t n_stages;
    bool introduced; /* the log says whose it is, and the shapes of this run */
    struct arena arena;
    struct taken *taken;
    uint32_t n_taken, room_taken, fold_at;
};

struct changelog *
changelog_create(const struct checkpoint_view *view)
{
    struct changelog *changelog = calloc(1, sizeof(*changelog));
    if (changelog == NULL)
        return NULL;
    changelog->rows = calloc(view->n_stages + 1, sizeof(*changelog->rows));
    changelog->n_stages = view->n_stages;
    changelog->fold_at = FOLD_AT_LEAST;
    if (changelog->rows != NULL)
        return changelog;
    free(changelog);
    return NULL;
}

static void
forget_taken(struct changelog *changelog)
{
    free(changelog->taken);
    arena_finish(&changelog->arena);
    changelog->taken = NULL;
    changelog->n_taken = changelog->room_taken = 0;
    changelog->fold_at = FOLD_AT_LEAST;
}

void
changelog_destroy(struct changelog *changelog)
{
    if (changelog == NULL)
        return;
    for (uint32_t s = 0; s < changelog->n_stages; s++)
        row_keys_finish(&changelog->rows[s]);
    free(changelog->rows);
    entry_writer_finish(&changelog->writer);
    forget_taken(changelog);
    free(changelog);
}

/* ---- writing ---- */

struct writing {
    struct changelog *changelog;
    const struct checkpoint_view *view;
    uint32_t s; /* the stage */
    changelog_put_fn *put;
    void *user;
};

static levada_status
put_entry(const struct writing *writing, struct error *err)
{
    const struct entry_writer *w = &writing->changelog->writer;
    levada_status status = entry_made(w, err);
    if (status >= 0)
        status = writing->put(writing->user, codec_bytes(&w->key), codec_bytes(&w->value), err);
    return status;
}

static levada_status
put_gone(const struct writing *writing, struct error *err)
{
    const struct entry_writer *w = &writing->changelog->writer;
    levada_status status = entry_made(w, err);
    if (status >= 0)
        status = writing->put(writing->user, codec_bytes(&w->key), (struct levada_bytes){ NULL, 0 },
                              err);
    return status;
}

/* The hash that ends a row's key. */
static struct row_key
row_key_of(struct levada_bytes key)
{
    struct row_key row;
    memcpy(&row, (const char *)key.p + key.n - ROW_KEY_SIZE, ROW_KEY_SIZE);
    return row;
}

static levada_status
write_closed_window(void *user, int64_t start_ms, struct error *err)
{
    const struct writing *writing = user;
    struct changelog *changelog = writing->changelog;
    const struct row_window *window = row_keys_find(&changelog->rows[writing->s], start_ms);
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; window != NULL && i < window->room && status >= 0; i++) {
        if (row_key_is_empty(&window->places[i]))
            continue;
        codec_begin_key(&changelog->writer.key, CODEC_ROW, writing->view->stages[writing->s]->name);
        codec_put_key_i64(&changelog->writer.key, start_ms);
        codec_put_bytes(&changelog->writer.key, window->places[i].bytes, ROW_KEY_SIZE);
        status = put_gone(writing, err);
    }
    if (status >= 0)
        row_keys_forget(&changelog->rows[writing->s], start_ms);
    return status;
}

static levada_status
write_gone_row(void *user, const struct table_row *row, struct error *err)
{
    const struct writing *writing = user;
    struct changelog *changelog = writing->changelog;
    entry_row_key(&changelog->writer, writing->view->stages[writing->s], row);
    levada_status status = put_gone(writing, err);
    if (status < 0)
        return status;
    struct row_key key = row_key_of(codec_bytes(&changelog->writer.key));
    row_keys_remove(&changelog->rows[writing->s], row->start_ms, &key);
    return LEVADA_OK;
}

static levada_status
write_row(void *user, const struct table_row *row, struct error *err)
{
    const struct writing *writing = user;
    struct changelog *changelog = writing->changelog;
    entry_row(&changelog->writer, writing->view->stages[writing->s], row);
    levada_status status = put_entry(writing, err);
    if (status < 0)
        return status;
    struct row_key key = row_key_of(codec_bytes(&changelog->writer.key));
    if (!row_keys_add(&changelog->rows[writing->s], row->start_ms, &key))
        return error_set(err, LEVADA_FATAL, "out of memory");
    return LEVADA_OK;
}

static levada_status
write_partition(void *user, uint32_t stream, int32_t partition, int64_t max_ms, struct error *err)
{
    const struct writing *writing = user;
    entry_watermark(&writing->changelog->writer, writing->view->stages[writing->s], stream,
                    partition, max_ms);
    return put_entry(writing, err);
}

static levada_status
write_origin(void *user, uint32_t stream, int32_t partition, int64_t max_ms, struct error *err)
{
    const struct writing *writing = user;
    const struct stage *stage = writing->view->stages[writing->s];
    entry_origin(&writing->changelog->writer, stage, partition, max_ms,
                 table_is_idle(stage->table, stream, partition));
    return put_entry(writing, err);
}

/* What is behind the rows of two tables: the partial one has none left by now. */
static levada_status
write_times(struct writing *writing, struct error *err)
{
    const struct stage *stage = writing->view->stages[writing->s];
    if (stage->partial == NULL)
        return table_visit_partitions(stage->table, write_partition, writing, err);
    levada_status status = table_visit_partitions(stage->table, write_origin, writing, err);
    if (status < 0)
        return status;
    return table_visit_partitions(stage->partial, write_partition, writing, err);
}

static levada_status
write_stage(struct writing *writing, struct error *err)
{
    const struct stage *stage = writing->view->stages[writing->s];
    const struct table_changes changes = { write_closed_window, write_gone_row, write_row,
                                           writing };
    levada_status status = table_visit_changes(stage->table, &changes, err);
    if (status >= 0)
        status = write_times(writing, err);
    if (status < 0)
        return status;
    entry_closed_until(&writing->changelog->writer, stage);
    return put_entry(writing, err);
}

/* Whose log it is, and what the rows depend on. */
static levada_status
introduce(struct writing *writing, struct error *err)
{
    const struct checkpoint_view *view = writing->view;
    struct entry_writer *w = &writing->changelog->writer;
    entry_text(w, META_PIPELINE, view->name);
    levada_status status = put_entry(writing, err);
    if (status >= 0) {
        entry_text(w, META_ID, view->id);
        status = put_entry(writing, err);
    }
    for (uint32_t s = 0; s < view->n_stages && status >= 0; s++) {
        entry_shape(w, view->stages[s]);
        status = put_entry(writing, err);
    }
    return status;
}

static levada_status
write_positions(struct writing *writing, struct error *err)
{
    const struct checkpoint_view *view = writing->view;
    struct entry_writer *w = &writing->changelog->writer;
    entry_epoch(w, *view->epoch + 1);
    levada_status status = put_entry(writing, err);
    for (uint32_t p = 0; p < view->positions->n && status >= 0; p++) {
        entry_position(w, &view->positions->items[p]);
        status = put_entry(writing, err);
    }
    return status;
}

levada_status
changelog_write(struct changelog *changelog, const struct checkpoint_view *view,
                bool with_positions, changelog_put_fn *put, void *user, struct error *err)
{
    struct writing writing = { changelog, view, 0, put, user };
    levada_status status = changelog->introduced ? LEVADA_OK : introduce(&writing, err);
    if (status >= 0 && with_positions)
        status = write_positions(&writing, err);
    for (; writing.s < view->n_stages && status >= 0; writing.s++) {
        if (view->stages[writing.s]->table != NULL)
            status = write_stage(&writing, err);
    }
    return status;
}

void
changelog_saved(struct changelog *changelog, const struct checkpoint_view *view)
{
    changelog->introduced = true;
    for (uint32_t s = 0; s < view->n_stages; s++) {
        if (view->stages[s]->table != NULL)
            table_saved(view->stages[s]->table);
    }
}

/* ---- reading ---- */

static int
compare_keys(const struct taken *a, const struct taken *b)
{
    uint64_t least = a->key.n < b->key.n ? a->key.n : b->key.n;
    int order = memcmp(a->key.p, b->key.p, least);
    return order != 0 ? order : (a->key.n > b->key.n) - (a->key.n < b->key.n);
}

static int
compare_taken(const void *a_, const void *b_)
{
    const struct taken *a = a_, *b = b_;
    int order = compare_keys(a, b);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* By key, only the last of each, and none that is deleted. */
static void
sort_taken(struct changelog *changelog)
{
    uint32_t kept = 0;
    if (changelog->n_taken > 0)
        qsort(changelog->taken, changelog->n_taken, sizeof(*changelog->taken), compare_taken);
    for (uint32_t i = 0; i < changelog->n_taken; i++) {
        const struct taken *one = &changelog->taken[i];
        bool is_last = i + 1 == changelog->n_taken || compare_keys(one, one + 1) != 0;
        if (is_last && one->value.p != NULL)
            changelog->taken[kept++] = *one;
    }
    changelog->n_taken = kept;
}

static bool
copy_into(struct arena *arena, struct levada_bytes *bytes)
{
    if (bytes->p == NULL)
        return true;
    bytes->p = arena_copy(arena, bytes->p, bytes->n);
    return bytes->p != NULL;
}

/* Memory follows what the log means, not how long it is. */
static bool
fold(struct changelog *changelog)
{
    struct arena fresh = { 0 };
    sort_taken(changelog);
    for (uint32_t i = 0; i < changelog->n_taken; i++) {
        struct taken *one = &changelog->taken[i];
        if (!copy_into(&fresh, &one->key) || !copy_into(&fresh, &one->value)) {
            arena_finish(&fresh);
            return false;
        }
        one->number = i;
    }
    arena_finish(&changelog->arena);
    changelog->arena = fresh;
    changelog->fold_at = changelog->n_taken * 2 + FOLD_AT_LEAST;
    return true;
}

levada_status
changelog_take(struct changelog *changelog, struct levada_bytes key, struct levada_bytes value,
               struct error *err)
{
    struct taken one = { .key = key, .value = value };
    if (changelog->n_taken == changelog->fold_at && !fold(changelog))
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (changelog->n_taken == changelog->room_taken) {
        uint32_t room = changelog->room_taken > 0 ? changelog->room_taken * 2 : 1024;
        struct taken *grown = realloc(changelog->taken, room * sizeof(*grown));
        if (grown == NULL)
            return error_set(err, LEVADA_FATAL, "out of memory");
        changelog->taken = grown;
        changelog->room_taken = room;
    }
    if (!copy_into(&changelog->arena, &one.key) || !copy_into(&changelog->arena, &one.value))
        return error_set(err, LEVADA_FATAL, "out of memory");
    one.number = changelog->n_taken;
    changelog->taken[changelog->n_taken++] = one;
    return LEVADA_OK;
}

/* A row that the log has is known for the day on which its window closes. */
static bool
note_row(struct changelog *changelog, const struct checkpoint_view *view, struct levada_bytes key)
{
    struct codec_key parts;
    if (!codec_split_key(key, &parts) || parts.kind != CODEC_ROW)
        return true;
    int64_t start_ms = codec_get_key_i64(&parts.rest);
    if (parts.rest.failed || parts.rest.n != ROW_KEY_SIZE)
        return true; /* entry_restore says what is wrong with it */
    struct row_key row = row_key_of(key);
    for (uint32_t s = 0; s < view->n_stages; s++) {
        const char *name = view->stages[s]->name;
        if (strlen(name) == parts.stage_n && memcmp(name, parts.stage, parts.stage_n) == 0)
            return row_keys_add(&changelog->rows[s], start_ms, &row);
    }
    return true;
}

static levada_status
check_owner(struct changelog *changelog, const struct checkpoint_view *view, struct error *err)
{
    struct entry_writer *w = &changelog->writer;
    entry_text(w, META_PIPELINE, view->name);
    struct levada_bytes key = codec_bytes(&w->key);
    for (uint32_t i = 0; i < changelog->n_taken; i++) {
        const struct taken *one = &changelog->taken[i];
        if (one->key.n != key.n || memcmp(one->key.p, key.p, key.n) != 0)
            continue;
        if (one->value.n == strlen(view->name) &&
            memcmp(one->value.p, view->name, one->value.n) == 0)
            return LEVADA_OK;
        return error_set(err, LEVADA_CONFIG,
                         "the changelog is that of pipeline \"%.*s\", not of \"%s\"",
                         (int)one->value.n, (const char *)one->value.p, view->name);
    }
    if (changelog->n_taken == 0)
        return LEVADA_OK;
    return error_set(err, LEVADA_REJECT,
                     "the changelog topic holds records that no pipeline wrote there");
}

levada_status
changelog_restore(struct changelog *changelog, const struct checkpoint_view *view,
                  struct error *err)
{
    struct entry_reader *reader = entry_reader_create(view);
    sort_taken(changelog);
    levada_status status = check_owner(changelog, view, err);
    if (reader == NULL)
        status = error_set(err, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < changelog->n_taken && status >= 0; i++) {
        const struct taken *one = &changelog->taken[i];
        status = entry_restore(reader, one->key, one->value, err);
        if (status >= 0 && !note_row(changelog, view, one->key))
            status = error_set(err, LEVADA_FATAL, "out of memory");
    }
    for (uint32_t s = 0; s < view->n_stages && status >= 0; s++) {
        if (view->stages[s]->table != NULL)
            table_saved(view->stages[s]->table); /* from here on it notes what changes */
    }
    entry_reader_destroy(reader);
    forget_taken(changelog);
    return status;
}
