/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_ENGINE_PRIVATE_H
#define HOST_RUNTIME_ENGINE_PRIVATE_H

/* Inside runtime/ only: what engine.c, deliver.c, signals.c, watch.c and dead_letter.c share. */

#include "base/uuid.h"
#include "runtime/call.h"
#include "runtime/checkpoint.h"
#include "runtime/engine.h"
#include "runtime/positions.h"
#include "runtime/progress.h"

#include <pthread.h>
#include <stdatomic.h>

#define AGAIN_PAUSE_NS 1000000LL /* 1 ms, before a callback that said AGAIN is called again */

struct watched_field {
    struct stage *source, *reader;
    const struct levada_path *path;
    struct batch *last; /* of the source: to name what is there instead */
    bool done;
};

struct engine {
    struct engine_setup setup;
    struct call_services services;
    struct stage *polled; /* the source that stored() answers for */
    struct positions positions;
    struct ownership *ownerships; /* of sources that called assigned() */
    uint32_t n_ownerships;
    struct checkpoint *checkpoint; /* NULL: nothing is kept */
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
    uint64_t batches; /* this and the next two are read by other threads */
    int64_t lag, watermark_ms;
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
/* Stops the pipeline: "stage: text". Returns @status. */
__attribute__((format(printf, 4, 5))) levada_status engine_fail(struct engine *engine,
                                                                const struct stage *stage,
                                                                levada_status status,
                                                                const char *format, ...);
/* Tells the batch's origin of record @i: "calls.json: record 100,000 (byte 56,113,004)". */
void engine_describe_record(const struct engine *engine, const struct batch *batch, uint32_t i,
                            uint64_t byte, char *text, size_t n);

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

/*
 * TRIGGER through the graph. @ended: the input is over. @only_news: no record came since the last
 * one, so a whole result that nothing changed does not leave again.
 */
levada_status signal_trigger(struct engine *engine, bool ended, bool only_news);
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

/* ---- watch.c ---- */

/* After a batch of @source was decoded; @last: no more will come. */
levada_status watch_fields(struct engine *engine, struct stage *source, struct batch *batch);
levada_status watch_end(struct engine *engine);
void watch_finish(struct engine *engine);

#endif
