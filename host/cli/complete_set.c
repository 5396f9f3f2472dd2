/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/complete_set.h"

#include "cli/plugins.h"
#include "config/config.h"
#include "config/option_rows.h"
#include "table/table.h"

#include <stdio.h>
#include <string.h>

static void
offer(const char *word, const char *stage, const char *option, char end, const char *text)
{
    char candidate[512];
    snprintf(candidate, sizeof(candidate), "%s.%s%.1s", stage, option, &end);
    if (strncmp(word, candidate, strlen(word)) == 0)
        printf("%s\t%s\n", candidate, text == NULL ? "" : text);
}

/* The values behind the '=' of @word: those of a choice, or of a boolean. */
static void
offer_values(const char *word, const char *stage, const struct levada_option *row)
{
    const char *value = row->type == LEVADA_O_CHOICE ? row->rule : "true|false";
    if (row->type != LEVADA_O_CHOICE && row->type != LEVADA_O_BOOL)
        return;
    for (size_t n; *value != '\0'; value += n + (value[n] == '|')) {
        char candidate[512];
        n = strcspn(value, "|");
        snprintf(candidate, sizeof(candidate), "%s.%s=%.*s", stage, row->name, (int)n, value);
        if (strncmp(word, candidate, strlen(word)) == 0)
            printf("%s\t\n", candidate);
    }
}

static void
offer_option(const char *word, const char *stage, const struct levada_option *row)
{
    char begin[512];
    snprintf(begin, sizeof(begin), "%s.%s=", stage, row->name);
    if (strncmp(word, begin, strlen(begin)) == 0)
        offer_values(word, stage, row);
    else if (row->type == LEVADA_O_GROUP || row->type == LEVADA_O_MAP)
        offer(word, stage, row->name, '.', row->help);
    else
        offer(word, stage, row->name, '=', row->help);
}

/* The options of a stage whose name and dot @word begins with. */
static void
offer_options(const char *word, const struct stage_spec *stage, struct loader *loader)
{
    const struct plugin *plugin;
    if (stage->plugin == NULL ||
        loader_open(loader, stage->plugin, &plugin, NULL, NULL) != LEVADA_OK)
        return;
    struct option_table tables[] = {
        { plugin->stage->options, plugin->stage->n_options, plugin->stage->option_stride },
        { table_rows, table_n_rows, sizeof(*table_rows) },
    };
    bool has_table = (plugin->stage->caps & LEVADA_CAP_TABLE) != 0;
    struct option_cursor cursor = { .tables = tables, .n_tables = has_table ? 2 : 1 };
    while (option_cursor_next(&cursor))
        offer_option(word, stage->name, &cursor.row);
}

static void
offer_stage(const char *word, const struct stage_spec *stage, struct loader *loader)
{
    size_t n = stage->name != NULL ? strlen(stage->name) : 0;
    if (n == 0)
        return;
    if (strncmp(word, stage->name, n) == 0 && word[n] == '.')
        offer_options(word, stage, loader);
    else
        offer(word, stage->name, "", '\0', stage->plugin);
}

void
complete_set(const char *word, const char *const *files, size_t n_files)
{
    struct arguments arguments = { .n_plugin_dirs = 0 };
    int code;
    struct loader *loader = plugins_loader_alone(&arguments, &code);
    for (size_t f = 0; loader != NULL && f < n_files; f++) {
        struct problems problems = { 0 };
        struct config *config = config_load(files[f], NULL, 0, &problems);
        for (size_t p = 0; config != NULL && p < config->n_pipelines; p++) {
            for (size_t s = 0; s < config->pipelines[p].n_stages; s++)
                offer_stage(word, &config->pipelines[p].stages[s], loader);
        }
        config_unload(config);
        problems_finish(&problems);
    }
    loader_destroy(loader);
    offer(word, "pipeline", "", '\0', "the pipeline's own");
}
