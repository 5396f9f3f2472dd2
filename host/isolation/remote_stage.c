/* SPDX-License-Identifier: Apache-2.0 */
/* The callbacks of a stage that runs in a helper, and what is done when it dies over one. */
#include "isolation/remote_private.h"

#include <stdlib.h>
#include <string.h>

static struct remote *
remote_of(const struct stage *stage)
{
    return stage->remote_self;
}

/* ---- after a death ---- */

/* May the callback be tried again? Fails the stage's call where not. */
static bool
may_try_again(struct remote *remote)
{
    struct levada_call *call = remote->stage->call;
    if (remote->deaths >= remote->spec->attempts)
        call_fail(call, LEVADA_FATAL, "its process %s, %u times", remote->why, remote->deaths);
    else if (remote->has_records)
        call_fail(
            call, LEVADA_FATAL,
            "its process %s, with records that are committed but not published; they are when "
            "the pipeline is started again",
            remote->why);
    else
        metrics_add(&remote->stage->metrics.retries, 1);
    return call->err.status >= 0;
}

/*
 * It died with records that only it had. What came since the last COMMIT is void, which process()
 * cannot say: its batches are taken and forgotten until a signal can.
 */
static bool
goes_void(struct remote *remote)
{
    if (!remote->has_records || remote->deaths >= remote->spec->attempts)
        return false;
    remote->is_void = true;
    return true;
}

static levada_status
tell_void(const struct remote *remote)
{
    return call_fail(remote->stage->call, LEVADA_LOST,
                     "its process %s, with records that no checkpoint has", remote->why);
}

static const char *
describe_origin(const struct stage *stage, const struct batch *batch, char *text, size_t n)
{
    const struct levada_record *record = batch_origin(batch, 0);
    if (record->stream == 0)
        snprintf(text, n, "a row made by a stage above");
    else
        snprintf(text, n, "%s, partition %d, offset %lld",
                 record_space_stream_name(stage->space, record->stream), record->partition,
                 (long long)record->offset);
    return text;
}

/*
 * The helper died over a batch. The same batch is tried some times; then it is refused, so that the
 * engine halves it, and halves its parts, until the record at fault is alone.
 */
static levada_status
judge_batch(struct remote *remote, const struct batch *batch, uint32_t n)
{
    struct levada_call *call = remote->stage->call;
    char origin[512];
    if (goes_void(remote))
        return LEVADA_ABSORBED;
    if (remote->has_records && !may_try_again(remote))
        return call->err.status;
    if (remote->suspects == 0 && remote->deaths < remote->spec->attempts)
        return call_fail(call, LEVADA_RETRY, "its process %s", remote->why);
    if (remote->suspects == 0)
        remote->suspects = n;
    if (n > 1)
        return call_fail(call, LEVADA_REJECT, "its process %s", remote->why);
    unsigned deaths = remote->deaths;
    remote->suspects--;
    remote->deaths = remote->suspects > 0 ? deaths : 0;
    if (remote->stage->errors.tolerate)
        return call_fail(call, LEVADA_REJECT, "the plugin's process %s, %u times", remote->why,
                         deaths);
    return call_fail(call, LEVADA_FATAL, "its process %s, %u times; the record at fault: %s",
                     remote->why, deaths,
                     describe_origin(remote->stage, batch, origin, sizeof(origin)));
}

/* A batch has come through. */
static void
note_success(struct remote *remote, levada_status status, uint32_t n)
{
    const struct stage *stage = remote->stage;
    if (status == LEVADA_AGAIN)
        return;
    remote->suspects -= remote->suspects < n ? remote->suspects : n;
    if (status == LEVADA_ABSORBED && stage->table == NULL)
        remote->has_records = true;
    if (status >= 0 && (stage->op->caps & LEVADA_CAP_TXN) != 0)
        remote->has_records = true;
    if (remote->suspects == 0 && !remote->has_records)
        remote->deaths = 0;
}

/* ---- life ---- */

static bool
take_declarations(struct exchange *exchange, struct outcome_in *outcome, struct wire_in *in,
                  levada_status *status)
{
    return outcome_get(outcome, in, status) && problems_get(outcome, in) &&
           declarations_get(outcome, in, exchange->remote->declared);
}

bool
remote_create_once(struct remote *remote, levada_status *status)
{
    struct exchange exchange;
    *status = exchange_begin_bare(&exchange, remote, CALL_CREATE, "create()");
    return *status < 0 || exchange_run_with(&exchange, status, take_declarations);
}

static levada_status
remote_create(struct stage *stage)
{
    struct remote *remote = remote_of(stage);
    levada_status status = remote_ensure(remote);
    if (status < 0)
        return status;
    if (!remote_create_once(remote, &status))
        return call_fail(stage->call, LEVADA_FATAL, "its process %s", remote->why);
    remote->declared = status >= 0;
    return status;
}

static bool
take_problems(struct exchange *exchange, struct outcome_in *outcome, struct wire_in *in,
              levada_status *status)
{
    (void)exchange;
    return outcome_get(outcome, in, status) && problems_get(outcome, in);
}

