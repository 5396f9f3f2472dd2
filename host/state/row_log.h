/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_STATE_ROW_LOG_H
#define HOST_STATE_ROW_LOG_H

/*
 * How the rows of a table are stored: as a log. What has changed is appended, in chunks as large as
 * a page, so that a checkpoint costs what has changed, wherever in the table that is; the newest
 * entry of a row counts (live_rows.h).
 *
 * Old entries go by a sweep. The table's slots are passed again and again, a few at each
 * checkpoint; rows there that have not changed are appended too. So the log knows, of each range of
 * slots, from which chunk on all entries of its rows are, and the oldest of these is where the log
 * begins: chunks before it are deleted. While the log has at most twice as many entries as there
 * are rows, nothing is swept. One thread.
 */

#include "state/live_rows.h"
#include "state/row_chunk.h"

#include <stdint.h>

struct row_log;

/* NULL: out of memory. @stage outlives it. */
struct row_log *row_log_create(const char *stage);
void row_log_destroy(struct row_log *log); /* NULL is allowed */

/* Goes on behind what was read; row i of @rows is in slot i. False: out of memory. */
bool row_log_resume(struct row_log *log, const struct live_rows *rows);

/* ---- a checkpoint, in a transaction of the store: begin, put all changes, sweep, end ---- */

/* Forgets what was put since the last row_log_saved. False: out of memory. */
bool row_log_begin(struct row_log *log);
levada_status row_log_put(struct row_log *log, struct store *store, const struct row_entry *entry,
                          struct error *err);
/* The same without a copy: begins an entry, and returns where its groups and cells are put. */
struct codec_buffer *row_log_open(struct row_log *log, enum row_entry_kind kind, int64_t start_ms);
levada_status row_log_close(struct row_log *log, struct store *store, struct error *err);

/*
 * How many unchanged rows are to be put, from slot *@slot on. @n_rows: that the table has, @n_left:
 * that have left it since the last checkpoint.
 */
uint64_t row_log_sweep(struct row_log *log, uint64_t n_rows, uint64_t n_left, uint32_t *slot);
/* They were put, as far as @slot; UINT32_MAX: all are passed. */
void row_log_swept(struct row_log *log, uint32_t slot);

levada_status row_log_end(struct row_log *log, struct store *store, struct error *err);

/* The transaction is durable. */
void row_log_saved(struct row_log *log);

#endif
