/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table against a model that does everything the long way: each record tries every window, rows
 * are a plain list, and what leaves is sorted by comparing values. Options, records, failures and
 * triggers are random; TABLE_SEED=n repeats one run, TABLE_RUNS=n asks for more.
 */
#include "fixture.h"

#include "record/value.h"
#include "table/table_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GROUPS 5
#define MAX_RECORDS 60
#define MAX_PARTITIONS 3
#define MAX_ROWS 20000

/* The values of groups, in their order. The first two are one group. */
static const struct levada_scalar pool[] = {
    { .type = LEVADA_T_MISSING },
    { .type = LEVADA_T_NULL },
    { .type = LEVADA_T_BOOL, .u.i = 1 },
    { .type = LEVADA_T_I64, .u.i = -5 },
    { .type = LEVADA_T_I64, .u.i = 12 },
    { .type = LEVADA_T_STR, .len = 0, .u.s = "" },
    { .type = LEVADA_T_STR, .len = 1, .u.s = "a" },
    { .type = LEVADA_T_STR, .len = 9, .u.s = "abcdefgh1" },
    { .type = LEVADA_T_STR, .len = 9, .u.s = "abcdefgh2" },
    { .type = LEVADA_T_STR, .len = 1, .u.s = "b" },
    { .type = LEVADA_T_TIME, .u.i = 3 },
};
#define POOL (sizeof(pool) / sizeof(*pool))

struct record {
    int64_t time_ms;
    int32_t partition;
    uint32_t group[MAX_GROUPS]; /* in the pool */
};

struct row {
    int64_t start_ms;
    uint32_t group[MAX_GROUPS];
    int64_t count;
    double sum;
    bool changed;
};

struct model_partition {
    bool is_known, idle;
    int64_t max_ms; /* LEVADA_NO_TIME: none */
};

struct model {
    struct row rows[MAX_ROWS];
    uint32_t n;
    struct model_partition partitions[MAX_PARTITIONS];
    int64_t closed_ms;
    bool ended;
    uint64_t late;
};

struct run {
    struct record_space *space;
    struct table_options options;
    const struct levada_path *groups[MAX_GROUPS], *time;
    const char *order_by[3];
    uint32_t n_groups, stream;
    int64_t window, slide, offset, delay; /* ms; window 0: none */
    enum table_output_mode mode;
    bool by_sum_first;
    struct table *table;
    struct dict *dicts[MAX_GROUPS];
    struct model model;
    uint64_t random;
};

static uint32_t
random_below(struct run *run, uint32_t n)
{
    run->random ^= run->random << 13;
    run->random ^= run->random >> 7;
    run->random ^= run->random << 17;
    return (uint32_t)(run->random >> 20) % n;
}

/* ---- the model ---- */

static struct row *
model_row(struct run *run, int64_t start_ms, const uint32_t *group)
{
    struct model *model = &run->model;
    for (uint32_t i = 0; i < model->n; i++) {
        if (model->rows[i].start_ms == start_ms &&
            memcmp(model->rows[i].group, group, sizeof(model->rows[i].group)) == 0)
            return &model->rows[i];
    }
    assert_true(model->n < MAX_ROWS);
    struct row *row = &model->rows[model->n++];
    *row = (struct row){ .start_ms = start_ms };
    memcpy(row->group, group, sizeof(row->group));
    return row;
}

static void
model_count(struct run *run, const struct record *record, int64_t start_ms)
{
    uint32_t group[MAX_GROUPS] = { 0 };
    for (uint32_t g = 0; g < run->n_groups; g++)
        group[g] = record->group[g] == 0 ? 1 : record->group[g];
    struct row *row = model_row(run, start_ms, group);
    row->count++;
    row->sum += (double)record->time_ms;
    row->changed = true;
}

