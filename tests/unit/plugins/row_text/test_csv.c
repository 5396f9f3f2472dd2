/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_rows.h"

const struct levada_host *levada;

struct fixture {
    struct csv csv;
    struct text_buffer out;
};

static int
set_up(void **state)
{
    static struct fixture fixture;

    levada = fake_rows_host();
    fixture = (struct fixture){ 0 };
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    csv_finish(&f->csv);
    text_buffer_finish(&f->out);
    fake_rows_finish();
    return 0;
}

static levada_status
print(struct fixture *f, struct fake_rows *rows)
{
    struct levada_call *call = fake_rows_call();
    levada_status status = csv_begin(&f->csv, call, &rows->batch);

    if (status != LEVADA_OK)
        return status;
    csv_add_header(&f->csv, &f->out);
    assert_int_equal(csv_add_rows(&f->csv, 0, rows->batch.n, 1 << 20, &f->out), rows->batch.n);
    return LEVADA_OK;
}

static void
assert_output(struct fixture *f, const char *expected)
{
    text_buffer_add_char(&f->out, '\0');
    assert_string_equal(f->out.bytes, expected);
    text_buffer_cut(&f->out, f->out.n - 1);
}

static void
writes_one_header_and_a_line_for_each_row(void **state)
{
    static const char *const names[] = { "type", "count" };
    const struct levada_scalar cells[] = { STR("Traffic Stop"), I64(13538), STR("Passing Call"),
                                           I64(-1) };
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);
    struct fixture *f = *state;

    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "type,count\nTraffic Stop,13538\nPassing Call,-1\n"
                     "Traffic Stop,13538\nPassing Call,-1\n");
}

static void
quotes_what_needs_it_and_nothing_else(void **state)
{
    static const char *const names[] = { "a, \"b\"", "x" };
    const struct levada_scalar cells[] = {
        STR("plain"),    STR(" spaces "), STR("a,b"),       STR("say \"hi\""),
        STR("\""),       STR("\"\""),     STR("line\nend"), STR("\r"),
        STR("\xC3\xA9"), STR("tab\t"),    JSON("[1,2]"),    JSON("{\"a\":1}"),
    };
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 6);
    struct fixture *f = *state;

    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "\"a, \"\"b\"\"\",x\n"
                     "plain, spaces \n"
                     "\"a,b\",\"say \"\"hi\"\"\"\n"
                     "\"\"\"\",\"\"\"\"\"\"\n"
                     "\"line\nend\",\"\r\"\n"
                     "\xC3\xA9,tab\t\n"
                     "\"[1,2]\",\"{\"\"a\"\":1}\"\n");
}

static void
leaves_missing_and_null_empty(void **state)
{
    static const char *const names[] = { "a", "b", "c", "d" };
    const struct levada_scalar cells[] = { MISSING, NUL, STR(""), BOOLEAN(1) };
    struct fake_rows rows = FAKE_ROWS(names, 4, cells, 1);
    struct fixture *f = *state;

    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "a,b,c,d\n,,,true\n");
}

static void
keeps_the_row_of_a_single_empty_field(void **state)
{
    static const char *const names[] = { "a" };
    const struct levada_scalar cells[] = { NUL, STR("x") };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 2);
    struct fixture *f = *state;

    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "a\n\"\"\nx\n");
}

static void
asks_for_a_time_once_while_it_stays_the_same(void **state)
{
    static const char *const names[] = { "window_start" };
    const struct levada_scalar cells[] = { TIME(1546297200000), TIME(1546297200000),
                                           TIME(1546297200000), TIME(0) };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 4);
    struct fixture *f = *state;

    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "window_start\n2018-12-31T23:00:00\n2018-12-31T23:00:00\n2018-12-31T23:00:00\n"
                     "1970-01-01T00:00:00\n");
    assert_int_equal(fake_rows_n_texts(), 2);
}

static void
copies_fields_of_any_length(void **state)
{
    static const char *const names[] = { "a", "b" };
    static char text[100];
    struct fixture *f = *state;

    memset(text, 'x', sizeof(text));
    for (uint32_t n = 0; n < sizeof(text); n++) {
        const struct levada_scalar cells[] = { { LEVADA_T_STR, n, { .s = text } }, I64(n) };
        struct fake_rows rows = FAKE_ROWS(names, 2, cells, 1);
        char expected[sizeof(text) + 20];
        snprintf(expected, sizeof(expected), "%.*s,%u\n", (int)n, text, n);
        f->csv.headed = true;
        text_buffer_finish(&f->out);
        assert_int_equal(print(f, &rows), LEVADA_OK);
        assert_output(f, expected);
    }
}

static void
tells_neighbours_apart_that_share_a_part(void **state)
{
    static const char *const names[] = { "a" };
    static const char text[] = "abc";
    const struct levada_scalar cells[] = {
        { LEVADA_T_STR, 3, { .s = text } },
        { LEVADA_T_STR, 3, { .s = text } },
        { LEVADA_T_STR, 2, { .s = text } },
        I64(1),
        BOOLEAN(1),
        I64(1),
        MISSING,
    };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 7);
    struct fixture *f = *state;

    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "a\nabc\nabc\nab\n1\ntrue\n1\n\"\"\n");
}

