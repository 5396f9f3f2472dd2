/* SPDX-License-Identifier: Apache-2.0 */
#include "chunked_split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static object_scan_fn *const scanners[] = {
    object_scan_bytewise,
#if defined(__x86_64__)
    object_scan_sse2,
    object_scan_avx2,
#endif
};
#define SCANNERS (sizeof(scanners) / sizeof(*scanners))

static bool
runs_here(object_scan_fn *scan)
{
#if defined(__x86_64__)
    return scan != object_scan_avx2 || object_scan_best() == object_scan_avx2;
#else
    return scan != NULL;
#endif
}

static size_t
same_size(void *user)
{
    return *(size_t *)user;
}

/* First @user bytes, then the rest. */
struct two_parts {
    size_t first;
    bool given;
};

static size_t
first_then_rest(void *user)
{
    struct two_parts *parts = user;
    size_t n = parts->given ? SIZE_MAX / 2 : parts->first;
    parts->given = true;
    return n;
}

static uint64_t random_state = 88172645463325252u;

static uint32_t
random_below(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % n;
}

static size_t
random_size(void *user)
{
    return 1 + random_below(*(uint32_t *)user);
}

static struct chunked_split
split_whole(const char *text, enum split_framing framing)
{
    size_t all = SIZE_MAX / 2;
    return chunked_split(text, strlen(text), framing, object_scan_bytewise, same_size, &all);
}

/* The records, a line each, faults by their number before them: "{...}\n" or "3:{...}\n". */
static char *
shown(const char *text, const struct chunked_split *split)
{
    char *out = calloc(1, strlen(text) + 8 * split->n + 8), *at = out;
    for (size_t i = 0; i < split->n; i++) {
        const struct span *span = &split->spans[i];
        if (span->fault != SPLIT_SOUND)
            at += sprintf(at, "%d:", span->fault);
        memcpy(at, text + span->begin, span->end - span->begin);
        at += span->end - span->begin;
        *at++ = '\n';
    }
    return out;
}

static void
assert_splits(const char *text, enum split_framing framing, const char *expected)
{
    struct chunked_split split = split_whole(text, framing);
    char *found = shown(text, &split);
    assert_string_equal(found, expected);
    free(found);
    chunked_split_free(&split);
}

static void
assert_same(const struct chunked_split *a, const struct chunked_split *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->phase, b->phase);
    for (size_t i = 0; i < a->n; i++) {
        assert_int_equal(a->spans[i].begin, b->spans[i].begin);
        assert_int_equal(a->spans[i].end, b->spans[i].end);
        assert_int_equal(a->spans[i].fault, b->spans[i].fault);
    }
}

/* Whatever the chunks and the scanner, the records are the same. */
static void
assert_chunks_do_not_matter(const char *text, enum split_framing framing)
{
    size_t n = strlen(text);
    struct chunked_split whole = split_whole(text, framing);
    for (size_t s = 0; s < SCANNERS; s++) {
        if (!runs_here(scanners[s]))
            continue;
        for (size_t size = 1; size <= n; size = size < 70 ? size + 1 : 2 * size) {
            struct chunked_split split =
                chunked_split(text, n, framing, scanners[s], same_size, &size);
            assert_same(&split, &whole);
            chunked_split_free(&split);
        }
        for (size_t first = 1; first < n; first++) {
            struct two_parts parts = { first, false };
            struct chunked_split split =
                chunked_split(text, n, framing, scanners[s], first_then_rest, &parts);
            assert_same(&split, &whole);
            chunked_split_free(&split);
        }
    }
    chunked_split_free(&whole);
}

static void
finds_the_records_of_an_array(void **state)
{
    (void)state;
    assert_splits("[{\"a\":1},{\"b\":{\"c\":2}}]", SPLIT_ARRAY, "{\"a\":1}\n{\"b\":{\"c\":2}}\n");
    assert_splits(" [\n  {\"a\": 1} ,\r\n\t{}\n]\n", SPLIT_ARRAY, "{\"a\": 1}\n{}\n");
    assert_splits("[]", SPLIT_ARRAY, "");
    assert_splits("[ \n ]\n\n", SPLIT_ARRAY, "");
}

