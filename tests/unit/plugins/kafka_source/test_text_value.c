/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/text_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* In a block of its own size, so that a byte too far is found. */
static bool
is_text(const char *bytes, size_t n)
{
    char *copy = malloc(n > 0 ? n : 1);
    memcpy(copy, bytes, n);
    bool is = text_value_is_utf8((struct levada_bytes){ copy, n });
    free(copy);
    return is;
}

static void
text_is_text(void **state)
{
    (void)state;
    assert_true(is_text("", 0));
    assert_true(is_text("a\0b", 3));
    assert_true(is_text("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf", 13));
    assert_true(text_value_is_utf8((struct levada_bytes){ NULL, 0 }));
}

static void
all_else_is_none(void **state)
{
    static const char *const wrong[] = {
        "\xff",
        "\x80",
        "a\xc3",
        "\xc0\xaf",
        "\xe0\x80\xaf",
        "\xed\xa0\x80",
        "\xe2\x82",
        "\xc3(",
        "\xf4\x90\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf8\x88\x80\x80\x80",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(is_text(wrong[i], strlen(wrong[i])));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_text),
        cmocka_unit_test(all_else_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
