/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/scan.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL: out of memory. */
static struct plugin_file *
scan_add(struct scan *scan)
{
    if (scan->n == scan->room) {
        size_t room = scan->room > 0 ? 2 * scan->room : 16;
        struct plugin_file *files = reallocarray(scan->files, room, sizeof(*files));
        if (files == NULL)
            return NULL;
        scan->files = files;
        scan->room = room;
    }
    return &scan->files[scan->n];
}

static levada_status
scan_file(struct scan *scan, const char *folder, const char *name, struct error *err)
{
    char *path = NULL;
    struct plugin_file *file = scan_add(scan);
    if (file == NULL || asprintf(&path, "%s/%s", folder, name) < 0)
        return error_set(err, LEVADA_FATAL, "out of memory");
    plugin_file_read(path, file);
    free(path);
    if (file->path == NULL) {
        plugin_file_finish(file);
        return error_set(err, LEVADA_FATAL, "out of memory");
    }
    scan->n++;
    return LEVADA_OK;
}

static bool
is_plugin_name(const char *name)
{
    size_t n = strlen(name);
    return n > 3 && name[0] != '.' && strcmp(name + n - 3, ".so") == 0;
}

static levada_status
scan_folder(struct scan *scan, const char *folder, struct error *err)
{
    DIR *entries = opendir(folder);
    if (entries == NULL && errno == ENOENT)
        return LEVADA_OK;
    if (entries == NULL)
        return error_set(err, LEVADA_NO_INPUT, "cannot read plugin folder %s: %s", folder,
                         strerror(errno));

    levada_status status = LEVADA_OK;
    for (struct dirent *entry; status == LEVADA_OK && (entry = readdir(entries)) != NULL;) {
        if (is_plugin_name(entry->d_name))
            status = scan_file(scan, folder, entry->d_name, err);
    }
    closedir(entries);
    return status;
}

static int
compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct plugin_file *)a)->path, ((const struct plugin_file *)b)->path);
}

/* A folder that is listed twice, or a symbolic link to a neighbour, is no second plugin. */
static void
scan_unify(struct scan *scan)
{
    size_t kept = 0;
    for (size_t i = 0; i < scan->n; i++) {
        if (kept > 0 && strcmp(scan->files[i].path, scan->files[kept - 1].path) == 0)
            plugin_file_finish(&scan->files[i]);
        else
            scan->files[kept++] = scan->files[i];
    }
    scan->n = kept;
}

levada_status
scan_folders(const char *const *folders, size_t n_folders, struct scan *scan, struct error *err)
{
    *scan = (struct scan){ 0 };
    for (size_t i = 0; i < n_folders; i++) {
        levada_status status = scan_folder(scan, folders[i], err);
        if (status != LEVADA_OK)
            return status;
    }
    if (scan->n > 0)
        qsort(scan->files, scan->n, sizeof(*scan->files), compare_paths);
    scan_unify(scan);
    return LEVADA_OK;
}

void
scan_finish(struct scan *scan)
{
    for (size_t i = 0; i < scan->n; i++)
        plugin_file_finish(&scan->files[i]);
    free(scan->files);
    *scan = (struct scan){ 0 };
}
