/* SPDX-License-Identifier: Apache-2.0 */
#include "passing_bench.h"

#include "runtime/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

/* ---- the service ---- */

struct passing_service service;

static void
service_abort(void)
{
    entry_log_abort(&service.changelog);
    entry_log_abort(&service.stream);
    memcpy(service.offsets, service.committed, sizeof(service.offsets));
    memcpy(service.new_flags, service.flags, sizeof(service.new_flags));
    service.n_told_now = 0;
}

void
service_begin(void)
{
    entry_log_clear(&service.changelog);
    entry_log_clear(&service.stream);
    memset(&service, 0, sizeof(service));
}

/* A durable one of the stream; NULL: it ends there. */
static const struct entry *
passed_at(int32_t partition, int64_t offset)
{
    for (uint32_t i = 0; i < service.stream.n_durable; i++) {
        if (service.stream.all[i].partition == partition && offset-- == 0)
            return &service.stream.all[i];
    }
    return NULL;
}

int64_t
service_end(int32_t partition)
{
    int64_t n = 0;
    while (passed_at(partition, n) != NULL)
        n++;
    return n;
}

/* ---- the sink ---- */

struct passing_output output;

static const struct levada_path *path_count, *path_start, *path_g, *path_p, *path_i;

static void
abort_all(void)
{
    service_abort();
    memcpy(output.pending, output.counts, sizeof(output.pending));
    memcpy(output.pending_copies, output.copies, sizeof(output.pending_copies));
}

static levada_status
sink_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_scalar *count = levada->column(call, batch, path_count);
    const struct levada_scalar *g = levada->column(call, batch, path_g);
    const int64_t *start = levada->times(call, batch, path_start);
    (void)self;
    (void)port;
    for (uint32_t i = 0; count != NULL && start != NULL && g != NULL && i < batch->n; i++) {
        int64_t *to = &output.pending[g[i].u.i][start[i] / 10];
        *to = count[i].u.i + (output.replaces ? 0 : *to);
    }
    return LEVADA_ABSORBED;
}

static levada_status
sink_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    (void)call;
    if (signal->kind == LEVADA_SIG_ABORT) {
        service.n_aborts++;
        abort_all();
    }
    return LEVADA_OK;
}

static levada_status
txn_open(void *self, struct levada_call *call, uint32_t n_partitions)
{
    (void)self;
    (void)call;
    assert_int_equal(n_partitions, job.is_plain ? 0 : source.is_alone ? 1 : PARTITIONS);
    abort_all(); /* a worker before may have died */
    return LEVADA_OK;
}

static levada_status
txn_put(void *self, struct levada_call *call, int32_t partition, struct levada_bytes key,
        struct levada_bytes value)
{
    (void)self;
    (void)call;
    entry_log_append(&service.changelog, partition, key, value);
    return LEVADA_OK;
}

static levada_status
txn_positions(void *self, struct levada_call *call, struct levada_bytes member,
              const struct levada_position *positions, uint32_t n)
{
    (void)self;
    (void)call;
    (void)member;
    for (uint32_t i = 0; i < n; i++) {
        int stream = positions[i].stream.n == strlen(STREAM) ? PASSED : CALLS;
        service.offsets[stream][positions[i].partition] = positions[i].next;
        service.new_flags[stream][positions[i].partition] = positions[i].flags;
        service.n_told[stream][positions[i].partition]++;
        service.n_told_now++;
    }
    return LEVADA_OK;
}

/* No position goes back, and nothing is committed that the membership does not vouch for. */
static void
assert_is_right(void)
{
    for (int stream = 0; stream < STREAMS; stream++) {
        for (int p = 0; p < PARTITIONS; p++)
            assert_true(service.offsets[stream][p] >= service.committed[stream][p]);
    }
    if (service.changelog.n > service.changelog.n_durable ||
        service.stream.n > service.stream.n_durable ||
        memcmp(output.counts, output.pending, sizeof(output.counts)) != 0 ||
        memcmp(output.copies, output.pending_copies, sizeof(output.copies)) != 0)
        assert_true(service.n_told_now > 0 || source.is_alone);
}

static bool
is_behind_loss(void)
{
    return service.fail_commit_at > 0 && service.n_commits >= service.fail_commit_at;
}

