/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/row_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Few homes, so that keys push one another about. */
static struct row_key
key_of(uint32_t number)
{
    struct row_key key = { { 0 } };
    uint32_t home = number % 3;
    memcpy(key.bytes, &home, sizeof(home));
    memcpy(key.bytes + 8, &(uint32_t){ number + 1 }, sizeof(number));
    return key;
}

static bool
has(const struct row_keys *keys, int64_t start_ms, uint32_t number)
{
    const struct row_window *window = row_keys_find(keys, start_ms);
    const struct row_key key = key_of(number);
    for (uint32_t i = 0; window != NULL && i < window->room; i++) {
        if (memcmp(&window->places[i], &key, sizeof(key)) == 0)
            return true;
    }
    return false;
}

static void
a_row_that_comes_again_is_one(void **state)
{
    struct row_keys keys = { 0 };
    const struct row_key key = key_of(1);
    (void)state;
    assert_true(row_keys_add(&keys, 60000, &key));
    assert_true(row_keys_add(&keys, 60000, &key));
    assert_int_equal(row_keys_find(&keys, 60000)->n, 1);
    row_keys_finish(&keys);
}

static void
windows_are_apart(void **state)
{
    struct row_keys keys = { 0 };
    (void)state;
    for (int64_t w = 20; w-- > -20;) {
        const struct row_key key = key_of((uint32_t)(w + 20));
        assert_true(row_keys_add(&keys, w * 1000, &key));
    }
    row_keys_forget(&keys, 5000);
    row_keys_forget(&keys, 5000); /* is not there any more */
    assert_null(row_keys_find(&keys, 5000));
    for (int64_t w = -20; w < 20; w++)
        assert_int_equal(has(&keys, w * 1000, (uint32_t)(w + 20)), w != 5);
    row_keys_finish(&keys);
}

static void
rows_that_leave_are_gone_and_no_others(void **state)
{
    struct row_keys keys = { 0 };
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        const struct row_key key = key_of(i);
        assert_true(row_keys_add(&keys, 0, &key));
    }
    for (uint32_t i = 0; i < 1000; i += 3) {
        const struct row_key key = key_of(i * 7 % 1000);
        row_keys_remove(&keys, 0, &key);
        row_keys_remove(&keys, 0, &key);
    }
    uint32_t left = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        bool removed = false;
        for (uint32_t k = 0; k < 1000; k += 3)
            removed |= k * 7 % 1000 == i;
        assert_int_equal(has(&keys, 0, i), !removed);
        left += !removed;
    }
    assert_int_equal(row_keys_find(&keys, 0)->n, left);
    row_keys_finish(&keys);
}

static void
a_window_without_rows_is_forgotten(void **state)
{
    struct row_keys keys = { 0 };
    const struct row_key key = key_of(1);
    (void)state;
    assert_true(row_keys_add(&keys, 0, &key));
    row_keys_remove(&keys, 0, &key);
    assert_null(row_keys_find(&keys, 0));
    row_keys_finish(&keys);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_that_comes_again_is_one),
        cmocka_unit_test(windows_are_apart),
        cmocka_unit_test(rows_that_leave_are_gone_and_no_others),
        cmocka_unit_test(a_window_without_rows_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
