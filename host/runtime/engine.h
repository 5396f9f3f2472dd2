/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_ENGINE_H
#define HOST_RUNTIME_ENGINE_H

/*
 * Runs one pipeline, on the thread that calls engine_run. Stages are called in turn, each batch
 * through the whole graph before the next: the call stack is the queue, so a stage that answers
 * AGAIN holds up its source and nothing else can pile up. docs/architecture.md, "Threads", says
 * why.
 *
 * A round is a trigger: read, process, TRIGGER, and where one is due CHECKPOINT and COMMIT.
 * Positions of sources move only when all that came of a poll is done.
 */

#include "base/clock.h"
#include "base/error.h"
#include "runtime/stage.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;

enum engine_trigger {
    ENGINE_CONTINUOUS, /* the next round begins as soon as there is something to read */
    ENGINE_INTERVAL,   /* at each multiple of the interval since the epoch; a missed one: at once */
    ENGINE_AVAILABLE_NOW, /* until everything that was there at the start is done */
};

/*
 * A transaction is not open for longer than this, whatever there is to read: services end one that
 * lasts. Kafka's default is a minute (transaction.timeout.ms).
 */
#define ENGINE_TRANSACTION_NS 20000000000LL

struct engine_setup {
    const char *name;
    const char *identity;        /* "PIPELINE.INSTANCE.WORKER" */
    struct stage *coordinator;   /* whose transaction commits (levada.txn/1); or NULL */
    struct stage *const *stages; /* each after those that it reads from */
    uint32_t n_stages;
    enum engine_trigger trigger;
    int64_t trigger_ns, checkpoint_every_ns, drain_timeout_ns;
    uint64_t max_records_per_trigger; /* 0: no limit */
    const char *checkpoint;           /* a folder; NULL: nothing is kept */
    struct record_space *space;
    const struct clock *clock;
    /* One line of JSON for each trigger (progress.h), on the engine's thread; or NULL. */
    void (*on_progress)(void *user, const char *json);
    void *user;
};

/* @setup is copied; the stages stay the caller's and outlive the engine. NULL: out of memory. */
struct engine *engine_create(const struct engine_setup *setup);
void engine_destroy(struct engine *engine);

/* Fields that stages read and that a source has to have: paths by source. Before engine_run. */
bool engine_watch_field(struct engine *engine, struct stage *source, struct stage *reader,
                        const struct levada_path *path);

/*
 * Until the input has ended, the pipeline was asked to stop, or it failed. LEVADA_OK, or why not;
 * @err names the stage.
 */
levada_status engine_run(struct engine *engine, struct error *err);

/*
 * Instead of a run of a pipeline with a coordinator: the streams that the host itself needs in its
 * service where the input has @n_partitions, one after another. LEVADA_CONFIG: such a run would be
 * refused, and @err says why.
 */
struct engine_need {
    const char *stream;
    const struct stage *stage; /* whose rows pass through it; NULL: it is the changelog */
};
typedef bool engine_need_fn(void *user, const struct engine_need *need); /* false: no memory */
levada_status engine_needs(struct engine *engine, uint32_t n_partitions, engine_need_fn *need,
                           void *user, struct error *err);
/*
 * For `check --connect`, asked of the service: how many partitions the input has (*source is who
 * says so; 1 where nobody shares any out), and is such a stream there, or will it be made?
 */
levada_status engine_ask_partitions(struct engine *engine, uint32_t *n, const struct stage **source,
                                    struct error *err);
levada_status engine_ask_need(struct engine *engine, const struct engine_need *need,
                              uint32_t n_partitions, uint32_t wait_ms, struct error *err);

/* After a failed run: whose failure it was; NULL: no stage's. */
const struct stage *engine_failed_stage(const struct engine *engine);

/* Asks to deliver what is in flight, commit and return. [any thread] */
void engine_stop(struct engine *engine);

/*
 * What the pipeline does now, one JSON object (docs/progress.md), to be freed: the answer that was
 * asked for, or what was told last where it does not come within @wait_ms; NULL where nothing was.
 * Many are asked first, so that they are waited for together. [any thread]
 */
uint64_t engine_ask_status(struct engine *engine);
char *engine_status(struct engine *engine, uint64_t number, uint32_t wait_ms);

/* Numbers for a progress line. [any thread] */
struct engine_progress {
    uint64_t records_in, records_out, late, dead_lettered, bad;
    uint64_t rollbacks;   /* to the last checkpoint, without a restart */
    uint64_t batches;     /* triggers that are over */
    int64_t lag;          /* in the sources' offsets (bytes of files); -1: not known */
    int64_t watermark_ms; /* of the first table; LEVADA_NO_TIME: none */
    bool started;         /* every stage has */
    bool waiting;         /* for a time, or for the checkpoint's disk: no stage is called */
    uint64_t callbacks;   /* that have returned */
};
void engine_get_progress(const struct engine *engine, struct engine_progress *progress);

#endif
