/* SPDX-License-Identifier: Apache-2.0 */
/* A store of rows in memory takes what changed at each checkpoint; a table that comes back from it
 * must go on as one that never stopped. */
#include "fixture.h"

#include "record/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stored_row {
    int64_t start_ms;
    char groups[2][16]; /* "\1": null */
    int64_t count;
    double sum;
    char last[3];
};

struct store {
    struct stored_row rows[4000];
    uint32_t n, n_written, n_closed;
    int64_t max_ms[3]; /* by partition */
    uint32_t n_partitions, stream;
    int64_t closed_until_ms;
    uint32_t fail_at; /* the row that cannot be written; 0: none */
};

static levada_status
drop_window(void *user, int64_t start_ms, struct error *err)
{
    (void)err;
    struct store *store = user;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < store->n; i++) {
        if (store->rows[i].start_ms != start_ms)
            store->rows[kept++] = store->rows[i];
    }
    assert_true(kept < store->n); /* a window that was never stored need not be dropped */
    store->n = kept;
    store->n_closed++;
    return LEVADA_OK;
}

static levada_status
put_row(void *user, const struct table_row *row, struct error *err)
{
    struct store *store = user;
    struct stored_row stored = { .start_ms = row->start_ms };
    if (++store->n_written == store->fail_at)
        return error_set(err, LEVADA_RETRY, "disk full");
    for (uint32_t g = 0; g < 2; g++) {
        const struct levada_scalar *value = &row->groups[g];
        assert_true(value->type == LEVADA_T_NULL || value->type == LEVADA_T_STR);
        snprintf(stored.groups[g], sizeof(stored.groups[g]), "%.*s",
                 value->type == LEVADA_T_NULL ? 1 : (int)value->len,
                 value->type == LEVADA_T_NULL ? "\1" : value->u.s);
    }
    memcpy(&stored.count, row->cells[0], sizeof(stored.count));
    memcpy(&stored.sum, row->cells[1], sizeof(stored.sum));
    memcpy(stored.last, row->cells[2], sizeof(stored.last));

    uint32_t i = 0;
    while (i < store->n &&
           (store->rows[i].start_ms != stored.start_ms ||
            memcmp(store->rows[i].groups, stored.groups, sizeof(stored.groups)) != 0))
        i++;
    assert_true(i < sizeof(store->rows) / sizeof(*store->rows));
    store->rows[i] = stored;
    store->n += i == store->n;
    return LEVADA_OK;
}

static levada_status
put_partition(void *user, uint32_t stream, int32_t partition, int64_t max_ms, struct error *err)
{
    (void)err;
    struct store *store = user;
    assert_int_equal(stream, store->stream);
    store->max_ms[partition] = max_ms;
    store->n_partitions++;
    return LEVADA_OK;
}

static levada_status
save(struct fixture *fixture, struct store *store)
{
    struct table_changes changes = { drop_window, NULL, put_row, store };
    store->n_written = store->n_closed = store->n_partitions = 0;
    store->stream = fixture->stream;
    levada_status status = table_visit_changes(fixture->table, &changes, &fixture->err);
    if (status < 0)
        return status;
    assert_int_equal(table_visit_partitions(fixture->table, put_partition, store, &fixture->err),
                     LEVADA_OK);
    store->closed_until_ms = table_closed_until(fixture->table);
    table_saved(fixture->table);
    return status;
}

static levada_status
count_row(void *user, const struct table_row *row, struct error *err)
{
    (void)row, (void)err;
    ++*(uint32_t *)user;
    return LEVADA_OK;
}

/* Rows that have not changed, @at_a_time. */
static uint32_t
count_unchanged(struct fixture *fixture, uint32_t at_a_time)
{
    uint32_t n = 0, slot = 0;
    const struct table_changes changes = { .row = count_row, .user = &n };
    while (slot != TABLE_NO_SLOT) {
        uint32_t before = n;
        assert_int_equal(
            table_visit_unchanged(fixture->table, &slot, at_a_time, &changes, &fixture->err),
            LEVADA_OK);
        assert_true(n - before <= at_a_time);
    }
    return n;
}

