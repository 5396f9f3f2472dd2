/* SPDX-License-Identifier: Apache-2.0 */
#include "lookup.h"

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
add(struct lookup *lookup, uint64_t number, const char *key, const char *value,
    struct complaint *complaint)
{
    struct levada_scalar cells[] = { text(key), text(value) };
    return lookup_add(lookup, number, cells, complaint);
}

/* The value that is added for @key, where one value and one key are used. */
static const struct levada_scalar *
found(const struct lookup *lookup, const char *key)
{
    struct levada_scalar scalar = text(key);
    uint32_t part = lookup_part(lookup, 0, &scalar);
    uint32_t id = lookup_value(lookup, lookup_match(lookup, &part), 0);
    return &lookup_dictionary(lookup, 0)->entry[id];
}

static void
finds_the_row_of_a_key(void **state)
{
    (void)state;
    struct complaint complaint;
    struct lookup *lookup = lookup_create(1, 1, LOOKUP_DUPLICATES_ARE_ERRORS);
    assert_true(add(lookup, 1, "ABA", "Abated", &complaint));
    assert_true(add(lookup, 2, "", "Nothing", &complaint));

    assert_true(levada_is(found(lookup, "ABA"), "Abated"));
    assert_true(levada_is(found(lookup, ""), "Nothing"));
    assert_int_equal(found(lookup, "XYZ")->type, LEVADA_T_NULL);
    assert_int_equal(lookup_rows(lookup), 2);
    lookup_destroy(lookup);
}

static void
equal_values_have_equal_ids(void **state)
{
    (void)state;
    struct complaint complaint;
    struct lookup *lookup = lookup_create(1, 1, LOOKUP_DUPLICATES_ARE_ERRORS);
    assert_true(add(lookup, 1, "CAN", "Cancel", &complaint));
    assert_true(add(lookup, 2, "22", "Cancel", &complaint));
    assert_ptr_equal(found(lookup, "CAN"), found(lookup, "22"));
    lookup_destroy(lookup);
}

static void
names_both_rows_of_a_duplicate_key(void **state)
{
    (void)state;
    struct complaint complaint;
    struct lookup *lookup = lookup_create(1, 1, LOOKUP_DUPLICATES_ARE_ERRORS);
    assert_true(add(lookup, 3, "22", "Cancel", &complaint));
    assert_false(add(lookup, 7, "22", "Other", &complaint));
    assert_non_null(strstr(complaint.text, "rows 3 and 7 have the same key, \"22\""));
    lookup_destroy(lookup);
}

static void
first_or_last_chooses_among_duplicates(void **state)
{
    (void)state;
    struct complaint complaint;
    struct lookup *first = lookup_create(1, 1, LOOKUP_FIRST_WINS);
    struct lookup *last = lookup_create(1, 1, LOOKUP_LAST_WINS);
    for (uint64_t i = 1; i <= 3; i++) {
        const char *value = i == 1 ? "one" : i == 2 ? "two" : "three";
        assert_true(add(first, i, "key", value, &complaint));
        assert_true(add(last, i, "key", value, &complaint));
    }
    assert_true(levada_is(found(first, "key"), "one"));
    assert_true(levada_is(found(last, "key"), "three"));
    assert_int_equal(lookup_rows(last), 1);
    lookup_destroy(first);
    lookup_destroy(last);
}

static void
a_null_key_matches_nothing(void **state)
{
    (void)state;
    struct complaint complaint;
    struct lookup *lookup = lookup_create(1, 1, LOOKUP_DUPLICATES_ARE_ERRORS);
    struct levada_scalar null = { .type = LEVADA_T_NULL };
    struct levada_scalar cells[] = { null, text("x") };
    assert_true(lookup_add(lookup, 1, cells, &complaint));
    assert_true(lookup_add(lookup, 2, cells, &complaint)); /* nor is it a duplicate */
    assert_int_equal(lookup_part(lookup, 0, &null), LOOKUP_NO_MATCH);
    assert_int_equal(lookup_rows(lookup), 0);
    lookup_destroy(lookup);
}

static void
several_keys_match_together(void **state)
{
    (void)state;
    struct complaint complaint;
    struct lookup *lookup = lookup_create(2, 1, LOOKUP_DUPLICATES_ARE_ERRORS);
    struct levada_scalar rows[][3] = {
        { text("a"), text("x"), text("1") },
        { text("a"), text("y"), text("2") },
        { text("b"), text("x"), text("3") },
    };
    for (uint64_t i = 0; i < 3; i++)
        assert_true(lookup_add(lookup, i + 1, rows[i], &complaint));

    struct levada_scalar b = text("b"), y = text("y"), x = text("x"), z = text("z");
    uint32_t parts[] = { lookup_part(lookup, 0, &b), lookup_part(lookup, 1, &x) };
    uint32_t match = lookup_match(lookup, parts);
    const struct distinct *values = lookup_dictionary(lookup, 0);
    assert_true(levada_is(&values->entry[lookup_value(lookup, match, 0)], "3"));
    parts[1] = lookup_part(lookup, 1, &y); /* each is known, but not together */
    assert_int_equal(lookup_match(lookup, parts), LOOKUP_NO_MATCH);
    parts[1] = lookup_part(lookup, 1, &z);
    assert_int_equal(lookup_match(lookup, parts), LOOKUP_NO_MATCH);

    assert_false(lookup_add(lookup, 4, rows[1], &complaint));
    assert_non_null(strstr(complaint.text, "rows 2 and 4 have the same key, \"a\", \"y\""));
    lookup_destroy(lookup);
}

static void
grows_to_many_rows(void **state)
{
    (void)state;
    struct complaint complaint;
    struct lookup *lookup = lookup_create(1, 1, LOOKUP_DUPLICATES_ARE_ERRORS);
    char key[16], value[16];
    for (unsigned i = 1; i <= 50000; i++) {
        snprintf(key, sizeof(key), "key %u", i);
        snprintf(value, sizeof(value), "value %u", i % 100);
        assert_true(add(lookup, i, key, value, &complaint));
    }
    for (unsigned i = 1; i <= 50000; i += 7) {
        snprintf(key, sizeof(key), "key %u", i);
        snprintf(value, sizeof(value), "value %u", i % 100);
        assert_true(levada_is(found(lookup, key), value));
    }
    assert_int_equal(lookup_dictionary(lookup, 0)->n, 2 + 100);
    lookup_destroy(lookup);
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
