/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stage costs that does nothing: a batch goes through many of them with the real engine
 * around it, and through none. Beside it the plain copy of a record of 500 bytes. With the plugin's
 * file the same of one stage that runs in a process of its own.
 *
 *   empty_stage RECORDS_PER_BATCH [FILE.so]
 *       prints "ns per record and stage <TAB> ns per record copied"
 */
#include "base/clock.h"
#include "isolation/isolation.h"
#include "runtime/call.h"
#include "runtime/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGES 32u
#define RECORDS 4000000u
#define RECORD_BYTES 500u
#define ROUNDS 7

static struct batch *input; /* the same each time */
static uint32_t per_batch, polls_left;

static levada_status
poll_input(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    (void)self, (void)max_records, (void)wait_ms;
    call_host.emit(call, 0, batch_public(input));
    return --polls_left > 0 ? LEVADA_OK : LEVADA_END;
}

static levada_status
pass_on(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    (void)self, (void)port;
    return call_host.emit(call, 0, batch);
}

static levada_status
drop(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    (void)self, (void)call, (void)port, (void)batch;
    return LEVADA_OK;
}

static const struct levada_stage source = { .struct_size = sizeof(source),
                                            .kind = LEVADA_SOURCE,
                                            .id = "source",
                                            .summary = "S.",
                                            .poll = poll_input };
static const struct levada_stage empty = { .struct_size = sizeof(empty),
                                           .kind = LEVADA_TRANSFORM,
                                           .id = "empty",
                                           .summary = "E.",
                                           .process = pass_on };
static const struct levada_stage sink = {
    .struct_size = sizeof(sink), .kind = LEVADA_SINK, .id = "sink", .summary = "S.", .process = drop
};

static void
must(bool fine)
{
    if (!fine)
        abort();
}

static void
make_input(struct record_space *space)
{
    static char text[RECORD_BYTES];
    struct error err;
    memset(text, ' ', sizeof(text));
    memcpy(text, "{\"n\":1}", 7);
    const struct levada_record record = { .value = { text, sizeof(text) },
                                          .timestamp_ms = LEVADA_NO_TIME,
                                          .number = -1 };
    input = batch_create(space, 0);
    for (uint32_t i = 0; i < per_batch; i++)
        must(batch_append(input, &record, 1, sizeof(record), &err) == LEVADA_OK);
}

/* create() of a stage, which for an isolated one starts its process. */
static void
isolate(struct stage *stage, const char *file)
{
    static const struct isolation_spec spec = { .process = true,
                                                .time_limit_ns = INT64_C(60000000000),
                                                .attempts = 1 };
    static const struct setting no_options = { .type = SETTING_GROUP };
    struct problems problems = { 0 };
    struct stage_plan plan = { .problems = &problems };
    stage->created = false;
    stage->file = file;
    must(isolation_attach(stage, &spec, &no_options));
    stage_plan(stage, &plan);
    must(problems.n_errors == 0);
}

static bool
fill_nothing(struct stage *stage, const struct setting *settings, struct problems *problems)
{
    (void)stage, (void)settings, (void)problems;
    return true;
}

static levada_status
accept(const struct levada_stage *stage, struct error *err)
{
    (void)stage, (void)err;
    return LEVADA_OK;
}

/* Seconds for all records through @n empty stages; with @file in processes of their own. */
static double
run(uint32_t n, const char *file)
{
    struct stage *stages[STAGES + 2];
    struct record_space *space = record_space_create();
    struct place nowhere = { .file = NULL };
    struct error err;
    make_input(space);
    for (uint32_t s = 0; s < n + 2; s++) {
        const struct levada_stage *op = s == 0 ? &source : s == n + 1 ? &sink : &empty;
        stages[s] = stage_create(op, "bench", op->id, nowhere, space);
        must(stages[s] != NULL);
        stages[s]->created = true;
        if (op == &empty && file != NULL)
            isolate(stages[s], file);
        if (s == 0)
            continue;
        struct port *port = &stages[s - 1]->ports[0];
        port->edges = calloc(1, sizeof(*port->edges));
        port->edges[port->n_edges++] = (struct edge){ stages[s], 0 };
    }
    const struct engine_setup setup = { .name = "bench",
                                        .stages = stages,
                                        .n_stages = n + 2,
                                        .trigger = ENGINE_AVAILABLE_NOW,
                                        .drain_timeout_ns = 1000000000,
                                        .space = space,
                                        .clock = &clock_system };
    struct engine *engine = engine_create(&setup);
    polls_left = RECORDS / per_batch;
    int64_t before = clock_system.monotonic_ns(&clock_system);
    must(engine_run(engine, &err) >= 0);
    int64_t took = clock_system.monotonic_ns(&clock_system) - before;
    engine_destroy(engine);
    batch_release(input);
    for (uint32_t s = n + 2; s-- > 0;)
        stage_destroy(stages[s]);
    record_space_destroy(space);
    return (double)took / 1e9;
}

/* Seconds to copy all records once, batch by batch. */
static double
copy(void)
{
    char *from = malloc((size_t)per_batch * RECORD_BYTES);
    char *to = malloc((size_t)per_batch * RECORD_BYTES);
    must(from != NULL && to != NULL);
    memset(from, 'x', (size_t)per_batch * RECORD_BYTES);
    int64_t before = clock_system.monotonic_ns(&clock_system);
    for (uint32_t b = 0; b < RECORDS / per_batch; b++) {
        for (uint32_t i = 0; i < per_batch; i++)
            memcpy(to + (size_t)i * RECORD_BYTES, from + (size_t)i * RECORD_BYTES, RECORD_BYTES);
        __asm__ volatile("" ::"r"(to) : "memory"); /* all of it is wanted */
    }
    int64_t took = clock_system.monotonic_ns(&clock_system) - before;
    free(from);
    free(to);
    return (double)took / 1e9;
}

static int
compare(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

int
main(int argc, char **argv)
{
    static const struct isolation_hooks hooks = { &call_host, accept, fill_nothing };
    double stage_ns[ROUNDS], copy_ns[ROUNDS];
    if (isolation_is_helper(argc, argv))
        return isolation_help(&hooks);
    const char *file = argc > 2 ? argv[2] : NULL;
    uint32_t n_stages = file != NULL ? 1 : STAGES;
    per_batch = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    if (per_batch == 0) {
        fprintf(stderr, "usage: empty_stage RECORDS_PER_BATCH [FILE.so]\n");
        return 64;
    }
    for (int r = 0; r < ROUNDS; r++) {
        double none = run(0, NULL), all = run(n_stages, file);
        stage_ns[r] = (all - none) / n_stages / RECORDS * 1e9;
        copy_ns[r] = copy() / RECORDS * 1e9;
    }
    qsort(stage_ns, ROUNDS, sizeof(double), compare);
    qsort(copy_ns, ROUNDS, sizeof(double), compare);
    printf("%.3f\t%.3f\n", stage_ns[ROUNDS / 2], copy_ns[ROUNDS / 2]);
    return 0;
}
