/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source on the host's own functions, twice: once the host splits, once the source does, as it
 * must where it keeps a rate. What comes out has to be the same to the last byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "json_file_source.h"
#include "runtime/call.h"
#include "runtime/stage.h"

struct fixture {
    char path[64];
    int64_t max_record;
    uint32_t max_records; /* a poll */
    uint64_t n_together;  /* records that came decoded: the host had split them */
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    strcpy(f->path, "host_split_XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    f->max_record = 1 << 20;
    f->max_records = 65536;
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    free(f);
    return 0;
}

static void
write_file(const struct fixture *f, const char *text, size_t n)
{
    FILE *file = fopen(f->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* ---- one run ---- */

struct run {
    struct fixture *f;
    struct record_space *space;
    struct stage *stage;
    const struct levada_path *path; /* of a field */
    struct strbuf said;
};

static void
say_record(struct run *run, struct batch *batch, uint32_t i, const struct levada_scalar *field)
{
    const struct levada_record *record = batch_origin(batch, i);
    strbuf_printf(&run->said, "%" PRId64 " %" PRId64 " %u ", record->number, record->offset,
                  record->stream);
    strbuf_add(&run->said, record->value.p, record->value.n);
    strbuf_printf(&run->said, " a=%u ", field->type);
    if (field->type == LEVADA_T_STR)
        strbuf_add(&run->said, field->u.s, field->len);
    strbuf_char(&run->said, '\n');
}

static void
say_faults(struct run *run, const struct batch *batch, uint32_t i, const struct bad_record *bad,
           uint32_t n_bad)
{
    const struct levada_call *call = run->stage->call;
    for (uint32_t k = 0; k < call->n_failed; k++) {
        if (call->failed[k].record == i && batch_same_records(call->failed[k].batch, batch))
            strbuf_printf(&run->said, "  %s\n", call->failed[k].why);
    }
    for (uint32_t k = 0; k < n_bad; k++) {
        if (bad[k].record == i)
            strbuf_printf(&run->said, "  byte %" PRIu64 ": %s\n", bad[k].byte, bad[k].why);
    }
}

static void
say_batch(struct run *run, struct batch *batch)
{
    struct error err;
    struct bad_record *bad;
    uint32_t n_bad, n = batch_public(batch)->n;
    if (!batch_is_undecoded(batch))
        run->f->n_together += n;
    assert_int_equal(batch_decode(batch, run->stage->decoder, &bad, &n_bad, &err), LEVADA_OK);
    const struct levada_scalar *fields = batch_column(batch, run->path, &err);
    assert_non_null(fields);
    for (uint32_t i = 0; i < n; i++) {
        say_record(run, batch, i, &fields[i]);
        say_faults(run, batch, i, bad, n_bad);
    }
}

static levada_status
poll_once(struct run *run, struct strbuf *position)
{
    struct stage *stage = run->stage;
    struct levada_call *call = stage->call;
    call_reset(call);
    levada_status status =
        call_end(call, stage->op->poll(stage->self, call, run->f->max_records, 1000));
    if (status < 0)
        strbuf_printf(&run->said, "failed: %s\n", call->err.text);
    for (uint32_t e = 0; e < call->n_emissions; e++)
        say_batch(run, call->emissions[e].batch);
    for (uint32_t p = 0; p < call->n_positions; p++) {
        const struct levada_position *at = &call->positions[p];
        strbuf_clear(position);
        strbuf_printf(position, "%" PRId64 " of %" PRId64 " ", at->next, at->latest);
        strbuf_add(position, at->detail.p, at->detail.n);
    }
    return status;
}

static void
start(struct run *run, int64_t rate)
{
    struct stage *stage = run->stage;
    struct json_file_source *self = stage->self;
    self->path = run->f->path;
    self->max_record = run->f->max_record;
    self->records_per_second = rate;
    assert_int_equal(
        call_end(stage->call, stage->op->create(self, stage->call, (struct levada_ctx *)stage)),
        LEVADA_OK);
    stage->created = true;
    call_reset(stage->call);
    assert_int_equal(call_end(stage->call, stage->op->start(self, stage->call)), LEVADA_OK);
    call_reset(stage->call);
    const struct levada_signal restore = { .struct_size = sizeof(restore),
                                           .kind = LEVADA_SIG_RESTORE };
    assert_int_equal(call_end(stage->call, stage->op->signal(self, stage->call, &restore)),
                     LEVADA_OK);
}

/* Reads the file to its end. All that was said of it, to be freed. */
static struct strbuf
read_file(struct fixture *f, int64_t rate)
{
    const struct levada_module *module = levada_module_v1(&call_host);
    struct run run = { .f = f, .space = record_space_create() };
    struct place nowhere = { .file = NULL };
    assert_non_null(run.space);
    run.stage = stage_create(module->stages[0], "test", "source", nowhere, run.space);
    assert_non_null(run.stage);
    run.path = path_set_get(record_space_paths(run.space), "a", NULL);
    assert_true(batch_decoder_want(run.stage->decoder, run.path));
    start(&run, rate);
    struct strbuf position = { 0 };
    levada_status status;
    do {
        status = poll_once(&run, &position);
    } while (status == LEVADA_OK || status == LEVADA_AGAIN);
    strbuf_printf(&run.said, "status %d, position %s\n", status, strbuf_text(&position));
    strbuf_finish(&position);
    stage_destroy(run.stage);
    record_space_destroy(run.space);
    return run.said;
}

static void
assert_same_both_ways(struct fixture *f, const char *text, size_t n)
{
    write_file(f, text, n);
    struct strbuf host = read_file(f, 0), source = read_file(f, PACE_RATE_MAX);
    if (strcmp(strbuf_text(&host), strbuf_text(&source)) != 0 && n < 1000)
        fail_msg("of %.*s\nthe host:\n%s\nthe source:\n%s", (int)n, text, strbuf_text(&host),
                 strbuf_text(&source));
    assert_int_equal(host.n, source.n);
    assert_memory_equal(host.text, source.text, host.n);
    strbuf_finish(&host);
    strbuf_finish(&source);
}

/* ---- small texts, and all that can be wrong with them ---- */

static const char *const texts[] = {
    "[{\"a\":\"x\"},\n {\"a\":\"}{\",\"b\":{\"c\":[1,{}]}} , "
    "{\"a\":\"\\\"\\u00e9\"},{\"b\":-1.5}\n]\n",
    "{\"a\":\"x\"}\n{\"a\":\"}{\",\"b\":{\"c\":[1,{}]}}\n\n{\"a\":\"\\\"\\u00e9\"} {\"b\":-1.5}\n",
    "{\n "
    "\"a\":\"x\"}\n{\"a\":\"}{\",\n\"b\":{\"c\":[1,\n{}]}}{\"a\":\"\\\"\\u00e9\"}\n{\"b\":-1.5}",
};
#define N_TEXTS (sizeof(texts) / sizeof(*texts))

static void
reads_the_same_up_to_every_byte(void **state)
{
    struct fixture *f = *state;
    for (size_t t = 0; t < N_TEXTS; t++) {
        for (size_t n = 0; n <= strlen(texts[t]); n++)
            assert_same_both_ways(f, texts[t], n);
    }
    assert_true(f->n_together > 100);
}

static void
reads_the_same_with_every_byte_replaced(void **state)
{
    struct fixture *f = *state;
    static const char others[] = "\"{}[],:\\\n x\xff";
    for (size_t t = 0; t < N_TEXTS; t++) {
        char *text = strdup(texts[t]);
        for (size_t at = 0; text[at] != '\0'; at++) {
            for (const char *other = others; *other != '\0'; other++) {
                text[at] = *other;
                assert_same_both_ways(f, text, strlen(text));
            }
            text[at] = texts[t][at];
        }
        free(text);
    }
    assert_true(f->n_together > 1000);
}

static void
reads_the_same_in_polls_of_few_records(void **state)
{
    struct fixture *f = *state;
    for (f->max_records = 1; f->max_records <= 4; f->max_records++) {
        for (size_t t = 0; t < N_TEXTS; t++)
            assert_same_both_ways(f, texts[t], strlen(texts[t]));
    }
    assert_true(f->n_together > 0);
}

static void
reads_the_same_where_records_are_too_large(void **state)
{
    struct fixture *f = *state;
    for (f->max_record = 1; f->max_record < 40; f->max_record++) {
        for (size_t t = 0; t < N_TEXTS; t++)
            assert_same_both_ways(f, texts[t], strlen(texts[t]));
    }
    assert_true(f->n_together > 0);
}

/* ---- many windows ---- */

enum shape {
    SHAPE_LINES,
    SHAPE_ARRAY,
    SHAPE_CONCATENATED,
};

static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static void
add_record(struct strbuf *file, uint32_t *seed, bool bad)
{
    static const char *const fills[] = { "}", "{", "x", "\\\\", "\\n", "[\\\"" };
    uint32_t size = next_random(seed) % 100 == 0 ? 70000 : next_random(seed) % 1500;
    const char *fill = fills[next_random(seed) % 6];
    strbuf_printf(file, "{\"o\":{\"n\":%u,\"list\":[{}]},\"a\":\"", next_random(seed));
    for (uint32_t i = 0; i < size; i += (uint32_t)strlen(fill))
        strbuf_str(file, fill);
    strbuf_str(file, bad ? "\\x\"}" : "\"}");
}

static void
make_file(struct strbuf *file, enum shape shape, uint32_t n, uint32_t bad_every, uint32_t seed)
{
    static const char *const between[] = { "\n", " ,\n ", "" };
    strbuf_str(file, shape == SHAPE_ARRAY ? "[" : shape == SHAPE_CONCATENATED ? "{\n}" : "");
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            strbuf_str(file, between[shape]);
        add_record(file, &seed, bad_every > 0 && i % bad_every == bad_every - 1);
    }
    strbuf_str(file, shape == SHAPE_ARRAY ? "]" : shape == SHAPE_LINES ? "\n" : "");
}

static void
reads_the_same_over_many_windows(void **state)
{
    struct fixture *f = *state;
    static const uint32_t bad_every[] = { 0, 700, 40 }; /* many a window, few, none */
    for (int shape = SHAPE_LINES; shape <= SHAPE_CONCATENATED; shape++) {
        for (uint32_t i = 0; i < 3; i++) {
            struct strbuf file = { 0 };
            make_file(&file, (enum shape)shape, 3000, bad_every[i], 7 + i);
            f->n_together = 0;
            assert_same_both_ways(f, file.text, file.n);
            assert_true(f->n_together > (bad_every[i] == 40 ? 100 : 1500));
            strbuf_finish(&file);
        }
    }
}

static void
reads_the_same_around_a_record_of_many_windows(void **state)
{
    struct fixture *f = *state;
    for (size_t size = 100000; size < (1 << 20) + 100; size += 237000) {
        struct strbuf file = { 0 };
        strbuf_str(&file, "[{\"a\":\"before\"},{\"a\":\"");
        for (size_t i = 0; i < size; i += 4)
            strbuf_str(&file, "}  {");
        strbuf_str(&file, "\"},{\"a\":\"behind\"}]");
        assert_same_both_ways(f, file.text, file.n);
        strbuf_finish(&file);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_the_same_up_to_every_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_the_same_with_every_byte_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_the_same_in_polls_of_few_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_the_same_where_records_are_too_large, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(reads_the_same_over_many_windows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_the_same_around_a_record_of_many_windows, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
