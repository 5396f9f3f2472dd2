/* SPDX-License-Identifier: Apache-2.0 */
/* host/runtime: what the engine makes of each callback's status, and when it calls which. */
#include "engine_bench.h"
#include "runtime/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

/* ---- a source of {"n":0} {"n":1} ..., in batches of 10 ---- */

static struct {
    int64_t next, count;
    levada_status start_says[4]; /* one after another, then OK; 0 is OK */
    int starts;
    bool stops_in_start, emits_in_start, tells_in_start, tells_in_trigger;
    int64_t stored_at_restore, stored_at_last_poll; /* -1: nothing was known */
    struct bench *bench;
} source;

static void
tell(struct levada_call *call, int64_t next)
{
    struct levada_position position = { .stream = { "told", 4 }, .next = next, .latest = -1 };
    levada->position(call, NULL, &position);
    position.partition = 1;
    levada->assigned(call, &position, 1);
}

static int64_t
stored(struct levada_call *call)
{
    const struct levada_position *position = levada->stored(call, "told", 0);
    return position != NULL ? position->next : -1;
}

static levada_status
source_start(void *self, struct levada_call *call)
{
    (void)self;
    if (source.stops_in_start)
        engine_stop(source.bench->engine);
    if (source.emits_in_start)
        levada->emit(call, 0, levada->batch(call, 1));
    if (source.tells_in_start)
        tell(call, 7);
    levada_status says = source.start_says[source.starts < 3 ? source.starts : 3];
    source.starts++;
    return says < 0 ? levada->fail(call, says, "not ready") : says;
}

static levada_status
source_poll(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct levada_batch *batch = levada->batch(call, 0);
    (void)self;
    (void)wait_ms;
    source.stored_at_last_poll = stored(call);
    for (uint32_t i = 0; i < 10 && i < max_records && source.next < source.count; i++) {
        char text[32];
        struct levada_record record = { .stream = levada->stream(call, "numbers"),
                                        .offset = source.next,
                                        .number = source.next,
                                        .timestamp_ms = source.next };
        record.value.p = text;
        record.value.n =
            (uint64_t)snprintf(text, sizeof(text), "{\"n\":%lld}", (long long)source.next++);
        levada->append(call, batch, &record, 1, sizeof(record));
    }
    levada->emit(call, 0, batch);
    return source.next < source.count ? LEVADA_OK : LEVADA_END;
}

/* ---- what every stage heard of WATERMARK, in order ---- */

static struct {
    char text[400];
    size_t n;
} heard;

static void
hear(const char *stage, const struct levada_signal *signal)
{
    if (signal->kind != LEVADA_SIG_WATERMARK)
        return;
    char time[24] = "end";
    if (signal->time_ms != INT64_MAX)
        snprintf(time, sizeof(time), "%lld", (long long)signal->time_ms);
    heard.n += (size_t)snprintf(heard.text + heard.n, sizeof(heard.text) - heard.n, "%s %s\n",
                                stage, time);
}

static levada_status
source_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    hear("source", signal);
    if (signal->kind == LEVADA_SIG_RESTORE)
        source.stored_at_restore = stored(call);
    if (signal->kind == LEVADA_SIG_TRIGGER && source.tells_in_trigger)
        tell(call, source.next);
    return LEVADA_OK;
}

static const struct levada_stage source_op = {
    .struct_size = sizeof(source_op),
    .kind = LEVADA_SOURCE,
    .id = "numbers",
    .start = source_start,
    .poll = source_poll,
    .signal = source_signal,
};

/* ---- a sink that counts ---- */

static struct {
    uint32_t records, triggers, tries, aborts;
    int retry_triggers;
    bool claims; /* says what only a source may say */
    levada_status trigger_says;
    struct levada_batch *kept; /* the first batch, if it keeps_one, */
    bool keeps_one;            /* whose record 3 it rejects with the next */
} sink;

static levada_status
sink_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    (void)self;
    (void)port;
    sink.records += batch->n;
    if (sink.claims)
        levada->assigned(call, NULL, 0);
    if (sink.keeps_one && sink.kept == NULL) {
        sink.kept = levada->retain(batch);
        return LEVADA_ABSORBED;
    }
    if (sink.keeps_one) {
        levada->fail_at(call, sink.kept, 3, LEVADA_REJECT, "refused later");
        levada->release(sink.kept);
        sink.keeps_one = false;
    }
    return LEVADA_OK;
}

