/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/state_entry.h"

#include "state/live_rows.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct state_shape *shapes;
    size_t n_shapes;
    state_entry_fn *visit;
    void *user;
};

/* ---- shapes: "option = JSON", a line each ---- */

static void
shape_finish(struct state_shape *shape)
{
    free(shape->stage);
    free(shape->plugin);
    for (uint32_t g = 0; g < shape->n_groups; g++)
        free(shape->groups[g]);
    free(shape->groups);
    for (uint32_t c = 0; c < shape->n_cells; c++)
        free(shape->cells[c].name);
    free(shape->cells);
    free(shape->values);
}

static bool
take_groups(struct state_shape *shape, const json_t *names)
{
    size_t n = json_array_size(names);
    shape->groups = calloc(n + 1, sizeof(*shape->groups));
    for (size_t g = 0; shape->groups != NULL && g < n; g++) {
        const char *name = json_string_value(json_array_get(names, g));
        shape->groups[g] = name != NULL ? strdup(name) : NULL;
        if (shape->groups[g] == NULL)
            return false;
        shape->n_groups++;
    }
    return shape->groups != NULL && json_is_array(names);
}

/* ["integer", 8, "count"]: type, bytes, name. */
static bool
take_cell(struct state_shape *shape, const json_t *parts)
{
    static const struct {
        const char *word;
        uint32_t type;
    } types[] = { { "integer", LEVADA_T_I64 },
                  { "number", LEVADA_T_F64 },
                  { "bytes", LEVADA_T_BIN } };
    const char *word = json_string_value(json_array_get(parts, 0));
    const char *name = json_string_value(json_array_get(parts, 2));
    json_int_t size = json_integer_value(json_array_get(parts, 1));
    struct table_cell cell = { .size = (uint32_t)size };
    for (size_t i = 0; word != NULL && i < sizeof(types) / sizeof(*types); i++) {
        if (strcmp(types[i].word, word) == 0)
            cell.type = types[i].type;
    }
    struct table_cell *cells = realloc(shape->cells, (shape->n_cells + 1) * sizeof(*shape->cells));
    if (cells == NULL || cell.type == 0 || size < 0 || size > UINT32_MAX)
        return false;
    cell.name = name != NULL ? strdup(name) : NULL;
    shape->cells = cells;
    shape->cells[shape->n_cells++] = cell;
    return name == NULL || cell.name != NULL;
}

static bool
is_word(const char *name, size_t n, const char *word)
{
    return n == strlen(word) && memcmp(name, word, n) == 0;
}

/* @value: NULL where it is no JSON. */
static bool
take_value(struct state_shape *shape, const char *name, size_t n, const json_t *value)
{
    if (is_word(name, n, "plugin"))
        shape->plugin = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
    else if (is_word(name, n, "window") || is_word(name, n, "session"))
        shape->has_window = true;
    else if (is_word(name, n, "group_by"))
        return shape->groups == NULL && take_groups(shape, value);
    else if (n > strlen("cell ") && memcmp(name, "cell ", strlen("cell ")) == 0)
        return take_cell(shape, value);
    return true; /* another option, and those of the plugin's own need not be JSON */
}

static bool
take_line(struct state_shape *shape, const char *line, size_t n)
{
    const char *equals = memmem(line, n, " = ", 3);
    if (equals == NULL)
        return false;
    size_t name_n = (size_t)(equals - line);
    json_t *value = json_loadb(equals + 3, n - name_n - 3, JSON_DECODE_ANY, NULL);
    bool taken = take_value(shape, line, name_n, value);
    json_decref(value);
    return taken;
}

static bool
take_shape(struct reader *reader, const struct codec_key *key, struct levada_bytes text)
{
    struct state_shape *shapes =
        realloc(reader->shapes, (reader->n_shapes + 1) * sizeof(*reader->shapes));
    if (shapes == NULL)
        return false;
    reader->shapes = shapes;
    struct state_shape *shape = &shapes[reader->n_shapes++];
    *shape = (struct state_shape){ .stage = strndup(key->stage, key->stage_n) };
    const char *line = text.p, *end = line + text.n;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (stop == NULL || !take_line(shape, line, (size_t)(stop - line)))
            return false;
        line = stop + 1;
    }
    shape->values = calloc((size_t)shape->n_groups + shape->n_cells + 1, sizeof(*shape->values));
    return shape->stage != NULL && shape->plugin != NULL && shape->values != NULL;
}

static const struct state_shape *
find_shape(const struct reader *reader, const struct codec_key *key)
{
    for (size_t i = 0; i < reader->n_shapes; i++) {
        const char *stage = reader->shapes[i].stage;
        if (strlen(stage) == key->stage_n && memcmp(stage, key->stage, key->stage_n) == 0)
            return &reader->shapes[i];
    }
    return NULL;
}

/* ---- entries ---- */

static struct levada_bytes
rest(const struct codec_reader *reader)
{
    return (struct levada_bytes){ reader->at, reader->n };
}

/* Is what is left of @key the hash of @bytes? */
static bool
is_hash_of(const struct codec_reader *key, struct levada_bytes bytes)
{
    struct codec_buffer hash = { .bytes = NULL };
    codec_put_hash(&hash, bytes.p, bytes.n);
    bool is = !key->failed && !hash.failed && key->n == hash.n &&
              memcmp(key->at, hash.bytes, hash.n) == 0;
    codec_finish(&hash);
    return is;
}

static struct levada_scalar
read_cell(struct codec_reader *reader, const struct table_cell *cell)
{
    struct levada_scalar value = { .type = cell->type };
    if (cell->type != LEVADA_T_BIN) {
        int64_t bits = codec_get_i64(reader);
        memcpy(&value.u, &bits, sizeof(bits));
        return value;
    }
    int64_t n = table_cell_is_any_length(cell) ? codec_get_i64(reader) : cell->size;
    if (n < 0)
        return (struct levada_scalar){ .type = LEVADA_T_NULL };
    value.u.s = codec_get_bytes(reader, (size_t)n);
    value.len = (uint32_t)n;
    return value;
}

