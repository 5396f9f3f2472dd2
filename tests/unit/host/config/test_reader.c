/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PIPELINE "pipeline: { name = \"p\"; stages = ( { name = \"s\"; plugin = \"x\"; } ); };\n"

static int
exit_code_of(const char *path)
{
    struct problems problems = { 0 };
    assert_null(config_load(path, NULL, 0, &problems));
    int code = problems_exit_code(&problems);
    problems_finish(&problems);
    return code;
}

static void
a_missing_file_is_told_from_a_wrong_one(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of("missing.conf"), 66);
    assert_null(files_load("p.conf: error: cannot open it: No such file or directory\n"));
    files_write("p.conf", "a");
    assert_int_equal(exit_code_of("p.conf"), 78);
}

static void
what_is_no_regular_file_is_refused_at_once(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("p.conf", 0600), 0);
    assert_null(files_load("p.conf: error: it is no regular file\n"));
    assert_int_equal(exit_code_of("."), 78);
    assert_int_equal(exit_code_of("/dev/null"), 78);
}

static void
a_nul_byte_is_refused(void **state)
{
    (void)state;
    files_write_bytes("p.conf", "a = \"b\0c\";", 10);
    assert_null(files_load("p.conf: error: it is no text: it holds a NUL byte\n"));
}

static void
a_file_of_more_than_a_mebibyte_is_refused(void **state)
{
    (void)state;
    size_t n = 1024 * 1024 + 1;
    char *text = malloc(n);
    memset(text, ' ', n);
    files_write_bytes("p.conf", text, n);
    free(text);
    assert_null(files_load("p.conf: error: it is larger than 1024 KiB\n"));
}

static void
a_mebibyte_is_the_limit_of_all_files_together(void **state)
{
    (void)state;
    size_t n = 600 * 1024;
    char *text = malloc(n);
    memset(text, ' ', n);
    files_write_bytes("large.conf", text, n);
    free(text);
    assert_text_reports("@include \"large.conf\"\n@include \"large.conf\"\n",
                        "p.conf:2:10: error: more than 1 MiB with all that is included\n");
}

static void
an_include_is_read_relative_to_the_including_file(void **state)
{
    (void)state;
    mkdir("sub", 0700);
    files_write("p.conf", "  @include \"sub/one.conf\"\n");
    files_write("sub/one.conf", "# one\n@include \"two.conf\"\n");
    files_write("sub/two.conf",
                "pipeline: { name = \"p\"; stages = ( { name = \"s\"; plugin = \"x\";\n"
                "path = \"calls.json\"; } ); };");
    struct config *config = files_load("");
    const struct setting *path = setting_find(&config->pipelines[0].stages[0].options, "path");
    char folder[128];
    snprintf(folder, sizeof(folder), "%s/sub", files_folder());
    assert_string_equal(path->name_at.file, "sub/two.conf");
    assert_int_equal(path->name_at.line, 2);
    assert_string_equal(path->folder, folder);
    config_unload(config);
}

static void
an_include_may_stand_among_the_stages(void **state)
{
    (void)state;
    files_write("stage.conf", "{ name = \"b\"; plugin = \"x\"; }");
    struct config *config = files_load_text("pipeline: { name = \"p\"; stages = (\n"
                                            "{ name = \"a\"; plugin = \"x\"; },\n"
                                            "@include \"stage.conf\"\n); };",
                                            "");
    assert_int_equal(config->pipelines[0].n_stages, 2);
    assert_string_equal(config->pipelines[0].stages[1].name, "b");
    config_unload(config);
}

static void
a_pattern_includes_sorted_files_or_none(void **state)
{
    (void)state;
    mkdir("conf.d", 0700);
    assert_text_reports(PIPELINE "@include \"conf.d/*.conf\"\n", "");
    files_write("conf.d/2.conf", "b2 = 1;");
    files_write("conf.d/1.conf", "b1 = 1;");
    files_write("conf.d/3.txt", "b3 = 1;");
    assert_text_reports(PIPELINE "@include \"conf.d/*.conf\"\n",
                        "conf.d/1.conf:1:1: error: \"b1\" is unknown here: a file has a group "
                        "\"pipeline\" or a list \"pipelines\"\n"
                        "conf.d/2.conf:1:1: error: \"b2\" is unknown here: a file has a group "
                        "\"pipeline\" or a list \"pipelines\"\n");
}

static void
a_loop_of_includes_is_named(void **state)
{
    (void)state;
    files_write("one.conf", "@include \"./p.conf\"\n");
    assert_text_reports("@include \"one.conf\"\n", "one.conf:1:10: error: \"./p.conf\" includes "
                                                   "itself\n");
}

