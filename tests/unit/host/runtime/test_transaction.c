/* SPDX-License-Identifier: Apache-2.0 */
/* host/runtime: a sink's transaction that commits positions and a changelog of the state. */
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

#define PARTITIONS 3
#define COUNT 40 /* records of each partition, in batches of all partitions */
#define EACH 5   /* of each partition in one poll */

/* ---- the service: what its transactions have made durable, across runs ---- */

struct entry {
    int32_t partition;
    char *key, *value;
    size_t key_n, value_n;
    bool is_gone;
};

static struct {
    struct entry log[5000], pending[5000];
    uint32_t n_log, n_pending, n_read;
    int64_t committed[PARTITIONS], offsets[PARTITIONS]; /* the latter in the open transaction */
    uint32_t flags[PARTITIONS];                         /* of what is committed */
    uint32_t fail_commit_at, fail_again_at, n_commits, n_aborts, n_opened, n_partitions,
        lose_read_at, n_reads;
    bool loses_opening, fails_after_all; /* a commit that is said to have failed was made */
} service;

static void
free_entry(const struct entry *entry)
{
    free(entry->key);
    free(entry->value);
}

static void
drop_pending(void)
{
    for (uint32_t i = 0; i < service.n_pending; i++)
        free_entry(&service.pending[i]);
    service.n_pending = 0;
    memcpy(service.offsets, service.committed, sizeof(service.offsets));
}

static void
service_begin(void)
{
    drop_pending();
    for (uint32_t i = 0; i < service.n_log; i++)
        free_entry(&service.log[i]);
    memset(&service, 0, sizeof(service));
    for (int p = 0; p < PARTITIONS; p++)
        service.committed[p] = service.offsets[p] = -1;
}

/* The newest of each key, as compaction leaves it. */
static uint32_t
count_live(char kind)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < service.n_log; i++) {
        const struct entry *entry = &service.log[i];
        bool is_last = true;
        for (uint32_t k = i + 1; k < service.n_log && is_last; k++)
            is_last = service.log[k].partition != entry->partition ||
                      service.log[k].key_n != entry->key_n ||
                      memcmp(service.log[k].key, entry->key, entry->key_n) != 0;
        n += is_last && !entry->is_gone && entry->key[0] == kind;
    }
    return n;
}

/* ---- a sink whose output is durable with the transaction ---- */

static struct {
    int64_t pending[PARTITIONS][COUNT], counts[PARTITIONS][COUNT]; /* by window */
} output;

/* A run's log, and what it had made of partition 0. */
static struct {
    struct entry log[5000];
    uint32_t n_log;
    int64_t committed, counts[COUNT];
} kept;

static void
keep_run(void)
{
    kept.n_log = 0;
    for (uint32_t i = 0; i < service.n_log; i++) {
        if (service.log[i].partition == 0)
            kept.log[kept.n_log++] = service.log[i];
        else
            free_entry(&service.log[i]);
    }
    service.n_log = 0;
    kept.committed = service.committed[0];
    memcpy(kept.counts, output.counts[0], sizeof(kept.counts));
}

static const struct levada_path *path_count, *path_start, *path_p;

static levada_status
sink_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_scalar *count = levada->column(call, batch, path_count);
    const struct levada_scalar *p = levada->column(call, batch, path_p);
    const int64_t *start = levada->times(call, batch, path_start);
    (void)self;
    (void)port;
    for (uint32_t i = 0; count != NULL && start != NULL && p != NULL && i < batch->n; i++)
        output.pending[p[i].u.i][start[i] / 10] += count[i].u.i;
    return LEVADA_ABSORBED;
}

static levada_status
sink_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    (void)call;
    if (signal->kind == LEVADA_SIG_ABORT) {
        service.n_aborts++;
        drop_pending();
        memcpy(output.pending, output.counts, sizeof(output.pending));
    }
    return LEVADA_OK;
}