static void
model_take(struct run *run, const struct record *record)
{
    struct model_partition *partition = &run->model.partitions[record->partition];
    if (record->time_ms == LEVADA_NO_TIME)
        return;
    int64_t late_until = run->model.closed_ms;
    if (run->delay > 0 && partition->is_known && partition->max_ms != LEVADA_NO_TIME &&
        partition->max_ms - run->delay > late_until)
        late_until = partition->max_ms - run->delay;
    if (run->mode == TABLE_COMPLETE)
        late_until = INT64_MIN;

    bool counted = false;
    for (int64_t k = -200; k <= 200; k++) {
        int64_t start = k * run->slide + run->offset, end = start + run->window;
        if (start <= record->time_ms && record->time_ms < end && end > late_until) {
            model_count(run, record, start);
            counted = true;
        }
    }
    run->model.late += !counted;
    if (!partition->is_known || record->time_ms > partition->max_ms)
        partition->max_ms = record->time_ms;
    partition->is_known = true;
    partition->idle = false;
}

static int64_t
model_watermark(const struct run *run)
{
    const struct model *model = &run->model;
    int64_t slowest = INT64_MAX, fastest = INT64_MIN;
    uint32_t n_awake = 0;
    for (uint32_t p = 0; p < MAX_PARTITIONS; p++) {
        const struct model_partition *partition = &model->partitions[p];
        if (!partition->is_known)
            continue;
        fastest = partition->max_ms > fastest ? partition->max_ms : fastest;
        if (partition->idle)
            continue;
        n_awake++;
        slowest = partition->max_ms < slowest ? partition->max_ms : slowest;
    }
    int64_t time_ms = n_awake > 0 ? slowest : fastest;
    if (model->ended)
        return INT64_MAX;
    if (run->delay == 0 || time_ms == INT64_MIN)
        return model->closed_ms;
    return time_ms - run->delay > model->closed_ms ? time_ms - run->delay : model->closed_ms;
}

/* ---- the records ---- */

static void
random_records(struct run *run, struct record *records, uint32_t n)
{
    int64_t base = (int64_t)random_below(run, 400) - 150;
    for (uint32_t i = 0; i < n; i++) {
        records[i] = (struct record){
            .time_ms = base + (int64_t)random_below(run, 40),
            .partition = (int32_t)random_below(run, MAX_PARTITIONS),
        };
        if (random_below(run, 20) == 0)
            records[i].time_ms = LEVADA_NO_TIME;
        if (i > 0 && random_below(run, 2) == 0)
            records[i].partition = records[i - 1].partition;
        for (uint32_t g = 0; g < run->n_groups; g++)
            records[i].group[g] = random_below(run, POOL);
    }
}

static void
set_groups(struct run *run, struct batch *batch, const struct record *records, uint32_t n)
{
    uint32_t ids[MAX_RECORDS];
    for (uint32_t g = 0; g < run->n_groups; g++) {
        if (random_below(run, 6) == 0) { /* a dictionary of another generation */
            dict_unref(run->dicts[g]);
            run->dicts[g] = dict_create();
        }
        for (uint32_t i = 0; i < n; i++)
            ids[i] = dict_add(run->dicts[g], &pool[records[i].group[g]]);
        assert_int_equal(batch_set_ids(batch, run->groups[g], ids, run->dicts[g], NULL, NULL), 0);
    }
}

static struct batch *
make_batch(struct run *run, const struct record *records, uint32_t n)
{
    struct batch *batch = batch_create(run->space, 0);
    struct levada_scalar times[MAX_RECORDS];
    for (uint32_t i = 0; i < n; i++) {
        struct levada_record record = { .stream = run->stream, .partition = records[i].partition };
        assert_int_equal(batch_append(batch, &record, 1, sizeof(record), NULL), LEVADA_OK);
        times[i] = records[i].time_ms == LEVADA_NO_TIME
                       ? (struct levada_scalar){ .type = LEVADA_T_NULL }
                       : (struct levada_scalar){ .type = LEVADA_T_TIME, .u.i = records[i].time_ms };
    }
    assert_int_equal(batch_set_column(batch, run->time, times, NULL, NULL), LEVADA_OK);
    set_groups(run, batch, records, n);
    return batch;
}

