/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: by hand, and against a model that keeps every record and cuts them into sessions the
 * long way at each trigger. The rows hold a list of the times of their records, in a cell of any
 * length, so that what is merged, undone and restored can be seen record by record. SESSION_SEED=n
 * repeats one random run, SESSION_RUNS=n asks for more.
 */
#include "fixture.h"

#include "record/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 0
#define TIMES 1
#define GAP 10
#define PARTITIONS 3
#define MAX_RECORDS 4000

static const struct table_cell cells[2] = { { (char *)(uintptr_t) "count", LEVADA_T_I64, 0 },
                                            { NULL, LEVADA_T_BIN, 0 } };

/* ---- folding and merging, as a stage would ---- */

static void
add_times(struct table *table, const struct levada_slots *slots, uint32_t slot,
          const int64_t *times, uint64_t n)
{
    struct error err;
    struct levada_bytes *list = (struct levada_bytes *)slots->cell[TIMES] + slot;
    int64_t *grown = table_resize_cell(table, TIMES, slot, list->n + n * sizeof(*times), &err);
    assert_non_null(grown);
    memcpy(grown + list->n / sizeof(*times) - n, times, n * sizeof(*times));
    ((int64_t *)slots->cell[COUNT])[slot] += (int64_t)n;
}

/* The transaction stays open. */
static void
fold(struct fixture *f, const struct call *calls, uint32_t n)
{
    struct batch *batch = fixture_batch(f, calls, n);
    assert_int_equal(table_slots(f->table, batch, 0, &f->result, &f->err), LEVADA_OK);
    batch_release(batch);
    const struct levada_slots *slots = f->result.slots;
    for (uint32_t k = 0; k < slots->n; k++)
        add_times(f->table, slots, slots->slot[k], &calls[slots->record[k]].time_ms, 1);
}

static void
feed_calls(struct fixture *f, const struct call *calls, uint32_t n)
{
    fold(f, calls, n);
    table_commit(f->table);
}

static void
merge_pairs(struct table *table, const struct levada_slots *pairs, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        const struct levada_bytes *from =
            (const struct levada_bytes *)pairs->cell[TIMES] + pairs->record[k];
        add_times(table, pairs, pairs->slot[k], from->p, from->n / sizeof(int64_t));
    }
}

/* ---- what leaves, as text: "start end type count: times" ---- */

struct output {
    struct fixture *f;
    char *text;
    size_t n, room;
    bool fail_merge, fail_emit; /* once */
    uint32_t n_merged;
};

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

__attribute__((format(printf, 2, 3))) static void
say(struct output *output, const char *format, ...)
{
    va_list args;
    if (output->room - output->n < 300) {
        output->room = output->room * 2 + 1000;
        output->text = realloc(output->text, output->room);
        assert_non_null(output->text);
    }
    va_start(args, format);
    output->n +=
        (size_t)vsnprintf(output->text + output->n, output->room - output->n, format, args);
    va_end(args);
}

static void
say_row(struct output *output, int64_t start_ms, int64_t end_ms, const char *type, int64_t count,
        int64_t *times, uint64_t n)
{
    qsort(times, n, sizeof(*times), compare_times);
    say(output, "%lld..%lld %s %lld:", (long long)start_ms, (long long)end_ms, type,
        (long long)count);
    for (uint64_t i = 0; i < n; i++)
        say(output, " %lld", (long long)times[i]);
    say(output, "\n");
}

static levada_status
emit(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    struct output *output = user;
    uint32_t n_paths;
    const struct levada_path *const *path = table_output_paths(output->f->table, &n_paths);
    assert_int_equal(n_paths, 4);
    for (uint32_t i = 0; i < slots->n; i++) {
        const struct levada_scalar *type = &batch_column(batch, path[2], err)[i];
        const struct levada_bytes *list = (const struct levada_bytes *)slots->cell[TIMES] + i;
        int64_t times[MAX_RECORDS];
        char name[20];
        memcpy(times, list->p, list->n);
        snprintf(name, sizeof(name), "%.*s", type->type == LEVADA_T_STR ? (int)type->len : 1,
                 type->type == LEVADA_T_STR ? type->u.s : "-");
        int64_t end_ms = batch_column(batch, path[1], err)[i].u.i;
        say_row(output, batch_column(batch, path[0], err)[i].u.i, end_ms, name,
                batch_column(batch, path[3], err)[i].u.i, times, list->n / sizeof(*times));
        assert_int_equal(batch_origin(batch, i)->timestamp_ms, end_ms - 1);
        assert_int_equal(batch_column(batch, path[0], err)[i].type, LEVADA_T_TIME);
    }
    batch_release(batch);
    return output->fail_emit ? error_set(err, LEVADA_RETRY, "not now") : LEVADA_OK;
}

