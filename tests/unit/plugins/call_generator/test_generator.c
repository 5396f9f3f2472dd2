/* SPDX-License-Identifier: Apache-2.0 */
#include "generator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct generator
generator_of(uint64_t seed, uint64_t count)
{
    return (struct generator){ seed, { .start = 1538471460, .end = 1546300620, .count = count } };
}

static void
the_same_seed_gives_the_same_call_everywhere(void **state)
{
    (void)state;
    struct generator generator = generator_of(1, 1000);
    char text[GENERATOR_TEXT_SIZE];
    size_t n = generator_write(&generator, 999, text);
    assert_int_equal(n, strlen(text));
    assert_string_equal(
        text, "{\"crime_id\":\"182750999\",\"original_crime_type_name\":\"518\",\"report_date\""
              ":\"2018-12-31T00:00:00.000\",\"call_date\":\"2018-12-31T00:00:00.000\",\"offe"
              "nse_date\":\"2018-12-31T00:00:00.000\",\"call_time\":\"22:15\",\"call_date_tim"
              "e\":\"2018-12-31T22:15:00.000\",\"disposition\":\"NOM\",\"address\":\"Ofarrell S"
              "t/20th Av\",\"city\":\"San Francisco\",\"state\":\"CA\",\"agency_id\":\"1\",\"addres"
              "s_type\":\"Intersection\",\"common_location\":\"\"}");
}

/* The value of @field in @text, copied to @value. */
static void
value_of(const char *text, const char *field, char value[128])
{
    char name[64];
    snprintf(name, sizeof(name), "\"%s\":\"", field);
    const char *at = strstr(text, name);
    assert_non_null(at);
    at += strlen(name);
    size_t n = strcspn(at, "\"");
    assert_true(n < 128);
    memcpy(value, at, n);
    value[n] = 0;
}

static void
another_seed_gives_other_calls(void **state)
{
    (void)state;
    struct generator one = generator_of(1, 1000), two = generator_of(2, 1000);
    unsigned equal = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        char a[GENERATOR_TEXT_SIZE], b[GENERATOR_TEXT_SIZE], type_a[128], type_b[128];
        generator_write(&one, i, a);
        generator_write(&two, i, b);
        value_of(a, "address", type_a);
        value_of(b, "address", type_b);
        equal += strcmp(type_a, type_b) == 0;
    }
    assert_in_range(equal, 0, 20);
}

static void
fields_stand_in_their_order_as_plain_text(void **state)
{
    (void)state;
    struct generator generator = generator_of(7, 100000);
    for (uint64_t i = 0; i < generator.times.count; i += 37) {
        char text[GENERATOR_TEXT_SIZE];
        generator_write(&generator, i, text);
        const char *at = text;
        for (unsigned f = 0; f < GENERATOR_FIELDS; f++) {
            char begin[64];
            snprintf(begin, sizeof(begin), "%c\"%s\":\"", f == 0 ? '{' : ',', generator_fields[f]);
            assert_memory_equal(at, begin, strlen(begin));
            at = strchr(at + strlen(begin), '"') + 1;
        }
        assert_string_equal(at, "}");
        for (at = text; *at != 0; at++)
            assert_true(*at >= ' ' && *at != '\\' && *at < 0x7f);
    }
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* How many different values @field has; *occurrences: of the value @counted. */
static size_t
count_different(const char *field, uint64_t count, const char *counted, size_t *occurrences)
{
    struct generator generator = generator_of(1, count);
    char **all = calloc(count, sizeof(*all));
    for (uint64_t i = 0; i < count; i++) {
        char text[GENERATOR_TEXT_SIZE], value[128];
        generator_write(&generator, i, text);
        value_of(text, field, value);
        all[i] = strdup(value);
    }
    qsort(all, count, sizeof(*all), by_text);
    size_t different = 0;
    *occurrences = 0;
    for (uint64_t i = 0; i < count; i++) {
        different += i == 0 || strcmp(all[i], all[i - 1]) != 0;
        *occurrences += strcmp(all[i], counted) == 0;
    }
    for (uint64_t i = 0; i < count; i++)
        free(all[i]);
    free(all);
    return different;
}

static void
values_are_spread_like_the_real_ones(void **state)
{
    (void)state;
    size_t occurrences;
    assert_in_range(
        count_different("original_crime_type_name", 200000, "Passing Call", &occurrences), 3000,
        3418);
    assert_in_range(occurrences, 34000, 36500);
    assert_in_range(count_different("disposition", 200000, "Not recorded", &occurrences), 24, 28);
    assert_in_range(occurrences, 18500, 20000);
    assert_int_equal(count_different("crime_id", 20000, "182750000", &occurrences), 20000);
    assert_int_equal(occurrences, 1);
}

static void
no_call_is_longer_than_its_room(void **state)
{
    (void)state;
    struct generator generator = generator_of(3, UINT64_C(1000000000000));
    for (uint64_t i = 0; i < 100000; i++) {
        char text[GENERATOR_TEXT_SIZE];
        assert_true(generator_write(&generator, generator.times.count - 1 - i, text) < 600);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_call_everywhere),
        cmocka_unit_test(another_seed_gives_other_calls),
        cmocka_unit_test(fields_stand_in_their_order_as_plain_text),
        cmocka_unit_test(values_are_spread_like_the_real_ones),
        cmocka_unit_test(no_call_is_longer_than_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
