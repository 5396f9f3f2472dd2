/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugin_verbs.h"

#include "base/strbuf.h"
#include "loader/loader.h"

#include <stdio.h>
#include <string.h>

/* The first other file that offers @stage, or NULL. */
static const struct plugin_file *
other_offer(const struct plugin_file *files, size_t n, const struct plugin_file *file,
            const char *stage)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; &files[i] != file && j < files[i].n_stages; j++) {
            if (strcmp(files[i].stages[j], stage) == 0)
                return &files[i];
        }
    }
    return NULL;
}

static int
max_width(const struct plugin_file *files, size_t n, int width)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; files[i].problem.status == LEVADA_OK && j < files[i].n_stages; j++) {
            int length = (int)strlen(files[i].stages[j]);
            width = length > width ? length : width;
        }
    }
    return width;
}

static void
list_text(const struct plugin_file *files, size_t n)
{
    int width = max_width(files, n, (int)strlen("STAGE"));
    printf("%-*s  %-8s  %-4s  %s\n", width, "STAGE", "VERSION", "ABI", "FILE");
    for (size_t i = 0; i < n; i++) {
        const struct plugin_file *file = &files[i];
        char abi[24];
        snprintf(abi, sizeof(abi), "%u.%u", file->major, file->need);
        for (size_t j = 0; file->problem.status == LEVADA_OK && j < file->n_stages; j++)
            printf("%-*s  %-8s  %-4s  %s\n", width, file->stages[j], file->version, abi,
                   file->path);
    }
}

static void
warn_of_problems(const struct plugin_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct plugin_file *file = &files[i];
        if (file->problem.status != LEVADA_OK)
            fprintf(stderr, "levada: warning: %s: %s\n", file->path, file->problem.text);
        for (size_t j = 0; j < file->n_stages; j++) {
            const struct plugin_file *other = other_offer(files, n, file, file->stages[j]);
            if (other > file) /* once for each pair */
                fprintf(stderr, "levada: warning: two files offer a stage \"%s\": %s and %s\n",
                        file->stages[j], file->path, other->path);
        }
    }
}

static void
add_member(struct strbuf *out, const char *name, const char *text)
{
    strbuf_printf(out, "%s\"%s\":", out->n > 1 ? "," : "", name);
    if (text != NULL)
        strbuf_json_string(out, text, strlen(text));
    else
        strbuf_str(out, "null");
}

/* @stage: NULL where a file does not even tell what it offers. */
static void
list_json_line(const struct plugin_file *file, const char *stage, const char *problem)
{
    struct strbuf out = { 0 };
    char abi[24];
    snprintf(abi, sizeof(abi), "%u.%u", file->major, file->need);
    strbuf_char(&out, '{');
    add_member(&out, "stage", stage);
    add_member(&out, "version", file->version);
    add_member(&out, "abi", file->major > 0 ? abi : NULL);
    add_member(&out, "file", file->path);
    add_member(&out, "problem", problem);
    strbuf_char(&out, '}');
    puts(strbuf_text(&out));
    strbuf_finish(&out);
}

static void
list_json(const struct plugin_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct plugin_file *file = &files[i];
        const char *problem = file->problem.status != LEVADA_OK ? file->problem.text : NULL;
        if (file->n_stages == 0)
            list_json_line(file, NULL, problem);
        for (size_t j = 0; j < file->n_stages; j++) {
            const struct plugin_file *other = other_offer(files, n, file, file->stages[j]);
            struct strbuf twice = { 0 };
            if (other != NULL)
                strbuf_printf(&twice, "%s offers it too", other->path);
            list_json_line(file, file->stages[j],
                           problem == NULL && other != NULL ? strbuf_text(&twice) : problem);
            strbuf_finish(&twice);
        }
    }
}

int
plugin_list(const struct loader *loader, bool json)
{
    size_t n;
    const struct plugin_file *files = loader_files(loader, &n);
    if (json) {
        list_json(files, n);
    } else {
        list_text(files, n);
        warn_of_problems(files, n);
    }
    return 0;
}