static void
ten_levels_of_includes_are_enough(void **state)
{
    (void)state;
    char name[32], text[64];
    for (int i = 1; i <= 11; i++) {
        snprintf(name, sizeof(name), "%d.conf", i);
        snprintf(text, sizeof(text), "@include \"%d.conf\"\n", i + 1);
        files_write(name, text);
    }
    assert_text_reports("@include \"1.conf\"\n", "10.conf:1:10: error: more than 10 files include "
                                                 "each other\n");
}

static void
an_include_never_leaves_the_folder(void **state)
{
    (void)state;
    mkdir("sub", 0700);
    files_write("secret.conf", "a = 1;");
    files_write("sub/p.conf", "@include \"../secret.conf\"\n");
    struct problems problems = { 0 };
    assert_null(config_load("sub/p.conf", NULL, 0, &problems));
    assert_reports(&problems, "sub/p.conf:1:10: error: \"sub/../secret.conf\" is outside of the "
                              "folder of the pipeline file\n");
    files_write("sub/p.conf", "@include \"../*.conf\"\n");
    assert_null(config_load("sub/p.conf", NULL, 0, &problems));
    assert_reports(&problems, "sub/p.conf:1:10: error: \"../*.conf\" is outside of the folder of "
                              "the pipeline file\n");
    assert_text_reports("@include \"s*/../../*\"\n",
                        "p.conf:1:10: error: \"s*/../../*\" is outside "
                        "of the folder of the pipeline file\n");
    assert_text_reports("@include \"/etc/hostname\"\n",
                        "p.conf:1:10: error: \"/etc/hostname\" is outside of the folder of the "
                        "pipeline file\n");
}

static void
a_link_out_of_the_folder_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(symlink("/etc/passwd", "link.conf"), 0);
    assert_text_reports("@include \"link.conf\"\n",
                        "p.conf:1:10: error: \"link.conf\" is outside of "
                        "the folder of the pipeline file\n");
}

static void
an_include_of_no_regular_file_is_refused(void **state)
{
    (void)state;
    mkdir("sub", 0700);
    mkfifo("fifo", 0600);
    assert_text_reports("@include \"sub\"\n", "p.conf:1:10: error: \"sub\": it is no regular "
                                              "file\n");
    assert_text_reports("@include \"fifo\"\n", "p.conf:1:10: error: \"fifo\": it is no regular "
                                               "file\n");
    assert_text_reports("@include \"none\"\n", "p.conf:1:10: error: \"none\" does not exist\n");
    assert_text_reports("@include none\n",
                        "p.conf:1:1: error: @include needs the path of a file in "
                        "quotes\n");
}

static void
text_from_elsewhere_reads_no_file(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    files_write("one.conf", "a = 1;");
    assert_null(config_load_text("rest", "@include \"one.conf\"\n", files_folder(), &problems));
    assert_reports(&problems, "rest:1:1: error: @include is not allowed here\n");
    struct config *config = config_load_text("rest", PIPELINE, "/", &problems);
    assert_non_null(config);
    config_unload(config);
    config = config_load_text("rest", "pipeline: { name = \"${env:HOME}\"; };", "/", &problems);
    config_unload(config);
    assert_true(problems.n_errors > 0);
    assert_string_equal(problems.items[0].message,
                        "references such as ${env:NAME} are not allowed here");
    problems_finish(&problems);
}

static void
a_file_without_a_pipeline_says_so(void **state)
{
    (void)state;
    assert_text_reports("", "p.conf: error: there is no pipeline in this file\n");
    assert_text_reports("pipelines = ();", "p.conf: error: there is no pipeline in this file\n");
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(a_missing_file_is_told_from_a_wrong_one),
        with_files(what_is_no_regular_file_is_refused_at_once),
        with_files(a_nul_byte_is_refused),
        with_files(a_file_of_more_than_a_mebibyte_is_refused),
        with_files(a_mebibyte_is_the_limit_of_all_files_together),
        with_files(an_include_is_read_relative_to_the_including_file),
        with_files(an_include_may_stand_among_the_stages),
        with_files(a_pattern_includes_sorted_files_or_none),
        with_files(a_loop_of_includes_is_named),
        with_files(ten_levels_of_includes_are_enough),
        with_files(an_include_never_leaves_the_folder),
        with_files(a_link_out_of_the_folder_is_not_followed),
        with_files(an_include_of_no_regular_file_is_refused),
        with_files(text_from_elsewhere_reads_no_file),
        with_files(a_file_without_a_pipeline_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
