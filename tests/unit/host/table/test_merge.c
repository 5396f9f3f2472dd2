/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that were folded in two steps: records of each partition into a table of their own, those
 * tables' rows into one that merges them. What leaves is what one table of all records has. The
 * rows hold a list of the times of their records, so that each record can be seen.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 0
#define TIMES 1
#define PARTITIONS 3
#define MAX_TIMES 4000

static const struct table_cell cells[2] = { { (char *)(uintptr_t) "count", LEVADA_T_I64, 0 },
                                            { NULL, LEVADA_T_BIN, 0 } };

struct two_steps {
    struct fixture f; /* its table has all records */
    struct table *partial[PARTITIONS], *merged;
    uint32_t origin;
    bool fail_merge;
    struct error err;
};

static void
open_tables(struct two_steps *t, int64_t window_ms, int64_t session_ms, int64_t watermark_ms,
            enum table_output_mode mode)
{
    memset(t, 0, sizeof(*t));
    fixture_init(&t->f);
    t->f.options.window = window_ms * MS;
    t->f.options.session = session_ms * MS;
    t->f.options.watermark = watermark_ms * MS;
    t->f.options.output_mode = mode;
    fixture_group_by(&t->f, "type");
    t->f.table = table_create(t->f.space, &t->f.options, cells, 2, true);
    t->merged = table_create(t->f.space, &t->f.options, cells, 2, true);
    t->origin = record_space_stream(t->f.space, "windows", "repartition");
    struct table_partition all[PARTITIONS];
    for (int32_t p = 0; p < PARTITIONS; p++) {
        t->partial[p] = table_create(t->f.space, &t->f.options, cells, 2, true);
        all[p] = (struct table_partition){ t->origin, p };
    }
    assert_int_equal(table_assign(t->merged, all, PARTITIONS, &t->err), LEVADA_OK);
}

static void
close_tables(struct two_steps *t)
{
    for (int32_t p = 0; p < PARTITIONS; p++)
        table_destroy(t->partial[p]);
    table_destroy(t->merged);
    fixture_finish(&t->f);
}

static void
add_times(struct table *table, const struct levada_slots *slots, uint32_t slot, const void *times,
          uint64_t n)
{
    struct error err;
    const struct levada_bytes *list = (struct levada_bytes *)slots->cell[TIMES] + slot;
    char *grown = table_resize_cell(table, TIMES, slot, list->n + n * sizeof(int64_t), &err);
    assert_non_null(grown);
    memcpy(grown + list->n - n * sizeof(int64_t), times, n * sizeof(int64_t));
    ((int64_t *)slots->cell[COUNT])[slot] += (int64_t)n;
}

static void
feed_table(struct two_steps *t, struct table *table, const struct call *calls, uint32_t n)
{
    struct batch *batch = fixture_batch(&t->f, calls, n);
    struct table_slots_result result;
    assert_int_equal(table_slots(table, batch, 0, &result, &t->err), LEVADA_OK);
    batch_release(batch);
    for (uint32_t k = 0; k < result.slots->n; k++)
        add_times(table, result.slots, result.slots->slot[k],
                  &calls[result.slots->record[k]].time_ms, 1);
    table_commit(table);
}

/* To the one that has all, and to that of the partition. */
static void
feed(struct two_steps *t, const struct call *calls, uint32_t n)
{
    feed_table(t, t->f.table, calls, n);
    for (uint32_t i = 0; i < n; i++)
        feed_table(t, t->partial[calls[i].partition], &calls[i], 1);
}

static levada_status
merge(void *user, const struct levada_slots *pairs, struct error *err)
{
    const struct two_steps *t = user;
    for (uint32_t k = 0; k < pairs->n; k++) {
        const struct levada_bytes *from =
            (struct levada_bytes *)pairs->cell[TIMES] + pairs->record[k];
        assert_int_not_equal(pairs->record[k], pairs->slot[k]);
        if (!t->fail_merge || k == 0)
            add_times(t->merged, pairs, pairs->slot[k], from->p, from->n / sizeof(int64_t));
    }
    return t->fail_merge ? error_set(err, LEVADA_RETRY, "not now") : LEVADA_OK;
}

