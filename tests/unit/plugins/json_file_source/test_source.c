/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"
#include "json_file_source.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

/* A source over files in a folder of its own. */
struct fixture {
    struct fake_host host;
    const struct levada_stage *stage;
    struct json_file_source *self;
    char folder[64], path[128];
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->stage = fake_host_init(&f->host, 0);
    strcpy(f->folder, "json_source_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/calls.json", f->folder);
    *state = f;
    return 0;
}

static void
remove_folder(const char *folder)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

static void
close_source(struct fixture *f)
{
    if (f->self != NULL)
        f->stage->destroy(f->self);
    free(f->self);
    f->self = NULL;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    close_source(f);
    fake_host_finish(&f->host);
    remove_folder(f->folder);
    free(f);
    return 0;
}

static void
write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void
write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

/* The instance with the defaults of its options. */
static struct json_file_source *
new_source(struct fixture *f, const char *path)
{
    close_source(f);
    f->self = calloc(1, f->stage->self_size);
    f->self->path = path;
    f->self->max_record = 1 << 20;
    return f->self;
}

static levada_status
start(struct fixture *f)
{
    assert_int_equal(f->stage->create(f->self, fake_call(&f->host), NULL), LEVADA_OK);
    levada_status status = f->stage->start(f->self, fake_call(&f->host));
    if (status == LEVADA_OK)
        status = fake_host_restore(&f->host, f->stage, f->self);
    return f->host.status < 0 ? f->host.status : status;
}

static void
open_source(struct fixture *f, enum json_file_order order)
{
    new_source(f, f->path)->order = order;
    assert_int_equal(start(f), LEVADA_OK);
}

static levada_status
read_all(struct fixture *f)
{
    return fake_host_read_all(&f->host, f->stage, f->self, 1000);
}

static void
read_to_end(struct fixture *f)
{
    assert_int_equal(read_all(f), LEVADA_END);
}

/* The values read so far, a space behind each; a bad one in <>. */
static const char *
values(struct fixture *f)
{
    static char text[4096];
    char *at = text;
    *at = 0;
    for (size_t i = 0; i < f->host.n_records; i++) {
        const struct fake_record *record = &f->host.records[i];
        at += snprintf(at, (size_t)(text + sizeof(text) - at), record->code < 0 ? "<%s> " : "%s ",
                       record->value);
    }
    return text;
}

static void
assert_reads(struct fixture *f, const char *text, const char *expected)
{
    fake_host_forget_records(&f->host);
    write_text(f->path, text);
    open_source(f, ORDER_FORWARD);
    read_to_end(f);
    assert_string_equal(values(f), expected);
}

/* ---- forms ---- */

static void
reads_arrays_and_lines(void **state)
{
    assert_reads(*state, "[{\"a\":1},\n {\"a\":2}]\n", "{\"a\":1} {\"a\":2} ");
    assert_reads(*state, "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1} {\"a\":2} ");
    assert_reads(*state, "{\"a\":1}{\"a\":2}", "{\"a\":1} {\"a\":2} ");
    assert_reads(*state, "{\n\"a\":1}\n{\n\"a\":\n{\n}\n}\n", "{\n\"a\":1} {\n\"a\":\n{\n}\n} ");
}

static void
empty_input_has_no_records(void **state)
{
    assert_reads(*state, "", "");
    assert_reads(*state, " \n\n", "");
    assert_reads(*state, "[]", "");
    assert_reads(*state, "[\n]\n", "");
    assert_reads(*state, "\xef\xbb\xbf", "");
}

static void
skips_a_byte_order_mark(void **state)
{
    assert_reads(*state, "\xef\xbb\xbf[{\"a\":1}]", "{\"a\":1} ");
    struct fixture *f = *state;
    assert_int_equal(f->host.records[0].offset, 4);
}

