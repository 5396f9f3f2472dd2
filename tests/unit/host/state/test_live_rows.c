/* SPDX-License-Identifier: Apache-2.0 */
#include "state/live_rows.h"

#include "state/row_chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

/* One entry as "+WINDOW GROUP CELLS", "-WINDOW GROUP", or "xWINDOW", a chunk of them one behind the
 * other, between commas. */
static void
put_entry(struct codec_buffer *chunk, const char *text)
{
    char group[32] = "", cells[32] = "";
    int window = 0;
    assert_true(sscanf(text + 1, "%d %31s %31s", &window, group, cells) >= 1);
    const struct row_entry entry = { *text == '+'   ? ROW_ENTRY_ROW
                                     : *text == '-' ? ROW_ENTRY_GONE
                                                    : ROW_ENTRY_CLOSED,
                                     window, bytes_of(group), bytes_of(cells) };
    row_chunk_put(chunk, &entry);
}

static void
put_chunk(struct store *store, const char *stage, int64_t number, const char *text)
{
    struct codec_buffer key = { .bytes = NULL }, chunk = { .bytes = NULL };
    char copy[200], *rest;
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *entry = strtok_r(copy, ",", &rest); entry != NULL;
         entry = strtok_r(NULL, ",", &rest))
        put_entry(&chunk, entry);
    codec_begin_key(&key, CODEC_LOG, stage);
    codec_put_key_i64(&key, number);
    assert_int_equal(store_put(store, codec_bytes(&key), codec_bytes(&chunk), &err), LEVADA_OK);
    codec_finish(&key);
    codec_finish(&chunk);
}

/* The rows as "WINDOW GROUP CELLS", between commas. */
static const char *
describe(const struct live_rows *rows)
{
    static char text[1000];
    char *to = text;
    *to = '\0';
    for (size_t i = 0; i < rows->n; i++) {
        const struct live_row *row = &rows->rows[i];
        to += sprintf(to, "%s%lld %.*s %.*s", i > 0 ? "," : "", (long long)row->start_ms,
                      (int)row->group.n, (const char *)row->group.p, (int)row->cells.n,
                      (const char *)row->cells.p);
    }
    return text;
}

static void
assert_rows(struct store *store, const char *expected, const char *sorted)
{
    struct live_rows rows;
    assert_int_equal(store_begin_view(store, &err), LEVADA_OK);
    assert_int_equal(live_rows_read(store, "stage", &rows, &err), LEVADA_OK);
    assert_string_equal(describe(&rows), expected);
    live_rows_sort(&rows);
    assert_string_equal(describe(&rows), sorted);
    live_rows_finish(&rows);
    store_end_view(store);
}

static void
of_each_row_the_newest_entry_is_left(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    assert_rows(store, "", "");
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put_chunk(store, "stage", 7, "+20 b 1,+10 b 1,+10 a 1");
    put_chunk(store, "stage", 8, "+20 b 2");
    put_chunk(store, "stag", 9, "+10 other 1");
    put_chunk(store, "stages", 9, "x10,x20");
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
    assert_rows(store, "10 b 1,10 a 1,20 b 2", "10 a 1,10 b 1,20 b 2");
    store_close(store);
}

static void
what_has_left_is_not_there_until_it_comes_again(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put_chunk(store, "stage", 0, "+10 a 1,+10 b 1,+20 a 1,+30 a 1,-40 never");
    put_chunk(store, "stage", 1, "-10 a,x20,x30");
    put_chunk(store, "stage", 2, "-10 b,+10 b 3,+30 b 1");
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
    assert_rows(store, "10 b 3,30 b 1", "10 b 3,30 b 1");
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put_chunk(store, "stage", 3, "x30,+10 a 2");
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
    assert_rows(store, "10 b 3,10 a 2", "10 a 2,10 b 3");
    store_close(store);
}

static struct levada_scalar
text(const char *s)
{
    struct levada_scalar value = { .type = LEVADA_T_STR, .len = (uint32_t)strlen(s) };
    value.u.s = s;
    return value;
}

