/* SPDX-License-Identifier: Apache-2.0 */
#include "real_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char *const records = "{\"n\":1, \"code\":\"A\"}\n"
                                   "{\"n\":2, \"a\":{\"odd name\":true}}\n"
                                   "{\"n\":3, \"code\":null}\n";

static struct real_stage *
filter_of(const char *where)
{
    struct real_stage *stage = real_stage_create();
    *(const char **)real_stage_option(stage, "where") = where;
    return stage;
}

static void
expect(const char *where, const char *expected)
{
    struct real_stage *stage = filter_of(where);
    assert_string_equal(real_stage_plan(stage), "");
    assert_string_equal(real_stage_process(stage, records), expected);
    assert_int_equal(real_stage_status(stage), LEVADA_FILTERED);
    real_stage_destroy(stage);
}

static void
emits_the_records_for_which_the_condition_holds(void **state)
{
    (void)state;
    expect("n != 2", "{\"n\":1,\"code\":\"A\"}\n{\"n\":3,\"code\":null}\n");
    expect("a.`odd name` = true", "{\"n\":2,\"a\":{\"odd name\":true}}\n");
    expect("code = null and n > 2", "{\"n\":3,\"code\":null}\n");
    expect("n > 3", "");
    expect(
        "exists n",
        "{\"n\":1,\"code\":\"A\"}\n{\"n\":2,\"a\":{\"odd name\":true}}\n{\"n\":3,\"code\":null}\n");
}

static void
tells_what_is_wrong_with_the_condition(void **state)
{
    (void)state;
    struct real_stage *stage = filter_of("n = ");
    assert_string_equal(real_stage_plan(stage),
                        "option \"where\", character 5: a field or a value is expected, but the "
                        "text ends\n");
    real_stage_destroy(stage);

    stage = filter_of("meta:colour = 1");
    assert_non_null(strstr(real_stage_plan(stage), "\"meta:colour\" is no property of a record"));
    real_stage_destroy(stage);
}

static void
needs_the_fields_that_it_compares(void **state)
{
    (void)state;
    struct real_stage *stage = filter_of("a.b > 1 and not exists c");
    assert_string_equal(real_stage_plan(stage), "");
    assert_string_equal(real_stage_fields(stage), "needs a.b; ");
    real_stage_destroy(stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emits_the_records_for_which_the_condition_holds),
        cmocka_unit_test(tells_what_is_wrong_with_the_condition),
        cmocka_unit_test(needs_the_fields_that_it_compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
