/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

static const struct levada_host host = {
    .struct_size = sizeof(host),
    .abi_minor = LEVADA_ABI_MINOR,
    .name = "test",
    .version = "0",
};

static struct error err;

/* What a test wants to be wrong with options. */
static const char *bad_options_of = "";
static unsigned checks;

static levada_status
check_options(const struct levada_stage *stage, struct error *why)
{
    checks++;
    if (strcmp(stage->id, bad_options_of) == 0)
        return error_set(why, LEVADA_FATAL, "option \"limit\" is wrong");
    return LEVADA_OK;
}

static struct loader *
loader_of(const char *first, const char *second)
{
    const char *const folders[] = { first, second };
    struct loader_setup setup = { folders, second != NULL ? 2 : 1, &host, check_options };
    struct loader *loader = loader_create(&setup, &err);
    if (loader == NULL)
        fail_msg("%s", err.text);
    return loader;
}

/* Opens one fixture as the only file of a folder. */
static void
assert_refused(const char *fixture, const char *id, levada_status expected, const char *why)
{
    const struct plugin *plugin = NULL;
    link_fixture(fixture);
    struct loader *loader = loader_of(folder, NULL);
    err = (struct error){ 0 };
    assert_int_equal(loader_open(loader, id, &plugin, NULL, &err), expected);
    assert_null(plugin);
    if (strstr(err.text, why) == NULL || strstr(err.text, fixture) == NULL)
        fail_msg("\"%s\" does not say \"%s\" of %s", err.text, why, fixture);
    loader_destroy(loader);
}

static void
opens_each_stage_of_a_module(void **state)
{
    (void)state;
    const struct plugin *counts, *swallow, *again;
    link_fixture("counts.so");
    struct loader *loader = loader_of(folder, NULL);
    checks = 0;
    assert_int_equal(loader_open(loader, "org.example.counts", &counts, NULL, &err), LEVADA_OK);
    assert_int_equal(loader_open(loader, "org.example.swallow", &swallow, NULL, &err), LEVADA_OK);
    assert_int_equal(loader_open(loader, "org.example.counts", &again, NULL, NULL), LEVADA_OK);
    assert_int_equal(counts->stage->kind, LEVADA_SOURCE);
    assert_int_equal(swallow->stage->kind, LEVADA_SINK);
    assert_string_equal(swallow->version, "2.1");
    assert_string_equal(swallow->license, "Apache-2.0");
    assert_non_null(strstr(counts->path, "/counts.so"));
    assert_ptr_equal(again, counts);
    assert_int_equal(checks, 2); /* once for each stage, when the module was opened */
    loader_destroy(loader);
}

static void
runs_nobody_before_a_stage_is_asked_for(void **state)
{
    (void)state;
    link_fixture("entry_returns_null.so");
    link_fixture("unresolved_symbol.so");
    struct loader *loader = loader_of(folder, NULL);
    size_t n;
    const struct plugin_file *files = loader_files(loader, &n);
    assert_int_equal(n, 2);
    assert_int_equal(files[0].problem.status, LEVADA_OK);
    assert_int_equal(files[1].problem.status, LEVADA_OK);
    loader_destroy(loader);
}

static void
suggests_the_nearest_name_and_tells_where_it_looked(void **state)
{
    (void)state;
    const struct plugin *plugin;
    const char *suggestion = "";
    link_fixture("counts.so");
    struct loader *loader = loader_of(folder, NULL);
    assert_int_equal(loader_open(loader, "org.example.count", &plugin, &suggestion, &err),
                     LEVADA_CONFIG);
    assert_string_equal(suggestion, "org.example.counts");
    assert_non_null(strstr(err.text, folder));
    assert_int_equal(loader_open(loader, "kafka", &plugin, &suggestion, &err), LEVADA_CONFIG);
    assert_null(suggestion);
    loader_destroy(loader);
}

static void
tells_of_a_file_that_it_passed_over(void **state)
{
    (void)state;
    assert_refused("future_major.so", "future_major", LEVADA_CONFIG, "plugin ABI major 2");
}

static void
refuses_two_files_that_offer_one_stage(void **state)
{
    (void)state;
    const struct plugin *plugin;
    const char *suggestion = "";
    link_fixture("twin_b.so");
    assert_int_equal(mkdir(in_folder("own"), 0700), 0);
    link_fixture("twin_a.so");
    assert_int_equal(rename(in_folder("twin_a.so"), in_folder("own/twin_a.so")), 0);
    struct loader *loader = loader_of(in_folder("own"), folder);
    assert_int_equal(loader_open(loader, "twin", &plugin, &suggestion, &err), LEVADA_CONFIG);
    assert_non_null(strstr(err.text, "twin_a.so"));
    assert_non_null(strstr(err.text, "twin_b.so"));
    assert_null(suggestion);
    loader_destroy(loader);
}

