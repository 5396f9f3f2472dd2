/* SPDX-License-Identifier: Apache-2.0 */
/* The helper: makes the stage, then does what the host calls for until the host is gone. */
#include "isolation/helper_private.h"
#include "isolation/isolation.h"

#include "base/fault.h"
#include "isolation/outcome.h"
#include "isolation/process.h"
#include "isolation/setup.h"
#include "loader/loader.h"
#include "runtime/callback.h"

#include <libgen.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

/* A call of the host's, and what belongs to it. */
struct incoming {
    struct message message;
    struct hold *hold;
    struct wire_in in;
};

bool
isolation_is_helper(int argc, char **argv)
{
    return argc == 3 && strcmp(argv[1], PROCESS_VERB) == 0;
}

/* ---- answering ---- */

/* Where an answer is written; the host gives the slot back. Without one there is no going on. */
struct wire_out
helper_begin(struct helper *helper, struct message *message, uint32_t kind)
{
    *message =
        (struct message){ .kind = kind, .slot = shared_take(helper->shared, SHARED_TO_HOST) };
    if (message->slot == SHARED_NO_SLOT)
        abort(); /* the host holds as many batches as there are slots: it copies before that */
    if (helper->transfer != NULL)
        transfer_begin(helper->transfer);
    return (struct wire_out){ .start = shared_slot(helper->shared, SHARED_TO_HOST, message->slot),
                              .room = SHARED_SLOT_BYTES };
}

void
helper_send(struct message *message, const struct wire_out *out)
{
    message->n = out->n;
    if (out->failed || !channel_send(PROCESS_CHANNEL_FD, message))
        _exit(EX_OSERR); /* the host is gone */
}

void
helper_receive(struct helper *helper, struct message *message, struct wire_in *in)
{
    if (channel_receive(PROCESS_CHANNEL_FD, message, -1, helper->host_processor) != CHANNEL_OK)
        _exit(0); /* likewise; nothing that it does not know of is kept here */
    helper->host_processor = message->processor;
    *in = (struct wire_in){ .n = message->slot < SHARED_SLOTS ? message->n : 0 };
    if (message->slot < SHARED_SLOTS)
        in->start = shared_slot(helper->shared, SHARED_TO_HELPER, message->slot);
}

static void
receive_call(struct helper *helper, struct incoming *call)
{
    helper_receive(helper, &call->message, &call->in);
    call->hold = NULL;
    if (call->message.slot == SHARED_NO_SLOT)
        return;
    call->hold = shared_open(helper->shared, SHARED_TO_HELPER, call->message.slot, call->in.n,
                             call->message.kind == CALL_MERGE);
    if (call->hold == NULL)
        abort(); /* no memory for some bytes */
    call->in.start = call->hold->start;
}

/* ---- the callbacks ---- */

/* The batch that belongs to the call; NULL: it makes no sense. */
static struct batch *
take_batch(struct helper *helper, struct incoming *call)
{
    helper->given = transfer_get_batch(helper->transfer, &call->in, helper->stage->decoder,
                                       hold_ref(call->hold), hold_drop);
    if (helper->given == NULL)
        hold_drop(call->hold);
    return helper->given;
}

static levada_status
on_process(struct helper *helper, struct incoming *call)
{
    uint32_t port = (uint32_t)wire_get(&call->in);
    if (take_batch(helper, call) == NULL)
        return call_fail(helper->stage->call, LEVADA_FATAL, "a batch did not come over whole");
    return callback_process(helper->stage, port, helper->given);
}

static levada_status
on_rows(struct helper *helper, struct incoming *call)
{
    struct levada_call *inner = helper->stage->call;
    const struct levada_slots *slots = helper_cells_get(&helper->cells, inner, &call->in);
    if (slots == NULL || take_batch(helper, call) == NULL)
        return call_fail(inner, LEVADA_FATAL, "rows did not come over whole");
    return callback_rows(helper->stage, helper->given, slots);
}

