/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config_override override;

/* Loads a pipeline of the stages "s" and "t" with one --set. */
static struct config *
load_with(const char *set, const char *expected)
{
    struct problems problems = { 0 };
    files_write("p.conf", "pipeline: { name = \"p\"; trigger = \"5 s\"; stages = (\n"
                          "{ name = \"s\"; plugin = \"x\"; a = 1; kafka = { b = 2; }; },\n"
                          "{ name = \"t\"; plugin = \"x\"; } ); };");
    override = (struct config_override){ .text = set };
    struct config *config = config_load("p.conf", &override, 1, &problems);
    assert_reports(&problems, expected);
    return config;
}

static const struct setting *
option(const struct config *config, size_t stage, const char *name)
{
    return setting_find(&config->pipelines[0].stages[stage].options, name);
}

static void
a_value_replaces_the_one_in_the_file(void **state)
{
    (void)state;
    struct config *config = load_with("s.a=5=6", "");
    const struct setting *a = option(config, 0, "a");
    assert_true(override.used);
    assert_int_equal(a->type, SETTING_TEXT);
    assert_string_equal(a->text, "5=6");
    assert_string_equal(a->value_at.file, "--set");
    assert_string_equal(a->folder, files_folder());
    config_unload(config);
}

static void
an_option_that_the_file_lacks_is_added(void **state)
{
    (void)state;
    struct config *config = load_with("t.path=calls.json", "");
    assert_string_equal(option(config, 1, "path")->text, "calls.json");
    assert_int_equal(config->pipelines[0].stages[1].options.n_children, 1);
    config_unload(config);
}

static void
dots_reach_into_groups(void **state)
{
    (void)state;
    struct config *config = load_with("s.kafka.linger_ms=20", "");
    const struct setting *kafka = option(config, 0, "kafka");
    assert_int_equal(kafka->n_children, 2);
    assert_string_equal(setting_find(kafka, "linger_ms")->text, "20");
    config_unload(config);

    config = load_with("t.kafka.linger_ms=20", "");
    assert_string_equal(setting_find(option(config, 1, "kafka"), "linger_ms")->text, "20");
    config_unload(config);
    config_unload(load_with("s.a.b=secret", "--set: error: s.a.b: \"a\" is not a group\n"));
}

static void
the_pipeline_itself_can_be_set(void **state)
{
    (void)state;
    struct config *config = load_with("pipeline.trigger=available_now", "");
    assert_int_equal(config->pipelines[0].trigger, TRIGGER_AVAILABLE_NOW);
    config_unload(config);
    config = load_with("pipeline.errors.tolerance=all", "");
    assert_true(config->pipelines[0].errors.tolerate);
    config_unload(config);
    config = load_with("pipeline.checkpoint=here", "");
    char path[128];
    snprintf(path, sizeof(path), "%s/here", files_folder());
    assert_string_equal(config->pipelines[0].checkpoint, path);
    config_unload(config);
}

static void
words_of_the_host_in_a_stage_can_be_set(void **state)
{
    (void)state;
    struct config *config = load_with("t.from=s.late,u", "");
    const struct stage_spec *stage = &config->pipelines[0].stages[1];
    assert_int_equal(stage->n_from, 2);
    assert_string_equal(stage->from[0].port, "late");
    assert_string_equal(stage->from[1].stage, "u");
    config_unload(config);
    config = load_with("t.from=", "");
    assert_true(config->pipelines[0].stages[1].has_from);
    assert_int_equal(config->pipelines[0].stages[1].n_from, 0);
    config_unload(config);
    config = load_with("t.plugin=y", "");
    assert_string_equal(config->pipelines[0].stages[1].plugin, "y");
    config_unload(config);
}

static void
a_pipeline_can_be_named(void **state)
{
    (void)state;
    struct config *config = load_with("p/s.a=5", "");
    assert_true(override.used);
    config_unload(config);
    config = load_with("q/s.a=5", "");
    assert_false(override.used);
    assert_int_equal(option(config, 0, "a")->i, 1);
    config_unload(config);
}

static void
what_names_no_stage_stays_unused(void **state)
{
    (void)state;
    static const char *const unused[] = { "u.a=5", "s", "s.a", "s=5", ".a=5", "s.=5", "", "=" };
    for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++) {
        config_unload(load_with(unused[i], ""));
        assert_false(override.used);
    }
}

static void
values_pass_the_same_checks_and_references(void **state)
{
    (void)state;
    config_unload(
        load_with("pipeline.max_records_per_trigger=ten",
                  "--set: error: option \"max_records_per_trigger\" is \"ten\"; must be an "
                  "integer\n"));
    unsetenv("LEVADA_TEST");
    config_unload(
        load_with("s.a=${env:LEVADA_TEST}",
                  "--set: error: s.a: the environment has no variable \"LEVADA_TEST\"\n"));
    setenv("LEVADA_TEST", "v", 1);
    struct config *config = load_with("s.a=${env:LEVADA_TEST}", "");
    assert_string_equal(option(config, 0, "a")->text, "v");
    assert_true(option(config, 0, "a")->secret);
    config_unload(config);
    unsetenv("LEVADA_TEST");
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(a_value_replaces_the_one_in_the_file),
        with_files(an_option_that_the_file_lacks_is_added),
        with_files(dots_reach_into_groups),
        with_files(the_pipeline_itself_can_be_set),
        with_files(words_of_the_host_in_a_stage_can_be_set),
        with_files(a_pipeline_can_be_named),
        with_files(what_names_no_stage_stays_unused),
        with_files(values_pass_the_same_checks_and_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