static bool
read_row(struct state_entry *entry, const struct live_row *row)
{
    const struct state_shape *shape = entry->shape;
    struct codec_reader group = codec_read(row->group), cells = codec_read(row->cells);
    entry->groups = shape->values;
    entry->cells = shape->values + shape->n_groups;
    for (uint32_t g = 0; g < shape->n_groups; g++)
        shape->values[g] = codec_get_scalar(&group);
    for (uint32_t c = 0; c < shape->n_cells; c++)
        shape->values[shape->n_groups + c] = read_cell(&cells, &shape->cells[c]);
    entry->time_ms = row->start_ms;
    return !group.failed && group.n == 0 && !cells.failed && cells.n == 0;
}

static bool
read_position(struct state_entry *entry, struct codec_reader key, struct levada_bytes bytes)
{
    struct codec_reader reader = codec_read(bytes);
    entry->partition = (int32_t)codec_get_key_i64(&key);
    entry->next = codec_get_i64(&reader);
    entry->latest = codec_get_i64(&reader);
    entry->key = codec_get_sized(&reader);
    entry->value = rest(&reader);
    return is_hash_of(&key, entry->key) && !reader.failed;
}

static bool
read_watermark(struct state_entry *entry, struct codec_reader key, struct levada_bytes bytes)
{
    struct codec_reader reader = codec_read(bytes);
    entry->time_ms = codec_get_i64(&reader);
    if (entry->shape->groups == NULL || reader.failed)
        return false;
    if (key.n == 0)
        return reader.n == 0;
    entry->partition = (int32_t)codec_get_key_i64(&key);
    const struct levada_bytes names = rest(&reader);
    entry->key = codec_get_sized(&reader);
    return is_hash_of(&key, names) && !reader.failed;
}

static bool
read_entry(struct state_entry *entry, const struct codec_key *key, struct levada_bytes value)
{
    struct codec_reader number = codec_read(value);
    switch (entry->kind) {
    case CODEC_META:
        entry->key = (struct levada_bytes){ key->stage, key->stage_n };
        entry->value = value;
        entry->number = (uint64_t)codec_get_i64(&number);
        return true;
    case CODEC_KEYED:
        entry->key = rest(&key->rest);
        entry->value = value;
        return true;
    case CODEC_POSITION:
        return read_position(entry, key->rest, value);
    case CODEC_WATERMARK:
        return read_watermark(entry, key->rest, value);
    case CODEC_LOG: /* read as a whole, behind all entries */
        return entry->shape->groups != NULL;
    case CODEC_ROW: /* in changelogs only */
    case CODEC_ORIGIN:
        return false;
    case CODEC_SHAPE:
        break; /* read already, or it would not be found */
    }
    return true;
}

static levada_status
unreadable(const char *stage, size_t n, struct error *err)
{
    return error_set(err, LEVADA_REJECT, "an entry of stage \"%.*s\" cannot be read", (int)n,
                     stage);
}

static levada_status
visit_entry(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    struct reader *reader = user;
    struct codec_key parts;
    if (key.n > 0 && *(const char *)key.p == '\0')
        return LEVADA_OK; /* the store's own */
    bool known = codec_split_key(key, &parts);
    if (known && parts.kind == CODEC_SHAPE)
        known = take_shape(reader, &parts, value);
    if (!known)
        return error_set(err, LEVADA_REJECT, "an entry is none that this levada writes");
    struct state_entry entry = { .kind = parts.kind, .bytes = key.n + value.n };
    entry.shape = parts.kind != CODEC_META ? find_shape(reader, &parts) : NULL;
    if ((entry.shape == NULL && parts.kind != CODEC_META) || !read_entry(&entry, &parts, value))
        return unreadable(parts.stage, parts.stage_n, err);
    return parts.kind != CODEC_LOG ? reader->visit(reader->user, &entry, err) : LEVADA_OK;
}

static levada_status
visit_rows(const struct reader *reader, struct store *store, const struct state_shape *shape,
           struct error *err)
{
    struct live_rows rows;
    levada_status status = live_rows_read(store, shape->stage, &rows, err);
    live_rows_sort(&rows);
    for (size_t i = 0; i < rows.n && status >= 0; i++) {
        const struct live_row *row = &rows.rows[i];
        struct state_entry entry = { .kind = CODEC_ROW, .shape = shape };
        entry.bytes = row->group.n + row->cells.n;
        status = read_row(&entry, row) ? reader->visit(reader->user, &entry, err)
                                       : unreadable(shape->stage, strlen(shape->stage), err);
    }
    live_rows_finish(&rows);
    return status;
}

static levada_status
visit_view(struct reader *reader, struct store *store, struct error *err)
{
    levada_status status =
        store_each(store, (struct levada_bytes){ "", 0 }, visit_entry, reader, err);
    for (size_t i = 0; i < reader->n_shapes && status >= 0; i++) {
        if (reader->shapes[i].groups != NULL)
            status = visit_rows(reader, store, &reader->shapes[i], err);
    }
    return status;
}

levada_status
state_entries(struct store *store, state_entry_fn *visit, void *user, struct error *err)
{
    struct reader reader = { .visit = visit, .user = user };
    levada_status status = store_begin_view(store, err);
    if (status < 0)
        return status;
    status = visit_view(&reader, store, err);
    store_end_view(store);
    for (size_t i = 0; i < reader.n_shapes; i++)
        shape_finish(&reader.shapes[i]);
    free(reader.shapes);
    return status;
}
