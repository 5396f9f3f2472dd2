/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
setting_an_error_returns_its_status(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(error_set(&err, LEVADA_IO, "disk %d is full", 3), LEVADA_IO);
    assert_int_equal(err.status, LEVADA_IO);
    assert_string_equal(err.text, "disk 3 is full");
    assert_int_equal(error_set(NULL, LEVADA_RETRY, "nobody asks"), LEVADA_RETRY);
}

static void
an_error_can_be_set_from_its_own_text(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, LEVADA_IO, "no space");
    error_set(&err, LEVADA_FATAL, "again: %s", err.text);
    assert_string_equal(err.text, "again: no space");
}

static void
context_stands_in_front(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, LEVADA_CONFIG, "no such field");
    assert_int_equal(error_in(&err, "stage \"%s\"", "windows"), LEVADA_CONFIG);
    assert_string_equal(err.text, "stage \"windows\": no such field");
}

static void
what_does_not_fit_is_cut(void **state)
{
    (void)state;
    struct error err;
    char context[2000];
    memset(context, 'x', sizeof(context) - 1);
    context[sizeof(context) - 1] = '\0';
    error_set(&err, LEVADA_FATAL, "%s", context);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    error_in(&err, "ab");
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_memory_equal(err.text, "ab: xxx", 7);
    error_in(&err, "%s", context);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void
each_failure_has_its_exit_code(void **state)
{
    (void)state;
    assert_int_equal(error_exit_code(LEVADA_OK), 0);
    assert_int_equal(error_exit_code(LEVADA_END), 0);
    assert_int_equal(error_exit_code(LEVADA_REJECT), 65);
    assert_int_equal(error_exit_code(LEVADA_NO_INPUT), 66);
    assert_int_equal(error_exit_code(LEVADA_RETRY), 69);
    assert_int_equal(error_exit_code(LEVADA_UNAVAILABLE), 69);
    assert_int_equal(error_exit_code(LEVADA_FATAL), 70);
    assert_int_equal(error_exit_code(LEVADA_LOST), 70);
    assert_int_equal(error_exit_code(-99), 70);
    assert_int_equal(error_exit_code(LEVADA_NO_OUTPUT), 73);
    assert_int_equal(error_exit_code(LEVADA_IO), 74);
    assert_int_equal(error_exit_code(LEVADA_CONFIG), 78);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_an_error_returns_its_status),
        cmocka_unit_test(an_error_can_be_set_from_its_own_text),
        cmocka_unit_test(context_stands_in_front),
        cmocka_unit_test(what_does_not_fit_is_cut),
        cmocka_unit_test(each_failure_has_its_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
