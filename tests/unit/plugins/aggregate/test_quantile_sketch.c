/* SPDX-License-Identifier: Apache-2.0 */
#include "quantile_sketch.h"

#include "heap_buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>

#define N 50000

static double numbers[N];

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct heap_buffer
sketch_of(uint32_t n)
{
    struct heap_buffer heap = heap_buffer();
    for (uint32_t i = 0; i < n; i++)
        assert_true(quantile_sketch_add(&heap.buffer, numbers[i]));
    return heap;
}

/* Against the numbers themselves, sorted: all quantiles of n within @error of the value. */
static void
expect_error(uint32_t n, double error)
{
    struct heap_buffer heap = sketch_of(n);
    qsort(numbers, n, sizeof(*numbers), compare);
    for (uint32_t percent = 0; percent <= 100; percent++) {
        uint32_t rank = (percent * n + 99) / 100;
        double truth = numbers[rank > 0 ? rank - 1 : 0];
        double got = quantile_sketch_get(&heap.buffer, percent / 100.0);
        assert_true(fabs(got - truth) <= error * fabs(truth));
    }
    free(heap.buffer.p);
}

static double
uniform(uint64_t *random)
{
    return ((double)(next_random(random) >> 11) + 0.5) * 0x1p-53;
}

static void
up_to_128_numbers_are_exact(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (uint32_t n = 1; n <= QUANTILE_EXACT; n++) {
        for (uint32_t i = 0; i < n; i++)
            numbers[i] = floor(uniform(&random) * 100) - 50;
        expect_error(n, 0);
    }
}

static void
beyond_them_the_error_is_the_stated_one(void **state)
{
    (void)state;
    uint64_t random = 2;
    for (uint32_t i = 0; i < N; i++)
        numbers[i] = 10 + 2550 * uniform(&random); /* 256 to 1 */
    expect_error(N, 1.0 / 256);
    for (uint32_t i = 0; i < N; i++)
        numbers[i] = exp(uniform(&random) * log(65536)); /* 65,536 to 1 */
    expect_error(N, 1.0 / 128);
    for (uint32_t i = 0; i < N; i++)
        numbers[i] = exp(uniform(&random) * log(4e9));
    expect_error(N, 1.0 / 64);
}

static void
known_distributions_have_their_known_quantiles(void **state)
{
    (void)state;
    uint64_t random = 3;
    struct heap_buffer heap = heap_buffer();
    for (uint32_t i = 0; i < N; i++) /* exponential, of mean 60 */
        assert_true(quantile_sketch_add(&heap.buffer, -60 * log(uniform(&random))));
    assert_true(fabs(quantile_sketch_get(&heap.buffer, 0.5) - 60 * log(2)) < 1);
    assert_true(fabs(quantile_sketch_get(&heap.buffer, 0.99) - 60 * log(100)) < 8);
    free(heap.buffer.p);
}

static void
negative_numbers_and_zeros_have_their_places(void **state)
{
    (void)state;
    uint64_t random = 4;
    for (uint32_t i = 0; i < N; i++) {
        double u = uniform(&random);
        numbers[i] = u < 0.2 ? (u < 0.1 ? 0.0 : -0.0) : 200 * (uniform(&random) - 0.5);
    }
    expect_error(N, 1.0 / 64);
}

static void
numbers_of_every_size_fit_into_the_buckets(void **state)
{
    (void)state;
    uint64_t random = 5;
    struct heap_buffer heap = heap_buffer();
    for (uint32_t i = 0; i < N; i++) {
        double number = ldexp(uniform(&random) - 0.5, (int)(next_random(&random) % 2000) - 1000);
        assert_true(quantile_sketch_add(&heap.buffer, number));
    }
    assert_true(quantile_sketch_add(&heap.buffer, DBL_MAX));
    assert_true(quantile_sketch_add(&heap.buffer, -DBL_MAX));
    assert_true(heap.buffer.n <= 64 + 16 * (QUANTILE_BUCKETS + 1));
    double before = -DBL_MAX;
    for (uint32_t percent = 0; percent <= 100; percent++) {
        double got = quantile_sketch_get(&heap.buffer, percent / 100.0);
        assert_true(isfinite(got) && got >= before);
        before = got;
    }
    assert_true(before == DBL_MAX);
    free(heap.buffer.p);
}

