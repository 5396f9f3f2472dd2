/* SPDX-License-Identifier: Apache-2.0 */
#include "distinct_set.h"

#include "heap_buffer.h"

#include <levada/helpers.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static enum distinct_result
add(struct heap_buffer *heap, struct levada_scalar value)
{
    struct value_key key = value_key(&value);
    return distinct_set_add(&heap->buffer, &key);
}

static struct levada_scalar
integer(int64_t i)
{
    return (struct levada_scalar){ .type = LEVADA_T_I64, .u.i = i };
}

static struct levada_scalar
fraction(double f)
{
    return (struct levada_scalar){ .type = LEVADA_T_F64, .u.f = f };
}

static struct levada_scalar
text(const char *s)
{
    return levada_str(s, (uint32_t)strlen(s));
}

static void
values_are_the_same_by_value_and_type(void **state)
{
    (void)state;
    struct heap_buffer heap = heap_buffer();
    assert_int_equal(distinct_set_n(&heap.buffer), 0);
    assert_int_equal(add(&heap, integer(1)), DISTINCT_ADDED);
    assert_int_equal(add(&heap, fraction(1)), DISTINCT_KNOWN);
    assert_int_equal(add(&heap, text("1")), DISTINCT_ADDED);
    assert_int_equal(add(&heap, text("")), DISTINCT_ADDED);
    assert_int_equal(add(&heap, text("")), DISTINCT_KNOWN);
    assert_int_equal(add(&heap, fraction(0.5)), DISTINCT_ADDED);
    assert_int_equal(add(&heap, integer(0)), DISTINCT_ADDED);
    assert_int_equal(add(&heap, fraction(-0.0)), DISTINCT_KNOWN);
    assert_int_equal(add(&heap, fraction(0x1p63)), DISTINCT_ADDED);
    assert_int_equal(add(&heap, integer(INT64_MIN)), DISTINCT_ADDED);
    assert_int_equal(add(&heap, fraction(-0x1p63)), DISTINCT_KNOWN);
    struct levada_scalar yes = { .type = LEVADA_T_BOOL, .u.i = 1 };
    assert_int_equal(add(&heap, yes), DISTINCT_ADDED);
    assert_int_equal(distinct_set_n(&heap.buffer), 8);
    free(heap.buffer.p);
}

/* Values below a bound, so that a table of what was there is the brute force. */
static void
counts_as_a_list_of_all_values_does(void **state)
{
    (void)state;
    static bool seen[2][3000];
    struct heap_buffer heap = heap_buffer();
    uint64_t random = 1, n = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t value = (uint32_t)(next_random(&random) % 3000), is_text = value % 2;
        char name[80];
        snprintf(name, sizeof(name), "%0*u", (int)(value % 70), value);
        bool is_new = !seen[is_text][value];
        seen[is_text][value] = true;
        n += is_new;
        assert_int_equal(add(&heap, is_text ? text(name) : integer(value)),
                         is_new ? DISTINCT_ADDED : DISTINCT_KNOWN);
        assert_int_equal(distinct_set_n(&heap.buffer), n);
    }
    free(heap.buffer.p);
}

static void
a_known_value_asks_for_no_room(void **state)
{
    (void)state;
    struct heap_buffer heap = heap_buffer();
    assert_int_equal(add(&heap, text("a")), DISTINCT_ADDED);
    unsigned n_resizes = heap.n_resizes;
    assert_int_equal(add(&heap, text("a")), DISTINCT_KNOWN);
    assert_int_equal(heap.n_resizes, n_resizes);
    heap.limit = 1;
    assert_int_equal(add(&heap, text("b")), DISTINCT_FAILED);
    assert_int_equal(distinct_set_n(&heap.buffer), 1);
    free(heap.buffer.p);
}

static void
a_merged_set_has_the_values_of_both(void **state)
{
    (void)state;
    struct heap_buffer to = heap_buffer(), from = heap_buffer(), empty = heap_buffer();
    for (int64_t i = 0; i < 100; i++) {
        assert_int_equal(add(&to, integer(i)), DISTINCT_ADDED);
        assert_int_equal(add(&from, integer(i + 50)), DISTINCT_ADDED);
    }
    assert_int_equal(add(&from, text("a longer one than others")), DISTINCT_ADDED);
    assert_true(distinct_set_merge(&to.buffer, &from.buffer));
    assert_true(distinct_set_merge(&to.buffer, &empty.buffer));
    assert_int_equal(distinct_set_n(&to.buffer), 151);
    for (int64_t i = 0; i < 150; i++)
        assert_int_equal(add(&to, integer(i)), DISTINCT_KNOWN);
    assert_int_equal(add(&to, text("a longer one than others")), DISTINCT_KNOWN);
    assert_true(distinct_set_merge(&empty.buffer, &from.buffer));
    assert_int_equal(distinct_set_n(&empty.buffer), 101);
    empty.limit = 1;
    assert_false(distinct_set_merge(&empty.buffer, &to.buffer));
    free(to.buffer.p);
    free(from.buffer.p);
    free(empty.buffer.p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_the_same_by_value_and_type),
        cmocka_unit_test(counts_as_a_list_of_all_values_does),
        cmocka_unit_test(a_known_value_asks_for_no_room),
        cmocka_unit_test(a_merged_set_has_the_values_of_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
