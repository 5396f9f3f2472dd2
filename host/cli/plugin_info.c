/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugin_verbs.h"

#include "base/strbuf.h"
#include "config/options.h"
#include "loader/loader.h"
#include "table/table.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = { "", "source", "transform", "join", "aggregate", "sink" };

static const struct {
    uint32_t cap;
    const char *name, *text;
} capabilities[] = {
    { LEVADA_CAP_IDEMPOTENT, "idempotent", "taking records again after a crash does no harm" },
    { LEVADA_CAP_TXN, "transactions", "publishes exactly what a checkpoint holds" },
    { LEVADA_CAP_REPLAY, "replay", "can read again from a position" },
    { LEVADA_CAP_TABLE, "table", "windows and groups, kept by levada" },
    { LEVADA_CAP_STATE, "state", "keeps state in the checkpoint" },
    { LEVADA_CAP_STDOUT, "stdout", "writes to the standard output" },
};
#define N_CAPABILITIES (sizeof(capabilities) / sizeof(*capabilities))

/* The stage's own rows, then those that levada gives to every aggregate with a table. */
struct stage_options {
    struct option_table tables[2];
    size_t n;
};

static struct stage_options
options_of(const struct levada_stage *stage)
{
    return (struct stage_options){
        .tables = { { stage->options, stage->n_options, stage->option_stride },
                    { table_rows, table_n_rows, sizeof(*table_rows) } },
        .n = (stage->caps & LEVADA_CAP_TABLE) != 0 ? 2 : 1,
    };
}

/* NULL behind the last. The outputs of a stage with a table are levada's. */
static const char *
output_name(const struct levada_stage *stage, uint32_t i)
{
    static const char *const of_table[] = { "main", "late", NULL };
    if ((stage->caps & LEVADA_CAP_TABLE) != 0)
        return of_table[i];
    if (stage->output_names != NULL)
        return i < stage->n_outputs ? stage->output_names[i] : NULL;
    return i == 0 && stage->kind != LEVADA_SINK ? "main" : NULL;
}

static uint32_t
n_inputs(const struct levada_stage *stage)
{
    return stage->kind == LEVADA_SOURCE || stage->n_inputs > 0 ? stage->n_inputs : 1;
}

static bool
has_options(const struct levada_stage *stage)
{
    return stage->n_options > 0 || (stage->caps & LEVADA_CAP_TABLE) != 0;
}

static void
print_text(const struct plugin *plugin)
{
    const struct levada_stage *stage = plugin->stage;
    struct stage_options options = options_of(stage);

    printf("%s %s, %s: %s\n\n", stage->id, plugin->version, kinds[stage->kind], stage->summary);
    if (n_inputs(stage) > 1)
        printf("inputs:   %u, in the order of \"from\"\n", stage->n_inputs);
    for (uint32_t i = 0; output_name(stage, i) != NULL; i++)
        printf("%s%s", i > 0 ? ", " : "outputs:  ", output_name(stage, i));
    if (output_name(stage, 0) != NULL)
        putchar('\n');
    for (size_t i = 0; i < N_CAPABILITIES; i++) {
        if ((stage->caps & capabilities[i].cap) != 0)
            printf("%-9s %s\n", "can:", capabilities[i].text);
    }
    printf("file:     %s\nABI:      %u.%u\nlicence:  %s\n", plugin->path, plugin->module->abi_major,
           plugin->module->abi_need, plugin->license);
    if (has_options(stage)) {
        printf("\nOptions:\n");
        options_describe(options.tables, options.n, stdout);
    }
}

static void
print_markdown(const struct plugin *plugin)
{
    struct stage_options options = options_of(plugin->stage);
    if (has_options(plugin->stage))
        options_describe_markdown(options.tables, options.n, stdout);
}

static void
add_string(struct strbuf *out, const char *before, const char *text)
{
    strbuf_str(out, before);
    strbuf_json_string(out, text, strlen(text));
}

static void
add_outputs(struct strbuf *out, const struct levada_stage *stage)
{
    strbuf_str(out, ",\"outputs\":[");
    for (uint32_t i = 0; output_name(stage, i) != NULL; i++)
        add_string(out, i > 0 ? "," : "", output_name(stage, i));
    strbuf_char(out, ']');
}

static void
add_capabilities(struct strbuf *out, const struct levada_stage *stage)
{
    const char *separator = "";
    strbuf_str(out, ",\"capabilities\":[");
    for (size_t i = 0; i < N_CAPABILITIES; i++) {
        if ((stage->caps & capabilities[i].cap) == 0)
            continue;
        add_string(out, separator, capabilities[i].name);
        separator = ",";
    }
    strbuf_char(out, ']');
}

