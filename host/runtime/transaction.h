/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_TRANSACTION_H
#define HOST_RUNTIME_TRANSACTION_H

/*
 * A pipeline whose commit is a transaction of its sink's service (levada.txn/1): the sink's output,
 * the sources' positions and a changelog of the state become durable together, and where hosts
 * share an input (levada.group/1) the state of each partition moves with it. docs/exactly-once.md
 */

#include "base/error.h"
#include "runtime/stage.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct engine;
struct transaction;

/* The sink is one that offers levada.txn/1. NULL: out of memory. */
struct transaction *transaction_create(struct engine *engine, struct stage *sink);
void transaction_destroy(struct transaction *transaction); /* NULL is allowed */

/* ---- failures are in engine->err, or LEVADA_LOST: what was begun is void ---- */

/* Once stages are started, before RESTORE. */
levada_status transaction_open(struct transaction *transaction);
/* A source said with assigned() what is its own: state comes and goes. */
levada_status transaction_assign(struct transaction *transaction, const struct stage *source,
                                 const struct levada_position *all, uint32_t n);
/* Between CHECKPOINT and COMMIT: the point of no return. */
levada_status transaction_commit(struct transaction *transaction);
/* After ABORT: all state is read again. */
levada_status transaction_read_again(struct transaction *transaction);

/* ---- each partition in its own context ---- */

/* Has each partition tables of its own? */
bool transaction_is_parted(const struct transaction *transaction); /* NULL: no */
/* What is delivered from here on is of @partition, until transaction_leave. */
levada_status transaction_enter(struct transaction *transaction, const struct stage *source,
                                int32_t partition);
void transaction_leave(struct transaction *transaction);
/*
 * What comes through a repartition topic: is @batch, which has records, of one? Then its rows and
 * times are for the merged tables, and for no stage.
 */
bool transaction_takes(const struct transaction *transaction, const struct batch *batch);
levada_status transaction_take(struct transaction *transaction, const struct stage *source,
                               struct batch *batch);
/* Is that a partition of such a topic, and none of the input? */
bool transaction_is_exchange(const struct transaction *transaction,
                             const struct levada_position *position);
/* Is there something to tell the merged tables, although no record came? */
bool transaction_has_news(const struct transaction *transaction);

/*
 * ---- a run that ends once it has caught up ----
 *
 * The input is read here, but what others read of it may still be on its way to us.
 */
bool transaction_waits(const struct transaction *transaction); /* NULL: no */
/* Do others wait for a commit of ours? */
bool transaction_owes(const struct transaction *transaction);
/* Asks the group; once it has read all, the ends of our repartition topics are known. */
levada_status transaction_catch_up(struct transaction *transaction);

/* The partitions that have state here, in order; 0 where they have none of their own. */
uint32_t transaction_n_parts(const struct transaction *transaction);
void transaction_enter_part(struct transaction *transaction, uint32_t part);
/* Before a trigger, of the part in hand: rows that leave change its state, records or not. */
void transaction_note_news(struct transaction *transaction, uint32_t part);

#endif
