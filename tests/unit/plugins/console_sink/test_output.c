/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/output.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct pipe_ends {
    int reader, writer;
};

static struct pipe_ends
open_pipe(void)
{
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    return (struct pipe_ends){ fds[0], fds[1] };
}

static void
add_lines(struct text_buffer *text, int n)
{
    for (int i = 0; i < n; i++) {
        char line[32];
        text_buffer_add(text, line, (size_t)snprintf(line, sizeof(line), "this is line %d\n", i));
    }
}

static void
goes_on_where_a_slow_reader_made_it_stop(void **state)
{
    struct pipe_ends ends = open_pipe();
    struct text_buffer text = { 0 }, got = { 0 };
    unsigned blocked = 0;

    (void)state;
    add_lines(&text, 40000);
    size_t n = text.n;
    char *expected = malloc(n);
    assert_non_null(expected);
    memcpy(expected, text.bytes, n);
    while (output_write(ends.writer, &text, 0) == OUTPUT_BLOCKED) {
        char bytes[5000];
        ssize_t some = read(ends.reader, bytes, sizeof(bytes));
        assert_true(some > 0);
        text_buffer_add(&got, bytes, (size_t)some);
        blocked++;
    }
    close(ends.writer);
    char bytes[5000];
    for (ssize_t some; (some = read(ends.reader, bytes, sizeof(bytes))) > 0;)
        text_buffer_add(&got, bytes, (size_t)some);
    assert_true(blocked > 10);
    assert_int_equal(text.n, 0);
    assert_int_equal(got.n, n);
    assert_memory_equal(got.bytes, expected, n);
    free(expected);
    text_buffer_finish(&text);
    text_buffer_finish(&got);
    close(ends.reader);
}

static void
stops_at_the_end_of_a_line(void **state)
{
    struct pipe_ends ends = open_pipe();
    struct text_buffer text = { 0 };

    (void)state;
    add_lines(&text, 40000);
    assert_int_equal(output_write(ends.writer, &text, 0), OUTPUT_BLOCKED);
    assert_memory_equal(text.bytes, "this is line", 12);
    text_buffer_finish(&text);
    close(ends.reader);
    close(ends.writer);
}

static void
writes_a_line_of_any_length(void **state)
{
    struct pipe_ends ends = open_pipe();
    struct text_buffer text = { 0 };

    (void)state;
    text_buffer_fill(&text, 'x', 30000);
    assert_int_equal(output_write(ends.writer, &text, 0), OUTPUT_DONE);
    text_buffer_finish(&text);
    close(ends.reader);
    close(ends.writer);
}

static void
says_when_nobody_reads_any_more(void **state)
{
    struct pipe_ends ends = open_pipe();
    struct text_buffer text = { 0 };

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    close(ends.reader);
    text_buffer_add_string(&text, "row\n");
    assert_int_equal(output_write(ends.writer, &text, 0), OUTPUT_CLOSED);
    text_buffer_finish(&text);
    close(ends.writer);
}

static void
says_when_the_disk_is_full(void **state)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct text_buffer text = { 0 };

    (void)state;
    assert_true(fd >= 0);
    text_buffer_add_string(&text, "row\n");
    assert_int_equal(output_write(fd, &text, 0), OUTPUT_FAILED);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(text.n, 4);
    text_buffer_finish(&text);
    close(fd);
}

static void
knows_a_file_that_an_earlier_run_began(void **state)
{
    char path[] = "/tmp/test_output_XXXXXX";
    int fd = mkstemp(path);
    struct text_buffer text = { 0 };

    (void)state;
    assert_true(fd >= 0);
    assert_false(output_continues_a_file(fd));
    text_buffer_add_string(&text, "header\n");
    assert_int_equal(output_write(fd, &text, 0), OUTPUT_DONE);
    assert_true(output_continues_a_file(fd));
    text_buffer_finish(&text);
    close(fd);
    unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_where_a_slow_reader_made_it_stop),
        cmocka_unit_test(stops_at_the_end_of_a_line),
        cmocka_unit_test(writes_a_line_of_any_length),
        cmocka_unit_test(says_when_nobody_reads_any_more),
        cmocka_unit_test(says_when_the_disk_is_full),
        cmocka_unit_test(knows_a_file_that_an_earlier_run_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