static levada_status
move_row(void *user, const struct table_row *row, struct error *err)
{
    struct two_steps *t = user;
    return table_merge_row(t->merged, row, err);
}

static levada_status
try_merge(struct two_steps *t)
{
    const struct table_output output = { .merge = merge, .user = t };
    return table_merge(t->merged, &output, &t->err);
}

/* What partition @p has, in the order in which a topic has it. */
static void
move_rows(struct two_steps *t, int32_t p)
{
    const struct table_changes rows = { .row = move_row, .user = t };
    assert_int_equal(table_visit_changes(t->partial[p], &rows, &t->err), LEVADA_OK);
    table_forget_rows(t->partial[p]);
}

static void
move_time(struct two_steps *t, int32_t p)
{
    assert_int_equal(
        table_restore_partition(t->merged, t->origin, p, table_event_time(t->partial[p]), &t->err),
        LEVADA_OK);
}

static void
move_all(struct two_steps *t)
{
    for (int32_t p = 0; p < PARTITIONS; p++)
        move_rows(t, p);
    assert_int_equal(try_merge(t), LEVADA_OK);
    for (int32_t p = 0; p < PARTITIONS; p++)
        move_time(t, p);
}

/* ---- what leaves, as text ---- */

struct output {
    struct two_steps *t;
    struct table *table;
    char text[200000];
    size_t n;
};

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static levada_status
emit(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    struct output *output = user;
    uint32_t n_paths;
    const struct levada_path *const *path = table_output_paths(output->table, &n_paths);
    for (uint32_t i = 0; i < slots->n; i++) {
        const struct levada_scalar *type = &batch_column(batch, path[n_paths - 2], err)[i];
        const struct levada_bytes *list = (const struct levada_bytes *)slots->cell[TIMES] + i;
        int64_t times[MAX_TIMES];
        memcpy(times, list->p, list->n);
        qsort(times, list->n / sizeof(*times), sizeof(*times), compare_times);
        for (uint32_t c = 0; c < n_paths - 2; c++)
            output->n += (size_t)snprintf(output->text + output->n, 40, "%lld ",
                                          (long long)batch_column(batch, path[c], err)[i].u.i);
        output->n +=
            (size_t)snprintf(output->text + output->n, 60, "%.*s %lld:", (int)type->len, type->u.s,
                             (long long)batch_column(batch, path[n_paths - 1], err)[i].u.i);
        for (uint64_t k = 0; k < list->n / sizeof(*times); k++)
            output->n +=
                (size_t)snprintf(output->text + output->n, 40, " %lld", (long long)times[k]);
        output->n += (size_t)snprintf(output->text + output->n, 2, "\n");
        assert_true(output->n < sizeof(output->text) - 2000);
    }
    batch_release(batch);
    return LEVADA_OK;
}

static levada_status
merge_sessions(void *user, const struct levada_slots *pairs, struct error *err)
{
    const struct output *output = user;
    (void)err;
    for (uint32_t k = 0; k < pairs->n; k++) {
        const struct levada_bytes *from =
            (struct levada_bytes *)pairs->cell[TIMES] + pairs->record[k];
        add_times(output->table, pairs, pairs->slot[k], from->p, from->n / sizeof(int64_t));
    }
    return LEVADA_OK;
}

static void
trigger(struct two_steps *t, struct table *table, struct output *output)
{
    const struct table_output to = { emit, merge_sessions, output };
    output->t = t;
    output->table = table;
    output->n = 0;
    output->text[0] = '\0';
    assert_int_equal(table_trigger(table, &to, &t->err), LEVADA_OK);
}

/* Both emit the same; returns it. */
static const char *
expect_same(struct two_steps *t)
{
    static struct output of_one, of_two;
    trigger(t, t->f.table, &of_one);
    trigger(t, t->merged, &of_two);
    assert_string_equal(of_two.text, of_one.text);
    return of_two.text;
}

#define FEED_BOTH(t, ...)                                                                          \
    feed(t, (const struct call[]){ __VA_ARGS__ },                                                  \
         sizeof((const struct call[]){ __VA_ARGS__ }) / sizeof(struct call))

/* ---- by hand ---- */

