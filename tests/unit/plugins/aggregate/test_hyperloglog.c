/* SPDX-License-Identifier: Apache-2.0 */
#include "hyperloglog.h"

#include "heap_buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static uint64_t
estimate_of(uint64_t seed, uint32_t n)
{
    struct heap_buffer heap = heap_buffer();
    bool changed;
    for (uint32_t i = 0; i < n; i++)
        assert_true(hyperloglog_add(&heap.buffer, next_random(&seed), &changed));
    uint64_t estimate = hyperloglog_estimate(&heap.buffer);
    free(heap.buffer.p);
    return estimate;
}

static void
few_hashes_are_counted_exactly(void **state)
{
    (void)state;
    for (uint32_t n = 0; n <= HYPERLOGLOG_EXACT; n++)
        assert_int_equal(estimate_of(1, n), n);
}

/* Over many seeds: the root of the mean square is the promised 1.6 %, and there is no bias. */
static void
many_hashes_are_counted_within_the_stated_error(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 257, 1000, 5000, 10000, 20000, 100000 };
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        double sum = 0, squares = 0;
        for (uint64_t seed = 1; seed <= 100; seed++) {
            double error = (double)estimate_of(seed << 32, sizes[s]) / sizes[s] - 1;
            sum += error;
            squares += error * error;
            assert_true(fabs(error) < 5 * 0.01625);
        }
        assert_true(sqrt(squares / 100) < 0.0195); /* of 100 samples, three deviations above */
        assert_true(fabs(sum / 100) < 3 * 0.01625 / 10);
    }
}

static void
a_hash_seen_before_changes_nothing(void **state)
{
    (void)state;
    struct heap_buffer heap = heap_buffer();
    bool changed;
    uint64_t random = 7;
    for (uint32_t i = 0; i < 3000; i++)
        assert_true(hyperloglog_add(&heap.buffer, next_random(&random), &changed));
    unsigned n_resizes = heap.n_resizes;
    random = 7;
    changed = false;
    for (uint32_t i = 0; i < 3000; i++)
        assert_true(hyperloglog_add(&heap.buffer, next_random(&random), &changed));
    assert_false(changed);
    assert_int_equal(heap.n_resizes, n_resizes); /* and asks for no buffer to write */
    free(heap.buffer.p);
}

static void
the_order_of_the_hashes_does_not_matter(void **state)
{
    (void)state;
    struct heap_buffer up = heap_buffer(), down = heap_buffer();
    bool changed;
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t a = i, b = 1999 - i;
        assert_true(hyperloglog_add(&up.buffer, next_random(&a), &changed));
        assert_true(hyperloglog_add(&down.buffer, next_random(&b), &changed));
    }
    assert_int_equal(up.buffer.n, down.buffer.n);
    assert_memory_equal(up.buffer.p, down.buffer.p, up.buffer.n);
    free(up.buffer.p);
    free(down.buffer.p);
}

static void
hashes_of_all_bits_alike_are_counted(void **state)
{
    (void)state;
    struct heap_buffer heap = heap_buffer();
    bool changed;
    uint64_t random = 3;
    for (uint32_t i = 0; i < HYPERLOGLOG_EXACT; i++)
        assert_true(hyperloglog_add(&heap.buffer, next_random(&random), &changed));
    assert_true(hyperloglog_add(&heap.buffer, 0, &changed)); /* the largest rank there is */
    assert_true(hyperloglog_add(&heap.buffer, UINT64_MAX, &changed));
    uint64_t estimate = hyperloglog_estimate(&heap.buffer);
    assert_true(estimate > 230 && estimate < 290);
    free(heap.buffer.p);
}

/* All of @n hashes but every @step'th, or only those. */
static struct heap_buffer
part_of(uint32_t n, uint32_t step, bool others)
{
    struct heap_buffer heap = heap_buffer();
    uint64_t random = 21;
    bool changed;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t hash = next_random(&random);
        if ((i % step == 0) != others)
            assert_true(hyperloglog_add(&heap.buffer, hash, &changed));
    }
    return heap;
}

static void
two_that_are_merged_hold_what_one_would(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = { { 0, 1 },   { 1, 1 },      { 200, 2 }, { 300, 2 },
                                         { 300, 1 }, { 5000, 100 }, { 5000, 2 } };
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        for (int swap = 0; swap < 2; swap++) {
            struct heap_buffer whole = part_of(sizes[i][0], 1, false);
            struct heap_buffer to = part_of(sizes[i][0], sizes[i][1], swap != 0);
            struct heap_buffer from = part_of(sizes[i][0], sizes[i][1], swap == 0);
            assert_true(hyperloglog_merge(&to.buffer, &from.buffer));
            assert_int_equal(to.buffer.n, whole.buffer.n);
            if (whole.buffer.n > 0)
                assert_memory_equal(to.buffer.p, whole.buffer.p, whole.buffer.n);
            free(whole.buffer.p);
            free(to.buffer.p);
            free(from.buffer.p);
        }
    }
}

static void
tells_when_there_is_no_room(void **state)
{
    (void)state;
    struct heap_buffer heap = heap_buffer();
    bool changed = false;
    uint64_t random = 3;
    heap.limit = 4000; /* the hashes fit, the registers do not */
    for (uint32_t i = 0; i < HYPERLOGLOG_EXACT; i++)
        assert_true(hyperloglog_add(&heap.buffer, next_random(&random), &changed));
    changed = false;
    assert_false(hyperloglog_add(&heap.buffer, next_random(&random), &changed));
    assert_false(changed);
    assert_int_equal(hyperloglog_estimate(&heap.buffer), HYPERLOGLOG_EXACT);
    free(heap.buffer.p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_hashes_are_counted_exactly),
        cmocka_unit_test(many_hashes_are_counted_within_the_stated_error),
        cmocka_unit_test(a_hash_seen_before_changes_nothing),
        cmocka_unit_test(the_order_of_the_hashes_does_not_matter),
        cmocka_unit_test(hashes_of_all_bits_alike_are_counted),
        cmocka_unit_test(two_that_are_merged_hold_what_one_would),
        cmocka_unit_test(tells_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
