/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "config/secret.h"
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct arena arena;

static void
assert_resolves(const char *text, const char *expected)
{
    struct secret_context context = { &arena, files_folder(), true };
    char copy[256];
    bool is_secret;
    struct error err = { 0 };
    strcpy(copy, text);
    char *value = secret_resolve(&context, copy, &is_secret, &err);
    assert_string_equal(err.text, "");
    assert_string_equal(value, expected);
    arena_finish(&arena);
}

static void
assert_refuses(const char *text, const char *why)
{
    struct secret_context context = { &arena, files_folder(), true };
    char copy[256];
    bool is_secret;
    struct error err = { 0 };
    strcpy(copy, text);
    assert_null(secret_resolve(&context, copy, &is_secret, &err));
    assert_string_equal(err.text, why);
    arena_finish(&arena);
}

static void
plain_text_is_no_secret_and_stays(void **state)
{
    (void)state;
    struct secret_context context = { &arena, "/", true };
    char text[] = "a $b {c} $";
    bool is_secret = true;
    struct error err;
    assert_ptr_equal(secret_resolve(&context, text, &is_secret, &err), text);
    assert_false(is_secret);
}

static void
a_resolved_text_is_a_secret(void **state)
{
    (void)state;
    struct secret_context context = { &arena, "/", true };
    char text[] = "${env:LEVADA_TEST:-x}", literal[] = "$${x}";
    bool is_secret;
    struct error err;
    secret_resolve(&context, text, &is_secret, &err);
    assert_true(is_secret);
    assert_string_equal(secret_resolve(&context, literal, &is_secret, &err), "${x}");
    assert_false(is_secret);
    arena_finish(&arena);
}

static void
the_environment_is_read_with_a_default(void **state)
{
    (void)state;
    setenv("LEVADA_TEST", "one", 1);
    assert_resolves("<${env:LEVADA_TEST}>${env:LEVADA_TEST}", "<one>one");
    assert_resolves("${env:LEVADA_TEST:-two}", "one");
    setenv("LEVADA_TEST", "", 1);
    assert_resolves("${env:LEVADA_TEST}", "");
    assert_resolves("${env:LEVADA_TEST:-two}", "two");
    unsetenv("LEVADA_TEST");
    assert_resolves("${env:LEVADA_TEST:-}", "");
    assert_refuses("${env:LEVADA_TEST}", "the environment has no variable \"LEVADA_TEST\"");
}

static void
a_file_is_read_without_its_last_newline(void **state)
{
    (void)state;
    char text[128];
    files_write("password", "pass\nword\n");
    snprintf(text, sizeof(text), "${file:%s/password}", files_folder());
    assert_resolves(text, "pass\nword");
    assert_resolves("${file:password}", "pass\nword");
    files_write("empty", "");
    assert_resolves("a${file:empty}b", "ab");
}

static void
a_file_that_is_none_or_too_large_is_refused(void **state)
{
    (void)state;
    char *large = calloc(1, 65537 + 1);
    memset(large, 'x', 65537);
    files_write("large", large);
    free(large);
    mkfifo("fifo", 0600);
    assert_refuses("${file:none}", "\"none\": cannot open it: No such file or directory");
    assert_refuses("${file:fifo}", "\"fifo\": it is no regular file");
    assert_refuses("${file:large}", "\"large\": it is larger than 64 KiB");
}

static void
a_credential_is_a_file_of_systemd(void **state)
{
    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_refuses("${cred:key}", "there are no credentials: CREDENTIALS_DIRECTORY is not set");
    setenv("CREDENTIALS_DIRECTORY", files_folder(), 1);
    files_write("key", "k\n");
    assert_resolves("${cred:key}", "k");
    assert_refuses("${cred:../key}", "\"../key\" is not the name of a credential");
    assert_refuses("${cred:none}",
                   "credential \"none\": cannot open it: No such file or directory");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void
an_unknown_reference_is_refused(void **state)
{
    (void)state;
    assert_refuses("${vault:x}",
                   "\"${vault:x}\" is no reference: known are ${env:NAME}, "
                   "${file:PATH} and ${cred:NAME}; a literal \"${\" is written \"$${\"");
    assert_refuses("a ${env:X", "a reference \"${\" without its '}'");
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_files(plain_text_is_no_secret_and_stays),
        with_files(a_resolved_text_is_a_secret),
        with_files(the_environment_is_read_with_a_default),
        with_files(a_file_is_read_without_its_last_newline),
        with_files(a_file_that_is_none_or_too_large_is_refused),
        with_files(a_credential_is_a_file_of_systemd),
        with_files(an_unknown_reference_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
