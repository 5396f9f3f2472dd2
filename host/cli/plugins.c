/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugins.h"

#include "pipeline/pipeline.h"
#include "runtime/call.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder of the running binary, without a slash at its end. */
static bool
binary_folder(char *folder, size_t n)
{
    ssize_t length = readlink("/proc/self/exe", folder, n - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

struct loader *
plugins_loader(const struct arguments *arguments)
{
    char folder[PATH_MAX] = "", own[PATH_MAX + 64] = "";
    const char **folders = calloc(arguments->n_plugin_dirs + 1, sizeof(*folders));
    struct error err = { .status = LEVADA_OK };
    if (folders == NULL || !binary_folder(folder, sizeof(folder))) {
        fprintf(stderr, "levada: cannot find its own place\n");
        free(folders);
        return NULL;
    }
    snprintf(own, sizeof(own), "%s/plugins", folder);
    if (access(own, F_OK) != 0)
        snprintf(own, sizeof(own), "%s/%s", folder, LEVADA_PLUGINS_FROM_BINARY);
    for (size_t i = 0; i < arguments->n_plugin_dirs; i++)
        folders[i] = arguments->plugin_dirs[i];
    folders[arguments->n_plugin_dirs] = own;
    struct loader_setup setup = {
        .folders = folders,
        .n_folders = arguments->n_plugin_dirs + 1,
        .host = &call_host,
        .option_check = pipeline_check_options,
    };
    struct loader *loader = loader_create(&setup, &err);
    if (loader == NULL)
        fprintf(stderr, "levada: %s\n", err.text);
    free(folders);
    return loader;
}
