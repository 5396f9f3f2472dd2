/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/csv.h"

#include <levada/levada.h>
#include <stdio.h>
#include <stdlib.h>

/* The text of a dictionary's entries; entry k stands at offsets[k] .. offsets[k + 1]. */
struct quoted_entries {
    struct text_buffer text;
    size_t *offsets;
    uint32_t n, room, generation;
};

/* Windows come in runs: the neighbour's time is mostly this one's. */
struct last_time {
    int64_t ms;
    uint32_t len;
    char text[36];
};

struct csv_column {
    const struct levada_path *path;
    char *name;
    const uint32_t *ids; /* of this batch; NULL: values */
    const struct levada_scalar *values;
    struct quoted_entries entries;
    struct last_time time;
};

static void
columns_free(struct csv *csv)
{
    for (uint32_t c = 0; c < csv->n_columns; c++) {
        free(csv->columns[c].name);
        text_buffer_finish(&csv->columns[c].entries.text);
        free(csv->columns[c].entries.offsets);
    }
    free(csv->columns);
    csv->columns = NULL;
    csv->n_columns = 0;
}

void
csv_finish(struct csv *csv)
{
    columns_free(csv);
    csv->headed = false;
}

void
csv_add_text(struct text_buffer *out, const char *text, size_t n)
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
add_time(struct levada_call *call, const struct levada_scalar *value, struct last_time *last,
         struct text_buffer *out)
{
    if (last->len == 0 || last->ms != value->u.i) {
        uint64_t n = 0;
        const char *text = levada->text(call, value, &n);
        if (text == NULL || n > sizeof(last->text))
            return;
        memcpy(last->text, text, n);
        last->len = (uint32_t)n;
        last->ms = value->u.i;
    }
    text_buffer_add(out, last->text, last->len);
}

static void
add_value(struct csv_column *column, struct levada_call *call, const struct levada_scalar *value,
          struct text_buffer *out)
{
    switch (value->type) {
    case LEVADA_T_MISSING:
    case LEVADA_T_NULL:
        return;
    case LEVADA_T_I64:
        text_buffer_add_i64(out, value->u.i);
        return;
    case LEVADA_T_TIME:
        add_time(call, value, &column->time, out);
        return;
    case LEVADA_T_STR:
    case LEVADA_T_JSON:
    case LEVADA_T_NUM:
        csv_add_text(out, value->u.s, value->len);
        return;
    default:
        add_host_text(call, value, out);
    }
}

static bool
offsets_reserve(struct quoted_entries *entries, uint32_t n)
{
    if (n < entries->room)
        return true;
    size_t room = (size_t)n + n / 2 + 16;
    size_t *offsets = room > UINT32_MAX ? NULL : realloc(entries->offsets, room * sizeof(*offsets));
    if (offsets == NULL)
        return false;
    entries->offsets = offsets;
    entries->room = (uint32_t)room;
    return true;
}

/* Quotes the entries that came since the last batch. */
static bool
quote_new_entries(struct csv_column *column, struct levada_call *call,
                  const struct levada_dict *dict)
{
    struct quoted_entries *entries = &column->entries;

    if (entries->generation != dict->generation) {
        text_buffer_cut(&entries->text, 0);
        entries->n = 0;
        entries->generation = dict->generation;
    }
    if (!offsets_reserve(entries, dict->n))
        return false;
    entries->offsets[0] = 0;
    while (entries->n < dict->n) {
        add_value(column, call, &dict->entry[entries->n], &entries->text);
        if (entries->text.failed) {
            text_buffer_cut(&entries->text, entries->offsets[entries->n]);
            return false;
        }
        entries->offsets[++entries->n] = entries->text.n;
    }
    return true;
}

static levada_status
column_begin(struct csv_column *column, struct levada_call *call, struct levada_batch *batch,
             bool interned)
{
    const struct levada_dict *dict = NULL;

    column->ids = NULL;
    column->values = NULL;
    if (!interned) {
        column->values = levada->column(call, batch, column->path);
        return column->values == NULL ? LEVADA_FATAL : LEVADA_OK;
    }
    column->ids = levada->ids(call, batch, column->path, &dict);
    if (column->ids == NULL)
        return LEVADA_FATAL;
    if (!quote_new_entries(column, call, dict))
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    return LEVADA_OK;
}

