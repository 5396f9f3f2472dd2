/* SPDX-License-Identifier: Apache-2.0 */
#include "join_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "runtime/call.h"
#include "runtime/keyed_state.h"
#include "runtime/stage.h"

struct join_stage {
    struct record_space *space;
    struct stage *stage;
    struct batch_decoder *decoder;
    struct path_pair on[1];
    struct right_field add[1];
    struct strbuf out, late, meta, told;
};

/* ---- a host whose functions fail ---- */

static uint32_t fail_in;
static struct levada_host host;
static struct levada_state_v1 state;
static const struct levada_state_v1 *real_state;

bool
join_stage_fail_in(uint32_t n)
{
    bool failed = fail_in == 0;
    fail_in = n;
    return failed;
}

static bool
fails(struct levada_call *call)
{
    if (fail_in == 0 || --fail_in > 0)
        return false;
    (call_host.fail)(call, LEVADA_RETRY, "injected");
    return true;
}

static void *
failing_scratch(struct levada_call *call, uint64_t n)
{
    return fails(call) ? NULL : call_host.scratch(call, n);
}

static levada_status
failing_emit(struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    return fails(call) ? LEVADA_RETRY : call_host.emit(call, port, batch);
}

static levada_status
failing_append(struct levada_call *call, struct levada_batch *batch,
               const struct levada_record *records, uint32_t n, uint32_t stride)
{
    return fails(call) ? LEVADA_RETRY : call_host.append(call, batch, records, n, stride);
}

static levada_status
failing_set_column(struct levada_call *call, struct levada_batch *batch,
                   const struct levada_path *path, const struct levada_scalar *values)
{
    return fails(call) ? LEVADA_RETRY : call_host.set_column(call, batch, path, values);
}

static struct levada_batch *
failing_select(struct levada_call *call, struct levada_batch *batch, const uint32_t *indexes,
               uint32_t n)
{
    return fails(call) ? NULL : call_host.select(call, batch, indexes, n);
}

static const struct levada_scalar *
failing_column(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    return fails(call) ? NULL : call_host.column(call, batch, path);
}

static levada_status
failing_get(struct levada_call *call, struct levada_bytes key, struct levada_bytes *value)
{
    return fails(call) ? LEVADA_RETRY : real_state->get(call, key, value);
}

static levada_status
failing_put(struct levada_call *call, struct levada_bytes key, struct levada_bytes value)
{
    return fails(call) ? LEVADA_RETRY : real_state->put(call, key, value);
}

static const void *
failing_ext(const char *id)
{
    assert_string_equal(id, "levada.state/1");
    return &state;
}

static const struct levada_host *
make_host(void)
{
    real_state = call_host.ext("levada.state/1");
    state = *real_state;
    state.get = failing_get;
    state.put = failing_put;
    host = call_host;
    host.ext = failing_ext;
    host.scratch = failing_scratch;
    host.emit = failing_emit;
    host.append = failing_append;
    host.set_column = failing_set_column;
    host.select = failing_select;
    host.column = failing_column;
    return &host;
}

/* ---- making one ---- */

const struct levada_path *
join_stage_path(struct join_stage *stage, const char *text)
{
    struct error err;
    const struct levada_path *path = path_set_get(record_space_paths(stage->space), text, &err);
    if (path == NULL)
        fail_msg("%s", err.text);
    return path;
}

struct stream_join *
join_stage_self(struct join_stage *stage)
{
    return stage->stage->self;
}

static void
set_options(struct join_stage *stage, const struct join_options *options)
{
    struct stream_join *self = join_stage_self(stage);
    const struct levada_path *t =
        join_stage_path(stage, options->by_timestamp ? "meta:timestamp" : "t");
    stage->on[0].left = stage->on[0].right = join_stage_path(stage, "k");
    stage->add[0].right = join_stage_path(stage, "r");
    self->on = (struct levada_list){ stage->on, 1 };
    self->add = (struct levada_list){ stage->add, 1 };
    self->event_time.left = self->event_time.right = t;
    self->watermark.left = options->left_delay_ms * 1000000;
    self->watermark.right = options->right_delay_ms * 1000000;
    self->before = options->before_ms * 1000000;
    self->after = options->after_ms * 1000000;
    self->type = options->type;
    self->on_end = options->on_end;
}