static levada_status
txn_open(void *self, struct levada_call *call, uint32_t n_partitions)
{
    (void)self;
    (void)call;
    service.n_partitions = n_partitions;
    if (service.loses_opening)
        return levada->fail(call, LEVADA_LOST, "fenced at once");
    return service.n_opened++ == 0 ? LEVADA_AGAIN : LEVADA_OK;
}

static char *
copy(struct levada_bytes bytes)
{
    char *text = malloc(bytes.n + 1);
    assert_non_null(text);
    if (bytes.n > 0)
        memcpy(text, bytes.p, bytes.n);
    return text;
}

static levada_status
txn_put(void *self, struct levada_call *call, int32_t partition, struct levada_bytes key,
        struct levada_bytes value)
{
    (void)self;
    (void)call;
    assert_true(service.n_pending < 5000);
    service.pending[service.n_pending++] = (struct entry){ .partition = partition,
                                                           .key = copy(key),
                                                           .value = copy(value),
                                                           .key_n = key.n,
                                                           .value_n = value.n,
                                                           .is_gone = value.p == NULL };
    return LEVADA_OK;
}

static levada_status
txn_positions(void *self, struct levada_call *call, struct levada_bytes member,
              const struct levada_position *positions, uint32_t n)
{
    (void)self;
    (void)call;
    assert_int_equal(member.n, 2);
    assert_memory_equal(member.p, "me", 2);
    for (uint32_t i = 0; i < n; i++) {
        service.offsets[positions[i].partition] = positions[i].next;
        service.flags[positions[i].partition] = positions[i].flags;
    }
    return LEVADA_OK;
}

static levada_status
txn_commit(void *self, struct levada_call *call)
{
    (void)self;
    bool fails =
        ++service.n_commits == service.fail_commit_at || service.n_commits == service.fail_again_at;
    if (fails && !service.fails_after_all)
        return levada->fail(call, LEVADA_LOST, "fenced");
    memcpy(&service.log[service.n_log], service.pending,
           service.n_pending * sizeof(*service.pending));
    service.n_log += service.n_pending;
    service.n_pending = 0;
    memcpy(service.committed, service.offsets, sizeof(service.committed));
    memcpy(output.counts, output.pending, sizeof(output.counts));
    return fails ? levada->fail(call, LEVADA_LOST, "nobody answered") : LEVADA_OK;
}

/* Some of the partition's records a call. */
static levada_status
txn_read(void *self, struct levada_call *call, int32_t partition,
         levada_status (*entry)(void *user, struct levada_bytes key, struct levada_bytes value),
         void *user, uint64_t *left)
{
    (void)self;
    if (++service.n_reads == service.lose_read_at) {
        service.n_read = 0;
        return levada->fail(call, LEVADA_LOST, "gone while it was read");
    }
    for (int n = 0; service.n_read < service.n_log; service.n_read++) {
        const struct entry *one = &service.log[service.n_read];
        if (one->partition != partition)
            continue;
        if (n++ == 6) {
            *left = service.n_log - service.n_read;
            return LEVADA_AGAIN;
        }
        levada_status status =
            entry(user, (struct levada_bytes){ one->key, one->key_n },
                  (struct levada_bytes){ one->is_gone ? NULL : one->value, one->value_n });
        if (status < 0)
            return status;
    }
    service.n_read = 0;
    *left = 0;
    return LEVADA_OK;
}

static const struct levada_txn_v1 txn = {
    .struct_size = sizeof(txn),
    .protocol = "test",
    .open = txn_open,
    .put = txn_put,
    .positions = txn_positions,
    .commit = txn_commit,
    .read = txn_read,
};

static const void *
sink_ext(const char *id)
{
    return strcmp(id, "levada.txn/1") == 0 ? &txn : NULL;
}

static const struct levada_stage sink_op = {
    .struct_size = sizeof(sink_op),
    .kind = LEVADA_SINK,
    .id = "sink",
    .process = sink_process,
    .signal = sink_signal,
    .ext = sink_ext,
};

/* ---- a member of a group: what it has is a script ---- */

