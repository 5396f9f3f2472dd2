/* SPDX-License-Identifier: Apache-2.0 */
/* host/runtime: delivery, retry, dead letters, triggers, with stages of the test's own. */
#include "engine_bench.h"
#include "runtime/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

/* ---- a source of {"n":0} {"n":1} ..., in batches of 10 ---- */

static struct {
    int64_t count, next;
    int fail_polls; /* so many polls fail with RETRY first */
    int restores;
    struct engine *stop_when_idle; /* does not end: asks for a stop at the second idle poll */
    int idle_polls;
    int64_t drain_at; /* asks for a checkpoint when this number comes next, once; 0: no */
    uint32_t drained; /* commits of the sink when it was polled again */
    bool in_halves;   /* emits each batch as two selections, the second half first */
    int64_t broken;   /* this number is no JSON; -1: none */
} source;

static void
source_emit(struct levada_call *call, struct levada_batch *batch)
{
    static const uint32_t indexes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    uint32_t half = batch->n / 2;
    if (!source.in_halves) {
        levada->emit(call, 0, batch);
        return;
    }
    levada->emit(call, 0, levada->select(call, batch, indexes + half, batch->n - half));
    levada->emit(call, 0, levada->select(call, batch, indexes, half));
}

static uint32_t commits_of_sink(void);

static levada_status
source_poll(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    (void)self;
    (void)wait_ms;
    if (source.fail_polls > 0) {
        source.fail_polls--;
        return levada->fail(call, LEVADA_RETRY, "not yet");
    }
    if (source.next == source.count && source.stop_when_idle != NULL) {
        if (++source.idle_polls == 2)
            engine_stop(source.stop_when_idle);
        return LEVADA_OK;
    }
    if (source.drain_at > 0 && source.next == source.drain_at) {
        source.drain_at = 0;
        source.drained = commits_of_sink();
    }
    struct levada_batch *batch = levada->batch(call, 0);
    uint32_t stream = levada->stream(call, "numbers");
    for (uint32_t i = 0; i < 10 && i < max_records && source.next < source.count; i++) {
        char text[32];
        struct levada_record record = { .stream = stream,
                                        .offset = source.next * 100,
                                        .number = source.next,
                                        .timestamp_ms = LEVADA_NO_TIME };
        record.value.p = text;
        record.value.n =
            (uint64_t)snprintf(text, sizeof(text), "{\"n\":%s%lld}",
                               source.next == source.broken ? "x" : "", (long long)source.next);
        source.next++;
        levada->append(call, batch, &record, 1, sizeof(record));
    }
    struct levada_position position = { .stream = { "numbers", 7 },
                                        .next = source.next,
                                        .latest = source.count };
    levada->position(call, batch, &position);
    source_emit(call, batch);
    if (source.drain_at > 0 && source.next == source.drain_at)
        return LEVADA_DRAIN;
    return source.next < source.count || source.stop_when_idle != NULL ? LEVADA_OK : LEVADA_END;
}

static levada_status
source_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    (void)call;
    source.restores += signal->kind == LEVADA_SIG_RESTORE;
    return LEVADA_OK;
}

static const struct levada_stage source_op = {
    .struct_size = sizeof(source_op),
    .kind = LEVADA_SOURCE,
    .id = "numbers",
    .poll = source_poll,
    .signal = source_signal,
};

/* ---- a sink that remembers ---- */

static struct {
    int64_t seen[1000];
    uint32_t n;
    uint32_t triggers, checkpoints, commits, aborts;
    int again, retry;         /* so many times AGAIN or RETRY before a batch is taken */
    int trigger_again;        /* so many times AGAIN before a TRIGGER is done */
    int64_t reject;           /* this number, as fail_at; -1: none */
    bool reject_in_selection; /* of the records from 1 on */
    int64_t transient;        /* this number, as fail_at with RETRY, */
    int fail_transient;       /* so many times */
    int64_t poison;           /* a batch with this number is rejected as a whole; -1: none */
} sink;

