/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "record/path.h"

static struct path_set *set;

static int
make_set(void **state)
{
    (void)state;
    set = path_set_create();
    return set == NULL;
}

static int
drop_set(void **state)
{
    (void)state;
    path_set_destroy(set);
    return 0;
}

static const struct levada_path *
get(const char *text)
{
    struct error err;
    const struct levada_path *path = path_set_get(set, text, &err);
    if (path == NULL)
        fail_msg("%s", err.text);
    return path;
}

static void
reads_names_and_indexes(void **state)
{
    (void)state;
    const struct levada_path *path = get("a[3].b");
    assert_int_equal(path->kind, PATH_FIELD);
    assert_int_equal(path->n_steps, 3);
    assert_string_equal(path->steps[0].name, "a");
    assert_null(path->steps[1].name);
    assert_int_equal(path->steps[1].index, 3);
    assert_string_equal(path->steps[2].name, "b");
    assert_int_equal(path->steps[2].name_n, 1);
}

static void
gives_one_path_for_all_ways_to_write_it(void **state)
{
    (void)state;
    static const char *const same[] = { "$.a.b", "$['a'].b", "$[\"a\"]['b']", "a['b']" };
    for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
        assert_ptr_equal(get(same[i]), get("a.b"));
    assert_string_equal(get("$.a.b")->text, "a.b");
    assert_ptr_equal(get("a[007]"), get("a[7]"));
}

static void
quotes_names_that_need_it(void **state)
{
    (void)state;
    static const char *const canonical[] = {
        "$['odd.name'].b", "a['x[0]']", "$['it\\'s.']", "$['\\\\.']",          "$['']",
        "$['meta:key']",   "$['$']",    "$['header:']", "$['\\u000a\\u0000']",
    };
    for (size_t i = 0; i < sizeof(canonical) / sizeof(*canonical); i++)
        assert_string_equal(get(canonical[i])->text, canonical[i]);
    assert_memory_equal(get("$['it\\'s.']")->steps[0].name, "it's.", 6);
    assert_memory_equal(get("$['\\u000a\\u0000']")->steps[0].name, "\n", 2);
    assert_int_equal(get("$['\\u000a\\u0000']")->steps[0].name_n, 2);
}

static void
takes_odd_but_plain_names_as_they_are(void **state)
{
    (void)state;
    static const char *const plain[] = { "Call Type", "$price", "ns:name", "é", "it's" };
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
        assert_string_equal(get(plain[i])->text, plain[i]);
        assert_true(path_is_top(get(plain[i])));
    }
}

static void
names_a_top_level_field_by_any_bytes(void **state)
{
    (void)state;
    assert_ptr_equal(path_set_field(set, "disposition", 11), get("disposition"));
    assert_ptr_equal(path_set_field(set, "a.b", 3), get("$['a.b']"));
    assert_ptr_not_equal(path_set_field(set, "x\0y", 3), path_set_field(set, "x", 1));
    assert_ptr_equal(path_set_field(set, "meta:key", 8), get("$['meta:key']"));
    assert_true(path_is_top(path_set_field(set, "", 0)));
}

static void
knows_the_properties_of_a_record(void **state)
{
    (void)state;
    assert_int_equal(get("meta:key")->kind, PATH_KEY);
    assert_int_equal(get("meta:value")->kind, PATH_VALUE);
    assert_int_equal(get("meta:timestamp")->kind, PATH_TIMESTAMP);
    assert_int_equal(get("meta:stream")->kind, PATH_STREAM);
    assert_int_equal(get("meta:partition")->kind, PATH_PARTITION);
    assert_int_equal(get("meta:offset")->kind, PATH_OFFSET);
    assert_int_equal(get("header:trace-id")->kind, PATH_HEADER);
    assert_string_equal(get("header:trace-id")->header, "trace-id");
    assert_false(path_is_top(get("meta:key")));
}

static void
refuses_what_is_no_path(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",      ".a",    "a.",       "a..b",      "a[",      "a[]",           "a[x]", "a[1",
        "a]",    "[0]",   "$",        "$.",        "$[0]",    "a[-1]",         "a['b", "a['b'",
        "a['b]", "a[1]b", "$['\\n']", "meta:what", "header:", "a[4294967296]",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct error err = { 0 };
        if (path_set_get(set, wrong[i], &err) != NULL)
            fail_msg("accepted \"%s\"", wrong[i]);
        assert_int_equal(err.status, LEVADA_CONFIG);
        assert_true(strlen(err.text) > 0);
    }
    assert_null(path_set_get(set, "[", NULL));
}

static void
allows_32_steps_and_no_more(void **state)
{
    (void)state;
    char text[80] = "a";
    for (int i = 1; i < 32; i++)
        strcat(text, ".a");
    assert_int_equal(get(text)->n_steps, 32);
    strcat(text, ".a");
    assert_null(path_set_get(set, text, NULL));
}

static void
numbers_paths_and_keeps_them_as_it_grows(void **state)
{
    (void)state;
    const struct levada_path *first = get("field0");
    char text[20];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(text, sizeof(text), "field%u", i);
        assert_int_equal(get(text)->number, i);
    }
    assert_int_equal(path_set_count(set), 1000);
    assert_ptr_equal(get("field0"), first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_set, drop_set)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_names_and_indexes),
        TEST(gives_one_path_for_all_ways_to_write_it),
        TEST(quotes_names_that_need_it),
        TEST(takes_odd_but_plain_names_as_they_are),
        TEST(names_a_top_level_field_by_any_bytes),
        TEST(knows_the_properties_of_a_record),
        TEST(refuses_what_is_no_path),
        TEST(allows_32_steps_and_no_more),
        TEST(numbers_paths_and_keeps_them_as_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
