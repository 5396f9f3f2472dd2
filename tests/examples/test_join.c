/* SPDX-License-Identifier: Apache-2.0 */
#include "real_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct levada_pair pairs[] = { { "w0", "zero" }, { "w2", "two" } };

static struct real_stage *
planned_join(void)
{
    struct real_stage *stage = real_stage_create();
    *(const struct levada_path **)real_stage_option(stage, "on") = real_stage_path(stage, "word");
    *(const struct levada_path **)real_stage_option(stage, "add") = real_stage_path(stage, "name");
    *(struct levada_list *)real_stage_option(stage, "table") = (struct levada_list){ pairs, 2 };
    assert_string_equal(real_stage_plan(stage), "");
    return stage;
}

static void
adds_what_it_finds_and_drops_the_rest(void **state)
{
    (void)state;
    struct real_stage *stage = planned_join();
    assert_string_equal(
        real_stage_process(stage, "{\"word\":\"w2\"}\n{\"word\":\"w1\"}\n{\"n\":1}\n"
                                  "{\"word\":null}\n{\"word\":\"w0\",\"n\":2}\n"),
        "{\"word\":\"w2\",\"name\":\"two\"}\n{\"word\":\"w0\",\"n\":2,\"name\":\"zero\"}\n");
    assert_int_equal(real_stage_status(stage), LEVADA_FILTERED);
    real_stage_destroy(stage);
}

static void
knows_words_that_a_later_batch_brings(void **state)
{
    (void)state;
    struct real_stage *stage = planned_join();
    assert_string_equal(real_stage_process(stage, "{\"word\":\"w1\"}\n"), "");
    assert_string_equal(real_stage_process(stage, "{\"word\":\"w0\"}\n{\"word\":\"w1\"}\n"),
                        "{\"word\":\"w0\",\"name\":\"zero\"}\n");
    real_stage_destroy(stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_what_it_finds_and_drops_the_rest),
        cmocka_unit_test(knows_words_that_a_later_batch_brings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