static struct {
    int64_t next[PARTITIONS], end;
    bool owns[PARTITIONS];
    uint32_t polls, keyed, n_partitions;
    uint32_t moves_at; /* at this poll others had partition 0 meanwhile, which nobody tells */
    /* at these polls partition 0 goes, and comes back */
    uint32_t goes_at, comes_at, strays_at;
    bool is_alone;        /* no member of a group */
    bool holds;           /* what is open at the end stays so */
    bool is_terse;        /* tells positions only of what it has just read */
    bool is_slow;         /* a poll takes 8 s, and does not end the round */
    levada_status answer; /* of partitions() */
    const struct levada_path *key;
} source;

static levada_status
tell_assigned(struct levada_call *call)
{
    struct levada_position all[PARTITIONS];
    uint32_t n = 0;
    for (int32_t p = 0; p < PARTITIONS; p++) {
        if (source.owns[p])
            all[n++] = (struct levada_position){ .stream = { "calls", 5 },
                                                 .partition = p,
                                                 .next = source.next[p],
                                                 .flags = service.flags[p] };
    }
    return levada->assigned(call, all, n);
}

static void
take(struct levada_call *call, int32_t p)
{
    const struct levada_position *stored = levada->stored(call, "calls", p);
    int64_t committed = service.committed[p] >= 0 ? service.committed[p] : 0;
    source.owns[p] = true;
    source.next[p] = stored != NULL && stored->next > committed ? stored->next : committed;
}

/* Another member makes of partition 0 what this one made of it in the run that is kept. */
static void
others_move(void)
{
    memcpy(&service.log[service.n_log], kept.log, kept.n_log * sizeof(*kept.log));
    service.n_log += kept.n_log;
    kept.n_log = 0;
    service.committed[0] = service.offsets[0] = kept.committed;
    memcpy(output.counts[0], kept.counts, sizeof(kept.counts));
    memcpy(output.pending[0], kept.counts, sizeof(kept.counts));
}

static void
append(struct levada_call *call, struct levada_batch *batch, int32_t p)
{
    char text[48];
    struct levada_record record = { .stream = levada->stream(call, "calls"),
                                    .partition = p,
                                    .offset = source.next[p],
                                    .number = -1,
                                    .timestamp_ms = source.next[p] };
    record.value.p = text;
    record.value.n = (uint64_t)snprintf(text, sizeof(text), "{\"p\":%d}", p);
    source.next[p]++;
    levada->append(call, batch, &record, 1, sizeof(record));
}

static levada_status
source_poll(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    (void)self;
    (void)max_records;
    (void)wait_ms;
    source.polls++;
    if (source.polls == source.moves_at)
        others_move();
    if (source.polls == 1 || source.polls == source.comes_at || source.polls == source.moves_at) {
        for (int32_t p = 0; p < PARTITIONS; p++)
            take(call, p);
        tell_assigned(call);
    }
    if (source.polls + 1 == source.goes_at)
        return LEVADA_DRAIN;
    if (source.polls == source.goes_at) {
        source.owns[0] = false;
        tell_assigned(call);
    }
    struct levada_batch *batch = levada->batch(call, 0);
    bool more = false, has_read[PARTITIONS] = { false };
    for (uint32_t i = 0; i < EACH; i++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            bool strays = source.polls == source.strays_at && p == 0;
            if ((source.owns[p] || strays) && source.next[p] < source.end) {
                append(call, batch, p);
                has_read[p] = true;
            }
        }
    }
    for (int32_t p = 0; p < PARTITIONS; p++) {
        more |= source.next[p] < source.end;
        if (!source.owns[p] || (source.is_terse && !has_read[p]))
            continue;
        struct levada_position position = {
            .stream = { "calls", 5 }, .partition = p, .next = source.next[p], .latest = source.end
        };
        levada->position(call, batch, &position);
    }
    levada->emit(call, 0, batch);
    if (source.is_slow)
        bench_pass_ns(8000000000);
    levada_status status = source.is_slow ? LEVADA_OK : LEVADA_DRAIN; /* each poll is a round */
    return more ? status : LEVADA_END;
}

