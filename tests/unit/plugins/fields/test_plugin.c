/* SPDX-License-Identifier: Apache-2.0 */
#include "real_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void
set_pairs(struct real_stage *stage, const char *option, const struct levada_pair *pairs, uint64_t n)
{
    *(struct levada_list *)real_stage_option(stage, option) = (struct levada_list){ pairs, n };
}

/* @paths: room for the path of each of @names, in which the option's value lives. */
static void
set_paths(struct real_stage *stage, const char *option, const struct levada_path **paths,
          const char *const *names, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        paths[i] = real_stage_path(stage, names[i]);
    *(struct levada_list *)real_stage_option(stage, option) = (struct levada_list){ paths, n };
}

static void
expect_plan(struct real_stage *stage, const char *expected)
{
    assert_string_equal(real_stage_plan(stage), "");
    assert_string_equal(real_stage_fields(stage), expected);
}

static void
a_renamed_field_keeps_its_place(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair rename[] = { { "kind", "type" } };
    set_pairs(stage, "rename", rename, 1);
    expect_plan(stage, "needs type; adds kind after type; drops type; ");
    assert_string_equal(
        real_stage_process(stage, "{\"id\":1,\"type\":\"x\",\"n\":2}\n{\"n\":3,\"id\":2}\n"),
        "{\"id\":1,\"kind\":\"x\",\"n\":2}\n{\"id\":2,\"n\":3}\n");
    real_stage_destroy(stage);
}

static void
two_fields_change_their_names(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair rename[] = { { "a", "b" }, { "b", "a" } };
    set_pairs(stage, "rename", rename, 2);
    expect_plan(stage, "needs b; needs a; adds a after b; adds b after a; ");
    assert_string_equal(real_stage_process(stage, "{\"a\":1,\"b\":2}\n"), "{\"b\":1,\"a\":2}\n");
    real_stage_destroy(stage);
}

static void
a_value_inside_a_field_is_copied_to_the_end(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair rename[] = { { "lat", "at.lat" }, { "where", "meta:stream" } };
    set_pairs(stage, "rename", rename, 2);
    expect_plan(stage, "needs at.lat; needs meta:stream; adds lat after at.lat; "
                       "adds where after meta:stream; ");
    assert_string_equal(real_stage_process(stage, "{\"at\":{\"lat\":1.5},\"n\":2}\n"),
                        "{\"at\":{\"lat\":1.5},\"n\":2,\"lat\":1.5,\"where\":\"test\"}\n");
    real_stage_destroy(stage);
}

static void
the_new_name_replaces_a_field_that_had_it(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair rename[] = { { "b", "a" } };
    set_pairs(stage, "rename", rename, 1);
    assert_string_equal(real_stage_plan(stage), "");
    assert_string_equal(real_stage_process(stage, "{\"b\":1,\"c\":2,\"a\":3}\n"),
                        "{\"c\":2,\"b\":3}\n");
    real_stage_destroy(stage);
}

static void
constants_can_be_cast(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair constant[] = { { "year", "2018" }, { "city", "SF" } };
    const struct levada_pair cast[] = { { "year", "int" } };
    set_pairs(stage, "constant", constant, 2);
    set_pairs(stage, "cast", cast, 1);
    expect_plan(stage, "adds year; adds city; ");
    assert_string_equal(real_stage_process(stage, "{\"n\":1}\n{\"n\":2,\"city\":\"LA\"}\n"),
                        "{\"n\":1,\"year\":2018,\"city\":\"SF\"}\n"
                        "{\"n\":2,\"city\":\"SF\",\"year\":2018}\n");
    real_stage_destroy(stage);
}

static void
casts_every_type(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair cast[] = {
        { "i", "int" }, { "f", "float" }, { "s", "string" }, { "b", "bool" }, { "t", "time" },
    };
    set_pairs(stage, "cast", cast, 5);
    expect_plan(stage, "needs i; needs f; needs s; needs b; needs t; ");
    assert_string_equal(
        real_stage_process(
            stage,
            "{\"i\":\"7\",\"f\":\"1e3\",\"s\":12,\"b\":\"TRUE\",\"t\":\"2018-12-31 23:57\"}\n"
            "{\"i\":null,\"s\":[1, 2],\"b\":0,\"t\":1000}\n"),
        "{\"i\":7,\"f\":1000.0,\"s\":\"12\",\"b\":true,\"t\":\"2018-12-31T23:57:00\"}\n"
        "{\"i\":null,\"s\":\"[1, 2]\",\"b\":false,\"t\":\"1970-01-01T00:00:01\"}\n");
    real_stage_destroy(stage);
}

