/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/load.h"

#include "base/suggest.h"
#include "cli/places.h"
#include "cli/plugins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define MOST_PROBLEMS 20

static void
refuse_equal_names(struct loaded *loaded, const struct pipeline_spec *spec)
{
    for (size_t i = 0; i < loaded->n_pipelines; i++) {
        if (spec->name != NULL && strcmp(pipeline_name(loaded->pipelines[i]), spec->name) == 0)
            problems_add(&loaded->problems, spec->name_at, SEVERITY_ERROR, NULL, NULL, NULL,
                         "two pipelines are called \"%s\"", spec->name);
    }
}

static bool
plan_config(struct loaded *loaded, const struct config *config, bool until_caught_up)
{
    size_t n = loaded->n_pipelines + config->n_pipelines;
    struct pipeline **pipelines = realloc(loaded->pipelines, (n + 1) * sizeof(struct pipeline *));
    if (pipelines == NULL)
        return false;
    loaded->pipelines = pipelines;
    for (size_t i = 0; i < config->n_pipelines; i++) {
        const struct pipeline_spec *spec = &config->pipelines[i];
        refuse_equal_names(loaded, spec);
        const struct pipeline_context context = { loaded->loader, loaded->settings, until_caught_up,
                                                  0 };
        struct pipeline *pipeline = pipeline_plan(spec, &context, &loaded->problems);
        if (pipeline == NULL)
            return false;
        pipelines[loaded->n_pipelines++] = pipeline;
    }
    return true;
}

/* Offers the pipelines' names, or those of their stages. */
static void
offer_names(const struct loaded *loaded, bool of_stages, struct suggest *suggest)
{
    for (size_t c = 0; c < loaded->n_configs; c++) {
        for (size_t p = 0; p < loaded->configs[c]->n_pipelines; p++) {
            const struct pipeline_spec *spec = &loaded->configs[c]->pipelines[p];
            if (!of_stages && spec->name != NULL)
                suggest_offer(suggest, spec->name);
            for (size_t s = 0; of_stages && s < spec->n_stages; s++) {
                if (spec->stages[s].name != NULL)
                    suggest_offer(suggest, spec->stages[s].name);
            }
        }
    }
}

/* @target: "STAGE.OPTION" or "PIPELINE/STAGE.OPTION" that met no stage. The value stays untold. */
static void
complain_of_target(struct loaded *loaded, struct place at, const char *target)
{
    const char *slash = strchr(target, '/');
    const char *stage = slash != NULL ? slash + 1 : target;
    char wanted[256];
    struct suggest suggest;

    snprintf(wanted, sizeof(wanted), "%.*s", (int)strcspn(stage, "."), stage);
    suggest_start(&suggest, wanted);
    offer_names(loaded, true, &suggest);
    if (slash != NULL && suggest.best != NULL && suggest.best_distance == 0) {
        /* The stage is there, so the pipeline is not. */
        snprintf(wanted, sizeof(wanted), "%.*s", (int)(slash - target), target);
        suggest_start(&suggest, wanted);
        offer_names(loaded, false, &suggest);
    }
    problems_add(&loaded->problems, at, SEVERITY_ERROR, NULL, NULL, suggest_best(&suggest),
                 "\"%s\" names no stage of these files", target);
}

static void
judge_overrides(struct loaded *loaded, const struct arguments *arguments)
{
    const struct place at = { .file = "--set" };
    for (size_t i = 0; i < arguments->n_overrides; i++) {
        const struct config_override *override = &arguments->overrides[i];
        if (!override->used) {
            char target[256];
            snprintf(target, sizeof(target), "%.*s", (int)strcspn(override->text, "="),
                     override->text);
            complain_of_target(loaded, at, target);
        }
        /* The value may be a secret, and is not needed here. */
        if (override->n_pipelines > 1)
            problems_add_usage(&loaded->problems, at,
                               "\"%.*s\" may mean each of the pipelines %s; say which one, as in "
                               "--set PIPELINE/%.*s=...",
                               (int)strcspn(override->text, "="), override->text,
                               override->pipelines, (int)strcspn(override->text, "="),
                               override->text);
    }
}