static levada_status
txn_commit(void *self, struct levada_call *call)
{
    (void)self;
    assert_is_right();
    bool fails =
        ++service.n_commits == service.fail_commit_at || service.n_commits == service.fail_again_at;
    if (fails && !service.fails_after_all)
        return levada->fail(call, LEVADA_LOST, "fenced");
    entry_log_commit(&service.changelog);
    entry_log_commit(&service.stream);
    service.n_told_now = 0;
    memcpy(service.committed, service.offsets, sizeof(service.committed));
    memcpy(service.flags, service.new_flags, sizeof(service.flags));
    memcpy(output.counts, output.pending, sizeof(output.counts));
    memcpy(output.copies, output.pending_copies, sizeof(output.copies));
    return fails ? levada->fail(call, LEVADA_LOST, "nobody answered") : LEVADA_OK;
}

static levada_status
txn_read(void *self, struct levada_call *call, int32_t partition,
         levada_status (*entry)(void *user, struct levada_bytes key, struct levada_bytes value),
         void *user, uint64_t *left)
{
    levada_status status = LEVADA_OK;
    (void)self;
    (void)call;
    *left = 0;
    for (uint32_t i = 0; i < service.changelog.n_durable && status >= 0; i++) {
        const struct entry *one = &service.changelog.all[i];
        if (one->partition == partition)
            status = entry(user, one->key, one->value);
    }
    return status;
}

static levada_status
txn_ensure(void *self, struct levada_call *call, const char *stream, uint32_t n_partitions)
{
    (void)self;
    assert_string_equal(stream, STREAM);
    assert_int_equal(n_partitions, PARTITIONS);
    service.n_ensured++;
    return service.lacks_stream ? levada->fail(call, LEVADA_NO_OUTPUT, "it is missing") : LEVADA_OK;
}

static levada_status
txn_send(void *self, struct levada_call *call, const char *stream, int32_t partition,
         struct levada_bytes key, struct levada_bytes value)
{
    (void)self;
    (void)call;
    assert_string_equal(stream, STREAM);
    entry_log_append(&service.stream, partition, key, value);
    return LEVADA_OK;
}

static levada_status
txn_end(void *self, struct levada_call *call, const char *stream, int32_t partition,
        int64_t *offset)
{
    (void)self;
    (void)call;
    assert_string_equal(stream, STREAM);
    *offset = service_end(partition);
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
    .ensure = txn_ensure,
    .send = txn_send,
    .end = txn_end,
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

/* ---- a sink that copies calls as they are ---- */

static levada_status
copies_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_scalar *p = levada->column(call, batch, path_p);
    const struct levada_scalar *i = levada->column(call, batch, path_i);
    (void)self;
    (void)port;
    for (uint32_t k = 0; p != NULL && i != NULL && k < batch->n; k++)
        output.pending_copies[p[k].u.i][i[k].u.i]++;
    return LEVADA_ABSORBED;
}

static levada_status
copies_create(void *self, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)self;
    (void)ctx;
    path_p = levada->needs(call, "p");
    path_i = levada->needs(call, "i");
    return LEVADA_OK;
}

static const struct levada_stage copies_op = {
    .struct_size = sizeof(copies_op),
    .kind = LEVADA_SINK,
    .id = "copies",
    .create = copies_create,
    .process = copies_process,
};

/* ---- a filter ---- */

static levada_status
filter_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_scalar *p = levada->column(call, batch, path_p);
    uint32_t kept[PARTITIONS * EACH], n = 0;
    (void)self;
    (void)port;
    assert_true(batch->n <= PARTITIONS * EACH);
    for (uint32_t k = 0; p != NULL && k < batch->n; k++) {
        if (p[k].u.i != job.filtered)
            kept[n++] = k;
    }
    levada->emit(call, 0, levada->select(call, batch, kept, n));
    return LEVADA_FILTERED;
}

static const struct levada_stage filter_op = {
    .struct_size = sizeof(filter_op),
    .kind = LEVADA_TRANSFORM,
    .id = "filter",
    .process = filter_process,
};

static struct bench *running;

/* ---- the source: the worker has some partitions of both streams ---- */

struct passing_source source;

static struct levada_position
position_of(int stream, int32_t p)
{
    return (struct levada_position){
        .stream = { stream == CALLS ? "calls" : STREAM,
                    strlen(stream == CALLS ? "calls" : STREAM) },
        .partition = p,
        .next = source.next[stream][p],
        .latest = stream == CALLS ? source.end[p] : source.next[PASSED][p], /* may be stale */
    };
}

/* As far as the host has read, or others have. */
static int64_t
find_next(struct levada_call *call, int stream, int32_t p)
{
    const struct levada_position *stored =
        levada->stored(call, stream == CALLS ? "calls" : STREAM, p);
    int64_t committed = service.committed[stream][p];
    return stored != NULL && stored->next > committed ? stored->next : committed;
}

