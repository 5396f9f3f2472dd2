/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a table that is a plain array: after each checkpoint what it comes to must be the
 * array, and it must not have grown past what its rows allow.
 */
#include "state/row_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "folder.h"

#define SLOTS 6000u
#define GROUPS 3000u
#define WINDOWS 8u /* in random steps; at most MAX_WINDOWS */
#define MAX_WINDOWS 300u

struct row {
    int64_t start_ms;
    uint32_t group;
    uint64_t value;
    bool is_there, has_changed;
};

struct table {
    struct row rows[SLOTS]; /* by slot */
    uint32_t n_slots, n_rows;
    uint64_t n_left; /* since the last checkpoint */
    struct row_entry left[SLOTS];
    char left_groups[SLOTS][16];
    uint32_t n_entries_left;
};

static struct store *store;
static struct row_log *row_log;
static struct table table, saved_table;
static uint32_t slot_of[MAX_WINDOWS][GROUPS]; /* where the row was last */
static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % n;
}

/* ---- the table ---- */

static struct levada_bytes
group_of(const struct row *row, char text[16])
{
    int n = snprintf(text, 16, "group %u", row->group);
    return (struct levada_bytes){ text, (uint64_t)n };
}

/* Of any length: some rows need a page of their own. */
static struct levada_bytes
cells_of(const struct row *row)
{
    static unsigned char bytes[9000];
    size_t n = row->group % 97 == 0 ? 9000 : 8 + row->group % 60;
    memset(bytes, (int)(row->group & 0xff), n);
    memcpy(bytes, &row->value, sizeof(row->value));
    return (struct levada_bytes){ bytes, n };
}

static bool
find(int64_t start_ms, uint32_t group, uint32_t *slot)
{
    *slot = slot_of[start_ms][group];
    const struct row *row = &table.rows[*slot];
    return row->is_there && row->start_ms == start_ms && row->group == group;
}

static void
open_row(int64_t start_ms, uint32_t group)
{
    uint32_t slot = table.n_rows < table.n_slots ? 0 : table.n_slots;
    while (slot < table.n_slots && table.rows[slot].is_there)
        slot++;
    assert_true(slot < SLOTS);
    slot_of[start_ms][group] = slot;
    table.n_slots += slot == table.n_slots;
    table.rows[slot] = (struct row){ start_ms, group, 1, true, true };
    table.n_rows++;
}

static void
touch(int64_t start_ms, uint32_t group)
{
    uint32_t slot;
    if (!find(start_ms, group, &slot)) {
        open_row(start_ms, group);
        return;
    }
    table.rows[slot].value++;
    table.rows[slot].has_changed = true;
}

static void
leave(struct row *row)
{
    row->is_there = row->has_changed = false;
    table.n_rows--;
    table.n_left++;
}

static void
close_window(int64_t start_ms)
{
    for (uint32_t slot = 0; slot < table.n_slots; slot++) {
        struct row *row = &table.rows[slot];
        if (row->is_there && row->start_ms == start_ms)
            leave(row);
    }
    table.left[table.n_entries_left++] =
        (struct row_entry){ .kind = ROW_ENTRY_CLOSED, .start_ms = start_ms };
}

static void
remove_row(uint32_t slot)
{
    struct row *row = &table.rows[slot];
    char *text = table.left_groups[table.n_entries_left];
    table.left[table.n_entries_left++] = (struct row_entry){ .kind = ROW_ENTRY_GONE,
                                                             .start_ms = row->start_ms,
                                                             .group = group_of(row, text) };
    leave(row);
}

/* ---- checkpoints ---- */

static void
put_row(const struct row *row)
{
    char text[16];
    struct codec_buffer *entry = row_log_open(row_log, ROW_ENTRY_ROW, row->start_ms);
    codec_put_sized(entry, group_of(row, text));
    codec_put_sized(entry, cells_of(row));
    assert_int_equal(row_log_close(row_log, store, &err), LEVADA_OK);
}

static void
put_changes(void)
{
    for (uint32_t i = 0; i < table.n_entries_left; i++)
        assert_int_equal(row_log_put(row_log, store, &table.left[i], &err), LEVADA_OK);
    for (uint32_t slot = 0; slot < table.n_slots; slot++) {
        if (table.rows[slot].has_changed)
            put_row(&table.rows[slot]);
    }
}

