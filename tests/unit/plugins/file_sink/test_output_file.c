/* SPDX-License-Identifier: Apache-2.0 */
#include "file_sink/output_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
    char folder[32], path[64];
    struct output_file file;
};

static int
set_up(void **state)
{
    static struct fixture f;

    strcpy(f.folder, "/tmp/test_output_XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    snprintf(f.path, sizeof(f.path), "%s/file", f.folder);
    output_file_init(&f.file);
    *state = &f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    output_file_close(&f->file);
    unlink(f->path);
    return rmdir(f->folder);
}

static void
assert_holds(struct fixture *f, const char *expected)
{
    char text[256];
    FILE *file = fopen(f->path, "r");

    assert_non_null(file);
    size_t n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static void
add(struct fixture *f, const char *text)
{
    text_buffer_add_string(&f->file.buffer, text);
}

static void
appends_what_is_flushed(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(output_file_create(&f->file, f->path), 0);
    add(f, "one\n");
    assert_int_equal(output_file_drain(&f->file), 0);
    assert_holds(f, "");
    assert_int_equal(output_file_flush(&f->file), 0);
    add(f, "two\n");
    assert_int_equal(output_file_length(&f->file), 8);
    assert_int_equal(output_file_sync(&f->file), 0);
    assert_holds(f, "one\ntwo\n");
}

static void
writes_by_itself_once_much_is_together(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(output_file_create(&f->file, f->path), 0);
    text_buffer_fill(&f->file.buffer, 'x', 1 << 20);
    assert_int_equal(output_file_drain(&f->file), 0);
    assert_int_equal(f->file.written, 1 << 20);
    assert_int_equal(f->file.buffer.n, 0);
}

static void
cuts_back_what_is_in_the_file_and_what_is_not_yet(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(output_file_create(&f->file, f->path), 0);
    add(f, "one\n");
    assert_int_equal(output_file_flush(&f->file), 0);
    add(f, "two\nthree\n");
    assert_int_equal(output_file_cut(&f->file, 8), 0);
    assert_int_equal(output_file_flush(&f->file), 0);
    assert_holds(f, "one\ntwo\n");
    add(f, "four\n");
    assert_int_equal(output_file_cut(&f->file, 4), 0);
    add(f, "five\n");
    assert_int_equal(output_file_flush(&f->file), 0);
    assert_holds(f, "one\nfive\n");
}

static void
goes_on_behind_a_length(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(output_file_create(&f->file, f->path), 0);
    add(f, "one\ntwo\nthr");
    assert_int_equal(output_file_flush(&f->file), 0);
    assert_int_equal(output_file_continue(&f->file, f->path, 8), 0);
    add(f, "3\n");
    assert_int_equal(output_file_flush(&f->file), 0);
    assert_holds(f, "one\ntwo\n3\n");
}

static void
refuses_a_file_that_is_shorter(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(output_file_create(&f->file, f->path), 0);
    add(f, "one\n");
    assert_int_equal(output_file_flush(&f->file), 0);
    assert_int_equal(output_file_continue(&f->file, f->path, 5), ENODATA);
    output_file_close(&f->file);
    assert_holds(f, "one\n");
}

static void
lets_one_writer_in(void **state)
{
    struct fixture *f = *state;
    struct output_file other;

    output_file_init(&other);
    assert_int_equal(output_file_create(&f->file, f->path), 0);
    add(f, "one\n");
    assert_int_equal(output_file_flush(&f->file), 0);
    assert_int_equal(output_file_create(&other, f->path), EWOULDBLOCK);
    assert_int_equal(other.fd, -1);
    assert_holds(f, "one\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(appends_what_is_flushed),
        TEST(writes_by_itself_once_much_is_together),
        TEST(cuts_back_what_is_in_the_file_and_what_is_not_yet),
        TEST(goes_on_behind_a_length),
        TEST(refuses_a_file_that_is_shorter),
        TEST(lets_one_writer_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
