/* SPDX-License-Identifier: Apache-2.0 */
/* append_json() as a source sees it: records and columns of text that nobody has split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "record/batch.h"

struct fixture {
    struct record_space *space;
    struct batch_decoder *decoder;
    struct batch *batch;
    uint64_t used;
    struct error err;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->space = record_space_create();
    f->decoder = batch_decoder_create(f->space);
    f->batch = batch_create(f->space, 0);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    batch_release(f->batch);
    batch_decoder_destroy(f->decoder);
    record_space_destroy(f->space);
    free(f);
    return 0;
}

static const struct levada_path *
path(struct fixture *f, const char *text)
{
    return path_set_get(record_space_paths(f->space), text, NULL);
}

static const struct levada_path *
want(struct fixture *f, const char *text)
{
    assert_true(batch_decoder_want(f->decoder, path(f, text)));
    return path(f, text);
}

static levada_status
append_json(struct fixture *f, const char *text, uint32_t flags, int64_t number, uint32_t max)
{
    const struct levada_record first = {
        .timestamp_ms = 5, .offset = 1000, .number = number, .stream = 1, .partition = 2
    };
    const struct batch_json json = { { text, strlen(text) }, flags, max };
    return batch_append_json(f->batch, f->decoder, &first, &json, &f->used, &f->err);
}

/* How many records the batch has of @text; *used is checked to be the length of @taken. */
static void
assert_takes(struct fixture *f, const char *text, uint32_t flags, uint32_t n, const char *taken)
{
    batch_release(f->batch);
    f->batch = batch_create(f->space, 0);
    assert_int_equal(append_json(f, text, flags, 7, 100), LEVADA_OK);
    assert_int_equal(batch_public(f->batch)->n, n);
    assert_int_equal(f->used, strlen(taken));
    assert_memory_equal(text, taken, f->used);
}

static const struct levada_scalar *
column(struct fixture *f, const struct levada_path *of)
{
    struct bad_record *bad;
    uint32_t n_bad;
    assert_int_equal(batch_decode(f->batch, f->decoder, &bad, &n_bad, &f->err), LEVADA_OK);
    assert_int_equal(n_bad, 0);
    const struct levada_scalar *values = batch_column(f->batch, of, &f->err);
    assert_non_null(values);
    return values;
}

static void
assert_str(const struct levada_scalar *value, const char *expected)
{
    assert_int_equal(value->type, LEVADA_T_STR);
    assert_int_equal(value->len, strlen(expected));
    assert_memory_equal(value->u.s, expected, value->len);
}

static void
appends_a_record_for_each_object(void **state)
{
    struct fixture *f = *state;
    const char *text = " {\"a\":1}\n{\"a\":2} ";
    assert_int_equal(append_json(f, text, 0, 7, 100), LEVADA_OK);
    assert_int_equal(batch_public(f->batch)->n, 2);
    assert_int_equal(f->used, 16);
    const struct levada_record *record = batch_origin(f->batch, 1);
    assert_ptr_equal(record->value.p, text + 9);
    assert_int_equal(record->value.n, 7);
    assert_int_equal(record->offset, 1009);
    assert_int_equal(record->number, 8);
    assert_int_equal(record->timestamp_ms, 5);
    assert_int_equal(record->stream, 1);
    assert_int_equal(record->partition, 2);
    assert_null(record->key.p);
}

static void
decodes_what_is_wanted(void **state)
{
    struct fixture *f = *state;
    const struct levada_path *a = want(f, "a"), *deep = want(f, "o.b[1]"),
                             *empty = want(f, "$['']");
    append_json(f,
                "{\"a\":\"x\",\"o\":{\"b\":[0,true]}}{\"b\":1,\"\":\"e\"}{\"\\u0061\" : \"\\n\"  }",
                0, 0, 100);
    const struct levada_scalar *values = column(f, a);
    assert_str(&values[0], "x");
    assert_int_equal(values[1].type, LEVADA_T_MISSING);
    assert_str(&values[2], "\n");
    assert_int_equal(column(f, deep)[0].type, LEVADA_T_BOOL);
    assert_int_equal(column(f, deep)[1].type, LEVADA_T_MISSING);
    assert_str(&column(f, empty)[1], "e");
    assert_int_equal(batch_decoder_records(f->decoder), 3);
    assert_true(batch_decoder_found(f->decoder, a));
}

static void
decodes_later_what_is_wanted_later(void **state)
{
    struct fixture *f = *state;
    want(f, "a");
    append_json(f, "{\"a\":1,\"b\":\"x\"},{\"b\":\"y\"}", LEVADA_JSON_COMMAS, 0, 100);
    assert_str(&column(f, path(f, "b"))[1], "y");
}

static void
takes_the_first_of_equal_names(void **state)
{
    struct fixture *f = *state;
    const struct levada_path *a = want(f, "a");
    append_json(f, "{\"a\":\"1\",\"a\":\"2\"}{\"a\":\"3\",\"a\":\"4\"}", 0, 0, 100);
    assert_str(&column(f, a)[0], "1");
    assert_str(&column(f, a)[1], "3");
}

static void
tells_names_apart_that_look_alike(void **state)
{
    struct fixture *f = *state;
    const struct levada_path *b = want(f, "disposition"), *a = want(f, "report_dates");
    for (int round = 0; round < 2; round++) { /* then it knows an order */
        batch_release(f->batch);
        f->batch = batch_create(f->space, 0);
        append_json(f,
                    "{\"despositiom\":\"1\",\"disposition\":\"2\",\"report_datez\":\"3\","
                    "\"report_dates\":\"4\"}{\"report_dates\":\"5\",\"disposition\":\"6\"}",
                    0, 0, 100);
        assert_str(&column(f, b)[0], "2");
        assert_str(&column(f, a)[0], "4");
        assert_str(&column(f, b)[1], "6");
        assert_str(&column(f, a)[1], "5");
    }
}

