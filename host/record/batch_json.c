/* SPDX-License-Identifier: Apache-2.0 */
/* Records of text that nobody has split yet. */
#include "record/batch_private.h"

static levada_status
check(const struct batch *batch, const struct batch_json *json, struct error *err)
{
    const struct block *block = batch->block;
    if (block->n > 0 || block->base != NULL || batch->listed)
        return error_set(err, LEVADA_FATAL, "append_json() to a batch that is not empty");
    if ((json->flags & ~(LEVADA_JSON_COMMAS | LEVADA_JSON_LINES)) != 0)
        return error_set(err, LEVADA_FATAL, "append_json() with unknown flags: %#x", json->flags);
    return LEVADA_OK;
}

static void
fill(struct block *block, const struct levada_record *first, const char *text,
     const struct json_rows *rows)
{
    struct levada_record record = {
        .timestamp_ms = first->timestamp_ms,
        .stream = first->stream,
        .partition = first->partition,
        .flags = LEVADA_R_BORROWED,
    };
    for (uint32_t i = 0; i < rows->n; i++) {
        const struct json_piece *piece = &rows->pieces[i];
        record.value = (struct levada_bytes){ text + piece->begin, piece->end - piece->begin };
        record.offset = first->offset + piece->begin;
        record.number = first->number >= 0 ? first->number + i : -1;
        block->records[i] = record;
    }
    block->n = rows->n;
}

levada_status
batch_append_json(struct batch *batch, struct batch_decoder *decoder,
                  const struct levada_record *first, const struct batch_json *json, uint64_t *used,
                  struct error *err)
{
    struct block *block = batch->block;
    struct json_rows rows;
    const struct json_split_text from = {
        .text = json->text.p,
        .n = json->text.n,
        .max = json->max_records,
        .commas = (json->flags & LEVADA_JSON_COMMAS) != 0,
        .comma_first = first->number != 0,
        .lines = (json->flags & LEVADA_JSON_LINES) != 0,
    };
    *used = 0;
    levada_status status = check(batch, json, err);
    if (status != LEVADA_OK)
        return status;
    if (!json_split(batch_decoder_json(decoder), &from, &block->arena, &rows))
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (rows.n == 0)
        return LEVADA_OK;
    if (!block_make_room(block, rows.n))
        return error_set(err, LEVADA_FATAL, "out of memory");
    fill(block, first, from.text, &rows);
    if (!batch_decoder_keep(decoder, block, &rows))
        return error_set(err, LEVADA_FATAL, "out of memory");
    batch->public.n = block->n;
    *used = rows.pieces[rows.n - 1].end;
    return LEVADA_OK;
}