static levada_status
source_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    for (int32_t p = 0; signal->kind == LEVADA_SIG_RESTORE && p < PARTITIONS; p++) {
        if (source.owns[p])
            take(call, p);
    }
    return LEVADA_OK;
}

static uint32_t
keyed_by(void *self, const struct levada_path *const **paths)
{
    (void)self;
    *paths = &source.key;
    return source.keyed;
}

static levada_status
partitions(void *self, struct levada_call *call, uint32_t *n)
{
    (void)self;
    (void)call;
    *n = source.n_partitions;
    return source.answer;
}

static levada_status
member(void *self, struct levada_call *call, struct levada_bytes *bytes)
{
    (void)self;
    (void)call;
    *bytes = (struct levada_bytes){ "me", 2 };
    return LEVADA_OK;
}

static const struct levada_group_v1 group = {
    .struct_size = sizeof(group),
    .protocol = "test",
    .keyed_by = keyed_by,
    .partitions = partitions,
    .member = member,
};

static const void *
source_ext(const char *id)
{
    return strcmp(id, "levada.group/1") == 0 && !source.is_alone ? &group : NULL;
}

static const struct levada_stage source_op = {
    .struct_size = sizeof(source_op),
    .kind = LEVADA_SOURCE,
    .id = "calls",
    .poll = source_poll,
    .signal = source_signal,
    .ext = source_ext,
};

/* ---- counts in windows of 10 ms by partition ---- */

static levada_status
table_create_cells(void *self, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)self;
    (void)ctx;
    levada->cell(call, "count", LEVADA_T_I64, 0);
    return LEVADA_OK;
}

static levada_status
table_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_slots *slots = levada->slots(call, batch);
    (void)self;
    (void)port;
    for (uint32_t k = 0; slots != NULL && k < slots->n; k++)
        ((int64_t *)slots->cell[0])[slots->slot[k]]++;
    return LEVADA_ABSORBED;
}

static const struct levada_stage table_op = {
    .struct_size = sizeof(table_op),
    .kind = LEVADA_AGGREGATE,
    .id = "windows",
    .caps = LEVADA_CAP_TABLE,
    .create = table_create_cells,
    .process = table_process,
};

static struct place
nowhere(void *user, const char *option)
{
    (void)user;
    (void)option;
    return (struct place){ 0 };
}

static const struct levada_path *groups[1];

static void
add_windows(struct bench *bench)
{
    struct problems problems = { 0 };
    const struct stage_plan plan = { .problems = &problems, .option_at = nowhere };
    struct stage *stage = bench_add(bench, &table_op);
    groups[0] = path_p;
    stage->table_options.window = 10000000;
    stage->table_options.watermark = 1000000;
    stage->table_options.output_mode = TABLE_APPEND;
    stage->table_options.on_end = source.holds ? TABLE_HOLD : TABLE_FLUSH;
    stage->table_options.group_by = (struct levada_list){ groups, 1 };
    stage_plan(stage, &plan);
    assert_int_equal(problems.n_errors, 0);
    problems_finish(&problems);
}

/* ---- */

static levada_status
run(struct bench *bench, const char *name)
{
    bench_open(bench);
    path_p = path_set_get(record_space_paths(bench->space), "p", NULL);
    path_count = path_set_get(record_space_paths(bench->space), "count", NULL);
    path_start = path_set_get(record_space_paths(bench->space), "window_start", NULL);
    source.key = path_p;
    source.polls = 0;
    memset(source.owns, 0, sizeof(source.owns));
    bench_add(bench, &source_op);
    add_windows(bench);
    struct stage *sink = bench_add(bench, &sink_op);
    bench_chain(bench);
    struct engine_setup setup = bench_setup(bench);
    setup.name = name;
    setup.identity = "test.here.0";
    setup.coordinator = sink;
    return bench_run(bench, &setup);
}