static void
print_json(const struct plugin *plugin)
{
    const struct levada_stage *stage = plugin->stage;
    struct stage_options options = options_of(stage);
    struct strbuf out = { 0 };

    add_string(&out, "{\"stage\":", stage->id);
    add_string(&out, ",\"kind\":", kinds[stage->kind]);
    add_string(&out, ",\"summary\":", stage->summary);
    add_string(&out, ",\"version\":", plugin->version);
    add_string(&out, ",\"license\":", plugin->license);
    strbuf_printf(&out, ",\"abi\":\"%u.%u\"", plugin->module->abi_major, plugin->module->abi_need);
    add_string(&out, ",\"file\":", plugin->path);
    strbuf_printf(&out, ",\"inputs\":%u", n_inputs(stage));
    add_outputs(&out, stage);
    add_capabilities(&out, stage);
    printf("%s,\"options\":", strbuf_text(&out));
    strbuf_finish(&out);
    options_describe_json(options.tables, options.n, stdout);
    puts("}");
}

/* ---- a manual page ---- */

static void
print_man_head(const struct plugin *plugin)
{
    const char *id = plugin->stage->id;
    fputs(".TH \"levada\\-", stdout);
    options_print_man_text(id, stdout);
    printf("\" 5 \"\" \"levada %s\" \"Stages of levada\"\n.nh\n.ad l\n.SH NAME\nlevada\\-",
           LEVADA_VERSION);
    options_print_man_text(id, stdout);
    fputs(" \\- ", stdout);
    char summary[256];
    snprintf(summary, sizeof(summary), "%s", plugin->stage->summary);
    size_t n = strlen(summary);
    if (n > 0 && summary[n - 1] == '.')
        summary[n - 1] = '\0'; /* apropos shows no sentences */
    options_print_man_text(summary, stdout);
}

/* The stage with what it cannot be without. */
static void
print_man_synopsis(const struct stage_options *options, const char *id)
{
    fputs("\n.SH SYNOPSIS\n{ name = \"\\fIname\\fP\"; plugin = \"\\fB", stdout);
    options_print_man_text(id, stdout);
    fputs("\\fP\";", stdout);
    for (uint32_t i = 0; i < options->tables[0].n; i++) {
        struct levada_option row = option_table_row(&options->tables[0], i);
        if ((row.flags & LEVADA_OF_REQUIRED) == 0)
            continue;
        fputs(" \\fB", stdout);
        options_print_man_text(row.name, stdout);
        fputs("\\fP = ...;", stdout);
    }
    fputs(" }\n", stdout);
}

static void
print_man_description(const struct levada_stage *stage)
{
    fputs(".SH DESCRIPTION\nThis ", stdout);
    options_print_man_text(kinds[stage->kind], stdout);
    fputs(" is a stage of a pipeline file, see\n.BR levada\\-pipeline (5).\n", stdout);
    if (n_inputs(stage) > 1)
        printf("It has %u inputs, in the order of \\fBfrom\\fP.\n", stage->n_inputs);
    for (uint32_t i = 0; output_name(stage, i) != NULL; i++) {
        fputs(i > 0 ? ", " : "Its outputs: ", stdout);
        options_print_man_text(output_name(stage, i), stdout);
    }
    if (output_name(stage, 0) != NULL)
        fputs(".\n", stdout);
    for (size_t i = 0; i < N_CAPABILITIES; i++) {
        if ((stage->caps & capabilities[i].cap) == 0)
            continue;
        fputs(".IP \\(bu 2\n", stdout);
        options_print_man_text(capabilities[i].text, stdout);
        fputc('\n', stdout);
    }
}

static void
print_man(const struct plugin *plugin)
{
    struct stage_options options = options_of(plugin->stage);
    print_man_head(plugin);
    print_man_synopsis(&options, plugin->stage->id);
    print_man_description(plugin->stage);
    if (has_options(plugin->stage)) {
        fputs(".SH OPTIONS\nBeside the words that every stage has.\n", stdout);
        options_describe_man(options.tables, options.n, stdout);
    }
    fputs(".SH SEE ALSO\n.BR levada (1),\n.BR levada\\-pipeline (5)\n", stdout);
}

static void
print_failure(const struct error *err, const char *suggestion)
{
    fprintf(stderr, "levada: %s", err->text);
    if (suggestion != NULL)
        fprintf(stderr, "; did you mean \"%s\"?", suggestion);
    fputc('\n', stderr);
}

int
plugin_info(struct loader *loader, const char *name, enum plugin_info_format format)
{
    const struct plugin *plugin;
    const char *suggestion;
    struct error err = { 0 };
    levada_status status = loader_open(loader, name, &plugin, &suggestion, &err);
    if (status != LEVADA_OK) {
        print_failure(&err, suggestion);
        return error_exit_code(status);
    }
    switch (format) {
    case PLUGIN_INFO_TEXT:
        print_text(plugin);
        break;
    case PLUGIN_INFO_JSON:
        print_json(plugin);
        break;
    case PLUGIN_INFO_MARKDOWN:
        print_markdown(plugin);
        break;
    case PLUGIN_INFO_MAN:
        print_man(plugin);
        break;
    }
    return 0;
}
