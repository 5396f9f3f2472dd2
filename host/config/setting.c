/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "base/arena.h"

#include <string.h>

const struct setting *
setting_find(const struct setting *group, const char *name)
{
    if (group->type != SETTING_GROUP)
        return NULL;
    for (size_t i = 0; i < group->n_children; i++) {
        if (strcmp(group->children[i].name, name) == 0)
            return &group->children[i];
    }
    return NULL;
}

char *
setting_path(const struct setting *setting, struct arena *arena)
{
    const char *path = setting->text;
    if (path[0] == '/')
        return arena_copy(arena, path, strlen(path));
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    size_t n = strlen(setting->folder), m = strlen(path);
    char *full = arena_bytes(arena, n + m + 2);
    if (full == NULL)
        return NULL;
    memcpy(full, setting->folder, n);
    n -= n > 0 && full[n - 1] == '/';
    full[n] = '/';
    memcpy(full + n + 1, path, m + 1);
    return full;
}
