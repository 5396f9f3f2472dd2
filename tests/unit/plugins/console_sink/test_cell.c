/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/cell.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fake_rows.h"

static void
assert_cell(struct levada_scalar value, uint32_t truncate, const char *expected, uint32_t width)
{
    struct text_buffer out = { 0 };

    levada_module_v1(fake_rows_host());
    text_buffer_add_char(&out, '|');
    assert_int_equal(cell_add(&out, fake_rows_call(), &value, truncate), width);
    text_buffer_add_char(&out, '\0');
    assert_string_equal(out.bytes + 1, expected);
    text_buffer_finish(&out);
    fake_rows_finish();
}

static void
shows_a_value_of_each_type(void **state)
{
    (void)state;
    assert_cell(STR("Passing Call"), 20, "Passing Call", 12);
    assert_cell(STR(""), 20, "", 0);
    assert_cell(NUL, 20, "NULL", 4);
    assert_cell(MISSING, 20, "NULL", 4);
    assert_cell(I64(-42), 20, "-42", 3);
    assert_cell(F64(1e20), 20, "1.0E20", 6);
    assert_cell(BOOLEAN(0), 20, "false", 5);
    assert_cell(TIME(1546297200000), 20, "2018-12-31T23:00:00", 19);
    assert_cell(JSON("{\"a\":[1]}"), 20, "{\"a\":[1]}", 9);
    assert_cell(BIN("\x01\xAB"), 20, "[01 AB]", 7);
}

static void
cuts_to_three_less_and_dots(void **state)
{
    (void)state;
    assert_cell(STR("12345678901234567890"), 20, "12345678901234567890", 20);
    assert_cell(STR("123456789012345678901"), 20, "12345678901234567...", 20);
    assert_cell(STR("abcdefgh"), 4, "a...", 4);
    assert_cell(STR("abcdefgh"), 0, "abcdefgh", 8);
}

static void
cuts_without_dots_below_four(void **state)
{
    (void)state;
    assert_cell(STR("abcdefgh"), 3, "abc", 3);
    assert_cell(STR("abcdefgh"), 1, "a", 1);
    assert_cell(NUL, 3, "NUL", 3);
}

static void
escapes_what_would_break_the_table_before_it_cuts(void **state)
{
    (void)state;
    assert_cell(STR("a\tb\nc\r\f\b\v\a"), 20, "a\\tb\\nc\\r\\f\\b\\v\\a", 17);
    assert_cell(STR("a\nbcdef"), 5, "a\\...", 5);
    assert_cell(STR("a\\n"), 20, "a\\n", 3);
}

static void
counts_wide_characters_twice(void **state)
{
    (void)state;
    assert_cell(STR("\xE6\x97\xA5\xE6\x9C\xAC"), 20, "\xE6\x97\xA5\xE6\x9C\xAC", 4);
    assert_cell(STR("\xEF\xBC\xA1"), 20, "\xEF\xBC\xA1", 2);
    assert_cell(STR("\xC3\xA9"), 20, "\xC3\xA9", 1);
    /* cut by characters, not by columns */
    assert_cell(STR("\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5"), 4,
                "\xE6\x97\xA5...", 5);
}

static void
counts_as_utf16_outside_the_basic_plane(void **state)
{
    (void)state;
    assert_cell(STR("\xF0\x9F\x9A\x93"), 20, "\xF0\x9F\x9A\x93", 2);
    assert_cell(STR("\xF0\x9F\x9A\x93\xF0\x9F\x9A\x93"), 3, "\xF0\x9F\x9A\x93?", 3);
    assert_cell(STR("\xF0\x9F\x9A\x93 police"), 4, "?...", 4);
}

static void
takes_a_torn_character_for_single_bytes(void **state)
{
    (void)state;
    assert_cell(STR("a\xE6\x97"), 20, "a\xE6\x97", 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_a_value_of_each_type),
        cmocka_unit_test(cuts_to_three_less_and_dots),
        cmocka_unit_test(cuts_without_dots_below_four),
        cmocka_unit_test(escapes_what_would_break_the_table_before_it_cuts),
        cmocka_unit_test(counts_wide_characters_twice),
        cmocka_unit_test(counts_as_utf16_outside_the_basic_plane),
        cmocka_unit_test(takes_a_torn_character_for_single_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
