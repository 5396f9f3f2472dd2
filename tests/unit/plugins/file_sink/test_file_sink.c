/* SPDX-License-Identifier: Apache-2.0 */
#include "file_sink/file_sink.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_rows.h"

enum {
    JSON_FORMAT,
    CSV_FORMAT
};

static const char *const names[] = { "n" };
static const struct levada_scalar one[] = { I64(1) }, two[] = { I64(2) }, three[] = { I64(3) };

struct fixture {
    char folder[32], path[64], partial[80], text[4096];
    struct file_sink sink;
    bool alive;
};

static int
set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){ 0 };
    levada_module_v1(fake_rows_host());
    strcpy(f.folder, "/tmp/test_file_sink_XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    snprintf(f.path, sizeof(f.path), "%s/out", f.folder);
    snprintf(f.partial, sizeof(f.partial), "%s/.out.partial", f.folder);
    *state = &f;
    return 0;
}

static void
stop(struct fixture *f)
{
    if (f->alive)
        file_sink_destroy(&f->sink);
    f->alive = false;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    stop(f);
    fake_rows_finish();
    unlink(f->path);
    unlink(f->partial);
    return rmdir(f->folder);
}

static levada_status
send(struct fixture *f, uint32_t kind, uint32_t flags)
{
    const struct levada_signal signal = { .struct_size = sizeof(signal),
                                          .kind = kind,
                                          .flags = flags };
    return file_sink_signal(&f->sink, fake_rows_call(), &signal);
}

static levada_status
start_with(struct fixture *f, int64_t overwrite, uint32_t restore_flags)
{
    f->sink = (struct file_sink){ .path = f->path, .format = CSV_FORMAT, .overwrite = overwrite };
    assert_int_equal(file_sink_create(&f->sink, fake_rows_call(), NULL), LEVADA_OK);
    f->alive = true;
    levada_status status = file_sink_start(&f->sink, fake_rows_call());
    return status != LEVADA_OK ? status : send(f, LEVADA_SIG_RESTORE, restore_flags);
}

static void
start(struct fixture *f)
{
    assert_int_equal(start_with(f, 0, 0), LEVADA_OK);
}

static levada_status
process(struct fixture *f, const struct levada_scalar *cells)
{
    struct fake_rows rows = FAKE_ROWS(names, 1, cells, 1);

    return file_sink_process(&f->sink, fake_rows_call(), 0, &rows.batch);
}

static void
trigger(struct fixture *f, uint32_t flags)
{
    assert_int_equal(send(f, LEVADA_SIG_TRIGGER, flags), LEVADA_OK);
}

static void
commit(struct fixture *f)
{
    assert_int_equal(send(f, LEVADA_SIG_CHECKPOINT, 0), LEVADA_OK);
    assert_int_equal(send(f, LEVADA_SIG_COMMIT, 0), LEVADA_OK);
}

static void
run_round(struct fixture *f, const struct levada_scalar *cells, uint32_t flags)
{
    assert_int_equal(process(f, cells), LEVADA_ABSORBED);
    trigger(f, flags);
    commit(f);
}

static bool
exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *
content(struct fixture *f)
{
    FILE *file = fopen(f->path, "r");

    assert_non_null(file);
    size_t n = fread(f->text, 1, sizeof(f->text) - 1, file);
    f->text[n] = '\0';
    fclose(file);
    return f->text;
}

static void
shows_the_file_only_once_it_is_whole(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(process(f, one), LEVADA_ABSORBED);
    trigger(f, 0);
    assert_int_equal(send(f, LEVADA_SIG_CHECKPOINT, 0), LEVADA_OK);
    assert_false(exists(f->path));
    assert_int_equal(send(f, LEVADA_SIG_COMMIT, 0), LEVADA_OK);
    assert_string_equal(content(f), "n\n1\n");
    assert_false(exists(f->partial));
}

static void
appends_the_rows_of_later_triggers(void **state)
{
    struct fixture *f = *state;

    start(f);
    run_round(f, one, 0);
    run_round(f, two, 0);
    assert_string_equal(content(f), "n\n1\n2\n");
    stop(f);
    assert_string_equal(content(f), "n\n1\n2\n");
}

static void
replaces_the_file_where_each_trigger_is_the_whole_result(void **state)
{
    struct fixture *f = *state;

    start(f);
    run_round(f, one, LEVADA_SIGF_REPLACES);
    assert_int_equal(process(f, two), LEVADA_ABSORBED);
    trigger(f, LEVADA_SIGF_REPLACES);
    assert_string_equal(content(f), "n\n1\n");
    commit(f);
    assert_string_equal(content(f), "n\n2\n");
    assert_false(exists(f->partial));
}

static void
keeps_the_last_of_several_results_between_two_commits(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(process(f, one), LEVADA_ABSORBED);
    trigger(f, LEVADA_SIGF_REPLACES);
    assert_int_equal(process(f, two), LEVADA_ABSORBED);
    assert_int_equal(process(f, three), LEVADA_ABSORBED);
    trigger(f, LEVADA_SIGF_REPLACES);
    commit(f);
    assert_string_equal(content(f), "n\n2\n3\n");
}

