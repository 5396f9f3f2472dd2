/* SPDX-License-Identifier: Apache-2.0 */
/* The stage in a pipeline with the real engine: a source above it, a sink below. */
#include "base/clock.h"
#include "base/strbuf.h"
#include "conformance/cases.h"
#include "conformance/probe.h"
#include "conformance/verdict.h"
#include "runtime/engine.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS 500u
#define PER_POLL 60u
#define ENOUGH 2000u

static struct {
    struct instance *instance; /* of the stage in the middle */
    struct engine *engine;
    uint32_t made, taken;
} line;

static levada_status
make_records(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct levada_batch *batch = call_host.batch(call, 0);
    (void)self, (void)wait_ms;
    for (uint32_t i = 0; i < max_records && i < PER_POLL && line.made < RECORDS; i++) {
        struct strbuf text = { 0 };
        instance_record(line.instance, line.made, &text);
        struct levada_record record = {
            .value = { strbuf_text(&text), text.n - 1 },
            .timestamp_ms = 1700000000000 + line.made * 1000LL,
            .offset = line.made,
            .number = line.made,
            .stream = call_host.stream(call, "conformance"),
        };
        call_host.append(call, batch, &record, 1, sizeof(record));
        strbuf_finish(&text);
        line.made++;
    }
    call_host.emit(call, 0, batch);
    return line.made < RECORDS ? LEVADA_OK : LEVADA_END;
}

static levada_status
take_records(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    (void)self, (void)port;
    line.taken += batch->n;
    if (line.taken >= ENOUGH)
        engine_stop(line.engine);
    return call_host.records(call, batch) != NULL ? LEVADA_OK : LEVADA_RETRY;
}

static const struct levada_stage maker = {
    .struct_size = sizeof(maker),
    .kind = LEVADA_SOURCE,
    .id = "maker",
    .summary = "Makes the records that the stage reads.",
    .poll = make_records,
};

static const struct levada_stage taker = {
    .struct_size = sizeof(taker),
    .kind = LEVADA_SINK,
    .id = "taker",
    .summary = "Takes what the stage gives.",
    .process = take_records,
};

static struct stage *
add_stage(struct instance *instance, const struct levada_stage *op)
{
    struct stage *stage =
        stage_create(op, "conformance", op->id, instance->rig->at, instance->space);
    if (stage != NULL)
        stage->created = true;
    return stage;
}

static void
connect(struct stage *from, struct stage *to, uint32_t n_ports)
{
    from->ports[0].edges = calloc(n_ports, sizeof(struct edge));
    for (uint32_t p = 0; p < n_ports; p++)
        from->ports[0].edges[from->ports[0].n_edges++] = (struct edge){ to, p };
}

static void
run_line(struct instance *instance)
{
    struct rig *rig = instance->rig;
    struct error err = { .status = LEVADA_OK };
    struct stage *stages[3];
    uint32_t n = 0;
    struct stage *above = rig_is_source(rig) ? NULL : add_stage(instance, &maker);
    struct stage *below = rig->op.kind == LEVADA_SINK ? NULL : add_stage(instance, &taker);
    if (above != NULL) {
        connect(above, instance->stage, rig->op.n_inputs > 0 ? rig->op.n_inputs : 1);
        stages[n++] = above;
    }
    stages[n++] = instance->stage;
    if (below != NULL) {
        connect(instance->stage, below, 1);
        stages[n++] = below;
    }
    for (uint32_t s = 0; s < n; s++)
        stages[s]->errors.tolerate = true;
    const struct engine_setup setup = {
        .name = "conformance",
        .stages = stages,
        .n_stages = n,
        .trigger = ENGINE_AVAILABLE_NOW,
        .max_records_per_trigger = rig_is_source(rig) ? ENOUGH : 0,
        .drain_timeout_ns = 1000000000,
        .space = instance->space,
        .clock = &clock_system,
    };
    line.engine = engine_create(&setup);
    levada_status status = engine_run(line.engine, &err);
    bool outside = status != LEVADA_FATAL && engine_failed_stage(line.engine) == instance->stage;
    if (outside)
        verdict_skip("the pipeline says: %s", err.text);
    else if (status < 0)
        verdict_fault("run", "the pipeline stopped: %s", err.text);
    engine_destroy(line.engine);
    stage_destroy(below);
    instance_destroy(instance);
    stage_destroy(above);
}

static void
runs_in_a_pipeline(struct rig *rig)
{
    static struct instance instance;
    if (!rig_open(rig))
        return;
    if (!instance_create(&instance, rig, NULL)) {
        instance_destroy(&instance);
        return;
    }
    if (rig_is_source(rig) && instance.stage->endless && (rig->op.caps & LEVADA_CAP_REPLAY) == 0) {
        verdict_skip("it does not end by itself, nor does it say where its end is now");
        instance_destroy(&instance);
        return;
    }
    line.instance = &instance;
    line.made = line.taken = 0;
    run_line(&instance);
}

static void
runs_in_a_newer_pipeline(struct rig *rig)
{
    probe_setup.newer = probe_setup.shield = true;
    runs_in_a_pipeline(rig);
}

const struct test_case cases_run[] = {
    { "run.pipeline", "runs in a pipeline to the end of its input", CASE_OF_STAGE, false,
      runs_in_a_pipeline },
    { "run.newer_pipeline", "likewise in a newer host, with data that cannot be written",
      CASE_OF_STAGE, false, runs_in_a_newer_pipeline },
    { .name = NULL },
};