/* ---- steps ---- */

static void
fold(struct run *run, const struct record *records, uint32_t n)
{
    struct table_slots_result result;
    struct error err;
    struct batch *batch = make_batch(run, records, n);
    assert_int_equal(table_slots(run->table, batch, 0, &result, &err), LEVADA_OK);
    batch_release(batch);
    for (uint32_t k = 0; k < result.slots->n; k++) {
        uint32_t slot = result.slots->slot[k];
        ((int64_t *)result.slots->cell[0])[slot]++;
        ((double *)result.slots->cell[1])[slot] += (double)records[result.slots->record[k]].time_ms;
        memcpy((char *)result.slots->cell[2] + slot * (size_t)3, "abc", 3);
    }
}

/* That a record came wakes its partition, even if it has to come again. */
static void
model_wake(struct run *run, const struct record *records, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (records[i].time_ms != LEVADA_NO_TIME)
            run->model.partitions[records[i].partition].idle = false;
    }
}

static void
step_fail(struct run *run, const struct record *records, uint32_t n)
{
    fold(run, records, n);
    model_wake(run, records, n);
    if (random_below(run, 2) == 0) {
        struct record others[MAX_RECORDS];
        random_records(run, others, n);
        fold(run, others, n);
        model_wake(run, others, n);
    }
    table_rollback(run->table);
}

static void
step_feed(struct run *run)
{
    struct record records[MAX_RECORDS];
    uint32_t n = random_below(run, MAX_RECORDS);
    random_records(run, records, n);
    if (random_below(run, 3) == 0)
        step_fail(run, records, n);
    uint32_t half = random_below(run, 2) == 0 ? n : n / 2;
    fold(run, records, half);
    fold(run, records + half, n - half);
    table_commit(run->table);
    for (uint32_t i = 0; i < n; i++)
        model_take(run, &records[i]);
}

static void
step_idle(struct run *run)
{
    uint32_t p = random_below(run, MAX_PARTITIONS);
    bool idle = random_below(run, 2) == 0;
    table_set_idle(run->table, run->stream, (int32_t)p, idle);
    if (run->model.partitions[p].is_known)
        run->model.partitions[p].idle = idle;
}

static void
step_assign(struct run *run)
{
    struct table_partition all[MAX_PARTITIONS] = { 0 };
    uint32_t n = 0;
    for (uint32_t p = 0; p < MAX_PARTITIONS; p++) {
        struct model_partition *partition = &run->model.partitions[p];
        if (random_below(run, 3) == 0) {
            *partition = (struct model_partition){ .max_ms = LEVADA_NO_TIME };
            continue;
        }
        all[n].stream = run->stream;
        all[n++].partition = (int32_t)p;
        if (!partition->is_known)
            *partition = (struct model_partition){ .is_known = true, .max_ms = LEVADA_NO_TIME };
    }
    assert_int_equal(table_assign(run->table, all, n, NULL), LEVADA_OK);
}

/* ---- what leaves ---- */

static const struct run *sorting; /* for qsort */

static int
compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (sorting->mode == TABLE_COMPLETE && sorting->by_sum_first && x->sum != y->sum)
        return x->sum < y->sum ? -1 : 1;
    if (sorting->mode == TABLE_COMPLETE && sorting->by_sum_first && x->group[0] != y->group[0])
        return x->group[0] > y->group[0] ? -1 : 1;
    if (sorting->mode == TABLE_COMPLETE && !sorting->by_sum_first && x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    for (uint32_t g = 0; g < MAX_GROUPS; g++) {
        if (x->group[g] != y->group[g])
            return x->group[g] < y->group[g] ? -1 : 1;
    }
    return 0;
}

struct expectation {
    struct run *run;
    struct row rows[MAX_ROWS];
    uint32_t n, seen, fail_at; /* fail_at: the batch that is refused; 0: none */
    uint32_t n_batches;
};