static void
stops_before_what_is_not_whole_and_good(void **state)
{
    struct fixture *f = *state;
    want(f, "a");
    assert_takes(f, "{\"a\":1}{\"a\":{}", 0, 1, "{\"a\":1}");
    assert_takes(f, "{\"a\":1}{\"a\":01}{}", 0, 1, "{\"a\":1}");
    assert_takes(f, "{\"a\":1}{\"a\" 1}{}", 0, 1, "{\"a\":1}");
    assert_takes(f, "{\"a\":1}[]", 0, 1, "{\"a\":1}");
    assert_takes(f, "{\"a\":1}x", 0, 1, "{\"a\":1}");
    assert_takes(f, "{\"a\":\"\\x\"}{}", 0, 0, "");
    assert_takes(f, "{}{\"a\":\"}", 0, 0, ""); /* a string that is open spoils the index */
    assert_takes(f, "{}{\"a\":\"\xff\"}", 0, 0, "");
    assert_takes(f, "   ", 0, 0, "");
    assert_takes(f, "", 0, 0, "");
}

static void
asks_for_exactly_one_comma(void **state)
{
    struct fixture *f = *state;
    const uint32_t commas = LEVADA_JSON_COMMAS;
    assert_takes(f, ",{} , {},{}", commas, 3, ",{} , {},{}");
    assert_takes(f, "{},{}", commas, 0, "");
    assert_takes(f, ",{}{}", commas, 1, ",{}");
    assert_takes(f, ",{},,{}", commas, 1, ",{}");
    assert_takes(f, ",{},{},", commas, 2, ",{},{}");
    assert_takes(f, "{},{}", 0, 1, "{}");
    f->batch = (batch_release(f->batch), batch_create(f->space, 0));
    assert_int_equal(append_json(f, "{},{}", commas, 0, 100), LEVADA_OK);
    assert_int_equal(f->used, 5);
}

static void
keeps_to_lines_if_asked(void **state)
{
    struct fixture *f = *state;
    assert_takes(f, "{\"a\":1}\n\n{\"a\":\n2}", LEVADA_JSON_LINES, 1, "{\"a\":1}");
    assert_takes(f, "\n{ \n}", LEVADA_JSON_LINES, 0, "");
    assert_takes(f, "{} {}\n{}", LEVADA_JSON_LINES, 3, "{} {}\n{}");
    assert_takes(f, "{\n}{\n}", 0, 2, "{\n}{\n}");
}

static void
takes_no_more_than_it_may(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(append_json(f, "{}{}{}", 0, 0, 2), LEVADA_OK);
    assert_int_equal(batch_public(f->batch)->n, 2);
    assert_int_equal(f->used, 4);
}

static void
takes_many(void **state)
{
    struct fixture *f = *state;
    const struct levada_path *a = want(f, "a");
    struct strbuf text = { 0 };
    for (int i = 0; i < 5000; i++)
        strbuf_printf(&text, ",{\"a\":\"%d\"}", i);
    assert_int_equal(append_json(f, strbuf_text(&text), LEVADA_JSON_COMMAS, 1, 100000), LEVADA_OK);
    assert_int_equal(batch_public(f->batch)->n, 5000);
    assert_str(&column(f, a)[0], "0");
    assert_str(&column(f, a)[4999], "4999");
    strbuf_finish(&text);
}

static void
goes_with_no_other_records(void **state)
{
    struct fixture *f = *state;
    const struct levada_record record = { .value = { "{}", 2 }, .flags = LEVADA_R_BORROWED };
    assert_int_equal(append_json(f, "x", 0, 0, 10), LEVADA_OK);
    assert_int_equal(batch_append(f->batch, &record, 1, sizeof(record), &f->err), LEVADA_OK);
    assert_int_equal(append_json(f, "{}", 0, 0, 10), LEVADA_FATAL);
    assert_string_equal(f->err.text, "append_json() to a batch that is not empty");
    f->batch = (batch_release(f->batch), batch_create(f->space, 0));
    assert_int_equal(append_json(f, "{}", 0, 0, 10), LEVADA_OK);
    assert_int_equal(batch_append(f->batch, &record, 1, sizeof(record), &f->err), LEVADA_FATAL);
    assert_int_equal(append_json(f, "{}", 0, 0, 10), LEVADA_FATAL);
    assert_int_equal(batch_public(f->batch)->n, 1);
}

static void
refuses_flags_that_it_does_not_know(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(append_json(f, "{}", 4, 0, 10), LEVADA_FATAL);
    assert_string_equal(f->err.text, "append_json() with unknown flags: 0x4");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(appends_a_record_for_each_object),   TEST(decodes_what_is_wanted),
        TEST(decodes_later_what_is_wanted_later), TEST(takes_the_first_of_equal_names),
        TEST(tells_names_apart_that_look_alike),  TEST(stops_before_what_is_not_whole_and_good),
        TEST(asks_for_exactly_one_comma),         TEST(keeps_to_lines_if_asked),
        TEST(takes_no_more_than_it_may),          TEST(takes_many),
        TEST(goes_with_no_other_records),         TEST(refuses_flags_that_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
