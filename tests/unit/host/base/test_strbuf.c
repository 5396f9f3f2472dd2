/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
an_untouched_buffer_is_the_empty_text(void **state)
{
    (void)state;
    struct strbuf buf = { 0 };
    assert_string_equal(strbuf_text(&buf), "");
    char *text = strbuf_take(&buf);
    assert_string_equal(text, "");
    free(text);
}

static void
grows_with_what_is_added(void **state)
{
    (void)state;
    struct strbuf buf = { 0 };
    for (int i = 0; i < 1000; i++)
        strbuf_printf(&buf, "%d,", i);
    strbuf_str(&buf, "end");
    strbuf_char(&buf, '!');
    assert_int_equal(buf.n, strlen(strbuf_text(&buf)));
    assert_string_equal(strbuf_text(&buf) + buf.n - 8, "999,end!");
    assert_false(strbuf_failed(&buf));
    strbuf_finish(&buf);
}

static void
can_be_cleared_and_taken(void **state)
{
    (void)state;
    struct strbuf buf = { 0 };
    strbuf_str(&buf, "old");
    strbuf_clear(&buf);
    assert_string_equal(strbuf_text(&buf), "");
    strbuf_str(&buf, "new");
    char *text = strbuf_take(&buf);
    assert_string_equal(text, "new");
    assert_null(buf.text);
    free(text);
}

static void
assert_json(const char *text, size_t n, const char *expected)
{
    struct strbuf buf = { 0 };
    strbuf_json_string(&buf, text, n);
    assert_string_equal(strbuf_text(&buf), expected);
    strbuf_finish(&buf);
}

static void
escapes_what_json_must_escape(void **state)
{
    (void)state;
    assert_json("", 0, "\"\"");
    assert_json("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    assert_json("\n\r\t\x01\0", 5, "\"\\n\\r\\t\\u0001\\u0000\"");
}

static void
keeps_utf8_and_replaces_what_is_none(void **state)
{
    (void)state;
    assert_json("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9,
                "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    assert_json("a\xFF"
                "b",
                3,
                "\"a\xEF\xBF\xBD"
                "b\"");
    assert_json("\xC0\xAF", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                 /* overlong */
    assert_json("\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""); /* a surrogate */
    assert_json("\xC3", 1, "\"\xEF\xBF\xBD\"");                                 /* cut */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_buffer_is_the_empty_text),
        cmocka_unit_test(grows_with_what_is_added),
        cmocka_unit_test(can_be_cleared_and_taken),
        cmocka_unit_test(escapes_what_json_must_escape),
        cmocka_unit_test(keeps_utf8_and_replaces_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
