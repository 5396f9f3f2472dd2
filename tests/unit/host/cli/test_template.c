/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct error err;
static const struct template_word words[] = { { "ID", "org.example.mask" }, { "IDENT", "mask" } };

static char *
path_of(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path_of(name), mode);
}

static void
assert_file(const char *name, const char *expected)
{
    char text[256] = "";
    FILE *file = fopen(path_of(name), "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static int
set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_template_XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    mkdir(path_of("from"), 0777);
    mkdir(path_of("from/inner"), 0777);
    mkdir(path_of("to"), 0777);
    return 0;
}

static int
tear_down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static levada_status
copy(void)
{
    char from[128], to[128];
    snprintf(from, sizeof(from), "%s", path_of("from"));
    snprintf(to, sizeof(to), "%s", path_of("to"));
    return template_copy(from, to, words, 2, &err);
}

static void
replaces_words_and_nothing_else(void **state)
{
    (void)state;
    write_file("from/a", "@ID@ is @IDENT@; @IDENTITY@, @, @@, a@b.c and $@ stay\n@ID@", 0644);
    write_file("from/inner/b", "@IDENT@_process\n", 0644);
    assert_int_equal(copy(), LEVADA_OK);
    assert_file("to/a", "org.example.mask is mask; @IDENTITY@, @, @@, a@b.c and $@ stay\n"
                        "org.example.mask");
    assert_file("to/inner/b", "mask_process\n");
}

static void
keeps_what_can_be_run(void **state)
{
    struct stat info;
    (void)state;
    write_file("from/run", "#!/bin/sh\n", 0755);
    write_file("from/read", "", 0644);
    assert_int_equal(copy(), LEVADA_OK);
    assert_int_equal(stat(path_of("to/run"), &info), 0);
    assert_true((info.st_mode & S_IXUSR) != 0);
    assert_int_equal(stat(path_of("to/read"), &info), 0);
    assert_true((info.st_mode & S_IXUSR) == 0);
}

static void
writes_over_nothing(void **state)
{
    (void)state;
    write_file("from/a", "theirs", 0644);
    write_file("to/a", "mine", 0644);
    assert_int_equal(copy(), LEVADA_NO_OUTPUT);
    assert_non_null(strstr(err.text, "to/a: File exists"));
    assert_file("to/a", "mine");
}

static void
says_which_folder_is_missing(void **state)
{
    (void)state;
    assert_int_equal(template_copy(path_of("nowhere"), path_of("to"), words, 2, &err),
                     LEVADA_NO_INPUT);
    assert_non_null(strstr(err.text, "nowhere: No such file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(replaces_words_and_nothing_else),
        TEST(keeps_what_can_be_run),
        TEST(writes_over_nothing),
        TEST(says_which_folder_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
