/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/csv.h"

#include "row_text/csv_column.h"

#include <levada/levada.h>
#include <stdio.h>
#include <stdlib.h>

static void
columns_free(struct csv *csv)
{
    for (uint32_t c = 0; c < csv->n_columns; c++)
        csv_column_finish(&csv->columns[c]);
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
        if (!csv_column_init(&csv->columns[c], &fields[c], c, n)) {
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
    csv->longest_row = CSV_SHORT_BYTES;
    for (uint32_t c = 0; c < n; c++) {
        levada_status status = csv_column_begin(&csv->columns[c], call, batch,
                                                (fields[c].flags & LEVADA_FIELD_IDS) != 0);
        if (status != LEVADA_OK)
            return status;
        csv->longest_row += csv->columns[c].longest;
    }
    return LEVADA_OK;
}

void
csv_add_header(struct csv *csv, struct text_buffer *out)
{
    if (csv->headed || csv->n_columns == 0)
        return;
    for (uint32_t c = 0; c < csv->n_columns; c++)
        csv_column_add_name(&csv->columns[c], out);
    csv->headed = true;
}

uint32_t
csv_add_rows(const struct csv *csv, uint32_t from, uint32_t to, size_t enough,
             struct text_buffer *out)
{
    const struct csv_column *columns = csv->columns, *columns_end = columns + csv->n_columns;

    if (out->n >= enough || !text_buffer_reserve(out, enough - out->n + csv->longest_row))
        return from;
    char *end = out->bytes + out->n, *full = out->bytes + enough;
    for (; from < to && end < full; from++)
        for (const struct csv_column *column = columns; column < columns_end; column++)
            end = csv_column_copy(column, from, end);
    out->n = (size_t)(end - out->bytes);
    return from;
}