static levada_status
remote_connect(struct stage *stage, uint32_t wait_ms)
{
    struct remote *remote = remote_of(stage);
    struct exchange exchange;
    levada_status status = remote_ensure(remote);
    if (status >= 0)
        status = exchange_begin_bare(&exchange, remote, CALL_CONNECT, "check()");
    if (status < 0)
        return status;
    wire_put(&exchange.out, wait_ms);
    if (exchange_run_with(&exchange, &status, take_problems))
        return status;
    return call_fail(stage->call, LEVADA_FATAL, "its process %s", remote->why);
}

bool
remote_start_once(struct remote *remote, levada_status *status)
{
    struct exchange exchange;
    if (remote->op.start == NULL)
        return true;
    *status = exchange_begin(&exchange, remote, CALL_START, "start()");
    return *status < 0 || exchange_run(&exchange, status);
}

static levada_status
remote_start(struct stage *stage)
{
    struct remote *remote = remote_of(stage);
    for (;;) {
        levada_status status = remote_ensure(remote);
        if (status < 0)
            return status;
        if (remote_start_once(remote, &status)) {
            remote->started = status >= 0;
            remote->deaths = status >= 0 ? 0 : remote->deaths;
            return status;
        }
        if (!may_try_again(remote))
            return stage->call->err.status;
    }
}

static void
remote_destroy(struct stage *stage)
{
    struct remote *remote = remote_of(stage);
    remote_dismiss(remote);
    host_cells_finish(&remote->cells);
    free(remote->name);
    free(remote);
    stage->remote_self = NULL;
}

/* ---- data ---- */

static levada_status
remote_poll(struct stage *stage, uint32_t max_records, uint32_t wait_ms)
{
    struct remote *remote = remote_of(stage);
    struct exchange exchange;
    levada_status status = remote_ensure(remote);
    if (status >= 0)
        status = exchange_begin(&exchange, remote, CALL_POLL, "poll()");
    if (status < 0)
        return status;
    wire_put(&exchange.out, max_records);
    wire_put(&exchange.out, wait_ms);
    if (!exchange_run(&exchange, &status))
        return may_try_again(remote)
                   ? call_fail(stage->call, LEVADA_RETRY, "its process %s", remote->why)
                   : stage->call->err.status;
    if (stage->call->n_emissions > 0 || status == LEVADA_END)
        remote->deaths = 0;
    return status;
}

static levada_status
remote_process(struct stage *stage, uint32_t port, struct batch *batch)
{
    struct remote *remote = remote_of(stage);
    uint32_t n = batch_public(batch)->n;
    struct error err = { .status = LEVADA_OK };
    struct exchange exchange;
    if (remote->is_void)
        return LEVADA_ABSORBED;
    levada_status status = remote_ensure(remote);
    if (status >= 0)
        status = exchange_begin(&exchange, remote, CALL_PROCESS, "process()");
    if (status < 0)
        return status;
    wire_put(&exchange.out, port);
    exchange.given = batch;
    if (!transfer_put_batch(remote->transfer, &exchange.out, batch, &err)) {
        exchange_drop(&exchange);
        return call_fail_with(stage->call, &err);
    }
    if (!exchange_run(&exchange, &status))
        return judge_batch(remote, batch, n);
    note_success(remote, status, n);
    return status;
}

/* ---- what a table does at a trigger ---- */

static levada_status
remote_rows(struct stage *stage, struct batch *batch, const struct levada_slots *slots)
{
    struct remote *remote = remote_of(stage);
    struct error err = { .status = LEVADA_OK };
    for (;;) {
        struct exchange exchange;
        levada_status status = remote_ensure(remote);
        if (status >= 0)
            status = exchange_begin(&exchange, remote, CALL_ROWS, "rows()");
        if (status < 0)
            return status;
        exchange.given = batch;
        if (!host_cells_put(&remote->cells, stage, slots, 0, false, &exchange.out)) {
            exchange_drop(&exchange);
            return call_fail(stage->call, LEVADA_FATAL, "out of memory");
        }
        host_cells_forget(&remote->cells); /* they are only read */
        if (!transfer_put_batch(remote->transfer, &exchange.out, batch, &err)) {
            exchange_drop(&exchange);
            return call_fail_with(stage->call, &err);
        }
        if (exchange_run(&exchange, &status)) {
            remote->deaths = 0;
            return status;
        }
        if (!may_try_again(remote))
            return stage->call->err.status;
    }
}

static levada_status
remote_merge(struct stage *stage, const struct levada_slots *pairs)
{
    struct remote *remote = remote_of(stage);
    for (;;) {
        struct exchange exchange;
        levada_status status = remote_ensure(remote);
        if (status >= 0)
            status = exchange_begin(&exchange, remote, CALL_MERGE, "merge()");
        if (status < 0)
            return status;
        if (!host_cells_put(&remote->cells, stage, pairs, 0, true, &exchange.out)) {
            exchange_drop(&exchange);
            return call_fail(stage->call, LEVADA_FATAL, "out of memory");
        }
        if (exchange_run(&exchange, &status)) {
            remote->deaths = 0;
            return status;
        }
        if (!may_try_again(remote))
            return stage->call->err.status;
    }
}

