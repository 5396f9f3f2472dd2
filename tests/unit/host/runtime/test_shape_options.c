/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/shape_options.h"

#include "runtime/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* An instance with an option of every type. */
struct item {
    const char *name;
    int64_t function;
    double share;
};

struct instance {
    int64_t flag, limit, word;
    double rate;
    const char *text, *password, *file;
    const struct levada_path *field;
    struct levada_list names, map, items;
    struct item group;
};

static const struct levada_option item_rows[] = {
    { .type = LEVADA_O_STRING, LEVADA_IN(struct item, name), .name = "name" },
    {
        .type = LEVADA_O_CHOICE,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct item, function),
        .name = "function",
        .rule = "count|sum",
    },
    { .type = LEVADA_O_FLOAT, LEVADA_IN(struct item, share), .name = "share" },
};

static const struct levada_option name_row = { .type = LEVADA_O_STRING };
static const struct levada_option item_row = { .type = LEVADA_O_GROUP, LEVADA_CHILDREN(item_rows) };

static const struct levada_option rows[] = {
    { .type = LEVADA_O_BOOL, LEVADA_IN(struct instance, flag), .name = "flag" },
    { .type = LEVADA_O_INT, LEVADA_IN(struct instance, limit), .name = "limit" },
    { .type = LEVADA_O_CHOICE, LEVADA_IN(struct instance, word), .name = "word", .rule = "a|bc|d" },
    { .type = LEVADA_O_FLOAT, LEVADA_IN(struct instance, rate), .name = "rate" },
    { .type = LEVADA_O_STRING, LEVADA_IN(struct instance, text), .name = "text" },
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_SECRET,
        LEVADA_IN(struct instance, password),
        .name = "password",
    },
    { .type = LEVADA_O_FILE, LEVADA_IN(struct instance, file), .name = "file" },
    { .type = LEVADA_O_PATH, LEVADA_IN(struct instance, field), .name = "field" },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct instance, names),
        .name = "names",
        .children = &name_row,
        .n_children = 1,
    },
    { .type = LEVADA_O_MAP, LEVADA_IN(struct instance, map), .name = "map" },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct instance, items),
        .name = "items",
        .children = &item_row,
        .n_children = 1,
        .item_size = sizeof(struct item),
    },
    {
        .type = LEVADA_O_GROUP,
        LEVADA_IN(struct instance, group),
        .name = "group",
        LEVADA_CHILDREN(item_rows),
    },
    { .type = LEVADA_O_DURATION,
      .name = "window",
      .fallback = "1 h" }, /* a default for the host's */
};

static const struct levada_stage op = { LEVADA_OPTIONS(rows) };

static void
expect(struct instance *instance, const char *lines)
{
    struct strbuf text = { 0 };
    const struct stage stage = { .op = &op, .self = instance };
    shape_write_options(&stage, &text);
    assert_string_equal(strbuf_text(&text), lines);
    strbuf_finish(&text);
}

static void
every_type_is_told_on_a_line(void **state)
{
    (void)state;
    struct error err;
    struct path_set *paths = path_set_create();
    static const char *const names[] = { "x", "two\nlines" };
    static const struct levada_pair pairs[] = { { "k", "v" }, { "l", "w" } };
    static const struct item items[] = { { "n", 0, 0 }, { "s", 1, 0.5 } };
    struct instance instance = {
        .flag = 1,
        .limit = -7,
        .word = 1,
        .rate = 0.25,
        .text = "a \"b\"",
        .field = path_set_get(paths, "a.b", &err),
        .names = { names, 2 },
        .map = { pairs, 2 },
        .items = { items, 2 },
        .group = { "g", 1, 2 },
    };
    expect(&instance, "flag = 1\n"
                      "limit = -7\n"
                      "word = \"bc\"\n"
                      "rate = 0.25\n"
                      "text = \"a \\\"b\\\"\"\n"
                      "field = \"a.b\"\n"
                      "names = [\"x\", \"two\\nlines\"]\n"
                      "map = {\"k\": \"v\", \"l\": \"w\"}\n"
                      "items[0] = {name: \"n\", function: \"count\"}\n"
                      "items[1] = {name: \"s\", function: \"sum\", share: 0.5}\n"
                      "group = {name: \"g\", function: \"sum\", share: 2.0}\n");
    path_set_destroy(paths);
}

static void
what_is_absent_secret_or_a_file_is_left_out(void **state)
{
    (void)state;
    struct instance instance = { .password = "hush", .file = "/some/where", .limit = 3 };
    expect(&instance, "limit = 3\n"
                      "group = {function: \"count\"}\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_told_on_a_line),
        cmocka_unit_test(what_is_absent_secret_or_a_file_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
