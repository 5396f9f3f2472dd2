/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/transfer.h"

#define ROOM 65536u

/* Two sides as two processes have them: the host's and the helper's. */
struct sides {
    struct record_space *space[2];
    struct transfer *transfer[2];
    struct batch_decoder *decoder[2];
    struct path_set *paths[2];
    char *message;
    struct wire_out out;
    unsigned dropped;
};

static void
drop(void *message)
{
    ++*(unsigned *)message;
}

static void
begin(struct sides *sides)
{
    sides->out = (struct wire_out){ .start = sides->message, .room = ROOM };
}

static struct wire_in
sent(const struct sides *sides)
{
    assert_false(sides->out.failed);
    return (struct wire_in){ .start = sides->message, .n = sides->out.n };
}

static int
set_up(void **state)
{
    struct sides *sides = calloc(1, sizeof(*sides));
    for (int i = 0; i < 2; i++) {
        sides->space[i] = record_space_create();
        sides->transfer[i] = transfer_create(sides->space[i], i == 0);
        sides->decoder[i] = batch_decoder_create(sides->space[i]);
        sides->paths[i] = record_space_paths(sides->space[i]);
    }
    sides->message = malloc(ROOM);
    begin(sides);
    *state = sides;
    return 0;
}

static int
tear_down(void **state)
{
    struct sides *sides = *state;
    for (int i = 0; i < 2; i++) {
        transfer_destroy(sides->transfer[i]);
        batch_decoder_destroy(sides->decoder[i]);
        record_space_destroy(sides->space[i]);
    }
    free(sides->message);
    free(sides);
    return 0;
}

static const struct levada_path *
path_of(const struct sides *sides, int side, const char *text)
{
    struct error err;
    const struct levada_path *path = path_set_get(sides->paths[side], text, &err);
    assert_non_null(path);
    return path;
}

/* Three records of the host's, decoded: {"n":0,"s":"zero"} and so on. */
static struct batch *
make_batch(struct sides *sides)
{
    static const struct levada_header header = { { "h", 1 }, { "one", 3 } };
    struct error err;
    struct bad_record *bad;
    struct levada_record records[3];
    char text[3][64];
    uint32_t n_bad;
    struct batch *batch = batch_create(sides->space[0], 0);
    uint32_t stream = record_space_stream(sides->space[0], "calls", "calls.json");
    for (int i = 0; i < 3; i++) {
        int n = snprintf(text[i], sizeof(text[i]), "{\"n\":%d,\"s\":\"text %d\"}", i, i);
        records[i] = (struct levada_record){ .key = { i == 1 ? NULL : "key", i == 1 ? 0 : 3 },
                                             .value = { text[i], (uint64_t)n },
                                             .timestamp_ms = 1000 + i,
                                             .offset = 20 * i,
                                             .number = i,
                                             .stream = stream,
                                             .partition = 7,
                                             .headers = &header,
                                             .n_headers = i == 2 };
    }
    assert_int_equal(batch_append(batch, records, 3, sizeof(records[0]), &err), LEVADA_OK);
    assert_int_equal(batch_decode(batch, sides->decoder[0], &bad, &n_bad, &err), LEVADA_OK);
    assert_int_equal(n_bad, 0);
    return batch;
}

/* What the helper gets of @batch. */
static struct batch *
send_batch(struct sides *sides, struct batch *batch)
{
    struct error err;
    begin(sides);
    transfer_put_streams(sides->transfer[0], &sides->out);
    assert_true(transfer_put_batch(sides->transfer[0], &sides->out, batch, &err));
    struct wire_in in = sent(sides);
    transfer_get_streams(sides->transfer[1], &in);
    struct batch *got =
        transfer_get_batch(sides->transfer[1], &in, sides->decoder[1], &sides->dropped, drop);
    assert_non_null(got);
    assert_false(in.failed);
    assert_int_equal(in.at, in.n);
    return got;
}

/* What the host gets of @view, of the batch that it gave as @given. */
static struct batch *
send_view(struct sides *sides, const struct batch *got, struct batch *view, struct batch *given,
          bool *kept)
{
    struct error err;
    begin(sides);
    assert_true(transfer_put_view(sides->transfer[1], &sides->out, got, view, &err));
    struct wire_in in = sent(sides);
    return transfer_get_view(sides->transfer[0], &in, given, &sides->dropped, drop, kept, &err);
}

static struct levada_scalar
text_value(const char *text)
{
    return (struct levada_scalar){ LEVADA_T_STR, (uint32_t)strlen(text), { .s = text } };
}