static void
takes_one_file_met_twice_as_one(void **state)
{
    (void)state;
    const struct plugin *plugin;
    link_fixture("counts.so");
    assert_int_equal(symlink("counts.so", in_folder("same.so")), 0);
    struct loader *loader = loader_of(folder, folder);
    assert_int_equal(loader_open(loader, "org.example.counts", &plugin, NULL, &err), LEVADA_OK);
    loader_destroy(loader);
}

static void
refuses_an_abi_that_does_not_fit(void **state)
{
    (void)state;
    assert_refused("needs_minor_99.so", "needs_minor_99", LEVADA_CONFIG,
                   "needs plugin ABI 1.99, this levada has 1.0");
}

static void
refuses_a_module_that_does_not_link(void **state)
{
    (void)state;
    assert_refused("unresolved_symbol.so", "unresolved_symbol", LEVADA_CONFIG, "nobody_has_this");
}

static void
refuses_a_module_without_its_entry(void **state)
{
    (void)state;
    assert_refused("no_entry.so", "no_entry", LEVADA_FATAL, "levada_module_v1");
}

static void
refuses_an_entry_that_returns_null(void **state)
{
    (void)state;
    assert_refused("entry_returns_null.so", "entry_returns_null", LEVADA_FATAL, "refuses");
}

static void
refuses_a_descriptor_that_is_not_as_the_note(void **state)
{
    (void)state;
    assert_refused("note_of_another.so", "note_of_another", LEVADA_FATAL, "another_name");
}

static void
refuses_a_stage_without_its_callback(void **state)
{
    (void)state;
    assert_refused("no_process.so", "no_process", LEVADA_FATAL, "process()");
}

static void
refuses_a_stage_whose_options_are_wrong(void **state)
{
    (void)state;
    bad_options_of = "org.example.swallow";
    assert_refused("counts.so", "org.example.counts", LEVADA_FATAL,
                   "stage \"org.example.swallow\": option \"limit\" is wrong");
    bad_options_of = "";
}

static void
refuses_a_file_that_changed_hands_since_it_was_read(void **state)
{
    (void)state;
    const struct plugin *plugin;
    size_t n;
    char *bytes = read_whole(FIXTURES "/counts.so", &n);
    const char *path = write_file("counts.so", bytes, n);
    free(bytes);
    assert_int_equal(chmod(path, 0644), 0);
    struct loader *loader = loader_of(folder, NULL);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(loader_open(loader, "org.example.counts", &plugin, NULL, &err), LEVADA_CONFIG);
    assert_non_null(strstr(err.text, "mode 0666"));
    loader_destroy(loader);
}

static void
is_empty_without_folders(void **state)
{
    (void)state;
    const struct plugin *plugin;
    struct loader_setup setup = { NULL, 0, &host, check_options };
    struct loader *loader = loader_create(&setup, &err);
    assert_non_null(loader);
    assert_int_equal(loader_open(loader, "one", &plugin, NULL, &err), LEVADA_CONFIG);
    assert_non_null(strstr(err.text, "no folder"));
    loader_destroy(loader);
    loader_destroy(NULL);
}

static void
tells_of_a_folder_that_cannot_be_read(void **state)
{
    (void)state;
    const char *path = write_file("file", "x", 1);
    struct loader_setup setup = { &path, 1, &host, check_options };
    assert_null(loader_create(&setup, &err));
    assert_int_equal(err.status, LEVADA_NO_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_folder, teardown_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_each_stage_of_a_module),
        TEST(runs_nobody_before_a_stage_is_asked_for),
        TEST(suggests_the_nearest_name_and_tells_where_it_looked),
        TEST(tells_of_a_file_that_it_passed_over),
        TEST(refuses_two_files_that_offer_one_stage),
        TEST(takes_one_file_met_twice_as_one),
        TEST(refuses_an_abi_that_does_not_fit),
        TEST(refuses_a_module_that_does_not_link),
        TEST(refuses_a_module_without_its_entry),
        TEST(refuses_an_entry_that_returns_null),
        TEST(refuses_a_descriptor_that_is_not_as_the_note),
        TEST(refuses_a_stage_without_its_callback),
        TEST(refuses_a_stage_whose_options_are_wrong),
        TEST(refuses_a_file_that_changed_hands_since_it_was_read),
        TEST(is_empty_without_folders),
        TEST(tells_of_a_folder_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