static uint32_t
commits_of_sink(void)
{
    return sink.commits;
}

static const struct levada_path *path_n;

/* Fails the record as that of a selection that begins behind the first. */
static void
sink_reject(struct levada_call *call, struct levada_batch *batch, uint32_t i)
{
    uint32_t indexes[10];
    for (uint32_t k = 1; k < batch->n; k++)
        indexes[k - 1] = k;
    if (sink.reject_in_selection && i > 0)
        levada->fail_at(call, levada->select(call, batch, indexes, batch->n - 1), i - 1,
                        LEVADA_REJECT, "not this one");
    else
        levada->fail_at(call, batch, i, LEVADA_REJECT, "not this one");
}

static levada_status
sink_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_scalar *n = levada->column(call, batch, path_n);
    (void)self;
    (void)port;
    assert_non_null(n);
    if (sink.again > 0) {
        sink.again--;
        return LEVADA_AGAIN;
    }
    if (sink.retry > 0) {
        sink.retry--;
        return levada->fail(call, LEVADA_RETRY, "busy");
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        if (n[i].u.i == sink.poison)
            return levada->fail(call, LEVADA_REJECT, "poison");
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        if (n[i].u.i == sink.reject)
            sink_reject(call, batch, i);
        else if (n[i].u.i == sink.transient && sink.fail_transient-- > 0)
            levada->fail_at(call, batch, i, LEVADA_RETRY, "not yet");
        else
            sink.seen[sink.n++] = n[i].u.i;
    }
    return LEVADA_OK;
}

static levada_status
sink_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    (void)call;
    if (signal->kind == LEVADA_SIG_TRIGGER && sink.trigger_again > 0) {
        sink.trigger_again--;
        return LEVADA_AGAIN;
    }
    sink.triggers += signal->kind == LEVADA_SIG_TRIGGER;
    sink.checkpoints += signal->kind == LEVADA_SIG_CHECKPOINT;
    sink.commits += signal->kind == LEVADA_SIG_COMMIT;
    sink.aborts += signal->kind == LEVADA_SIG_ABORT;
    return LEVADA_OK;
}

static const struct levada_stage sink_op = {
    .struct_size = sizeof(sink_op),
    .kind = LEVADA_SINK,
    .id = "remember",
    .process = sink_process,
    .signal = sink_signal,
};

/* ---- a sink for dead letters ---- */

static struct {
    char values[20][64], errors[20][64];
    uint32_t n;
    bool is_sent_elsewhere; /* a stage above has said where to */
} letters;

static const struct levada_path *path_error, *path_stream;

static levada_status
letters_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_record *records = levada->records(call, batch);
    const struct levada_scalar *error = levada->column(call, batch, path_error);
    const struct levada_batch_v1 *extension = levada->ext("levada.batch/1");
    (void)self;
    (void)port;
    letters.is_sent_elsewhere = extension->is_set(call, batch, path_stream);
    for (uint32_t i = 0; i < batch->n; i++) {
        snprintf(letters.values[letters.n], 64, "%.*s", (int)records[i].value.n,
                 (const char *)records[i].value.p);
        snprintf(letters.errors[letters.n], 64, "%.*s", (int)error[i].len, error[i].u.s);
        letters.n++;
    }
    return LEVADA_OK;
}

static const struct levada_stage letters_op = {
    .struct_size = sizeof(letters_op),
    .kind = LEVADA_SINK,
    .id = "letters",
    .process = letters_process,
};

/* ---- the pipeline of each test: source -> [middle] -> sink, letters ---- */

