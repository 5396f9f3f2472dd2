/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_CALL_H
#define HOST_RUNTIME_CALL_H

/*
 * One invocation of a plugin's callback: a transaction. Host functions collect what the callback does;
 * the engine takes it (status >= 0 and no sticky error) or forgets it.
 */

#include "base/arena.h"
#include "base/error.h"
#include "runtime/stage.h"

/* The table that every module gets. Immutable. */
extern const struct levada_host call_host;

struct emission {
    uint32_t port;
    struct batch *batch; /* owned */
};

struct failed_record {
    struct batch *batch; /* owned */
    uint32_t record;
    levada_status code;
    const char *why; /* in the call's arena */
};

/* Where a source reads on, once the batch before it is done. */
struct call_position {
    struct levada_position position; /* texts in the call's arena */
    uint32_t emission;               /* belongs to this emission; UINT32_MAX: to none */
    const struct levada_batch *batch;
};

struct levada_call {
    struct stage *stage;
    struct engine *engine;         /* NULL in create() */
    const struct stage_plan *plan; /* create() only */
    struct arena scratch;
    struct error err; /* status < 0: sticky */
    struct emission *emissions;
    uint32_t n_emissions, room_emissions;
    struct failed_record *failed;
    uint32_t n_failed, room_failed;
    struct call_position *positions;
    uint32_t n_positions, room_positions;
    struct batch **made; /* every handle that the callback got, to be released */
    uint32_t n_made, room_made;
    bool assigned; /* assigned() was called: `positions` beyond are in assigned_* */
    struct levada_position *assigned_all;
    uint32_t n_assigned;
    bool table_open; /* slots() was called */
};

/* A call is made once for a stage and used again and again. */
void call_init(struct levada_call *call, struct stage *stage, struct engine *engine);
void call_finish(struct levada_call *call);

/* Forgets what the last callback did; releases its batches. To be called after take or discard. */
void call_reset(struct levada_call *call);

/* The outcome: the callback's @returned, or the sticky error. The sentence is in call->err. */
levada_status call_status(struct levada_call *call, levada_status returned);

#endif