static void
expect_row(struct expectation *expected, struct batch *batch, uint32_t i)
{
    struct run *run = expected->run;
    assert_true(expected->seen < expected->n);
    const struct row *row = &expected->rows[expected->seen++];
    uint32_t n_paths;
    const struct levada_path *const *path = table_output_paths(run->table, &n_paths);
    assert_int_equal(n_paths, 4 + run->n_groups);
    assert_int_equal(batch_column(batch, path[0], NULL)[i].u.i, row->start_ms);
    assert_int_equal(batch_column(batch, path[1], NULL)[i].u.i, row->start_ms + run->window);
    assert_int_equal(batch_origin(batch, i)->timestamp_ms, row->start_ms + run->window - 1);
    for (uint32_t g = 0; g < run->n_groups; g++)
        assert_true(value_equal(&batch_column(batch, path[2 + g], NULL)[i], &pool[row->group[g]]));
    assert_int_equal(batch_column(batch, path[2 + run->n_groups], NULL)[i].u.i, row->count);
    assert_true(batch_column(batch, path[3 + run->n_groups], NULL)[i].u.f == row->sum);
}

static levada_status
emit(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    struct expectation *expected = user;
    for (uint32_t i = 0; i < slots->n; i++) {
        assert_int_equal(((const int64_t *)slots->cell[0])[slots->slot[i]],
                         expected->rows[expected->seen].count);
        expect_row(expected, batch, i);
    }
    batch_release(batch);
    if (++expected->n_batches == expected->fail_at)
        return error_set(err, LEVADA_RETRY, "refused");
    return LEVADA_OK;
}

static bool
is_due(const struct run *run, const struct row *row, int64_t watermark_ms)
{
    return run->mode == TABLE_COMPLETE || (run->mode == TABLE_UPDATE && row->changed) ||
           (run->mode == TABLE_APPEND && row->start_ms + run->window <= watermark_ms);
}

static void
model_settle(struct run *run, int64_t watermark_ms)
{
    struct model *model = &run->model;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < model->n; i++) {
        model->rows[i].changed = false;
        if (run->mode == TABLE_COMPLETE || model->rows[i].start_ms + run->window > watermark_ms)
            model->rows[kept++] = model->rows[i];
    }
    model->n = kept;
    model->closed_ms = watermark_ms;
}

static void
step_trigger(struct run *run)
{
    static struct expectation expected;
    struct error err;
    int64_t watermark_ms = model_watermark(run);
    expected.run = run;
    expected.n = expected.seen = expected.n_batches = expected.fail_at = 0;
    for (uint32_t i = 0; i < run->model.n; i++) {
        if (is_due(run, &run->model.rows[i], watermark_ms))
            expected.rows[expected.n++] = run->model.rows[i];
    }
    sorting = run;
    qsort(expected.rows, expected.n, sizeof(*expected.rows), compare_rows);

    if (expected.n > 0 && random_below(run, 3) == 0) {
        expected.fail_at = 1 + random_below(run, (expected.n + 1023) / 1024);
        assert_int_equal(
            table_trigger(run->table,
                          &(const struct table_output){ .emit = emit, .user = &expected }, &err),
            LEVADA_RETRY);
        expected.seen = expected.n_batches = expected.fail_at = 0;
    }
    assert_int_equal(table_trigger(run->table,
                                   &(const struct table_output){ .emit = emit, .user = &expected },
                                   &err),
                     LEVADA_OK);
    assert_int_equal(expected.seen, expected.n);
    model_settle(run, watermark_ms);
}

static void
expect_same_stats(const struct run *run)
{
    struct table_stats stats;
    table_get_stats(run->table, &stats);
    assert_int_equal(stats.rows, run->model.n);
    assert_int_equal(stats.late, run->model.late);
    assert_int_equal(stats.watermark_ms, model_watermark(run));
}

/* ---- a run ---- */

