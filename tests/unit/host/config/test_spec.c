/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void
a_short_pipeline_has_the_documented_defaults(void **state)
{
    (void)state;
    char host[256];
    gethostname(host, sizeof(host));
    unsetenv("STATE_DIRECTORY");
    struct config *config = files_load_text(stage_with(""), "");
    const struct pipeline_spec *spec = &config->pipelines[0];
    assert_string_equal(spec->name, "p");
    assert_int_equal(spec->trigger, TRIGGER_CONTINUOUS);
    assert_null(spec->checkpoint);
    assert_int_equal(spec->checkpoint_every_ns, INT64_C(1000000000));
    assert_int_equal(spec->drain_timeout_ns, INT64_C(30000000000));
    assert_int_equal(spec->max_records_per_trigger, 0);
    assert_int_equal(spec->delivery, DELIVERY_AT_LEAST_ONCE);
    assert_string_equal(spec->instance, host);
    assert_false(spec->errors.tolerate);
    assert_int_equal(spec->errors.retry_for_ns, INT64_C(60000000000));
    assert_null(spec->errors.dead_letter);
    assert_int_equal(spec->n_stages, 1);
    assert_false(spec->stages[0].has_from);
    assert_int_equal(spec->stages[0].options.n_children, 0);
    config_unload(config);
}

static void
every_word_of_a_pipeline_is_read(void **state)
{
    (void)state;
    struct config *config = files_load_text(
        "pipeline: { name = \"a.b-c_1\"; trigger = \"5 s\"; checkpoint = \"/var/x\";\n"
        "checkpoint_every = \"100 ms\"; max_records_per_trigger = 1000; delivery = "
        "\"exactly_once\";\n"
        "drain_timeout = \"1 min\"; instance = \"i1\";\n"
        "errors = { tolerance = \"all\"; retry_for = \"5 s\"; dead_letter = \"bad\"; };\n"
        "stages = ( { name = \"s\"; plugin = \"x\"; isolation = \"none\"; a = 1; } ); };",
        "");
    const struct pipeline_spec *spec = &config->pipelines[0];
    assert_int_equal(spec->trigger, TRIGGER_INTERVAL);
    assert_int_equal(spec->trigger_ns, INT64_C(5000000000));
    assert_string_equal(spec->checkpoint, "/var/x");
    assert_int_equal(spec->checkpoint_at.line, 1);
    assert_int_equal(spec->checkpoint_every_ns, 100000000);
    assert_int_equal(spec->max_records_per_trigger, 1000);
    assert_int_equal(spec->delivery, DELIVERY_EXACTLY_ONCE);
    assert_int_equal(spec->delivery_at.line, 2);
    assert_int_equal(spec->drain_timeout_ns, INT64_C(60000000000));
    assert_string_equal(spec->instance, "i1");
    assert_true(spec->errors.tolerate);
    assert_int_equal(spec->errors.retry_for_ns, INT64_C(5000000000));
    assert_string_equal(spec->errors.dead_letter, "bad");
    assert_int_equal(spec->errors.dead_letter_at.line, 4);
    const struct stage_spec *stage = &spec->stages[0];
    assert_string_equal(stage->plugin, "x");
    assert_int_equal(stage->plugin_at.line, 5);
    assert_int_equal(stage->options.n_children, 1);
    assert_string_equal(stage->options.children[0].name, "a");
    config_unload(config);
}

static void
a_stage_changes_only_the_errors_that_it_names(void **state)
{
    (void)state;
    struct config *config = files_load_text(
        "pipeline: { name = \"p\"; errors = { tolerance = \"all\"; dead_letter = \"bad\"; };\n"
        "stages = ( { name = \"a\"; plugin = \"x\"; errors = { retry_for = \"1 s\"; }; },\n"
        "{ name = \"b\"; plugin = \"x\"; errors = { tolerance = \"none\"; }; } ); };",
        "");
    const struct stage_spec *stages = config->pipelines[0].stages;
    assert_true(stages[0].errors.tolerate);
    assert_string_equal(stages[0].errors.dead_letter, "bad");
    assert_int_equal(stages[0].errors.retry_for_ns, INT64_C(1000000000));
    assert_false(stages[1].errors.tolerate);
    assert_int_equal(stages[1].errors.retry_for_ns, INT64_C(60000000000));
    config_unload(config);
}

