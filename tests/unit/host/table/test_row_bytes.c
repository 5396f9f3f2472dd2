/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of any length: each row lists the times of its records, in as many bytes as that takes. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

enum {
    TIMES,
    NAMED
};

static struct table_cell cells[] = { { NULL, LEVADA_T_BIN, 0 },
                                     { (char *)(uintptr_t) "named", LEVADA_T_BIN, 0 } };

static void
open_lists(struct fixture *f)
{
    fixture_init(f);
    f->options.window = 20 * MS;
    f->options.watermark = 10 * MS;
    f->options.output_mode = TABLE_COMPLETE;
    fixture_group_by(f, "type");
    f->table = table_create(f->space, &f->options, cells, 2, true);
    assert_non_null(f->table);
}

static void
append(struct fixture *f, const struct levada_slots *slots, uint32_t k, int64_t time_ms)
{
    uint32_t slot = slots->slot[k];
    const struct levada_bytes *now = &((const struct levada_bytes *)slots->cell[TIMES])[slot];
    uint64_t n = now->n;
    char *bytes = table_resize_cell(f->table, TIMES, slot, n + sizeof(time_ms), &f->err);
    assert_non_null(bytes);
    assert_int_equal((uintptr_t)bytes % 16, 0);
    assert_ptr_equal(now->p, bytes); /* the entry follows */
    assert_int_equal(now->n, n + sizeof(time_ms));
    assert_memory_equal(bytes + n, (char[sizeof(time_ms)]){ 0 }, sizeof(time_ms));
    memcpy(bytes + n, &time_ms, sizeof(time_ms));
}

/* The transaction stays open. */
static void
append_all(struct fixture *f, const struct call *calls, uint32_t n)
{
    struct batch *batch = fixture_batch(f, calls, n);
    assert_int_equal(table_slots(f->table, batch, 0, &f->result, &f->err), LEVADA_OK);
    for (uint32_t k = 0; k < f->result.slots->n; k++) {
        assert_int_equal(f->result.slots->time[k], calls[k].time_ms);
        append(f, f->result.slots, k, calls[k].time_ms);
    }
    batch_release(batch);
}

#define APPEND(f, ...)                                                                             \
    append_all(f, (const struct call[]){ __VA_ARGS__ },                                            \
               sizeof((const struct call[]){ __VA_ARGS__ }) / sizeof(struct call))

/* What each row lists: "type: time time\n", in the order of types. */
static levada_status
list_rows(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    struct fixture *f = user;
    const struct levada_scalar *types = batch_column(batch, f->groups[0], err);
    assert_null(slots->time);
    for (uint32_t i = 0; i < slots->n; i++) {
        const struct levada_bytes *bytes = &((const struct levada_bytes *)slots->cell[TIMES])[i];
        char *to = f->rows + strlen(f->rows);
        to += sprintf(to, "%.*s:", (int)types[i].len, types[i].u.s);
        for (uint64_t at = 0; at < bytes->n; at += sizeof(int64_t)) {
            int64_t time_ms;
            memcpy(&time_ms, (const char *)bytes->p + at, sizeof(time_ms));
            to += sprintf(to, " %lld", (long long)time_ms);
        }
        sprintf(to, "\n");
    }
    batch_release(batch);
    return LEVADA_OK;
}

static const char *
lists(struct fixture *f)
{
    f->rows[0] = '\0';
    assert_int_equal(table_trigger(f->table,
                                   &(const struct table_output){ .emit = list_rows, .user = f },
                                   &f->err),
                     LEVADA_OK);
    return f->rows;
}

static void
grow_and_stay(void **state)
{
    (void)state;
    struct fixture f;
    open_lists(&f);
    APPEND(&f, { 1, "a", NULL, 0 }, { 2, "b", NULL, 0 }, { 3, "a", NULL, 0 });
    table_commit(f.table);
    APPEND(&f, { 4, "a", NULL, 0 }, { 5, "a", NULL, 0 });
    table_commit(f.table);
    assert_string_equal(lists(&f), "a: 1 3 4 5\nb: 2\n");
    fixture_finish(&f);
}