static void
marks_bad_records_and_goes_on(void **state)
{
    assert_reads(*state, "[{\"a\":1}, 5, {\"a\":2} {\"a\":3}, {\"a\":4",
                 "{\"a\":1} <5> {\"a\":2} "
                 "<{\"a\":3}> <{\"a\":4> ");
    struct fixture *f = *state;
    assert_string_equal(f->host.records[1].why, "this is no JSON object");
    assert_string_equal(f->host.records[3].why, "a comma is missing before this record");
    assert_string_equal(f->host.records[4].why, "the input ends inside the record: it is cut off");
    assert_int_equal(f->host.records[4].code, LEVADA_REJECT);
    assert_int_equal(f->host.records[4].number, 4);
    assert_reads(*state, "[{\"a\":1}", "{\"a\":1} <> ");
    assert_reads(*state, "[{\"a\":1}] x", "{\"a\":1} <x> ");
    assert_reads(*state, "{\"a\":1}\n{\"a\n{\"b\":2}\n", "{\"a\":1} <{\"a> {\"b\":2} ");
}

static void
assert_refuses(struct fixture *f, const char *text, size_t n, enum reader_format format,
               const char *part)
{
    write_bytes(f->path, text, n);
    new_source(f, f->path)->format = format;
    assert_int_equal(start(f), LEVADA_OK);
    assert_int_equal(read_all(f), LEVADA_REJECT);
    assert_non_null(strstr(f->host.text, part));
    assert_non_null(strstr(f->host.text, f->path));
}

static void
refuses_what_is_no_json(void **state)
{
    assert_refuses(*state, " \ncrime_id,type\n", 15, READER_AUTO, "byte 2: this is no JSON: \"c\"");
    assert_refuses(*state, "\0\0\0", 3, READER_AUTO, "0x00");
    assert_refuses(*state, "\xff\xfe[\0]\0", 6, READER_AUTO, "UTF-16");
    assert_refuses(*state, "\xfe\xff\0[\0]", 6, READER_AUTO, "UTF-16");
    assert_refuses(*state, "{}", 2, READER_ARRAY, "format = \"lines\"");
    assert_refuses(*state, "[]", 2, READER_LINES, "format = \"array\"");
}

/* ---- large input ---- */

#define MANY 5000

/* An array of MANY records of different sizes; where record i begins. */
static char *
many_records(size_t *n, size_t *offsets)
{
    char *text = malloc(MANY * 400), *at = text;
    *at++ = '[';
    for (int i = 0; i < MANY; i++) {
        at += sprintf(at, i > 0 ? ",\n  " : "\n  ");
        if (offsets != NULL)
            offsets[i] = (size_t)(at - text);
        at += sprintf(at, "{\"i\":%d,\"s\":\"%*s\"}", i, i * 7919 % 300, "}");
    }
    at += sprintf(at, "\n]\n");
    *n = (size_t)(at - text);
    return text;
}

static int
number_in(const struct fake_record *record)
{
    return atoi(record->value + strlen("{\"i\":"));
}

static void
assert_many_in_order(struct fixture *f)
{
    assert_int_equal(f->host.n_records, MANY);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(number_in(&f->host.records[i]), i);
}

static void
tells_where_each_record_stands(void **state)
{
    struct fixture *f = *state;
    size_t n, *offsets = calloc(MANY, sizeof(*offsets));
    char *text = many_records(&n, offsets);
    write_bytes(f->path, text, n);
    for (int order = ORDER_FORWARD; order <= ORDER_REVERSE; order++) {
        fake_host_forget_records(&f->host);
        open_source(f, (enum json_file_order)order);
        read_to_end(f);
        assert_int_equal(f->host.n_records, MANY);
        for (size_t i = 0; i < MANY; i++) {
            size_t expected = order == ORDER_FORWARD ? i : MANY - 1 - i;
            assert_int_equal(number_in(&f->host.records[i]), expected);
            assert_int_equal(f->host.records[i].number, expected);
            assert_int_equal(f->host.records[i].offset, offsets[expected]);
        }
    }
    free(text);
    free(offsets);
}

