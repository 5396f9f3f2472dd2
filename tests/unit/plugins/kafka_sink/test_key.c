/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <levada/levada.h>

#define MOST 64

/* As much of a host as keys need: a path is its column. */
static void *memory[MOST];
static size_t n_memory;
static size_t n_allowed; /* pieces of memory, before there is none left */

static void *
take(uint64_t n)
{
    if (n_memory == n_allowed)
        return NULL;
    return memory[n_memory++] = malloc(n + 1);
}

static void *
host_scratch(struct levada_call *call, uint64_t n)
{
    (void)call;
    return take(n);
}

static void *
host_alloc(struct levada_batch *batch, uint64_t n)
{
    (void)batch;
    return take(n);
}

static const struct levada_scalar *
host_column(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    (void)call, (void)batch;
    return (const struct levada_scalar *)(const void *)path;
}

static const char *
host_text(struct levada_call *call, const struct levada_scalar *value, uint64_t *n)
{
    static char text[MOST][32];
    static unsigned turn;
    char *to = text[turn++ % MOST];
    (void)call;
    *n = value->len;
    if (levada_has_bytes(value))
        return value->len > 0 ? value->u.s : "";
    if (value->type == LEVADA_T_TIME)
        *n = (uint64_t)sprintf(to, "2019-01-01T00:00:00.%03d", (int)value->u.i);
    else if (value->type == LEVADA_T_BOOL)
        *n = (uint64_t)sprintf(to, "%s", value->u.i != 0 ? "true" : "false");
    else if (value->type == LEVADA_T_I64)
        *n = (uint64_t)sprintf(to, "%d", (int)value->u.i);
    else if (value->type == LEVADA_T_F64)
        *n = (uint64_t)sprintf(to, "%g", value->u.f);
    return to;
}

static int
set_up(void **state)
{
    static const struct levada_host host = {
        .struct_size = sizeof(host),
        .scratch = host_scratch,
        .alloc = host_alloc,
        .column = host_column,
        .text = host_text,
    };
    (void)state;
    levada_module_v1(&host);
    n_allowed = MOST;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    while (n_memory > 0)
        free(memory[--n_memory]);
    return 0;
}

/* ---- */

#define TEXT(type_, text_)                                                                         \
    {                                                                                              \
        .type = (type_), .len = sizeof(text_) - 1, .u.s = (text_)                                  \
    }

static const struct {
    struct levada_scalar value;
    const char *alone; /* the key of this field; NULL: none */
    const char *in_array;
} values[] = {
    { { .type = LEVADA_T_MISSING }, NULL, "null" },
    { { .type = LEVADA_T_NULL }, NULL, "null" },
    { { .type = LEVADA_T_BOOL, .u.i = 1 }, "true", "true" },
    { { .type = LEVADA_T_I64, .u.i = -7 }, "-7", "-7" },
    { { .type = LEVADA_T_F64, .u.f = 1.5 }, "1.5", "1.5" },
    { { .type = LEVADA_T_TIME, .u.i = 5 },
      "2019-01-01T00:00:00.005",
      "\"2019-01-01T00:00:00.005\"" },
    { { .type = LEVADA_T_STR, .u.s = NULL }, "", "\"\"" },
    { TEXT(LEVADA_T_STR, "plain"), "plain", "\"plain\"" },
    { TEXT(LEVADA_T_STR, "\xc3\xbc"), "\xc3\xbc", "\"\xc3\xbc\"" },
    { TEXT(LEVADA_T_STR, "a\"b\\c"), "a\"b\\c", "\"a\\\"b\\\\c\"" },
    { TEXT(LEVADA_T_STR, "\n\x01"), "\n\x01", "\"\\u000a\\u0001\"" },
    { TEXT(LEVADA_T_BIN, "\x7f"), "\x7f", "\"\x7f\"" },
    { TEXT(LEVADA_T_NUM, "12345678901234567890.5"), "12345678901234567890.5",
      "12345678901234567890.5" },
    { TEXT(LEVADA_T_JSON, "{\"a\":[1]}"), "{\"a\":[1]}", "{\"a\":[1]}" },
};
#define N (sizeof(values) / sizeof(*values))

static const struct levada_bytes *
make(const struct levada_scalar *const *columns, uint64_t n, uint32_t n_records)
{
    struct levada_batch batch = { .struct_size = sizeof(batch), .n = n_records };
    const struct levada_list paths = { columns, n };
    return key_make(NULL, &batch, &paths);
}

static void
assert_key(struct levada_bytes key, const char *expected)
{
    assert_int_equal(key.p != NULL, expected != NULL);
    assert_int_equal(key.n, expected != NULL ? strlen(expected) : 0);
    if (key.n > 0)
        assert_memory_equal(key.p, expected, key.n);
}

static void
one_field_is_its_text_and_none_is_no_key(void **state)
{
    struct levada_scalar column[N];
    const struct levada_scalar *const columns[] = { column };
    (void)state;
    for (size_t i = 0; i < N; i++)
        column[i] = values[i].value;
    const struct levada_bytes *keys = make(columns, 1, N);
    assert_non_null(keys);
    for (size_t i = 0; i < N; i++)
        assert_key(keys[i], values[i].alone);
}

static void
several_fields_are_a_json_array(void **state)
{
    char expected[200];
    (void)state;
    for (size_t i = 0; i < N; i++) {
        const struct levada_scalar *const columns[] = { &values[i].value, &values[N - 1 - i].value,
                                                        &values[i].value };
        const struct levada_bytes *keys = make(columns, 3, 1);
        assert_non_null(keys);
        snprintf(expected, sizeof(expected), "[%s,%s,%s]", values[i].in_array,
                 values[N - 1 - i].in_array, values[i].in_array);
        assert_key(keys[0], expected);
        tear_down(state);
    }
}

static void
a_long_text_of_control_characters_has_room(void **state)
{
    static char text[1000];
    const struct levada_scalar value = { .type = LEVADA_T_STR, .len = sizeof(text), .u.s = text };
    const struct levada_scalar *const columns[] = { &value, &value };
    (void)state;
    const struct levada_bytes *keys = make(columns, 2, 1);
    assert_non_null(keys);
    assert_int_equal(keys[0].n, strlen("[\"\",\"\"]") + 2 * 6 * sizeof(text));
}

static void
without_memory_there_are_no_keys(void **state)
{
    const struct levada_scalar *const one[] = { &values[3].value };
    const struct levada_scalar *const two[] = { &values[3].value, &values[7].value };
    (void)state;
    for (n_allowed = 0; make(one, 1, 1) == NULL; n_allowed++)
        tear_down(state);
    assert_int_equal(n_allowed, 3); /* columns, keys, the text of a number */
    tear_down(state);
    for (n_allowed = 0; make(two, 2, 1) == NULL; n_allowed++)
        tear_down(state);
    assert_int_equal(n_allowed, 4); /* columns, keys, texts, the array */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_field_is_its_text_and_none_is_no_key),
        TEST(several_fields_are_a_json_array),
        TEST(a_long_text_of_control_characters_has_room),
        TEST(without_memory_there_are_no_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
