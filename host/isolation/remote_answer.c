/* SPDX-License-Identifier: Apache-2.0 */
/* What a helper asks in the middle of a callback, answered as the host functions do. */
#include "isolation/remote_private.h"

#include "runtime/keyed_state.h"

static bool
open_answer(struct remote *remote, struct message *message, struct wire_out *out)
{
    *message =
        (struct message){ .kind = ANSWER, .slot = shared_take(remote->shared, SHARED_TO_HELPER) };
    if (message->slot == SHARED_NO_SLOT)
        return false;
    *out = (struct wire_out){ .start = shared_slot(remote->shared, SHARED_TO_HELPER, message->slot),
                              .room = SHARED_SLOT_BYTES };
    return true;
}

static bool
send_answer(struct remote *remote, struct message *message, const struct wire_out *out)
{
    message->n = out->n;
    return !out->failed && channel_send(remote->channel_fd, message);
}

/* ---- slots(): the host's own, on the batch as the plugin has changed it ---- */

static struct levada_batch *
get_batch(struct exchange *exchange, struct wire_in *in)
{
    struct remote *remote = exchange->remote;
    struct levada_call *call = remote->stage->call;
    struct error err = { .status = LEVADA_OK };
    bool kept;
    if (exchange->given == NULL)
        return NULL;
    struct batch *view =
        transfer_get_view(remote->transfer, in, exchange->given, NULL, NULL, &kept, &err);
    return view != NULL ? call_give(call, view) : NULL;
}

static bool
answer_slots(struct exchange *exchange, struct wire_in *in, struct wire_out *out)
{
    struct remote *remote = exchange->remote;
    struct stage *stage = remote->stage;
    if (!host_cells_take(&remote->cells, stage->call, in))
        return false;
    struct levada_batch *batch = get_batch(exchange, in);
    if (batch == NULL)
        return false;
    const struct levada_slots *slots = call_host.slots(stage->call, batch);
    if (slots == NULL) {
        wire_put(out, (uint64_t)(int64_t)stage->call->err.status);
        wire_put_text(out, stage->call->err.text);
        return true;
    }
    wire_put(out, LEVADA_OK);
    return host_cells_put(&remote->cells, stage, slots, batch->n, false, out);
}

/* ---- positions, streams ---- */

static bool
answer_stored(struct exchange *exchange, struct wire_in *in, struct wire_out *out)
{
    const char *stream = wire_get_text(in);
    int32_t partition = (int32_t)wire_get(in);
    if (stream == NULL)
        return false;
    const struct levada_position *position =
        call_host.stored(exchange->remote->stage->call, stream, partition);
    wire_put(out, position != NULL);
    if (position == NULL)
        return true;
    wire_put(out, (uint64_t)(int64_t)position->partition);
    wire_put(out, position->flags);
    wire_put(out, (uint64_t)position->next);
    wire_put(out, (uint64_t)position->latest);
    wire_put_bytes(out, position->stream.p, position->stream.n);
    wire_put_bytes(out, position->detail.p, position->detail.n);
    return true;
}

static bool
answer_stream(struct exchange *exchange, struct wire_in *in, struct wire_out *out)
{
    const char *name = wire_get_text(in);
    if (name == NULL)
        return false;
    const struct stage *stage = exchange->remote->stage;
    wire_put(out, record_space_stream(stage->space, stage->name, name));
    transfer_put_streams(exchange->remote->transfer, out);
    return true;
}

/* ---- keyed state ---- */

static void
put_status(struct wire_out *out, levada_status status, const struct error *err)
{
    wire_put(out, (uint64_t)(int64_t)status);
    wire_put_text(out, status < 0 ? err->text : "");
}

static bool
answer_get(struct exchange *exchange, struct wire_in *in, struct wire_out *out)
{
    struct error err = { .status = LEVADA_OK };
    struct levada_bytes key, value = { NULL, 0 };
    key.p = wire_get_bytes(in, &key.n);
    if (key.p == NULL)
        return false;
    put_status(out, keyed_state_get(exchange->remote->stage->keyed, key, &value, &err), &err);
    wire_put_bytes(out, value.p, value.n);
    return true;
}

static bool
answer_next(struct exchange *exchange, struct wire_in *in, struct wire_out *out)
{
    struct error err = { .status = LEVADA_OK };
    struct levada_bytes after, key = { NULL, 0 }, value = { NULL, 0 };
    after.p = wire_get_bytes(in, &after.n);
    put_status(out, keyed_state_next(exchange->remote->stage->keyed, after, &key, &value, &err),
               &err);
    wire_put_bytes(out, key.p, key.n);
    wire_put_bytes(out, value.p, value.n);
    return true;
}

bool
remote_answer(struct exchange *exchange, const struct message *question, struct wire_in *in)
{
    struct remote *remote = exchange->remote;
    struct message message;
    struct wire_out out;
    bool done = false;
    if (!open_answer(remote, &message, &out))
        return false;
    if (question->kind == ASK_SLOTS)
        done = answer_slots(exchange, in, &out);
    else if (question->kind == ASK_STORED)
        done = answer_stored(exchange, in, &out);
    else if (question->kind == ASK_STREAM)
        done = answer_stream(exchange, in, &out);
    else if (question->kind == ASK_STATE_GET)
        done = answer_get(exchange, in, &out);
    else if (question->kind == ASK_STATE_NEXT)
        done = answer_next(exchange, in, &out);
    return done && !in->failed && send_answer(remote, &message, &out);
}