static void
open_bench(struct bench *bench, int64_t count, const struct levada_stage *middle)
{
    bench_open(bench);
    memset(&source, 0, sizeof(source));
    memset(&sink, 0, sizeof(sink));
    memset(&letters, 0, sizeof(letters));
    source.count = count;
    source.broken = -1;
    sink.reject = sink.poison = sink.transient = -1;
    path_n = path_set_get(record_space_paths(bench->space), "n", NULL);
    path_error = path_set_get(record_space_paths(bench->space), "error", NULL);
    bench_add(bench, &source_op);
    path_stream = path_set_get(record_space_paths(bench->space), "meta:stream", NULL);
    if (middle != NULL)
        bench_add(bench, middle);
    bench_add(bench, &sink_op);
    bench_chain(bench);
}

static void
open_letters(struct bench *bench)
{
    uint32_t n = bench->n;
    bench_add(bench, &letters_op);
    for (uint32_t i = 0; i < n; i++) {
        bench->stages[i]->errors.tolerate = true;
        bench->stages[i]->errors.dead_letter = bench->stages[n];
    }
}

static levada_status
run_with(struct bench *bench, uint64_t max_records_per_trigger)
{
    struct engine_setup setup = bench_setup(bench);
    setup.max_records_per_trigger = max_records_per_trigger;
    return bench_run(bench, &setup);
}

static void
assert_seen_all_but(int64_t count, int64_t missing)
{
    uint32_t k = 0;
    for (int64_t i = 0; i < count; i++) {
        if (i != missing)
            assert_int_equal(sink.seen[k++], i);
    }
    assert_int_equal(sink.n, k);
}

/* ---- tests ---- */

static void
delivers_every_record_once_and_commits(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 95, NULL);
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(95, -1);
    assert_int_equal(sink.triggers, 1);
    assert_int_equal(sink.checkpoints, 1);
    assert_int_equal(sink.commits, 1);
    assert_int_equal(sink.aborts, 0);
    bench_close(&bench);
}

static void
cuts_triggers_at_the_limit(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 95, NULL);
    assert_int_equal(run_with(&bench, 20), LEVADA_OK);
    assert_seen_all_but(95, -1);
    assert_int_equal(sink.triggers, 5); /* 20 20 20 20 15 */
    bench_close(&bench);
}

static void
a_stop_commits_what_came_before_an_idle_time(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    struct engine_setup setup = {
        .name = "test",
        .stages = bench.stages,
        .n_stages = bench.n,
        .trigger = ENGINE_CONTINUOUS,
        .checkpoint_every_ns = 3600000000000, /* never due */
        .drain_timeout_ns = 30000000000,
        .space = bench.space,
        .clock = &bench_clock,
    };
    source.stop_when_idle = bench.engine = engine_create(&setup);
    assert_int_equal(engine_run(bench.engine, &bench.err), LEVADA_OK);
    assert_seen_all_but(30, -1);
    assert_int_equal(source.idle_polls, 2);
    assert_int_equal(sink.commits, 1);
    bench_close(&bench);
}

static void
commits_before_a_draining_source_is_polled_again(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 50, NULL);
    source.drain_at = 20;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(50, -1);
    assert_int_equal(source.drained, 1);
    assert_int_equal(sink.commits, 2);
    bench_close(&bench);
}

static void
empty_input_still_triggers_once(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 0, NULL);
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_int_equal(sink.n, 0);
    assert_int_equal(sink.triggers, 1);
    bench_close(&bench);
}

static void
asks_again_until_a_sink_takes_its_input(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    sink.again = 7;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(30, -1);
    bench_close(&bench);
}

static void
signals_again_until_a_sink_has_finished(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 25, NULL);
    sink.trigger_again = 7;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_int_equal(sink.trigger_again, 0);
    assert_int_equal(sink.triggers, 1);
    assert_int_equal(sink.commits, 1);
    bench_close(&bench);
}

static void
retries_a_batch_until_it_is_delivered(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    sink.retry = 3;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(30, -1);
    assert_int_equal(bench.stages[1]->metrics.retries, 3);
    bench_close(&bench);
}