static void
unpacks_gzip_of_several_members(void **state)
{
    struct fixture *f = *state;
    size_t n;
    char *text = many_records(&n, NULL);
    for (int part = 0; part < 2; part++) {
        gzFile file = gzopen(f->path, part == 0 ? "wb" : "ab");
        unsigned half = (unsigned)(n / 2);
        assert_true(gzwrite(file, text + (part == 0 ? 0 : half),
                            part == 0 ? half : (unsigned)n - half) > 0);
        assert_int_equal(gzclose(file), Z_OK);
    }
    open_source(f, ORDER_FORWARD);
    read_to_end(f);
    assert_many_in_order(f);
    free(text);
}

static size_t
pack_zstd(char *to, size_t room, const char *text, size_t n)
{
    size_t half = n / 2;
    size_t first = ZSTD_compress(to, room, text, half, 1);
    size_t second = ZSTD_compress(to + first, room - first, text + half, n - half, 1);
    assert_false(ZSTD_isError(first) || ZSTD_isError(second));
    return first + second;
}

static void
unpacks_zstd_of_several_frames_and_resumes_in_it(void **state)
{
    struct fixture *f = *state;
    size_t n, room = 1 << 20;
    char *text = many_records(&n, NULL), *packed = malloc(room);
    write_bytes(f->path, packed, pack_zstd(packed, room, text, n));
    open_source(f, ORDER_FORWARD);
    assert_int_equal(fake_host_read(&f->host, f->stage, f->self, 333, 5), LEVADA_AGAIN);
    assert_true(f->host.n_records > 0 && f->host.n_records < MANY);
    fake_host_store(&f->host);
    open_source(f, ORDER_FORWARD);
    read_to_end(f);
    assert_many_in_order(f);
    free(text);
    free(packed);
}

static void
refuses_packed_data_that_is_cut_off_or_damaged(void **state)
{
    struct fixture *f = *state;
    size_t n, room = 1 << 20;
    char *text = many_records(&n, NULL), *packed = malloc(room);
    size_t size = pack_zstd(packed, room, text, n);
    write_bytes(f->path, packed, size - 10);
    open_source(f, ORDER_FORWARD);
    assert_int_equal(read_all(f), LEVADA_REJECT);
    assert_non_null(strstr(f->host.text, "cut off"));
    memset(packed + size / 2, 0x55, 64);
    write_bytes(f->path, packed, size);
    open_source(f, ORDER_FORWARD);
    assert_int_equal(read_all(f), LEVADA_REJECT);
    gzFile file = gzopen(f->path, "wb");
    gzwrite(file, text, (unsigned)n);
    gzclose(file);
    assert_int_equal(truncate(f->path, 2000), 0);
    open_source(f, ORDER_FORWARD);
    assert_int_equal(read_all(f), LEVADA_REJECT);
    assert_non_null(strstr(f->host.text, "cut off"));
    free(text);
    free(packed);
}

static void
gives_no_more_records_than_were_asked_for(void **state)
{
    struct fixture *f = *state;
    size_t n;
    char *text = many_records(&n, NULL);
    write_bytes(f->path, text, n);
    free(text);
    open_source(f, ORDER_FORWARD);
    size_t before = 0;
    while (fake_host_read(&f->host, f->stage, f->self, 7, 1) != LEVADA_END) {
        assert_true(f->host.n_records - before <= 7);
        before = f->host.n_records;
    }
    assert_many_in_order(f);
}

static void
records_outlive_the_source(void **state)
{
    struct fixture *f = *state;
    size_t n;
    char *text = many_records(&n, NULL);
    write_bytes(f->path, text, n);
    free(text);
    f->host.keep_batches = true;
    open_source(f, ORDER_FORWARD);
    read_to_end(f);
    close_source(f);
    fake_host_drop_batches(&f->host); /* a sanitizer sees what is wrong here */
    assert_many_in_order(f);
}

/* ---- large records ---- */

/* {"i":0}, a record with a string of @n bytes, {"i":2}. */
static void
write_large(const char *path, size_t n, bool lines)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file, lines ? "{\"i\":0}\n{\"s\":\"" : "[{\"i\":0},{\"s\":\"");
    for (size_t i = 0; i < n / 2; i++)
        fputs("\xc3\xa4", file);
    fprintf(file, lines ? "\"}\n{\"i\":2}\n" : "\"},{\"i\":2}]");
    assert_int_equal(fclose(file), 0);
}

