/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/csv_column.h"

#include <levada/levada.h>
#include <stdlib.h>

bool
csv_column_init(struct csv_column *column, const struct levada_field *field, uint32_t c, uint32_t n)
{
    *column = (struct csv_column){
        .path = field->path,
        .name = strdup(field->name),
        .end = c + 1 < n ? ',' : '\n',
        .alone = n == 1,
    };
    return column->name != NULL;
}

void
csv_column_finish(struct csv_column *column)
{
    free(column->name);
    text_buffer_finish(&column->text);
    free(column->entries);
    free(column->own_ids);
}

static void
add_quoted(struct text_buffer *out, const char *text, size_t n)
{
    size_t plain = 0;

    while (plain < n && text[plain] != '"' && text[plain] != ',' && text[plain] != '\n' &&
           text[plain] != '\r')
        plain++;
    if (plain == n) {
        text_buffer_add(out, text, n);
        return;
    }
    text_buffer_add_char(out, '"');
    for (const char *end = text + n, *quote; text < end; text = quote) {
        quote = memchr(text, '"', (size_t)(end - text));
        quote = quote == NULL ? end : quote + 1;
        text_buffer_add(out, text, (size_t)(quote - text));
        if (quote[-1] == '"')
            text_buffer_add_char(out, '"');
    }
    text_buffer_add_char(out, '"');
}

void
csv_column_add_name(const struct csv_column *column, struct text_buffer *out)
{
    add_quoted(out, column->name, strlen(column->name));
    text_buffer_add_char(out, column->end);
}

/* What the host's text() says, which for these types never needs quotes. */
static void
add_host_text(struct levada_call *call, const struct levada_scalar *value, struct text_buffer *out)
{
    uint64_t n = 0;
    const char *text = levada->text(call, value, &n);

    if (text != NULL)
        text_buffer_add(out, text, n);
}

static void
add_value(struct csv_column *column, struct levada_call *call, const struct levada_scalar *value)
{
    struct text_buffer *out = &column->text;

    switch (value->type) {
    case LEVADA_T_MISSING:
    case LEVADA_T_NULL:
        return;
    case LEVADA_T_I64:
        text_buffer_add_i64(out, value->u.i);
        return;
    case LEVADA_T_TIME:
        time_text_add(&column->time, call, value, out);
        return;
    case LEVADA_T_STR:
    case LEVADA_T_JSON:
    case LEVADA_T_NUM:
        add_quoted(out, value->u.s, value->len);
        return;
    default:
        add_host_text(call, value, out);
    }
}

static void
forget_entries(struct csv_column *column)
{
    text_buffer_cut(&column->text, 0);
    column->n = 0;
    column->longest = 0;
}

static bool
reserve_entries(struct csv_column *column, uint32_t n)
{
    if (n <= column->room)
        return true;
    uint64_t room = (uint64_t)n + n / 2;
    struct csv_entry *entries =
        room > UINT32_MAX ? NULL : reallocarray(column->entries, room, sizeof(*entries));
    if (entries == NULL)
        return false;
    column->entries = entries;
    column->room = (uint32_t)room;
    return true;
}

static bool
reserve_ids(struct csv_column *column, uint32_t n)
{
    if (n <= column->room_ids)
        return true;
    uint32_t *ids = reallocarray(column->own_ids, n, sizeof(*ids));
    if (ids == NULL)
        return false;
    column->own_ids = ids;
    column->room_ids = n;
    return true;
}

/* The text's room goes on behind the last entry, so that csv_column_copy() may read there. */
static bool
add_entry(struct csv_column *column, struct levada_call *call, const struct levada_scalar *value)
{
    struct text_buffer *text = &column->text;
    size_t at = text->n;

    add_value(column, call, value);
    if (column->alone && text->n == at)
        text_buffer_add(text, "\"\"", 2);
    text_buffer_add_char(text, column->end);
    text_buffer_reserve(text, CSV_SHORT_BYTES);
    if (text->failed) {
        text_buffer_cut(text, at);
        return false;
    }
    size_t n = text->n - at;
    column->entries[column->n++] = (struct csv_entry){ .at = at, .n = n };
    if (n > column->longest)
        column->longest = n;
    return true;
}

/* Adds the entries that came since the last batch. */
static bool
follow_dictionary(struct csv_column *column, struct levada_call *call,
                  const struct levada_dict *dict)
{
    if (!column->of_dictionary || column->generation != dict->generation)
        forget_entries(column);
    column->of_dictionary = true;
    column->generation = dict->generation;
    if (!reserve_entries(column, dict->n))
        return false;
    while (column->n < dict->n)
        if (!add_entry(column, call, &dict->entry[column->n]))
            return false;
    return true;
}

/* Equal for sure; values that are told apart may be equal all the same. */
static bool
is_same(struct levada_scalar a, struct levada_scalar b)
{
    return a.type == b.type && a.len == b.len && a.u.i == b.u.i;
}

static bool
follow_values(struct csv_column *column, struct levada_call *call,
              const struct levada_scalar *values, uint32_t n)
{
    forget_entries(column);
    column->of_dictionary = false;
    if (!reserve_entries(column, n) || !reserve_ids(column, n))
        return false;
    uint32_t *ids = column->own_ids;
    for (uint32_t i = 0; i < n;) {
        const struct levada_scalar value = values[i];
        if (!add_entry(column, call, &values[i]))
            return false;
        uint32_t id = column->n - 1;
        do
            ids[i++] = id;
        while (i < n && is_same(values[i], value));
    }
    column->ids = ids;
    return true;
}

levada_status
csv_column_begin(struct csv_column *column, struct levada_call *call, struct levada_batch *batch,
                 bool interned)
{
    const struct levada_dict *dict = NULL;
    const struct levada_scalar *values = NULL;
    bool done;

    column->ids = NULL;
    if (interned)
        column->ids = levada->ids(call, batch, column->path, &dict);
    else
        values = levada->column(call, batch, column->path);
    if (column->ids == NULL && values == NULL)
        return LEVADA_FATAL;
    done = interned ? follow_dictionary(column, call, dict)
                    : follow_values(column, call, values, batch->n);
    return done ? LEVADA_OK : levada->fail(call, LEVADA_FATAL, "out of memory");
}
