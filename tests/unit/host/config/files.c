/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

int
files_setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/levada_config_XXXXXX");
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int
remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

int
files_teardown(void **state)
{
    (void)state;
    return chdir("/") == 0 ? nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

const char *
files_folder(void)
{
    return folder;
}

void
files_write_bytes(const char *name, const char *bytes, size_t n)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

void
files_write(const char *name, const char *text)
{
    files_write_bytes(name, text, strlen(text));
}

void
assert_reports(struct problems *problems, const char *expected)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    problems_print(problems, out, 0);
    fclose(out);
    problems_finish(problems);
    assert_string_equal(text, expected);
    free(text);
}

struct config *
files_load(const char *expected)
{
    struct problems problems = { 0 };
    struct config *config = config_load("p.conf", NULL, 0, &problems);
    assert_reports(&problems, expected);
    return config;
}

struct config *
files_load_text(const char *text, const char *expected)
{
    files_write("p.conf", text);
    return files_load(expected);
}

void
assert_text_reports(const char *text, const char *expected)
{
    config_unload(files_load_text(text, expected));
}

const char *
stage_with(const char *settings)
{
    static char text[8192];
    snprintf(text, sizeof(text),
             "pipeline: { name = \"p\";\nstages = ( { name = \"s\"; plugin = "
             "\"x\";\n%s\n} ); };\n",
             settings);
    return text;
}
