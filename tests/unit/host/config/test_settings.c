/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct levada_option rows[] = {
    { .type = LEVADA_O_MAP, .name = "kafka" },
    { .type = LEVADA_O_STRING, .name = "topic" },
};
static const struct option_table table = { rows, 2, sizeof(rows[0]) };

/* The settings of a file with @text, whose mistakes are @expected. */
static struct settings *
load(const char *text, const char *expected)
{
    struct problems problems = { 0 };
    files_write("levada.conf", text);
    struct settings *settings = settings_load("levada.conf", &problems);
    assert_true((settings != NULL) == (problems.n_errors == 0));
    assert_reports(&problems, expected);
    return settings;
}

static void
assert_mistakes(const char *text, const char *expected)
{
    assert_null(load(text, expected));
}

/* What levada.conf with @text says of the options @written of a stage. */
static void
assert_stage(const char *text, const char *written, const char *expected)
{
    struct settings *settings = load(text, "");
    struct config *config = files_load_text(stage_with(written), "");
    struct problems problems = { 0 };
    struct settings_stage stage = { .name = "s",
                                    .plugin = "kafka_sink",
                                    .options = &config->pipelines[0].stages[0].options,
                                    .table = &table };
    assert_int_equal(settings_check_stage(settings, &stage, &problems), *expected == '\0');
    assert_reports(&problems, expected);
    config_unload(config);
    settings_free(settings);
}

static void
an_empty_file_sets_nothing(void **state)
{
    (void)state;
    size_t n;
    assert_stage("# nothing\n", "kafka = { ssl_ca_location = \"ca.pem\"; };", "");
    struct settings *settings = load("", "");
    settings_plugin_dirs(settings, &n);
    assert_int_equal(n, 0);
    settings_free(settings);
}

static void
no_settings_are_allowed(void **state)
{
    (void)state;
    size_t n;
    struct problems problems = { 0 };
    struct setting none = { .type = SETTING_GROUP };
    struct settings_stage stage = { "s", "kafka_sink", &none, &table };
    assert_true(settings_check_stage(NULL, &stage, &problems));
    assert_null(settings_plugin_dirs(NULL, &n));
    assert_int_equal(n, 0);
    settings_free(NULL);
}

static void
folders_of_plugins_are_absolute_or_beside_the_file(void **state)
{
    (void)state;
    size_t n;
    char beside[256];
    struct settings *settings =
        load("plugin_dirs = [ \"/usr/local/lib/levada/plugins\", \"more\" ];\n", "");
    const char *const *dirs = settings_plugin_dirs(settings, &n);
    assert_int_equal(n, 2);
    assert_string_equal(dirs[0], "/usr/local/lib/levada/plugins");
    snprintf(beside, sizeof(beside), "%s/more", files_folder());
    assert_string_equal(dirs[1], beside);
    settings_free(settings);
}

static void
names_on_the_list_are_allowed(void **state)
{
    (void)state;
    assert_stage("allow = { kafka_sink = { kafka = [ \"linger_ms\", \"ssl_*\" ]; }; };\n",
                 "kafka = { linger_ms = 5; ssl_ca_location = \"ca.pem\"; };", "");
}

static void
a_name_that_is_not_on_the_list_is_refused_where_it_stands(void **state)
{
    (void)state;
    assert_stage(
        "# Kafka\nallow = { kafka_sink = { kafka = [ \"linger_ms\" ]; }; };\n",
        "kafka = { linger_ms = 5;\n debug = \"all\"; };",
        "p.conf:4:2: error: stage \"s\": \"kafka.debug\" may not be set here: levada.conf:2 lists "
        "the names that are allowed\n");
}

static void
other_stages_and_options_stay_free(void **state)
{
    (void)state;
    assert_stage("allow = { kafka_source = { kafka = [ ]; }; };\n", "kafka = { linger_ms = 5; };",
                 "");
}

static void
an_option_without_free_names_cannot_be_narrowed(void **state)
{
    (void)state;
    assert_stage("allow = { kafka_sink = { topic = [ \"calls\" ]; }; };\n", "topic = \"calls\";",
                 "levada.conf:1:26: error: kafka_sink has no option \"topic\" with free names\n");
}

static void
unknown_settings_are_refused(void **state)
{
    (void)state;
    assert_mistakes("plugin_dir = [ ];\n",
                    "levada.conf:1:1: error: \"plugin_dir\" is no setting of levada: these are "
                    "plugin_dirs and allow; did you mean \"plugin_dirs\"?\n");
}

static void
wrong_shapes_are_refused(void **state)
{
    (void)state;
    assert_mistakes("plugin_dirs = \"/x\";\n",
                    "levada.conf:1:15: error: \"plugin_dirs\" must be a list of folders: [ "
                    "\"/usr/local/lib/levada/plugins\" ]\n");
    assert_mistakes("plugin_dirs = [ 1 ];\n",
                    "levada.conf:1:15: error: \"plugin_dirs\" must be a list of folders: [ "
                    "\"/usr/local/lib/levada/plugins\" ]\n");
    assert_mistakes("allow = [ \"x\" ];\n",
                    "levada.conf:1:9: error: \"allow\" must be a group: { STAGE = { OPTION = [ "
                    "\"NAME\" ]; }; }\n");
    assert_mistakes("allow = { a = 1;\n b = { c = \"d\"; }; };\n",
                    "levada.conf:1:15: error: \"a\" must be a group: { OPTION = [ \"NAME\" ]; }\n"
                    "levada.conf:2:12: error: \"c\" must be a list of the names that are allowed: "
                    "[ \"NAME\" ]\n");
}

static void
a_missing_file_is_told(void **state)
{
    (void)state;
    struct problems problems = { 0 };
    assert_null(settings_load("nowhere.conf", &problems));
    assert_int_equal(problems_exit_code(&problems), 66);
    problems_finish(&problems);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_sets_nothing),
        cmocka_unit_test(no_settings_are_allowed),
        cmocka_unit_test(folders_of_plugins_are_absolute_or_beside_the_file),
        cmocka_unit_test(names_on_the_list_are_allowed),
        cmocka_unit_test(a_name_that_is_not_on_the_list_is_refused_where_it_stands),
        cmocka_unit_test(other_stages_and_options_stay_free),
        cmocka_unit_test(an_option_without_free_names_cannot_be_narrowed),
        cmocka_unit_test(unknown_settings_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
        cmocka_unit_test(a_missing_file_is_told),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
