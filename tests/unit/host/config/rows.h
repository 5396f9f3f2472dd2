/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_HOST_CONFIG_ROWS_H
#define TESTS_UNIT_HOST_CONFIG_ROWS_H

/* The options of an invented stage, for the tests of options. */

#include <levada/plugin.h>

struct pair {
    const char *stream, *table;
};

struct limits {
    int64_t low, high;
};

/* One option of each type. */
struct values {
    int64_t flag, number, duration, size, choice;
    double ratio;
    const char *text, *file;
    const struct levada_path *path;
    struct levada_list names, numbers, pairs, map;
    struct limits limits;
};

static const struct levada_option text_row[] = { { .type = LEVADA_O_STRING, .rule = "len:1.." } };
static const struct levada_option int_row[] = { { .type = LEVADA_O_INT, .rule = "0..9" } };
static const struct levada_option pair_rows[] = {
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct pair, stream),
        .name = "stream",
    },
    { .type = LEVADA_O_STRING, LEVADA_IN(struct pair, table), .name = "table", .fallback = "t" },
};
static const struct levada_option pair_row[] = {
    { .type = LEVADA_O_GROUP, LEVADA_CHILDREN(pair_rows) },
};
static const struct levada_option limit_rows[] = {
    {
        .type = LEVADA_O_INT,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct limits, low),
        .name = "low",
        .help = "The least.",
    },
    { .type = LEVADA_O_INT, LEVADA_IN(struct limits, high), .name = "high", .fallback = "7" },
};

static const struct levada_option rows[] = {
    { .type = LEVADA_O_BOOL, LEVADA_IN(struct values, flag), .name = "flag", .fallback = "true" },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct values, number),
        .name = "number",
        .fallback = "20",
        .rule = "0..100",
        .help = "Rows shown; 0 shows all.",
    },
    { .type = LEVADA_O_FLOAT,
      LEVADA_IN(struct values, ratio),
      .name = "ratio",
      .rule = "0.5..1.5" },
    { .type = LEVADA_O_STRING, LEVADA_IN(struct values, text), .name = "text", .rule = "len:2..5" },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct values, duration),
        .name = "window",
        .rule = "1 ms..",
    },
    { .type = LEVADA_O_SIZE, LEVADA_IN(struct values, size), .name = "size", .rule = "..1 MiB" },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct values, choice),
        .name = "format",
        .fallback = "table",
        .rule = "table|csv|json",
        .help = "How rows look.",
    },
    {
        .type = LEVADA_O_FILE,
        .flags = LEVADA_OF_READ,
        LEVADA_IN(struct values, file),
        .name = "file",
    },
    { .type = LEVADA_O_PATH, LEVADA_IN(struct values, path), .name = "field" },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct values, names),
        .name = "names",
        .rule = "len:..3",
        LEVADA_CHILDREN(text_row),
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct values, numbers),
        .name = "numbers",
        .fallback = "1,2",
        LEVADA_CHILDREN(int_row),
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct values, pairs),
        .name = "on",
        LEVADA_CHILDREN(pair_row),
        .item_size = sizeof(struct pair),
    },
    { .type = LEVADA_O_MAP, LEVADA_IN(struct values, map), .name = "kafka" },
    {
        .type = LEVADA_O_GROUP,
        LEVADA_IN(struct values, limits),
        .name = "limits",
        LEVADA_CHILDREN(limit_rows),
    },
};

#endif