static levada_status
on_merge(struct helper *helper, struct incoming *call)
{
    struct levada_call *inner = helper->stage->call;
    const struct levada_slots *pairs = helper_cells_get(&helper->cells, inner, &call->in);
    if (pairs == NULL)
        return call_fail(inner, LEVADA_FATAL, "rows did not come over whole");
    inner->is_merge = true;
    return callback_merge(helper->stage, pairs);
}

static levada_status
on_signal(struct helper *helper, struct incoming *call)
{
    struct levada_signal signal = { .struct_size = sizeof(signal) };
    signal.kind = (uint32_t)wire_get(&call->in);
    signal.epoch = wire_get(&call->in);
    signal.time_ms = (int64_t)wire_get(&call->in);
    signal.state_version = (uint32_t)wire_get(&call->in);
    signal.flags = (uint32_t)wire_get(&call->in);
    return callback_signal(helper->stage, &signal);
}

static levada_status
on_poll(struct helper *helper, struct incoming *call)
{
    uint32_t max_records = (uint32_t)wire_get(&call->in), wait_ms = (uint32_t)wire_get(&call->in);
    return callback_poll(helper->stage, max_records, wait_ms);
}

static levada_status
run_callback(struct helper *helper, struct incoming *call)
{
    switch (call->message.kind) {
    case CALL_START:
        helper->stage->call->is_start = true;
        return callback_start(helper->stage);
    case CALL_POLL:
        return on_poll(helper, call);
    case CALL_PROCESS:
        return on_process(helper, call);
    case CALL_ROWS:
        return on_rows(helper, call);
    case CALL_MERGE:
        return on_merge(helper, call);
    case CALL_SIGNAL:
        return on_signal(helper, call);
    default:
        return call_fail(helper->stage->call, LEVADA_FATAL, "the host called for number %u",
                         call->message.kind);
    }
}

static struct outcome_out
outcome_of(struct helper *helper, struct batch *given)
{
    return (struct outcome_out){ .stage = helper->stage,
                                 .transfer = helper->transfer,
                                 .given = given,
                                 .cells = &helper->cells,
                                 .counters = &helper->counters };
}

/* Every call but those that frame the stage's life: callback, outcome. */
static void
serve_call(struct helper *helper, struct incoming *call)
{
    struct levada_call *inner = helper->stage->call;
    struct message answer;
    call_reset(inner);
    helper->memory = (uint32_t)wire_get(&call->in);
    transfer_get_streams(helper->transfer, &call->in);
    levada_status status = call_end(inner, run_callback(helper, call));
    struct wire_out out = helper_begin(helper, &answer, DONE);
    const struct outcome_out outcome = outcome_of(helper, helper->given);
    outcome_put(&outcome, &out, status);
    batch_release(helper->given);
    helper->given = NULL;
    call_reset(inner);
    helper_forget_answers(helper);
    hold_drop(call->hold);
    helper_send(&answer, &out);
}

/* ---- the beginning and the end ---- */

static levada_status
load(struct helper *helper, const struct isolation_hooks *hooks, const struct plugin **plugin,
     struct error *err)
{
    char *file = arena_copy(&helper->arena, helper->setup.file, strlen(helper->setup.file));
    const char *folder = file != NULL ? dirname(file) : ".";
    struct loader_setup setup = {
        .folders = &folder, .n_folders = 1, .host = hooks->host, .option_check = hooks->option_check
    };
    struct loader *loader = loader_create(&setup, err); /* as long as the process */
    return loader != NULL ? loader_open(loader, helper->setup.id, plugin, NULL, err) : err->status;
}