static void
restore(struct fixture *fixture, const struct store *store)
{
    for (uint32_t i = 0; i < store->n; i++) {
        const struct stored_row *row = &store->rows[i];
        struct levada_scalar groups[2];
        for (uint32_t g = 0; g < 2; g++)
            groups[g] = row->groups[g][0] == '\1'
                            ? (struct levada_scalar){ .type = LEVADA_T_NULL }
                            : (struct levada_scalar){ .type = LEVADA_T_STR,
                                                      .len = (uint32_t)strlen(row->groups[g]),
                                                      .u.s = row->groups[g] };
        const void *cells[] = { &row->count, &row->sum, row->last };
        struct table_row table_row = { row->start_ms, groups, cells };
        assert_int_equal(table_restore_row(fixture->table, &table_row, &fixture->err), LEVADA_OK);
    }
    for (int32_t p = 0; p < 3; p++) {
        if (store->max_ms[p] != LEVADA_NO_TIME)
            assert_int_equal(table_restore_partition(fixture->table, fixture->stream, p,
                                                     store->max_ms[p], &fixture->err),
                             LEVADA_OK);
    }
    table_restore_closed_until(fixture->table, store->closed_until_ms);
    table_saved(fixture->table);
}

static void
store_init(struct store *store)
{
    memset(store, 0, sizeof(*store));
    store->closed_until_ms = LEVADA_NO_TIME;
    for (int p = 0; p < 3; p++)
        store->max_ms[p] = LEVADA_NO_TIME;
}

static void
in_mode(struct fixture *fixture, enum table_output_mode mode)
{
    fixture_init(fixture);
    fixture->options.window = 20 * MS;
    fixture->options.watermark = 10 * MS;
    fixture->options.output_mode = mode;
    fixture_group_by(fixture, "type");
    fixture_group_by(fixture, "disposition");
    fixture_create(fixture, true);
    table_saved(fixture->table);
}

static struct store store;

static void
visits_only_rows_that_changed_since_the_last_save(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_COMPLETE);
    store_init(&store);
    FEED(&f, { 1, "a", "x", 0 }, { 2, "b", NULL, 0 }, { 31, "a", "x", 1 });
    assert_int_equal(save(&f, &store), LEVADA_OK);
    assert_int_equal(store.n_written, 3);
    assert_int_equal(store.n_partitions, 2);
    FEED(&f, { 3, "a", "x", 0 });
    assert_int_equal(save(&f, &store), LEVADA_OK);
    assert_int_equal(store.n_written, 1);
    assert_int_equal(store.n, 3);
    assert_int_equal(store.max_ms[0], 3);
    assert_int_equal(save(&f, &store), LEVADA_OK);
    assert_int_equal(store.n_written, 0);
    fixture_finish(&f);
}

static void
names_windows_that_left_only_if_they_were_saved(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_APPEND);
    store_init(&store);
    FEED(&f, { 1, "a", "x", 0 }, { 50, "b", "x", 0 });
    fixture_trigger(&f); /* [0,20) came and went unsaved */
    assert_int_equal(save(&f, &store), LEVADA_OK);
    assert_int_equal(store.n_closed, 0);
    assert_int_equal(store.n, 1);
    FEED(&f, { 100, "b", "x", 0 });
    fixture_trigger(&f);
    assert_int_equal(save(&f, &store), LEVADA_OK);
    assert_int_equal(store.n_closed, 1);
    assert_int_equal(store.n, 1);
    fixture_finish(&f);
}

static void
visits_again_what_could_not_be_saved(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_COMPLETE);
    store_init(&store);
    FEED(&f, { 1, "a", "x", 0 }, { 2, "b", NULL, 0 });
    store.fail_at = 2;
    assert_int_equal(save(&f, &store), LEVADA_RETRY);
    store.fail_at = 0;
    assert_int_equal(save(&f, &store), LEVADA_OK);
    assert_int_equal(store.n_written, 2);
    fixture_finish(&f);
}

static void
keeps_no_note_of_what_a_failed_callback_wrote(void **state)
{
    (void)state;
    struct fixture f;
    in_mode(&f, TABLE_COMPLETE);
    store_init(&store);
    FEED(&f, { 1, "a", "x", 0 }, { 2, "b", NULL, 0 });
    assert_int_equal(save(&f, &store), LEVADA_OK);
    const struct call calls[] = { { 3, "a", "x", 0 }, { 4, "new", "x", 0 }, { 31, "a", "x", 0 } };
    assert_int_equal(fixture_fold(&f, calls, 3), LEVADA_OK);
    table_rollback(f.table);
    assert_int_equal(count_unchanged(&f, 10), 2);
    assert_int_equal(save(&f, &store), LEVADA_OK);
    assert_int_equal(store.n_written, 0);
    FEED(&f, { 3, "b", NULL, 0 }); /* its slot is taken again */
    FEED(&f, { 32, "c", NULL, 0 });
    assert_int_equal(count_unchanged(&f, 10), 1);
    assert_int_equal(save(&f, &store), LEVADA_OK);
    assert_int_equal(store.n_written, 2);
    assert_int_equal(store.n, 3);
    fixture_finish(&f);
}