static levada_status
merge(void *user, const struct levada_slots *pairs, struct error *err)
{
    struct output *output = user;
    assert_true(pairs->n > 0);
    output->n_merged = pairs->n;
    merge_pairs(output->f->table, pairs, output->fail_merge ? (pairs->n + 1) / 2 : pairs->n);
    return output->fail_merge ? error_set(err, LEVADA_RETRY, "no room") : LEVADA_OK;
}

static levada_status
trigger(struct output *output)
{
    const struct table_output to = { emit, merge, output };
    output->n_merged = 0;
    return table_trigger(output->f->table, &to, &output->f->err);
}

static void
expect(struct fixture *f, const char *rows)
{
    struct output output = { .f = f };
    say(&output, "%s", "");
    assert_int_equal(trigger(&output), LEVADA_OK);
    assert_string_equal(output.text, rows);
    free(output.text);
}

/* ---- by hand ---- */

static void
open_sessions(struct fixture *f, enum table_output_mode mode, int64_t watermark_ms)
{
    fixture_init(f);
    f->options.session = (int64_t)GAP * MS;
    f->options.watermark = watermark_ms * MS;
    f->options.output_mode = mode;
    fixture_group_by(f, "type");
    f->table = table_create(f->space, &f->options, cells, 2, true);
    assert_non_null(f->table);
}

#define CALLS(f, ...)                                                                              \
    feed_calls(f, (const struct call[]){ __VA_ARGS__ },                                            \
               sizeof((const struct call[]){ __VA_ARGS__ }) / sizeof(struct call))

static void
records_less_than_the_gap_apart_are_one_session(void **state)
{
    (void)state;
    struct fixture f;
    open_sessions(&f, TABLE_COMPLETE, 0);
    CALLS(&f, { 100, "a", NULL, 0 }, { 109, "a", NULL, 0 }, { 118, "a", NULL, 0 });
    CALLS(&f, { 200, "a", NULL, 0 }, { 210, "a", NULL, 0 }); /* the end does not belong to it */
    CALLS(&f, { 105, "b", NULL, 0 });
    expect(&f, "100..128 a 3: 100 109 118\n"
               "105..115 b 1: 105\n"
               "200..210 a 1: 200\n"
               "210..220 a 1: 210\n");
    fixture_finish(&f);
}

static void
a_record_between_two_sessions_makes_them_one(void **state)
{
    (void)state;
    struct fixture f;
    open_sessions(&f, TABLE_COMPLETE, 0);
    CALLS(&f, { 100, "a", NULL, 0 }, { 115, "a", NULL, 0 });
    expect(&f, "100..110 a 1: 100\n115..125 a 1: 115\n");
    CALLS(&f, { 107, "a", NULL, 0 });
    expect(&f, "100..125 a 3: 100 107 115\n");
    CALLS(&f, { 91, "a", NULL, 0 });
    expect(&f, "91..125 a 4: 91 100 107 115\n");
    fixture_finish(&f);
}

static void
times_before_1970_are_no_different(void **state)
{
    (void)state;
    struct fixture f;
    open_sessions(&f, TABLE_COMPLETE, 0);
    CALLS(&f, { -1, "a", NULL, 0 }, { 0, "a", NULL, 0 }, { -10, "a", NULL, 0 });
    CALLS(&f, { -20, "a", NULL, 0 }, { -31, "a", NULL, 0 });
    expect(&f, "-10..10 a 3: -10 -1 0\n-31..-21 a 1: -31\n-20..-10 a 1: -20\n");
    fixture_finish(&f);
}

