/* SPDX-License-Identifier: Apache-2.0 */
#include "real_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <levada/helpers.h>

#include "base/strbuf.h"
#include "runtime/call.h"
#include "runtime/stage.h"
#include "table/table.h"

struct real_stage {
    struct record_space *space;
    struct stage *stage;
    struct batch_decoder *decoder;
    struct strbuf text;  /* what was returned last */
    struct batch *input; /* that process() has not taken yet */
    levada_status status;
};

static int64_t
wall_ms(void *user)
{
    (void)user;
    return 0;
}

static const struct call_services services = { .wall_ms = wall_ms };

static uint32_t
in_transaction(void *user)
{
    (void)user;
    return LEVADA_IN_TRANSACTION;
}

static const char *the_identity;

static const char *
identity(void *user)
{
    (void)user;
    return the_identity;
}

static const struct call_services transactional = { .wall_ms = wall_ms,
                                                    .memory = in_transaction,
                                                    .identity = identity };

void
real_stage_commits_as(struct real_stage *stage, const char *name)
{
    the_identity = name;
    stage->stage->call->services = &transactional;
}

struct real_stage *
real_stage_create(void)
{
    const struct levada_module *module = levada_module_v1(&call_host);
    struct real_stage *stage = calloc(1, sizeof(*stage));
    assert_non_null(module);
    assert_non_null(stage);
    stage->space = record_space_create();
    assert_non_null(stage->space);
    struct place nowhere = { .file = NULL };
    stage->stage =
        stage_create(module->stages[0], "test", module->stages[0]->id, nowhere, stage->space);
    stage->decoder = batch_decoder_create(stage->space);
    assert_non_null(stage->stage);
    stage->stage->call->services = &services;
    assert_non_null(stage->decoder);
    return stage;
}

void
real_stage_destroy(struct real_stage *stage)
{
    stage_destroy(stage->stage);
    batch_release(stage->input);
    batch_decoder_destroy(stage->decoder);
    record_space_destroy(stage->space);
    strbuf_finish(&stage->text);
    free(stage);
}

void *
real_stage_option(struct real_stage *stage, const char *name)
{
    const struct levada_stage *op = stage->stage->op;
    for (uint32_t i = 0; i < op->n_options; i++)
        if (strcmp(op->options[i].name, name) == 0)
            return (char *)stage->stage->self + op->options[i].offset;
    fail_msg("no option \"%s\"", name);
    return NULL;
}

const struct levada_path *
real_stage_path(struct real_stage *stage, const char *text)
{
    struct error err;
    const struct levada_path *path = path_set_get(record_space_paths(stage->space), text, &err);
    if (path == NULL)
        fail_msg("%s", err.text);
    return path;
}

static struct place
option_at(void *user, const char *option)
{
    (void)user;
    (void)option;
    return (struct place){ .file = NULL };
}

/* One a line. */
static const char *
take_problems(struct real_stage *stage, struct problems *problems)
{
    strbuf_clear(&stage->text);
    for (size_t i = 0; i < problems->n; i++)
        strbuf_printf(&stage->text, "%s\n", problems->items[i].message);
    problems_finish(problems);
    return strbuf_text(&stage->text);
}

const char *
real_stage_plan(struct real_stage *stage)
{
    struct problems problems = { .n = 0 };
    const struct stage_plan plan = { .problems = &problems, .option_at = option_at };
    stage_plan(stage->stage, &plan);
    return take_problems(stage, &problems);
}

const char *
real_stage_join(struct real_stage *stage, struct real_stage *coordinator)
{
    struct problems problems = { .n = 0 };
    const struct stage_plan plan = { .problems = &problems, .option_at = option_at };
    stage_join(stage->stage, coordinator->stage, &plan);
    return take_problems(stage, &problems);
}

const char *
real_stage_fields(struct real_stage *stage)
{
    const struct field_plan *fields = &stage->stage->fields;
    strbuf_clear(&stage->text);
    for (uint32_t i = 0; i < fields->n_needs; i++)
        strbuf_printf(&stage->text, "needs %s; ", fields->needs[i]->text);
    for (uint32_t i = 0; i < fields->n_adds; i++) {
        strbuf_printf(&stage->text, "adds %s", fields->adds[i].path->text);
        if (fields->adds[i].after != NULL)
            strbuf_printf(&stage->text, " after %s", fields->adds[i].after->text);
        strbuf_str(&stage->text, "; ");
    }
    for (uint32_t i = 0; i < fields->n_drops; i++)
        strbuf_printf(&stage->text, "drops %s; ", fields->drops[i]->text);
    if (fields->only)
        strbuf_str(&stage->text, "only; ");
    return strbuf_text(&stage->text);
}

