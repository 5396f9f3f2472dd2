/* SPDX-License-Identifier: Apache-2.0 */
#include "file_list.h"

#include "fail_with.h"
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
add(struct file_list *list, const char *path)
{
    char **paths = realloc(list->paths, (list->n + 1) * sizeof(*paths));
    if (paths == NULL)
        return false;
    list->paths = paths;
    paths[list->n] = strdup(path);
    return paths[list->n] != NULL && ++list->n > 0;
}

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* glob() sorts by locale; the order of a run must not depend on it. */
static levada_status
add_matches(struct file_list *list, struct levada_call *call, const char *pattern)
{
    glob_t found;
    int failed = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (failed == GLOB_NOMATCH)
        return fail_with(call, LEVADA_NO_INPUT, "%s: no file matches; check the option path",
                         pattern);
    if (failed != 0)
        return fail_with(call, LEVADA_NO_INPUT, "%s: its folder cannot be searched", pattern);
    bool complete = true;
    for (size_t i = 0; i < found.gl_pathc && complete; i++)
        complete = add(list, found.gl_pathv[i]);
    globfree(&found);
    if (!complete)
        return fail_memory(call);
    qsort(list->paths, list->n, sizeof(*list->paths), by_bytes);
    return LEVADA_OK;
}

static levada_status
check_all(const struct file_list *list, struct levada_call *call)
{
    for (size_t i = 0; i < list->n; i++) {
        levada_status status = input_check(call, list->paths[i]);
        if (status != LEVADA_OK)
            return status;
    }
    return LEVADA_OK;
}

levada_status
file_list_init(struct file_list *list, struct levada_call *call, const char *path)
{
    /* A file may well have [ in its name: what is there is no pattern. */
    bool is_pattern = strpbrk(path, "*?[") != NULL && access(path, F_OK) != 0;
    levada_status status = is_pattern        ? add_matches(list, call, path)
                           : add(list, path) ? LEVADA_OK
                                             : fail_memory(call);
    return status == LEVADA_OK ? check_all(list, call) : status;
}

levada_status
file_list_tell(const struct file_list *list, struct levada_call *call)
{
    struct levada_position *all = levada->scratch(call, list->n * sizeof(*all));
    if (all == NULL)
        return fail_memory(call);
    for (size_t i = 0; i < list->n; i++)
        all[i] = (struct levada_position){ .stream = { list->paths[i], strlen(list->paths[i]) } };
    return levada->assigned(call, all, (uint32_t)list->n);
}

void
file_list_finish(struct file_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (struct file_list){ 0 };
}
