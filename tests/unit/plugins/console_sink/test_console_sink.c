/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/console_sink.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake_rows.h"

static const char *const names[] = { "type", "count" };
static const struct levada_scalar cells[] = { STR("Stop"), I64(2), STR("Call"), I64(1) };

struct fixture {
    struct console_sink sink;
    int reader;
    char text[1 << 20];
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int fds[2];

    assert_non_null(f);
    signal(SIGPIPE, SIG_IGN);
    levada_module_v1(fake_rows_host());
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    f->reader = fds[0];
    f->sink.num_rows = 20;
    f->sink.truncate = 20;
    f->sink.header = 1;
    f->sink.fd = fds[1];
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    close(f->sink.fd);
    close(f->reader);
    console_sink_destroy(&f->sink);
    fake_rows_finish();
    free(f);
    return 0;
}

static void
create(struct fixture *f, enum console_format format)
{
    int fd = f->sink.fd;

    f->sink.format = format;
    assert_int_equal(console_sink_create(&f->sink, fake_rows_call(), NULL), LEVADA_OK);
    f->sink.fd = fd;
    f->sink.wait_ms = 0;
}

static levada_status
process(struct fixture *f, struct fake_rows *rows)
{
    return console_sink_process(&f->sink, fake_rows_call(), 0, &rows->batch);
}

static levada_status
send(struct fixture *f, uint32_t kind, uint32_t flags)
{
    const struct levada_signal signal = { .struct_size = sizeof(signal),
                                          .kind = kind,
                                          .flags = flags };
    return console_sink_signal(&f->sink, fake_rows_call(), &signal);
}

/* What is in the pipe, at most @most bytes. */
static const char *
printed(struct fixture *f, size_t most)
{
    size_t n = 0;

    fcntl(f->reader, F_SETFL, O_NONBLOCK);
    for (ssize_t some = 1; some > 0 && n<most; n += some> 0 ? (size_t)some : 0)
        some = read(f->reader, f->text + n, most - n);
    f->text[n] = '\0';
    return f->text;
}

static void
prints_csv_as_it_comes(void **state)
{
    struct fixture *f = *state;
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);

    create(f, CONSOLE_CSV);
    assert_int_equal(process(f, &rows), LEVADA_OK);
    assert_string_equal(printed(f, sizeof(f->text) - 1), "type,count\nStop,2\nCall,1\n");
    assert_int_equal(send(f, LEVADA_SIG_TRIGGER, 0), LEVADA_OK);
    assert_int_equal(process(f, &rows), LEVADA_OK);
    assert_string_equal(printed(f, sizeof(f->text) - 1), "Stop,2\nCall,1\n");
}

static void
prints_no_header_when_told_so(void **state)
{
    struct fixture *f = *state;
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 1);

    f->sink.header = 0;
    create(f, CONSOLE_CSV);
    assert_int_equal(process(f, &rows), LEVADA_OK);
    assert_string_equal(printed(f, sizeof(f->text) - 1), "Stop,2\n");
}

static void
prints_no_second_header_after_a_restart_into_the_same_file(void **state)
{
    struct fixture *f = *state;
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 1);
    FILE *file = tmpfile();

    assert_non_null(file);
    fputs("type,count\n", file);
    fflush(file);
    create(f, CONSOLE_CSV);
    close(f->sink.fd);
    f->sink.fd = dup(fileno(file));
    assert_int_equal(send(f, LEVADA_SIG_RESTORE, LEVADA_SIGF_CHECKPOINTED), LEVADA_OK);
    assert_int_equal(process(f, &rows), LEVADA_OK);
    rewind(file);
    size_t n = fread(f->text, 1, sizeof(f->text) - 1, file);
    f->text[n] = '\0';
    assert_string_equal(f->text, "type,count\nStop,2\n");
    fclose(file);
}

static void
prints_a_table_at_each_trigger_and_numbers_them(void **state)
{
    struct fixture *f = *state;
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);

    create(f, CONSOLE_TABLE);
    assert_int_equal(send(f, LEVADA_SIG_TRIGGER, 0), LEVADA_OK);
    assert_string_equal(printed(f, sizeof(f->text) - 1), "");
    assert_int_equal(process(f, &rows), LEVADA_ABSORBED);
    assert_string_equal(printed(f, sizeof(f->text) - 1), "");
    assert_int_equal(send(f, LEVADA_SIG_TRIGGER, 0), LEVADA_OK);
    assert_string_equal(printed(f, sizeof(f->text) - 1),
                        "-------------------------------------------\n"
                        "Batch: 0\n"
                        "-------------------------------------------\n"
                        "+----+-----+\n"
                        "|type|count|\n"
                        "+----+-----+\n"
                        "|Stop|    2|\n"
                        "|Call|    1|\n"
                        "+----+-----+\n"
                        "\n");
    assert_int_equal(send(f, LEVADA_SIG_TRIGGER, 0), LEVADA_OK);
    assert_string_equal(printed(f, sizeof(f->text) - 1),
                        "-------------------------------------------\n"
                        "Batch: 1\n"
                        "-------------------------------------------\n"
                        "+----+-----+\n"
                        "|type|count|\n"
                        "+----+-----+\n"
                        "+----+-----+\n"
                        "\n");
}