static void
a_session_leaves_when_the_watermark_is_its_end(void **state)
{
    (void)state;
    struct fixture f;
    open_sessions(&f, TABLE_APPEND, 50);
    CALLS(&f, { 100, "a", NULL, 0 }, { 105, "a", NULL, 0 }, { 164, "b", NULL, 0 });
    expect(&f, "");
    CALLS(&f, { 165, "b", NULL, 0 });
    expect(&f, "100..115 a 2: 100 105\n");
    assert_int_equal(fixture_stats(&f).rows, 1);
    expect(&f, "");
    table_end_input(f.table);
    expect(&f, "164..175 b 2: 164 165\n");
    assert_int_equal(fixture_stats(&f).rows, 0);
    fixture_finish(&f);
}

static void
a_record_before_its_watermark_is_late(void **state)
{
    (void)state;
    struct fixture f;
    open_sessions(&f, TABLE_APPEND, 50);
    CALLS(&f, { 200, "a", NULL, 0 });
    CALLS(&f, { 149, "a", NULL, 0 }, { 150, "a", NULL, 0 }, { 100, "a", NULL, 1 });
    assert_int_equal(f.result.n_late, 1);
    assert_int_equal(f.result.late[0], 0);
    CALLS(&f, { 50, "a", NULL, 1 }, { 49, "a", NULL, 1 }); /* by its own partition */
    assert_int_equal(f.result.n_late, 1);
    assert_int_equal(f.result.late[0], 1);
    expect(&f, "");
    assert_int_equal(fixture_stats(&f).late, 2);
    fixture_finish(&f);
}

/* A delay shorter than the gap: the watermark moves on inside a span of the gap. */
static void
lateness_is_judged_record_by_record(void **state)
{
    (void)state;
    struct fixture f;
    open_sessions(&f, TABLE_APPEND, 3);
    CALLS(&f, { 100, "a", NULL, 0 }, { 104, "a", NULL, 0 }, { 100, "a", NULL, 0 },
          { 101, "a", NULL, 0 }, { 108, "a", NULL, 0 }, { 104, "a", NULL, 0 });
    assert_int_equal(f.result.n_late, 2);
    assert_int_equal(f.result.late[0], 2);
    assert_int_equal(f.result.late[1], 5);
    table_end_input(f.table);
    expect(&f, "100..118 a 4: 100 101 104 108\n");
    fixture_finish(&f);
}

static void
a_long_session_stays_while_others_leave(void **state)
{
    (void)state;
    struct fixture f;
    open_sessions(&f, TABLE_APPEND, 5);
    for (int64_t t = 0; t < 200; t += 5)
        CALLS(&f, { t, "long", NULL, 0 }, { t, t % 50 == 0 ? "short" : "long", NULL, 0 });
    expect(&f, "0..10 short 1: 0\n50..60 short 1: 50\n100..110 short 1: 100\n"
               "150..160 short 1: 150\n");
    assert_int_equal(fixture_stats(&f).rows, 20);
    assert_false(table_has_news(f.table));
    fixture_finish(&f);
}

static void
rows_can_be_ordered_by_the_end(void **state)
{
    (void)state;
    static const char *const order[] = { "window_end desc", "type" };
    struct fixture f;
    fixture_init(&f);
    f.options.session = (int64_t)GAP * MS;
    f.options.output_mode = TABLE_COMPLETE;
    f.options.order_by = (struct levada_list){ order, 2 };
    fixture_group_by(&f, "type");
    f.table = table_create(f.space, &f.options, cells, 2, true);
    CALLS(&f, { 0, "b", NULL, 0 }, { 9, "b", NULL, 0 }, { 9, "a", NULL, 0 }, { 5, "c", NULL, 0 });
    expect(&f, "9..19 a 1: 9\n0..19 b 2: 0 9\n5..15 c 1: 5\n");
    fixture_finish(&f);
}

/* ---- random runs ---- */

struct model {
    struct call calls[MAX_RECORDS]; /* counted and not yet gone */
    uint32_t n;
    int64_t max_ms[PARTITIONS], closed_ms;
    bool ended;
};

struct stored {
    int64_t start_ms, cells[3]; /* count, and the two of the table's own */
    char type[8];
    int64_t times[MAX_RECORDS];
    uint64_t n;
};