static void
assert_text(const struct levada_scalar *value, const char *text)
{
    assert_int_equal(value->type, LEVADA_T_STR);
    assert_int_equal(value->len, strlen(text));
    assert_memory_equal(value->u.s, text, strlen(text));
}

static void
brings_records_over_whole(void **state)
{
    struct sides *sides = *state;
    struct batch *batch = make_batch(sides), *got = send_batch(sides, batch);
    assert_int_equal(batch_public(got)->n, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct levada_record *a = batch_origin(batch, i), *b = batch_origin(got, i);
        assert_int_equal(b->offset, a->offset);
        assert_int_equal(b->partition, 7);
        assert_int_equal(b->timestamp_ms, a->timestamp_ms);
        assert_int_equal(b->value.n, a->value.n);
        assert_memory_equal(b->value.p, a->value.p, a->value.n);
        assert_int_equal(b->key.p == NULL, i == 1);
        assert_string_equal(record_space_stream_name(sides->space[1], b->stream), "calls.json");
    }
    const struct levada_header *header = batch_origin(got, 2)->headers;
    assert_memory_equal(header->value.p, "one", 3);
    assert_int_equal(sides->dropped, 0);
    batch_release(got);
    assert_int_equal(sides->dropped, 1);
    batch_release(batch);
}

static void
decodes_what_did_not_come_along_and_has_it_sent_from_then_on(void **state)
{
    struct sides *sides = *state;
    struct error err;
    const struct levada_path *s = path_of(sides, 1, "s");
    for (int round = 0; round < 2; round++) {
        struct batch *batch = make_batch(sides), *got = send_batch(sides, batch);
        assert_text(&batch_column(got, s, &err)[2], "text 2");
        begin(sides);
        transfer_put_decoded(sides->transfer[1], &sides->out, got);
        struct wire_in in = sent(sides);
        size_t told = in.n;
        assert_true(transfer_get_decoded(sides->transfer[0], &in));
        if (round == 1)
            assert_int_equal(told, sizeof(uint64_t)); /* nothing new */
        batch_release(got);
        batch_release(batch);
    }
}

static void
brings_back_a_selection_with_new_columns(void **state)
{
    struct sides *sides = *state;
    struct error err;
    struct batch *batch = make_batch(sides), *got = send_batch(sides, batch);
    const uint32_t index[] = { 2, 0 };
    struct batch *view = batch_select(got, index, 2, &err);
    const struct levada_scalar values[] = { text_value("new"), text_value("old") };
    assert_int_equal(batch_set_column(view, path_of(sides, 1, "added"), values, NULL, &err), 0);
    assert_int_equal(batch_unset(view, path_of(sides, 1, "n"), &err), 0);
    bool kept;
    struct batch *back = send_view(sides, got, view, batch, &kept);
    assert_non_null(back);
    assert_false(kept);
    batch_release(view);
    batch_release(got);
    assert_true(batch_is_view_of(back, batch));
    assert_int_equal(batch_origin(back, 0)->number, 2);
    assert_text(&batch_column(back, path_of(sides, 0, "added"), &err)[1], "old");
    assert_int_equal(batch_column(back, path_of(sides, 0, "n"), &err)[0].type, LEVADA_T_MISSING);
    assert_string_equal(batch_records(back, &err)[0].value.p,
                        "{\"s\":\"text 2\",\"added\":\"new\"}");
    batch_release(back);
    batch_release(batch);
}

static void
brings_back_rows_of_the_plugins_own(void **state)
{
    struct sides *sides = *state;
    struct error err;
    struct batch *made = batch_create(sides->space[1], 2);
    const struct levada_scalar values[] = { text_value("a"), text_value("b") };
    bool kept;
    batch_set_column(made, path_of(sides, 1, "word"), values, NULL, &err);
    struct batch *back = send_view(sides, NULL, made, NULL, &kept);
    assert_non_null(back);
    assert_true(kept);
    batch_release(made);
    assert_string_equal(batch_records(back, &err)[1].value.p, "{\"word\":\"b\"}");
    batch_release(back);
    assert_int_equal(sides->dropped, 1);
}

