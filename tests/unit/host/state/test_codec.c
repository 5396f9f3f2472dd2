/* SPDX-License-Identifier: Apache-2.0 */
#include "state/codec.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t numbers[] = { INT64_MIN, INT64_MIN + 1, -256, -1, 0, 1, 255, 256, INT64_MAX };
#define N_NUMBERS (sizeof(numbers) / sizeof(*numbers))

static struct levada_scalar
text(uint32_t type, const char *s, uint32_t len)
{
    struct levada_scalar value = { .type = type, .len = len };
    value.u.s = s;
    return value;
}

static struct levada_scalar
number(uint32_t type, int64_t i)
{
    return (struct levada_scalar){ .type = type, .u.i = i };
}

static struct levada_scalar
real(double f)
{
    struct levada_scalar value = { .type = LEVADA_T_F64 };
    value.u.f = f;
    return value;
}

static void
assert_same(const struct levada_scalar *a, const struct levada_scalar *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->len, b->len);
    if (a->type >= LEVADA_T_STR && a->type <= LEVADA_T_NUM)
        assert_memory_equal(a->u.s, b->u.s, a->len);
    else if (a->type > LEVADA_T_NULL)
        assert_memory_equal(&a->u, &b->u, sizeof(a->u));
}

/* Every type, and the ends of its range. */
static size_t
all_scalars(struct levada_scalar *values)
{
    const struct levada_scalar all[] = {
        number(LEVADA_T_MISSING, 0),
        number(LEVADA_T_NULL, 0),
        number(LEVADA_T_BOOL, 0),
        number(LEVADA_T_BOOL, 1),
        number(LEVADA_T_I64, INT64_MIN),
        number(LEVADA_T_I64, INT64_MAX),
        real(-0.0),
        real(DBL_MIN / 2),
        real(DBL_MAX),
        real(INFINITY),
        real(NAN),
        text(LEVADA_T_STR, "", 0),
        text(LEVADA_T_STR, "Passing Call", 12),
        text(LEVADA_T_STR, "a\0b", 3),
        text(LEVADA_T_BIN, "\xff\xfe\0", 3),
        text(LEVADA_T_JSON, "{\"a\":[1]}", 9),
        text(LEVADA_T_NUM, "18446744073709551616", 20),
        number(LEVADA_T_TIME, -1),
    };
    memcpy(values, all, sizeof(all));
    return sizeof(all) / sizeof(*all);
}

static void
every_scalar_comes_back_as_it_went(void **state)
{
    (void)state;
    struct levada_scalar values[32];
    size_t n = all_scalars(values);
    struct codec_buffer buffer = { .bytes = NULL };
    for (size_t i = 0; i < n; i++)
        codec_put_scalar(&buffer, &values[i]);
    struct codec_reader reader = codec_read(codec_bytes(&buffer));
    for (size_t i = 0; i < n; i++) {
        struct levada_scalar value = codec_get_scalar(&reader);
        assert_same(&value, &values[i]);
    }
    assert_false(reader.failed);
    assert_int_equal(reader.n, 0);
    codec_finish(&buffer);
}

/* In memory of just that size, so that a sanitizer sees any read behind it. */
static void
whatever_is_cut_off_is_noticed(void **state)
{
    (void)state;
    struct levada_scalar values[32];
    size_t n = all_scalars(values);
    for (size_t i = 0; i < n; i++) {
        struct codec_buffer buffer = { .bytes = NULL };
        codec_put_scalar(&buffer, &values[i]);
        for (size_t cut = 0; cut < buffer.n; cut++) {
            unsigned char *bytes = malloc(cut + (cut == 0));
            memcpy(bytes, buffer.bytes, cut);
            struct codec_reader reader = codec_read((struct levada_bytes){ bytes, cut });
            struct levada_scalar value = codec_get_scalar(&reader);
            assert_true(reader.failed);
            assert_int_equal(value.type, LEVADA_T_MISSING);
            assert_int_equal(codec_get_i64(&reader), 0);
            free(bytes);
        }
        codec_finish(&buffer);
    }
}

static void
sizes_take_as_few_bytes_as_they_need(void **state)
{
    (void)state;
    static const struct {
        uint64_t size, n;
    } sizes[] = { { 0, 1 },
                  { 127, 1 },
                  { 128, 2 },
                  { 16383, 2 },
                  { 16384, 3 },
                  { 1 << 28, 5 },
                  { INT64_MAX >> 1, 9 },
                  { INT64_MAX, 9 } };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct codec_buffer buffer = { .bytes = NULL };
        codec_put_size(&buffer, sizes[i].size);
        assert_int_equal(buffer.n, sizes[i].n);
        struct codec_reader reader = codec_read(codec_bytes(&buffer));
        assert_true(codec_get_size(&reader) == sizes[i].size);
        assert_false(reader.failed);
        for (size_t cut = 0; cut < buffer.n; cut++) {
            reader = codec_read((struct levada_bytes){ buffer.bytes, cut });
            assert_int_equal(codec_get_size(&reader), 0);
            assert_true(reader.failed);
        }
        codec_finish(&buffer);
    }
}