struct store {
    struct stored *rows;
    uint32_t n, n_put;
    int64_t max_ms[PARTITIONS], closed_ms;
};

struct run {
    struct fixture f;
    struct model model, saved_model;
    struct store store;
    uint64_t random;
    int64_t delay, now;
};

static uint32_t
random_below(struct run *run, uint32_t n)
{
    run->random ^= run->random << 13;
    run->random ^= run->random >> 7;
    run->random ^= run->random << 17;
    return (uint32_t)(run->random >> 20) % n;
}

static bool
is_append(const struct run *run)
{
    return run->f.options.output_mode == TABLE_APPEND;
}

/* False: late. */
static bool
model_take(struct run *run, const struct call *call)
{
    struct model *model = &run->model;
    int64_t *max_ms = &model->max_ms[call->partition], late_until = model->closed_ms;
    if (*max_ms != LEVADA_NO_TIME && *max_ms - run->delay > late_until)
        late_until = *max_ms - run->delay;
    bool is_late = is_append(run) && call->time_ms < late_until;
    if (call->time_ms > *max_ms)
        *max_ms = call->time_ms;
    assert_true(model->n < MAX_RECORDS);
    if (!is_late)
        model->calls[model->n++] = *call;
    return !is_late;
}

static int64_t
model_watermark(const struct run *run)
{
    const struct model *model = &run->model;
    int64_t slowest = INT64_MAX;
    for (uint32_t p = 0; p < PARTITIONS; p++)
        slowest = model->max_ms[p] < slowest ? model->max_ms[p] : slowest;
    if (model->ended)
        return INT64_MAX;
    if (slowest == LEVADA_NO_TIME || slowest - run->delay < model->closed_ms)
        return model->closed_ms;
    return slowest - run->delay;
}

struct session {
    int64_t start_ms, end_ms;
    uint32_t first, n; /* in the calls, sorted */
    const char *type;
};

static const char *
type_of(const struct call *call)
{
    return call->type != NULL ? call->type : "-";
}

static int
compare_calls(const void *a, const void *b)
{
    const struct call *x = a, *y = b;
    int types = strcmp(type_of(x), type_of(y));
    return types != 0 ? types : (x->time_ms > y->time_ms) - (x->time_ms < y->time_ms);
}

static uint32_t
cut_sessions(struct model *model, struct session *sessions)
{
    uint32_t n = 0;
    qsort(model->calls, model->n, sizeof(*model->calls), compare_calls);
    for (uint32_t i = 0; i < model->n; i++) {
        const struct call *call = &model->calls[i];
        struct session *last = n > 0 ? &sessions[n - 1] : NULL;
        if (last == NULL || strcmp(last->type, type_of(call)) != 0 || call->time_ms >= last->end_ms)
            sessions[n++] = (struct session){ call->time_ms, 0, i, 0, type_of(call) };
        sessions[n - 1].end_ms = call->time_ms + GAP;
        sessions[n - 1].n++;
    }
    return n;
}

static bool sort_by_count; /* for qsort */

static int
compare_sessions(const void *a, const void *b)
{
    const struct session *x = a, *y = b;
    if (sort_by_count && x->n != y->n)
        return x->n > y->n ? -1 : 1;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    return strcmp(x->type, y->type);
}

static void
say_session(struct output *output, const struct model *model, const struct session *session)
{
    int64_t times[MAX_RECORDS];
    for (uint32_t i = 0; i < session->n; i++)
        times[i] = model->calls[session->first + i].time_ms;
    say_row(output, session->start_ms, session->end_ms, session->type, session->n, times,
            session->n);
}

/* What leaves now, and out of the model. */
static void
model_trigger(struct run *run, struct output *output)
{
    static struct session sessions[MAX_RECORDS];
    static struct model kept;
    struct model *model = &run->model;
    int64_t watermark_ms = model_watermark(run);
    uint32_t n = cut_sessions(model, sessions);
    kept = *model;
    kept.n = 0;
    kept.closed_ms = watermark_ms;
    sort_by_count = !is_append(run);
    qsort(sessions, n, sizeof(*sessions), compare_sessions);
    for (uint32_t s = 0; s < n; s++) {
        bool is_over = sessions[s].end_ms <= watermark_ms;
        if (is_over || !is_append(run))
            say_session(output, model, &sessions[s]);
        for (uint32_t i = 0; i < sessions[s].n && (!is_over || !is_append(run)); i++)
            kept.calls[kept.n++] = model->calls[sessions[s].first + i];
    }
    *model = kept;
}

