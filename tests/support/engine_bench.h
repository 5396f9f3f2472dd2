/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_ENGINE_BENCH_H
#define TESTS_SUPPORT_ENGINE_BENCH_H

/* A pipeline of stages that a test made, on a clock that moves only when it is asked. */

#include "runtime/engine.h"

struct bench {
    struct record_space *space;
    struct stage *stages[6];
    uint32_t n;
    struct engine *engine;
    struct error err;
};

/* A millisecond passes with each look, so that waiting needs no time. */
extern const struct clock bench_clock;
void bench_pass_ns(int64_t ns); /* so much passes at once */

void bench_open(struct bench *bench);
void bench_close(struct bench *bench);
/* Counts records as "count", by window and group. */
extern const struct levada_stage bench_windows;
/* The same or what was made of it, not planned yet: windows of so many ms, which the watermark
 * closes a millisecond behind their end, and the end of the input all. */
struct stage *bench_add_windows(struct bench *bench, const struct levada_stage *op,
                                int64_t window_ms);
/* Ready to be planned or run; retries for a minute. */
struct stage *bench_add(struct bench *bench, const struct levada_stage *op);
/* From a port of one stage to an input of another. */
void bench_join(struct stage *from, uint32_t port, struct stage *to, uint32_t to_port);
/* create(), where nothing may be wrong. */
void bench_plan(struct stage *stage);
/* Each stage reads the one before it. */
void bench_chain(struct bench *bench);
/* For "available_now", until everything is done. */
struct engine_setup bench_setup(struct bench *bench);
levada_status bench_run(struct bench *bench, const struct engine_setup *setup);

#endif
