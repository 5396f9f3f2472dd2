/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_bench.h"

#include "runtime/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

const struct levada_host *levada = &call_host;

static int64_t bench_ns;

static int64_t
pass(const struct clock *clock)
{
    (void)clock;
    return bench_ns += 1000000;
}

static int64_t
wall(const struct clock *clock)
{
    (void)clock;
    return bench_ns / 1000000;
}

const struct clock bench_clock = { pass, wall };

void
bench_pass_ns(int64_t ns)
{
    bench_ns += ns;
}

void
bench_open(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    bench->space = record_space_create();
    assert_non_null(bench->space);
}

void
bench_close(struct bench *bench)
{
    engine_destroy(bench->engine);
    for (uint32_t i = 0; i < bench->n; i++)
        stage_destroy(bench->stages[i]);
    record_space_destroy(bench->space);
}

struct stage *
bench_add(struct bench *bench, const struct levada_stage *op)
{
    struct stage *stage = stage_create(op, "test", op->id, (struct place){ 0 }, bench->space);
    assert_non_null(stage);
    assert_true(bench->n < sizeof(bench->stages) / sizeof(bench->stages[0]));
    stage->errors.retry_for_ns = 60000000000;
    bench->stages[bench->n++] = stage;
    return stage;
}

static struct place
nowhere(void *user, const char *option)
{
    (void)user;
    (void)option;
    return (struct place){ 0 };
}

void
bench_plan(struct stage *stage)
{
    struct problems problems = { 0 };
    const struct stage_plan plan = { .problems = &problems, .option_at = nowhere };
    stage_plan(stage, &plan);
    assert_int_equal(problems.n_errors, 0);
    problems_finish(&problems);
}

void
bench_join(struct stage *from, uint32_t port_number, struct stage *to, uint32_t to_port)
{
    struct port *port = &from->ports[port_number];
    port->edges = realloc(port->edges, (port->n_edges + 1) * sizeof(*port->edges));
    port->edges[port->n_edges++] = (struct edge){ to, to_port };
}

void
bench_chain(struct bench *bench)
{
    for (uint32_t i = 0; i + 1 < bench->n; i++)
        bench_join(bench->stages[i], 0, bench->stages[i + 1], 0);
}

/* ---- counts in windows ---- */

static levada_status
windows_create(void *self, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)self;
    (void)ctx;
    levada->cell(call, "count", LEVADA_T_I64, 0);
    return LEVADA_OK;
}

static levada_status
windows_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_slots *slots = levada->slots(call, batch);
    (void)self;
    (void)port;
    for (uint32_t k = 0; slots != NULL && k < slots->n; k++)
        ((int64_t *)slots->cell[0])[slots->slot[k]]++;
    return LEVADA_ABSORBED;
}

static levada_status
windows_merge(void *self, struct levada_call *call, const struct levada_slots *pairs)
{
    int64_t *counts = pairs->cell[0];
    (void)self;
    (void)call;
    for (uint32_t k = 0; k < pairs->n; k++)
        counts[pairs->slot[k]] += counts[pairs->record[k]];
    return LEVADA_OK;
}

const struct levada_stage bench_windows = {
    .struct_size = sizeof(bench_windows),
    .kind = LEVADA_AGGREGATE,
    .id = "windows",
    .caps = LEVADA_CAP_TABLE,
    .create = windows_create,
    .process = windows_process,
    .merge = windows_merge,
};

struct stage *
bench_add_windows(struct bench *bench, const struct levada_stage *op, int64_t window_ms)
{
    struct stage *stage = bench_add(bench, op);
    stage->table_options.window = window_ms * 1000000;
    stage->table_options.watermark = 1000000;
    stage->table_options.output_mode = TABLE_APPEND;
    stage->table_options.on_end = TABLE_FLUSH;
    return stage;
}

/* ---- running ---- */

struct engine_setup
bench_setup(struct bench *bench)
{
    return (struct engine_setup){
        .name = "test",
        .stages = bench->stages,
        .n_stages = bench->n,
        .trigger = ENGINE_AVAILABLE_NOW,
        .drain_timeout_ns = 30000000000,
        .space = bench->space,
        .clock = &bench_clock,
    };
}

levada_status
bench_run(struct bench *bench, const struct engine_setup *setup)
{
    bench->engine = engine_create(setup);
    assert_non_null(bench->engine);
    return engine_run(bench->engine, &bench->err);
}