/* ---- steps ---- */

static void
random_calls(struct run *run, struct call *calls, uint32_t n)
{
    static const char *const types[] = { NULL, "a", "b", "c" };
    for (uint32_t i = 0; i < n; i++) {
        calls[i] = (struct call){ .time_ms = run->now + (int64_t)random_below(run, 30),
                                  .type = types[random_below(run, 4)],
                                  .partition = (int32_t)random_below(run, PARTITIONS) };
        if (random_below(run, 4) == 0)
            calls[i].time_ms -= random_below(run, 60);
        run->now += random_below(run, 3) == 0 ? random_below(run, 25) : 0;
    }
}

static void
step_feed(struct run *run)
{
    struct call calls[40];
    uint32_t n = random_below(run, 40), n_late = 0;
    random_calls(run, calls, n);
    if (random_below(run, 3) == 0) {
        fold(&run->f, calls, n);
        table_rollback(run->f.table);
    }
    feed_calls(&run->f, calls, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!model_take(run, &calls[i]))
            assert_int_equal(run->f.result.late[n_late++], i);
    }
    assert_int_equal(run->f.result.n_late, n_late);
}

static void
step_trigger(struct run *run)
{
    struct output expected = { .f = &run->f }, got = { .f = &run->f };
    got.fail_merge = random_below(run, 4) == 0;
    got.fail_emit = random_below(run, 4) == 0;
    bool may_fail = got.fail_merge || got.fail_emit;
    uint64_t rows = fixture_stats(&run->f).rows;
    say(&expected, "%s", "");
    say(&got, "%s", "");
    if (may_fail && trigger(&got) < 0) {
        assert_int_equal(fixture_stats(&run->f).rows, rows);
        if (random_below(run, 2) == 0)
            goto out; /* all is as before: a checkpoint may come first */
        got.n = 0;
        got.fail_merge = got.fail_emit = may_fail = false;
        say(&got, "%s", "");
    }
    if (!may_fail)
        assert_int_equal(trigger(&got), LEVADA_OK);
    model_trigger(run, &expected);
    assert_string_equal(got.text, expected.text);

out:
    free(got.text);
    free(expected.text);
}

/* ---- checkpoints ---- */

static const char *
stored_type(const struct table_row *row, char room[8])
{
    const struct levada_scalar *type = &row->groups[0];
    snprintf(room, 8, "%.*s", type->type == LEVADA_T_STR ? (int)type->len : 1,
             type->type == LEVADA_T_STR ? type->u.s : "-");
    return room;
}

static uint32_t
find_stored(const struct store *store, const struct table_row *row)
{
    char type[8];
    uint32_t i = 0;
    stored_type(row, type);
    while (i < store->n &&
           (store->rows[i].start_ms != row->start_ms || strcmp(store->rows[i].type, type) != 0))
        i++;
    return i;
}

static levada_status
drop_window(void *user, int64_t start_ms, struct error *err)
{
    (void)user, (void)start_ms, (void)err;
    fail(); /* sessions leave alone */
    return LEVADA_OK;
}

static levada_status
drop_row(void *user, const struct table_row *row, struct error *err)
{
    (void)err;
    struct store *store = user;
    uint32_t i = find_stored(store, row);
    if (i < store->n) /* one may have come and gone between two checkpoints */
        store->rows[i] = store->rows[--store->n];
    return LEVADA_OK;
}

