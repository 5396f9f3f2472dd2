/* SPDX-License-Identifier: Apache-2.0 */
#include "transaction_bench.h"

#include "runtime/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

/* ---- the service ---- */

struct transaction_service service;

static void
service_begin(void)
{
    entry_log_clear(&service.log);
    memset(&service, 0, sizeof(service));
    for (int p = 0; p < PARTITIONS; p++)
        service.committed[p] = service.offsets[p] = -1;
}

static void
service_abort(void)
{
    entry_log_abort(&service.log);
    memcpy(service.offsets, service.committed, sizeof(service.offsets));
}

static bool
have_one_key(const struct entry *a, const struct entry *b)
{
    return a->partition == b->partition && a->key.n == b->key.n &&
           memcmp(a->key.p, b->key.p, a->key.n) == 0;
}

uint32_t
service_count_live(char kind)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < service.log.n_durable; i++) {
        const struct entry *entry = &service.log.all[i];
        bool is_last = true;
        for (uint32_t k = i + 1; k < service.log.n_durable && is_last; k++)
            is_last = !have_one_key(&service.log.all[k], entry);
        n += is_last && entry->value.p != NULL && *(const char *)entry->key.p == kind;
    }
    return n;
}

/* ---- a sink whose output is durable with the transaction ---- */

struct transaction_output output;

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
        service_abort();
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

static levada_status
txn_put(void *self, struct levada_call *call, int32_t partition, struct levada_bytes key,
        struct levada_bytes value)
{
    (void)self;
    (void)call;
    entry_log_append(&service.log, partition, key, value);
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
    entry_log_commit(&service.log);
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
    for (int n = 0; service.n_read < service.log.n_durable; service.n_read++) {
        const struct entry *one = &service.log.all[service.n_read];
        if (one->partition != partition)
            continue;
        if (n++ == 6) {
            *left = service.log.n_durable - service.n_read;
            return LEVADA_AGAIN;
        }
        levada_status status = entry(user, one->key, one->value);
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

/* ---- a run that is kept ---- */

static struct {
    struct entry_log log;
    int64_t committed, counts[COUNT];
} kept;

void
transaction_keep(void)
{
    entry_log_clear(&kept.log);
    for (uint32_t i = 0; i < service.log.n_durable; i++) {
        const struct entry *entry = &service.log.all[i];
        if (entry->partition == 0)
            entry_log_append(&kept.log, 0, entry->key, entry->value);
    }
    kept.committed = service.committed[0];
    memcpy(kept.counts, output.counts[0], sizeof(kept.counts));
}

/* ---- a member of a group: what it has is a script ---- */

struct transaction_source source;

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
    if (source.polls < source.old_until)
        source.next[p] = 0;
}

static void
others_move(void)
{
    for (uint32_t i = 0; i < kept.log.n; i++)
        entry_log_append(&service.log, 0, kept.log.all[i].key, kept.log.all[i].value);
    entry_log_commit(&service.log);
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
    if (source.polls == 1 || source.polls == source.comes_at || source.polls == source.moves_at ||
        source.polls <= source.old_until) {
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

static const struct levada_path *groups[1];

static void
add_windows(struct bench *bench)
{
    struct stage *stage = bench_add_windows(bench, &bench_windows, 10);
    groups[0] = path_p;
    stage->table_options.on_end = source.holds ? TABLE_HOLD : TABLE_FLUSH;
    stage->table_options.group_by = (struct levada_list){ groups, 1 };
    bench_plan(stage);
}

/* ---- */

levada_status
transaction_run(struct bench *bench, const char *name)
{
    bench_open(bench);
    path_p = path_set_get(record_space_paths(bench->space), "p", NULL);
    path_count = path_set_get(record_space_paths(bench->space), "count", NULL);
    path_start = path_set_get(record_space_paths(bench->space), "window_start", NULL);
    source.key = path_p;
    source.polls = 0;
    memset(source.owns, 0, sizeof(source.owns));
    bench_add(bench, &source_op)->errors.retry_for_ns = source.retry_for_ns;
    add_windows(bench);
    struct stage *sink = bench_add(bench, &sink_op);
    bench_chain(bench);
    struct engine_setup setup = bench_setup(bench);
    setup.name = name;
    setup.identity = "test.here.0";
    setup.coordinator = sink;
    return bench_run(bench, &setup);
}

void
transaction_begin(void)
{
    service_begin();
    memset(&output, 0, sizeof(output));
    memset(&source, 0, sizeof(source));
    source.end = COUNT;
    source.keyed = 1;
    source.n_partitions = PARTITIONS;
}

void
transaction_assert_each_counted_once(void)
{
    for (int p = 0; p < PARTITIONS; p++) {
        assert_int_equal(service.committed[p], COUNT);
        for (int w = 0; w < COUNT / 10; w++)
            assert_int_equal(output.counts[p][w], 10);
    }
}

void
transaction_end(void)
{
    service_begin();
    entry_log_clear(&kept.log);
}