static void
assert_refuses_large(struct fixture *f, enum json_file_order order, bool lines)
{
    const size_t size = (size_t)20 << 20;
    write_large(f->path, size, lines);
    fake_host_forget_records(&f->host);
    open_source(f, order);
    read_to_end(f);
    assert_int_equal(f->host.n_records, 3);
    const struct fake_record *large = &f->host.records[1];
    assert_int_equal(large->code, LEVADA_REJECT);
    assert_string_equal(large->why,
                        "the record has 20971528 bytes, more than max_record allows (1048576)");
    assert_true(large->n > 1000 && large->n <= 1024);
    assert_int_equal((large->n - strlen("{\"s\":\"")) % 2, 0); /* whole characters */
    assert_int_equal(large->offset, lines ? 8 : 9);
    assert_string_equal(f->host.records[order == ORDER_FORWARD ? 2 : 0].value, "{\"i\":2}");
    assert_int_equal(f->host.records[2].number, order == ORDER_FORWARD ? 2 : 0);
}

static void
refuses_a_record_that_is_too_large_and_goes_on(void **state)
{
    assert_refuses_large(*state, ORDER_FORWARD, false);
    assert_refuses_large(*state, ORDER_FORWARD, true);
    assert_refuses_large(*state, ORDER_REVERSE, false);
    assert_refuses_large(*state, ORDER_REVERSE, true);
}

static void
takes_a_large_record_when_told_to(void **state)
{
    struct fixture *f = *state;
    write_large(f->path, (size_t)3 << 20, false);
    for (int order = ORDER_FORWARD; order <= ORDER_REVERSE; order++) {
        fake_host_forget_records(&f->host);
        new_source(f, f->path)->order = order;
        f->self->max_record = 4 << 20;
        assert_int_equal(start(f), LEVADA_OK);
        read_to_end(f);
        assert_int_equal(f->host.n_records, 3);
        assert_int_equal(f->host.records[1].code, LEVADA_OK);
        assert_int_equal(f->host.records[1].n, (3 << 20) + 8);
    }
}

static void
max_record_counts_also_for_small_records(void **state)
{
    struct fixture *f = *state;
    write_text(f->path, "[{\"a\":1},{\"b\":\"12345\"},{\"c\":3}]");
    new_source(f, f->path)->max_record = 10;
    assert_int_equal(start(f), LEVADA_OK);
    read_to_end(f);
    assert_string_equal(values(f), "{\"a\":1} <{\"b\":\"12345\"}> {\"c\":3} ");
}

/* ---- going on ---- */

/* Stops after each number of records, in another instance each time. */
static void
assert_resumes_anywhere(struct fixture *f, const char *text, enum json_file_order order)
{
    write_text(f->path, text);
    fake_host_finish(&f->host);
    fake_host_init(&f->host, 0);
    open_source(f, order);
    read_to_end(f);
    char *expected = strdup(values(f));
    size_t n = f->host.n_records;
    for (unsigned stop = 1; stop <= n; stop++) {
        fake_host_finish(&f->host);
        fake_host_init(&f->host, 0);
        open_source(f, order);
        for (unsigned i = 0; i < stop; i++)
            fake_host_read(&f->host, f->stage, f->self, 1, 1);
        assert_int_equal(f->host.n_records, stop);
        fake_host_store(&f->host);
        open_source(f, order);
        read_to_end(f);
        assert_string_equal(values(f), expected);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(f->host.records[i].number, order == ORDER_FORWARD ? i : n - 1 - i);
    }
    free(expected);
}

