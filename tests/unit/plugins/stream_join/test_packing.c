/* SPDX-License-Identifier: Apache-2.0 */
#include "packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
pack_one_of_each(struct packer *packer)
{
    pack_u8(packer, 200);
    pack_u32(packer, 4000000000u);
    pack_i64(packer, INT64_MIN);
    pack_bytes(packer, (struct levada_bytes){ "abc", 3 });
    pack_bytes(packer, (struct levada_bytes){ "", 0 });
    pack_bytes(packer, (struct levada_bytes){ NULL, 0 });
}

static void
what_was_packed_is_unpacked(void **state)
{
    struct packer packer = { .n = 0 };
    (void)state;
    pack_one_of_each(&packer);
    assert_false(packer.failed);
    struct unpacker from = unpacker((struct levada_bytes){ packer.bytes, packer.n });
    assert_int_equal(unpack_u8(&from), 200);
    assert_int_equal(unpack_u32(&from), 4000000000u);
    assert_int_equal(unpack_i64(&from), INT64_MIN);
    struct levada_bytes text = unpack_bytes(&from);
    assert_int_equal(text.n, 3);
    assert_memory_equal(text.p, "abc", 3);
    struct levada_bytes empty = unpack_bytes(&from), absent = unpack_bytes(&from);
    assert_non_null(empty.p);
    assert_int_equal(empty.n, 0);
    assert_null(absent.p);
    assert_false(from.failed);
    assert_int_equal(from.n, 0);
    packer_finish(&packer);
}

static void
saved_numbers_do_not_depend_on_the_machine(void **state)
{
    struct packer packer = { .n = 0 };
    (void)state;
    pack_u32(&packer, 0x01020304u);
    assert_memory_equal(packer.bytes, "\4\3\2\1", 4);
    packer_finish(&packer);
}

static void
whatever_is_cut_off_is_noticed_and_never_read_past(void **state)
{
    struct packer packer = { .n = 0 };
    (void)state;
    pack_one_of_each(&packer);
    for (size_t n = 0; n < packer.n; n++) {
        struct unpacker from = unpacker((struct levada_bytes){ packer.bytes, n });
        unpack_u8(&from);
        unpack_u32(&from);
        unpack_i64(&from);
        unpack_bytes(&from);
        unpack_bytes(&from);
        unpack_bytes(&from);
        assert_true(from.failed);
    }
    packer_finish(&packer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_is_unpacked),
        cmocka_unit_test(saved_numbers_do_not_depend_on_the_machine),
        cmocka_unit_test(whatever_is_cut_off_is_noticed_and_never_read_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