static uint64_t
sweep(void)
{
    uint32_t slot;
    uint64_t n_swept = 0, n = row_log_sweep(row_log, table.n_rows, table.n_left, &slot);
    if (n == 0)
        return 0;
    for (; slot < table.n_slots && n_swept < n; slot++) {
        if (!table.rows[slot].is_there || table.rows[slot].has_changed)
            continue;
        put_row(&table.rows[slot]);
        n_swept++;
    }
    row_log_swept(row_log, slot < table.n_slots ? slot : UINT32_MAX);
    return n_swept;
}

/* How many rows were written that had not changed. */
static uint64_t
write_checkpoint(void)
{
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    assert_true(row_log_begin(row_log));
    put_changes();
    uint64_t n_swept = sweep();
    assert_int_equal(row_log_end(row_log, store, &err), LEVADA_OK);
    return n_swept;
}

static uint64_t
checkpoint(void)
{
    uint64_t n_swept = write_checkpoint();
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
    row_log_saved(row_log);
    for (uint32_t slot = 0; slot < table.n_slots; slot++)
        table.rows[slot].has_changed = false;
    table.n_left = table.n_entries_left = 0;
    saved_table = table;
    return n_swept;
}

static void
fail_checkpoint(void)
{
    write_checkpoint();
    store_abort(store);
}

/* ---- what the log comes to ---- */

static uint32_t
number_in(struct levada_bytes group)
{
    char text[16];
    snprintf(text, sizeof(text), "%.*s", (int)group.n, (const char *)group.p);
    return (uint32_t)strtoul(text + strlen("group "), NULL, 10);
}

static struct live_rows
read_log(void)
{
    struct live_rows rows;
    assert_int_equal(store_begin_view(store, &err), LEVADA_OK);
    assert_int_equal(live_rows_read(store, "stage", &rows, &err), LEVADA_OK);
    return rows;
}

static void
done_reading_log(struct live_rows *rows)
{
    live_rows_finish(rows);
    store_end_view(store);
}

/* Returns how many entries it has. */
static uint64_t
assert_log_is_table(void)
{
    static bool seen[SLOTS];
    memset(seen, 0, sizeof(seen));
    struct live_rows rows = read_log();
    assert_int_equal(rows.n, saved_table.n_rows);
    for (size_t i = 0; i < rows.n; i++) {
        const struct live_row *row = &rows.rows[i];
        uint32_t slot;
        assert_true(i == 0 || rows.rows[i - 1].number < row->number);
        assert_true(find(row->start_ms, number_in(row->group), &slot));
        assert_false(seen[slot]);
        seen[slot] = true;
        struct levada_bytes cells = cells_of(&saved_table.rows[slot]);
        assert_int_equal(row->cells.n, cells.n);
        assert_memory_equal(row->cells.p, cells.p, cells.n);
    }
    uint64_t n = rows.n_entries;
    done_reading_log(&rows);
    return n;
}

/* The table is made anew from the log, as a run does that begins. */
static void
restart(void)
{
    store_close(store);
    store = open_store(STORE_RUN);
    row_log_destroy(row_log);
    row_log = row_log_create("stage");
    struct live_rows rows = read_log();
    memset(&table, 0, sizeof(table));
    for (size_t i = 0; i < rows.n; i++) {
        open_row(rows.rows[i].start_ms, number_in(rows.rows[i].group));
        memcpy(&table.rows[i].value, rows.rows[i].cells.p, sizeof(uint64_t));
        table.rows[i].has_changed = false;
    }
    assert_true(row_log_resume(row_log, &rows));
    done_reading_log(&rows);
    saved_table = table;
}

static int
set_up(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    memset(&table, 0, sizeof(table));
    memset(&saved_table, 0, sizeof(saved_table));
    random_state = 20181231;
    store = open_store(STORE_RUN);
    row_log = row_log_create("stage");
    return row_log != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    row_log_destroy(row_log);
    store_close(store);
    return folder_remove(state);
}

/* ---- tests ---- */

static void
the_newest_entry_of_a_row_counts(void **state)
{
    (void)state;
    touch(0, 1);
    touch(0, 2);
    touch(10, 1);
    checkpoint();
    touch(0, 1);
    checkpoint();
    assert_int_equal(assert_log_is_table(), 4);
}