static void
goes_on_behind_any_record(void **state)
{
    const char *texts[] = {
        "[{\"a\":1},{\"b\":2},\n{\"c\":3}]",
        "[{\"a\":1},,5,{\"b\":2} {\"c\":3},]",
        "[{\"a\":1},{\"b\":2}] x",
        "[{\"a\":1},{\"b\":2}",
        "[{\"a\":1},{\"b\":2",
        "{\"a\":1}\n{\"b\n{\"c\":3}\nx\n{\"d\":4}",
        "{\n\"a\":1}\n{\"b\":\n{\n}}{\"c\":3}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_resumes_anywhere(*state, texts[i], ORDER_FORWARD);
        assert_resumes_anywhere(*state, texts[i], ORDER_REVERSE);
    }
}

static void
restore_goes_back_in_the_same_instance(void **state)
{
    struct fixture *f = *state;
    write_text(f->path, "[{\"a\":1},{\"a\":2},{\"a\":3}]");
    open_source(f, ORDER_FORWARD);
    fake_host_read(&f->host, f->stage, f->self, 1, 1);
    fake_host_store(&f->host);
    fake_host_read(&f->host, f->stage, f->self, 1, 1);
    assert_int_equal(fake_host_restore(&f->host, f->stage, f->self), LEVADA_OK);
    read_to_end(f);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} {\"a\":2} {\"a\":3} ");
}

static void
reads_on_in_a_file_that_was_appended_to(void **state)
{
    struct fixture *f = *state;
    write_text(f->path, "{\"a\":1}\n");
    open_source(f, ORDER_FORWARD);
    read_to_end(f);
    fake_host_store(&f->host);
    write_text(f->path, "{\"a\":1}\n{\"a\":2}\n");
    open_source(f, ORDER_FORWARD);
    read_to_end(f);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} ");
}

static void
assert_not_the_same_file(struct fixture *f, const char *text, enum json_file_order order,
                         const char *part)
{
    write_text(f->path, "[{\"a\":1},{\"a\":2},{\"a\":3}]");
    fake_host_finish(&f->host);
    fake_host_init(&f->host, 0);
    open_source(f, order);
    fake_host_read(&f->host, f->stage, f->self, 1, 1);
    fake_host_store(&f->host);
    write_text(f->path, text);
    open_source(f, order);
    assert_int_equal(read_all(f), LEVADA_REJECT);
    assert_non_null(strstr(f->host.text, part));
}

static void
refuses_a_file_that_changed_meanwhile(void **state)
{
    assert_not_the_same_file(*state, "[{\"b\":1},{\"a\":2},{\"a\":3}]", ORDER_FORWARD,
                             "contents changed");
    assert_not_the_same_file(*state, "[{\"a\":1},{\"a\":2}]", ORDER_FORWARD, "was cut to 17 bytes");
    assert_not_the_same_file(*state, "[{\"a\":1},{\"a\":2},{\"a\":3}] ", ORDER_REVERSE,
                             "contents changed");
}

static void
refuses_a_checkpoint_of_the_other_order(void **state)
{
    struct fixture *f = *state;
    write_text(f->path, "[{\"a\":1},{\"a\":2},{\"a\":3}]");
    open_source(f, ORDER_REVERSE);
    fake_host_read(&f->host, f->stage, f->self, 1, 1);
    fake_host_store(&f->host);
    open_source(f, ORDER_FORWARD);
    assert_int_equal(read_all(f), LEVADA_CONFIG);
}

static void
loses_and_repeats_nothing_when_host_calls_fail(void **state)
{
    struct fixture *f = *state;
    for (int order = ORDER_FORWARD; order <= ORDER_REVERSE; order++) {
        write_text(f->path, "[{\"a\":1},{\"a\":2},5,{\"a\":3}]");
        for (unsigned nth = 1; nth < 12; nth++) {
            fake_host_finish(&f->host);
            fake_host_init(&f->host, 0);
            open_source(f, (enum json_file_order)order);
            f->host.fail_after = nth;
            while (fake_host_read(&f->host, f->stage, f->self, 2, 1) != LEVADA_END) {
                fake_host_store(&f->host);
                if (f->host.status < 0)
                    assert_int_equal(fake_host_restore(&f->host, f->stage, f->self), LEVADA_OK);
            }
            assert_string_equal(values(f), order == ORDER_FORWARD
                                               ? "{\"a\":1} {\"a\":2} <5> {\"a\":3} "
                                               : "{\"a\":3} <5> {\"a\":2} {\"a\":1} ");
        }
    }
}

