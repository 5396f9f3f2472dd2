/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/trusted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

static struct error err;

static void
assert_opens(const char *path)
{
    int fd = trusted_open(path, &err);
    if (fd < 0)
        fail_msg("%s", err.text);
    close(fd);
}

static void
assert_refused(const char *path, const char *why)
{
    err = (struct error){ 0 };
    assert_int_equal(trusted_open(path, &err), -1);
    assert_int_equal(err.status, LEVADA_CONFIG);
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void
opens_a_file_of_the_user(void **state)
{
    (void)state;
    const char *path = write_file("mine.so", "x", 1);
    assert_int_equal(chmod(path, 0644), 0);
    assert_opens(path);
}

static void
refuses_what_is_no_regular_file(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(in_folder("pipe.so"), 0600), 0);
    assert_refused(in_folder("pipe.so"), "regular file");
    assert_int_equal(mkdir(in_folder("folder.so"), 0700), 0);
    assert_refused(in_folder("folder.so"), "regular file");
    assert_refused(in_folder("missing.so"), "No such file");
}

static void
refuses_a_symbolic_link(void **state)
{
    (void)state;
    write_file("target.so", "x", 1);
    assert_int_equal(symlink("target.so", in_folder("link.so")), 0);
    assert_refused(in_folder("link.so"), "cannot open");
}

static void
refuses_a_file_that_everyone_may_write(void **state)
{
    (void)state;
    const char *path = write_file("open.so", "x", 1);
    assert_int_equal(chmod(path, 0646), 0);
    assert_refused(path, "mode 0646");
}

static void
refuses_a_folder_that_everyone_may_write(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("open"), 0700), 0);
    assert_int_equal(mkdir(in_folder("open/inner"), 0700), 0);
    const char *path = write_file("open/inner/file.so", "x", 1);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chmod(in_folder("open"), 0777), 0);
    assert_refused(path, "/open (mode 0777)");
    assert_int_equal(chmod(in_folder("open"), 01777), 0);
    assert_opens(path);
}

static void
refuses_a_file_of_another_user(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    const char *path = write_file("theirs.so", "x", 1);
    assert_int_equal(chown(path, 12345, 0), 0);
    assert_refused(path, "found one of user 12345");
}

static void
holds_root_to_files_that_no_group_may_write(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    const char *path = write_file("group.so", "x", 1);
    assert_int_equal(chown(path, 0, 12345), 0);
    assert_int_equal(chmod(path, 0664), 0);
    assert_refused(path, "group 12345");
    assert_int_equal(chown(path, 0, 0), 0);
    assert_opens(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_a_file_of_the_user),
        cmocka_unit_test(refuses_what_is_no_regular_file),
        cmocka_unit_test(refuses_a_symbolic_link),
        cmocka_unit_test(refuses_a_file_that_everyone_may_write),
        cmocka_unit_test(refuses_a_folder_that_everyone_may_write),
        cmocka_unit_test(refuses_a_file_of_another_user),
        cmocka_unit_test(holds_root_to_files_that_no_group_may_write),
    };
    return cmocka_run_group_tests(tests, setup_folder, teardown_folder);
}
