/* SPDX-License-Identifier: Apache-2.0 */
/* host/runtime: LEVADA_LOST, which takes everything back to the last COMMIT without a restart. */
#include "engine_bench.h"
#include "runtime/call.h"
#include "runtime/keyed_state.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

#define COUNT 60 /* records, in batches of 10 and triggers of 20 */

/* ---- a source that reads on where the host says, and loses everything now and then ---- */

static struct {
    int64_t next, lose_at[4]; /* a poll with this number next says LOST, once; 0: none */
    int64_t lose_in_trigger;  /* so does a TRIGGER */
    bool always;              /* every poll says LOST */
    int64_t restored[8];      /* where each RESTORE led */
    uint32_t n_restored;
} source;

static bool
loses_now(void)
{
    for (uint32_t i = 0; i < 4; i++) {
        if (source.lose_at[i] > 0 && source.next == source.lose_at[i]) {
            source.lose_at[i] = 0;
            return true;
        }
    }
    return source.always;
}

static levada_status
source_poll(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct levada_batch *batch = levada->batch(call, 0);
    (void)self;
    (void)wait_ms;
    if (loses_now())
        return levada->fail(call, LEVADA_LOST, "another member has the partition");
    for (uint32_t i = 0; i < 10 && i < max_records && source.next < COUNT; i++) {
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
    struct levada_position position = { .stream = { "numbers", 7 },
                                        .next = source.next,
                                        .latest = COUNT };
    levada->position(call, batch, &position);
    levada->emit(call, 0, batch);
    return source.next < COUNT ? LEVADA_OK : LEVADA_END;
}

static levada_status
source_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    if (signal->kind == LEVADA_SIG_TRIGGER && source.lose_in_trigger > 0 &&
        source.next == source.lose_in_trigger) {
        source.lose_in_trigger = 0;
        return levada->fail(call, LEVADA_LOST, "fenced");
    }
    if (signal->kind != LEVADA_SIG_RESTORE)
        return LEVADA_OK;
    const struct levada_position *stored = levada->stored(call, "numbers", 0);
    source.next = stored != NULL ? stored->next : 0;
    source.restored[source.n_restored++ % 8] = source.next;
    return LEVADA_OK;
}

static const struct levada_stage source_op = {
    .struct_size = sizeof(source_op),
    .kind = LEVADA_SOURCE,
    .id = "numbers",
    .poll = source_poll,
    .signal = source_signal,
};

/* ---- a sink that publishes at COMMIT what it then has, and forgets it at ABORT ---- */

static struct {
    int64_t pending[1000], published[1000];
    uint32_t n_pending, n_published, aborts;
    uint64_t committed_epochs;
} sink;

static const struct levada_path *path_n;

static levada_status
sink_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_scalar *n = levada->column(call, batch, path_n);
    (void)self;
    (void)port;
    for (uint32_t i = 0; n != NULL && i < batch->n; i++)
        sink.pending[sink.n_pending++] = n[i].u.i;
    return LEVADA_ABSORBED;
}

static levada_status
sink_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    (void)call;
    if (signal->kind == LEVADA_SIG_ABORT) {
        sink.n_pending = 0;
        sink.aborts++;
    }
    for (uint32_t i = 0; signal->kind == LEVADA_SIG_COMMIT && i < sink.n_pending; i++)
        sink.published[sink.n_published++] = sink.pending[i];
    if (signal->kind == LEVADA_SIG_COMMIT) {
        sink.n_pending = 0;
        assert_int_equal(signal->epoch, sink.committed_epochs++);
    }
    return LEVADA_OK;
}

static const struct levada_stage sink_op = {
    .struct_size = sizeof(sink_op),
    .kind = LEVADA_SINK,
    .id = "publish",
    .caps = LEVADA_CAP_TXN,
    .process = sink_process,
    .signal = sink_signal,
};

/* ---- stages that remember: in keyed state, and in a table ---- */

static int64_t
kept(struct levada_call *call)
{
    const struct levada_state_v1 *keyed = levada->ext("levada.state/1");
    struct levada_bytes value;
    int64_t n = 0;
    keyed->get(call, (struct levada_bytes){ "n", 1 }, &value);
    if (value.p != NULL)
        memcpy(&n, value.p, sizeof(n));
    return n;
}

static int64_t last_kept;

static levada_status
counter_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_state_v1 *keyed = levada->ext("levada.state/1");
    (void)self;
    (void)port;
    last_kept = kept(call) + batch->n;
    keyed->put(call, (struct levada_bytes){ "n", 1 },
               (struct levada_bytes){ &last_kept, sizeof(last_kept) });
    return levada->emit(call, 0, batch);
}

static const struct levada_stage counter_op = {
    .struct_size = sizeof(counter_op),
    .kind = LEVADA_TRANSFORM,
    .id = "counter",
    .caps = LEVADA_CAP_STATE,
    .process = counter_process,
};

