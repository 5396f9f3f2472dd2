/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_ENGINE_PRIVATE_H
#define HOST_RUNTIME_ENGINE_PRIVATE_H

/* Inside runtime/ only: what engine.c, read.c, deliver.c, signals.c, watch.c and dead_letter.c
 * share. */

#include "base/uuid.h"
#include "runtime/call.h"
#include "runtime/checkpoint.h"
#include "runtime/engine.h"
#include "runtime/positions.h"
#include "runtime/progress.h"
#include "runtime/status.h"

#include <pthread.h>
#include <stdatomic.h>

#define AGAIN_PAUSE_NS 1000000LL /* 1 ms, before a callback that said AGAIN is called again */

struct watched_field {
    struct stage *source, *reader;
    const struct levada_path *path;
    struct batch *last; /* of the source: to name what is there instead */
    bool done;
};

/* How long something that fails for now has been tried. Zero: it has not failed yet. */
struct patience {
    int64_t started_ns, pause_ns;
};

/* State that is being read from a changelog: for those who wait. */
struct restoring {
    bool is_running;
    int32_t partition;
    uint64_t read, left;
};

struct engine {
    struct engine_setup setup;
    struct call_services services;
    struct positions positions;
    struct positions committed; /* as they were at the last COMMIT, */
    uint64_t committed_epoch;   /* and the epoch that followed it */
    struct patience losing;     /* since the first of n_losses after it */
    uint32_t n_losses;
    bool dirty;         /* a record was delivered, or a trigger begun, since then */
    struct stage *lost; /* it said LOST: the round is void */
    char lost_why[sizeof(((struct error *)0)->text)];
    struct ownership *ownerships; /* of sources that called assigned() */
    uint32_t n_ownerships;
    struct checkpoint *checkpoint;   /* NULL: nothing is kept here */
    struct transaction *transaction; /* NULL: no sink's transaction commits */
    struct restoring restoring;
    struct status_desk desk;
    int64_t started_ns;
    bool is_running; /* stages have started, and what was kept is back */
    struct watched_field *watched;
    uint32_t n_watched, n_watching;
    uint64_t epoch;
    char id[UUID_SIZE], run_id[UUID_SIZE];
    struct progress_mark mark;   /* of the running trigger, if anybody wants reports */
    struct progress_times times; /* likewise */
    int64_t last_mark_ns;
    int64_t last_checkpoint_ns, next_trigger_ms;
    bool uncommitted; /* a round was finished since the last checkpoint */
    bool draining;    /* a source wants a checkpoint before it is polled again */
    uint64_t batches; /* this and the next four are read by other threads */
    int64_t lag, watermark_ms;
    bool started, waiting;
    int64_t noted_ns; /* when they were */
    bool reader_gone; /* nobody reads a sink's output any more: end quietly */
    struct error err; /* what stops the pipeline */
    const struct stage *failed;

    pthread_mutex_t lock; /* of the two below */
    pthread_cond_t wake;
    bool stopping;
    int64_t stop_ns;
};

/* ---- engine.c ---- */

static inline int64_t
engine_now_ns(const struct engine *engine)
{
    return engine->setup.clock->monotonic_ns(engine->setup.clock);
}

bool engine_is_stopping(struct engine *engine);
/* Waits up to @ns, less when the pipeline is asked to stop. False once drain_timeout is over, too.
 */
bool engine_wait(struct engine *engine, int64_t ns);
/* LEVADA_KEEPS_POSITIONS | LEVADA_HAS_STATE */
uint32_t engine_memory(const struct engine *engine);
/* What was saved comes back, to stages that hold nothing. */
levada_status engine_load_checkpoint(struct engine *engine);
/* Stops the pipeline: "stage: text". Returns @status. */
__attribute__((format(printf, 4, 5))) levada_status engine_fail(struct engine *engine,
                                                                const struct stage *stage,
                                                                levada_status status,
                                                                const char *format, ...);
/* Tells the batch's origin of record @i: "calls.json: record 100,000 (byte 56,113,004)". */
void engine_describe_record(const struct engine *engine, const struct batch *batch, uint32_t i,
                            uint64_t byte, char *text, size_t n);

/* ---- patience.c ---- */

/* Waits before the next try; false: the stage's retry_for is over, or the pipeline's drain_timeout.
 */
bool patience_wait(struct engine *engine, struct stage *stage, struct patience *patience,
                   const char *why);
int64_t patience_seconds(const struct engine *engine, const struct patience *patience);

/* A callback that can be called again with the same arguments. */
struct attempt {
    levada_status (*run)(struct stage *stage, void *user); /* on a call that was reset */
    void *user;
    const char *what;    /* "start()": for messages */
    bool may_lose;       /* LEVADA_LOST is no failure: rollback_ask() */
    bool ends_with_stop; /* LEVADA_AGAIN, instead of waiting, once the pipeline is to stop */
};
/*
 * Calls it until it is done: after AGAIN a little later, after RETRY for as long as the stage's
 * retry_for. What it did is in the stage's call; a failure is in engine->err.
 */
