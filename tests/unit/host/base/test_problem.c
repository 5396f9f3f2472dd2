/* SPDX-License-Identifier: Apache-2.0 */
#include "base/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_prints(struct problems *problems, size_t most, const char *expected)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    problems_print(problems, out, most);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void
prints_as_compilers_do_in_the_order_of_the_file(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    struct place late = { "a.conf", 13, 7 }, early = { "a.conf", 12, 16 },
                 file = { "a.conf", 0, 0 };
    problems_add(&problems, late, SEVERITY_ERROR, "windows", "watermrk", "watermark",
                 "unknown option \"%s\"", "watermrk");
    problems_add(&problems, early, SEVERITY_WARNING, NULL, NULL, NULL, "old");
    problems_add(&problems, file, SEVERITY_ERROR, NULL, NULL, NULL, "empty");
    assert_prints(
        &problems, 0,
        "a.conf: error: empty\n"
        "a.conf:12:16: warning: old\n"
        "a.conf:13:7: error: stage \"windows\": unknown option \"watermrk\"; did you mean "
        "\"watermark\"?\n");
    problems_finish(&problems);
}

static void
prints_no_more_than_asked_for(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    for (unsigned line = 5; line > 0; line--)
        problems_add(&problems, (struct place){ "a", line, 1 }, SEVERITY_ERROR, NULL, NULL, NULL,
                     "no");
    assert_prints(&problems, 2, "a:1:1: error: no\na:2:1: error: no\nand 3 more\n");
    problems_finish(&problems);
}

static void
names_the_program_where_there_is_no_place(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    problems_add(&problems, (struct place){ 0 }, SEVERITY_ERROR, NULL, NULL, NULL, "no");
    assert_prints(&problems, 0, "levada: error: no\n");
    problems_finish(&problems);
}

static void
keeps_its_own_copy_of_the_place(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    char file[] = "a.conf";
    problems_add(&problems, (struct place){ file, 1, 0 }, SEVERITY_ERROR, NULL, NULL, NULL, "no");
    memset(file, 'x', sizeof(file) - 1);
    assert_prints(&problems, 0, "a.conf:1: error: no\n");
    problems_finish(&problems);
}

static void
prints_json_objects_with_every_member(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    problems_add(&problems, (struct place){ "a.conf", 2, 3 }, SEVERITY_ERROR, "s", "o", "p",
                 "a \"quote\"");
    problems_add(&problems, (struct place){ 0 }, SEVERITY_WARNING, NULL, NULL, NULL, "w");
    problems_print_json(&problems, out);
    fclose(out);
    assert_string_equal(
        text, "{\"file\":null,\"line\":0,\"column\":0,\"severity\":\"warning\",\"stage\":null,"
              "\"option\":null,\"message\":\"w\",\"suggestion\":null}\n"
              "{\"file\":\"a.conf\",\"line\":2,\"column\":3,\"severity\":\"error\",\"stage\":\"s\","
              "\"option\":\"o\",\"message\":\"a \\\"quote\\\"\",\"suggestion\":\"p\"}\n");
    free(text);
    problems_finish(&problems);
}

static void
the_exit_code_tells_missing_files_from_mistakes(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    struct place nowhere = { 0 };
    assert_int_equal(problems_exit_code(&problems), 0);
    problems_add(&problems, nowhere, SEVERITY_WARNING, NULL, NULL, NULL, "w");
    assert_int_equal(problems_exit_code(&problems), 0);
    problems_add_missing(&problems, nowhere, NULL, NULL, "no file");
    assert_int_equal(problems_exit_code(&problems), 66);
    problems_add(&problems, nowhere, SEVERITY_ERROR, NULL, NULL, NULL, "e");
    assert_int_equal(problems_exit_code(&problems), 78);
    problems_finish(&problems);
}

static void
that_memory_is_out_is_told_once_behind_the_others(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    problems_add(&problems, (struct place){ "a.conf", 1, 0 }, SEVERITY_ERROR, NULL, NULL, NULL,
                 "no");
    problems_add_no_memory(&problems);
    problems_add_no_memory(&problems);
    assert_int_equal(problems.n_errors, 3);
    assert_int_equal(problems_exit_code(&problems), 70);
    assert_prints(&problems, 0, "a.conf:1: error: no\nlevada: error: out of memory\n");
    problems.n = 0;
    problems_print_json(&problems, out);
    fclose(out);
    problems.n = 1;
    assert_non_null(strstr(text, "\"message\":\"out of memory\""));
    free(text);
    problems_finish(&problems);
    assert_int_equal(problems_exit_code(&problems), 0);
}

static void
the_exit_code_is_what_all_errors_agree_on(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    struct place nowhere = { 0 };
    for (int i = 0; i < 2; i++) {
        problems_add(&problems, nowhere, SEVERITY_ERROR, NULL, NULL, NULL, "nobody answers");
        problems.items[i].exit_code = 69;
    }
    problems_add(&problems, nowhere, SEVERITY_WARNING, NULL, NULL, NULL, "w");
    assert_int_equal(problems_exit_code(&problems), 69);
    problems_add_missing(&problems, nowhere, NULL, NULL, "no file");
    assert_int_equal(problems_exit_code(&problems), 78);
    problems_finish(&problems);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_as_compilers_do_in_the_order_of_the_file),
        cmocka_unit_test(prints_no_more_than_asked_for),
        cmocka_unit_test(names_the_program_where_there_is_no_place),
        cmocka_unit_test(keeps_its_own_copy_of_the_place),
        cmocka_unit_test(prints_json_objects_with_every_member),
        cmocka_unit_test(the_exit_code_tells_missing_files_from_mistakes),
        cmocka_unit_test(that_memory_is_out_is_told_once_behind_the_others),
        cmocka_unit_test(the_exit_code_is_what_all_errors_agree_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