static struct levada_scalar
real(double f)
{
    struct levada_scalar value = { .type = LEVADA_T_F64 };
    value.u.f = f;
    return value;
}

/* Bytes of scalars sort otherwise: lengths come first, and numbers begin with their low end. */
static void
are_sorted_as_their_groups_are(void **state)
{
    (void)state;
    const struct levada_scalar groups[] = {
        { .type = LEVADA_T_NULL },
        { .type = LEVADA_T_I64, .u.i = -300 },
        { .type = LEVADA_T_I64, .u.i = 2 },
        { .type = LEVADA_T_I64, .u.i = 257 },
        real(-2.5),
        real(0.25),
        text(""),
        text("Assault"),
        text("Assault / Battery"),
        text("B"),
    };
    const size_t n = sizeof(groups) / sizeof(*groups);
    struct codec_buffer bytes[16] = { { .bytes = NULL } };
    struct live_rows rows = { .rows = calloc(n, sizeof(*rows.rows)), .n = n };
    assert_non_null(rows.rows);
    for (size_t i = 0; i < n; i++) {
        codec_put_scalar(&bytes[i], &groups[i]);
        rows.rows[(i * 7) % n] = (struct live_row){ .group = codec_bytes(&bytes[i]), .number = i };
    }
    live_rows_sort(&rows);
    for (size_t i = 0; i < n; i++) {
        struct levada_scalar last = { .type = LEVADA_T_MISSING };
        if (i > 0)
            last = groups[rows.rows[i - 1].number];
        if (last.type == groups[rows.rows[i].number].type)
            assert_int_equal(rows.rows[i].number, rows.rows[i - 1].number + 1);
    }
    live_rows_finish(&rows);
    for (size_t i = 0; i < n; i++)
        codec_finish(&bytes[i]);
}

static void
says_where_the_log_begins_and_ends(void **state)
{
    (void)state;
    struct live_rows rows;
    struct store *store = open_store(STORE_RUN);
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put_chunk(store, "stage", 300, "+10 a 1,+10 b 1");
    put_chunk(store, "stage", 301, "x10,+20 a 1");
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
    assert_int_equal(store_begin_view(store, &err), LEVADA_OK);
    assert_int_equal(live_rows_read(store, "stage", &rows, &err), LEVADA_OK);
    assert_int_equal(rows.first_chunk, 300);
    assert_int_equal(rows.next_chunk, 302);
    assert_int_equal(rows.n_entries, 4);
    assert_int_equal(rows.n, 1);
    assert_int_equal(rows.rows[0].chunk, 301);
    assert_int_equal(rows.rows[0].number, 3);
    live_rows_finish(&rows);
    store_end_view(store);
    store_close(store);
}

static void
what_cannot_be_read_is_refused(void **state)
{
    (void)state;
    static const struct levada_bytes keys[] = { { "l"
                                                  "stage\0"
                                                  "1234567",
                                                  14 },
                                                { "l"
                                                  "stage\0"
                                                  "\200\0\0\0\0\0\0\0x",
                                                  16 },
                                                { "l"
                                                  "stage\0"
                                                  "\177\0\0\0\0\0\0\0",
                                                  15 },
                                                { "l"
                                                  "stage\0"
                                                  "\200\0\0\0\0\0\0\0",
                                                  15 } };
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct live_rows rows;
        struct store *store = open_store(STORE_RUN);
        assert_int_equal(store_begin(store, &err), LEVADA_OK);
        assert_int_equal(store_put(store, keys[i], bytes_of("\7"), &err), LEVADA_OK);
        assert_int_equal(live_rows_read(store, "stage", &rows, &err), LEVADA_REJECT);
        assert_non_null(strstr(err.text, "cannot be read"));
        live_rows_finish(&rows);
        store_close(store);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_each_row_the_newest_entry_is_left),
        TEST(what_has_left_is_not_there_until_it_comes_again),
        TEST(are_sorted_as_their_groups_are),
        TEST(says_where_the_log_begins_and_ends),
        TEST(what_cannot_be_read_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
