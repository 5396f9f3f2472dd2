/* SPDX-License-Identifier: Apache-2.0 */
#include "key_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <levada/helpers.h>
#include <stdio.h>
#include <string.h>

static struct levada_scalar
text(const char *string)
{
    return levada_str(string, (uint32_t)strlen(string));
}

static bool
add(struct key_index *index, uint64_t number, const char *key, const char *value,
    struct complaint *complaint)
{
    struct levada_scalar cells[] = { text(key), text(value) };
    return key_index_add(index, number, cells, complaint);
}

/* The value that is added for @key, where one value and one key are used. */
static const struct levada_scalar *
found(const struct key_index *index, const char *key)
{
    struct levada_scalar scalar = text(key);
    uint32_t part = key_index_part(index, 0, &scalar);
    uint32_t id = key_index_value(index, key_index_match(index, &part), 0);
    return &key_index_dictionary(index, 0)->entry[id];
}

static void
finds_the_row_of_a_key(void **state)
{
    (void)state;
    struct complaint complaint;
    struct key_index *index = key_index_create(1, 1, KEY_INDEX_DUPLICATES_ARE_ERRORS);
    assert_true(add(index, 1, "ABA", "Abated", &complaint));
    assert_true(add(index, 2, "", "Nothing", &complaint));

    assert_true(levada_is(found(index, "ABA"), "Abated"));
    assert_true(levada_is(found(index, ""), "Nothing"));
    assert_int_equal(found(index, "XYZ")->type, LEVADA_T_NULL);
    assert_int_equal(key_index_rows(index), 2);
    key_index_destroy(index);
}

static void
equal_values_have_equal_ids(void **state)
{
    (void)state;
    struct complaint complaint;
    struct key_index *index = key_index_create(1, 1, KEY_INDEX_DUPLICATES_ARE_ERRORS);
    assert_true(add(index, 1, "CAN", "Cancel", &complaint));
    assert_true(add(index, 2, "22", "Cancel", &complaint));
    assert_ptr_equal(found(index, "CAN"), found(index, "22"));
    key_index_destroy(index);
}

static void
names_both_rows_of_a_duplicate_key(void **state)
{
    (void)state;
    struct complaint complaint;
    struct key_index *index = key_index_create(1, 1, KEY_INDEX_DUPLICATES_ARE_ERRORS);
    assert_true(add(index, 3, "22", "Cancel", &complaint));
    assert_false(add(index, 7, "22", "Other", &complaint));
    assert_non_null(strstr(complaint.text, "rows 3 and 7 have the same key, \"22\""));
    key_index_destroy(index);
}

static void
first_or_last_chooses_among_duplicates(void **state)
{
    (void)state;
    struct complaint complaint;
    struct key_index *first = key_index_create(1, 1, KEY_INDEX_FIRST_WINS);
    struct key_index *last = key_index_create(1, 1, KEY_INDEX_LAST_WINS);
    for (uint64_t i = 1; i <= 3; i++) {
        const char *value = i == 1 ? "one" : i == 2 ? "two" : "three";
        assert_true(add(first, i, "key", value, &complaint));
        assert_true(add(last, i, "key", value, &complaint));
    }
    assert_true(levada_is(found(first, "key"), "one"));
    assert_true(levada_is(found(last, "key"), "three"));
    assert_int_equal(key_index_rows(last), 1);
    key_index_destroy(first);
    key_index_destroy(last);
}

static void
a_null_key_matches_nothing(void **state)
{
    (void)state;
    struct complaint complaint;
    struct key_index *index = key_index_create(1, 1, KEY_INDEX_DUPLICATES_ARE_ERRORS);
    struct levada_scalar null = { .type = LEVADA_T_NULL };
    struct levada_scalar cells[] = { null, text("x") };
    assert_true(key_index_add(index, 1, cells, &complaint));
    assert_true(key_index_add(index, 2, cells, &complaint)); /* nor is it a duplicate */
    assert_int_equal(key_index_part(index, 0, &null), KEY_INDEX_NO_MATCH);
    assert_int_equal(key_index_rows(index), 0);
    key_index_destroy(index);
}

static void
several_keys_match_together(void **state)
{
    (void)state;
    struct complaint complaint;
    struct key_index *index = key_index_create(2, 1, KEY_INDEX_DUPLICATES_ARE_ERRORS);
    struct levada_scalar rows[][3] = {
        { text("a"), text("x"), text("1") },
        { text("a"), text("y"), text("2") },
        { text("b"), text("x"), text("3") },
    };
    for (uint64_t i = 0; i < 3; i++)
        assert_true(key_index_add(index, i + 1, rows[i], &complaint));

    struct levada_scalar b = text("b"), y = text("y"), x = text("x"), z = text("z");
    uint32_t parts[] = { key_index_part(index, 0, &b), key_index_part(index, 1, &x) };
    uint32_t match = key_index_match(index, parts);
    const struct distinct *values = key_index_dictionary(index, 0);
    assert_true(levada_is(&values->entry[key_index_value(index, match, 0)], "3"));
    parts[1] = key_index_part(index, 1, &y); /* each is known, but not together */
    assert_int_equal(key_index_match(index, parts), KEY_INDEX_NO_MATCH);
    parts[1] = key_index_part(index, 1, &z);
    assert_int_equal(key_index_match(index, parts), KEY_INDEX_NO_MATCH);

    assert_false(key_index_add(index, 4, rows[1], &complaint));
    assert_non_null(strstr(complaint.text, "rows 2 and 4 have the same key, \"a\", \"y\""));
    key_index_destroy(index);
}

static void
grows_to_many_rows(void **state)
{
    (void)state;
    struct complaint complaint;
    struct key_index *index = key_index_create(1, 1, KEY_INDEX_DUPLICATES_ARE_ERRORS);
    char key[16], value[16];
    for (unsigned i = 1; i <= 50000; i++) {
        snprintf(key, sizeof(key), "key %u", i);
        snprintf(value, sizeof(value), "value %u", i % 100);
        assert_true(add(index, i, key, value, &complaint));
    }
    for (unsigned i = 1; i <= 50000; i += 7) {
        snprintf(key, sizeof(key), "key %u", i);
        snprintf(value, sizeof(value), "value %u", i % 100);
        assert_true(levada_is(found(index, key), value));
    }
    assert_int_equal(key_index_dictionary(index, 0)->n, 2 + 100);
    key_index_destroy(index);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_row_of_a_key),
        cmocka_unit_test(equal_values_have_equal_ids),
        cmocka_unit_test(names_both_rows_of_a_duplicate_key),
        cmocka_unit_test(first_or_last_chooses_among_duplicates),
        cmocka_unit_test(a_null_key_matches_nothing),
        cmocka_unit_test(several_keys_match_together),
        cmocka_unit_test(grows_to_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
