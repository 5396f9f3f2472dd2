/* SPDX-License-Identifier: Apache-2.0 */
#include "real_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
writes_a_text_in_capitals_and_leaves_the_rest(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    *(const struct levada_path **)real_stage_option(stage, "field") =
        real_stage_path(stage, "word");
    assert_string_equal(real_stage_plan(stage), "");
    assert_string_equal(
        real_stage_process(stage, "{\"word\":\"hello\",\"n\":1}\n{\"word\":7}\n{\"n\":2}\n"),
        "{\"word\":\"HELLO\",\"n\":1}\n{\"word\":7}\n{\"n\":2}\n");
    assert_int_equal(real_stage_status(stage), LEVADA_OK);
    real_stage_destroy(stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_text_in_capitals_and_leaves_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