struct join_stage *
join_stage_make(const struct join_options *options)
{
    const struct levada_stage *op = levada_module_v1(make_host())->stages[0];
    struct join_stage *stage = calloc(1, sizeof(*stage));
    struct place nowhere = { .file = NULL };
    assert_non_null(stage);
    stage->space = record_space_create();
    assert_non_null(stage->space);
    stage->stage = stage_create(op, "test", "join", nowhere, stage->space);
    stage->decoder = batch_decoder_create(stage->space);
    assert_non_null(stage->stage);
    assert_non_null(stage->decoder);
    set_options(stage, options);
    return stage;
}

static struct place
option_at(void *user, const char *option)
{
    (void)user;
    (void)option;
    return (struct place){ .file = NULL };
}

const char *
join_stage_plan(struct join_stage *stage)
{
    struct problems problems = { .n = 0 };
    const struct stage_plan plan = { .problems = &problems, .option_at = option_at };
    stage_plan(stage->stage, &plan);
    strbuf_clear(&stage->told);
    for (size_t i = 0; i < problems.n; i++)
        strbuf_printf(&stage->told, "%s\n", problems.items[i].message);
    problems_finish(&problems);
    return strbuf_text(&stage->told);
}

struct join_stage *
join_stage_create(const struct join_options *options)
{
    struct join_stage *stage = join_stage_make(options);
    assert_string_equal(join_stage_plan(stage), "");
    return stage;
}

void
join_stage_destroy(struct join_stage *stage)
{
    stage_destroy(stage->stage);
    batch_decoder_destroy(stage->decoder);
    record_space_destroy(stage->space);
    strbuf_finish(&stage->out);
    strbuf_finish(&stage->late);
    strbuf_finish(&stage->meta);
    strbuf_finish(&stage->told);
    free(stage);
}

/* ---- callbacks ---- */

static void
write_meta(struct join_stage *stage, const struct levada_record *record)
{
    const char *key = record->key.p != NULL ? record->key.p : "-";
    strbuf_printf(&stage->meta, "%.*s %lld \"%s\" %d",
                  record->key.p != NULL ? (int)record->key.n : 1, key,
                  (long long)record->timestamp_ms,
                  record_space_stream_name(stage->space, record->stream), record->partition);
    for (uint32_t h = 0; h < record->n_headers; h++) {
        const struct levada_header *header = &record->headers[h];
        strbuf_printf(&stage->meta, " %.*s=%.*s", (int)header->name.n, (const char *)header->name.p,
                      (int)header->value.n, (const char *)header->value.p);
    }
    strbuf_char(&stage->meta, '\n');
}

