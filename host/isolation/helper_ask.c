/* SPDX-License-Identifier: Apache-2.0 */
/* Host functions that only the host can answer: rows of its table, keyed state, positions. */
#include "isolation/helper_private.h"

#include "runtime/keyed_state.h"

#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

/* The answer lies in a slot that stays until it is forgotten, at the latest when the callback ends.
 */
static struct wire_in
ask(struct helper *helper, struct message *message, const struct wire_out *question)
{
    struct wire_in in;
    helper_send(message, question);
    helper_receive(helper, message, &in);
    if (message->kind != ANSWER)
        _exit(EX_PROTOCOL);
    if (helper->n_answers == helper->room_answers) {
        uint32_t room = helper->room_answers > 0 ? helper->room_answers * 2 : 16;
        uint32_t *answers = realloc(helper->answers, room * sizeof(*answers));
        if (answers == NULL)
            abort();
        helper->answers = answers;
        helper->room_answers = room;
    }
    helper->answers[helper->n_answers++] = message->slot;
    return in;
}

/* The newest answer was copied out of its slot. */
static void
forget_answer(struct helper *helper)
{
    shared_give_back(helper->shared, SHARED_TO_HELPER, helper->answers[--helper->n_answers]);
}

void
helper_forget_answers(struct helper *helper)
{
    while (helper->n_answers > 0)
        forget_answer(helper);
}

/* ---- services of a call ---- */

static const struct levada_slots *
service_slots(void *user, struct levada_call *call, struct levada_batch *batch)
{
    struct helper *helper = user;
    struct error err = { .status = LEVADA_OK };
    struct message message;
    if (helper->given == NULL || !batch_is_view_of(batch_of(batch), helper->given)) {
        call_fail(call, LEVADA_FATAL,
                  "slots() of a batch that is not of process(); that cannot be isolated");
        return NULL;
    }
    struct wire_out out = helper_begin(helper, &message, ASK_SLOTS);
    helper_cells_put(&helper->cells, &out);
    if (!transfer_put_view(helper->transfer, &out, helper->given, batch_of(batch), &err)) {
        call_fail_with(call, &err);
        transfer_take_back(helper->transfer);
        shared_give_back(helper->shared, SHARED_TO_HOST, message.slot);
        return NULL;
    }
    helper_forget_answers(helper); /* the rows that the slots() before told of */
    struct wire_in in = ask(helper, &message, &out);
    if ((levada_status)wire_get(&in) < 0) {
        const char *text = wire_get_text(&in);
        call_fail(call, LEVADA_FATAL, "%s", text != NULL ? text : "slots() failed");
        return NULL;
    }
    const struct levada_slots *slots = helper_cells_get(&helper->cells, call, &in);
    if (slots == NULL)
        call_fail(call, LEVADA_FATAL, "rows did not come over whole");
    return slots;
}

static void *
service_resize_cell(void *user, struct levada_call *call, uint32_t cell, uint32_t slot, uint64_t n)
{
    struct helper *helper = user;
    return helper_cells_resize(&helper->cells, call, cell, slot, n);
}

static uint32_t
service_stream(void *user, struct levada_call *call, const char *name)
{
    struct helper *helper = user;
    struct message message;
    for (uint32_t i = 0; i < record_space_n_streams(helper->space); i++) {
        if (strcmp(record_space_stream_name(helper->space, i), name) == 0 &&
            strcmp(record_space_stream_source(helper->space, i), call->stage->name) == 0)
            return i;
    }
    struct wire_out out = helper_begin(helper, &message, ASK_STREAM);
    wire_put_text(&out, name);
    struct wire_in in = ask(helper, &message, &out);
    uint64_t stream = wire_get(&in);
    transfer_get_streams(helper->transfer, &in);
    forget_answer(helper);
    if (in.failed || stream == UINT32_MAX) {
        call_fail(call, LEVADA_FATAL, "out of memory");
        return 0;
    }
    return (uint32_t)stream;
}

/* Into the callback's scratch: a plugin may ask much in one callback. */
static bool
take_bytes(struct helper *helper, struct wire_in *in, struct levada_bytes *bytes)
{
    const void *p = wire_get_bytes(in, &bytes->n);
    bytes->p = p != NULL ? arena_copy(&helper->stage->call->scratch, p, bytes->n) : NULL;
    return p == NULL || bytes->p != NULL;
}

static bool
take_position(struct helper *helper, struct wire_in *in, struct levada_position *position)
{
    *position = (struct levada_position){ .partition = (int32_t)wire_get(in) };
    position->flags = (uint32_t)wire_get(in);
    position->next = (int64_t)wire_get(in);
    position->latest = (int64_t)wire_get(in);
    return take_bytes(helper, in, &position->stream) && take_bytes(helper, in, &position->detail) &&
           !in->failed;
}

static const struct levada_position *
service_stored(void *user, const struct stage *stage, const char *stream, int32_t partition)
{
    struct helper *helper = user; /* which has one stage */
    (void)stage;
    struct message message;
    struct wire_out out = helper_begin(helper, &message, ASK_STORED);
    wire_put_text(&out, stream);
    wire_put(&out, (uint64_t)(int64_t)partition);
    struct wire_in in = ask(helper, &message, &out);
    struct levada_position *position = NULL;
    if (wire_get(&in) != 0)
        position = arena_alloc(&helper->stage->call->scratch, sizeof(*position));
    if (position != NULL && !take_position(helper, &in, position))
        position = NULL;
    forget_answer(helper);
    return position;
}

static uint32_t
service_memory(void *user)
{
    const struct helper *helper = user;
    return helper->memory;
}

/* ---- keyed state: changes are here until the callback ends, what is older is the host's ---- */

static levada_status
take_answer(struct helper *helper, struct wire_in *in, struct levada_bytes *key,
            struct levada_bytes *value, struct error *err)
{
    levada_status status = (levada_status)wire_get(in);
    const char *text = wire_get_text(in);
    if (status < 0 || in->failed)
        status = error_set(err, LEVADA_FATAL, "%s", text != NULL ? text : "no answer");
    else if ((key != NULL && !take_bytes(helper, in, key)) || !take_bytes(helper, in, value))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    forget_answer(helper);
    return status;
}

static levada_status
state_get(void *user, struct levada_bytes key, struct levada_bytes *value, struct error *err)
{
    struct helper *helper = user;
    struct message message;
    struct wire_out out = helper_begin(helper, &message, ASK_STATE_GET);
    wire_put_bytes(&out, key.p, key.n);
    struct wire_in in = ask(helper, &message, &out);
    return take_answer(helper, &in, NULL, value, err);
}

static levada_status
state_next(void *user, struct levada_bytes after, struct levada_bytes *key,
           struct levada_bytes *value, struct error *err)
{
    struct helper *helper = user;
    struct message message;
    struct wire_out out = helper_begin(helper, &message, ASK_STATE_NEXT);
    wire_put_bytes(&out, after.p, after.n);
    struct wire_in in = ask(helper, &message, &out);
    return take_answer(helper, &in, key, value, err);
}

void
helper_serve_stage(struct helper *helper)
{
    const struct keyed_source source = { .get = state_get, .next = state_next, .user = helper };
    keyed_state_set_source(helper->stage->keyed, &source);
    helper->services = (struct call_services){ .stored = service_stored,
                                               .memory = service_memory,
                                               .slots = service_slots,
                                               .resize_cell = service_resize_cell,
                                               .stream = service_stream,
                                               .user = helper };
    helper->stage->call->services = &helper->services;
}