/* ---- files ---- */

static void
reads_all_files_of_a_pattern_by_name(void **state)
{
    struct fixture *f = *state;
    char path[256], pattern[128];
    for (int i = 2; i >= 0; i--) {
        snprintf(path, sizeof(path), "%s/part-%d.json", f->folder, i);
        snprintf(pattern, sizeof(pattern), i == 1 ? "{\"i\":%d}\n" : "[{\"i\":%d}]", i);
        write_text(path, pattern);
    }
    snprintf(pattern, sizeof(pattern), "%s/part-*.json", f->folder);
    new_source(f, pattern);
    assert_int_equal(start(f), LEVADA_OK);
    read_to_end(f);
    assert_string_equal(values(f), "{\"i\":0} {\"i\":1} {\"i\":2} ");
    assert_int_equal(f->host.n_positions, 3);
    fake_host_store(&f->host);

    fake_host_forget_records(&f->host);
    new_source(f, pattern);
    assert_int_equal(start(f), LEVADA_OK);
    read_to_end(f);
    assert_string_equal(values(f), "");

    fake_host_finish(&f->host);
    fake_host_init(&f->host, 0);
    new_source(f, pattern)->order = ORDER_REVERSE;
    assert_int_equal(start(f), LEVADA_OK);
    read_to_end(f);
    assert_string_equal(values(f), "{\"i\":2} {\"i\":1} {\"i\":0} ");
}

static void
every_file_of_a_pattern_is_a_partition(void **state)
{
    struct fixture *f = *state;
    char text[512];
    for (int i = 1; i <= 2; i++) {
        snprintf(text, sizeof(text), "%s/part-%d.json", f->folder, i);
        write_text(text, "{}\n");
    }
    snprintf(text, sizeof(text), "%s/part-*.json", f->folder);
    new_source(f, text);
    assert_int_equal(start(f), LEVADA_OK);
    assert_int_equal(f->stage->poll(f->self, fake_call(&f->host), 1, 0), LEVADA_OK);
    snprintf(text, sizeof(text), "%s/part-1.json/0 %s/part-2.json/0 ", f->folder, f->folder);
    assert_string_equal(f->host.assigned, text);
}

static void
assert_no_input(struct fixture *f, const char *path, const char *part)
{
    new_source(f, path);
    assert_int_equal(start(f), LEVADA_NO_INPUT);
    assert_non_null(strstr(f->host.text, part));
}

static void
says_which_input_is_missing(void **state)
{
    struct fixture *f = *state;
    char pattern[128];
    assert_no_input(f, f->path, "there is no such file");
    assert_non_null(strstr(f->host.text, f->path));
    assert_no_input(f, f->folder, "is a folder");
    snprintf(pattern, sizeof(pattern), "%s/*.jsonl", f->folder);
    assert_no_input(f, pattern, "no file matches");
    if (geteuid() == 0)
        return; /* who may read everything cannot be refused */
    write_text(f->path, "[]");
    assert_int_equal(chmod(f->path, 0), 0);
    assert_no_input(f, f->path, "may not read it");
}

static void
a_file_may_have_a_pattern_for_a_name(void **state)
{
    struct fixture *f = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/calls[1].json", f->folder);
    write_text(path, "[{\"a\":1}]");
    new_source(f, path);
    assert_int_equal(start(f), LEVADA_OK);
    read_to_end(f);
    assert_int_equal(f->host.n_records, 1);
}

static void
reverse_wants_a_plain_file(void **state)
{
    struct fixture *f = *state;
    gzFile file = gzopen(f->path, "wb");
    gzputs(file, "[]");
    gzclose(file);
    new_source(f, f->path)->order = ORDER_REVERSE;
    assert_int_equal(start(f), LEVADA_CONFIG);
    assert_non_null(strstr(f->host.text, "compressed"));
    new_source(f, "-")->order = ORDER_REVERSE;
    f->stage->create(f->self, fake_call(&f->host), NULL);
    assert_string_equal(f->host.problems,
                        "order: standard input cannot be read in reverse; name a file\n");
}