static void
sends_each_entry_of_a_dictionary_once(void **state)
{
    struct sides *sides = *state;
    struct error err;
    struct dict *dict = dict_create();
    const struct levada_scalar x = text_value("x"), y = text_value("y");
    uint32_t ids[3];
    size_t bytes[2];
    ids[0] = dict_add(dict, &x);
    ids[1] = 1;
    ids[2] = dict_add(dict, &y);
    for (int round = 0; round < 2; round++) {
        struct batch *batch = make_batch(sides);
        batch_set_ids(batch, path_of(sides, 0, "kind"), ids, dict, NULL, &err);
        struct batch *got = send_batch(sides, batch);
        bytes[round] = sides->out.n;
        const struct levada_scalar *kinds = batch_column(got, path_of(sides, 1, "kind"), &err);
        assert_text(&kinds[2], "y");
        assert_int_equal(kinds[1].type, LEVADA_T_NULL);
        batch_release(got);
        batch_release(batch);
    }
    assert_true(bytes[1] < bytes[0]);
    dict_unref(dict);
}

/* Whatever stands in the message: a batch whose bytes lie inside it, or none. */
static void
believes_nothing_of_a_message_that_was_scribbled_on(void **state)
{
    struct sides *sides = *state;
    struct error err;
    unsigned refused = 0;
    for (size_t at = 0;; at++) {
        struct sides *fresh;
        void *inner = NULL;
        set_up(&inner);
        fresh = inner;
        struct batch *batch = make_batch(fresh);
        transfer_put_streams(fresh->transfer[0], &fresh->out);
        assert_true(transfer_put_batch(fresh->transfer[0], &fresh->out, batch, &err));
        size_t n = fresh->out.n;
        char *exact = malloc(n); /* so that a sanitizer sees a read behind its end */
        memcpy(exact, fresh->message, n);
        if (at < n)
            exact[at] ^= (char)0x81;
        struct wire_in in = { .start = exact, .n = n };
        transfer_get_streams(fresh->transfer[1], &in);
        struct batch *got =
            transfer_get_batch(fresh->transfer[1], &in, fresh->decoder[1], &fresh->dropped, drop);
        refused += got == NULL;
        if (got != NULL)
            batch_records(got, &err);
        batch_release(got);
        batch_release(batch);
        free(exact);
        tear_down(&inner);
        if (at >= n)
            break;
    }
    assert_true(refused > 50);
    assert_int_equal(sides->dropped, 0);
}

static void
reports_a_message_that_has_no_room(void **state)
{
    struct sides *sides = *state;
    struct error err;
    struct batch *batch = make_batch(sides);
    for (size_t room = 0; room < 200; room += 8) {
        sides->out = (struct wire_out){ .start = sides->message, .room = room };
        transfer_put_batch(sides->transfer[0], &sides->out, batch, &err);
        assert_true(sides->out.failed);
    }
    batch_release(batch);
}

/* As of a batch that is too large, and is sent in halves then. */
static void
sends_anew_what_a_dropped_message_told(void **state)
{
    struct sides *sides = *state;
    struct error err;
    struct dict *dict = dict_create();
    const struct levada_scalar x = text_value("x");
    uint32_t ids[3];
    ids[0] = ids[1] = ids[2] = dict_add(dict, &x);
    struct batch *batch = make_batch(sides);
    batch_set_ids(batch, path_of(sides, 0, "kind"), ids, dict, NULL, &err);
    batch_release(send_batch(sides, batch)); /* known before: stays known */
    batch_set_ids(batch, path_of(sides, 0, "sort"), ids, dict, NULL, &err);
    record_space_stream(sides->space[0], "calls", "more.json");
    for (size_t room = 0; room < sides->out.n; room += 8) {
        sides->out = (struct wire_out){ .start = sides->message, .room = room };
        transfer_begin(sides->transfer[0]);
        transfer_put_streams(sides->transfer[0], &sides->out);
        transfer_put_batch(sides->transfer[0], &sides->out, batch, &err);
        transfer_take_back(sides->transfer[0]);
    }
    struct batch *got = send_batch(sides, batch);
    assert_text(&batch_column(got, path_of(sides, 1, "kind"), &err)[2], "x");
    assert_text(&batch_column(got, path_of(sides, 1, "sort"), &err)[2], "x");
    batch_release(got);
    batch_release(batch);
    dict_unref(dict);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(brings_records_over_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            decodes_what_did_not_come_along_and_has_it_sent_from_then_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(brings_back_a_selection_with_new_columns, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(brings_back_rows_of_the_plugins_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sends_each_entry_of_a_dictionary_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(believes_nothing_of_a_message_that_was_scribbled_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(reports_a_message_that_has_no_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sends_anew_what_a_dropped_message_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