static void
makes_an_empty_file_of_no_data(void **state)
{
    struct fixture *f = *state;

    start(f);
    trigger(f, 0);
    commit(f);
    assert_string_equal(content(f), "");
    run_round(f, one, 0);
    assert_string_equal(content(f), "n\n1\n");
}

static void
empties_the_file_when_the_whole_result_is_empty(void **state)
{
    struct fixture *f = *state;

    start(f);
    run_round(f, one, LEVADA_SIGF_REPLACES);
    trigger(f, LEVADA_SIGF_REPLACES);
    commit(f);
    assert_string_equal(content(f), "");
}

static void
leaves_nothing_of_a_run_that_never_committed(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(process(f, one), LEVADA_ABSORBED);
    trigger(f, 0);
    assert_true(exists(f->partial));
    stop(f);
    assert_false(exists(f->path));
    assert_false(exists(f->partial));
}

static void
cuts_off_what_no_commit_followed(void **state)
{
    struct fixture *f = *state;

    start(f);
    run_round(f, one, 0);
    assert_int_equal(process(f, two), LEVADA_ABSORBED);
    trigger(f, 0);
    assert_string_equal(content(f), "n\n1\n2\n");
    assert_int_equal(send(f, LEVADA_SIG_ABORT, 0), LEVADA_OK);
    assert_string_equal(content(f), "n\n1\n");
    assert_int_equal(send(f, LEVADA_SIG_RESTORE, 0), LEVADA_OK);
    run_round(f, three, 0);
    assert_string_equal(content(f), "n\n1\n3\n");
}

static void
begins_anew_after_an_abort_before_the_first_commit(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(process(f, one), LEVADA_ABSORBED);
    assert_int_equal(send(f, LEVADA_SIG_ABORT, 0), LEVADA_OK);
    assert_false(exists(f->partial));
    assert_int_equal(send(f, LEVADA_SIG_RESTORE, 0), LEVADA_OK);
    run_round(f, two, 0);
    assert_string_equal(content(f), "n\n2\n");
}

static void
keeps_the_last_result_when_the_next_is_aborted(void **state)
{
    struct fixture *f = *state;

    start(f);
    run_round(f, one, LEVADA_SIGF_REPLACES);
    assert_int_equal(process(f, two), LEVADA_ABSORBED);
    stop(f);
    assert_string_equal(content(f), "n\n1\n");
    assert_false(exists(f->partial));
}

static void
refuses_a_file_that_is_there(void **state)
{
    struct fixture *f = *state;

    write_file(f->path, "precious\n");
    assert_int_equal(start_with(f, 0, 0), LEVADA_NO_OUTPUT);
    assert_non_null(strstr(fake_rows_error(), "overwrite = true"));
    assert_string_equal(content(f), "precious\n");
}

static void
refuses_a_file_that_appears_meanwhile(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(process(f, one), LEVADA_ABSORBED);
    trigger(f, 0);
    assert_int_equal(send(f, LEVADA_SIG_CHECKPOINT, 0), LEVADA_OK);
    write_file(f->path, "precious\n");
    assert_int_equal(send(f, LEVADA_SIG_COMMIT, 0), LEVADA_NO_OUTPUT);
    stop(f);
    assert_string_equal(content(f), "precious\n");
    assert_false(exists(f->partial));
}

static void
overwrites_when_told_so_but_not_before_it_has_something(void **state)
{
    struct fixture *f = *state;

    write_file(f->path, "old\n");
    assert_int_equal(start_with(f, 1, 0), LEVADA_OK);
    assert_int_equal(process(f, one), LEVADA_ABSORBED);
    assert_string_equal(content(f), "old\n");
    trigger(f, 0);
    commit(f);
    assert_string_equal(content(f), "n\n1\n");
}

static void
names_a_missing_folder_and_a_path_that_is_a_folder(void **state)
{
    struct fixture *f = *state;
    char path[64];

    memcpy(path, f->path, sizeof(path));
    snprintf(f->path, sizeof(f->path), "%s/no/out", f->folder);
    assert_int_equal(start_with(f, 0, 0), LEVADA_NO_OUTPUT);
    assert_non_null(strstr(fake_rows_error(), "No such file or directory"));
    stop(f);
    snprintf(f->path, sizeof(f->path), "%s", f->folder);
    assert_int_equal(start_with(f, 0, 0), LEVADA_NO_OUTPUT);
    assert_non_null(strstr(fake_rows_error(), "is a folder"));
    stop(f);
    memcpy(f->path, path, sizeof(path));
}

static void
refuses_standard_output(void **state)
{
    struct file_sink sink = { .path = "-" };

    (void)state;
    assert_int_equal(file_sink_create(&sink, fake_rows_call(), NULL), LEVADA_CONFIG);
    assert_non_null(strstr(fake_rows_error(), "console_sink"));
}