static void
are_as_before_when_the_transaction_fails(void **state)
{
    (void)state;
    struct fixture f;
    open_lists(&f);
    APPEND(&f, { 1, "a", NULL, 0 });
    table_commit(f.table);
    uint64_t bytes = fixture_stats(&f).bytes;
    APPEND(&f, { 2, "a", NULL, 0 }, { 3, "new", NULL, 0 }, { 4, "a", NULL, 0 });
    APPEND(&f, { 5, "a", NULL, 0 }, { 6, "newer", NULL, 0 });
    table_rollback(f.table);
    assert_string_equal(lists(&f), "a: 1\n");
    assert_true(fixture_stats(&f).bytes < bytes + 200); /* slots that are free again may stay */
    APPEND(&f, { 7, "a", NULL, 0 }, { 8, "new", NULL, 0 });
    table_commit(f.table);
    assert_string_equal(lists(&f), "a: 1 7\nnew: 8\n");
    fixture_finish(&f);
}

static void
shrink_to_what_was_asked_for(void **state)
{
    (void)state;
    struct fixture f;
    open_lists(&f);
    APPEND(&f, { 1, "a", NULL, 0 }, { 2, "a", NULL, 0 }, { 3, "a", NULL, 0 });
    uint32_t slot = f.result.slots->slot[0];
    char *bytes = table_resize_cell(f.table, TIMES, slot, 8, &f.err);
    assert_int_equal(*(int64_t *)(void *)bytes, 1);
    bytes = table_resize_cell(f.table, TIMES, slot, 16, &f.err);
    assert_int_equal(((int64_t *)(void *)bytes)[1], 0); /* not what once was there */
    assert_non_null(table_resize_cell(f.table, TIMES, slot, 0, &f.err));
    table_commit(f.table);
    assert_string_equal(lists(&f), "a:\n");
    fixture_finish(&f);
}

static void
take_no_row_that_the_transaction_did_not_name(void **state)
{
    (void)state;
    struct fixture f;
    open_lists(&f);
    APPEND(&f, { 1, "a", NULL, 0 });
    uint32_t slot = f.result.slots->slot[0];
    assert_null(table_resize_cell(f.table, TIMES, slot + 1, 8, &f.err));
    assert_null(table_resize_cell(f.table, 2, slot, 8, &f.err));
    table_commit(f.table);
    assert_null(table_resize_cell(f.table, TIMES, slot, 8, &f.err));
    APPEND(&f, { 1, "b", NULL, 0 });
    assert_null(table_resize_cell(f.table, TIMES, slot, 8, &f.err));
    assert_non_null(strstr(f.err.text, "slots() named in this callback"));
    table_rollback(f.table);
    fixture_finish(&f);
}

static void
are_freed_with_their_window(void **state)
{
    (void)state;
    struct fixture f;
    open_lists(&f);
    table_destroy(f.table);
    f.options.output_mode = TABLE_APPEND;
    f.table = table_create(f.space, &f.options, cells, 2, true);
    APPEND(&f, { 1, "a", NULL, 0 });
    memset(table_resize_cell(f.table, TIMES, f.result.slots->slot[0], 16000, &f.err), 0, 16000);
    table_commit(f.table);
    uint64_t bytes = fixture_stats(&f).bytes;
    APPEND(&f, { 1000, "b", NULL, 0 });
    table_commit(f.table);
    lists(&f);
    assert_true(fixture_stats(&f).bytes < bytes - 15000);
    fixture_finish(&f);
}

static levada_status
check_names(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    struct fixture *f = user;
    uint32_t n_paths;
    const struct levada_path *const *paths = table_output_paths(f->table, &n_paths);
    const struct levada_scalar *named = batch_column(batch, paths[n_paths - 1], err);
    assert_int_equal(slots->n, 2);
    assert_int_equal(named[0].type, LEVADA_T_BIN);
    assert_int_equal(named[0].len, 5);
    assert_memory_equal(named[0].u.s, "hello", 5);
    assert_int_equal(named[1].type, LEVADA_T_NULL);
    batch_release(batch);
    return LEVADA_OK;
}

