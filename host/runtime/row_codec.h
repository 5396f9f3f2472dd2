/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_ROW_CODEC_H
#define HOST_RUNTIME_ROW_CODEC_H

/* The groups and the cells of a table's row as bytes, and back: state/codec.h says how. */

#include "runtime/stage.h"
#include "state/codec.h"

void row_codec_put_groups(struct codec_buffer *to, const struct stage *stage,
                          const struct table_row *row);
void row_codec_put_cells(struct codec_buffer *to, const struct stage *stage,
                         const struct table_row *row);

/* A cell while table_restore_row takes it. */
union row_cell {
    int64_t bits;
    struct levada_bytes bytes;
};

/* Room for a row on its way back. */
struct row_room {
    struct levada_scalar *groups;
    const void **cells;
    union row_cell *rooms;
};

/* For the widest table of the stages. False: out of memory; to be finished in every case. */
bool row_room_init(struct row_room *room, struct stage *const *stages, uint32_t n_stages);
void row_room_finish(struct row_room *room);

/* Reads both; the row points into @room and into what is read. */
struct table_row row_codec_get(struct row_room *room, const struct stage *stage, int64_t start_ms,
                               struct codec_reader *groups, struct codec_reader *cells);

#endif
