/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/rows.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fake_rows.h"

const struct levada_host *levada;

static const struct levada_record records[] = {
    { .value = { "{\"a\":1}", 7 } },
    { .value = { "free text", 9 }, .flags = LEVADA_R_OPAQUE },
    { .value = { NULL, 0 }, .flags = LEVADA_R_OPAQUE },
    { .value = { "", 0 }, .flags = LEVADA_R_OPAQUE },
};

static void
assert_lines(enum rows_format format, const char *expected, uint32_t n_refused)
{
    struct rows rows = { .format = format };
    struct fake_rows batch = FAKE_ROWS(NULL, 0, NULL, 4);
    struct text_buffer out = { 0 };
    struct levada_call *call = fake_rows_call();

    levada = fake_rows_host();
    batch.records = records;
    assert_int_equal(rows_begin(&rows, call, &batch.batch), LEVADA_OK);
    rows_add_head(&rows, &out);
    assert_int_equal(rows_add(&rows, 0, SIZE_MAX, &out), batch.batch.n);
    assert_int_equal(out.n, strlen(expected));
    assert_memory_equal(out.bytes, expected, out.n);
    assert_int_equal(fake_rows_n_failed(), n_refused);
    text_buffer_finish(&out);
    rows_finish(&rows);
}

static void
raw_prints_bytes_as_they_are(void **state)
{
    (void)state;
    assert_lines(ROWS_RAW, "{\"a\":1}\nfree text\n\n\n", 0);
}

static void
json_prints_null_for_no_value_and_refuses_what_is_no_json(void **state)
{
    (void)state;
    assert_lines(ROWS_JSON, "{\"a\":1}\nnull\n", 2);
}

static void
stops_when_it_has_enough_and_goes_on_from_there(void **state)
{
    struct rows rows = { .format = ROWS_JSON };
    struct fake_rows batch = FAKE_ROWS(NULL, 0, NULL, 4);
    struct text_buffer out = { 0 };

    (void)state;
    levada = fake_rows_host();
    batch.records = records;
    assert_int_equal(rows_begin(&rows, fake_rows_call(), &batch.batch), LEVADA_OK);
    assert_int_equal(rows_add(&rows, 0, 8, &out), 1);
    assert_int_equal(rows_add(&rows, 1, 8, &out), 1);
    assert_int_equal(rows_add(&rows, 1, 9, &out), 3);
    assert_int_equal(out.n, strlen("{\"a\":1}\nnull\n"));
    text_buffer_finish(&out);
    rows_finish(&rows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_prints_bytes_as_they_are),
        cmocka_unit_test(json_prints_null_for_no_value_and_refuses_what_is_no_json),
        cmocka_unit_test(stops_when_it_has_enough_and_goes_on_from_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