static levada_status
put_row(void *user, const struct table_row *row, struct error *err)
{
    (void)err;
    struct store *store = user;
    uint32_t i = find_stored(store, row);
    assert_true(i < MAX_RECORDS);
    store->n += i == store->n;
    store->n_put++;
    struct stored *stored = &store->rows[i];
    const struct levada_bytes *list = row->cells[TIMES];
    stored->start_ms = row->start_ms;
    stored_type(row, stored->type);
    memcpy(&stored->cells[0], row->cells[COUNT], sizeof(int64_t));
    memcpy(&stored->cells[1], row->cells[2], sizeof(int64_t));
    memcpy(&stored->cells[2], row->cells[3], sizeof(int64_t));
    memcpy(stored->times, list->p, list->n);
    stored->n = list->n;
    return LEVADA_OK;
}

static levada_status
put_partition(void *user, uint32_t stream, int32_t partition, int64_t max_ms, struct error *err)
{
    (void)stream, (void)err;
    struct store *store = user;
    store->max_ms[partition] = max_ms;
    return LEVADA_OK;
}

static void
step_save(struct run *run)
{
    struct store *store = &run->store;
    const struct table_changes changes = { drop_window, drop_row, put_row, store };
    store->n_put = 0;
    assert_int_equal(table_visit_changes(run->f.table, &changes, &run->f.err), LEVADA_OK);
    uint32_t slot = 0, n_kept = store->n;
    while (slot != TABLE_NO_SLOT)
        assert_int_equal(table_visit_unchanged(run->f.table, &slot, 2, &changes, &run->f.err),
                         LEVADA_OK);
    assert_int_equal(store->n, n_kept);
    assert_int_equal(store->n_put, n_kept); /* each row once, changed or not */
    assert_int_equal(table_visit_partitions(run->f.table, put_partition, store, &run->f.err),
                     LEVADA_OK);
    store->closed_ms = table_closed_until(run->f.table);
    table_saved(run->f.table);
    assert_int_equal(fixture_stats(&run->f).rows, store->n);
    run->saved_model = run->model;
}

static void
assign_all(struct fixture *f)
{
    static const int32_t all[PARTITIONS] = { 0, 1, 2 };
    fixture_assign(f, all, PARTITIONS);
}

static void
restore_rows(struct run *run)
{
    uint32_t n_cells;
    table_cells(run->f.table, &n_cells);
    assert_int_equal(n_cells, 4);
    for (uint32_t i = 0; i < run->store.n; i++) {
        const struct stored *row = &run->store.rows[i];
        struct levada_scalar type = { .type = LEVADA_T_NULL };
        if (row->type[0] != '-')
            type = (struct levada_scalar){ .type = LEVADA_T_STR, .len = 1, .u.s = row->type };
        struct levada_bytes list = { row->times, row->n };
        const void *all[] = { &row->cells[0], &list, &row->cells[1], &row->cells[2] };
        const struct table_row table_row = { row->start_ms, &type, all };
        assert_int_equal(table_restore_row(run->f.table, &table_row, &run->f.err), LEVADA_OK);
    }
}

static void
step_crash(struct run *run)
{
    table_destroy(run->f.table);
    run->f.table = table_create(run->f.space, &run->f.options, cells, 2, true);
    run->model = run->saved_model;
    assign_all(&run->f);
    restore_rows(run);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        if (run->store.max_ms[p] != LEVADA_NO_TIME)
            assert_int_equal(table_restore_partition(run->f.table, run->f.stream, p,
                                                     run->store.max_ms[p], &run->f.err),
                             LEVADA_OK);
    }
    table_restore_closed_until(run->f.table, run->store.closed_ms);
    table_saved(run->f.table);
}

/* ---- a run ---- */

static void
run_open(struct run *run, uint64_t seed)
{
    run->random = seed * 0x9E3779B97F4A7C15u + 1;
    run->delay = 1 + random_below(run, 40);
    run->now = -200;
    open_sessions(&run->f, random_below(run, 3) == 0 ? TABLE_COMPLETE : TABLE_APPEND, run->delay);
    assign_all(&run->f);
    table_saved(run->f.table);
    run->model.closed_ms = run->store.closed_ms = LEVADA_NO_TIME;
    for (uint32_t p = 0; p < PARTITIONS; p++)
        run->model.max_ms[p] = run->store.max_ms[p] = LEVADA_NO_TIME;
    run->saved_model = run->model;
    run->store.rows = calloc(MAX_RECORDS, sizeof(*run->store.rows));
    assert_non_null(run->store.rows);
}

