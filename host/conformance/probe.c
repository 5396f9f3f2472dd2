/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/probe.h"

#include "conformance/guard.h"
#include "conformance/probe_private.h"
#include "conformance/shield.h"
#include "conformance/verdict.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct probe_setup probe_setup;

static struct {
    const struct levada_stage *op; /* the plugin's own */
    struct levada_call *real, *handle;
    pthread_t thread;
    bool inside;
    uint32_t n_calls, fail_at;
    bool has_failed;
    struct arena scratch;
    atomic_int n_retained;
} probe;

void
probe_fail_at(uint32_t nth)
{
    probe.n_calls = 0;
    probe.fail_at = nth;
    probe.has_failed = false;
}

bool
probe_has_failed(void)
{
    return probe.has_failed;
}

uint32_t
probe_calls(void)
{
    return probe.n_calls;
}

bool
probe_is_inside(void)
{
    return probe.inside;
}

/* ---- from the plugin ---- */

struct levada_call *
probe_check(struct levada_call *handle, const char *function)
{
    bool foreign = !pthread_equal(pthread_self(), probe.thread);
    if (probe.inside && foreign)
        verdict_end("thread",
                    "%s() was called on a thread of the plugin's own; log, name_of, retain "
                    "and release alone may be",
                    function);
    if (!probe.inside || handle != probe.handle)
        verdict_end("stale", "%s() was called with the call of a callback that had returned",
                    function);
    return probe.real;
}

struct levada_call *
probe_enter(struct levada_call *handle, const char *function)
{
    struct levada_call *real = probe_check(handle, function);
    if (++probe.n_calls != probe.fail_at)
        return real;
    probe.has_failed = true;
    call_host.fail(real, LEVADA_RETRY, "made to fail");
    return NULL;
}

void
probe_check_secret(const char *text)
{
    if (text != NULL && probe_setup.canary != NULL && strstr(text, probe_setup.canary) != NULL)
        verdict_fault("secrets", "told the value of an option that is LEVADA_OF_SECRET");
}

void *
probe_scratch(size_t n)
{
    void *memory = arena_alloc(&probe.scratch, n);
    if (memory == NULL)
        abort();
    return memory;
}

struct levada_batch *
probe_retain(struct levada_batch *batch)
{
    if (batch != NULL)
        atomic_fetch_add(&probe.n_retained, 1);
    return call_host.retain(batch);
}

void
probe_release(struct levada_batch *batch)
{
    if (batch != NULL)
        atomic_fetch_sub(&probe.n_retained, 1);
    call_host.release(batch);
}

const struct levada_slots *
probe_newer_slots(const struct levada_slots *slots)
{
    struct longer {
        struct levada_slots slots;
        uint64_t later[4];
    } * longer;
    if (slots == NULL || !probe_setup.newer)
        return slots;
    longer = probe_scratch(sizeof(*longer));
    memset(longer, 0x5a, sizeof(*longer));
    longer->slots = *slots;
    longer->slots.struct_size = sizeof(*longer);
    return &longer->slots;
}

/* ---- to the plugin ---- */

struct invocation {
    void *self;
    struct levada_call *call; /* the handle */
    struct levada_ctx *ctx;
    uint32_t first, second; /* port; max_records and wait_ms */
    struct levada_batch *batch;
    const struct levada_slots *slots;
    const struct levada_signal *signal;
    probe_body *extended;
    void *user;
    const char *id;
    const void *offered;
    levada_status returned;
};

static levada_status
run(const char *name, void (*body)(void *arguments), struct invocation *invocation)
{
    char what[200];
    struct levada_call *real = invocation->call;
    probe.real = real;
    probe.handle = invocation->call = shield_handle();
    probe.thread = pthread_self();
    probe.inside = true;
    verdict_enter(name);
    if (guard_run(body, invocation, what, sizeof(what)) != 0)
        verdict_end("exception", "an exception left the callback: %s", what);
    probe.inside = false;
    verdict_enter(NULL);
    if (atomic_load(&probe.n_retained) <= 0) { /* what was read of a batch lives as it does */
        shield_clear();
        arena_reset(&probe.scratch);
    }
    if (invocation->returned > LEVADA_DRAIN || invocation->returned < LEVADA_UNAVAILABLE)
        verdict_fault("status", "returned %d, which is no status", invocation->returned);
    return invocation->returned;
}

static void
body_create(void *arguments)
{
    struct invocation *it = arguments;
    it->returned = probe.op->create(it->self, it->call, it->ctx);
}