static void
begin(void)
{
    service_begin();
    memset(&output, 0, sizeof(output));
    memset(&source, 0, sizeof(source));
    source.end = COUNT;
    source.keyed = 1;
    source.n_partitions = PARTITIONS;
}

static void
assert_each_counted_once(void)
{
    for (int p = 0; p < PARTITIONS; p++) {
        assert_int_equal(service.committed[p], COUNT);
        for (int w = 0; w < COUNT / 10; w++)
            assert_int_equal(output.counts[p][w], 10);
    }
}

static void
a_run_counts_each_record_once(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    assert_each_counted_once();
    assert_int_equal(service.n_partitions, PARTITIONS);
    bench_close(&bench);
}

/* Services end a transaction that lasts, so that all there is may not be one. */
static void
a_transaction_is_not_open_for_as_long_as_there_is_to_read(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.is_slow = true;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    assert_each_counted_once();
    assert_int_equal(source.polls, 8);
    assert_int_equal(service.n_commits, 3); /* of 24 s of polls, twice, and of the rest */
    bench_close(&bench);
}

static void
closed_windows_leave_nothing_in_the_changelog(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    assert_int_equal(count_live('r'), 0);
    assert_int_equal(count_live('w'), 2 * PARTITIONS); /* event time, and what is closed */
    bench_close(&bench);
}

static void
a_later_run_goes_on_where_the_last_commit_was(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.end = COUNT / 2 - 5;                       /* in the middle of a window */
    assert_int_equal(run(&bench, "test"), LEVADA_OK); /* flushes that window at its end */
    bench_close(&bench);
    for (int p = 0; p < PARTITIONS; p++)
        assert_int_equal(service.committed[p], COUNT / 2 - 5);
    source.end = COUNT;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    /* What the flush had closed stays closed: its records are late, in this run as in any. */
    for (int p = 0; p < PARTITIONS; p++) {
        assert_int_equal(output.counts[p][0], 10);
        assert_int_equal(output.counts[p][2], 10);
        assert_int_equal(output.counts[p][3], 10);
    }
    bench_close(&bench);
}

/* Whichever commit fails, all is counted once. */
static void
a_commit_that_fails_takes_all_of_its_round_back(void **state)
{
    (void)state;
    begin();
    struct bench first;
    assert_int_equal(run(&first, "test"), LEVADA_OK);
    bench_close(&first);
    uint32_t n_commits = service.n_commits;
    assert_true(n_commits > 5);
    for (uint32_t at = 1; at <= n_commits; at++) {
        struct bench bench;
        begin();
        service.fail_commit_at = at;
        assert_int_equal(run(&bench, "test"), LEVADA_OK);
        assert_int_equal(service.n_aborts, 1);
        assert_each_counted_once();
        assert_int_equal(count_live('r'), 0);
        bench_close(&bench);
    }
}

/* What changes in the first transaction after a restore is restored the next time. */
static void
a_commit_between_two_that_fail_is_kept(void **state)
{
    (void)state;
    for (uint32_t at = 1; at <= 8; at++) {
        struct bench bench;
        begin();
        service.fail_commit_at = at;
        service.fail_again_at = at + 2;
        assert_int_equal(run(&bench, "test"), LEVADA_OK);
        assert_each_counted_once();
        assert_int_equal(count_live('r'), 0);
        bench_close(&bench);
    }
}

/* The group knows what is committed, whatever we were told; of a file the changelog does. */
static void
a_commit_that_only_seemed_to_fail_counts_nothing_twice(void **state)
{
    (void)state;
    for (int alone = 0; alone <= 1; alone++) {
        for (uint32_t at = 1; at <= 8; at++) {
            struct bench bench;
            begin();
            source.is_alone = alone;
            service.fail_commit_at = at;
            service.fails_after_all = true;
            assert_int_equal(run(&bench, "test"), LEVADA_OK);
            assert_int_equal(service.n_aborts, 1);
            for (int p = 0; p < PARTITIONS; p++) {
                for (int w = 0; w < COUNT / 10; w++)
                    assert_int_equal(output.counts[p][w], 10);
            }
            bench_close(&bench);
        }
    }
}

