/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/text_buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <levada/plugin.h>

const struct levada_host *levada; /* the library's other files name it */

static void
writes_integers_as_printf_does(void **state)
{
    static const int64_t values[] = { 0,       7,  10,  99,    100,       101,      12345,
                                      9999999, -1, -10, -4321, INT64_MAX, INT64_MIN };
    (void)state;
    for (size_t k = 0; k < sizeof(values) / sizeof(*values); k++) {
        struct text_buffer text = { 0 };
        char expected[32];
        int n = snprintf(expected, sizeof(expected), "%lld", (long long)values[k]);
        text_buffer_add_i64(&text, values[k]);
        assert_int_equal(text.n, n);
        assert_memory_equal(text.bytes, expected, text.n);
        text_buffer_finish(&text);
    }
}

static void
keeps_what_was_added_while_it_grows(void **state)
{
    struct text_buffer text = { 0 };

    (void)state;
    for (int i = 0; i < 10000; i++)
        text_buffer_add(&text, &(char){ (char)('a' + i % 26) }, 1);
    assert_int_equal(text.n, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(text.bytes[i], 'a' + i % 26);
    text_buffer_finish(&text);
}

static void
drops_from_the_front_and_cuts_from_the_end(void **state)
{
    struct text_buffer text = { 0 };

    (void)state;
    text_buffer_add_string(&text, "one two three");
    text_buffer_drop(&text, 4);
    text_buffer_cut(&text, 3);
    text_buffer_fill(&text, '!', 2);
    assert_int_equal(text.n, 5);
    assert_memory_equal(text.bytes, "two!!", 5);
    text_buffer_finish(&text);
}

static void
remembers_that_memory_ran_out_until_it_is_cut(void **state)
{
    struct text_buffer text = { 0 };

    (void)state;
    text_buffer_add_string(&text, "row");
    assert_false(text_buffer_reserve(&text, SIZE_MAX / 2));
    assert_true(text.failed);
    text_buffer_fill(&text, 'x', 1000000);
    assert_int_equal(text.n, 3);
    text_buffer_cut(&text, 0);
    text_buffer_add_string(&text, "again");
    assert_false(text.failed);
    assert_memory_equal(text.bytes, "again", 5);
    text_buffer_finish(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_integers_as_printf_does),
        cmocka_unit_test(keeps_what_was_added_while_it_grows),
        cmocka_unit_test(drops_from_the_front_and_cuts_from_the_end),
        cmocka_unit_test(remembers_that_memory_ran_out_until_it_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