static bool
has_these_fields(const struct csv *csv, const struct levada_field *fields, uint32_t n)
{
    if (n != csv->n_columns)
        return false;
    for (uint32_t c = 0; c < n; c++)
        if (fields[c].path != csv->columns[c].path)
            return false;
    return true;
}

static levada_status
columns_make(struct csv *csv, struct levada_call *call, const struct levada_field *fields,
             uint32_t n)
{
    columns_free(csv);
    csv->columns = calloc(n, sizeof(*csv->columns));
    if (csv->columns == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    csv->n_columns = n;
    for (uint32_t c = 0; c < n; c++) {
        csv->columns[c].path = fields[c].path;
        csv->columns[c].name = strdup(fields[c].name);
        if (csv->columns[c].name == NULL) {
            columns_free(csv);
            return levada->fail(call, LEVADA_FATAL, "out of memory");
        }
    }
    return LEVADA_OK;
}

static levada_status
refuse_other_fields(const struct csv *csv, struct levada_call *call,
                    const struct levada_field *fields, uint32_t n)
{
    char why[400];
    uint32_t c = 0;

    while (c < n && c < csv->n_columns && fields[c].path == csv->columns[c].path)
        c++;
    snprintf(
        why, sizeof(why),
        "these records have other fields than the CSV header: column %u is %s%.60s%s, the header "
        "has %s%.60s%s; put a stage \"fields\" before this one, or use format = \"json\"",
        c + 1, c < n ? "\"" : "", c < n ? fields[c].name : "missing", c < n ? "\"" : "",
        c < csv->n_columns ? "\"" : "", c < csv->n_columns ? csv->columns[c].name : "none",
        c < csv->n_columns ? "\"" : "");
    return levada->fail(call, LEVADA_REJECT, why);
}

levada_status
csv_begin(struct csv *csv, struct levada_call *call, struct levada_batch *batch)
{
    uint32_t n = 0;
    const struct levada_field *fields = levada->fields(call, batch, &n);

    if (fields == NULL)
        return LEVADA_FATAL;
    if (n == 0 && batch->n > 0)
        return levada->fail(call, LEVADA_REJECT,
                            "CSV needs records with fields; use format = \"raw\"");
    if (n == 0)
        return LEVADA_OK;
    if (!has_these_fields(csv, fields, n)) {
        if (csv->headed && csv->n_columns > 0)
            return refuse_other_fields(csv, call, fields, n);
        levada_status status = columns_make(csv, call, fields, n);
        if (status != LEVADA_OK)
            return status;
    }
    for (uint32_t c = 0; c < n; c++) {
        levada_status status =
            column_begin(&csv->columns[c], call, batch, (fields[c].flags & LEVADA_FIELD_IDS) != 0);
        if (status != LEVADA_OK)
            return status;
    }
    return LEVADA_OK;
}

void
csv_add_header(struct csv *csv, struct text_buffer *out)
{
    if (csv->headed || csv->n_columns == 0)
        return;
    for (uint32_t c = 0; c < csv->n_columns; c++) {
        if (c > 0)
            text_buffer_add_char(out, ',');
        csv_add_text(out, csv->columns[c].name, strlen(csv->columns[c].name));
    }
    text_buffer_add_char(out, '\n');
    csv->headed = true;
}

void
csv_add_row(struct csv *csv, struct levada_call *call, uint32_t i, struct text_buffer *out)
{
    size_t start = out->n;

    for (uint32_t c = 0; c < csv->n_columns; c++) {
        struct csv_column *column = &csv->columns[c];
        if (c > 0)
            text_buffer_add_char(out, ',');
        if (column->ids != NULL) {
            const size_t *at = column->entries.offsets + column->ids[i];
            text_buffer_add(out, column->entries.text.bytes + at[0], at[1] - at[0]);
        } else {
            add_value(column, call, &column->values[i], out);
        }
    }
    /* A line with nothing on it is no row to most readers. */
    if (csv->n_columns == 1 && out->n == start)
        text_buffer_add(out, "\"\"", 2);
    text_buffer_add_char(out, '\n');
}