static levada_status
drop_batch(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    (void)user, (void)slots, (void)err;
    batch_release(batch);
    return LEVADA_OK;
}

static void
passes_many_free_slots_in_several_steps(void **state)
{
    (void)state;
    struct fixture f;
    static struct call calls[20000];
    static char names[20000][8];
    in_mode(&f, TABLE_APPEND);
    for (uint32_t i = 0; i < 20000; i++) {
        snprintf(names[i], sizeof(names[i]), "%u", i);
        calls[i] = (struct call){ 1, names[i], NULL, 0 };
    }
    fixture_feed(&f, calls, 20000);
    FEED(&f, { 25, "last", NULL, 0 });
    table_saved(f.table);
    FEED(&f, { 39, "closes", NULL, 0 });
    const struct table_output output = { .emit = drop_batch };
    assert_int_equal(table_trigger(f.table, &output, &f.err), LEVADA_OK);
    uint32_t slot = 0, n = 0, steps = 0;
    const struct table_changes changes = { .row = count_row, .user = &n };
    for (; slot != TABLE_NO_SLOT; steps++)
        assert_int_equal(table_visit_unchanged(f.table, &slot, 1, &changes, &f.err), LEVADA_OK);
    assert_true(steps > 2);
    assert_int_equal(n, 1);
    fixture_finish(&f);
}

static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 20) % n;
}

static void
feed_both(struct fixture *a, struct fixture *b, int64_t base_ms)
{
    static const char *names[] = { NULL, "a", "b", "c", "d", "longer than 8" };
    struct call calls[40];
    uint32_t n = random_below(40);
    for (uint32_t i = 0; i < n; i++)
        calls[i] = (struct call){ base_ms + (int64_t)random_below(60), names[random_below(6)],
                                  names[random_below(6)], (int32_t)random_below(3) };
    fixture_feed(a, calls, n);
    fixture_feed(b, calls, n);
}

/* @b stops here and there, after a checkpoint, and comes back; @a never does. */
static void
compare_with_one_that_never_stopped(enum table_output_mode mode)
{
    struct fixture a, b;
    in_mode(&a, mode);
    in_mode(&b, mode);
    store_init(&store);
    for (int64_t round = 0; round < 40; round++) {
        feed_both(&a, &b, round * 15 - 200);
        assert_string_equal(fixture_trigger(&a), fixture_trigger(&b));
        if (random_below(2) == 0)
            continue;
        uint32_t n_unchanged = count_unchanged(&b, 1 + random_below(5));
        assert_int_equal(save(&b, &store), LEVADA_OK);
        assert_int_equal(store.n, fixture_stats(&b).rows);
        assert_int_equal(store.n_written + n_unchanged, store.n);
        assert_int_equal(count_unchanged(&b, 3), store.n);
        if (random_below(2) == 0) {
            table_clear(b.table);
        } else {
            table_destroy(b.table);
            fixture_create(&b, true);
        }
        assert_int_equal(fixture_stats(&b).rows, 0);
        restore(&b, &store);
        assert_int_equal(fixture_stats(&b).watermark_ms, fixture_stats(&a).watermark_ms);
    }
    table_end_input(a.table);
    table_end_input(b.table);
    assert_string_equal(fixture_trigger(&a), fixture_trigger(&b));
    fixture_finish(&a);
    fixture_finish(&b);
}

static void
goes_on_after_a_restart_as_if_there_had_been_none(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        random_state = seed * 0x9E3779B97F4A7C15u;
        compare_with_one_that_never_stopped(TABLE_COMPLETE + (seed % 3));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visits_only_rows_that_changed_since_the_last_save),
        cmocka_unit_test(names_windows_that_left_only_if_they_were_saved),
        cmocka_unit_test(visits_again_what_could_not_be_saved),
        cmocka_unit_test(keeps_no_note_of_what_a_failed_callback_wrote),
        cmocka_unit_test(passes_many_free_slots_in_several_steps),
        cmocka_unit_test(goes_on_after_a_restart_as_if_there_had_been_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