static void
rows_of_a_group_from_several_tables_are_one(void **state)
{
    struct two_steps t;
    (void)state;
    open_tables(&t, 10, 0, 0, TABLE_COMPLETE);
    FEED_BOTH(&t, { 1, "a", NULL, 0 }, { 2, "a", NULL, 1 }, { 3, "a", NULL, 2 },
              { 3, "b", NULL, 2 }, { 14, "a", NULL, 0 });
    move_all(&t);
    assert_string_equal(expect_same(&t), "0 10 a 3: 1 2 3\n0 10 b 1: 3\n10 20 a 1: 14\n");
    FEED_BOTH(&t, { 4, "a", NULL, 1 });
    move_all(&t);
    assert_string_equal(expect_same(&t), "0 10 a 4: 1 2 3 4\n0 10 b 1: 3\n10 20 a 1: 14\n");
    close_tables(&t);
}

static void
a_window_stays_open_until_every_partition_has_passed_it(void **state)
{
    struct two_steps t;
    struct output output;
    (void)state;
    open_tables(&t, 10, 0, 5, TABLE_APPEND);
    FEED_BOTH(&t, { 1, "a", NULL, 0 }, { 15, "a", NULL, 0 }, { 20, "b", NULL, 1 });
    move_all(&t);
    trigger(&t, t.merged, &output);
    assert_string_equal(output.text, ""); /* partition 2 has not spoken */
    FEED_BOTH(&t, { 15, "c", NULL, 2 });
    move_rows(&t, 2);
    assert_int_equal(try_merge(&t), LEVADA_OK);
    move_time(&t, 2);
    trigger(&t, t.merged, &output);
    assert_string_equal(output.text, "0 10 a 1: 1\n");
    assert_int_equal(table_closed_until(t.merged), 10);
    close_tables(&t);
}

static void
an_idle_partition_is_not_waited_for_and_a_row_of_it_may_be_late(void **state)
{
    struct two_steps t;
    struct output output;
    (void)state;
    open_tables(&t, 10, 0, 5, TABLE_APPEND);
    FEED_BOTH(&t, { 20, "a", NULL, 0 }, { 20, "a", NULL, 1 });
    move_all(&t);
    table_set_idle(t.merged, t.origin, 2, true);
    assert_true(table_is_idle(t.merged, t.origin, 2));
    trigger(&t, t.merged, &output);
    assert_int_equal(table_closed_until(t.merged), 15);
    FEED_BOTH(&t, { 3, "a", NULL, 2 }, { 13, "a", NULL, 2 });
    move_all(&t);
    struct table_stats stats;
    table_get_stats(t.merged, &stats);
    assert_int_equal(stats.late, 1);
    assert_false(table_is_idle(t.merged, t.origin, 2));
    table_end_input(t.merged);
    trigger(&t, t.merged, &output);
    assert_string_equal(output.text, "10 20 a 1: 13\n20 30 a 2: 20 20\n");
    close_tables(&t);
}

static void
parts_of_sessions_are_joined_where_they_meet(void **state)
{
    struct two_steps t;
    (void)state;
    open_tables(&t, 0, 10, 50, TABLE_APPEND);
    FEED_BOTH(&t, { 101, "a", NULL, 0 }, { 119, "a", NULL, 1 }, { 130, "a", NULL, 1 });
    move_all(&t);
    FEED_BOTH(&t, { 110, "a", NULL, 2 }, { 105, "a", NULL, 2 }); /* between the two */
    move_all(&t);
    table_end_input(t.f.table);
    table_end_input(t.merged);
    assert_string_equal(expect_same(&t), "101 129 a 4: 101 105 110 119\n130 140 a 1: 130\n");
    close_tables(&t);
}

static void
a_merge_that_fails_leaves_the_table_as_it_was(void **state)
{
    struct two_steps t;
    static struct output output;
    (void)state;
    open_tables(&t, 10, 0, 0, TABLE_COMPLETE);
    FEED_BOTH(&t, { 1, "a", NULL, 0 });
    move_all(&t);
    FEED_BOTH(&t, { 2, "a", NULL, 1 }, { 2, "new", NULL, 1 }, { 12, "new", NULL, 2 });
    move_rows(&t, 1);
    move_rows(&t, 2);
    move_rows(&t, 0);
    t.fail_merge = true;
    assert_int_equal(try_merge(&t), LEVADA_RETRY);
    t.fail_merge = false;
    trigger(&t, t.merged, &output);
    assert_string_equal(output.text, "0 10 a 1: 1\n");
    assert_int_equal(try_merge(&t), LEVADA_OK); /* nothing is left of it */
    close_tables(&t);
}