/* With settings and loader. False: out of memory. */
static bool
read_files(struct loaded *loaded, const struct arguments *arguments)
{
    loaded->configs = calloc(arguments->n_operands, sizeof(struct config *));
    if (loaded->configs == NULL)
        return false;
    /* What an earlier load met counts no more. */
    for (size_t i = 0; i < arguments->n_overrides; i++)
        arguments->overrides[i] = (struct config_override){ .text = arguments->overrides[i].text };
    for (size_t i = 0; i < arguments->n_operands; i++) {
        struct config *config = config_load(arguments->operands[i], arguments->overrides,
                                            arguments->n_overrides, &loaded->problems);
        if (config == NULL)
            continue;
        loaded->configs[loaded->n_configs++] = config;
        if (!plan_config(loaded, config, arguments->until_caught_up))
            return false;
    }
    if (loaded->n_configs == arguments->n_operands)
        judge_overrides(loaded, arguments);
    return pipeline_check_outputs(loaded->pipelines, loaded->n_pipelines, &loaded->problems);
}

static void
load_files(struct loaded *loaded, const struct arguments *arguments)
{
    if (!read_files(loaded, arguments))
        problems_add_no_memory(&loaded->problems);
}

static bool
plan_workers(struct loaded *loaded, const struct pipeline_spec *spec, bool until_caught_up)
{
    size_t n = loaded->n_pipelines + spec->tasks - 1;
    struct pipeline **pipelines = realloc(loaded->pipelines, (n + 1) * sizeof(struct pipeline *));
    if (pipelines == NULL)
        return false;
    loaded->pipelines = pipelines;
    for (uint32_t worker = 1; worker < spec->tasks; worker++) {
        const struct pipeline_context context = { loaded->loader, loaded->settings, until_caught_up,
                                                  worker };
        struct pipeline *pipeline = pipeline_plan(spec, &context, &loaded->problems);
        if (pipeline == NULL)
            return false;
        pipelines[loaded->n_pipelines++] = pipeline;
    }
    return true;
}

void
load_workers(struct loaded *loaded, const struct arguments *arguments)
{
    size_t n = loaded->n_pipelines; /* the first worker of each */
    bool fine = true;
    for (size_t i = 0; i < n && fine; i++)
        fine =
            plan_workers(loaded, pipeline_spec(loaded->pipelines[i]), arguments->until_caught_up);
    if (!fine)
        problems_add_no_memory(&loaded->problems);
}

bool
load_pipelines(struct loaded *loaded, const struct arguments *arguments)
{
    *loaded = (struct loaded){ 0 };
    if (!places_load_settings(arguments->settings, &loaded->settings, &loaded->problems))
        return true; /* whoever runs by wrong settings runs by none */
    loaded->loader = plugins_loader(arguments, loaded->settings);
    if (loaded->loader == NULL)
        return false;
    load_files(loaded, arguments);
    return true;
}

void
load_again(struct loaded *loaded, const struct loaded *current, const struct arguments *arguments)
{
    *loaded = (struct loaded){ .settings = current->settings, .loader = current->loader };
    load_files(loaded, arguments);
}

void
load_drop(struct loaded *loaded)
{
    loaded->settings = NULL;
    loaded->loader = NULL;
    load_finish(loaded);
}

void
load_replace(struct loaded *loaded, struct loaded *next)
{
    load_drop(loaded);
    *loaded = *next;
}

void
load_prepare(struct loaded *loaded)
{
    bool fine = true;
    for (size_t i = 0; i < loaded->n_pipelines && fine && loaded->problems.n_errors == 0; i++)
        fine = pipeline_prepare(loaded->pipelines[i], NULL, NULL);
    if (!fine)
        problems_add_no_memory(&loaded->problems);
}

void
load_judge_needs(struct loaded *loaded, bool asks)
{
    bool fine = loaded->problems.n_errors == 0;
    for (size_t i = 0; i < loaded->n_pipelines && fine; i++) {
        pipeline_judge_inputs(loaded->pipelines[i], &loaded->problems);
        if (asks)
            pipeline_connect(loaded->pipelines[i], &loaded->problems);
        else
            pipeline_judge_needs(loaded->pipelines[i], &loaded->problems);
    }
}

void
load_finish(struct loaded *loaded)
{
    for (size_t i = 0; i < loaded->n_pipelines; i++)
        pipeline_destroy(loaded->pipelines[i]);
    free(loaded->pipelines);
    problems_finish(&loaded->problems);
    for (size_t i = 0; i < loaded->n_configs; i++)
        config_unload(loaded->configs[i]);
    free(loaded->configs);
    loader_destroy(loaded->loader);
    settings_free(loaded->settings);
}

int
load_report(struct loaded *loaded, const struct arguments *arguments)
{
    if (arguments->json)
        problems_print_json(&loaded->problems, stdout);
    else
        problems_print(&loaded->problems, stderr, MOST_PROBLEMS);
    return problems_exit_code(&loaded->problems);
}