static void
from_is_a_name_or_a_list_of_names_with_ports(void **state)
{
    (void)state;
    struct config *config = files_load_text(stage_with("from = \"a\";"), "");
    const struct stage_spec *stage = &config->pipelines[0].stages[0];
    assert_int_equal(stage->n_from, 1);
    assert_string_equal(stage->from[0].stage, "a");
    assert_null(stage->from[0].port);
    assert_int_equal(stage->from[0].at.line, 3);
    assert_int_equal(stage->from[0].at.column, 8);
    config_unload(config);

    config = files_load_text(stage_with("from = [ \"a\", \"windows.late\" ];"), "");
    stage = &config->pipelines[0].stages[0];
    assert_int_equal(stage->n_from, 2);
    assert_string_equal(stage->from[1].stage, "windows");
    assert_string_equal(stage->from[1].port, "late");
    config_unload(config);

    config = files_load_text(stage_with("from = [];"), "");
    assert_true(config->pipelines[0].stages[0].has_from);
    assert_int_equal(config->pipelines[0].stages[0].n_from, 0);
    config_unload(config);

    assert_text_reports(stage_with("from = [ \"a.\", \".b\" ];"),
                        "p.conf:3:10: error: stage \"s\": option \"from\" is \"a.\"; must be "
                        "\"STAGE\" or \"STAGE.PORT\"\n"
                        "p.conf:3:16: error: stage \"s\": option \"from\" is \".b\"; must be "
                        "\"STAGE\" or \"STAGE.PORT\"\n");
}

static void
several_pipelines_may_share_a_file(void **state)
{
    (void)state;
    struct config *config = files_load_text(
        "pipelines = ( { name = \"a\"; stages = { name = \"s\"; plugin = \"x\"; }; },\n"
        "{ name = \"b\"; stages = ( { name = \"s\"; plugin = \"y\"; } ); } );",
        "");
    assert_int_equal(config->n_pipelines, 2);
    assert_string_equal(config->pipelines[0].stages[0].plugin, "x");
    assert_string_equal(config->pipelines[1].stages[0].plugin, "y");
    config_unload(config);
    assert_text_reports(
        "pipelines = ( { name = \"a\"; stages = { name = \"s\"; plugin = \"x\"; }; },\n"
        "{ name = \"a\"; stages = { name = \"s\"; plugin = \"x\"; }; }, 5 );",
        "p.conf:2:10: error: two pipelines are called \"a\"\n"
        "p.conf:2:58: error: a pipeline must be a group: { name = \"...\"; }\n");
    assert_text_reports("pipeline = ( );",
                        "p.conf:1:12: error: \"pipeline\" must be a group; a list "
                        "of them is called \"pipelines\"\n");
}

static void
unknown_words_are_refused_with_the_nearest(void **state)
{
    (void)state;
    assert_text_reports("pipelin: { };",
                        "p.conf:1:1: error: \"pipelin\" is unknown here: a file has "
                        "a group \"pipeline\" or a list \"pipelines\"; did you mean "
                        "\"pipeline\"?\n");
    assert_text_reports("pipeline: { name = \"p\"; triger = \"5 s\";\nstage = ( );\n"
                        "errors = { tolerence = \"all\"; };\n"
                        "stages = { name = \"s\"; plugin = \"x\"; errors = { a = 1; }; }; };",
                        "p.conf:1:25: error: unknown option \"triger\"; did you mean \"trigger\"?\n"
                        "p.conf:2:1: error: unknown option \"stage\"; did you mean \"stages\"?\n"
                        "p.conf:3:12: error: unknown option \"errors.tolerence\"; did you mean "
                        "\"tolerance\"?\n"
                        "p.conf:4:49: error: stage \"s\": unknown option \"errors.a\"\n");
}

static void
missing_words_are_reported_where_their_group_opens(void **state)
{
    (void)state;
    assert_text_reports("pipeline:\n { };", "p.conf:2:2: error: option \"name\" is missing\n"
                                            "p.conf:2:2: error: option \"stages\" is missing\n");
    assert_text_reports("pipeline: { name = \"p\"; stages = (\n { }, 5, { name = \"s\"; } ); };",
                        "p.conf:2:2: error: option \"name\" is missing\n"
                        "p.conf:2:2: error: option \"plugin\" is missing\n"
                        "p.conf:2:7: error: a stage must be a group: { name = \"...\"; plugin = "
                        "\"...\"; }\n"
                        "p.conf:2:10: error: stage \"s\": option \"plugin\" is missing\n");
    assert_text_reports("pipeline: { name = \"p\"; stages = ( ); };",
                        "p.conf:1:34: error: a pipeline has at least one stage\n");
}