levada_status patience_call(struct engine *engine, struct stage *stage,
                            const struct attempt *attempt);

/* ---- read.c ---- */

struct round {
    uint64_t records; /* read so far */
    int64_t started_ns;
    bool limited; /* max_records_per_trigger was reached */
};

/* Reads and delivers until the trigger's input is over, as far as the sources have it now. */
levada_status read_round(struct engine *engine, struct round *round);
/* Takes what a callback of @source did: records are delivered, then what it said of partitions. */
levada_status read_outcome(struct engine *engine, struct stage *source);
/* Has every source ended; or is it done as far as this run goes ("available_now")? */
bool read_all_ended(const struct engine *engine);
bool read_all_done(const struct engine *engine);

/* ---- deliver.c ---- failures are in engine->err ---- */

/* Gives a batch to an input port; everything that comes of it is delivered before this returns. */
levada_status deliver(struct engine *engine, struct stage *stage, uint32_t port,
                      struct batch *batch);
/* Delivers what a finished callback emitted, then deals with the records that failed in it. */
levada_status deliver_outcome(struct engine *engine, struct stage *stage);
/* Sends a batch out of a port. */
levada_status deliver_out(struct engine *engine, struct stage *stage, uint32_t port,
                          struct batch *batch);
/* Everything from one poll of a source: decoded, its bad records dealt with, the rest delivered. */
levada_status deliver_polled(struct engine *engine, struct stage *source);

/* ---- split.c ---- */

/* As deliver_out, from a source; each partition in its own context where it has one. */
levada_status deliver_polled_out(struct engine *engine, struct stage *source, uint32_t port,
                                 struct batch *batch);

/* ---- dead_letter.c ---- */

struct bad_letter {
    uint32_t record;
    uint64_t byte; /* inside the record's value */
    const char *why;
};
/*
 * Records of @batch that @stage cannot take, by its error policy: they stop the pipeline, or are
 * counted and sent to the dead-letter stage.
 */
levada_status dead_letter(struct engine *engine, struct stage *stage, struct batch *batch,
                          const struct bad_letter *letters, uint32_t n);

/* ---- signals.c ---- */

struct levada_signal signal_make(const struct engine *engine, uint32_t kind);
/* Until the stage has done what it says; then delivers what came of it. */
levada_status signal_stage(struct engine *engine, struct stage *stage,
                           const struct levada_signal *signal);
/*
 * TRIGGER through the graph. @ended: the input is over. @flush: so is what this run reads of it,
 * and windows close where on_end says so. @only_news: no record came since the last one, so a whole
 * result that nothing changed does not leave again.
 */
levada_status signal_trigger(struct engine *engine, bool ended, bool flush, bool only_news);
/* merge() of rows of @stage, pair by pair; what fails is in engine->err, too. */
levada_status signal_merge(struct engine *engine, struct stage *stage,
                           const struct levada_slots *pairs, struct error *err);
levada_status signal_all(struct engine *engine, uint32_t kind);
/* RESTORE, to all stages or to one. */
levada_status signal_restore(struct engine *engine);
levada_status signal_restore_stage(struct engine *engine, struct stage *stage);

/* ---- partitions.c ---- */

/* After a callback of @source: what it said with assigned(). */
levada_status partitions_take(struct engine *engine, struct stage *source);
/* Before a trigger: every table hears which partitions it has to wait for. */
levada_status partitions_settle(struct engine *engine);
/* Partitions that have been at their end for idle_after stop to hold back the watermark. */
void partitions_notice_idle(struct engine *engine);
/* Has a table something to emit although no record came? */
bool partitions_have_news(const struct engine *engine);
void partitions_finish(struct engine *engine);

/* ---- watermarks.c ---- */

/* WATERMARK, where the one of the stage's input has moved on since it was told. @ended: the last.
 */
levada_status watermarks_tell(struct engine *engine, struct stage *stage, bool ended);

/* ---- rollback.c ---- */

/* This is where a rollback leads: COMMIT is over, and @next_epoch follows. */
levada_status rollback_mark(struct engine *engine, uint64_t next_epoch);
/* Notes that @stage said LOST, and why; returns it, which is no failure but the end of the round.
 */
levada_status rollback_ask(struct engine *engine, struct stage *stage);
/*
 * All since the last COMMIT is void, as a stage said (rollback_ask): ABORT, then everything the
 * host remembers goes back to that COMMIT, then RESTORE; again, where that is lost as well. A round
 * that was being read is over; the next begins there.
 */
levada_status roll_back(struct engine *engine);

/* ---- watch.c ---- */

/* After a batch of @source was decoded; @last: no more will come. */
levada_status watch_fields(struct engine *engine, struct stage *source, struct batch *batch);
levada_status watch_end(struct engine *engine);
void watch_finish(struct engine *engine);

#endif