static void
finds_concatenated_records(void **state)
{
    (void)state;
    assert_splits("{\"a\":1}{\"b\":2} {\n\"c\":[1,\n2]}\n", SPLIT_CONCATENATED,
                  "{\"a\":1}\n{\"b\":2}\n{\n\"c\":[1,\n2]}\n");
    assert_splits("{\"a\":1}\r\n\r\n{\"b\":2}", SPLIT_LINES, "{\"a\":1}\n{\"b\":2}\n");
}

static void
braces_and_quotes_in_strings_are_text(void **state)
{
    (void)state;
    assert_splits("[{\"}\":\"{\\\"}\"},{\"\\\\\":\"]\"}]", SPLIT_ARRAY,
                  "{\"}\":\"{\\\"}\"}\n{\"\\\\\":\"]\"}\n");
    assert_splits("{\"a\":\"\\\\\"}\n{\"b\":\"\\\\\\\"}\"}", SPLIT_LINES,
                  "{\"a\":\"\\\\\"}\n{\"b\":\"\\\\\\\"}\"}\n");
}

static void
what_is_no_object_is_a_record_of_its_own(void **state)
{
    (void)state;
    assert_splits("[1, \"a,]b\", [1,{\"x\":2}], {\"a\":1}, nul ]", SPLIT_ARRAY,
                  "1:1\n1:\"a,]b\"\n1:[1,{\"x\":2}]\n{\"a\":1}\n1:nul\n");
    assert_splits("{\"a\":1}\nhello, \"world\n{\"b\":2}\n[{\"c\":3}]", SPLIT_LINES,
                  "{\"a\":1}\n1:hello, \"world\n{\"b\":2}\n1:[{\"c\":3}]\n");
}

static void
commas_are_missing_or_too_many(void **state)
{
    (void)state;
    assert_splits("[{\"a\":1} {\"b\":2}]", SPLIT_ARRAY, "{\"a\":1}\n2:{\"b\":2}\n");
    assert_splits("[{\"a\":1},,{\"b\":2},]", SPLIT_ARRAY, "{\"a\":1}\n3:,\n{\"b\":2}\n3:]\n");
    assert_splits("[,{\"a\":1}]", SPLIT_ARRAY, "3:,\n{\"a\":1}\n");
}

static void
input_may_be_cut_off(void **state)
{
    (void)state;
    assert_splits("[{\"a\":1},{\"b\":\"", SPLIT_ARRAY, "{\"a\":1}\n5:{\"b\":\"\n");
    assert_splits("[{\"a\":1}", SPLIT_ARRAY, "{\"a\":1}\n6:\n");
    assert_splits("[{\"a\":1},\n", SPLIT_ARRAY, "{\"a\":1}\n6:\n");
    assert_splits("[", SPLIT_ARRAY, "6:\n");
    assert_splits("{\"a\":1}\n{\"b\":", SPLIT_LINES, "{\"a\":1}\n5:{\"b\":\n");
}

static void
text_behind_the_array_is_one_record(void **state)
{
    (void)state;
    assert_splits("[{\"a\":1}]\n [{\"b\":2}] x\n", SPLIT_ARRAY, "{\"a\":1}\n7:[{\"b\":2}] x\n");
}

static void
a_torn_line_takes_no_other_with_it(void **state)
{
    (void)state;
    const char *torn[] = {
        "{\"a\":", "{\"a\":\"x", "{\"a\":1,", "{\"a\":{\"b\":1}", "{\"a\\", "{"
    };
    for (size_t i = 0; i < sizeof(torn) / sizeof(*torn); i++) {
        char text[100], expected[100];
        snprintf(text, sizeof(text), "{\"x\":0}\n%s\n{\"b\":2}\n{\"c\":3}\n", torn[i]);
        struct chunked_split split = split_whole(text, SPLIT_LINES);
        assert_int_equal(split.n, 4);
        assert_int_equal(split.spans[1].fault, SPLIT_TORN);
        snprintf(expected, sizeof(expected), "%s", torn[i]);
        assert_memory_equal(text + split.spans[1].begin, expected, strlen(expected));
        assert_int_equal(split.spans[1].end - split.spans[1].begin, strlen(expected));
        assert_int_equal(split.spans[2].fault, SPLIT_SOUND);
        assert_int_equal(split.spans[3].fault, SPLIT_SOUND);
        chunked_split_free(&split);
        assert_chunks_do_not_matter(text, SPLIT_LINES);
    }
}

