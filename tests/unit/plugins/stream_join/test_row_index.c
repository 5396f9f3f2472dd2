/* SPDX-License-Identifier: Apache-2.0 */
#include "row_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define N_ROWS 3000u

static struct levada_bytes
text(const char *key)
{
    return (struct levada_bytes){ key, key != NULL ? strlen(key) : 0 };
}

static void
add(struct row_index *index, const char *key, int64_t time_ms, uint64_t arrival)
{
    const struct row row = { .time_ms = time_ms, .arrival = arrival, .slot = (uint32_t)arrival };
    assert_true(row_index_add(index, text(key), &row));
}

static void
finds_rows_of_the_key_in_the_span_by_time_then_arrival(void **state)
{
    struct row_index index = { .n = 0 };
    uint32_t n;
    (void)state;
    add(&index, "a", 5, 0);
    add(&index, "a", 3, 1);
    add(&index, "b", 4, 2);
    add(&index, "a", 5, 3);
    add(&index, "a", 6, 4);
    add(&index, NULL, 5, 5);
    const struct row *rows = row_index_find(&index, text("a"), 4, 5, &n);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].arrival, 0);
    assert_int_equal(rows[1].arrival, 3);
    row_index_find(&index, text("c"), 0, 9, &n);
    assert_int_equal(n, 0);
    row_index_find(&index, text("a"), 7, 9, &n);
    assert_int_equal(n, 0);
    row_index_finish(&index);
}

static void
rows_leave_oldest_first_with_or_without_a_key(void **state)
{
    struct row_index index = { .n = 0 };
    static const uint64_t order[] = { 1, 2, 0, 3 };
    uint32_t n;
    (void)state;
    add(&index, "a", 5, 0);
    add(&index, NULL, 3, 1);
    add(&index, "a", 4, 2);
    add(&index, "b", 5, 3);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(row_index_oldest(&index)->arrival, order[i]);
        row_index_drop_oldest(&index);
    }
    assert_null(row_index_oldest(&index));
    row_index_find(&index, text("a"), 0, 9, &n);
    assert_int_equal(n, 0);
    row_index_finish(&index);
}

/* What is there, in the order of arrival, as a list. */
struct plain {
    int64_t time_ms[N_ROWS];
    bool gone[N_ROWS];
    char key[N_ROWS];
    uint32_t n;
};

static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static uint32_t
plain_oldest(const struct plain *plain)
{
    uint32_t oldest = UINT32_MAX;
    for (uint32_t i = 0; i < plain->n; i++)
        if (!plain->gone[i] && (oldest == UINT32_MAX || plain->time_ms[i] < plain->time_ms[oldest]))
            oldest = i;
    return oldest;
}

static uint32_t
plain_count(const struct plain *plain, char key, int64_t from_ms, int64_t to_ms)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plain->n; i++)
        n += !plain->gone[i] && plain->key[i] == key && plain->time_ms[i] >= from_ms &&
             plain->time_ms[i] <= to_ms;
    return n;
}

static void
agrees_with_a_list_whatever_comes_and_goes(void **state)
{
    static struct plain plain;
    struct row_index index = { .n = 0 };
    uint32_t seed = 7, n;
    (void)state;
    for (uint32_t i = 0; i < N_ROWS; i++) {
        char key[2] = { (char)('a' + next_random(&seed) % 4), '\0' };
        plain.key[i] = key[0];
        plain.time_ms[i] = i / 4 + next_random(&seed) % 50;
        plain.n++;
        add(&index, key, plain.time_ms[i], i);
        while (next_random(&seed) % 100 < 45 && plain_oldest(&plain) != UINT32_MAX) {
            uint32_t oldest = plain_oldest(&plain);
            assert_int_equal(row_index_oldest(&index)->arrival, oldest);
            row_index_drop_oldest(&index);
            plain.gone[oldest] = true;
        }
        int64_t from = plain.time_ms[i] - 10, to = plain.time_ms[i] + 5;
        row_index_find(&index, text(key), from, to, &n);
        assert_int_equal(n, plain_count(&plain, key[0], from, to));
    }
    assert_true(index.n > 0);
    row_index_finish(&index);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_rows_of_the_key_in_the_span_by_time_then_arrival),
        cmocka_unit_test(rows_leave_oldest_first_with_or_without_a_key),
        cmocka_unit_test(agrees_with_a_list_whatever_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
