/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
gives_aligned_memory_even_after_text(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (size_t n = 0; n < 40; n++) {
        assert_non_null(arena_bytes(&arena, n));
        void *memory = arena_alloc(&arena, n);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 16, 0);
    }
    arena_finish(&arena);
}

static void
gives_pieces_that_do_not_overlap(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    enum {
        PIECES = 500,
    };
    unsigned char *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(&arena, i);
        memset(pieces[i], (int)(i & 0xFF), i);
    }
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], i & 0xFF);
    }
    assert_int_equal(arena.used, PIECES * (PIECES - 1) / 2);
    arena_finish(&arena);
}

static void
gives_a_pointer_for_no_bytes_at_all(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_non_null(arena_alloc(&arena, 0));
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    arena_finish(&arena);
}

static void
gives_more_than_a_chunk_at_once(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    size_t large = 5 * 1024 * 1024;
    char *memory = arena_alloc(&arena, large);
    assert_non_null(memory);
    memset(memory, 1, large);
    assert_null(arena_alloc(&arena, SIZE_MAX / 2));
    arena_finish(&arena);
}

static void
copies_text_and_ends_it(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    char *copy = arena_copy(&arena, "windows", 4);
    assert_string_equal(copy, "wind");
    arena_finish(&arena);
}

static void
needs_no_new_chunk_for_the_same_work_after_a_reset(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (int i = 0; i < 3000; i++)
        arena_alloc(&arena, 1000);
    arena_reset(&arena);
    assert_int_equal(arena.used, 0);
    struct arena_chunk *kept = arena.chunks;
    for (int i = 0; i < 3000; i++)
        arena_alloc(&arena, 1000);
    assert_ptr_equal(arena.chunks, kept);
    arena_finish(&arena);
}

static void
can_be_reset_before_use(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 1));
    arena_finish(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_aligned_memory_even_after_text),
        cmocka_unit_test(gives_pieces_that_do_not_overlap),
        cmocka_unit_test(gives_a_pointer_for_no_bytes_at_all),
        cmocka_unit_test(gives_more_than_a_chunk_at_once),
        cmocka_unit_test(copies_text_and_ends_it),
        cmocka_unit_test(needs_no_new_chunk_for_the_same_work_after_a_reset),
        cmocka_unit_test(can_be_reset_before_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