static void
the_order_of_the_numbers_does_not_matter(void **state)
{
    (void)state;
    uint64_t random = 6;
    for (uint32_t i = 0; i < N; i++)
        numbers[i] = exp(uniform(&random) * 20);
    struct heap_buffer a = sketch_of(N);
    qsort(numbers, N, sizeof(*numbers), compare);
    struct heap_buffer b = sketch_of(N);
    for (uint32_t permille = 0; permille <= 1000; permille++) {
        double of_a = quantile_sketch_get(&a.buffer, permille / 1000.0);
        double of_b = quantile_sketch_get(&b.buffer, permille / 1000.0);
        assert_true(of_a == of_b);
    }
    free(a.buffer.p);
    free(b.buffer.p);
}

static void
a_rank_is_not_missed_by_rounding(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        numbers[i] = i + 1;
    struct heap_buffer heap = sketch_of(100);
    for (uint32_t percent = 1; percent <= 100; percent++) /* 0.07 * 100 > 7 */
        assert_true(quantile_sketch_get(&heap.buffer, percent / 100.0) == percent);
    free(heap.buffer.p);
}

static void
expect_same_as_one(uint32_t n, uint32_t n_first)
{
    struct heap_buffer whole = sketch_of(n), first = sketch_of(n_first), rest = heap_buffer();
    for (uint32_t i = n_first; i < n; i++)
        assert_true(quantile_sketch_add(&rest.buffer, numbers[i]));
    assert_true(quantile_sketch_merge(&first.buffer, &rest.buffer));
    assert_int_equal(first.buffer.n, whole.buffer.n);
    assert_memory_equal(first.buffer.p, whole.buffer.p, whole.buffer.n);
    free(whole.buffer.p);
    free(first.buffer.p);
    free(rest.buffer.p);
}

static void
two_that_are_merged_hold_what_one_would(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (uint32_t i = 0; i < N; i++)
        numbers[i] = (uniform(&random) - 0.3) * exp2((double)(i % 40));
    static const uint32_t parts[][2] = { { 100, 40 },     { 128, 1 },     { 129, 128 },
                                         { 300, 290 },    { 300, 10 },    { 3000, 2999 },
                                         { 3000, 1 },     { 40000, 129 }, { 40000, 39000 },
                                         { 40000, 20000 } };
    for (uint32_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        expect_same_as_one(parts[i][0], parts[i][1]);
}

static void
tells_when_there_is_no_room(void **state)
{
    (void)state;
    struct heap_buffer heap = heap_buffer();
    heap.limit = 200;
    uint32_t n = 0;
    while (n < 100 && quantile_sketch_add(&heap.buffer, n))
        n++;
    assert_true(n > 0 && n < 100);
    assert_true(quantile_sketch_get(&heap.buffer, 1) == n - 1);
    free(heap.buffer.p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_128_numbers_are_exact),
        cmocka_unit_test(beyond_them_the_error_is_the_stated_one),
        cmocka_unit_test(known_distributions_have_their_known_quantiles),
        cmocka_unit_test(negative_numbers_and_zeros_have_their_places),
        cmocka_unit_test(numbers_of_every_size_fit_into_the_buckets),
        cmocka_unit_test(the_order_of_the_numbers_does_not_matter),
        cmocka_unit_test(a_rank_is_not_missed_by_rounding),
        cmocka_unit_test(two_that_are_merged_hold_what_one_would),
        cmocka_unit_test(tells_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
