/* SPDX-License-Identifier: Apache-2.0 */
#include "chunk.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
a_chunk_comes_back_when_nobody_needs_it(void **state)
{
    (void)state;
    struct chunk_pool *pool = chunk_pool_create();
    struct chunk *first = chunk_get(pool, 1);
    assert_int_equal(first->room, CHUNK_SIZE);
    first->n = 100;
    chunk_ref(first);
    chunk_unref(first);
    struct chunk *second = chunk_get(pool, CHUNK_SIZE);
    assert_ptr_not_equal(second, first);
    chunk_unref(first);
    struct chunk *again = chunk_get(pool, CHUNK_SIZE);
    assert_ptr_equal(again, first);
    assert_int_equal(again->n, 0);
    chunk_unref(second);
    chunk_unref(again);
    chunk_pool_close(pool);
}

static void
a_larger_chunk_has_all_the_room(void **state)
{
    (void)state;
    struct chunk_pool *pool = chunk_pool_create();
    struct chunk *large = chunk_get(pool, 3 * CHUNK_SIZE);
    assert_true(large->room >= 3 * CHUNK_SIZE);
    large->bytes[large->room - 1] = 1;
    chunk_unref(large);
    chunk_pool_close(pool);
}

#define THREADS 4
#define REFS 2000

static void *
unref_all(void *object)
{
    struct chunk **chunks = object;
    for (unsigned i = 0; i < REFS; i++)
        chunk_unref(chunks[i]);
    return NULL;
}

/* A sanitizer sees what is used after its end, leaks or races. */
static void
threads_may_drop_chunks_after_the_pool_was_closed(void **state)
{
    (void)state;
    struct chunk_pool *pool = chunk_pool_create();
    static struct chunk *chunks[REFS];
    for (unsigned i = 0; i < REFS; i++) {
        if (i % 50 != 0) {
            chunks[i] = chunks[i - 1];
            continue;
        }
        chunks[i] = chunk_get(pool, CHUNK_SIZE);
        for (unsigned refs = 1; refs < 50 * THREADS; refs++)
            chunk_ref(chunks[i]);
    }
    pthread_t threads[THREADS];
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, unref_all, chunks), 0);
    chunk_pool_close(pool);
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chunk_comes_back_when_nobody_needs_it),
        cmocka_unit_test(a_larger_chunk_has_all_the_room),
        cmocka_unit_test(threads_may_drop_chunks_after_the_pool_was_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
