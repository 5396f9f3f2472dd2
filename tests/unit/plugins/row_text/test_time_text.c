/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/time_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fake_rows.h"

#define DAY INT64_C(86400000)
#define NOON (INT64_C(17896) * DAY + DAY / 2) /* 2018-12-31T12:00:00 */

const struct levada_host *levada;

static int
set_up(void **state)
{
    (void)state;
    levada = fake_rows_host();
    fake_rows_finish();
    return 0;
}

static void
assert_texts(const int64_t *times, uint32_t n, const char *expected, uint32_t n_questions)
{
    struct time_text day = { 0 };
    struct text_buffer out = { 0 };

    for (uint32_t i = 0; i < n; i++) {
        time_text_add(&day, fake_rows_call(), &TIME(times[i]), &out);
        text_buffer_add_char(&out, i + 1 < n ? ' ' : '\0');
    }
    assert_string_equal(out.bytes, expected);
    assert_int_equal(fake_rows_n_texts(), n_questions);
    text_buffer_finish(&out);
    fake_rows_finish();
}

static void
asks_once_for_the_times_of_a_day(void **state)
{
    static const int64_t times[] = { NOON, NOON - DAY / 2, NOON + DAY / 2 - 1000, NOON + 3723000 };

    (void)state;
    assert_texts(times, 4,
                 "2018-12-31T12:00:00 2018-12-31T00:00:00 2018-12-31T23:59:59 2018-12-31T13:02:03",
                 1);
}

static void
asks_again_for_another_day(void **state)
{
    static const int64_t times[] = { NOON, NOON + DAY / 2, NOON - DAY / 2 - 1000, 0, DAY - 1000 };

    (void)state;
    assert_texts(times, 5,
                 "2018-12-31T12:00:00 2019-01-01T00:00:00 2018-12-30T23:59:59 "
                 "1970-01-01T00:00:00 1970-01-01T23:59:59",
                 4);
}

/* What the host would write of them is longer, or of another form. */
static void
leaves_fractions_and_times_before_1970_to_the_host(void **state)
{
    static const int64_t fractions[] = { NOON + 500, NOON + 500, NOON, NOON + 1, NOON + 1000 };
    static const int64_t old[] = { -1000, -1000, 0, -DAY };

    (void)state;
    assert_texts(fractions, 5,
                 "2018-12-31T12:00:00 2018-12-31T12:00:00 2018-12-31T12:00:00 2018-12-31T12:00:00 "
                 "2018-12-31T12:00:01",
                 4);
    assert_texts(old, 4,
                 "1969-12-31T23:59:59 1969-12-31T23:59:59 1970-01-01T00:00:00 1969-12-31T00:00:00",
                 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(asks_once_for_the_times_of_a_day, set_up),
        cmocka_unit_test_setup(asks_again_for_another_day, set_up),
        cmocka_unit_test_setup(leaves_fractions_and_times_before_1970_to_the_host, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