static void
rejects_records_that_cannot_be_cast(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair cast[] = { { "i", "int" }, { "t", "time" } };
    set_pairs(stage, "cast", cast, 2);
    assert_string_equal(real_stage_plan(stage), "");
    assert_string_equal(
        real_stage_process(
            stage, "{\"i\":\"x\",\"t\":\"x\"}\n{\"i\":2}\n"
                   "{\"i\":3,\"t\":\"a text that is longer than forty bytes, so it is cut\"}\n"),
        "{\"i\":2}\n"
        "record 0: field \"i\": \"x\" is no int\n"
        "record 2: field \"t\": \"a text that is longer than forty bytes, ...\" is no time\n");
    assert_int_equal(real_stage_status(stage), LEVADA_OK);
    real_stage_destroy(stage);
}

static void
keeps_fields_in_the_order_that_is_asked_for(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair rename[] = { { "kind", "type" } };
    static const char *const names[] = { "n", "kind" };
    const struct levada_path *paths[2];
    set_pairs(stage, "rename", rename, 1);
    set_paths(stage, "keep", paths, names, 2);
    expect_plan(stage, "needs type; needs n; adds kind after type; adds n; adds kind; "
                       "drops type; only; ");
    assert_string_equal(
        real_stage_process(stage, "{\"id\":1,\"type\":\"x\",\"n\":2}\n{\"type\":\"y\"}\n"),
        "{\"n\":2,\"kind\":\"x\"}\n{\"kind\":\"y\"}\n");
    real_stage_destroy(stage);
}

static void
drops_fields(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    static const char *const names[] = { "id", "n" };
    const struct levada_path *paths[2];
    set_paths(stage, "drop", paths, names, 2);
    expect_plan(stage, "drops id; drops n; ");
    assert_string_equal(
        real_stage_process(stage, "{\"id\":1,\"type\":\"x\",\"n\":2}\n{\"id\":2}\n"),
        "{\"type\":\"x\"}\n{}\n");
    real_stage_destroy(stage);
}

static void
reports_all_mistakes_at_once(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair cast[] = { { "a", "integer" }, { "b", "date" } };
    static const char *const names[] = { "a", "b" };
    const struct levada_path *kept[1], *dropped[1];
    set_pairs(stage, "cast", cast, 2);
    set_paths(stage, "keep", kept, names, 1);
    set_paths(stage, "drop", dropped, names + 1, 1);
    const char *problems = real_stage_plan(stage);
    assert_non_null(strstr(problems, "option \"cast\": \"integer\" is no type"));
    assert_non_null(strstr(problems, "option \"cast\": \"date\" is no type"));
    assert_non_null(strstr(problems, "option \"drop\" has no meaning beside \"keep\""));
    real_stage_destroy(stage);
}

static void
refuses_a_name_that_is_no_path(void **state)
{
    (void)state;
    struct real_stage *stage = real_stage_create();
    const struct levada_pair rename[] = { { "a", "b..c" } };
    set_pairs(stage, "rename", rename, 1);
    assert_non_null(strstr(real_stage_plan(stage), "\"b..c\" is no field path"));
    real_stage_destroy(stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_renamed_field_keeps_its_place),
        cmocka_unit_test(two_fields_change_their_names),
        cmocka_unit_test(a_value_inside_a_field_is_copied_to_the_end),
        cmocka_unit_test(the_new_name_replaces_a_field_that_had_it),
        cmocka_unit_test(constants_can_be_cast),
        cmocka_unit_test(casts_every_type),
        cmocka_unit_test(rejects_records_that_cannot_be_cast),
        cmocka_unit_test(keeps_fields_in_the_order_that_is_asked_for),
        cmocka_unit_test(drops_fields),
        cmocka_unit_test(reports_all_mistakes_at_once),
        cmocka_unit_test(refuses_a_name_that_is_no_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
