/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_CALL_H
#define HOST_RUNTIME_CALL_H

/*
 * One invocation of a plugin's callback: a transaction. Host functions collect what the callback
 * does; the engine takes it (status >= 0 and no sticky error) or forgets it. A stage has one call,
 * used again and again.
 */

#include "base/arena.h"
#include "base/error.h"
#include "runtime/stage.h"

/* The table that every module gets. Immutable. */
extern const struct levada_host call_host;
/* Its ext(): a table by its id, or NULL. */
const void *call_extension(const char *id);

struct emission {
    uint32_t port;
    struct batch *batch; /* owned */
};

struct failed_record {
    struct batch *batch; /* owned */
    uint32_t record;
    levada_status code;
    const char *why; /* in the call's scratch */
};

/* What a source may ask the engine; a table, so that runtime's parts do not need each other. */
struct call_services {
    const struct levada_position *(*stored)(void *user, const struct stage *source,
                                            const char *stream, int32_t partition);
    int64_t (*wall_ms)(void *user);
    uint32_t (*memory)(void *user); /* LEVADA_KEEPS_POSITIONS and its like */
    const char *(*identity)(void *user);
    /* Of a stage that runs apart from its pipeline (isolation/), else NULL: what its host does. */
    const struct levada_slots *(*slots)(void *user, struct levada_call *call,
                                        struct levada_batch *batch);
    void *(*resize_cell)(void *user, struct levada_call *call, uint32_t cell, uint32_t slot,
                         uint64_t n);
    uint32_t (*stream)(void *user, struct levada_call *call, const char *name);
    void *user;
};

struct levada_call {
    struct stage *stage;
    const struct call_services *services; /* NULL in create() */
    const struct stage_plan *plan;        /* create() only */
    struct arena scratch;
    struct error err; /* status < 0: sticky */
    struct emission *emissions;
    uint32_t n_emissions, room_emissions;
    struct failed_record *failed;
    uint32_t n_failed, room_failed;
    struct levada_position *positions; /* how far a source has read; texts in scratch */
    uint32_t n_positions, room_positions;
    struct batch **made; /* every handle that the callback was given, released afterwards */
    uint32_t n_made, room_made;
    struct levada_position *assigned; /* NULL: assigned() was not called */
    uint32_t n_assigned;
    uint32_t n_late;
    bool table_open; /* slots() was called: commit or roll back */
    bool is_start;   /* start(): nothing can be emitted yet */
    bool is_merge;   /* merge(): rows are written, in a transaction of the table's own */
};

void call_init(struct levada_call *call, struct stage *stage);
void call_finish(struct levada_call *call);

/* Forgets what the last callback did; releases its batches. */
void call_reset(struct levada_call *call);

/*
 * Ends the callback: its @returned, or the sticky error. On failure the table is rolled back and
 * the call holds nothing but its error; else the table is committed (after AGAIN it is rolled back,
 * too) and what the callback did is there to be taken.
 */
levada_status call_end(struct levada_call *call, levada_status returned);

/* ---- inside runtime/: what the host functions share ---- */

/* Makes the call fail; the first reason counts. Returns @status. */
__attribute__((format(printf, 3, 4))) levada_status
call_fail(struct levada_call *call, levada_status status, const char *format, ...);
/* The same with what a function below said. */
levada_status call_fail_with(struct levada_call *call, const struct error *err);
/* Gives @batch to the callback: it is released when the call is reset. NULL: out of memory. */
struct levada_batch *call_give(struct levada_call *call, struct batch *batch);
/* Room for one more element; false and a sticky error when out of memory. */
bool call_room(struct levada_call *call, void *items, uint32_t n, uint32_t *room, size_t size);

#endif