/* ---- */

static void
begin(struct bench *bench, bool remembers)
{
    bench_open(bench);
    memset(&source, 0, sizeof(source));
    memset(&sink, 0, sizeof(sink));
    path_n = path_set_get(record_space_paths(bench->space), remembers ? "count" : "n", NULL);
    bench_add(bench, &source_op);
    if (remembers) {
        bench_add(bench, &counter_op);
        /* each record has its own */
        bench_plan(bench_add_windows(bench, &bench_windows, 15));
    }
    bench_add(bench, &sink_op);
    bench_chain(bench);
}

static levada_status
run(struct bench *bench, const char *checkpoint)
{
    struct engine_setup setup = bench_setup(bench);
    setup.max_records_per_trigger = 20;
    setup.checkpoint = checkpoint;
    return bench_run(bench, &setup);
}

static void
assert_each_published_once(void)
{
    assert_int_equal(sink.n_published, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(sink.published[i], i);
}

/* Four windows of 15, each complete and only once. */
static void
assert_windows_published_once(void)
{
    assert_int_equal(sink.n_published, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(sink.published[i], 15);
    assert_int_equal(last_kept, COUNT);
}

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static void
a_lost_round_is_read_again_from_the_last_commit(void **state)
{
    struct bench bench;
    struct engine_progress progress;
    (void)state;
    begin(&bench, false);
    source.lose_at[0] = 30; /* in the second trigger: 20 to 29 are void */
    source.lose_at[1] = 40; /* and so is nothing, right behind a COMMIT */
    assert_int_equal(run(&bench, NULL), LEVADA_OK);
    assert_each_published_once();
    assert_int_equal(source.n_restored, 3);
    assert_int_equal(source.restored[1], 20);
    assert_int_equal(source.restored[2], 40);
    assert_int_equal(sink.aborts, 2);
    engine_get_progress(bench.engine, &progress);
    assert_int_equal(progress.rollbacks, 2);
    bench_close(&bench);
}

static void
a_trigger_may_find_that_the_round_is_lost(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench, false);
    source.lose_in_trigger = 40;
    assert_int_equal(run(&bench, NULL), LEVADA_OK);
    assert_each_published_once();
    assert_int_equal(source.restored[1], 20);
    bench_close(&bench);
}

static void
tables_and_state_go_back_to_the_checkpoint(void **state)
{
    struct bench bench;
    char folder[] = "/tmp/test_rollback.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    begin(&bench, true);
    source.lose_at[0] = 10; /* before there is any checkpoint */
    source.lose_at[1] = 30;
    source.lose_at[2] = 50;
    assert_int_equal(run(&bench, folder), LEVADA_OK);
    assert_windows_published_once();
    assert_int_equal(source.restored[1], 0);
    assert_int_equal(source.restored[2], 20);
    assert_int_equal(source.restored[3], 40);
    bench_close(&bench);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
without_a_checkpoint_a_pipeline_that_remembers_begins_anew(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench, true);
    source.lose_at[0] = 10; /* nothing was published yet */
    assert_int_equal(run(&bench, NULL), LEVADA_OK);
    assert_windows_published_once();
    assert_int_equal(source.restored[1], 0);
    bench_close(&bench);

    begin(&bench, true);
    source.lose_at[0] = 50; /* windows have left: they leave once more */
    assert_int_equal(run(&bench, NULL), LEVADA_OK);
    assert_int_equal(source.restored[1], 0);
    assert_int_equal(sink.n_published, 2 + 4);
    for (uint32_t i = 0; i < sink.n_published; i++)
        assert_int_equal(sink.published[i], 15);
    assert_int_equal(last_kept, COUNT);
    bench_close(&bench);
}

static void
what_was_not_touched_since_the_commit_is_kept(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench, true);
    source.lose_at[0] = 40; /* at once after a COMMIT */
    assert_int_equal(run(&bench, NULL), LEVADA_OK);
    assert_int_equal(source.restored[1], 40);
    assert_windows_published_once();
    bench_close(&bench);
}

static void
losing_without_end_stops_the_pipeline(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench, false);
    source.always = true;
    bench.stages[0]->errors.retry_for_ns = 5000000; /* ticks of the clock are ms */
    assert_int_equal(run(&bench, NULL), LEVADA_UNAVAILABLE);
    assert_non_null(strstr(bench.err.text, "another member has the partition"));
    assert_int_equal(sink.n_published, 0);
    bench_close(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_round_is_read_again_from_the_last_commit),
        cmocka_unit_test(a_trigger_may_find_that_the_round_is_lost),
        cmocka_unit_test(tables_and_state_go_back_to_the_checkpoint),
        cmocka_unit_test(without_a_checkpoint_a_pipeline_that_remembers_begins_anew),
        cmocka_unit_test(what_was_not_touched_since_the_commit_is_kept),
        cmocka_unit_test(losing_without_end_stops_the_pipeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