static levada_status
wrap_create(void *self, struct levada_call *call, struct levada_ctx *ctx)
{
    return run("create", body_create,
               &(struct invocation){ .self = self, .call = call, .ctx = ctx });
}

static void
body_start(void *arguments)
{
    struct invocation *it = arguments;
    it->returned = probe.op->start(it->self, it->call);
}

static levada_status
wrap_start(void *self, struct levada_call *call)
{
    return run("start", body_start, &(struct invocation){ .self = self, .call = call });
}

static void
body_poll(void *arguments)
{
    struct invocation *it = arguments;
    it->returned = probe.op->poll(it->self, it->call, it->first, it->second);
}

static levada_status
wrap_poll(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    return run("poll", body_poll,
               &(struct invocation){
                   .self = self, .call = call, .first = max_records, .second = wait_ms });
}

static void
body_process(void *arguments)
{
    struct invocation *it = arguments;
    it->returned = probe.op->process(it->self, it->call, it->first, it->batch);
}

static levada_status
wrap_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    if (probe_setup.newer)
        batch->flags |= 1u << 30;
    return run("process", body_process,
               &(struct invocation){ .self = self, .call = call, .first = port, .batch = batch });
}

static void
body_rows(void *arguments)
{
    struct invocation *it = arguments;
    it->returned = probe.op->rows(it->self, it->call, it->batch, it->slots);
}

static levada_status
wrap_rows(void *self, struct levada_call *call, struct levada_batch *batch,
          const struct levada_slots *slots)
{
    return run("rows", body_rows,
               &(struct invocation){
                   .self = self, .call = call, .batch = batch, .slots = probe_newer_slots(slots) });
}

static void
body_merge(void *arguments)
{
    struct invocation *it = arguments;
    it->returned = probe.op->merge(it->self, it->call, it->slots);
}

static levada_status
wrap_merge(void *self, struct levada_call *call, const struct levada_slots *pairs)
{
    return run(
        "merge", body_merge,
        &(struct invocation){ .self = self, .call = call, .slots = probe_newer_slots(pairs) });
}

static void
body_signal(void *arguments)
{
    struct invocation *it = arguments;
    it->returned = probe.op->signal(it->self, it->call, it->signal);
}

static levada_status
wrap_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    struct {
        struct levada_signal signal;
        uint64_t later[4];
    } longer;
    if (probe_setup.newer) {
        memset(&longer, 0x5a, sizeof(longer));
        longer.signal = *signal;
        longer.signal.struct_size = sizeof(longer);
        longer.signal.flags |= 1u << 30;
        signal = &longer.signal;
    }
    return run("signal", body_signal,
               &(struct invocation){ .self = self, .call = call, .signal = signal });
}

static void
body_destroy(void *arguments)
{
    struct invocation *it = arguments;
    probe.op->destroy(it->self);
}

static void
wrap_destroy(void *self)
{
    run("destroy", body_destroy, &(struct invocation){ .self = self });
}

static void
body_extended(void *arguments)
{
    struct invocation *it = arguments;
    it->returned = it->extended(it->user, it->call);
}

levada_status
probe_call(const char *name, probe_body *body, void *user, struct levada_call *call)
{
    return run(name, body_extended,
               &(struct invocation){ .call = call, .extended = body, .user = user });
}

static void
body_ext(void *arguments)
{
    struct invocation *it = arguments;
    it->offered = probe.op->ext(it->id);
}

const void *
probe_ext(const char *id)
{
    struct invocation invocation = { .id = id };
    if (probe.op->ext != NULL)
        run("ext", body_ext, &invocation);
    return invocation.offered;
}

void
probe_wrap(const struct levada_stage *theirs, struct levada_stage *ours)
{
    probe.op = theirs;
    *ours = *theirs;
    ours->create = theirs->create != NULL ? wrap_create : NULL;
    ours->start = theirs->start != NULL ? wrap_start : NULL;
    ours->poll = theirs->poll != NULL ? wrap_poll : NULL;
    ours->process = theirs->process != NULL ? wrap_process : NULL;
    ours->rows = theirs->rows != NULL ? wrap_rows : NULL;
    ours->merge = theirs->merge != NULL ? wrap_merge : NULL;
    ours->signal = theirs->signal != NULL ? wrap_signal : NULL;
    ours->destroy = theirs->destroy != NULL ? wrap_destroy : NULL;
    ours->ext = NULL; /* only asked for by the cases that are about it: probe_ext() */
}