static void
gives_up_when_retry_for_is_over(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    bench.stages[1]->errors.retry_for_ns = 5000000; /* five ticks of the clock */
    sink.retry = 1000;
    assert_int_equal(run_with(&bench, 0), LEVADA_UNAVAILABLE);
    assert_non_null(strstr(bench.err.text, "busy"));
    assert_int_equal(sink.aborts, 1);
    assert_int_equal(sink.commits, 0);
    bench_close(&bench);
}

/* Keeps how many batches it has taken, and at each first asks to be called again. */
static int64_t hesitations, taken_batches;

static levada_status
hesitant_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_state_v1 *keyed = levada->ext("levada.state/1");
    struct levada_bytes key = { "n", 1 }, value;
    (void)self;
    (void)port;
    keyed->get(call, key, &value);
    int64_t n = 1;
    if (value.p != NULL)
        n += *(const int64_t *)value.p;
    value = (struct levada_bytes){ &n, sizeof(n) };
    keyed->put(call, key, value);
    if (hesitations++ % 2 == 0)
        return LEVADA_AGAIN;
    taken_batches = n;
    return levada->emit(call, 0, batch);
}

static const struct levada_stage hesitant_op = {
    .struct_size = sizeof(hesitant_op),
    .kind = LEVADA_TRANSFORM,
    .id = "hesitant",
    .process = hesitant_process,
};

static void
what_came_before_again_is_undone(void **state)
{
    struct bench bench;
    (void)state;
    hesitations = 0;
    open_bench(&bench, 30, &hesitant_op);
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(30, -1);
    assert_int_equal(hesitations, 6);
    assert_int_equal(taken_batches, 3);
    bench_close(&bench);
}

static void
retries_one_record_until_it_is_delivered(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    sink.transient = 17;
    sink.fail_transient = 3;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_int_equal(sink.n, 30);
    assert_int_equal(sink.seen[19], 17); /* behind the others of its batch */
    assert_int_equal(metrics_get(&bench.stages[1]->metrics.records_in), 30);
    bench_close(&bench);
}

static void
gives_up_one_record_when_retry_for_is_over(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    bench.stages[1]->errors.retry_for_ns = 5000000;
    sink.transient = 17;
    sink.fail_transient = 1000;
    assert_int_equal(run_with(&bench, 0), LEVADA_UNAVAILABLE);
    assert_non_null(strstr(bench.err.text, "not yet"));
    bench_close(&bench);
}

static void
all_records_of_a_batch_share_retry_for(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 10, NULL);
    open_letters(&bench);
    bench.stages[1]->errors.retry_for_ns = 5000000;
    sink.retry = 1000;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_int_equal(letters.n, 10);
    assert_true(sink.retry > 1000 - 30); /* each part once, when time was up */
    bench_close(&bench);
}

static void
a_bad_record_stops_the_run_and_is_named(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    sink.reject = 17;
    assert_int_equal(run_with(&bench, 0), LEVADA_REJECT);
    assert_string_equal(bench.err.text, "remember: numbers: record 18 (byte 1,700): not this one");
    assert_int_equal(sink.commits, 0);
    bench_close(&bench);
}

static void
a_tolerated_record_goes_to_the_dead_letters_with_its_bytes(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    open_letters(&bench);
    sink.reject = 17;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(30, 17);
    assert_int_equal(letters.n, 1);
    assert_string_equal(letters.values[0], "{\"n\":17}");
    assert_string_equal(letters.errors[0], "not this one");
    bench_close(&bench);
}

static bool was_set_above;

/* Sends each record to the topic "there". */
static levada_status
route_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_batch_v1 *extension = levada->ext("levada.batch/1");
    struct levada_scalar *names = levada->scratch(call, batch->n * sizeof(*names));
    (void)self;
    (void)port;
    for (uint32_t i = 0; i < batch->n; i++)
        names[i] = (struct levada_scalar){ LEVADA_T_STR, 5, { .s = "there" } };
    was_set_above = was_set_above || extension->is_set(call, batch, path_stream);
    levada->set_column(call, batch, path_stream, names);
    assert_true(extension->is_set(call, batch, path_stream));
    return levada->emit(call, 0, batch);
}

