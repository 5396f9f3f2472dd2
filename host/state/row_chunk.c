/* SPDX-License-Identifier: Apache-2.0 */
#include "state/row_chunk.h"

void
row_chunk_begin(struct codec_buffer *chunk, enum row_entry_kind kind, int64_t start_ms)
{
    codec_put_byte(chunk, (unsigned char)kind);
    codec_put_i64(chunk, start_ms);
}

void
row_chunk_put(struct codec_buffer *chunk, const struct row_entry *entry)
{
    row_chunk_begin(chunk, entry->kind, entry->start_ms);
    if (entry->kind == ROW_ENTRY_CLOSED)
        return;
    codec_put_sized(chunk, entry->group);
    if (entry->kind == ROW_ENTRY_ROW)
        codec_put_sized(chunk, entry->cells);
}

bool
row_chunk_next(struct codec_reader *reader, struct row_entry *entry)
{
    *entry = (struct row_entry){ .kind = ROW_ENTRY_END };
    if (reader->n == 0 || reader->failed)
        return false;
    entry->kind = (enum row_entry_kind) * (const unsigned char *)codec_get_bytes(reader, 1);
    entry->start_ms = codec_get_i64(reader);
    if (entry->kind == ROW_ENTRY_ROW || entry->kind == ROW_ENTRY_GONE)
        entry->group = codec_get_sized(reader);
    if (entry->kind == ROW_ENTRY_ROW)
        entry->cells = codec_get_sized(reader);
    if (entry->kind < ROW_ENTRY_ROW || entry->kind >= ROW_ENTRY_END)
        reader->failed = true;
    return !reader->failed;
}
