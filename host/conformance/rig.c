/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/rig.h"

#include "base/clock.h"
#include "base/strbuf.h"
#include "conformance/account.h"
#include "conformance/probe.h"
#include "conformance/verdict.h"
#include "pipeline/pipeline.h"
#include "pipeline/stage_options.h"
#include "runtime/callback.h"

#include <levada/helpers.h>
#include <stdio.h>
#include <string.h>

/* What may still be AGAIN after this many tries will be so for ever. */
#define MOST_AGAIN 500

bool
rig_open(struct rig *rig)
{
    struct error err = { .status = LEVADA_OK };
    struct loader_setup setup = { .host = probe_host(), .option_check = pipeline_check_options };
    plugin_file_read(rig->file, &rig->plugin);
    if (rig->plugin.problem.status != LEVADA_OK) {
        verdict_fault("note", "%s", rig->plugin.problem.text);
        return false;
    }
    verdict_enter("levada_module_v1");
    levada_status status = module_open(&rig->plugin, &setup, &rig->module, &err);
    verdict_enter(NULL);
    verdict->callback[0] = '\0';
    if (status != LEVADA_OK) {
        verdict_fault("descriptor", "%s", err.text);
        return false;
    }
    for (size_t i = 0; rig->id != NULL && i < rig->plugin.n_stages; i++) {
        if (strcmp(rig->plugin.stages[i], rig->id) == 0)
            probe_wrap(rig->module.plugins[i].stage, &rig->op);
    }
    return true;
}

void
rig_close(struct rig *rig)
{
    module_close(&rig->module);
    plugin_file_finish(&rig->plugin);
    arena_finish(&rig->arena);
}

/* ---- instances ---- */

static const struct levada_position *
service_stored(void *user, const struct stage *stage, const char *stream, int32_t partition)
{
    struct instance *instance = user;
    (void)stage, (void)stream;
    instance->stored.partition = partition;
    return instance->has_stored ? &instance->stored : NULL;
}

static int64_t
service_wall_ms(void *user)
{
    (void)user;
    return clock_system.wall_ms(&clock_system);
}

static uint32_t
service_memory(void *user)
{
    (void)user;
    return LEVADA_KEEPS_POSITIONS;
}

static struct place
option_at(void *user, const char *option)
{
    (void)option;
    return ((struct instance *)user)->rig->at;
}

/* Lives as long as the instance, which the stage points to. */
static struct call_services
services_of(struct instance *instance)
{
    return (struct call_services){ .stored = service_stored,
                                   .wall_ms = service_wall_ms,
                                   .memory = service_memory,
                                   .user = instance };
}

static bool
plan(struct instance *instance, const struct setting *options, struct problems *problems)
{
    const struct stage_plan plan = {
        .problems = problems, .option_at = option_at, .user = instance, .finite_input = true
    };
    if (!stage_options_fill(instance->stage, options, problems))
        return false;
    stage_plan(instance->stage, &plan);
    return problems->n_errors == 0;
}

bool
instance_create(struct instance *instance, struct rig *rig, const struct setting *options)
{
    struct problems problems = { .n = 0 };
    *instance = (struct instance){ .rig = rig, .space = record_space_create() };
    instance->stage = stage_create(&rig->op, "conformance", rig->id, rig->at, instance->space);
    instance->decoder = batch_decoder_create(instance->space);
    bool fine = plan(instance, options != NULL ? options : rig->options, &problems);
    if (!fine && problems.n > 0) {
        const struct problem *first = &problems.items[0];
        const char *nearest = first->suggestion;
        snprintf(instance->problem, sizeof(instance->problem), "%s%s%s%s",
                 first->message != NULL ? first->message : "",
                 nearest != NULL ? " (did you mean \"" : "", nearest != NULL ? nearest : "",
                 nearest != NULL ? "\"?)" : "");
    }
    problems_finish(&problems);
    return fine;
}

void
instance_destroy(struct instance *instance)
{
    stage_destroy(instance->stage);
    batch_decoder_destroy(instance->decoder);
    record_space_destroy(instance->space);
}

static const struct call_services *
install_services(struct instance *instance)
{
    static struct call_services services; /* cases call one instance after the other */
    services = services_of(instance);
    instance->stage->call->services = &services;
    return &services;
}