static const struct levada_stage route_op = {
    .struct_size = sizeof(route_op),
    .kind = LEVADA_TRANSFORM,
    .id = "route",
    .process = route_process,
};

static void
a_dead_letter_does_not_go_where_its_record_was_sent(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, &route_op);
    open_letters(&bench);
    sink.reject = 17;
    was_set_above = false;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_false(was_set_above);
    assert_int_equal(letters.n, 1);
    assert_false(letters.is_sent_elsewhere);
    assert_string_equal(letters.values[0], "{\"n\":17}");
    bench_close(&bench);
}

static void
a_record_that_failed_in_a_selection_is_found_in_the_input(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    open_letters(&bench);
    sink.reject = 17;
    sink.reject_in_selection = true;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_int_equal(letters.n, 1);
    assert_string_equal(letters.values[0], "{\"n\":17}");
    bench_close(&bench);
}

static void
a_broken_record_is_found_in_the_part_that_has_it(void **state)
{
    for (int64_t broken = 13; broken < 20; broken += 5) {
        struct bench bench;
        (void)state;
        open_bench(&bench, 30, NULL);
        open_letters(&bench);
        source.in_halves = true;
        source.broken = broken;
        assert_int_equal(run_with(&bench, 0), LEVADA_OK);
        assert_int_equal(sink.n, 29);
        assert_int_equal(letters.n, 1);
        assert_string_equal(letters.values[0], broken == 13 ? "{\"n\":x13}" : "{\"n\":x18}");
        bench_close(&bench);
    }
}

static void
a_rejected_batch_is_halved_until_the_culprit_is_alone(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    open_letters(&bench);
    sink.poison = 23;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(30, 23);
    assert_int_equal(letters.n, 1);
    assert_string_equal(letters.values[0], "{\"n\":23}");
    bench_close(&bench);
}

static void
a_failed_poll_restores_the_source_and_goes_on(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    source.fail_polls = 2;
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(30, -1);
    assert_int_equal(source.restores, 3); /* at the start, and after each failure */
    bench_close(&bench);
}

static levada_status
lossy_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    uint32_t first = 0;
    (void)self;
    (void)port;
    return levada->emit(call, 0, levada->select(call, batch, &first, 1));
}

static void
a_stage_that_loses_records_is_stopped(void **state)
{
    static const struct levada_stage lossy = { .struct_size = sizeof(lossy),
                                               .kind = LEVADA_TRANSFORM,
                                               .id = "lossy",
                                               .process = lossy_process };
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, &lossy);
    assert_int_equal(run_with(&bench, 0), LEVADA_FATAL);
    assert_non_null(strstr(bench.err.text, "emitted only 1 of 10 records"));
    assert_int_equal(sink.n, 0);
    bench_close(&bench);
}

static int sticky_calls;

static levada_status
sticky_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    (void)self;
    (void)port;
    if (sticky_calls++ == 0) {
        levada->emit(call, 0, batch);
        levada->fail(call, LEVADA_RETRY, "the first time fails");
    }
    levada->emit(call, 0, batch);
    return LEVADA_OK; /* which the error that sticks overrules */
}

static void
what_a_failed_callback_emitted_is_forgotten(void **state)
{
    static const struct levada_stage sticky = { .struct_size = sizeof(sticky),
                                                .kind = LEVADA_TRANSFORM,
                                                .id = "sticky",
                                                .process = sticky_process };
    struct bench bench;
    (void)state;
    sticky_calls = 0;
    open_bench(&bench, 30, &sticky);
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_seen_all_but(30, -1);
    assert_int_equal(sticky_calls, 4);
    bench_close(&bench);
}