static void
declares_its_fields(void **state)
{
    struct fixture *f = *state;
    const char *names[] = { "disposition", "call_date_time" };
    write_text(f->path, "[]");
    new_source(f, f->path)->fields = (struct levada_list){ names, 2 };
    assert_int_equal(start(f), LEVADA_OK);
    assert_string_equal(f->host.fields, "only disposition call_date_time ");
}

/* ---- pipes ---- */

static void
reads_a_pipe_as_it_comes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkfifo(f->path, 0600), 0);
    open_source(f, ORDER_FORWARD);
    assert_int_equal(fake_host_read(&f->host, f->stage, f->self, 100, 2), LEVADA_AGAIN);
    int writer = open(f->path, O_WRONLY | O_NONBLOCK);
    assert_true(writer >= 0);
    assert_int_equal(write(writer, "{\"a\":1}\n{\"a\"", 12), 12);
    fake_host_read(&f->host, f->stage, f->self, 100, 3);
    assert_string_equal(values(f), "{\"a\":1} ");
    assert_int_equal(write(writer, ":2}\n", 4), 4);
    fake_host_read(&f->host, f->stage, f->self, 100, 3);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} ");
    close(writer);
    read_to_end(f);
}

static void
a_pipe_cannot_be_read_twice(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkfifo(f->path, 0600), 0);
    open_source(f, ORDER_FORWARD);
    fake_host_read(&f->host, f->stage, f->self, 100, 1);
    int writer = open(f->path, O_WRONLY | O_NONBLOCK);
    assert_int_equal(write(writer, "{\"a\":1}\n{\"a\":2}\n", 16), 16);
    fake_host_read(&f->host, f->stage, f->self, 1, 1);
    fake_host_store(&f->host);
    assert_int_equal(fake_host_restore(&f->host, f->stage, f->self), LEVADA_OK);
    fake_host_read(&f->host, f->stage, f->self, 1, 1);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} ");
    assert_int_equal(fake_host_restore(&f->host, f->stage, f->self), LEVADA_IO);
    assert_non_null(strstr(f->host.text, "cannot be read twice"));
    close(writer);
}

/* ---- following ---- */

static void
append_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void
follow(struct fixture *f)
{
    new_source(f, f->path)->follow = 1;
    assert_int_equal(start(f), LEVADA_OK);
}

/* Some polls, which never end a followed file. */
static void
poll_some(struct fixture *f)
{
    assert_int_equal(fake_host_read(&f->host, f->stage, f->self, 100, 4), LEVADA_AGAIN);
}

static void
follows_a_file_that_grows(void **state)
{
    struct fixture *f = *state;
    write_text(f->path, "");
    follow(f);
    poll_some(f);
    append_text(f->path, "{\"a\":1}\n{\"a\"");
    poll_some(f);
    assert_string_equal(values(f), "{\"a\":1} ");
    append_text(f->path, ":2}\n");
    poll_some(f);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} ");
    assert_int_equal(f->host.positions[0].next, 16);
    assert_int_equal(f->host.positions[0].latest, 16);
    fake_host_store(&f->host);
    append_text(f->path, "{\"a\":3}\n");
    follow(f);
    poll_some(f);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} {\"a\":3} ");
    assert_int_equal(f->host.records[2].number, 2);
}

static void
rename_away(struct fixture *f)
{
    char old[256];
    snprintf(old, sizeof(old), "%s.1", f->path);
    assert_int_equal(rename(f->path, old), 0);
}

static void
follows_a_name_to_the_next_file(void **state)
{
    struct fixture *f = *state;
    char old[256];
    snprintf(old, sizeof(old), "%s.1", f->path);
    write_text(f->path, "{\"a\":1}\n");
    follow(f);
    poll_some(f);
    rename_away(f);
    poll_some(f);
    append_text(old, "{\"a\":2}\n{\"torn");
    write_text(f->path, "{\"b\":1}\n");
    poll_some(f);
    poll_some(f);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} <{\"torn> {\"b\":1} ");
    assert_int_equal(f->host.records[3].number, 0);
    append_text(f->path, "{\"b\":2}\n");
    poll_some(f);
    assert_string_equal(f->host.records[4].value, "{\"b\":2}");
}