static levada_status
take_partitions(struct levada_call *call)
{
    struct levada_position all[STREAMS * PARTITIONS + 1];
    uint32_t n = 0;
    for (int stream = 0; stream < STREAMS; stream++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            source.next[stream][p] = find_next(call, stream, p);
            if (!source.owns[p] || (stream == PASSED && source.splits))
                continue;
            all[n] = position_of(stream, p);
            all[n].latest = stream == CALLS ? source.end[p] : service_end(p); /* asked for */
            all[n++].flags = service.flags[stream][p];
        }
    }
    if (source.stray != 0) {
        all[n] = position_of(CALLS, 0);
        all[n++].partition = source.stray;
    }
    return levada->assigned(call, all, n);
}

static void
append_call(struct levada_call *call, struct levada_batch *batch, int32_t p)
{
    char text[48];
    int64_t i = source.next[CALLS][p]++;
    struct levada_record record = { .stream = levada->stream(call, "calls"),
                                    .partition = p,
                                    .offset = i,
                                    .number = -1,
                                    .timestamp_ms = i };
    record.value.p = text;
    record.value.n = (uint64_t)snprintf(text, sizeof(text), "{\"g\":%d,\"p\":%d,\"i\":%d}",
                                        (int)((i + p) % GROUPS), (int)p, (int)i);
    levada->append(call, batch, &record, 1, sizeof(record));
}

/* A poll gives less of the stream than there may be. */
static void
append_passed(struct levada_call *call, struct levada_batch *batch, int32_t p)
{
    const struct entry *entry;
    for (int n = 0; n < 7 && (entry = passed_at(p, source.next[PASSED][p])) != NULL; n++) {
        struct levada_record record = { .stream = levada->stream(call, STREAM),
                                        .partition = p,
                                        .offset = source.next[PASSED][p]++,
                                        .number = -1,
                                        .key = entry->key,
                                        .value = entry->value,
                                        .flags = LEVADA_R_OPAQUE,
                                        .timestamp_ms = LEVADA_NO_TIME };
        levada->append(call, batch, &record, 1, sizeof(record));
    }
}

/* Another member copies some calls of partition 0. */
static void
others_read(void)
{
    int64_t *next = &service.committed[CALLS][0];
    for (int n = 0; n < 2 * EACH; n++)
        output.copies[0][(*next)++]++;
    abort_all();
}

/* Each poll is a round; but DRAIN is lost with the poll that was to say that a partition goes. */
static levada_status
say_drain(void)
{
    bool is_lost = source.polls + 1 == source.goes_at || source.polls + 1 == source.others_read_at;
    return is_lost ? LEVADA_OK : LEVADA_DRAIN;
}

static levada_status
source_poll(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    (void)self;
    (void)max_records;
    (void)wait_ms;
    source.polls++;
    if (source.stops_behind_loss && is_behind_loss()) {
        engine_stop(running->engine);
        return levada->fail(call, LEVADA_RETRY, "nobody is there");
    }
    if (source.polls == source.others_read_at)
        others_read();
    if (source.polls == source.grows_at)
        source.end[1] = COUNT;
    if (source.polls == source.goes_at || source.polls == source.comes_at)
        source.owns[0] = source.polls == source.comes_at;
    if (source.is_void || source.polls == source.goes_at || source.polls == source.comes_at ||
        source.polls == source.others_read_at)
        take_partitions(call);
    source.is_void = false;
    struct levada_batch *calls = levada->batch(call, 0), *passed = levada->batch(call, 0);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        for (uint32_t i = 0; i < EACH && source.owns[p] && source.next[CALLS][p] < source.end[p];
             i++)
            append_call(call, calls, p);
        if (source.owns[p])
            append_passed(call, passed, p);
    }
    levada->emit(call, 0, passed);
    levada->emit(call, 0, calls);
    for (int stream = 0; stream < STREAMS; stream++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            struct levada_position position = position_of(stream, p);
            if (source.owns[p])
                levada->position(call, NULL, &position);
        }
    }
    if (source.polls == source.stops_at)
        engine_stop(running->engine);
    return say_drain();
}

static levada_status
source_signal(void *self, struct levada_call *call, const struct levada_signal *signal)
{
    (void)self;
    (void)call;
    source.is_void |= signal->kind == LEVADA_SIG_RESTORE;
    return LEVADA_OK;
}

static levada_status
source_create(void *self, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)self;
    (void)ctx;
    levada->endless(call);
    return LEVADA_OK;
}

static uint32_t
keyed_by(void *self, const struct levada_path *const **paths)
{
    (void)self;
    *paths = &source.key;
    return source.key != NULL;
}

static levada_status
partitions(void *self, struct levada_call *call, uint32_t *n)
{
    (void)self;
    (void)call;
    *n = PARTITIONS;
    return LEVADA_OK;
}