static void
rows_that_left_may_come_again(void **state)
{
    (void)state;
    uint32_t slot;
    touch(0, 1);
    touch(0, 2);
    checkpoint();
    assert_true(find(0, 1, &slot));
    remove_row(slot);
    checkpoint();
    assert_log_is_table();
    touch(0, 1);
    checkpoint();
    assert_log_is_table();
    close_window(0);
    checkpoint();
    assert_log_is_table();
    touch(0, 2);
    close_window(10);
    checkpoint();
    assert_log_is_table();
}

static void
a_checkpoint_that_failed_is_taken_again(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        touch(0, i);
    fail_checkpoint();
    checkpoint();
    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t i = 0; i < 100; i++)
            touch(0, random_below(300));
        if (round % 3 != 0)
            fail_checkpoint();
        checkpoint();
        assert_log_is_table();
    }
}

/* The same few rows change, the others lie at the log's beginning and would keep it there. */
static void
stays_short_although_most_rows_never_change(void **state)
{
    (void)state;
    uint64_t longest = 0, longest_later = 0;
    for (uint32_t i = 0; i < 3000; i++)
        touch(0, i);
    checkpoint();
    for (uint32_t round = 0; round < 400; round++) {
        for (uint32_t i = 0; i < 30; i++)
            touch(0, 1000 + i);
        assert_true(checkpoint() <= 2 * 30 + 64);
        uint64_t n = assert_log_is_table();
        longest = n > longest ? n : longest;
        if (round > 200)
            longest_later = n > longest_later ? n : longest_later;
    }
    assert_true(longest <= 3000 * 7 / 2 + 1024);
    assert_true(longest_later <= 3000 * 5 / 2 + 1024);
}

static uint64_t
file_bytes(void)
{
    struct stat info;
    assert_int_equal(stat(folder_path("data.mdb"), &info), 0);
    return (uint64_t)info.st_size;
}

static void
closed_windows_leave_nothing_and_their_room_is_used_again(void **state)
{
    (void)state;
    uint64_t bytes = 0;
    for (uint32_t window = 0; window < 300; window++) {
        for (uint32_t i = 0; i < 400; i++)
            touch(window, i);
        if (window > 2)
            close_window(window - 2);
        checkpoint();
        assert_true(assert_log_is_table() <= 4 * 3 * 400 + 1024);
        if (window == 50)
            bytes = file_bytes();
    }
    assert_true(file_bytes() <= bytes * 5 / 4);
    for (uint32_t window = 0; window < 300; window++)
        close_window(window);
    for (uint32_t i = 0; i < 20; i++)
        checkpoint();
    assert_true(assert_log_is_table() <= 1024);
}

/* A run that ends before the sweep has been once through the table, again and again. */
static void
stays_short_although_each_run_takes_few_checkpoints(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3000; i++)
        touch(0, i);
    checkpoint();
    for (uint32_t run = 0; run < 300; run++) {
        for (uint32_t i = 0; i < 60; i++)
            touch(0, random_below(100));
        checkpoint();
        assert_true(assert_log_is_table() <= 3000 * 5 / 2 + 1024);
        restart();
        assert_log_is_table();
    }
}

static void
step(void)
{
    uint32_t what = random_below(20), slot = random_below(SLOTS);
    if (what == 0)
        close_window(random_below(WINDOWS));
    for (uint32_t i = random_below(10); what < 5 && i > 0; i--, slot = random_below(SLOTS)) {
        if (table.rows[slot].is_there)
            remove_row(slot);
    }
    for (uint32_t i = random_below(200); i > 0; i--)
        touch(random_below(WINDOWS), random_below(what < 10 ? 40 : 300));
    if (random_below(5) == 0)
        fail_checkpoint();
    checkpoint();
    assert_log_is_table();
    if (random_below(15) == 0)
        restart();
}

static void
is_what_the_table_is_whatever_happens(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        step();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_entry_of_a_row_counts),
        TEST(rows_that_left_may_come_again),
        TEST(a_checkpoint_that_failed_is_taken_again),
        TEST(stays_short_although_most_rows_never_change),
        TEST(closed_windows_leave_nothing_and_their_room_is_used_again),
        TEST(stays_short_although_each_run_takes_few_checkpoints),
        TEST(is_what_the_table_is_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