static void
leave_as_bytes_where_they_have_a_name(void **state)
{
    (void)state;
    struct fixture f;
    open_lists(&f);
    APPEND(&f, { 1, "a", NULL, 0 }, { 1, "b", NULL, 0 });
    memcpy(table_resize_cell(f.table, NAMED, f.result.slots->slot[0], 5, &f.err), "hello", 5);
    table_commit(f.table);
    assert_int_equal(table_trigger(f.table,
                                   &(const struct table_output){ .emit = check_names, .user = &f },
                                   &f.err),
                     LEVADA_OK);
    fixture_finish(&f);
}

/* ---- checkpoints ---- */

static levada_status
copy_row(void *user, const struct table_row *row, struct error *err)
{
    return table_restore_row(user, row, err);
}

static levada_status
skip_window(void *user, int64_t start_ms, struct error *err)
{
    (void)user, (void)start_ms, (void)err;
    return LEVADA_OK;
}

static void
come_back_as_they_were_saved(void **state)
{
    (void)state;
    struct fixture f;
    open_lists(&f);
    table_saved(f.table);
    APPEND(&f, { 1, "a", NULL, 0 }, { 2, "b", NULL, 0 }, { 3, "a", NULL, 0 });
    assert_non_null(table_resize_cell(f.table, NAMED, f.result.slots->slot[0], 0, &f.err));
    table_commit(f.table);
    struct table *old = f.table;
    f.table = table_create(f.space, &f.options, cells, 2, true);
    struct table_changes changes = { .closed = skip_window, .row = copy_row, .user = f.table };
    assert_int_equal(table_visit_changes(old, &changes, &f.err), LEVADA_OK);
    table_destroy(old);
    APPEND(&f, { 4, "a", NULL, 0 }, { 5, "c", NULL, 0 });
    table_rollback(f.table);
    APPEND(&f, { 6, "b", NULL, 0 });
    table_commit(f.table);
    assert_string_equal(lists(&f), "a: 1 3\nb: 2 6\n");
    fixture_finish(&f);
}

/* ---- random transactions against lists of the test's own ---- */

#define NAMES 6

static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % n;
}

static void
write_lists(int64_t (*times)[1000], const uint32_t *n, char *to)
{
    *to = '\0';
    for (uint32_t name = 0; name < NAMES; name++) {
        if (n[name] == 0)
            continue;
        to += sprintf(to, "%c:", 'a' + (int)name);
        for (uint32_t i = 0; i < n[name]; i++)
            to += sprintf(to, " %lld", (long long)times[name][i]);
        to += sprintf(to, "\n");
    }
}

static void
are_what_committed_transactions_made_them(void **state)
{
    (void)state;
    static const char *const names[NAMES] = { "a", "b", "c", "d", "e", "f" };
    static int64_t times[NAMES][1000];
    static char expected[20000];
    struct fixture f;
    open_lists(&f);
    uint32_t n[NAMES] = { 0 };
    random_state = 9;
    for (uint32_t round = 0; round < 200; round++) {
        struct call calls[12];
        uint32_t n_calls = random_below(12), before[NAMES];
        memcpy(before, n, sizeof(n));
        for (uint32_t i = 0; i < n_calls; i++) {
            uint32_t name = random_below(NAMES);
            calls[i] = (struct call){ random_below(20), names[name], NULL, 0 };
            times[name][n[name]++] = calls[i].time_ms;
        }
        append_all(&f, calls, n_calls);
        if (random_below(2) == 0) {
            table_rollback(f.table);
            memcpy(n, before, sizeof(n));
        } else {
            table_commit(f.table);
        }
        write_lists(times, n, expected);
        assert_string_equal(lists(&f), expected);
    }
    fixture_finish(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grow_and_stay),
        cmocka_unit_test(are_as_before_when_the_transaction_fails),
        cmocka_unit_test(shrink_to_what_was_asked_for),
        cmocka_unit_test(take_no_row_that_the_transaction_did_not_name),
        cmocka_unit_test(are_freed_with_their_window),
        cmocka_unit_test(leave_as_bytes_where_they_have_a_name),
        cmocka_unit_test(come_back_as_they_were_saved),
        cmocka_unit_test(are_what_committed_transactions_made_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