static levada_status
make_stage(struct helper *helper, const struct isolation_hooks *hooks, struct error *err)
{
    const struct plugin *plugin = NULL;
    levada_status status = confine(&helper->setup.confinement, err);
    if (status >= 0)
        status = load(helper, hooks, &plugin, err);
    if (status < 0)
        return status;
    helper->space = record_space_create();
    helper->transfer = helper->space != NULL ? transfer_create(helper->space, false) : NULL;
    struct place at = { .file = NULL };
    helper->stage = helper->transfer != NULL ? stage_create(plugin->stage, helper->setup.pipeline,
                                                            helper->setup.stage, at, helper->space)
                                             : NULL;
    if (helper->stage == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    helper->stage->file = helper->setup.file;
    if (helper->stage->decoder == NULL)
        helper->stage->decoder = batch_decoder_create(helper->space);
    if (!hooks->fill(helper->stage, &helper->setup.settings, &helper->problems) ||
        helper->stage->decoder == NULL)
        return error_set(err, LEVADA_FATAL, "its options cannot be filled a second time");
    helper_serve_stage(helper);
    return LEVADA_OK;
}

static void
on_setup(struct helper *helper, const struct isolation_hooks *hooks, struct incoming *call)
{
    struct error err = { .status = LEVADA_OK };
    struct message answer;
    levada_status status = LEVADA_FATAL;
    if (setup_get(&helper->setup, &call->in, &helper->arena)) {
        log_setup(helper->setup.log_level);
        log_set_color(helper->setup.color ? LOG_COLOR_ALWAYS : LOG_COLOR_NEVER);
        status = make_stage(helper, hooks, &err);
    }
    hold_drop(call->hold);
    struct wire_out out = helper_begin(helper, &answer, DONE);
    wire_put(&out, (uint64_t)(int64_t)status);
    wire_put_text(&out, err.status < 0 ? err.text : "");
    helper_send(&answer, &out);
}

static void
on_create(struct helper *helper, struct incoming *call)
{
    struct stage *stage = helper->stage;
    struct levada_call *inner = stage->call;
    struct message answer;
    struct stage_plan plan = { .problems = &helper->problems };
    struct declared before = { stage->fields.n_needs, stage->fields.n_adds };
    hold_drop(call->hold);
    inner->plan = &plan;
    levada_status returned = callback_create(stage);
    stage->created = returned >= 0;
    levada_status status = call_end(inner, returned);
    inner->plan = NULL;
    struct wire_out out = helper_begin(helper, &answer, DONE);
    const struct outcome_out outcome = outcome_of(helper, NULL);
    outcome_put(&outcome, &out, status);
    problems_put(&helper->problems, &out);
    declarations_put(&outcome, &before, &out);
    call_reset(inner);
    helper_send(&answer, &out);
}

static void
on_connect(struct helper *helper, struct incoming *call)
{
    struct levada_call *inner = helper->stage->call;
    struct message answer;
    struct problems problems = { .items = NULL };
    struct stage_plan plan = { .problems = &problems };
    uint32_t wait_ms = (uint32_t)wire_get(&call->in);
    hold_drop(call->hold);
    inner->plan = &plan;
    levada_status status = call_end(inner, callback_connect(helper->stage, wait_ms));
    inner->plan = NULL;
    struct wire_out out = helper_begin(helper, &answer, DONE);
    const struct outcome_out outcome = outcome_of(helper, NULL);
    outcome_put(&outcome, &out, status);
    problems_put(&problems, &out);
    call_reset(inner);
    helper_send(&answer, &out);
    problems_finish(&problems);
}

static void
on_destroy(struct helper *helper)
{
    struct message answer;
    if (helper->stage != NULL)
        callback_destroy(helper->stage);
    struct wire_out out = helper_begin(helper, &answer, DONE);
    helper_send(&answer, &out);
}

int
isolation_help(const struct isolation_hooks *hooks)
{
    struct helper helper = { .host_processor = -1 };
    struct error err = { .status = LEVADA_OK };
    process_die_with_host();
    helper.shared = shared_map(PROCESS_MEMORY_FD, &err);
    if (helper.shared == NULL) {
        log_error(NULL, "failed", "reason=\"%s\"", err.text);
        return EX_OSERR;
    }
    for (;;) {
        struct incoming call;
        receive_call(&helper, &call);
        switch (call.message.kind) {
        case CALL_SETUP:
            on_setup(&helper, hooks, &call);
            break;
        case CALL_CREATE:
            on_create(&helper, &call);
            break;
        case CALL_CONNECT:
            on_connect(&helper, &call);
            break;
        case CALL_DESTROY:
            on_destroy(&helper);
            return 0;
        default:
            serve_call(&helper, &call);
            break;
        }
    }
}