static void
forgets_the_rows_of_an_aborted_trigger(void **state)
{
    struct fixture *f = *state;
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2), one = FAKE_ROWS(names, 2, cells, 1);

    create(f, CONSOLE_TABLE);
    assert_int_equal(process(f, &rows), LEVADA_ABSORBED);
    assert_int_equal(send(f, LEVADA_SIG_ABORT, 0), LEVADA_OK);
    assert_int_equal(process(f, &one), LEVADA_ABSORBED);
    assert_int_equal(send(f, LEVADA_SIG_TRIGGER, 0), LEVADA_OK);
    assert_null(strstr(printed(f, sizeof(f->text) - 1), "Call"));
}

#define MANY 20000u

/* 20,000 rows: about 200 KB, three times what a pipe holds. */
static struct levada_scalar *
many_cells(void)
{
    struct levada_scalar *many = malloc(MANY * 2 * sizeof(*many));

    assert_non_null(many);
    for (uint32_t i = 0; i < MANY; i++) {
        many[2 * i] = STR("Stop");
        many[2 * i + 1] = I64(i);
    }
    return many;
}

static void
prints_each_row_once_to_a_slow_reader(void **state)
{
    struct fixture *f = *state;
    struct levada_scalar *many = many_cells();
    struct fake_rows rows = FAKE_ROWS(names, 2, many, MANY);
    struct text_buffer got = { 0 }, expected = { 0 };
    unsigned again = 0;

    create(f, CONSOLE_CSV);
    while (process(f, &rows) == LEVADA_AGAIN) {
        text_buffer_add_string(&got, printed(f, 7000));
        again++;
    }
    text_buffer_add_string(&got, printed(f, sizeof(f->text) - 1));
    assert_true(again > 5);

    text_buffer_add_string(&expected, "type,count\n");
    for (uint32_t i = 0; i < MANY; i++) {
        text_buffer_add_string(&expected, "Stop,");
        text_buffer_add_i64(&expected, i);
        text_buffer_add_char(&expected, '\n');
    }
    assert_int_equal(got.n, expected.n);
    assert_memory_equal(got.bytes, expected.bytes, got.n);
    text_buffer_finish(&got);
    text_buffer_finish(&expected);
    free(many);
}

static void
prints_a_large_table_once_to_a_slow_reader(void **state)
{
    struct fixture *f = *state;
    struct levada_scalar *many = many_cells();
    struct fake_rows rows = FAKE_ROWS(names, 2, many, MANY);
    size_t n = 0;
    unsigned again = 0;

    f->sink.num_rows = 0;
    create(f, CONSOLE_TABLE);
    assert_int_equal(process(f, &rows), LEVADA_ABSORBED);
    while (send(f, LEVADA_SIG_TRIGGER, 0) == LEVADA_AGAIN) {
        n += strlen(printed(f, 7000));
        again++;
    }
    n += strlen(printed(f, sizeof(f->text) - 1));
    assert_true(again > 5);
    assert_int_equal(n, 44 * 2 + strlen("Batch: 0\n") + (MANY + 4) * strlen("+----+-----+\n") + 1);
    assert_int_equal(f->sink.n_printed, 1);
    free(many);
}

static void
ends_quietly_when_the_reader_has_gone(void **state)
{
    struct fixture *f = *state;
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);

    create(f, CONSOLE_CSV);
    close(f->reader);
    assert_int_equal(process(f, &rows), LEVADA_END);
    assert_string_equal(fake_rows_error(), "");
}

static void
says_that_the_disk_is_full(void **state)
{
    struct fixture *f = *state;
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);

    create(f, CONSOLE_TABLE);
    close(f->sink.fd);
    f->sink.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_int_equal(process(f, &rows), LEVADA_ABSORBED);
    assert_int_equal(send(f, LEVADA_SIG_TRIGGER, 0), LEVADA_IO);
    assert_string_equal(fake_rows_error(),
                        "cannot write to standard output: No space left on device");
}

static void
prints_the_values_of_records(void **state)
{
    static const struct levada_record records[] = { { .value = { "{\"a\":1}", 7 } },
                                                    { .value = { "{}", 2 } } };
    struct fixture *f = *state;
    struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);

    rows.records = records;
    create(f, CONSOLE_JSON);
    assert_int_equal(process(f, &rows), LEVADA_OK);
    assert_string_equal(printed(f, sizeof(f->text) - 1), "{\"a\":1}\n{}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(prints_csv_as_it_comes),
        TEST(prints_no_header_when_told_so),
        TEST(prints_no_second_header_after_a_restart_into_the_same_file),
        TEST(prints_a_table_at_each_trigger_and_numbers_them),
        TEST(forgets_the_rows_of_an_aborted_trigger),
        TEST(prints_each_row_once_to_a_slow_reader),
        TEST(prints_a_large_table_once_to_a_slow_reader),
        TEST(ends_quietly_when_the_reader_has_gone),
        TEST(says_that_the_disk_is_full),
        TEST(prints_the_values_of_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
