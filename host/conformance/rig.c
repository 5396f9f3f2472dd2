/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/rig.h"

#include "base/clock.h"
#include "conformance/probe.h"
#include "conformance/verdict.h"
#include "pipeline/pipeline.h"
#include "pipeline/stage_options.h"
#include "runtime/callback.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
    static struct levada_position position;
    const struct instance *instance = user;
    (void)stage;
    if (instance->stored == NULL)
        return positions_find(&instance->kept, NULL, stream, partition);
    position = *instance->stored;
    position.stream = (struct levada_bytes){ stream, strlen(stream) };
    position.partition = partition;
    return &position;
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
    return ((const struct instance *)user)->memory;
}

/* The same in all lives of a case, and no other's: a broker may know those of earlier ones. */
static const char *
service_identity(void *user)
{
    static char identity[48];
    (void)user;
    snprintf(identity, sizeof(identity), "conformance.%ld.0", (long)getpid());
    return identity;
}

static struct place
option_at(void *user, const char *option)
{
    (void)option;
    return ((struct instance *)user)->rig->at;
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
    *instance = (struct instance){ .rig = rig,
                                   .space = record_space_create(),
                                   .memory = LEVADA_KEEPS_POSITIONS,
                                   .services = { .stored = service_stored,
                                                 .wall_ms = service_wall_ms,
                                                 .memory = service_memory,
                                                 .identity = service_identity,
                                                 .user = instance } };
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
    positions_finish(&instance->kept);
}

/* Things of the world that a stage may need and a test has not. */
static bool
is_for_want_of(levada_status status)
{
    return status == LEVADA_NO_INPUT || status == LEVADA_NO_OUTPUT ||
           status == LEVADA_UNAVAILABLE || status == LEVADA_CONFIG || status == LEVADA_IO ||
           status == LEVADA_RETRY;
}

/* Does it begin? Where not, that is skipped, or a fault. */
static bool
judge_start(levada_status status, const char *what, const char *why)
{
    if (status >= 0)
        return true;
    if (is_for_want_of(status) || probe_has_failed())
        verdict_skip("%s says: %s", what, why);
    else
        verdict_fault("start", "%s failed: %s", what, why);
    return false;
}

bool
instance_wake(struct instance *instance)
{
    struct levada_call *call = instance->stage->call;
    call->services = &instance->services;
    call_reset(call);
    if (instance->stage->op->start != NULL &&
        !judge_start(call_end(call, callback_start(instance->stage)), "start()", call->err.text))
        return false;
    call_reset(call);
    instance->stage->started = true;
    return true;
}

bool
instance_restore(struct instance *instance)
{
    levada_status status = instance_signal(instance, LEVADA_SIG_RESTORE);
    return probe_has_failed() || judge_start(status, "RESTORE", instance->problem);
}

bool
instance_start(struct instance *instance)
{
    return instance_wake(instance) && instance_restore(instance);
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
