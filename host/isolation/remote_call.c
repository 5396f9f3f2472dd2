/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a helper's callback: the message, the questions in between, the outcome. */
#include "isolation/remote_private.h"

#include <sched.h>

static bool
open_slot(struct remote *remote, struct message *message, struct wire_out *out)
{
    message->slot = shared_take(remote->shared, SHARED_TO_HELPER);
    if (message->slot == SHARED_NO_SLOT)
        return false;
    *out = (struct wire_out){ .start = shared_slot(remote->shared, SHARED_TO_HELPER, message->slot),
                              .room = SHARED_SLOT_BYTES };
    return true;
}

levada_status
exchange_begin_bare(struct exchange *exchange, struct remote *remote, uint32_t kind,
                    const char *callback)
{
    *exchange = (struct exchange){ .remote = remote, .callback = callback };
    exchange->message.kind = kind;
    transfer_begin(remote->transfer);
    if (!open_slot(remote, &exchange->message, &exchange->out))
        return call_fail(remote->stage->call, LEVADA_FATAL, "its process gives back no memory");
    return LEVADA_OK;
}

levada_status
exchange_begin(struct exchange *exchange, struct remote *remote, uint32_t kind,
               const char *callback)
{
    const struct levada_call *call = remote->stage->call;
    levada_status status = exchange_begin_bare(exchange, remote, kind, callback);
    if (status < 0)
        return status;
    wire_put(&exchange->out, call->services != NULL && call->services->memory != NULL
                                 ? call->services->memory(call->services->user)
                                 : 0);
    transfer_put_streams(remote->transfer, &exchange->out);
    return LEVADA_OK;
}

void
exchange_drop(struct exchange *exchange)
{
    struct remote *remote = exchange->remote;
    transfer_take_back(remote->transfer);
    shared_give_back(remote->shared, SHARED_TO_HELPER, exchange->message.slot);
}

static bool
take_outcome(struct exchange *exchange, struct outcome_in *outcome, struct wire_in *in,
             levada_status *status)
{
    (void)exchange;
    return outcome_get(outcome, in, status);
}

/* The outcome, from its slot. */
static bool
finish(struct exchange *exchange, const struct message *message, levada_status *status,
       take_fn *take)
{
    struct remote *remote = exchange->remote;
    struct hold *hold =
        shared_open(remote->shared, SHARED_TO_HOST, message->slot, message->n, false);
    if (hold == NULL)
        return false;
    struct outcome_in outcome = { .stage = remote->stage,
                                  .transfer = remote->transfer,
                                  .given = exchange->given,
                                  .cells = &remote->cells,
                                  .hold = hold };
    struct wire_in in = { .start = hold->start, .n = message->n };
    bool done = take(exchange, &outcome, &in, status);
    hold_drop(hold);
    host_cells_forget(&remote->cells);
    return done;
}

static bool
answer(struct exchange *exchange, const struct message *question)
{
    struct shared *shared = exchange->remote->shared;
    struct wire_in in = { .start = shared_slot(shared, SHARED_TO_HOST, question->slot),
                          .n = question->n };
    bool done = remote_answer(exchange, question, &in);
    shared_give_back(shared, SHARED_TO_HOST, question->slot);
    return done;
}

/* Until the outcome is there. False: there will be none; *death: why. */
static bool
converse(struct exchange *exchange, levada_status *status, take_fn *take, enum death *death)
{
    struct remote *remote = exchange->remote;
    int64_t limit_ms = remote->spec->time_limit_ns / 1000000;
    for (;;) {
        struct message message;
        enum channel_result result =
            channel_receive(remote->channel_fd, &message, limit_ms, sched_getcpu());
        *death = result == CHANNEL_CLOSED    ? DEATH_CLOSED
                 : result == CHANNEL_TIMEOUT ? DEATH_HANGS
                                             : DEATH_NONSENSE;
        if (result != CHANNEL_OK || message.slot >= SHARED_SLOTS || message.n > SHARED_SLOT_BYTES)
            return false;
        if (message.kind == DONE)
            return finish(exchange, &message, status, take);
        if (!answer(exchange, &message))
            return false;
    }
}

bool
exchange_run_with(struct exchange *exchange, levada_status *status, take_fn *take)
{
    struct remote *remote = exchange->remote;
    enum death death = DEATH_CLOSED;
    exchange->message.n = exchange->out.n;
    if (exchange->out.failed) {
        exchange_drop(exchange);
        *status = call_fail(remote->stage->call, LEVADA_REJECT,
                            "is larger than what its process can be given at once (%zu MiB)",
                            SHARED_SLOT_BYTES >> 20);
        return true;
    }
    if (channel_send(remote->channel_fd, &exchange->message) &&
        converse(exchange, status, take, &death))
        return true;
    remote_rewind_call(remote);
    remote_bury(remote, exchange->callback, death);
    return false;
}

bool
exchange_run(struct exchange *exchange, levada_status *status)
{
    return exchange_run_with(exchange, status, take_outcome);
}