static levada_status
sink_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    hear("sink", signal);
    sink.aborts += signal->kind == LEVADA_SIG_ABORT;
    if (signal->kind != LEVADA_SIG_TRIGGER)
        return LEVADA_OK;
    sink.tries++;
    if (sink.retry_triggers-- > 0)
        return levada->fail(call, LEVADA_RETRY, "no room yet");
    sink.triggers++;
    return sink.trigger_says;
}

static const struct levada_stage sink_op = {
    .struct_size = sizeof(sink_op),
    .kind = LEVADA_SINK,
    .id = "sink",
    .process = sink_process,
    .signal = sink_signal,
};

/* ---- what lies between: a stage that listens, a table whose rows() is as a test wants it ---- */

static levada_status
pass_on(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    (void)self;
    (void)port;
    return levada->emit(call, 0, batch);
}

static levada_status
listener_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    (void)call;
    hear("listener", signal);
    return LEVADA_OK;
}

static const struct levada_stage listener_op = {
    .struct_size = sizeof(listener_op),
    .kind = LEVADA_TRANSFORM,
    .id = "listener",
    .process = pass_on,
    .signal = listener_signal,
};

static const struct levada_stage join_op = {
    .struct_size = sizeof(join_op),
    .kind = LEVADA_JOIN,
    .id = "join",
    .n_inputs = 2,
    .process = pass_on,
    .signal = listener_signal,
};

static struct {
    levada_status says[3]; /* one after another, then OK */
    int calls;
    bool loses;
} rows;

static levada_status
table_rows_leave(void *self, struct levada_call *call, struct levada_batch *batch,
                 const struct levada_slots *slots)
{
    (void)self;
    (void)slots;
    levada_status says = rows.says[rows.calls < 2 ? rows.calls : 2];
    rows.calls++;
    if (says < 0)
        return levada->fail(call, says, "rows are busy");
    if (!rows.loses)
        levada->emit(call, 0, batch); /* after AGAIN that did not happen */
    return says;
}

/* Windows of 5 ms, told by the records' timestamps. */
static struct stage *
add_table(struct bench *bench)
{
    static struct levada_stage op;
    op = bench_windows;
    op.rows = table_rows_leave;
    struct stage *stage = bench_add_windows(bench, &op, 5);
    bench_plan(stage);
    return stage;
}

static void
begin(struct bench *bench)
{
    bench_open(bench);
    memset(&source, 0, sizeof(source));
    memset(&sink, 0, sizeof(sink));
    memset(&rows, 0, sizeof(rows));
    memset(&heard, 0, sizeof(heard));
    source.count = 30;
    source.bench = bench;
    bench_add(bench, &source_op);
}

static levada_status
run(struct bench *bench)
{
    struct engine_setup setup = bench_setup(bench);
    setup.max_records_per_trigger = 10;
    return bench_run(bench, &setup);
}

static levada_status
run_to_sink(struct bench *bench)
{
    bench_add(bench, &sink_op);
    bench_chain(bench);
    return run(bench);
}

/* ---- signals ---- */

static void
a_signal_that_fails_for_now_is_sent_again(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    sink.retry_triggers = 3;
    assert_int_equal(run_to_sink(&bench), LEVADA_OK);
    assert_int_equal(sink.triggers, 3);
    assert_int_equal(sink.tries, 6);
    bench_close(&bench);
}

static void
a_signal_that_fails_for_longer_than_retry_for_stops_the_pipeline(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    sink.retry_triggers = 100000;
    bench_add(&bench, &sink_op)->errors.retry_for_ns = 5000000; /* five ticks of the clock */
    bench_chain(&bench);
    assert_int_equal(run(&bench), LEVADA_UNAVAILABLE);
    assert_non_null(strstr(bench.err.text, "no room yet (tried for 0 s)"));
    assert_int_equal(sink.aborts, 1);
    bench_close(&bench);
}

static void
a_signal_with_another_status_is_a_fault(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    sink.trigger_says = LEVADA_ABSORBED;
    assert_int_equal(run_to_sink(&bench), LEVADA_FATAL);
    assert_non_null(strstr(bench.err.text, "signal() returned 4"));
    bench_close(&bench);
}

/* ---- start() ---- */

static void
start_is_called_until_it_is_done(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    source.start_says[0] = LEVADA_AGAIN;
    source.start_says[1] = LEVADA_RETRY;
    source.start_says[2] = LEVADA_AGAIN;
    assert_int_equal(run_to_sink(&bench), LEVADA_OK);
    assert_int_equal(source.starts, 4);
    assert_int_equal(sink.records, 30);
    bench_close(&bench);
}