static void
what_is_put_before_its_size_is_known_is_the_same(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 127, 128, 16383, 16384, 3000000 };
    static char bytes[3000000];
    memset(bytes, 'x', sizeof(bytes));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct codec_buffer known = { 0 }, late = { 0 };
        codec_put_i64(&known, 1);
        codec_put_sized(&known, (struct levada_bytes){ bytes, sizes[i] });
        codec_put_i64(&late, 1);
        size_t start = codec_open_sized(&late);
        codec_put_bytes(&late, bytes, sizes[i] / 2);
        codec_put_bytes(&late, bytes, sizes[i] - sizes[i] / 2);
        codec_close_sized(&late, start);
        assert_false(late.failed);
        assert_int_equal(late.n, known.n);
        assert_memory_equal(late.bytes, known.bytes, known.n);
        codec_finish(&known);
        codec_finish(&late);
    }
}

static void
a_size_that_is_written_otherwise_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "\x80\0", "\xff\x80\0",
                                         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" };
    static const size_t n[] = { 2, 3, 10 };
    for (size_t i = 0; i < sizeof(n) / sizeof(*n); i++) {
        struct codec_reader reader = codec_read((struct levada_bytes){ wrong[i], n[i] });
        codec_get_size(&reader);
        assert_true(reader.failed);
    }
}

static void
an_unknown_type_is_refused(void **state)
{
    (void)state;
    for (unsigned type = LEVADA_T_TIME + 1; type < 256; type++) {
        unsigned char bytes[16] = { (unsigned char)type };
        struct codec_reader reader = codec_read((struct levada_bytes){ bytes, sizeof(bytes) });
        codec_get_scalar(&reader);
        assert_true(reader.failed);
    }
}

static void
numbers_in_keys_sort_as_numbers_do(void **state)
{
    (void)state;
    struct codec_buffer before = { .bytes = NULL }, after = { .bytes = NULL };
    for (size_t i = 0; i + 1 < N_NUMBERS; i++) {
        before.n = after.n = 0;
        codec_put_key_i64(&before, numbers[i]);
        codec_put_key_i64(&after, numbers[i + 1]);
        assert_true(memcmp(before.bytes, after.bytes, 8) < 0);
        struct codec_reader reader = codec_read(codec_bytes(&before));
        assert_true(codec_get_key_i64(&reader) == numbers[i]);
    }
    codec_finish(&before);
    codec_finish(&after);
}

/* A checkpoint goes to another machine: these bytes are its format. */
static void
numbers_in_values_are_little_endian(void **state)
{
    (void)state;
    struct codec_buffer buffer = { .bytes = NULL };
    codec_put_i64(&buffer, 0x0102030405060708);
    assert_memory_equal(buffer.bytes, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    struct codec_reader reader = codec_read(codec_bytes(&buffer));
    assert_true(codec_get_i64(&reader) == 0x0102030405060708);
    codec_finish(&buffer);
}

static void
the_hash_of_a_group_never_changes(void **state)
{
    (void)state;
    struct codec_buffer buffer = { .bytes = NULL };
    codec_put_hash(&buffer, "", 0);
    assert_int_equal(buffer.n, 16);
    assert_memory_equal(buffer.bytes,
                        "\x99\xaa\x06\xd3\x01\x47\x98\xd8\x60\x01\xc3\x24\x46\x8d\x49\x7f", 16);
    codec_finish(&buffer);
}

static void
a_key_is_split_into_kind_stage_and_rest(void **state)
{
    (void)state;
    struct codec_buffer key = { .bytes = NULL };
    struct codec_key parts;
    codec_begin_key(&key, CODEC_ROW, "windows");
    codec_put_key_i64(&key, -5);
    codec_put_bytes(&key, "x", 1);
    assert_true(codec_split_key(codec_bytes(&key), &parts));
    assert_int_equal(parts.kind, CODEC_ROW);
    assert_int_equal(parts.stage_n, strlen("windows"));
    assert_memory_equal(parts.stage, "windows", parts.stage_n);
    assert_true(codec_get_key_i64(&parts.rest) == -5);
    assert_int_equal(parts.rest.n, 1);

    codec_begin_key(&key, CODEC_META, "");
    assert_true(codec_split_key(codec_bytes(&key), &parts));
    assert_int_equal(parts.stage_n, 0);
    assert_int_equal(parts.rest.n, 0);
    codec_finish(&key);
}

static void
what_is_no_key_is_not_split(void **state)
{
    (void)state;
    static const struct levada_bytes none[] = {
        { "", 0 }, { "r", 1 }, { "rwindows", 8 }, { "xwindows\0", 9 }, { "\0levada", 7 },
    };
    struct codec_key parts;
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
        assert_false(codec_split_key(none[i], &parts));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_comes_back_as_it_went),
        cmocka_unit_test(whatever_is_cut_off_is_noticed),
        cmocka_unit_test(sizes_take_as_few_bytes_as_they_need),
        cmocka_unit_test(what_is_put_before_its_size_is_known_is_the_same),
        cmocka_unit_test(a_size_that_is_written_otherwise_is_refused),
        cmocka_unit_test(an_unknown_type_is_refused),
        cmocka_unit_test(numbers_in_keys_sort_as_numbers_do),
        cmocka_unit_test(numbers_in_values_are_little_endian),
        cmocka_unit_test(the_hash_of_a_group_never_changes),
        cmocka_unit_test(a_key_is_split_into_kind_stage_and_rest),
        cmocka_unit_test(what_is_no_key_is_not_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
