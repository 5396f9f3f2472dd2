/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugins.h"

#include "cli/places.h"
#include "pipeline/pipeline.h"
#include "runtime/call.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct loader *
plugins_loader(const struct arguments *arguments, const struct settings *settings)
{
    char own[2 * PATH_MAX];
    size_t n = 0, n_set;
    const char *const *set = settings_plugin_dirs(settings, &n_set);
    const char **folders = calloc(arguments->n_plugin_dirs + n_set + 1, sizeof(*folders));
    struct error err = { .status = LEVADA_OK };
    if (folders == NULL || !places_plugins(own, sizeof(own))) {
        fprintf(stderr, "levada: %s\n",
                folders == NULL ? "out of memory" : "cannot find its own place");
        free(folders);
        return NULL;
    }
    for (size_t i = 0; i < arguments->n_plugin_dirs; i++)
        folders[n++] = arguments->plugin_dirs[i];
    for (size_t i = 0; i < n_set; i++)
        folders[n++] = set[i];
    folders[n++] = own;
    struct loader_setup setup = {
        .folders = folders,
        .n_folders = n,
        .host = &call_host,
        .option_check = pipeline_check_options,
    };
    struct loader *loader = loader_create(&setup, &err);
    if (loader == NULL)
        fprintf(stderr, "levada: %s\n", err.text);
    free(folders);
    return loader;
}

struct loader *
plugins_loader_alone(const struct arguments *arguments, int *code)
{
    struct problems problems = { 0 };
    struct settings *settings;
    struct loader *loader = NULL;
    if (places_load_settings(arguments->settings, &settings, &problems)) {
        loader = plugins_loader(arguments, settings);
        *code = EX_SOFTWARE;
    } else {
        problems_print(&problems, stderr, 0);
        *code = problems_exit_code(&problems);
    }
    problems_finish(&problems);
    settings_free(settings);
    return loader;
}