static void
try_seed(uint64_t seed)
{
    struct run *run = calloc(1, sizeof(*run));
    run_open(run, seed);
    for (uint32_t i = 0; i < 80; i++) {
        uint32_t step = random_below(run, 20);
        if (step < 11)
            step_feed(run);
        else if (step < 16)
            step_trigger(run);
        else if (step < 19)
            step_save(run);
        else
            step_crash(run);
    }
    table_end_input(run->f.table);
    run->model.ended = true;
    step_trigger(run);
    step_save(run);
    fixture_finish(&run->f);
    free(run->store.rows);
    free(run);
}

static void
agree_with_a_model_that_keeps_every_record(void **state)
{
    (void)state;
    const char *seed = getenv("SESSION_SEED"), *runs = getenv("SESSION_RUNS");
    if (seed != NULL) {
        try_seed(strtoull(seed, NULL, 10));
        return;
    }
    uint64_t n = runs != NULL ? strtoull(runs, NULL, 10) : 60;
    for (uint64_t i = 0; i < n; i++) {
        print_message("seed %llu\r", (unsigned long long)i);
        try_seed(i);
    }
}

/* ---- the same logs, read in other ways ---- */

#define LOG 120

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
sorted(char *text)
{
    static char result[200000];
    char *lines[PARTITIONS * LOG], *rest = NULL;
    uint32_t n = 0;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        lines[n++] = line;
    qsort(lines, n, sizeof(*lines), compare_lines);
    result[0] = '\0';
    for (uint32_t i = 0, used = 0; i < n; i++)
        used += (uint32_t)snprintf(result + used, sizeof(result) - used, "%s\n", lines[i]);
    return result;
}

/* All that leaves of the logs, sorted; partitions, batches and triggers come at random. */
static char *
read_logs(struct run *run, struct call logs[PARTITIONS][LOG])
{
    struct output output = { .f = &run->f };
    uint32_t at[PARTITIONS] = { 0 };
    say(&output, "%s", "");
    open_sessions(&run->f, TABLE_APPEND, run->delay);
    assign_all(&run->f);
    while (at[0] + at[1] + at[2] < PARTITIONS * LOG) {
        uint32_t p = random_below(run, PARTITIONS), n = random_below(run, 20);
        n = n < LOG - at[p] ? n : LOG - at[p];
        feed_calls(&run->f, &logs[p][at[p]], n);
        at[p] += n;
        if (random_below(run, 3) == 0)
            assert_int_equal(trigger(&output), LEVADA_OK);
    }
    table_end_input(run->f.table);
    assert_int_equal(trigger(&output), LEVADA_OK);
    say(&output, "late %llu\n", (unsigned long long)fixture_stats(&run->f).late);
    fixture_finish(&run->f);
    char *text = strdup(sorted(output.text));
    free(output.text);
    return text;
}

static void
depend_on_the_logs_alone(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct run *run = calloc(1, sizeof(*run));
        struct call logs[PARTITIONS][LOG];
        run->random = seed * 0x9E3779B97F4A7C15u;
        run->delay = 1 + random_below(run, 30);
        for (uint32_t p = 0; p < PARTITIONS; p++) {
            run->now = random_below(run, 50);
            random_calls(run, logs[p], LOG);
            for (uint32_t i = 0; i < LOG; i++)
                logs[p][i].partition = (int32_t)p;
        }
        char *once = read_logs(run, logs), *again = read_logs(run, logs);
        assert_string_equal(once, again);
        free(once);
        free(again);
        free(run);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_less_than_the_gap_apart_are_one_session),
        cmocka_unit_test(a_record_between_two_sessions_makes_them_one),
        cmocka_unit_test(times_before_1970_are_no_different),
        cmocka_unit_test(a_session_leaves_when_the_watermark_is_its_end),
        cmocka_unit_test(a_record_before_its_watermark_is_late),
        cmocka_unit_test(lateness_is_judged_record_by_record),
        cmocka_unit_test(a_long_session_stays_while_others_leave),
        cmocka_unit_test(rows_can_be_ordered_by_the_end),
        cmocka_unit_test(agree_with_a_model_that_keeps_every_record),
        cmocka_unit_test(depend_on_the_logs_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