static void
random_options(struct run *run)
{
    static const int64_t windows[] = { 10, 24, 60 };
    static const enum table_output_mode modes[] = { TABLE_COMPLETE, TABLE_UPDATE, TABLE_APPEND };
    run->window = windows[random_below(run, 3)];
    run->slide = random_below(run, 2) == 0 ? run->window : 4 + random_below(run, 6);
    run->offset = random_below(run, (uint32_t)run->slide);
    run->mode = modes[random_below(run, 3)];
    run->delay =
        run->mode != TABLE_APPEND && random_below(run, 3) == 0 ? 0 : 1 + random_below(run, 40);
    run->n_groups = random_below(run, MAX_GROUPS + 1);
    run->by_sum_first = run->mode == TABLE_COMPLETE && run->n_groups > 0 && random_below(run, 2);
    run->order_by[0] = "sum";
    run->order_by[1] = "g0 desc";
    run->options = (struct table_options){
        .event_time = run->time,
        .window = run->window * MS,
        .slide = run->slide == run->window ? 0 : run->slide * MS,
        .offset = run->offset * MS,
        .watermark = run->delay * MS,
        .output_mode = run->mode,
        .on_end = TABLE_FLUSH,
        .group_by = { run->groups, run->n_groups },
        .order_by = { run->order_by, run->by_sum_first ? 2 : 0 },
    };
}

static struct run *
run_create(uint64_t seed)
{
    struct run *run = calloc(1, sizeof(*run));
    run->random = seed * 0x9E3779B97F4A7C15u + 1;
    run->space = record_space_create();
    run->stream = record_space_stream(run->space, "", "calls");
    run->time = path_set_get(record_space_paths(run->space), "time", NULL);
    for (uint32_t g = 0; g < MAX_GROUPS; g++) {
        char name[8];
        snprintf(name, sizeof(name), "g%u", g);
        run->groups[g] = path_set_get(record_space_paths(run->space), name, NULL);
        run->dicts[g] = dict_create();
    }
    for (uint32_t p = 0; p < MAX_PARTITIONS; p++)
        run->model.partitions[p].max_ms = LEVADA_NO_TIME;
    run->model.closed_ms = LEVADA_NO_TIME;
    random_options(run);
    run->table = table_create(run->space, &run->options, fixture_cells, 3, true);
    assert_non_null(run->table);
    return run;
}

static void
run_destroy(struct run *run)
{
    table_destroy(run->table);
    for (uint32_t g = 0; g < MAX_GROUPS; g++)
        dict_unref(run->dicts[g]);
    record_space_destroy(run->space);
    free(run);
}

static void
run_steps(struct run *run, uint32_t n)
{
    uint32_t wrap_at = random_below(run, 2 * n);
    for (uint32_t i = 0; i < n; i++) {
        if (i == wrap_at && run->table->txn < UINT32_MAX - 3)
            run->table->txn = UINT32_MAX - 3; /* as after four thousand million callbacks */
        uint32_t step = random_below(run, 20);
        if (step < 12)
            step_feed(run);
        else if (step < 17)
            step_trigger(run);
        else if (step < 19)
            step_idle(run);
        else
            step_assign(run);
        expect_same_stats(run);
    }
    table_end_input(run->table);
    run->model.ended = true;
    step_trigger(run);
    expect_same_stats(run);
}

static void
try_seed(uint64_t seed)
{
    struct run *run = run_create(seed);
    run_steps(run, 40);
    run_destroy(run);
}

static void
agrees_with_a_model_that_does_it_the_long_way(void **state)
{
    (void)state;
    const char *seed = getenv("TABLE_SEED"), *runs = getenv("TABLE_RUNS");
    if (seed != NULL) {
        try_seed(strtoull(seed, NULL, 10));
        return;
    }
    uint64_t n = runs != NULL ? strtoull(runs, NULL, 10) : 300;
    for (uint64_t i = 0; i < n; i++) {
        print_message("seed %llu\r", (unsigned long long)i);
        try_seed(i);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_model_that_does_it_the_long_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
