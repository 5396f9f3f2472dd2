/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/targets.h"

#include "base/problem.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

const char *
target_name(const char *id)
{
    const char *dot = strrchr(id, '.');
    return dot != NULL ? dot + 1 : id;
}

static void
offer_configured(const struct config *config, struct suggest *suggest)
{
    suggest_offer(suggest, "pipeline");
    for (size_t p = 0; p < config->n_pipelines; p++) {
        for (size_t s = 0; s < config->pipelines[p].n_stages; s++) {
            if (config->pipelines[p].stages[s].name != NULL)
                suggest_offer(suggest, config->pipelines[p].stages[s].name);
        }
    }
}

/* @config: NULL where there is no file with options. */
static bool
is_there(const char *text, const struct plugin_file *plugin, const struct config *config)
{
    char name[256];
    struct suggest suggest;
    int n_target = (int)strcspn(text, "=");
    const char *slash = memchr(text, '/', (size_t)n_target);
    const char *stage = slash != NULL ? slash + 1 : text;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(stage, ".="), stage);
    suggest_start(&suggest, name);
    if (config != NULL)
        offer_configured(config, &suggest);
    for (size_t s = 0; config == NULL && s < plugin->n_stages; s++)
        suggest_offer(&suggest, target_name(plugin->stages[s]));
    if (suggest.best != NULL && suggest.best_distance == 0)
        return true;
    const char *nearest = suggest_best(&suggest);
    fprintf(stderr, "levada: --set: \"%.*s\" names no stage%s%s%s\n", n_target, text,
            nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "\"?" : "");
    return false;
}

bool
targets_are_there(const struct conformance_setup *setup, const struct plugin_file *plugin)
{
    struct problems problems = { .n = 0 };
    struct config *config =
        setup->options != NULL ? config_load(setup->options, NULL, 0, &problems) : NULL;
    /* A file that cannot be read, or a plugin, is what the cases tell. */
    bool known = setup->options != NULL ? config != NULL && problems.n_errors == 0
                                        : plugin->problem.status == LEVADA_OK;
    bool fine = true;
    for (size_t i = 0; known && i < setup->n_overrides; i++)
        fine = is_there(setup->overrides[i].text, plugin, config) && fine;
    if (config != NULL)
        config_unload(config);
    problems_finish(&problems);
    return fine;
}