static uint32_t n_visited;

static levada_status
count_row(void *user, const struct table_row *row, struct error *err)
{
    (void)user;
    (void)row;
    (void)err;
    n_visited++;
    return LEVADA_OK;
}

static void
merged_rows_are_changes_for_the_next_checkpoint(void **state)
{
    struct two_steps t;
    const struct table_changes rows = { .row = count_row };
    (void)state;
    open_tables(&t, 10, 0, 0, TABLE_COMPLETE);
    FEED_BOTH(&t, { 1, "a", NULL, 0 }, { 1, "b", NULL, 0 });
    move_all(&t);
    table_saved(t.merged);
    n_visited = 0;
    table_visit_changes(t.merged, &rows, &t.err);
    assert_int_equal(n_visited, 0);
    FEED_BOTH(&t, { 2, "a", NULL, 1 }, { 3, "a", NULL, 2 }, { 3, "c", NULL, 2 });
    move_all(&t);
    table_visit_changes(t.merged, &rows, &t.err);
    assert_int_equal(n_visited, 2); /* a and c */
    close_tables(&t);
}

/* ---- at random ---- */

static void
run_at_random(unsigned seed, int64_t window_ms, int64_t session_ms, enum table_output_mode mode)
{
    static const char *const types[] = { "a", "b", "c", "d" };
    struct two_steps t;
    print_message("seed %u\n", seed);
    srand(seed);
    open_tables(&t, window_ms, session_ms, mode == TABLE_APPEND ? 40 : 0, mode);
    int64_t time_ms = 1000;
    size_t n_emitted = 0;
    for (int round = 0; round < 60; round++) {
        struct call calls[20];
        uint32_t n = (uint32_t)rand() % 20 + 1;
        for (uint32_t i = 0; i < n; i++) { /* less out of order than the delay: nothing is late */
            time_ms += rand() % 4;
            calls[i] = (struct call){ time_ms - rand() % 20, types[rand() % 4], NULL,
                                      rand() % PARTITIONS };
        }
        feed(&t, calls, n);
        if (rand() % 2 == 0)
            continue;
        for (int k = 0; k < 2; k++) /* some rows, and those of others later */
            move_rows(&t, rand() % PARTITIONS);
        assert_int_equal(try_merge(&t), LEVADA_OK);
        move_all(&t);
        if (rand() % 3 == 0)
            table_saved(t.merged);
        n_emitted += strlen(expect_same(&t));
    }
    move_all(&t);
    table_end_input(t.f.table);
    table_end_input(t.merged);
    assert_true(n_emitted + strlen(expect_same(&t)) > 1000);
    close_tables(&t);
}

static void
two_steps_are_one(void **state)
{
    const char *wish = getenv("MERGE_SEED");
    unsigned seed = wish != NULL ? (unsigned)strtoul(wish, NULL, 10) : 1;
    (void)state;
    for (unsigned i = 0; i < (wish != NULL ? 1u : 20u); i++) {
        run_at_random(seed + i, 30, 0, TABLE_COMPLETE);
        run_at_random(seed + i, 30, 0, TABLE_APPEND);
        run_at_random(seed + i, 30, 0, TABLE_UPDATE);
        run_at_random(seed + i, 0, 12, TABLE_COMPLETE);
        run_at_random(seed + i, 0, 12, TABLE_APPEND);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_group_from_several_tables_are_one),
        cmocka_unit_test(a_window_stays_open_until_every_partition_has_passed_it),
        cmocka_unit_test(an_idle_partition_is_not_waited_for_and_a_row_of_it_may_be_late),
        cmocka_unit_test(parts_of_sessions_are_joined_where_they_meet),
        cmocka_unit_test(a_merge_that_fails_leaves_the_table_as_it_was),
        cmocka_unit_test(merged_rows_are_changes_for_the_next_checkpoint),
        cmocka_unit_test(two_steps_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