static struct batch *
decode(struct real_stage *stage, const char *lines)
{
    struct error err = { .status = LEVADA_OK };
    struct batch *batch = batch_create(stage->space, 0);
    uint32_t stream = record_space_stream(stage->space, "", "test");
    assert_non_null(batch);
    while (*lines != '\0') {
        size_t n = strcspn(lines, "\n");
        struct levada_record record = {
            .value = { lines, n }, .timestamp_ms = LEVADA_NO_TIME, .number = -1, .stream = stream
        };
        assert_int_equal(batch_append(batch, &record, 1, sizeof(record), &err), LEVADA_OK);
        lines += n + (lines[n] == '\n');
    }
    struct bad_record *bad;
    uint32_t n_bad;
    if (batch_decode(batch, stage->decoder, &bad, &n_bad, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(n_bad, 0);
    return batch;
}

static void
write_records(struct real_stage *stage, struct batch *batch)
{
    struct error err = { .status = LEVADA_OK };
    const struct levada_record *records = batch_records(batch, &err);
    if (records == NULL)
        fail_msg("%s", err.text);
    for (uint32_t i = 0; i < batch_public(batch)->n; i++) {
        const struct levada_record *record = levada_at(batch_public(batch), records, i);
        strbuf_add(&stage->text, record->value.p, record->value.n);
        strbuf_char(&stage->text, '\n');
    }
}

static void
write_emissions(struct real_stage *stage)
{
    const struct levada_call *call = stage->stage->call;
    for (uint32_t i = 0; i < call->n_emissions; i++)
        write_records(stage, call->emissions[i].batch);
}

static void
write_failures(struct real_stage *stage, const struct batch *input)
{
    const struct levada_call *call = stage->stage->call;
    for (uint32_t i = 0; i < call->n_failed; i++) {
        const struct failed_record *failed = &call->failed[i];
        strbuf_printf(&stage->text, "record %u: %s\n",
                      batch_find_record(input, failed->batch, failed->record), failed->why);
    }
}

/* Leaves what the callback did in the call, and the text empty. */
static struct batch *
run_process(struct real_stage *stage, const char *lines)
{
    struct levada_call *call = stage->stage->call;
    struct batch *input = decode(stage, lines);
    struct batch *handle = batch_clone(input);
    assert_non_null(handle);
    stage->status = call_end(
        call, stage->stage->op->process(stage->stage->self, call, 0, batch_public(handle)));
    strbuf_clear(&stage->text);
    batch_release(handle);
    return input;
}

const char *
real_stage_process(struct real_stage *stage, const char *lines)
{
    struct batch *input = run_process(stage, lines);
    if (stage->status < 0)
        fail_msg("process(): %s", stage->stage->call->err.text);
    write_emissions(stage);
    write_failures(stage, input);
    call_reset(stage->stage->call);
    batch_release(input);
    return strbuf_text(&stage->text);
}

const char *
real_stage_process_fails(struct real_stage *stage, const char *lines)
{
    struct batch *input = run_process(stage, lines);
    assert_true(stage->status < 0);
    strbuf_str(&stage->text, stage->stage->call->err.text);
    call_reset(stage->stage->call);
    batch_release(input);
    return strbuf_text(&stage->text);
}

/* ---- its table ---- */

struct table_options *
real_stage_table_options(struct real_stage *stage)
{
    return &stage->stage->table_options;
}

static levada_status
take_rows(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    struct real_stage *stage = user;
    struct levada_call *call = stage->stage->call;
    const struct levada_stage *op = stage->stage->op;
    levada_status status = LEVADA_OK;
    if (op->rows == NULL) {
        write_records(stage, batch);
    } else {
        status = call_end(call, op->rows(stage->stage->self, call, batch_public(batch), slots));
        if (status < 0)
            error_set(err, status, "%s", call->err.text);
        write_emissions(stage);
        call_reset(call);
    }
    batch_release(batch);
    return status;
}

static levada_status
merge_rows(void *user, const struct levada_slots *pairs, struct error *err)
{
    struct real_stage *stage = user;
    struct levada_call *call = stage->stage->call;
    call->is_merge = true;
    levada_status status = call_end(call, stage->stage->op->merge(stage->stage->self, call, pairs));
    return status < 0 ? error_set(err, status, "%s", call->err.text) : LEVADA_OK;
}

const char *
real_stage_rows(struct real_stage *stage)
{
    struct error err = { .status = LEVADA_OK };
    strbuf_clear(&stage->text);
    const struct table_output output = { take_rows, merge_rows, stage };
    if (table_trigger(stage->stage->table, &output, &err) < 0)
        fail_msg("rows(): %s", err.text);
    return strbuf_text(&stage->text);
}

levada_status
real_stage_status(const struct real_stage *stage)
{
    return stage->status;
}

void
real_stage_trigger(struct real_stage *stage)
{
    struct levada_call *call = stage->stage->call;
    const struct levada_signal signal = { .struct_size = sizeof(signal),
                                          .kind = LEVADA_SIG_TRIGGER };
    if (call_end(call, stage->stage->op->signal(stage->stage->self, call, &signal)) < 0)
        fail_msg("signal(): %s", call->err.text);
    call_reset(call);
}

uint64_t
real_stage_counter(const struct real_stage *stage, const char *name)
{
    for (const struct metric *own = stage->stage->metrics.own; own != NULL; own = own->next)
        if (strcmp(own->name, name) == 0)
            return metrics_get(&own->value);
    fail_msg("no metric \"%s\"", name);
    return 0;
}

/* ---- a service ---- */

#define PATIENCE_S 20
#define PAUSE_NS 5000000 /* between two tries, as the engine does */

levada_status
real_stage_start(struct real_stage *stage)
{
    struct levada_call *call = stage->stage->call;
    stage->status = call_end(call, stage->stage->op->start(stage->stage->self, call));
    call_reset(call);
    return stage->status;
}

/* Takes what the callback said of single records, or why it failed. */
static levada_status
take_outcome(struct real_stage *stage, levada_status returned)
{
    struct levada_call *call = stage->stage->call;
    stage->status = call_end(call, returned);
    strbuf_clear(&stage->text);
    if (stage->status < 0)
        strbuf_str(&stage->text, call->err.text);
    for (uint32_t i = 0; i < call->n_failed; i++)
        strbuf_printf(&stage->text, "record %u: %s\n", call->failed[i].record, call->failed[i].why);
    call_reset(call);
    return stage->status;
}

static bool
is_over(const struct real_stage *stage, time_t began)
{
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    if (stage->status != LEVADA_AGAIN && stage->status != LEVADA_RETRY)
        return true;
    nanosleep(&pause, NULL);
    return time(NULL) - began > PATIENCE_S;
}

levada_status
real_stage_feed_once(struct real_stage *stage, const char *lines)
{
    if (stage->input == NULL)
        stage->input = decode(stage, lines);
    struct batch *handle = batch_clone(stage->input);
    assert_non_null(handle);
    take_outcome(stage, stage->stage->op->process(stage->stage->self, stage->stage->call, 0,
                                                  batch_public(handle)));
    batch_release(handle);
    if (stage->status != LEVADA_AGAIN && stage->status != LEVADA_RETRY) {
        batch_release(stage->input);
        stage->input = NULL;
    }
    return stage->status;
}

levada_status
real_stage_feed(struct real_stage *stage, const char *lines)
{
    time_t began = time(NULL);
    do
        real_stage_feed_once(stage, lines);
    while (!is_over(stage, began));
    return stage->status;
}

levada_status
real_stage_call(struct real_stage *stage, real_stage_fn *run, void *user)
{
    time_t began = time(NULL);
    do
        take_outcome(stage, run(stage->stage->self, stage->stage->call, user));
    while (!is_over(stage, began));
    return stage->status;
}

struct signalling {
    const struct levada_stage *op;
    struct levada_signal signal;
};

static levada_status
run_signal(void *self, struct levada_call *call, void *user)
{
    const struct signalling *signalling = user;
    return signalling->op->signal(self, call, &signalling->signal);
}

levada_status
real_stage_signal(struct real_stage *stage, uint32_t kind)
{
    struct signalling signalling = { .op = stage->stage->op,
                                     .signal = { .struct_size = sizeof(struct levada_signal),
                                                 .kind = kind } };
    return real_stage_call(stage, run_signal, &signalling);
}

levada_status
real_stage_checkpoint(struct real_stage *stage)
{
    return real_stage_signal(stage, LEVADA_SIG_CHECKPOINT);
}

const char *
real_stage_outcome(const struct real_stage *stage)
{
    return strbuf_text(&stage->text);
}