static levada_status
spoil_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct levada_scalar *values = levada->scratch(call, batch->n * sizeof(*values));
    (void)self;
    (void)port;
    for (uint32_t i = 0; i < batch->n; i++)
        values[i] = (struct levada_scalar){ .type = LEVADA_T_I64, .u = { .i = -7 } };
    levada->set_column(call, batch, path_n, values);
    return levada->emit(call, 0, batch);
}

static void
a_column_set_in_one_branch_is_not_seen_in_the_other(void **state)
{
    static const struct levada_stage spoil = { .struct_size = sizeof(spoil),
                                               .kind = LEVADA_TRANSFORM,
                                               .id = "spoil",
                                               .process = spoil_process };
    struct bench bench;
    (void)state;
    open_bench(&bench, 10, &spoil);
    bench_join(bench.stages[0], 0, bench.stages[2],
               0); /* the sink reads the source too, after the branch */
    assert_int_equal(run_with(&bench, 0), LEVADA_OK);
    assert_int_equal(sink.n, 20);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(sink.seen[i], -7);
        assert_int_equal(sink.seen[10 + i], i);
    }
    bench_close(&bench);
}

static void
a_field_that_no_record_has_stops_the_run(void **state)
{
    struct bench bench;
    (void)state;
    open_bench(&bench, 30, NULL);
    const struct levada_path *wrong = path_set_get(record_space_paths(bench.space), "m", NULL);
    struct engine_setup setup = { .name = "test",
                                  .stages = bench.stages,
                                  .n_stages = bench.n,
                                  .trigger = ENGINE_AVAILABLE_NOW,
                                  .space = bench.space,
                                  .clock = &bench_clock };
    bench.engine = engine_create(&setup);
    assert_true(engine_watch_field(bench.engine, bench.stages[0], bench.stages[1], wrong));
    assert_int_equal(engine_run(bench.engine, &bench.err), LEVADA_REJECT);
    assert_string_equal(bench.err.text, "remember: none of the first 30 records of \"numbers\" has "
                                        "the field \"m\"; did you mean \"n\"?");
    bench_close(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_every_record_once_and_commits),
        cmocka_unit_test(cuts_triggers_at_the_limit),
        cmocka_unit_test(a_stop_commits_what_came_before_an_idle_time),
        cmocka_unit_test(commits_before_a_draining_source_is_polled_again),
        cmocka_unit_test(empty_input_still_triggers_once),
        cmocka_unit_test(asks_again_until_a_sink_takes_its_input),
        cmocka_unit_test(signals_again_until_a_sink_has_finished),
        cmocka_unit_test(retries_a_batch_until_it_is_delivered),
        cmocka_unit_test(gives_up_when_retry_for_is_over),
        cmocka_unit_test(what_came_before_again_is_undone),
        cmocka_unit_test(retries_one_record_until_it_is_delivered),
        cmocka_unit_test(gives_up_one_record_when_retry_for_is_over),
        cmocka_unit_test(all_records_of_a_batch_share_retry_for),
        cmocka_unit_test(a_bad_record_stops_the_run_and_is_named),
        cmocka_unit_test(a_tolerated_record_goes_to_the_dead_letters_with_its_bytes),
        cmocka_unit_test(a_dead_letter_does_not_go_where_its_record_was_sent),
        cmocka_unit_test(a_record_that_failed_in_a_selection_is_found_in_the_input),
        cmocka_unit_test(a_broken_record_is_found_in_the_part_that_has_it),
        cmocka_unit_test(a_rejected_batch_is_halved_until_the_culprit_is_alone),
        cmocka_unit_test(a_failed_poll_restores_the_source_and_goes_on),
        cmocka_unit_test(a_stage_that_loses_records_is_stopped),
        cmocka_unit_test(what_a_failed_callback_emitted_is_forgotten),
        cmocka_unit_test(a_column_set_in_one_branch_is_not_seen_in_the_other),
        cmocka_unit_test(a_field_that_no_record_has_stops_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
