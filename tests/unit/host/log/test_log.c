/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log.h"

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

static int pipe_fds[2], saved_stderr;
static char captured[65536];

/* From here on stderr goes into a pipe. */
static int
capture_start(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    if (pipe(pipe_fds) != 0)
        return -1;
    saved_stderr = dup(STDERR_FILENO);
    dup2(pipe_fds[1], STDERR_FILENO);
    log_set_color(LOG_COLOR_AUTO);
    log_setup(LOG_INFO);
    return 0;
}

static int
capture_stop(void **state)
{
    (void)state;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return 0;
}

/* The line that has just been written. */
static const char *
line(void)
{
    ssize_t n = read(pipe_fds[0], captured, sizeof(captured) - 1);
    captured[n > 0 ? n : 0] = '\0';
    return captured;
}

static const struct logger topic = { "data_stream", "topic" };

static void
a_line_has_time_level_speaker_event_and_facts(void **state)
{
    (void)state;
    log_warn(&topic, "broker unreachable", "broker=%s retry_in_ms=%d", "b1:9092", 500);
    line();
    assert_int_equal(captured[10], 'T');
    assert_int_equal(captured[23], 'Z');
    assert_string_equal(captured + 25, "warn data_stream/topic broker unreachable broker=b1:9092 "
                                       "retry_in_ms=500\n");
}

static void
what_stands_in_quotes_cannot_end_them(void **state)
{
    (void)state;
    log_warn(&topic, "bad", "reason=\"%s\" path=%s n=%5lld", "no \"a\\b\" here", "\"", 7LL);
    assert_string_equal(line() + 25, "warn data_stream/topic bad reason=\"no \\\"a\\\\b\\\" here\" "
                                     "path=\" n=    7\n");
    log_warn(&topic, "bad", "reason=\"at %.*s, 100%%\" share=%.1f%% size=%zu", 2, "\"bc", 0.25,
             sizeof(char));
    assert_string_equal(line() + 25,
                        "warn data_stream/topic bad reason=\"at \\\"b, 100%\" share=0.2% size=1\n");
}

static void
a_pipeline_or_nobody_may_speak(void **state)
{
    (void)state;
    log_info(&((struct logger){ "p", NULL }), "started", "n=%d", 1);
    assert_string_equal(line() + 25, "info p started n=1\n");
    log_info(NULL, "started", "n=%d", 1);
    assert_string_equal(line() + 25, "info started n=1\n");
}

static void
nothing_below_the_level_is_written(void **state)
{
    (void)state;
    log_debug(&topic, "hidden", "n=%d", 1);
    log_info(&topic, "shown", "n=%d", 2);
    assert_string_equal(line() + 25, "info data_stream/topic shown n=2\n");
    assert_false(log_is_on(LOG_DEBUG));
    log_setup(LOG_TRACE);
    assert_true(log_is_on(LOG_TRACE));
}

static void
an_event_stays_one_line(void **state)
{
    (void)state;
    log_info(NULL, "read", "text=%s", "a\nb\tc\x1b[2J");
    assert_string_equal(line() + 25, "info read text=a\\nb\\tc\\x1b[2J\n");
}

static void
a_line_that_is_too_long_is_cut(void **state)
{
    (void)state;
    char *text = calloc(1, 20001);
    memset(text, 'x', 20000);
    log_info(NULL, "read", "text=%s", text);
    size_t n = strlen(line());
    assert_true(n <= 8192);
    assert_string_equal(captured + n - 5, "x...\n");
    free(text);
}

static void
systemd_gets_a_priority_and_no_time(void **state)
{
    (void)state;
    struct stat info;
    char stream[64];
    fstat(STDERR_FILENO, &info);
    snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_setup(LOG_INFO);
    log_error(&topic, "failed", "why=%s", "x");
    assert_string_equal(line(), "<3>error data_stream/topic failed why=x\n");
    setenv("JOURNAL_STREAM", "1:1", 1);
    log_setup(LOG_INFO);
    log_error(&topic, "failed", "why=%s", "x");
    assert_int_not_equal(line()[0], '<');
}

static void
colour_comes_only_where_it_is_asked_for(void **state)
{
    (void)state;
    assert_false(log_has_color());
    log_set_color(LOG_COLOR_ALWAYS);
    assert_true(log_has_color());
    log_error(NULL, "failed", "n=%d", 1);
    assert_non_null(strstr(line(), "\033[1;31merror\033[0m failed"));
    log_set_color(LOG_COLOR_NEVER);
    log_error(NULL, "failed", "n=%d", 1);
    assert_null(strchr(line(), '\033'));
}

static void
there_is_no_live_line_without_a_terminal(void **state)
{
    (void)state;
    log_live_line("12 records");
    log_info(NULL, "started", "n=%d", 1);
    assert_null(strstr(line(), "records"));
}

static void
levels_have_names(void **state)
{
    (void)state;
    enum log_level level;
    assert_true(log_parse_level("error", &level));
    assert_int_equal(level, LOG_ERROR);
    assert_true(log_parse_level("trace", &level));
    assert_int_equal(level, LOG_TRACE);
    assert_false(log_parse_level("loud", &level));
    assert_false(log_parse_level("", &level));
}

#define captured_test(name) cmocka_unit_test_setup_teardown(name, capture_start, capture_stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        captured_test(a_line_has_time_level_speaker_event_and_facts),
        captured_test(what_stands_in_quotes_cannot_end_them),
        captured_test(a_pipeline_or_nobody_may_speak),
        captured_test(nothing_below_the_level_is_written),
        captured_test(an_event_stays_one_line),
        captured_test(a_line_that_is_too_long_is_cut),
        captured_test(systemd_gets_a_priority_and_no_time),
        captured_test(colour_comes_only_where_it_is_asked_for),
        captured_test(there_is_no_live_line_without_a_terminal),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
