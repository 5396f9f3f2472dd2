/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

static struct scan
scan_of(const char *first, const char *second)
{
    const char *const folders[] = { first, second };
    struct scan scan;
    struct error err = { 0 };
    if (scan_folders(folders, second != NULL ? 2 : 1, &scan, &err) != LEVADA_OK)
        fail_msg("%s", err.text);
    return scan;
}

static void
sorts_by_path_and_keeps_what_is_no_plugin(void **state)
{
    (void)state;
    write_file("b.so", "b", 1);
    write_file("a.so", "a", 1);
    write_file("c.so", "c", 1);
    struct scan scan = scan_of(folder, NULL);
    assert_int_equal(scan.n, 3);
    assert_string_equal(scan.files[0].path, in_folder("a.so"));
    assert_string_equal(scan.files[2].path, in_folder("c.so"));
    assert_int_equal(scan.files[0].problem.status, LEVADA_CONFIG);
    scan_finish(&scan);
}

static void
takes_only_names_that_end_in_so(void **state)
{
    (void)state;
    write_file("plugin.so.1", "x", 1);
    write_file(".hidden.so", "x", 1);
    write_file(".so", "x", 1);
    write_file("so", "x", 1);
    struct scan scan = scan_of(folder, NULL);
    assert_int_equal(scan.n, 0);
    scan_finish(&scan);
}

static void
takes_a_missing_folder_as_empty(void **state)
{
    (void)state;
    struct scan scan = scan_of(in_folder("missing"), NULL);
    assert_int_equal(scan.n, 0);
    scan_finish(&scan);
}

static void
tells_of_a_folder_that_is_none(void **state)
{
    (void)state;
    const char *path = write_file("file", "x", 1);
    struct scan scan;
    struct error err = { 0 };
    assert_int_equal(scan_folders(&path, 1, &scan, &err), LEVADA_NO_INPUT);
    assert_non_null(strstr(err.text, path));
    scan_finish(&scan);
}

static void
counts_a_real_path_once(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("other"), 0700), 0);
    write_file("a.so", "a", 1);
    assert_int_equal(symlink("a.so", in_folder("again.so")), 0);
    assert_int_equal(symlink("../a.so", in_folder("other/a.so")), 0);
    struct scan scan = scan_of(folder, in_folder("other"));
    assert_int_equal(scan.n, 1);
    scan_finish(&scan);
    scan = scan_of(folder, folder);
    assert_int_equal(scan.n, 1);
    scan_finish(&scan);
}

static void
holds_many_files(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%03d.so", i);
        write_file(name, "x", 1);
    }
    struct scan scan = scan_of(folder, NULL);
    assert_int_equal(scan.n, 100);
    assert_string_equal(scan.files[99].path, in_folder("099.so"));
    scan_finish(&scan);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_folder, teardown_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sorts_by_path_and_keeps_what_is_no_plugin),
        TEST(takes_only_names_that_end_in_so),
        TEST(takes_a_missing_folder_as_empty),
        TEST(tells_of_a_folder_that_is_none),
        TEST(counts_a_real_path_once),
        TEST(holds_many_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
