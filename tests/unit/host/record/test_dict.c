/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "record/dict.h"

static struct levada_scalar
str(const char *text)
{
    return (struct levada_scalar){ LEVADA_T_STR, (uint32_t)strlen(text), { .s = text } };
}

static struct levada_scalar
i64(int64_t i)
{
    return (struct levada_scalar){ LEVADA_T_I64, 0, { .i = i } };
}

static struct levada_scalar
f64(double f)
{
    return (struct levada_scalar){ LEVADA_T_F64, 0, { .f = f } };
}

static uint32_t
add(struct dict *dict, struct levada_scalar value)
{
    return dict_add(dict, &value);
}

static void
starts_with_missing_and_null(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    const struct levada_dict *public = dict_public(dict);
    assert_int_equal(public->n, 2);
    assert_int_equal(public->entry[0].type, LEVADA_T_MISSING);
    assert_int_equal(public->entry[1].type, LEVADA_T_NULL);
    assert_int_equal(add(dict, (struct levada_scalar){ LEVADA_T_MISSING, 0, { 0 } }), 0);
    assert_int_equal(add(dict, (struct levada_scalar){ LEVADA_T_NULL, 7, { 9 } }), 1);
    dict_unref(dict);
}

/* Lengths 0 to 70 cover each way to hash and compare; one byte at each place makes the difference.
 */
static void
tells_texts_of_every_length_apart(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    uint32_t id = 2;
    for (uint32_t n = 0; n <= 70; n++) {
        for (uint32_t at = 0; at < (n == 0 ? 1 : n); at++) {
            char text[71];
            memset(text, 'x', sizeof(text));
            text[at] = 'y';
            struct levada_scalar value = { LEVADA_T_STR, n, { .s = text } };
            assert_int_equal(dict_find(dict, &value), UINT32_MAX);
            assert_int_equal(dict_add(dict, &value), id++);
        }
    }
    assert_int_equal(dict_public(dict)->n, id);
    uint32_t again = 2, ids[1];
    for (uint32_t n = 0; n <= 70; n++) {
        for (uint32_t at = 0; at < (n == 0 ? 1 : n); at++) {
            char text[71];
            memset(text, 'x', sizeof(text));
            text[at] = 'y';
            struct levada_scalar value = { LEVADA_T_STR, n, { .s = text } };
            assert_true(dict_add_all(dict, &value, 1, ids));
            assert_int_equal(ids[0], again++);
        }
    }
    dict_unref(dict);
}

static void
copies_the_bytes_it_keeps(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    char text[] = "Traffic Stop";
    uint32_t id = add(dict, str(text));
    text[0] = 'X';
    assert_memory_equal(dict_public(dict)->entry[id].u.s, "Traffic Stop", 12);
    assert_int_equal(add(dict, str("Traffic Stop")), id);
    dict_unref(dict);
}

static void
takes_equal_numbers_for_one_value(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    assert_int_equal(add(dict, i64(1)), add(dict, f64(1.0)));
    assert_int_equal(add(dict, f64(0.0)), add(dict, f64(-0.0)));
    assert_int_equal(add(dict, f64(NAN)), add(dict, f64(-NAN)));
    assert_int_not_equal(add(dict, i64(INT64_MAX)), add(dict, f64(0x1p63)));
    assert_int_not_equal(add(dict, f64(0.5)), add(dict, f64(0.25)));
    assert_int_equal(add(dict, f64(-INFINITY)), add(dict, f64(-INFINITY)));
    dict_unref(dict);
}

static void
tells_types_apart(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    struct levada_scalar value = str("12"), number = i64(1);
    uint32_t ids[6], n = 0;
    for (value.type = LEVADA_T_STR; value.type <= LEVADA_T_NUM; value.type++)
        ids[n++] = dict_add(dict, &value);
    ids[n++] = dict_add(dict, &number);
    number.type = LEVADA_T_BOOL;
    ids[n++] = dict_add(dict, &number);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(ids[i], 2 + i);
    dict_unref(dict);
}

static void
interns_a_column_of_all_kinds(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    struct levada_scalar values[] = { str("a"), { 0 }, i64(5), str("b"), str("a"), i64(5) };
    uint32_t ids[6];
    values[1].type = LEVADA_T_NULL;
    assert_true(dict_add_all(dict, values, 6, ids));
    const uint32_t expected[] = { 2, 1, 3, 4, 2, 3 };
    assert_memory_equal(ids, expected, sizeof(ids));
    dict_unref(dict);
}

static void
keeps_ids_and_old_entries_as_it_grows(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    const struct levada_scalar *early = dict_public(dict)->entry;
    char text[20];
    for (uint32_t i = 0; i < 50000; i++) {
        snprintf(text, sizeof(text), "%u", (unsigned)i);
        assert_int_equal(add(dict, str(text)), i + 2);
    }
    for (uint32_t i = 0; i < 50000; i++) {
        snprintf(text, sizeof(text), "%u", (unsigned)i);
        assert_int_equal(add(dict, str(text)), i + 2);
    }
    assert_memory_equal(early[2].u.s, "0", 1);
    assert_true(dict_bytes(dict) > 50000 * sizeof(struct levada_scalar));
    dict_unref(dict);
}

static void
appends_without_looking(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    struct levada_scalar a = str("a"), null = { .type = LEVADA_T_NULL };
    assert_true(dict_append(dict, &a));
    assert_true(dict_append(dict, &null));
    assert_true(dict_append(dict, &a));
    assert_int_equal(dict_public(dict)->n, 5);
    assert_int_equal(dict_find(dict, &a), 2);
    assert_int_equal(dict_find(dict, &null), 1);
    dict_unref(dict);
}

static void
has_a_generation_of_its_own(void **state)
{
    (void)state;
    struct dict *a = dict_create(), *b = dict_create();
    assert_int_not_equal(dict_public(a)->generation, dict_public(b)->generation);
    dict_unref(a);
    dict_unref(b);
}

static void
lives_until_the_last_reference(void **state)
{
    (void)state;
    struct dict *dict = dict_create();
    assert_ptr_equal(dict_ref(dict), dict);
    dict_unref(dict);
    assert_int_equal(add(dict, str("still here")), 2);
    dict_unref(dict);
    assert_null(dict_ref(NULL));
    dict_unref(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_with_missing_and_null),
        cmocka_unit_test(tells_texts_of_every_length_apart),
        cmocka_unit_test(copies_the_bytes_it_keeps),
        cmocka_unit_test(takes_equal_numbers_for_one_value),
        cmocka_unit_test(tells_types_apart),
        cmocka_unit_test(interns_a_column_of_all_kinds),
        cmocka_unit_test(keeps_ids_and_old_entries_as_it_grows),
        cmocka_unit_test(appends_without_looking),
        cmocka_unit_test(has_a_generation_of_its_own),
        cmocka_unit_test(lives_until_the_last_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
