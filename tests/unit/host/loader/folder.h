/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_LOADER_FOLDER_H
#define TEST_LOADER_FOLDER_H

/* A folder of a test's own, gone after it. */

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int
setup_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/levada-test-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static int
teardown_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of an entry; good until the fourth call from here. */
static const char *
in_folder(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static inline const char *
write_file(const char *name, const void *bytes, size_t n)
{
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* All of a file; the caller frees it. */
static inline char *
read_whole(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*n);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

/* A fixture plugin under its own name. */
static inline void
link_fixture(const char *name)
{
    char target[512];
    snprintf(target, sizeof(target), FIXTURES "/%s", name);
    assert_int_equal(symlink(target, in_folder(name)), 0);
}

#endif