static levada_status
member(void *self, struct levada_call *call, struct levada_bytes *bytes)
{
    (void)self;
    (void)call;
    assert_false(source.is_void);
    *bytes = (struct levada_bytes){ "me", 2 };
    return LEVADA_OK;
}

static levada_status
also_read(void *self, struct levada_call *call, const char *stream)
{
    (void)self;
    (void)call;
    assert_string_equal(stream, STREAM);
    source.n_also_read++;
    return LEVADA_OK;
}

static levada_status
reached(void *self, struct levada_call *call, uint32_t *yes)
{
    (void)self;
    (void)call;
    *yes = source.n_asked++ >= source.others_take;
    for (int32_t p = 0; p < PARTITIONS; p++)
        *yes = *yes && service.committed[CALLS][p] >= source.end[p];
    return LEVADA_OK;
}

static const struct levada_group_v1 group = {
    .struct_size = sizeof(group),
    .protocol = "test",
    .keyed_by = keyed_by,
    .partitions = partitions,
    .member = member,
    .also_read = also_read,
    .reached = reached,
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
    .create = source_create,
    .poll = source_poll,
    .signal = source_signal,
    .ext = source_ext,
};

/* ---- the job ---- */

struct passing_job job;

static struct stage *
add_windows(struct bench *bench, uint64_t n_groups)
{
    struct stage *stage = bench_add_windows(bench, &bench_windows, 10);
    stage->table_options.output_mode = job.mode;
    stage->table_options.on_end = job.on_end;
    stage->table_options.idle_after = job.idle_after;
    stage->table_options.group_by = (struct levada_list){ job.groups, n_groups };
    bench_plan(stage);
    return stage;
}

/* ---- */

levada_status
passing_run(struct bench *bench)
{
    bench_open(bench);
    running = bench;
    struct path_set *paths = record_space_paths(bench->space);
    path_g = job.groups[0] = path_set_get(paths, "g", NULL);
    job.groups[1] = path_set_get(paths, "other", NULL);
    path_count = path_set_get(paths, "count", NULL);
    path_start = path_set_get(paths, "window_start", NULL);
    source.key = job.is_keyed ? path_g : NULL;
    source.polls = source.n_asked = 0;
    struct stage *calls = bench_add(bench, &source_op);
    bench_plan(calls);
    if (job.source_name != NULL)
        calls->name = job.source_name;
    if (job.filtered != 0)
        bench_plan(bench_add(bench, &filter_op));
    if (!job.is_plain)
        add_windows(bench, 1)->name = "windows";
    if (job.n_below > 0)
        add_windows(bench, job.n_below)->name = "below";
    struct stage *sink = bench_add(bench, &sink_op);
    if (!job.is_plain)
        bench_chain(bench);
    struct stage *copies = bench_add(bench, &copies_op);
    bench_plan(copies);
    bench_join(calls, 0, copies, 0);
    for (uint32_t s = 0; s < bench->n; s++)
        bench->stages[s]->errors.retry_for_ns = job.retry_for_ns;
    struct engine_setup setup = bench_setup(bench);
    setup.name = "test";
    setup.identity = "test.here.0";
    setup.coordinator = sink;
    return bench_run(bench, &setup);
}

void
passing_begin(void)
{
    service_begin();
    memset(&output, 0, sizeof(output));
    memset(&source, 0, sizeof(source));
    memset(&job, 0, sizeof(job));
    job.retry_for_ns = 100000000;
    job.mode = TABLE_APPEND;
    job.on_end = TABLE_FLUSH;
    for (int p = 0; p < PARTITIONS; p++) {
        source.end[p] = COUNT;
        source.owns[p] = true;
    }
}

void
passing_run_worker(void)
{
    struct bench bench;
    assert_int_equal(passing_run(&bench), LEVADA_OK);
    bench_close(&bench);
}

int64_t
passing_expected(int g, int w)
{
    int64_t n = 0;
    for (int p = 0; p < PARTITIONS; p++) {
        for (int i = w * 10; i < w * 10 + 10; i++)
            n += i < source.end[p] && (i + p) % GROUPS == g && (p == 0 || p != job.filtered);
    }
    return n;
}

void
assert_each_counted_once(void)
{
    for (int p = 0; p < PARTITIONS && !source.is_alone; p++)
        assert_int_equal(service.committed[CALLS][p], source.end[p]);
    for (int g = 0; g < GROUPS; g++) {
        for (int w = 0; w < WINDOWS && !job.is_plain; w++)
            assert_int_equal(output.counts[g][w], passing_expected(g, w));
    }
    for (int p = 0; p < PARTITIONS; p++) {
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(output.copies[p][i], i < source.end[p]);
    }
}