static void
a_brace_in_the_first_column_may_belong_to_a_record(void **state)
{
    (void)state;
    const char *text = "{\n\"a\": [\n{\n\"b\": 1\n},\n{\n}\n],\n\"c\":\n{\n}\n}\n{\n\"d\": 2\n}\n";
    struct chunked_split split = split_whole(text, SPLIT_CONCATENATED);
    assert_int_equal(split.n, 2);
    assert_int_equal(split.spans[0].fault, SPLIT_SOUND);
    assert_int_equal(split.spans[1].fault, SPLIT_SOUND);
    chunked_split_free(&split);
    assert_chunks_do_not_matter(text, SPLIT_CONCATENATED);
}

static void
a_torn_record_among_pretty_ones_ends_where_the_next_begins(void **state)
{
    (void)state;
    assert_splits("{\n  \"a\": 1\n{\n  \"b\": 2\n}\n", SPLIT_CONCATENATED,
                  "4:{\n  \"a\": 1\n{\n  \"b\": 2\n}\n");
}

static void
every_cut_of_a_document_gives_the_same_records(void **state)
{
    (void)state;
    const char *text =
        "[\n  {\"name\": \"a\\\"b\\\\\", \"deep\": {\"x\": [1, {\"y\": \"}\"}]}},\n"
        "  {\"long\": "
        "\"0123456789012345678901234567890123456789012345678901234567890123456789\\\\\"},"
        "\n  17, {}, {\"u\": \"\xc3\xa4\\u00e4\"} {\"\\\\\\\\\\\\\\\"\":1},,\n  \"x\\\"]\", ]\n "
        "rest";
    assert_chunks_do_not_matter(text, SPLIT_ARRAY);
    assert_chunks_do_not_matter(
        "\n{\"a\":1}{\"b\":\"\\\"{\"}\n\n bad \" {\n{\"c\":{\"d\":{}}}\n{\"e\": \n", SPLIT_LINES);
}

/* A random document, mostly JSON, with what makes splitting hard everywhere. */
static void
random_text(char *text, size_t n)
{
    static const char *const pieces[] = {
        "{",
        "}",
        "{\"a\":",
        "}",
        "\"",
        "\\\"",
        "\\\\",
        "\\",
        "[",
        "]",
        ",",
        "\n",
        "\n{",
        "},\n{",
        "true",
        " ",
        "\xe2\x82\xac",
        "{\"key\":\"value\"}",
        "\\u0041",
        "\"a long text without anything in it that would matter to anybody here, really\"",
    };
    size_t at = 0;
    text[at++] = '[';
    for (;;) {
        const char *piece = pieces[random_below(sizeof(pieces) / sizeof(*pieces))];
        if (at + strlen(piece) >= n)
            break;
        strcpy(text + at, piece);
        at += strlen(piece);
    }
    text[at] = 0;
}

static void
random_documents_split_the_same_in_random_chunks(void **state)
{
    (void)state;
    char text[700];
    for (unsigned round = 0; round < 4000; round++) {
        random_text(text, 20 + random_below(sizeof(text) - 20));
        enum split_framing framing = (enum split_framing)random_below(3);
        struct chunked_split whole = split_whole(text, framing);
        uint32_t most = 1 + random_below(200);
        for (size_t s = 0; s < SCANNERS; s++) {
            if (!runs_here(scanners[s]))
                continue;
            struct chunked_split split =
                chunked_split(text, strlen(text), framing, scanners[s], random_size, &most);
            assert_same(&split, &whole);
            chunked_split_free(&split);
        }
        chunked_split_free(&whole);
    }
}