static void
a_stop_ends_the_wait_for_start_and_nothing_is_read(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    source.start_says[0] = source.start_says[1] = LEVADA_AGAIN;
    source.stops_in_start = true;
    assert_int_equal(run_to_sink(&bench), LEVADA_OK);
    assert_int_equal(source.starts, 1);
    assert_int_equal(sink.records, 0);
    bench_close(&bench);
}

static void
a_start_that_fails_for_good_or_says_anything_else_stops_the_pipeline(void **state)
{
    static const struct {
        levada_status says, becomes;
        const char *text;
    } cases[] = { { LEVADA_NO_INPUT, LEVADA_NO_INPUT, "not ready" },
                  { LEVADA_FILTERED, LEVADA_FATAL, "start() returned 3" } };
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct bench bench;
        begin(&bench);
        source.start_says[0] = cases[i].says;
        assert_int_equal(run_to_sink(&bench), cases[i].becomes);
        assert_non_null(strstr(bench.err.text, cases[i].text));
        bench_close(&bench);
    }
}

static void
nothing_can_be_emitted_in_start(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    source.emits_in_start = true;
    assert_int_equal(run_to_sink(&bench), LEVADA_FATAL);
    assert_non_null(strstr(bench.err.text, "emit() is not for create(), start() and merge()"));
    bench_close(&bench);
}

static levada_status
create_again(void *self, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)self;
    (void)call;
    (void)ctx;
    return LEVADA_AGAIN;
}

static struct place
nowhere(void *user, const char *option)
{
    (void)user;
    (void)option;
    return (struct place){ 0 };
}

static void
create_cannot_be_put_off(void **state)
{
    static const struct levada_stage again_op = {
        .struct_size = sizeof(again_op), .kind = LEVADA_SINK, .id = "again", .create = create_again
    };
    struct bench bench;
    struct problems problems = { 0 };
    const struct stage_plan plan = { .problems = &problems, .option_at = nowhere };
    (void)state;
    bench_open(&bench);
    stage_plan(bench_add(&bench, &again_op), &plan);
    assert_int_equal(problems.n_errors, 1);
    problems_finish(&problems);
    bench_close(&bench);
}

/* ---- what a source says beside poll() ---- */

static void
what_a_source_tells_in_start_is_known_at_restore(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    source.tells_in_start = true;
    assert_int_equal(run_to_sink(&bench), LEVADA_OK);
    assert_int_equal(source.stored_at_restore, 7);
    bench_close(&bench);
}

static void
what_a_source_tells_in_a_signal_is_known_afterwards(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    source.tells_in_trigger = true;
    assert_int_equal(run_to_sink(&bench), LEVADA_OK);
    assert_int_equal(source.stored_at_restore, -1);
    assert_int_equal(source.stored_at_last_poll, 20);
    bench_close(&bench);
}

/* Partition 1, which is told of, shows no record, so it holds the windows open until the end. */
static void
partitions_assigned_in_start_hold_windows_open(void **state)
{
    (void)state;
    for (int told = 0; told < 2; told++) {
        struct bench bench;
        begin(&bench);
        source.tells_in_start = told == 1;
        add_table(&bench);
        assert_int_equal(run_to_sink(&bench), LEVADA_OK);
        assert_int_equal(rows.calls, told == 1 ? 1 : 3);
        assert_int_equal(sink.records, 6);
        bench_close(&bench);
    }
}

static void
only_a_source_may_speak_of_partitions(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    sink.claims = true;
    assert_int_equal(run_to_sink(&bench), LEVADA_FATAL);
    assert_non_null(strstr(bench.err.text, "assigned() is for sources"));
    bench_close(&bench);
}

/* ---- rows() ---- */

static void
rows_are_offered_until_the_stage_takes_them(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    rows.says[0] = LEVADA_AGAIN;
    rows.says[1] = LEVADA_RETRY;
    add_table(&bench);
    assert_int_equal(run_to_sink(&bench), LEVADA_OK);
    assert_int_equal(rows.calls, 5);
    assert_int_equal(sink.records, 6);
    bench_close(&bench);
}

static void
a_stage_whose_rows_get_lost_is_stopped(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    rows.loses = true;
    add_table(&bench);
    assert_int_equal(run_to_sink(&bench), LEVADA_FATAL);
    assert_non_null(strstr(bench.err.text, "rows() returned OK but emitted only 0 of 1 rows"));
    bench_close(&bench);
}

