/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_STAGE_ROWS_H
#define HOST_RUNTIME_STAGE_ROWS_H

/* The rows of a stage's table in a checkpoint: its changes go to the log, and come back from it. */

#include "base/error.h"

#include <stdbool.h>

struct stage;
struct stage_rows;
struct store;

/* @stage has a table, and outlives it. NULL: out of memory. */
struct stage_rows *stage_rows_create(struct stage *stage);
void stage_rows_destroy(struct stage_rows *rows); /* NULL is allowed */

/* Into the table, which is empty; inside a view of the store. */
levada_status stage_rows_restore(struct stage_rows *rows, struct store *store, struct error *err);

/* What has changed since stage_rows_saved, inside a transaction of the store. */
levada_status stage_rows_write(struct stage_rows *rows, struct store *store, struct error *err);
/* It is durable. */
void stage_rows_saved(struct stage_rows *rows);

#endif