/* ---- signals ---- */

static const char *
signal_callback(uint32_t kind)
{
    static const char *const names[] = {
        [LEVADA_SIG_WATERMARK] = "signal(WATERMARK)",   [LEVADA_SIG_TRIGGER] = "signal(TRIGGER)",
        [LEVADA_SIG_CHECKPOINT] = "signal(CHECKPOINT)", [LEVADA_SIG_COMMIT] = "signal(COMMIT)",
        [LEVADA_SIG_ABORT] = "signal(ABORT)",           [LEVADA_SIG_RESTORE] = "signal(RESTORE)",
    };
    return kind > 0 && kind < sizeof(names) / sizeof(*names) ? names[kind] : "signal()";
}

bool
remote_signal_once(struct remote *remote, const struct levada_signal *signal, levada_status *status)
{
    struct exchange exchange;
    if (remote->op.signal == NULL)
        return true;
    *status = exchange_begin(&exchange, remote, CALL_SIGNAL, signal_callback(signal->kind));
    if (*status < 0)
        return true;
    wire_put(&exchange.out, signal->kind);
    wire_put(&exchange.out, signal->epoch);
    wire_put(&exchange.out, (uint64_t)signal->time_ms);
    wire_put(&exchange.out, signal->state_version);
    wire_put(&exchange.out, signal->flags);
    return exchange_run(&exchange, status);
}

static void
note_signal(struct remote *remote, const struct levada_signal *signal, levada_status status)
{
    bool is_txn = (remote->op.caps & LEVADA_CAP_TXN) != 0;
    if (status < 0 || status == LEVADA_AGAIN)
        return;
    if (signal->kind == LEVADA_SIG_RESTORE) {
        remote->restore = *signal;
        remote->restored = true;
    }
    if (signal->kind == LEVADA_SIG_ABORT || signal->kind == LEVADA_SIG_COMMIT ||
        (signal->kind == LEVADA_SIG_CHECKPOINT && !is_txn)) {
        remote->has_records = false;
        remote->deaths = signal->kind == LEVADA_SIG_ABORT ? remote->deaths : 0;
    }
    if (!remote->has_records && signal->kind == LEVADA_SIG_TRIGGER)
        remote->deaths = 0;
}

static bool
can_tell_void(uint32_t kind)
{
    return kind == LEVADA_SIG_WATERMARK || kind == LEVADA_SIG_TRIGGER ||
           kind == LEVADA_SIG_CHECKPOINT;
}

static levada_status
remote_signal(struct stage *stage, const struct levada_signal *signal)
{
    struct remote *remote = remote_of(stage);
    if (signal->kind == LEVADA_SIG_ABORT) {
        remote->is_void = false;
        if (remote->process.pid == 0) { /* all that it is to forget died with it */
            remote->has_records = false;
            return LEVADA_OK;
        }
    }
    for (;;) {
        if (remote->is_void && can_tell_void(signal->kind))
            return tell_void(remote);
        levada_status status = remote_ensure(remote);
        if (status < 0)
            return status;
        if (remote_signal_once(remote, signal, &status)) {
            note_signal(remote, signal, status);
            return status;
        }
        if (can_tell_void(signal->kind) && goes_void(remote))
            continue;
        if (!may_try_again(remote))
            return stage->call->err.status;
    }
}

const struct stage_remote remote_callbacks = {
    .create = remote_create,
    .connect = remote_connect,
    .start = remote_start,
    .poll = remote_poll,
    .process = remote_process,
    .rows = remote_rows,
    .merge = remote_merge,
    .signal = remote_signal,
    .destroy = remote_destroy,
};

bool
isolation_attach(struct stage *stage, const struct isolation_spec *spec,
                 const struct setting *settings)
{
    struct remote *remote = calloc(1, sizeof(*remote));
    if (remote == NULL)
        return false;
    /* A file without names is wrong, which is told; its stages are planned all the same. */
    const char *pipeline = stage->logger.pipeline != NULL ? stage->logger.pipeline : "";
    const char *name = stage->name != NULL ? stage->name : "";
    size_t n = strlen(pipeline) + strlen(name) + 2;
    remote->name = malloc(n);
    if (remote->name == NULL) {
        free(remote);
        return false;
    }
    snprintf(remote->name, n, "%s/%s", pipeline, name);
    remote->stage = stage;
    remote->spec = spec;
    remote->settings = settings;
    remote->op = *stage->op;
    remote->op.ext = NULL; /* tables of functions, to be called with an instance that is not here */
    remote->channel_fd = remote->process.fd = -1;
    stage->op = &remote->op;
    stage->remote = &remote_callbacks;
    stage->remote_self = remote;
    return true;
}