/* While it is read for the first time, and while it is read again after another loss. */
static void
state_that_is_lost_while_it_is_read_is_read_again(void **state)
{
    (void)state;
    begin();
    service.fail_commit_at = 4;
    struct bench first;
    assert_int_equal(run(&first, "test"), LEVADA_OK);
    bench_close(&first);
    uint32_t n_reads = service.n_reads;
    assert_true(n_reads > 2 * PARTITIONS);
    for (uint32_t at = 1; at <= n_reads; at++) {
        struct bench bench;
        begin();
        service.fail_commit_at = 4;
        service.lose_read_at = at;
        assert_int_equal(run(&bench, "test"), LEVADA_OK);
        assert_int_equal(service.n_aborts, 2);
        assert_each_counted_once();
        bench_close(&bench);
    }
}

static void
a_transaction_that_is_lost_before_it_is_open_ends_in_words(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    service.loses_opening = true;
    assert_int_equal(run(&bench, "test"), LEVADA_UNAVAILABLE);
    assert_non_null(strstr(bench.err.text, "fenced at once"));
    bench_close(&bench);
}

static void
a_partition_that_goes_and_comes_back_brings_its_rows(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.goes_at = 4; /* in the middle of its second window */
    source.comes_at = 7;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    assert_each_counted_once();
    bench_close(&bench);
}

/* Of a run that @end ends, in the middle of a window, and holds it open. */
static void
keep_run_until(int64_t end)
{
    struct bench bench;
    begin();
    source.end = end;
    source.holds = true;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
    keep_run();
}

/* At the beginning of a round, and in the midst of one, when records of it are in the transaction.
 */
static void
state_is_read_again_where_others_have_read_on(void **state)
{
    (void)state;
    for (int slow = 0; slow <= 1; slow++) {
        struct bench bench;
        keep_run_until(27);
        begin();
        source.is_slow = slow;
        source.moves_at = 3;
        assert_int_equal(run(&bench, "test"), LEVADA_OK);
        assert_each_counted_once();
        assert_int_equal(service.n_aborts, slow);
        bench_close(&bench);
    }
}

/* Nothing of it is left for us; whether a commit of ours fails meanwhile or not. */
static void
what_others_have_read_to_its_end_is_committed_as_theirs(void **state)
{
    (void)state;
    for (uint32_t fails_at = 0; fails_at <= 5; fails_at++) {
        struct bench bench;
        keep_run_until(COUNT);
        begin();
        source.is_terse = true;
        source.moves_at = 4;
        service.fail_commit_at = fails_at;
        assert_int_equal(run(&bench, "test"), LEVADA_OK);
        assert_each_counted_once();
        bench_close(&bench);
    }
}

static void
a_record_of_a_partition_that_is_not_ours_is_a_fault(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.goes_at = 4;
    source.strays_at = 5;
    assert_int_equal(run(&bench, "test"), LEVADA_FATAL);
    assert_non_null(strstr(bench.err.text, "calls"));
    assert_non_null(strstr(bench.err.text, "partition 0"));
    bench_close(&bench);
}

static void
groups_without_the_key_are_refused(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.keyed = 0;
    assert_int_equal(run(&bench, "test"), LEVADA_CONFIG);
    assert_non_null(strstr(bench.err.text, "keyed_by"));
    bench_close(&bench);
}

static void
an_answer_that_is_none_is_a_fault(void **state)
{
    struct bench bench;
    const struct stage *asked;
    struct error err;
    uint32_t n;
    (void)state;
    begin();
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    source.answer = LEVADA_END;
    assert_int_equal(engine_ask_partitions(bench.engine, &n, &asked, &err), LEVADA_FATAL);
    assert_string_equal(err.text, "partitions() returned 2, which is no status for it");
    assert_string_equal(asked->name, "calls");
    bench_close(&bench);
}