/* Things of the world that a stage may need and a test has not. */
static bool
is_for_want_of(levada_status status)
{
    return status == LEVADA_NO_INPUT || status == LEVADA_NO_OUTPUT ||
           status == LEVADA_UNAVAILABLE || status == LEVADA_CONFIG || status == LEVADA_IO ||
           status == LEVADA_RETRY;
}

bool
instance_start(struct instance *instance)
{
    struct levada_call *call = instance->stage->call;
    install_services(instance);
    call_reset(call);
    if (instance->stage->op->start != NULL) {
        levada_status status = call_end(call, callback_start(instance->stage));
        if (status < 0) {
            if (is_for_want_of(status) || probe_has_failed())
                verdict_skip("start() says: %s", call->err.text);
            else
                verdict_fault("start", "failed: %s", call->err.text);
            return false;
        }
    }
    call_reset(call);
    instance->stage->started = true;
    return instance_signal(instance, LEVADA_SIG_RESTORE) >= 0 || probe_has_failed();
}

bool
instance_begin(struct instance *instance, struct rig *rig)
{
    if (!instance_create(instance, rig, NULL))
        verdict_fault("options",
                      "refused the options it is tried with: %s; --options and --set give others",
                      instance->problem);
    else if (instance_start(instance))
        return true;
    instance_destroy(instance);
    return false;
}

/* ---- callbacks ---- */

/* What was emitted is read, or why it failed is kept; then the call is forgotten. */
static void
settle(struct instance *instance, levada_status status)
{
    struct levada_call *call = instance->stage->call;
    if (status >= 0)
        account_emissions(instance);
    else
        snprintf(instance->problem, sizeof(instance->problem), "%.*s",
                 (int)sizeof(instance->problem) - 1, call->err.text);
    call_reset(call);
}

levada_status
instance_process(struct instance *instance, uint32_t port, struct batch *batch)
{
    struct levada_call *call = instance->stage->call;
    levada_status status = LEVADA_AGAIN;
    install_services(instance);
    for (int i = 0; status == LEVADA_AGAIN && i < MOST_AGAIN; i++) {
        struct batch *handle = batch_clone(batch);
        call_reset(call);
        status = call_end(call, callback_process(instance->stage, port, handle));
        batch_release(handle);
        if (status == LEVADA_AGAIN && call->n_emissions > 0)
            verdict_fault("again", "answered AGAIN, which says that nothing is done, and emitted");
    }
    if (status == LEVADA_AGAIN)
        verdict_fault("again", "answered AGAIN %d times for one batch", MOST_AGAIN);
    else if (status >= 0)
        account_process(instance, batch, status);
    settle(instance, status);
    return status;
}

levada_status
instance_poll(struct instance *instance, uint32_t max_records)
{
    struct levada_call *call = instance->stage->call;
    install_services(instance);
    call_reset(call);
    levada_status status = call_end(call, callback_poll(instance->stage, max_records, 0));
    if (status >= 0)
        account_poll(instance, max_records, status);
    settle(instance, status);
    return status;
}

levada_status
instance_signal_as(struct instance *instance, const struct levada_signal *signal)
{
    struct levada_call *call = instance->stage->call;
    levada_status status = LEVADA_OK;
    install_services(instance);
    call_reset(call);
    if (instance->stage->op->signal != NULL)
        status = call_end(call, callback_signal(instance->stage, signal));
    settle(instance, status);
    return status;
}

levada_status
instance_signal(struct instance *instance, uint32_t kind)
{
    const struct levada_signal signal = {
        .struct_size = sizeof(signal),
        .kind = kind,
        .epoch = 1,
        .time_ms = kind == LEVADA_SIG_WATERMARK ? INT64_MAX : 0,
    };
    return instance_signal_as(instance, &signal);
}

levada_status
instance_feed(struct instance *instance, uint32_t n)
{
    const struct batch_wish wish = { .n = n };
    levada_status status = LEVADA_OK;
    uint32_t n_ports = instance->rig->op.n_inputs > 0 ? instance->rig->op.n_inputs : 1;
    if (rig_is_source(instance->rig))
        return instance_poll(instance, n);
    for (uint32_t port = 0; port < n_ports && status >= 0; port++) {
        struct batch *batch = instance_batch(instance, &wish);
        status = instance_process(instance, port, batch);
        batch_release(batch);
    }
    return status;
}
