/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *
best(const char *wanted, const char *a, const char *b)
{
    struct suggest suggest;
    suggest_start(&suggest, wanted);
    suggest_offer(&suggest, a);
    suggest_offer(&suggest, b);
    return suggest_best(&suggest);
}

static void
finds_the_nearest_name(void **state)
{
    (void)state;
    assert_string_equal(best("watermrk", "window", "watermark"), "watermark");
    assert_string_equal(best("group_yb", "order_by", "group_by"), "group_by");
}

static void
counts_swapped_letters_as_one_mistake(void **state)
{
    (void)state;
    assert_string_equal(best("form", "name", "from"), "from");
}

static void
suggests_nothing_that_is_too_far_away(void **state)
{
    (void)state;
    assert_null(best("colour", "window", "watermark"));
    assert_null(best("path", "patterns", "tp"));
}

static void
allows_one_mistake_in_a_short_name(void **state)
{
    (void)state;
    assert_string_equal(best("o", "on", "path"), "on");
    assert_null(best("on", "path", "type"));
}

static void
the_first_of_equals_wins(void **state)
{
    (void)state;
    assert_string_equal(best("pat", "path", "part"), "path");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_nearest_name),
        cmocka_unit_test(counts_swapped_letters_as_one_mistake),
        cmocka_unit_test(suggests_nothing_that_is_too_far_away),
        cmocka_unit_test(allows_one_mistake_in_a_short_name),
        cmocka_unit_test(the_first_of_equals_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
