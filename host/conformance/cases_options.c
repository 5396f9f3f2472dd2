/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"
#include "config/option_rows.h"
#include "conformance/capture.h"
#include "conformance/cases.h"
#include "conformance/probe.h"
#include "conformance/verdict.h"
#include "pipeline/stage_options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The rig's options with @name set to @text, or without it (NULL). In the rig's arena. */
static struct setting *
options_with(struct rig *rig, const char *name, const char *text)
{
    struct setting *group = arena_alloc(&rig->arena, sizeof(*group));
    *group = *rig->options;
    group->children =
        arena_alloc(&rig->arena, (rig->options->n_children + 1) * sizeof(*group->children));
    group->n_children = 0;
    for (size_t i = 0; i < rig->options->n_children; i++) {
        if (strcmp(rig->options->children[i].name, name) != 0)
            group->children[group->n_children++] = rig->options->children[i];
    }
    if (text != NULL)
        group->children[group->n_children++] =
            (struct setting){ .type = SETTING_TEXT,
                              .name = arena_copy(&rig->arena, name, strlen(name)),
                              .text = arena_copy(&rig->arena, text, strlen(text)),
                              .folder = "/" };
    return group;
}

/* [plan] only: no start(). True: create() said yes. */
static bool
create_with(struct rig *rig, const char *name, const char *text)
{
    struct instance instance;
    bool created = instance_create(&instance, rig, options_with(rig, name, text));
    instance_destroy(&instance);
    return created;
}

static void
must_refuse(struct rig *rig, const char *name, const char *text)
{
    if (create_with(rig, name, text))
        verdict_fault("options", "took %s = %s, which is outside its rule", name, text);
}

/* A number just past a bound, with the unit that the option has. */
static void
spell(const struct levada_option *row, int64_t i, double f, char *text, size_t n)
{
    if (row->type == LEVADA_O_FLOAT)
        snprintf(text, n, "%.17g", f);
    else
        snprintf(text, n, "%lld%s", (long long)i,
                 row->type == LEVADA_O_DURATION ? " ns"
                 : row->type == LEVADA_O_SIZE   ? " B"
                                                : "");
}

static void
try_numbers(struct rig *rig, const struct levada_option *row)
{
    struct option_range range;
    char text[64];
    if (row->rule == NULL || !option_range_parse(row, &range))
        return;
    if (range.has_low) {
        snprintf(text, sizeof(text), "%.*s", (int)range.low_n, range.low_text);
        create_with(rig, row->name, text);
        spell(row, range.low - 1, range.low_f - 1, text, sizeof(text));
        if (text[0] != '-' || row->type == LEVADA_O_INT || row->type == LEVADA_O_FLOAT)
            must_refuse(rig, row->name, text);
    }
    if (range.has_high) {
        snprintf(text, sizeof(text), "%.*s", (int)range.high_n, range.high_text);
        create_with(rig, row->name, text);
        spell(row, range.high + 1, range.high_f * 2 + 1, text, sizeof(text));
        if (range.high < INT64_MAX || row->type == LEVADA_O_FLOAT)
            must_refuse(rig, row->name, text);
    }
}

static void
try_length(struct rig *rig, const struct levada_option *row)
{
    struct option_range range;
    struct strbuf text = { 0 };
    if (row->rule == NULL || !option_range_parse(row, &range) || !range.has_high ||
        range.high > 1000000)
        return;
    for (int64_t i = 0; i < range.high; i++)
        strbuf_char(&text, 'x');
    create_with(rig, row->name, strbuf_text(&text));
    strbuf_char(&text, 'x');
    must_refuse(rig, row->name, strbuf_text(&text));
    strbuf_finish(&text);
}

static void
try_words(struct rig *rig, const struct levada_option *row)
{
    for (const char *word = row->rule; word != NULL && *word != '\0';) {
        char text[128];
        size_t n = strcspn(word, "|");
        snprintf(text, sizeof(text), "%.*s", (int)n, word);
        create_with(rig, row->name, text);
        word += n + (word[n] == '|');
    }
    must_refuse(rig, row->name, "no-such-word");
}

