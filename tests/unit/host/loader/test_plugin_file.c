/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

static void
assert_problem(const char *path, const char *why)
{
    struct plugin_file file;
    plugin_file_read(path, &file);
    assert_int_equal(file.problem.status, LEVADA_CONFIG);
    if (strstr(file.problem.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", file.problem.text, why);
    plugin_file_finish(&file);
}

static void
tells_stages_and_version(void **state)
{
    (void)state;
    struct plugin_file file;
    plugin_file_read(FIXTURES "/counts.so", &file);
    assert_int_equal(file.problem.status, LEVADA_OK);
    assert_int_equal(file.n_stages, 2);
    assert_string_equal(file.stages[0], "org.example.counts");
    assert_string_equal(file.stages[1], "org.example.swallow");
    assert_string_equal(file.version, "2.1");
    plugin_file_finish(&file);
}

static void
names_both_majors(void **state)
{
    (void)state;
    assert_problem(FIXTURES "/future_major.so",
                   "built for plugin ABI major 2, this levada has major 1");
}

static void
names_both_minors_and_still_the_stage(void **state)
{
    (void)state;
    assert_problem(FIXTURES "/needs_minor_99.so", "needs plugin ABI 1.99, this levada has 1.0");

    struct plugin_file file;
    plugin_file_read(FIXTURES "/needs_minor_99.so", &file);
    assert_int_equal(file.n_stages, 1);
    assert_string_equal(file.stages[0], "needs_minor_99");
    plugin_file_finish(&file);
}

static void
refuses_a_stage_offered_twice(void **state)
{
    (void)state;
    assert_problem(FIXTURES "/stage_twice.so", "\"stage_twice\" twice");
}

static void
tells_of_a_link_to_nowhere(void **state)
{
    (void)state;
    assert_int_equal(symlink("nowhere", in_folder("dangling.so")), 0);
    assert_problem(in_folder("dangling.so"), "No such file");
}

static void
looks_behind_a_symbolic_link(void **state)
{
    (void)state;
    link_fixture("counts.so");
    struct plugin_file file;
    plugin_file_read(in_folder("counts.so"), &file);
    char *real = realpath(FIXTURES "/counts.so", NULL);
    assert_int_equal(file.problem.status, LEVADA_OK);
    assert_string_equal(file.path, real);
    free(real);
    plugin_file_finish(&file);
}

static void
does_not_trust_a_file_that_everyone_may_write(void **state)
{
    (void)state;
    size_t n;
    char *bytes = read_whole(FIXTURES "/counts.so", &n);
    const char *path = write_file("open.so", bytes, n);
    free(bytes);
    assert_int_equal(chmod(path, 0666), 0);
    assert_problem(path, "chmod o-w");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_stages_and_version),
        cmocka_unit_test(names_both_majors),
        cmocka_unit_test(names_both_minors_and_still_the_stage),
        cmocka_unit_test(refuses_a_stage_offered_twice),
        cmocka_unit_test(tells_of_a_link_to_nowhere),
        cmocka_unit_test(looks_behind_a_symbolic_link),
        cmocka_unit_test(does_not_trust_a_file_that_everyone_may_write),
    };
    return cmocka_run_group_tests(tests, setup_folder, teardown_folder);
}
