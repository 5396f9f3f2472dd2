/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/rows.h"

#include <levada/levada.h>

void
rows_finish(struct rows *rows)
{
    csv_finish(&rows->csv);
}

static bool
is_no_json(const struct levada_record *record)
{
    return (record->flags & LEVADA_R_OPAQUE) != 0 && record->value.p != NULL;
}

/* A dead letter describes a value that may be no JSON: what it says of it is the row. */
static levada_status
make_rows_of_fields(struct levada_call *call, struct levada_batch *batch)
{
    uint32_t n;
    const struct levada_field *fields = levada->fields(call, batch, &n);
    const struct levada_path **paths = levada->scratch(call, n * sizeof(struct levada_path *));
    if (fields == NULL || paths == NULL)
        return LEVADA_FATAL;
    for (uint32_t i = 0; i < n; i++)
        paths[i] = fields[i].path;
    return n > 0 ? levada->set_fields(call, batch, paths, n) : LEVADA_OK;
}

static bool
has_no_json(const struct rows *rows)
{
    for (uint32_t i = 0; i < rows->batch->n; i++)
        if (is_no_json(levada_at(rows->batch, rows->records, i)))
            return true;
    return false;
}

levada_status
rows_begin(struct rows *rows, struct levada_call *call, struct levada_batch *batch)
{
    rows->batch = batch;
    if (rows->format == ROWS_CSV)
        return csv_begin(&rows->csv, call, batch);

    rows->records = levada->records(call, batch);
    if (rows->records == NULL)
        return LEVADA_FATAL;
    if (rows->format != ROWS_JSON || !has_no_json(rows))
        return LEVADA_OK;
    if (make_rows_of_fields(call, batch) < 0)
        return LEVADA_FATAL;
    rows->records = levada->records(call, batch);
    if (rows->records == NULL)
        return LEVADA_FATAL;
    for (uint32_t i = 0; i < batch->n; i++)
        if (is_no_json(levada_at(batch, rows->records, i)))
            levada->fail_at(call, batch, i, LEVADA_REJECT,
                            "the value is no JSON; use format = \"raw\", or a source with format = "
                            "\"json\"");
    return LEVADA_OK;
}

void
rows_add_head(struct rows *rows, struct text_buffer *out)
{
    if (rows->format == ROWS_CSV)
        csv_add_header(&rows->csv, out);
}

static bool
add_line(struct text_buffer *out, const void *bytes, size_t n)
{
    if (!text_buffer_reserve(out, n + 1))
        return false;
    text_buffer_add(out, bytes, n);
    text_buffer_add_char(out, '\n');
    return true;
}

/* false: out of memory, and nothing was added. */
static bool
add_value(const struct rows *rows, uint32_t i, struct text_buffer *out)
{
    const struct levada_record *record = levada_at(rows->batch, rows->records, i);

    if (rows->format == ROWS_RAW)
        return add_line(out, record->value.p, record->value.n);
    if (is_no_json(record))
        return true;
    if (record->value.p == NULL)
        return add_line(out, "null", 4);
    return add_line(out, record->value.p, record->value.n);
}

uint32_t
rows_add(const struct rows *rows, uint32_t from, size_t enough, struct text_buffer *out)
{
    uint32_t n = rows->batch->n;

    if (rows->format == ROWS_CSV)
        return csv_add_rows(&rows->csv, from, n, enough, out);
    while (from < n && out->n < enough && add_value(rows, from, out))
        from++;
    return from;
}
