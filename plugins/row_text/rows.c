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

levada_status
rows_begin(struct rows *rows, struct levada_call *call, struct levada_batch *batch)
{
    if (rows->format == ROWS_CSV)
        return csv_begin(&rows->csv, call, batch);

    rows->batch = batch;
    rows->records = levada->records(call, batch);
    if (rows->records == NULL)
        return LEVADA_FATAL;
    for (uint32_t i = 0; rows->format == ROWS_JSON && i < batch->n; i++)
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

void
rows_add(struct rows *rows, struct levada_call *call, uint32_t i, struct text_buffer *out)
{
    if (rows->format == ROWS_CSV) {
        csv_add_row(&rows->csv, call, i, out);
        return;
    }
    const struct levada_record *record = levada_at(rows->batch, rows->records, i);
    if (rows->format == ROWS_JSON && is_no_json(record))
        return;
    if (rows->format == ROWS_JSON && record->value.p == NULL)
        text_buffer_add(out, "null", 4);
    else
        text_buffer_add(out, record->value.p, record->value.n);
    text_buffer_add_char(out, '\n');
}