static void
leaves_nothing_half_written_when_the_disk_is_full(void **state)
{
    struct fixture *f = *state;
    const struct rlimit small = { 4, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };

    signal(SIGXFSZ, SIG_IGN);
    start(f);
    run_round(f, one, 0);
    assert_int_equal(process(f, two), LEVADA_ABSORBED);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(send(f, LEVADA_SIG_TRIGGER, 0), LEVADA_IO);
    assert_non_null(strstr(fake_rows_error(), "File too large"));
    assert_int_equal(send(f, LEVADA_SIG_ABORT, 0), LEVADA_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_string_equal(content(f), "n\n1\n");
}

/* ---- with a host that keeps state ---- */

static void
goes_on_at_the_committed_length_after_a_crash(void **state)
{
    struct fixture *f = *state;

    fake_rows_keep_state(true);
    start(f);
    run_round(f, one, 0);
    stop(f);
    write_file(f->path, "n\n1\ntorn ro"); /* what a killed process left */
    assert_int_equal(start_with(f, 0, LEVADA_SIGF_CHECKPOINTED), LEVADA_OK);
    assert_string_equal(content(f), "n\n1\n");
    run_round(f, two, 0);
    assert_string_equal(content(f), "n\n1\n2\n");
}

/* A crash: nothing is tidied up, but its descriptors and locks are gone. */
static void
crash(struct fixture *f)
{
    close(f->sink.file.fd);
    f->sink.file.fd = -1;
    stop(f);
}

static void
publishes_what_a_durable_checkpoint_knows(void **state)
{
    struct fixture *f = *state;

    fake_rows_keep_state(true);
    start(f);
    assert_int_equal(process(f, one), LEVADA_ABSORBED);
    trigger(f, LEVADA_SIGF_REPLACES);
    assert_int_equal(send(f, LEVADA_SIG_CHECKPOINT, 0), LEVADA_OK);
    crash(f);
    assert_false(exists(f->path));
    assert_int_equal(start_with(f, 0, LEVADA_SIGF_CHECKPOINTED), LEVADA_OK);
    assert_string_equal(content(f), "n\n1\n");
    run_round(f, two, LEVADA_SIGF_REPLACES);
    assert_string_equal(content(f), "n\n2\n");
}

static void
forgets_a_partial_file_that_the_checkpoint_does_not_know(void **state)
{
    struct fixture *f = *state;

    fake_rows_keep_state(true);
    start(f);
    run_round(f, one, LEVADA_SIGF_REPLACES);
    assert_int_equal(process(f, two), LEVADA_ABSORBED);
    trigger(f, LEVADA_SIGF_REPLACES);
    crash(f);
    assert_true(exists(f->partial));
    assert_int_equal(start_with(f, 0, LEVADA_SIGF_CHECKPOINTED), LEVADA_OK);
    assert_string_equal(content(f), "n\n1\n");
    assert_false(exists(f->partial));
    run_round(f, three, LEVADA_SIGF_REPLACES);
    assert_string_equal(content(f), "n\n3\n");
}

static void
refuses_a_file_that_lost_committed_rows(void **state)
{
    struct fixture *f = *state;

    fake_rows_keep_state(true);
    start(f);
    run_round(f, one, 0);
    stop(f);
    write_file(f->path, "n\n");
    assert_int_equal(start_with(f, 0, LEVADA_SIGF_CHECKPOINTED), LEVADA_NO_OUTPUT);
    assert_non_null(strstr(fake_rows_error(), "shorter than the 4 bytes"));
    stop(f);
    assert_string_equal(content(f), "n\n");
}

static void
refuses_a_file_that_the_checkpoint_does_not_know(void **state)
{
    struct fixture *f = *state;

    fake_rows_keep_state(true);
    write_file(f->path, "precious\n");
    assert_int_equal(start_with(f, 0, LEVADA_SIGF_CHECKPOINTED), LEVADA_NO_OUTPUT);
    assert_string_equal(content(f), "precious\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_the_file_only_once_it_is_whole),
        TEST(appends_the_rows_of_later_triggers),
        TEST(replaces_the_file_where_each_trigger_is_the_whole_result),
        TEST(keeps_the_last_of_several_results_between_two_commits),
        TEST(makes_an_empty_file_of_no_data),
        TEST(empties_the_file_when_the_whole_result_is_empty),
        TEST(leaves_nothing_of_a_run_that_never_committed),
        TEST(cuts_off_what_no_commit_followed),
        TEST(begins_anew_after_an_abort_before_the_first_commit),
        TEST(keeps_the_last_result_when_the_next_is_aborted),
        TEST(refuses_a_file_that_is_there),
        TEST(refuses_a_file_that_appears_meanwhile),
        TEST(overwrites_when_told_so_but_not_before_it_has_something),
        TEST(names_a_missing_folder_and_a_path_that_is_a_folder),
        TEST(refuses_standard_output),
        TEST(leaves_nothing_half_written_when_the_disk_is_full),
        TEST(goes_on_at_the_committed_length_after_a_crash),
        TEST(publishes_what_a_durable_checkpoint_knows),
        TEST(forgets_a_partial_file_that_the_checkpoint_does_not_know),
        TEST(refuses_a_file_that_lost_committed_rows),
        TEST(refuses_a_file_that_the_checkpoint_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
