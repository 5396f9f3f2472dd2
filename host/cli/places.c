/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/places.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The folder of the running binary, without a slash at its end. */
static bool
binary_folder(char folder[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

/* False: this is no build tree. */
static bool
built_plugins(const char *binary, char *folder, size_t n)
{
    snprintf(folder, n, "%s/plugins", binary);
    return access(folder, F_OK) == 0;
}

/* @place: absolute, or relative to the binary. The path is as a person would write it. */
static void
installed(const char *binary, const char *place, char *path, size_t n)
{
    int length = (int)strlen(binary);
    if (*place == '/') {
        snprintf(path, n, "%s", place);
        return;
    }
    while (length > 0 && strncmp(place, "../", 3) == 0) {
        place += 3;
        while (length > 0 && binary[--length] != '/')
            continue;
    }
    snprintf(path, n, "%.*s/%s", length, binary, place);
}

bool
places_plugins(char *folder, size_t n)
{
    char binary[PATH_MAX];
    if (!binary_folder(binary))
        return false;
    if (!built_plugins(binary, folder, n))
        installed(binary, LEVADA_PLUGINS, folder, n);
    return true;
}

bool
places_templates(char *folder, size_t n)
{
    char binary[PATH_MAX];
    if (!binary_folder(binary))
        return false;
    snprintf(folder, n, "%s/scaffold", binary);
    if (access(folder, F_OK) != 0)
        installed(binary, LEVADA_TEMPLATES, folder, n);
    return true;
}

bool
places_load_settings(const char *path, struct settings **settings, struct problems *problems)
{
    char binary[PATH_MAX], found[2 * PATH_MAX];
    *settings = NULL;
    if (path == NULL) {
        if (!binary_folder(binary) || built_plugins(binary, found, sizeof(found)))
            return true;
        installed(binary, LEVADA_SETTINGS, found, sizeof(found));
        if (access(found, F_OK) != 0)
            return true;
        path = found;
    }
    *settings = settings_load(path, problems);
    return *settings != NULL;
}
