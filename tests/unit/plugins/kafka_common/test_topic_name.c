/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/topic_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static bool
is_valid(const char *name, size_t n)
{
    const char *why;
    bool valid = topic_name_is_valid(name, n, &why);
    assert_true(valid == (why == NULL));
    return valid;
}

static void
takes_the_names_that_kafka_takes(void **state)
{
    static const char *const names[] = { "a", "police.service.calls", "A-Z_0.9", "...", "..a" };
    char longest[249];
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_true(is_valid(names[i], strlen(names[i])));
    memset(longest, 'x', sizeof(longest));
    assert_true(is_valid(longest, sizeof(longest)));
}

static void
refuses_all_others(void **state)
{
    static const char *const names[] = { "", ".", "..", "a b", "a/b", "ü", "a:b", "a\n", "a*" };
    char too_long[250];
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_false(is_valid(names[i], strlen(names[i])));
    memset(too_long, 'x', sizeof(too_long));
    assert_false(is_valid(too_long, sizeof(too_long)));
    assert_false(is_valid("a\0b", 3));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_names_that_kafka_takes),
        cmocka_unit_test(refuses_all_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
