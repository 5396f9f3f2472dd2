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
    }
    return 0;
}