/* ---- WATERMARK ---- */

static void
each_stage_hears_how_far_event_time_has_come(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    bench_add(&bench, &listener_op);
    add_table(&bench);
    assert_int_equal(run_to_sink(&bench), LEVADA_OK);
    assert_string_equal(heard.text, "source 8\nlistener 8\nsink 8\n"
                                    "source 18\nlistener 18\nsink 18\n"
                                    "source end\nlistener end\nsink end\n");
    bench_close(&bench);
}

static void
without_a_table_only_the_end_is_told(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    assert_int_equal(run_to_sink(&bench), LEVADA_OK);
    assert_string_equal(heard.text, "source end\nsink end\n");
    bench_close(&bench);
}

/* source -> table -> join and source -> join: what the second input will bring nobody knows. */
static void
a_join_hears_only_what_all_its_inputs_promise(void **state)
{
    (void)state;
    for (int raw = 0; raw < 2; raw++) {
        struct bench bench;
        begin(&bench);
        struct stage *table = add_table(&bench);
        struct stage *join = bench_add(&bench, &join_op), *end = bench_add(&bench, &sink_op);
        bench_join(bench.stages[0], 0, table, 0);
        bench_join(table, 0, join, 0);
        bench_join(raw == 1 ? bench.stages[0] : table, 0, join, 1);
        bench_join(join, 0, end, 0);
        assert_int_equal(run(&bench), LEVADA_OK);
        assert_string_equal(heard.text,
                            raw == 1 ? "source 8\nsource 18\nsource end\nlistener end\nsink end\n"
                                     : "source 8\nlistener 8\nsink 8\n"
                                       "source 18\nlistener 18\nsink 18\n"
                                       "source end\nlistener end\nsink end\n");
        bench_close(&bench);
    }
}

/* ---- fail_at() ---- */

static char letter_value[64];

static levada_status
letters_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_record *records = levada->records(call, batch);
    (void)self;
    (void)port;
    snprintf(letter_value, sizeof(letter_value), "%.*s", (int)records[0].value.n,
             (const char *)records[0].value.p);
    return LEVADA_OK;
}

static void
a_sink_rejects_a_record_of_a_batch_that_it_had_kept(void **state)
{
    static const struct levada_stage letters_op = { .struct_size = sizeof(letters_op),
                                                    .kind = LEVADA_SINK,
                                                    .id = "letters",
                                                    .process = letters_process };
    struct bench bench;
    (void)state;
    begin(&bench);
    sink.keeps_one = true;
    bench_add(&bench, &sink_op);
    bench_chain(&bench);
    bench.stages[1]->errors.tolerate = true;
    bench.stages[1]->errors.dead_letter = bench_add(&bench, &letters_op);
    assert_int_equal(run(&bench), LEVADA_OK);
    assert_string_equal(letter_value, "{\"n\":3}");
    assert_int_equal(sink.records, 30);
    bench_close(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_that_fails_for_now_is_sent_again),
        cmocka_unit_test(a_signal_that_fails_for_longer_than_retry_for_stops_the_pipeline),
        cmocka_unit_test(a_signal_with_another_status_is_a_fault),
        cmocka_unit_test(start_is_called_until_it_is_done),
        cmocka_unit_test(a_stop_ends_the_wait_for_start_and_nothing_is_read),
        cmocka_unit_test(a_start_that_fails_for_good_or_says_anything_else_stops_the_pipeline),
        cmocka_unit_test(nothing_can_be_emitted_in_start),
        cmocka_unit_test(create_cannot_be_put_off),
        cmocka_unit_test(what_a_source_tells_in_start_is_known_at_restore),
        cmocka_unit_test(what_a_source_tells_in_a_signal_is_known_afterwards),
        cmocka_unit_test(partitions_assigned_in_start_hold_windows_open),
        cmocka_unit_test(only_a_source_may_speak_of_partitions),
        cmocka_unit_test(rows_are_offered_until_the_stage_takes_them),
        cmocka_unit_test(a_stage_whose_rows_get_lost_is_stopped),
        cmocka_unit_test(each_stage_hears_how_far_event_time_has_come),
        cmocka_unit_test(without_a_table_only_the_end_is_told),
        cmocka_unit_test(a_join_hears_only_what_all_its_inputs_promise),
        cmocka_unit_test(a_sink_rejects_a_record_of_a_batch_that_it_had_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