static void
one_partition_needs_no_key(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.keyed = 0;
    source.n_partitions = 1;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
}

static void
the_changelog_of_another_pipeline_is_refused(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
    assert_int_equal(run(&bench, "other"), LEVADA_CONFIG);
    assert_non_null(strstr(bench.err.text, "\"test\""));
    assert_non_null(strstr(bench.err.text, "\"other\""));
    bench_close(&bench);
}

static void
a_changelog_that_nobody_wrote_is_refused(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    txn_put(NULL, NULL, 1, (struct levada_bytes){ "foreign", 7 }, (struct levada_bytes){ "x", 1 });
    txn_commit(NULL, NULL);
    assert_int_equal(run(&bench, "test"), LEVADA_REJECT);
    assert_non_null(strstr(bench.err.text, "partition 1"));
    bench_close(&bench);
}

static void
forget_changelog(void)
{
    for (uint32_t i = 0; i < service.n_log; i++)
        free_entry(&service.log[i]);
    service.n_log = 0;
}

/* The group knows that there was state; who resets it says that there is to be none. */
static void
a_changelog_that_is_gone_is_refused(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.end = COUNT / 2;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
    forget_changelog();
    source.end = COUNT;
    assert_int_equal(run(&bench, "test"), LEVADA_NO_INPUT);
    assert_non_null(strstr(bench.err.text, "partition 0 was committed together with state"));
    bench_close(&bench);
    memset(service.flags, 0, sizeof(service.flags));
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
}

/* A group that was deleted, or reset by hand, with a changelog that was not. */
static void
state_without_its_position_is_refused(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.end = COUNT / 2;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
    memset(service.flags, 0, sizeof(service.flags));
    assert_int_equal(run(&bench, "test"), LEVADA_NO_INPUT);
    assert_non_null(strstr(bench.err.text, "no position that it belongs to"));
    bench_close(&bench);
}

static void
a_position_without_state_needs_no_changelog(void **state)
{
    struct bench bench;
    (void)state;
    begin();
    source.end = 0;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    bench_close(&bench);
    assert_int_equal(service.committed[0], 0);
    forget_changelog();
    source.end = COUNT;
    assert_int_equal(run(&bench, "test"), LEVADA_OK);
    assert_each_counted_once();
    bench_close(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_counts_each_record_once),
        cmocka_unit_test(a_transaction_is_not_open_for_as_long_as_there_is_to_read),
        cmocka_unit_test(a_changelog_that_is_gone_is_refused),
        cmocka_unit_test(state_without_its_position_is_refused),
        cmocka_unit_test(a_position_without_state_needs_no_changelog),
        cmocka_unit_test(closed_windows_leave_nothing_in_the_changelog),
        cmocka_unit_test(a_later_run_goes_on_where_the_last_commit_was),
        cmocka_unit_test(a_commit_that_fails_takes_all_of_its_round_back),
        cmocka_unit_test(a_commit_between_two_that_fail_is_kept),
        cmocka_unit_test(a_commit_that_only_seemed_to_fail_counts_nothing_twice),
        cmocka_unit_test(state_that_is_lost_while_it_is_read_is_read_again),
        cmocka_unit_test(a_transaction_that_is_lost_before_it_is_open_ends_in_words),
        cmocka_unit_test(a_partition_that_goes_and_comes_back_brings_its_rows),
        cmocka_unit_test(state_is_read_again_where_others_have_read_on),
        cmocka_unit_test(what_others_have_read_to_its_end_is_committed_as_theirs),
        cmocka_unit_test(a_record_of_a_partition_that_is_not_ours_is_a_fault),
        cmocka_unit_test(groups_without_the_key_are_refused),
        cmocka_unit_test(an_answer_that_is_none_is_a_fault),
        cmocka_unit_test(one_partition_needs_no_key),
        cmocka_unit_test(the_changelog_of_another_pipeline_is_refused),
        cmocka_unit_test(a_changelog_that_nobody_wrote_is_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    service_begin();
    return failed;
}
