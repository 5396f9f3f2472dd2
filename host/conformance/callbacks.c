/* SPDX-License-Identifier: Apache-2.0 */
/* The callbacks of the stage under test, made as the engine makes them. */
#include "base/clock.h"
#include "conformance/account.h"
#include "conformance/rig.h"
#include "conformance/verdict.h"
#include "runtime/callback.h"

#include <stdio.h>
#include <time.h>

/* What may still be AGAIN after this many tries will be so for ever. */
#define MOST_AGAIN 500
#define MOST_POLLS 300
#define POLL_MS 100 /* as the engine waits */
#define PAUSE_NS 2000000
#define PATIENCE_NS 10000000000LL
#define PATIENCE_OF_POLLS_NS 5000000000LL /* with a source that gives nothing */

static int64_t
now_ns(void)
{
    return clock_system.monotonic_ns(&clock_system);
}

/* What was emitted is read, or why it failed is kept; then the call is forgotten. */
static void
settle(struct instance *instance, levada_status status)
{
    struct levada_call *call = instance->stage->call;
    instance->was_assigned |= status >= 0 && call->assigned != NULL;
    if (status >= 0)
        account_emissions(instance);
    else
        snprintf(instance->problem, sizeof(instance->problem), "%.*s",
                 (int)sizeof(instance->problem) - 1, call->err.text);
    call_reset(call);
}

/* Is it to be called once more? A failure of the world may pass, one that was made does not. */
static bool
is_to_be_repeated(levada_status status, int64_t until_ns)
{
    bool again = status == LEVADA_AGAIN || (status == LEVADA_RETRY && !probe_has_failed());
    if (!again || now_ns() > until_ns || !verdict_is_open())
        return false;
    nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
    return true;
}

/* ---- records ---- */

levada_status
instance_process(struct instance *instance, uint32_t port, struct batch *batch)
{
    struct levada_call *call = instance->stage->call;
    levada_status status = LEVADA_AGAIN;
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
    call_reset(call);
    levada_status status = call_end(call, callback_poll(instance->stage, max_records, POLL_MS));
    if (status >= 0)
        account_poll(instance, max_records, status);
    settle(instance, status);
    return status;
}

/* What hosts do before the next poll. */
static levada_status
answer_poll(struct instance *instance, levada_status status)
{
    if (status == LEVADA_DRAIN) {
        instance_signal(instance, LEVADA_SIG_CHECKPOINT);
        instance_signal(instance, LEVADA_SIG_COMMIT);
    }
    if (status == LEVADA_RETRY && !probe_has_failed() && !instance->rig->is_dry)
        return instance_signal(instance, LEVADA_SIG_RESTORE);
    return status;
}

levada_status
instance_read(struct instance *instance, uint32_t per_poll, uint64_t least, uint64_t most)
{
    levada_status status = LEVADA_OK;
    uint64_t before = instance->n_emitted, had = 0;
    int64_t since_ns = now_ns();
    for (int i = 0; i < MOST_POLLS && status != LEVADA_END && verdict_is_open(); i++) {
        uint64_t left = most - had;
        status = instance_poll(instance, left < per_poll ? (uint32_t)left : per_poll);
        levada_status answer = answer_poll(instance, status);
        if (instance->n_emitted - before > had)
            since_ns = now_ns();
        had = instance->n_emitted - before;
        if (answer < 0 || had >= least)
            break;
        if (instance->rig->is_dry || now_ns() - since_ns > PATIENCE_OF_POLLS_NS) {
            instance->rig->is_dry = true;
            break;
        }
    }
    return status;
}

levada_status
instance_feed(struct instance *instance, uint32_t n)
{
    const struct batch_wish wish = { .n = n };
    levada_status status = LEVADA_OK;
    uint32_t n_ports = instance->rig->op.n_inputs > 0 ? instance->rig->op.n_inputs : 1;
    if (rig_is_source(instance->rig))
        return instance_read(instance, n, 1, n);
    for (uint32_t port = 0; port < n_ports && status >= 0; port++) {
        struct batch *batch = instance_batch(instance, &wish);
        status = instance_process(instance, port, batch);
        batch_release(batch);
    }
    return status;
}

/* ---- what is no data ---- */

levada_status
instance_signal_as(struct instance *instance, const struct levada_signal *signal)
{
    struct levada_call *call = instance->stage->call;
    levada_status status = LEVADA_OK;
    int64_t until_ns = now_ns() + PATIENCE_NS;
    if (instance->stage->op->signal == NULL)
        return LEVADA_OK;
    do {
        call_reset(call);
        status = call_end(call, callback_signal(instance->stage, signal));
        settle(instance, status);
    } while (is_to_be_repeated(status, until_ns));
    if (status == LEVADA_AGAIN)
        verdict_fault("again", "answered AGAIN to signal %u for %lld s", signal->kind,
                      PATIENCE_NS / 1000000000);
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
instance_call(struct instance *instance, const char *name, probe_body *body, void *user)
{
    struct levada_call *call = instance->stage->call;
    levada_status status;
    int64_t until_ns = now_ns() + PATIENCE_NS;
    do {
        call_reset(call);
        status = call_end(call, probe_call(name, body, user, call));
        settle(instance, status);
    } while (is_to_be_repeated(status, until_ns));
    return status;
}
