/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a pipeline file is read, or refused with a reason. */
#include "base/arena.h"
#include "config/options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
    int64_t number, choice, duration, size;
    double ratio;
    const char *text, *file;
    struct levada_list names, map, pairs;
};

struct pair {
    const char *stream, *table;
};

static const struct levada_option name_row[] = { { .type = LEVADA_O_STRING } };
static const struct levada_option pair_rows[] = {
    { .type = LEVADA_O_STRING, LEVADA_IN(struct pair, stream), .name = "stream" },
    { .type = LEVADA_O_STRING, LEVADA_IN(struct pair, table), .name = "table" },
};
static const struct levada_option pair_row[] = {
    { .type = LEVADA_O_GROUP, LEVADA_CHILDREN(pair_rows) },
};

static const struct levada_option rows[] = {
    { .type = LEVADA_O_INT, LEVADA_IN(struct values, number), .name = "num_rows", .rule = "0..9" },
    { .type = LEVADA_O_CHOICE, LEVADA_IN(struct values, choice), .name = "format", .rule = "a|b" },
    { .type = LEVADA_O_DURATION, LEVADA_IN(struct values, duration), .name = "window" },
    { .type = LEVADA_O_SIZE, LEVADA_IN(struct values, size), .name = "max_record" },
    { .type = LEVADA_O_FLOAT, LEVADA_IN(struct values, ratio), .name = "ratio" },
    { .type = LEVADA_O_STRING, LEVADA_IN(struct values, text), .name = "topic" },
    { .type = LEVADA_O_FILE, LEVADA_IN(struct values, file), .name = "path" },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct values, names),
        .name = "group_by",
        LEVADA_CHILDREN(name_row),
    },
    { .type = LEVADA_O_MAP, LEVADA_IN(struct values, map), .name = "kafka" },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct values, pairs),
        .name = "on",
        LEVADA_CHILDREN(pair_row),
        .item_size = sizeof(struct pair),
    },
};

static void
fill_stage(const struct stage_spec *stage, struct problems *problems, FILE *nowhere)
{
    struct option_table table = { rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]) };
    struct arena arena = { 0 };
    struct values values = { 0 };
    void *selves[] = { &values };
    struct option_context context = {
        .stage = stage->name, .at = stage->at, .problems = problems, .arena = &arena
    };
    options_fill(&table, selves, 1, &stage->options, &context);
    options_print(&table, 1, &stage->options, nowhere, 2);
    arena_finish(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems = { 0 };
    char *text = malloc(size + 1);
    FILE *nowhere = fopen("/dev/null", "w");
    if (text == NULL || nowhere == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';

    struct config *config = config_load_text("fuzz.conf", text, "/", &problems);
    if (config == NULL && problems.n_errors == 0)
        abort(); /* refused without a reason */
    for (size_t i = 0; config != NULL && i < config->n_pipelines; i++) {
        for (size_t j = 0; j < config->pipelines[i].n_stages; j++)
            fill_stage(&config->pipelines[i].stages[j], &problems, nowhere);
    }
    problems_print(&problems, nowhere, 0);
    problems_print_json(&problems, nowhere);

    config_unload(config);
    problems_finish(&problems);
    fclose(nowhere);
    free(text);
    return 0;
}