/* A valid array of objects with random strings; the places of its records. */
static size_t
random_array(char *text, struct span *records, size_t *n)
{
    size_t at = 0;
    text[at++] = '[';
    *n = 1 + random_below(20);
    for (size_t i = 0; i < *n; i++) {
        at += (size_t)sprintf(text + at, i > 0 ? ",%.*s" : "%.*s", (int)random_below(4), "\n   ");
        records[i].begin = at;
        at += (size_t)sprintf(text + at, "{\"k\":\"");
        for (uint32_t left = random_below(120); left > 0; left--) {
            static const char *const parts[] = { "x", "\\\"", "\\\\", "{",
                                                 "}", "[",    "\\n",  "\xc3\xbc" };
            at += (size_t)sprintf(text + at, "%s", parts[random_below(8)]);
        }
        at += (size_t)sprintf(text + at, "\",\"o\":{\"p\":[{}]}}");
        records[i].end = at;
    }
    at += (size_t)sprintf(text + at, "]\n");
    return at;
}

static void
finds_exactly_the_records_that_were_written(void **state)
{
    (void)state;
    char text[8192];
    struct span records[20];
    for (unsigned round = 0; round < 2000; round++) {
        size_t n;
        size_t size = random_array(text, records, &n);
        uint32_t most = 300;
        struct chunked_split split =
            chunked_split(text, size, SPLIT_ARRAY, object_scan_best(), random_size, &most);
        assert_int_equal(split.n, n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(split.spans[i].begin, records[i].begin);
            assert_int_equal(split.spans[i].end, records[i].end);
            assert_int_equal(split.spans[i].fault, SPLIT_SOUND);
        }
        chunked_split_free(&split);
    }
}

static void
goes_on_behind_a_record(void **state)
{
    (void)state;
    const char *rest = " , {\"b\":2}]";
    struct splitter splitter;
    struct span spans[4];
    splitter_init_after_record(&splitter, SPLIT_ARRAY);
    assert_int_equal(splitter_split(&splitter, rest, strlen(rest), spans, 4), 1);
    assert_int_equal(spans[0].begin, 3);
    assert_int_equal(spans[0].fault, SPLIT_SOUND);
    assert_false(splitter_finish(&splitter, rest, spans));
}

static void
a_record_that_was_given_up_still_ends(void **state)
{
    (void)state;
    struct splitter splitter;
    struct span spans[4];
    splitter_init(&splitter, SPLIT_ARRAY);
    assert_int_equal(splitter_split(&splitter, "[{\"a\":\"xx", 9, spans, 4), 0);
    splitter_give_up(&splitter);
    assert_int_equal(splitter_keep(&splitter), 9);
    splitter_shift(&splitter, 9);
    assert_int_equal(splitter_split(&splitter, "x}\"},{}]", 8, spans, 4), 2);
    assert_int_equal(spans[0].begin, 4);
    assert_int_equal(spans[0].end, 4);
    assert_int_equal(spans[1].begin, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_records_of_an_array),
        cmocka_unit_test(finds_concatenated_records),
        cmocka_unit_test(braces_and_quotes_in_strings_are_text),
        cmocka_unit_test(what_is_no_object_is_a_record_of_its_own),
        cmocka_unit_test(commas_are_missing_or_too_many),
        cmocka_unit_test(input_may_be_cut_off),
        cmocka_unit_test(text_behind_the_array_is_one_record),
        cmocka_unit_test(a_torn_line_takes_no_other_with_it),
        cmocka_unit_test(a_brace_in_the_first_column_may_belong_to_a_record),
        cmocka_unit_test(a_torn_record_among_pretty_ones_ends_where_the_next_begins),
        cmocka_unit_test(every_cut_of_a_document_gives_the_same_records),
        cmocka_unit_test(random_documents_split_the_same_in_random_chunks),
        cmocka_unit_test(finds_exactly_the_records_that_were_written),
        cmocka_unit_test(goes_on_behind_a_record),
        cmocka_unit_test(a_record_that_was_given_up_still_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