static void
names_are_checked(void **state)
{
    (void)state;
    assert_text_reports(
        "pipeline: { name = \"a/b\"; stages = (\n"
        "{ name = \"a.b\"; plugin = \"x\"; },\n"
        "{ name = \"pipeline\"; plugin = \"x\"; },\n"
        "{ name = \"c\"; plugin = \"x\"; },\n"
        "{ name = \"c\"; plugin = \"x\"; } ); };",
        "p.conf:1:20: error: the name of a pipeline has letters, digits, '_', '-' "
        "and '.' only, and no '.' first\n"
        "p.conf:2:10: error: stage \"a.b\": the name of a stage has letters, digits, "
        "'_' and '-' only\n"
        "p.conf:3:10: error: stage \"pipeline\": no stage may be called \"pipeline\": "
        "--set means the pipeline by it\n"
        "p.conf:5:10: error: two stages are called \"c\"; the first is on line 4\n");
}

static void
values_of_the_host_are_checked_as_options_are(void **state)
{
    (void)state;
    assert_text_reports(
        "pipeline: { name = \"p\"; trigger = \"now\";\n"
        "checkpoint_every = \"0 s\"; drain_timeout = 30;\n"
        "max_records_per_trigger = -1; delivery = \"at_least_onc\";\n"
        "stages = { name = \"s\"; plugin = \"x\"; isolation = \"proces\"; }; };",
        "p.conf:1:35: error: option \"trigger\" is \"now\"; must be \"continuous\", "
        "\"available_now\" or a duration with its unit, as in \"5 s\"\n"
        "p.conf:2:20: error: option \"checkpoint_every\" is \"0 s\"; must be at least "
        "1 ms\n"
        "p.conf:2:43: error: option \"drain_timeout\" is 30; a duration needs its "
        "unit, as in \"60 s\"\n"
        "p.conf:3:27: error: option \"max_records_per_trigger\" is -1; must be at "
        "least 0\n"
        "p.conf:3:42: error: option \"delivery\" is \"at_least_onc\"; must be "
        "\"at_least_once\" or \"exactly_once\"; did you mean \"at_least_once\"?\n"
        "p.conf:4:50: error: stage \"s\": option \"isolation.mode\" is \"proces\"; must be "
        "\"none\" or \"process\"; did you mean \"process\"?\n");
    assert_text_reports(
        "pipeline: { name = \"p\"; trigger = \"0 s\";\n"
        "stages = { name = \"s\"; plugin = \"x\"; }; };",
        "p.conf:1:35: error: option \"trigger\" is \"0 s\"; must be at least 1 ms\n");
}

static void
a_checkpoint_is_kept_beside_the_file_or_where_systemd_says(void **state)
{
    (void)state;
    const char *text = "pipeline: { name = \"p\"; checkpoint = \"state/p\";\n"
                       "stages = { name = \"s\"; plugin = \"x\"; }; };";
    char beside[128];
    snprintf(beside, sizeof(beside), "%s/state/p", files_folder());
    unsetenv("STATE_DIRECTORY");
    struct config *config = files_load_text(text, "");
    assert_string_equal(config->pipelines[0].checkpoint, beside);
    config_unload(config);

    setenv("STATE_DIRECTORY", "/var/lib/levada:/var/lib/other", 1);
    config = files_load_text(text, "");
    assert_string_equal(config->pipelines[0].checkpoint, "/var/lib/levada/state/p");
    config_unload(config);
    unsetenv("STATE_DIRECTORY");
}

static void
a_secret_that_cannot_be_resolved_is_reported_at_its_place(void **state)
{
    (void)state;
    unsetenv("LEVADA_TEST");
    assert_text_reports(stage_with("a = \"${env:LEVADA_TEST}\";"),
                        "p.conf:3:5: error: the environment has no variable \"LEVADA_TEST\"\n");
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(a_short_pipeline_has_the_documented_defaults),
        with_files(every_word_of_a_pipeline_is_read),
        with_files(a_stage_changes_only_the_errors_that_it_names),
        with_files(from_is_a_name_or_a_list_of_names_with_ports),
        with_files(several_pipelines_may_share_a_file),
        with_files(unknown_words_are_refused_with_the_nearest),
        with_files(missing_words_are_reported_where_their_group_opens),
        with_files(names_are_checked),
        with_files(values_of_the_host_are_checked_as_options_are),
        with_files(a_checkpoint_is_kept_beside_the_file_or_where_systemd_says),
        with_files(a_secret_that_cannot_be_resolved_is_reported_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