static void
try_texts(struct rig *rig, const struct levada_option *row)
{
    static const char *const texts[] = { "",    "x",     "\xc3\xa9", "%s%n%s",
                                         "a b", "'\"\\", "../../..", "((((((((" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        create_with(rig, row->name, texts[i]);
}

static void
try_row(struct rig *rig, const struct levada_option *row)
{
    switch (row->type) {
    case LEVADA_O_BOOL:
        create_with(rig, row->name, "true");
        create_with(rig, row->name, "false");
        break;
    case LEVADA_O_INT:
    case LEVADA_O_FLOAT:
    case LEVADA_O_DURATION:
    case LEVADA_O_SIZE:
        try_numbers(rig, row);
        break;
    case LEVADA_O_STRING:
        try_texts(rig, row);
        try_length(rig, row);
        break;
    case LEVADA_O_PATH:
    case LEVADA_O_LIST:
        create_with(rig, row->name, "$.a[3].b");
        create_with(rig, row->name, "x");
        break;
    case LEVADA_O_CHOICE:
        try_words(rig, row);
        break;
    default:
        break;
    }
    if ((row->flags & LEVADA_OF_REQUIRED) != 0 && create_with(rig, row->name, NULL))
        verdict_fault("options", "did without %s, which it says is required", row->name);
}

static void
holds_at_every_bound(struct rig *rig)
{
    if (!rig_open(rig))
        return;
    const struct option_table table = { rig->op.options, rig->op.n_options, rig->op.option_stride };
    for (uint32_t i = 0; i < table.n && verdict_is_open(); i++) {
        struct levada_option row = option_table_row(&table, i);
        if (row.size > 0)
            try_row(rig, &row);
    }
}

static void
refuses_what_it_does_not_know(struct rig *rig)
{
    if (rig_open(rig) && create_with(rig, "no_such_option", "1"))
        verdict_fault("options", "took an option that it does not have");
}

/* ---- secrets ---- */

static void
look_for_canary(struct capture *capture, const char *where)
{
    struct strbuf text = { 0 };
    char part[4096];
    capture_end(capture);
    for (size_t n; (n = fread(part, 1, sizeof(part), capture->file)) > 0;)
        strbuf_add(&text, part, n);
    if (strstr(strbuf_text(&text), probe_setup.canary) != NULL)
        verdict_fault("secrets", "the value of a secret option stands on %s", where);
    strbuf_finish(&text);
    capture_finish(capture);
}

static void
live_with_secret(struct rig *rig, const char *name)
{
    struct instance instance;
    if (instance_create(&instance, rig, options_with(rig, name, probe_setup.canary)) &&
        instance_start(&instance)) {
        instance_feed(&instance, 3);
        instance_signal(&instance, LEVADA_SIG_TRIGGER);
    }
    if (strstr(instance.problem, probe_setup.canary) != NULL)
        verdict_fault("secrets", "the value of %s stands in what create() says", name);
    instance_destroy(&instance);
    if (verdict->outcome == OUTCOME_SKIP) /* it could not start with that; what it said was seen */
        verdict->outcome = OUTCOME_NONE;
}

/* Every option that is secret, one after the other. False: there is none. */
static bool
try_secrets(struct rig *rig)
{
    const struct option_table table = { rig->op.options, rig->op.n_options, rig->op.option_stride };
    bool any = false;
    for (uint32_t i = 0; i < table.n && verdict_is_open(); i++) {
        struct levada_option row = option_table_row(&table, i);
        if ((row.flags & LEVADA_OF_SECRET) == 0 || row.type != LEVADA_O_STRING)
            continue;
        any = true;
        live_with_secret(rig, row.name);
    }
    return any;
}

static void
keeps_secrets(struct rig *rig)
{
    static char canary[48];
    struct capture out, err;
    if (!rig_open(rig))
        return;
    snprintf(canary, sizeof(canary), "canary-%016llx",
             (unsigned long long)random_next(&rig->random));
    if (!capture_start(&out, STDOUT_FILENO) || !capture_start(&err, STDERR_FILENO)) {
        verdict_skip("no temporary file");
        return;
    }
    probe_setup.canary = canary;
    bool any = try_secrets(rig);
    look_for_canary(&err, "the standard error");
    look_for_canary(&out, "the standard output");
    probe_setup.canary = NULL;
    if (!any)
        verdict_skip("it has no option that is secret");
}

const struct test_case cases_options[] = {
    { "options.bounds", "holds at every bound of every option, and is not asked beyond",
      CASE_OF_STAGE, false, holds_at_every_bound },
    { "options.unknown", "unknown options are refused", CASE_OF_STAGE, false,
      refuses_what_it_does_not_know },
    { "options.secrets", "what is secret is never told", CASE_OF_STAGE, false, keeps_secrets },
    { .name = NULL },
};
