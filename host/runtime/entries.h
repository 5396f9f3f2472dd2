/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_ENTRIES_H
#define HOST_RUNTIME_ENTRIES_H

/*
 * What is kept of a pipeline, entry by entry: a key and a value as state/codec.h lays them out,
 * made from what the engine has, and put back into it. A checkpoint's store and a changelog are two
 * places for the same entries.
 */

#include "base/error.h"
#include "runtime/positions.h"
#include "runtime/stage.h"
#include "state/codec.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

/* What is kept; everything is the engine's. */
struct checkpoint_view {
    struct stage *const *stages;
    uint32_t n_stages;
    struct record_space *space;
    struct positions *positions;
    bool of_group;    /* a group keeps these; an entry says how far state is, of any source */
    const char *name; /* of the pipeline */
    char *id;         /* UUID_SIZE */
    uint64_t *epoch;
};

/* ---- writing: each makes w->key and w->value, which hold until the next ---- */

struct entry_writer { /* zeroed is ready */
    struct codec_buffer key, value, group;
};

void entry_writer_finish(struct entry_writer *w);
/* LEVADA_FATAL where memory ran out. */
levada_status entry_made(const struct entry_writer *w, struct error *err);

void entry_text(struct entry_writer *w, const char *name, const char *text); /* of the pipeline */
void entry_epoch(struct entry_writer *w, uint64_t epoch);
void entry_position(struct entry_writer *w, const struct partition *partition);
void entry_shape(struct entry_writer *w, const struct stage *stage);
void entry_watermark(struct entry_writer *w, const struct stage *stage, uint32_t stream,
                     int32_t partition, int64_t max_ms);
/* For a table that merges: the event time of input partition @origin, and whether it is idle. */
void entry_origin(struct entry_writer *w, const struct stage *stage, int32_t origin,
                  int64_t time_ms, bool is_idle);
void entry_closed_until(struct entry_writer *w, const struct stage *stage);
/* The key alone: window and hash of the group. */
void entry_row_key(struct entry_writer *w, const struct stage *stage, const struct table_row *row);
void entry_row(struct entry_writer *w, const struct stage *stage, const struct table_row *row);

/* ---- reading ---- */

struct entry_reader;

/* NULL: out of memory. */
struct entry_reader *entry_reader_create(const struct checkpoint_view *view);
void entry_reader_destroy(struct entry_reader *reader); /* NULL is allowed */

/*
 * Puts one entry back. REJECT: it cannot be read; CONFIG: it does not fit the pipeline, with what
 * differs.
 */
levada_status entry_restore(struct entry_reader *reader, struct levada_bytes key,
                            struct levada_bytes value, struct error *err);
/*
 * A row or an origin of @stage that came through its repartition topic, into the merged table in
 * hand: rows by table_merge_row. REJECT: it is something else.
 */
levada_status entry_merge(struct entry_reader *reader, struct stage *stage, struct levada_bytes key,
                          struct levada_bytes value, struct error *err);

/* The partitions of a merged table are those of this stream. UINT32_MAX: out of memory. */
uint32_t entry_origin_stream(const struct stage *stage);

#endif