static void
stops_when_it_has_enough_and_goes_on_from_there(void **state)
{
    static const char *const names[] = { "a" };
    const struct levada_scalar cells[] = { STR("one"), STR("two"), STR("three") };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 3);
    struct fixture *f = *state;

    assert_int_equal(csv_begin(&f->csv, fake_rows_call(), &rows.batch), LEVADA_OK);
    assert_int_equal(csv_add_rows(&f->csv, 0, 3, 5, &f->out), 2);
    assert_output(f, "one\ntwo\n");
    assert_int_equal(csv_add_rows(&f->csv, 2, 3, 5, &f->out), 2);
    assert_int_equal(csv_add_rows(&f->csv, 2, 3, 9, &f->out), 3);
    assert_output(f, "one\ntwo\nthree\n");
}

static void
adds_no_row_without_memory(void **state)
{
    static const char *const names[] = { "a" };
    const struct levada_scalar cells[] = { STR("one") };
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 1);
    struct fixture *f = *state;

    assert_int_equal(csv_begin(&f->csv, fake_rows_call(), &rows.batch), LEVADA_OK);
    assert_int_equal(csv_add_rows(&f->csv, 0, 1, SIZE_MAX / 2, &f->out), 0);
    assert_true(f->out.failed);
    assert_int_equal(f->out.n, 0);
}

static void
follows_a_dictionary_as_it_grows_and_forgets_it_with_its_generation(void **state)
{
    static const char *const names[] = { "type" };
    const struct levada_scalar first[] = { MISSING, NUL, STR("a,b"), STR("c") };
    const struct levada_scalar second[] = { MISSING, NUL, STR("new"), STR("other") };
    const uint32_t ids[] = { 2, 2, 1 }, more_ids[] = { 3, 2, 0 };
    struct levada_dict dict = {
        .struct_size = sizeof(dict), .generation = 7, .n = 3, .entry = first
    };
    struct fake_rows rows = FAKE_ROWS(names, 1, NULL, 3);
    struct fixture *f = *state;

    rows.dict = &dict;
    rows.ids = ids;
    assert_int_equal(print(f, &rows), LEVADA_OK);
    dict.n = 4;
    rows.ids = more_ids;
    assert_int_equal(print(f, &rows), LEVADA_OK);
    dict.generation = 8;
    dict.entry = second;
    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "type\n\"a,b\"\n\"a,b\"\n\"\"\n"
                     "c\n\"a,b\"\n\"\"\n"
                     "other\nnew\n\"\"\n");
}

static void
forgets_a_dictionary_when_values_come_in_between(void **state)
{
    static const char *const names[] = { "type" };
    const struct levada_scalar entries[] = { MISSING, NUL, STR("a,b"), STR("c") };
    const struct levada_scalar cells[] = { STR("d"), STR("e") };
    const uint32_t ids[] = { 3, 2 };
    struct levada_dict dict = { .struct_size = sizeof(dict), .n = 4, .entry = entries };
    struct fake_rows interned = FAKE_ROWS(names, 1, NULL, 2), rows = FAKE_ROWS(names, 1, cells, 2);
    struct fixture *f = *state;

    interned.dict = &dict;
    interned.ids = ids;
    assert_int_equal(print(f, &interned), LEVADA_OK);
    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_int_equal(print(f, &interned), LEVADA_OK);
    assert_output(f, "type\nc\n\"a,b\"\nd\ne\nc\n\"a,b\"\n");
}

static void
refuses_a_batch_with_other_fields_than_the_header(void **state)
{
    static const char *const names[] = { "type", "count" }, *const other[] = { "type", "sum" };
    const struct levada_scalar cells[] = { STR("a"), I64(1) };
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 1), odd = FAKE_ROWS(other, 2, cells, 1),
                     narrow = FAKE_ROWS(names, 1, cells, 1);
    struct fixture *f = *state;

    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_int_equal(print(f, &odd), LEVADA_REJECT);
    assert_non_null(strstr(fake_rows_error(), "column 2 is \"sum\", the header has \"count\""));
    assert_int_equal(print(f, &narrow), LEVADA_REJECT);
    assert_non_null(strstr(fake_rows_error(), "column 2 is missing, the header has \"count\""));
    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "type,count\na,1\na,1\n");
}

static void
takes_other_fields_while_no_header_is_out(void **state)
{
    static const char *const names[] = { "type", "count" };
    const struct levada_scalar cells[] = { STR("a"), I64(1) };
    struct fake_rows narrow = FAKE_ROWS(names, 1, cells, 1), rows = FAKE_ROWS(names, 2, cells, 1);
    struct fixture *f = *state;

    assert_int_equal(csv_begin(&f->csv, fake_rows_call(), &narrow.batch), LEVADA_OK);
    assert_int_equal(print(f, &rows), LEVADA_OK);
    assert_output(f, "type,count\na,1\n");
}

static void
refuses_records_without_fields(void **state)
{
    struct fake_rows rows = FAKE_ROWS(NULL, 0, NULL, 2);

    assert_int_equal(print(*state, &rows), LEVADA_REJECT);
    assert_non_null(strstr(fake_rows_error(), "raw"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_one_header_and_a_line_for_each_row),
        TEST(quotes_what_needs_it_and_nothing_else),
        TEST(leaves_missing_and_null_empty),
        TEST(keeps_the_row_of_a_single_empty_field),
        TEST(asks_for_a_time_once_while_it_stays_the_same),
        TEST(copies_fields_of_any_length),
        TEST(tells_neighbours_apart_that_share_a_part),
        TEST(stops_when_it_has_enough_and_goes_on_from_there),
        TEST(adds_no_row_without_memory),
        TEST(follows_a_dictionary_as_it_grows_and_forgets_it_with_its_generation),
        TEST(forgets_a_dictionary_when_values_come_in_between),
        TEST(refuses_a_batch_with_other_fields_than_the_header),
        TEST(takes_other_fields_while_no_header_is_out),
        TEST(refuses_records_without_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