static void
decode(struct join_stage *stage, struct batch *batch)
{
    struct error err = { .status = LEVADA_OK };
    struct bad_record *bad;
    uint32_t n_bad;
    if (batch_decode(batch, stage->decoder, &bad, &n_bad, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(n_bad, 0);
}

static void
write_emission(struct join_stage *stage, const struct emission *emission)
{
    struct error err = { .status = LEVADA_OK };
    struct strbuf *to = emission->port == 0 ? &stage->out : &stage->late;
    if (batch_is_undecoded(emission->batch))
        decode(stage, emission->batch);
    const struct levada_record *records = batch_records(emission->batch, &err);
    if (records == NULL)
        fail_msg("%s", err.text);
    for (uint32_t i = 0; i < batch_public(emission->batch)->n; i++) {
        const struct levada_record *record = levada_at(batch_public(emission->batch), records, i);
        strbuf_add(to, record->value.p, record->value.n);
        strbuf_char(to, '\n');
        if (emission->port == 0)
            write_meta(stage, record);
    }
}

static void
take_outcome(struct join_stage *stage, const struct batch *input)
{
    struct levada_call *call = stage->stage->call;
    for (uint32_t e = 0; e < call->n_emissions; e++)
        write_emission(stage, &call->emissions[e]);
    for (uint32_t f = 0; f < call->n_failed; f++)
        strbuf_printf(&stage->out, "record %u: %s\n",
                      batch_find_record(input, call->failed[f].batch, call->failed[f].record),
                      call->failed[f].why);
    call_reset(call);
}

static struct batch *
make_batch(struct join_stage *stage, const struct join_record *records, uint32_t n)
{
    static const struct levada_header header = { { "h", 1 }, { "1", 1 } };
    struct error err = { .status = LEVADA_OK };
    struct batch *batch = batch_create(stage->space, 0);
    assert_non_null(batch);
    for (uint32_t i = 0; i < n; i++) {
        const struct join_record *from = &records[i];
        struct levada_record record = {
            .value = { from->json, strlen(from->json) },
            .timestamp_ms = from->timestamp_ms,
            .number = i,
            .offset = i,
            .partition = from->partition,
        };
        record.stream =
            record_space_stream(stage->space, "", from->stream != NULL ? from->stream : "s");
        if (from->key != NULL) {
            record.key = (struct levada_bytes){ from->key, strlen(from->key) };
            record.headers = &header;
            record.n_headers = 1;
        }
        assert_int_equal(batch_append(batch, &record, 1, sizeof(record), &err), LEVADA_OK);
    }
    decode(stage, batch);
    return batch;
}

void
join_stage_process(struct join_stage *stage, uint32_t port, const struct join_record *records,
                   uint32_t n)
{
    struct levada_call *call = stage->stage->call;
    struct batch *batch = make_batch(stage, records, n);
    levada_status status = LEVADA_RETRY;
    while (status == LEVADA_RETRY) {
        struct batch *handle = batch_clone(batch);
        assert_non_null(handle);
        call_reset(call);
        status = call_end(
            call, stage->stage->op->process(stage->stage->self, call, port, batch_public(handle)));
        batch_release(handle);
    }
    if (status < 0)
        fail_msg("process(): %s", call->err.text);
    assert_int_equal(status, LEVADA_ABSORBED);
    take_outcome(stage, batch);
    batch_release(batch);
}

void
join_stage_lines(struct join_stage *stage, uint32_t port, const char *lines)
{
    char *copy = strdup(lines), *rest = copy, *line;
    struct join_record records[64];
    uint32_t n = 0;
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        assert_true(n < 64);
        records[n++] = (struct join_record){ .json = line, .timestamp_ms = LEVADA_NO_TIME };
    }
    join_stage_process(stage, port, records, n);
    free(copy);
}

static levada_status
signal_once(struct join_stage *stage, uint32_t kind, int64_t time_ms)
{
    struct levada_call *call = stage->stage->call;
    const struct levada_signal signal = { .struct_size = sizeof(signal),
                                          .kind = kind,
                                          .time_ms = time_ms };
    call_reset(call);
    return call_end(call, stage->stage->op->signal(stage->stage->self, call, &signal));
}

static void
send(struct join_stage *stage, uint32_t kind, int64_t time_ms)
{
    levada_status status = LEVADA_RETRY;
    while (status == LEVADA_RETRY)
        status = signal_once(stage, kind, time_ms);
    if (status < 0)
        fail_msg("signal(): %s", stage->stage->call->err.text);
    take_outcome(stage, NULL);
}

void
join_stage_trigger(struct join_stage *stage)
{
    send(stage, LEVADA_SIG_TRIGGER, LEVADA_NO_TIME);
}

const char *
join_stage_trigger_fails(struct join_stage *stage)
{
    levada_status status = signal_once(stage, LEVADA_SIG_TRIGGER, LEVADA_NO_TIME);
    assert_true(status < 0);
    return stage->stage->call->err.text;
}

void
join_stage_watermark(struct join_stage *stage, int64_t time_ms)
{
    send(stage, LEVADA_SIG_WATERMARK, time_ms);
}

void
join_stage_end(struct join_stage *stage)
{
    send(stage, LEVADA_SIG_WATERMARK, INT64_MAX);
    join_stage_trigger(stage);
}

/* ---- state ---- */

/* Another stage with the same state, in the place of @stage. */
static struct join_stage *
succeed(struct join_stage *stage, const struct join_options *options)
{
    struct join_stage *next = join_stage_create(options);
    struct levada_bytes after = { NULL, 0 }, key, value;
    struct error err;
    record_space_stream(next->space, "", "another"); /* so that streams have other numbers */
    for (;;) {
        assert_int_equal(keyed_state_next(stage->stage->keyed, after, &key, &value, &err), 0);
        if (key.p == NULL)
            break;
        assert_int_equal(keyed_state_put(next->stage->keyed, key, value, &err), 0);
        after = key;
    }
    keyed_state_commit(next->stage->keyed);
    strbuf_add(&next->out, stage->out.text, stage->out.n);
    strbuf_add(&next->late, stage->late.text, stage->late.n);
    join_stage_destroy(stage);
    return next;
}

struct join_stage *
join_stage_restart(struct join_stage *stage, const struct join_options *options)
{
    struct join_stage *next = succeed(stage, options);
    send(next, LEVADA_SIG_RESTORE, LEVADA_NO_TIME);
    return next;
}

const char *
join_stage_restart_fails(struct join_stage **stage, const struct join_options *options)
{
    *stage = succeed(*stage, options);
    assert_int_equal(signal_once(*stage, LEVADA_SIG_RESTORE, LEVADA_NO_TIME), LEVADA_CONFIG);
    return (*stage)->stage->call->err.text;
}

static struct levada_bytes
first_row(struct join_stage *stage, struct levada_bytes *value)
{
    struct levada_bytes key;
    struct error err;
    assert_int_equal(
        keyed_state_next(stage->stage->keyed, (struct levada_bytes){ "r", 1 }, &key, value, &err),
        0);
    return key;
}

uint32_t
join_stage_saved_rows(struct join_stage *stage)
{
    struct levada_bytes value, key = first_row(stage, &value);
    struct error err;
    uint32_t n = 0;
    for (; key.p != NULL && *(const char *)key.p == 'r'; n++)
        assert_int_equal(keyed_state_next(stage->stage->keyed, key, &key, &value, &err), 0);
    return n;
}

static levada_status
count_change(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    (void)key;
    (void)value;
    (void)err;
    ++*(uint32_t *)user;
    return LEVADA_OK;
}

uint32_t
join_stage_changes(struct join_stage *stage)
{
    uint32_t n = 0;
    struct error err;
    keyed_state_changes(stage->stage->keyed, count_change, &n, &err);
    return n;
}

void
join_stage_damage(struct join_stage *stage)
{
    struct levada_bytes value, key = first_row(stage, &value);
    struct error err;
    assert_non_null(key.p);
    value.n -= 1;
    assert_int_equal(keyed_state_put(stage->stage->keyed, key, value, &err), 0);
    keyed_state_commit(stage->stage->keyed);
}

/* ---- outputs ---- */

static const char *
take(struct join_stage *stage, struct strbuf *text)
{
    strbuf_clear(&stage->told);
    strbuf_add(&stage->told, text->text, text->n);
    strbuf_clear(text);
    return strbuf_text(&stage->told);
}

const char *
join_stage_out(struct join_stage *stage)
{
    return take(stage, &stage->out);
}

const char *
join_stage_late(struct join_stage *stage)
{
    return take(stage, &stage->late);
}

const char *
join_stage_meta(struct join_stage *stage)
{
    return take(stage, &stage->meta);
}

uint64_t
join_stage_counter(const struct join_stage *stage, const char *name)
{
    for (const struct metric *own = stage->stage->metrics.own; own != NULL; own = own->next)
        if (strcmp(own->name, name) == 0)
            return metrics_get(&own->value);
    fail_msg("no metric \"%s\"", name);
    return 0;
}