static void
begins_anew_when_a_followed_file_was_cut_or_replaced(void **state)
{
    struct fixture *f = *state;
    write_text(f->path, "{\"a\":1}\n{\"a\":2}\n");
    follow(f);
    poll_some(f);
    write_text(f->path, "{\"b\":1}\n");
    poll_some(f);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} {\"b\":1} ");
    fake_host_store(&f->host);
    rename_away(f);
    write_text(f->path, "{\"c\":1}\n{\"c\":2}\n");
    follow(f);
    poll_some(f);
    assert_string_equal(values(f), "{\"a\":1} {\"a\":2} {\"b\":1} {\"c\":1} {\"c\":2} ");
}

static void
refuses_to_follow_what_does_not_grow_by_lines(void **state)
{
    struct fixture *f = *state;
    new_source(f, f->path)->follow = 1;
    f->self->order = ORDER_REVERSE;
    f->self->format = READER_ARRAY;
    f->stage->create(f->self, fake_call(&f->host), NULL);
    assert_non_null(strstr(f->host.problems, "cannot be read in reverse"));
    assert_non_null(strstr(f->host.problems, "only lines can be followed"));
    write_text(f->path, "[]");
    follow(f);
    assert_int_equal(read_all(f), LEVADA_REJECT);
    gzFile file = gzopen(f->path, "wb");
    gzputs(file, "{}");
    gzclose(file);
    follow(f);
    assert_int_equal(read_all(f), LEVADA_CONFIG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define SOURCE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        SOURCE_TEST(reads_arrays_and_lines),
        SOURCE_TEST(empty_input_has_no_records),
        SOURCE_TEST(skips_a_byte_order_mark),
        SOURCE_TEST(marks_bad_records_and_goes_on),
        SOURCE_TEST(refuses_what_is_no_json),
        SOURCE_TEST(tells_where_each_record_stands),
        SOURCE_TEST(unpacks_gzip_of_several_members),
        SOURCE_TEST(unpacks_zstd_of_several_frames_and_resumes_in_it),
        SOURCE_TEST(refuses_packed_data_that_is_cut_off_or_damaged),
        SOURCE_TEST(gives_no_more_records_than_were_asked_for),
        SOURCE_TEST(records_outlive_the_source),
        SOURCE_TEST(refuses_a_record_that_is_too_large_and_goes_on),
        SOURCE_TEST(takes_a_large_record_when_told_to),
        SOURCE_TEST(max_record_counts_also_for_small_records),
        SOURCE_TEST(goes_on_behind_any_record),
        SOURCE_TEST(restore_goes_back_in_the_same_instance),
        SOURCE_TEST(reads_on_in_a_file_that_was_appended_to),
        SOURCE_TEST(refuses_a_file_that_changed_meanwhile),
        SOURCE_TEST(refuses_a_checkpoint_of_the_other_order),
        SOURCE_TEST(loses_and_repeats_nothing_when_host_calls_fail),
        SOURCE_TEST(reads_all_files_of_a_pattern_by_name),
        SOURCE_TEST(every_file_of_a_pattern_is_a_partition),
        SOURCE_TEST(says_which_input_is_missing),
        SOURCE_TEST(a_file_may_have_a_pattern_for_a_name),
        SOURCE_TEST(reverse_wants_a_plain_file),
        SOURCE_TEST(declares_its_fields),
        SOURCE_TEST(reads_a_pipe_as_it_comes),
        SOURCE_TEST(a_pipe_cannot_be_read_twice),
        SOURCE_TEST(follows_a_file_that_grows),
        SOURCE_TEST(follows_a_name_to_the_next_file),
        SOURCE_TEST(begins_anew_when_a_followed_file_was_cut_or_replaced),
        SOURCE_TEST(refuses_to_follow_what_does_not_grow_by_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
