/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "record/json_decode.h"

#define MAX_COLUMNS 8
#define MAX_RECORDS 400

/* One decoder and what its last call gave. */
struct fixture {
    struct path_set *paths;
    struct json_decoder *decoder;
    struct levada_scalar *columns[MAX_COLUMNS];
    struct arena arena;
    struct json_fault faults[MAX_RECORDS];
    uint32_t n_faults;
};

static int
set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->paths = path_set_create();
    fixture->decoder = json_decoder_create();
    for (int c = 0; c < MAX_COLUMNS; c++)
        fixture->columns[c] = calloc(MAX_RECORDS, sizeof(struct levada_scalar));
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;
    for (int c = 0; c < MAX_COLUMNS; c++)
        free(fixture->columns[c]);
    json_decoder_destroy(fixture->decoder);
    path_set_destroy(fixture->paths);
    arena_finish(&fixture->arena);
    free(fixture);
    return 0;
}

static size_t
want(struct fixture *fixture, const char *path)
{
    return json_decoder_want(fixture->decoder, path_set_get(fixture->paths, path, NULL));
}

static void
decode(struct fixture *fixture, const struct levada_record *records, uint32_t n)
{
    assert_true(json_decode(fixture->decoder, records, n, sizeof(*records), fixture->columns,
                            &fixture->arena, fixture->faults, &fixture->n_faults));
}

static void
decode_one(struct fixture *fixture, const char *text)
{
    struct levada_record record = { .value = { text, strlen(text) } };
    decode(fixture, &record, 1);
}

/* Records that lie in one piece of memory, as they stand between the given bytes. */
static void
decode_file(struct fixture *fixture, const char *const *texts, uint32_t n, const char *gap,
            struct strbuf *file)
{
    struct levada_record records[MAX_RECORDS] = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        strbuf_str(file, gap);
        strbuf_str(file, texts[i]);
    }
    size_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        at += strlen(gap);
        records[i].value = (struct levada_bytes){ file->text + at, strlen(texts[i]) };
        at += strlen(texts[i]);
    }
    decode(fixture, records, n);
}

static void
assert_str(const struct levada_scalar *value, const char *expected)
{
    assert_int_equal(value->type, LEVADA_T_STR);
    assert_int_equal(value->len, strlen(expected));
    assert_memory_equal(value->u.s, expected, value->len);
}

static void
assert_text(const struct levada_scalar *value, uint32_t type, const char *expected)
{
    assert_int_equal(value->type, type);
    assert_int_equal(value->len, strlen(expected));
    assert_memory_equal(value->u.s, expected, value->len);
}

static void
fills_a_column_for_each_path(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a"), deep = want(fixture, "o.list[1].x"), o = want(fixture, "o");
    assert_int_equal(want(fixture, "$.a"), a);
    decode_one(fixture, " {\"o\" : {\"list\":[ 0, {\"x\":true} ] } , \"a\":\"text\"}\n");
    assert_int_equal(fixture->n_faults, 0);
    assert_str(fixture->columns[a], "text");
    assert_int_equal(fixture->columns[deep]->type, LEVADA_T_BOOL);
    assert_int_equal(fixture->columns[deep]->u.i, 1);
    assert_text(fixture->columns[o], LEVADA_T_JSON, "{\"list\":[ 0, {\"x\":true} ] }");
}

static void
leaves_missing_what_is_not_there(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a.b"), list = want(fixture, "list[3]"), null = want(fixture, "null");
    decode_one(fixture, "{\"a\":\"no object\",\"list\":[1,2,3],\"null\":null}");
    assert_int_equal(fixture->n_faults, 0);
    assert_int_equal(fixture->columns[a]->type, LEVADA_T_MISSING);
    assert_int_equal(fixture->columns[list]->type, LEVADA_T_MISSING);
    assert_int_equal(fixture->columns[null]->type, LEVADA_T_NULL);
}

static void
takes_the_first_of_equal_names(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a"), b = want(fixture, "o.b"), c = want(fixture, "o.c");
    for (int i = 0; i < 3; i++) { /* the second time its names are known */
        decode_one(fixture, "{\"a\":\"1\",\"a\":\"2\",\"o\":{\"b\":1,\"b\":2},\"o\":{\"c\":3},"
                            "\"\\u0061\":\"3\"}");
        assert_int_equal(fixture->n_faults, 0);
        assert_str(fixture->columns[a], "1");
        assert_int_equal(fixture->columns[b]->u.i, 1);
        assert_int_equal(fixture->columns[c]->type, LEVADA_T_MISSING);
    }
}

static void
undoes_escapes_in_values_and_names(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a"), quoted = want(fixture, "$['\"']");
    decode_one(fixture, "{\"\\u0061\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\uDE00z\","
                        "\"\\\"\":\"q\"}");
    assert_int_equal(fixture->n_faults, 0);
    assert_str(fixture->columns[a], "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
    assert_str(fixture->columns[quoted], "q");
}

static void
points_into_the_input_where_nothing_is_escaped(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a");
    const char *text = "{\"a\":\"plain\"}";
    decode_one(fixture, text);
    assert_ptr_equal(fixture->columns[a]->u.s, text + 6);
}

static void
keeps_numbers_exact(void **state)
{
    struct fixture *fixture = *state;
    size_t n = want(fixture, "n");
    static const struct {
        const char *text;
        uint32_t type;
        int64_t i;
        double f;
    } cases[] = {
        { "0", LEVADA_T_I64, 0, 0 },
        { "-0", LEVADA_T_I64, 0, 0 },
        { "9223372036854775807", LEVADA_T_I64, INT64_MAX, 0 },
        { "-9223372036854775808", LEVADA_T_I64, INT64_MIN, 0 },
        { "9223372036854775808", LEVADA_T_F64, 0, 0x1p63 },
        { "9223372036854775809", LEVADA_T_NUM, 0, 0 },
        { "-9223372036854775809", LEVADA_T_NUM, 0, 0 },
        { "18446744073709551615", LEVADA_T_NUM, 0, 0 },
        { "100000000000000000000", LEVADA_T_F64, 0, 1e20 },
        { "123456789012345678901234567890", LEVADA_T_NUM, 0, 0 },
        { "0.1", LEVADA_T_F64, 0, 0.1 },
        { "-1.50", LEVADA_T_F64, 0, -1.5 },
        { "1.0", LEVADA_T_F64, 0, 1 },
        { "0.000", LEVADA_T_F64, 0, 0 },
        { "1E+2", LEVADA_T_F64, 0, 100 },
        { "3.141592653589793", LEVADA_T_F64, 0, 3.141592653589793 },
        { "0.30000000000000004", LEVADA_T_F64, 0, 0.30000000000000004 },
        { "3.14159265358979323846", LEVADA_T_NUM, 0, 0 },
        { "0.3000000000000000400000000000000000000", LEVADA_T_F64, 0, 0.30000000000000004 },
        { "1.7976931348623157e308", LEVADA_T_F64, 0, 1.7976931348623157e308 },
        { "5e-324", LEVADA_T_F64, 0, 5e-324 },
        { "4.9e-324", LEVADA_T_NUM, 0, 0 },
        { "1e400", LEVADA_T_NUM, 0, 0 },
        { "1e-400", LEVADA_T_NUM, 0, 0 },
        { "1e99999999999999999999", LEVADA_T_NUM, 0, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[100];
        snprintf(text, sizeof(text), "{\"n\":%s}", cases[i].text);
        decode_one(fixture, text);
        assert_int_equal(fixture->n_faults, 0);
        const struct levada_scalar *value = fixture->columns[n];
        if (value->type != cases[i].type)
            fail_msg("%s has type %u", cases[i].text, (unsigned)value->type);
        if (value->type == LEVADA_T_I64)
            assert_true(value->u.i == cases[i].i);
        else if (value->type == LEVADA_T_F64)
            assert_true(value->u.f == cases[i].f);
        else
            assert_text(value, LEVADA_T_NUM, cases[i].text);
    }
}

struct faulty {
    const char *text;
    uint64_t byte;
    const char *what; /* the start of it */
};

static void
assert_faults(struct fixture *fixture, const struct faulty *cases, size_t n)
{
    size_t a = want(fixture, "a");
    for (size_t i = 0; i < n; i++) {
        decode_one(fixture, cases[i].text);
        if (fixture->n_faults != 1)
            fail_msg("accepted %s", cases[i].text);
        if (fixture->faults[0].byte != cases[i].byte ||
            strncmp(fixture->faults[0].what, cases[i].what, strlen(cases[i].what)) != 0)
            fail_msg("%s: byte %u, %s", cases[i].text, (unsigned)fixture->faults[0].byte,
                     fixture->faults[0].what);
        assert_int_equal(fixture->columns[a]->type, LEVADA_T_MISSING);
    }
}
#define ASSERT_FAULTS(fixture, cases) assert_faults(fixture, cases, sizeof(cases) / sizeof(*cases))

static void
names_faults_of_grammar_and_their_place(void **state)
{
    static const struct faulty cases[] = {
        { "", 0, "it is empty" },
        { " \n ", 0, "it is empty" },
        { "[]", 0, "it is not a JSON object" },
        { " \"text\"", 1, "it is not a JSON object" },
        { "\xef\xbb\xbf{}", 0, "it is not a JSON object" },
        { "{", 1, "it ends too early" },
        { "{\"a\"", 4, "it ends too early" },
        { "{\"a\":", 5, "it ends too early" },
        { "{\"a\":1", 6, "it ends too early" },
        { "{\"a\":1,", 7, "it ends too early" },
        { "{\"a\":1,}", 7, "a name in quotes is missing" },
        { "{a:1}", 1, "a name in quotes is missing" },
        { "{\"a\" 1}", 5, "a colon is missing" },
        { "{\"a\":}", 5, "a value is missing" },
        { "{\"a\":1 \"b\":2}", 7, "a comma or } is missing" },
        { "{\"a\":\"x\" \"b\":2}", 9, "a comma or } is missing" },
        { "{\"a\":\"x\"y}", 8, "a comma or } is missing" },
        { "{\"a\":1]", 6, "a comma or } is missing" },
        { "{\"b\":[1 2]}", 8, "a comma or ] is missing" },
        { "{\"b\":[1,]}", 8, "a value is missing" },
        { "{\"b\":[}]}", 6, "a value is missing" },
        { "{\"b\":{\"c\":1,}}", 12, "a name in quotes is missing" },
        { "{} x", 3, "something stands behind its end" },
        { "{}}", 2, "something stands behind its end" },
        { "{\"a\":tru}", 5, "a value is malformed" },
        { "{\"a\":truee}", 5, "a value is malformed" },
        { "{\"a\":nul\"l\"}", 5, "a value is malformed" },
        { "{\"a\":NaN}", 5, "a value is malformed" },
    };
    ASSERT_FAULTS(*state, cases);
}

static void
names_faults_of_numbers(void **state)
{
    static const struct faulty cases[] = {
        { "{\"a\":01}", 5, "a number" },   { "{\"a\":-}", 5, "a number" },
        { "{\"a\":+1}", 5, "a value" },    { "{\"a\":1.}", 5, "a number" },
        { "{\"a\":.5}", 5, "a value" },    { "{\"a\":1e}", 5, "a number" },
        { "{\"a\":1e+}", 5, "a number" },  { "{\"a\":1.e5}", 5, "a number" },
        { "{\"a\":0x10}", 5, "a number" }, { "{\"a\":1_0}", 5, "a number" },
        { "{\"a\":-01}", 5, "a number" },  { "{\"a\":1.5.5}", 5, "a number" },
    };
    ASSERT_FAULTS(*state, cases);
}

static void
names_faults_of_strings_wanted_or_not(void **state)
{
    static const struct faulty cases[] = {
        { "{\"a\":\"x", 5, "a string is not closed" },
        { "{\"a\":\"x\\\"}", 5, "a string is not closed" },
        { "{\"a\":\"x\ny\"}", 7, "a control character" },
        { "{\"a\":\"\\x\"}", 6, "only" },
        { "{\"b\":\"12\\u12g4\"}", 8, "four hexadecimal digits" },
        { "{\"b\":\"\\u12\"}", 6, "four hexadecimal digits" },
        { "{\"b\":\"\\ud800\"}", 6, "half of a surrogate pair" },
        { "{\"b\":\"\\udc00\"}", 6, "half of a surrogate pair" },
        { "{\"b\":\"\\ud800\\u0041\"}", 6, "half of a surrogate pair" },
        { "{\"b\\q\":1}", 3, "only" },
        { "{\"b\":{\"\\q\":1}}", 7, "only" },
        { "{\"a\":\"\xff\"}", 6, "it is not valid UTF-8" },
        { "{\"a\":\"\xc0\x80\"}", 6, "it is not valid UTF-8" },
        { "{\"a\":\"\xed\xa0\x80\"}", 6, "it is not valid UTF-8" },
        { "{\"a\":\"\xf4\x90\x80\x80\"}", 6, "it is not valid UTF-8" },
        { "{\"a\":\"\xe2\x82\"}", 6, "it is not valid UTF-8" },
    };
    ASSERT_FAULTS(*state, cases);
}

/* {"a":[[..]]} with @depth containers in all; objects within where @object. */
static char *
nested(unsigned depth, bool object)
{
    struct strbuf text = { 0 };
    strbuf_str(&text, "{\"a\":");
    for (unsigned i = 1; i < depth; i++)
        strbuf_str(&text, object ? "{\"a\":" : "[");
    strbuf_str(&text, "1");
    for (unsigned i = 1; i < depth; i++)
        strbuf_char(&text, object ? '}' : ']');
    strbuf_str(&text, "}");
    return strbuf_take(&text);
}

static void
allows_64_levels_and_no_more(void **state)
{
    struct fixture *fixture = *state;
    static const unsigned too_deep[] = { 65, 66, 128, 10000 };
    want(fixture, "a.a.a");
    for (int object = 0; object <= 1; object++) {
        char *text = nested(64, object);
        decode_one(fixture, text);
        assert_int_equal(fixture->n_faults, 0);
        free(text);
        for (size_t i = 0; i < sizeof(too_deep) / sizeof(*too_deep); i++) {
            text = nested(too_deep[i], object);
            decode_one(fixture, text);
            assert_int_equal(fixture->n_faults, 1);
            assert_string_equal(fixture->faults[0].what, "it is nested more than 64 deep");
            assert_int_equal(fixture->faults[0].byte, 64 * (object ? 5 : 1) + (object ? 0 : 4));
            free(text);
        }
    }
}

static void
passes_over_records_without_json(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a");
    static const char text[] = "{\"a\":\"1\"},{\"a\":\"2\"}";
    struct levada_record records[] = {
        { .value = { text, 9 } },
        { .value = { NULL, 0 } },
        { .value = { text, 9 }, .flags = LEVADA_R_OPAQUE },
        { .value = { text + 10, 9 } },
    };
    decode(fixture, records, 4);
    assert_int_equal(fixture->n_faults, 0);
    assert_str(&fixture->columns[a][0], "1");
    assert_int_equal(fixture->columns[a][1].type, LEVADA_T_MISSING);
    assert_int_equal(fixture->columns[a][2].type, LEVADA_T_MISSING);
    assert_str(&fixture->columns[a][3], "2");
}

static void
pins_a_fault_on_its_record(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a");
    static const char *const faulty[] = {
        "{\"a\":\"2}",
        "{\"a\":2\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\n\"}",
        "\"",
        "{",
        "",
        "{\"a\":2",
        "{\"a\":2}}",
        "\\",
        "{\"a\":\"2\\\"}",
        "}",
    };
    static const char *const gaps[] = { ",", ",\n    ", "", " ", "\"", "\\", "x", ",{},", "\xff" };
    for (size_t f = 0; f < sizeof(faulty) / sizeof(*faulty); f++) {
        for (size_t g = 0; g < sizeof(gaps) / sizeof(*gaps); g++) {
            const char *texts[] = { "{\"a\":\"1\"}", faulty[f], "{\"a\":\"3\"}", "{\"a\":\"4\"}" };
            struct strbuf file = { 0 };
            decode_file(fixture, texts, 4, gaps[g], &file);
            assert_int_equal(fixture->n_faults, 1);
            assert_int_equal(fixture->faults[0].record, 1);
            assert_str(&fixture->columns[a][0], "1");
            assert_int_equal(fixture->columns[a][1].type, LEVADA_T_MISSING);
            assert_str(&fixture->columns[a][2], "3");
            assert_str(&fixture->columns[a][3], "4");
            strbuf_finish(&file);
        }
    }
}

/* Its memory ends where it does; what lies behind is of somebody else. */
static struct levada_record
record_apart(const char *text, size_t n)
{
    char *exact = malloc(n);
    memcpy(exact, text, n);
    return (struct levada_record){ .value = { exact, n } };
}

static void
reads_a_record_that_is_cut_no_further_than_it_goes(void **state)
{
    static const char whole[] = "{\"a\":\"x\\u00e4y\",\"b\":[1,{\"c\":-1.5e3}],\"n\":true}";
    struct fixture *fixture = *state;
    const size_t all = strlen(whole);
    size_t a = want(fixture, "a"), n = want(fixture, "n");
    for (size_t cut = 1; cut <= all; cut++) {
        struct levada_record records[] = { record_apart("{\"n\":1}", 7), record_apart(whole, cut),
                                           record_apart(whole, all) };
        decode(fixture, records, 3);
        assert_int_equal(fixture->n_faults, cut < all);
        assert_int_equal(fixture->n_faults == 0 || fixture->faults[0].record == 1, 1);
        assert_int_equal(fixture->columns[n][0].u.i, 1);
        assert_str(&fixture->columns[a][2], "x\u00e4y");
        for (int i = 0; i < 3; i++)
            free((void *)(uintptr_t)records[i].value.p);
    }
}

/* @form with @i for each #, and white space behind it. */
static const char *
write_form(char *buf, size_t size, const char *form, unsigned i)
{
    size_t n = 0;
    for (; *form != '\0'; form++)
        n += (size_t)(*form == '#' ? sprintf(buf + n, "%u", i) : sprintf(buf + n, "%c", *form));
    memset(buf + n, ' ', size - 1 - n);
    buf[size - 1] = '\0';
    return buf;
}

/* Enough to need several spans, in which fields come, go, change their order and their form. */
static void
follows_records_whose_fields_change(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a"), b = want(fixture, "bee"), n = want(fixture, "n");
    static const char *const forms[] = {
        "{\"a\":\"#\",\"bee\":\"b#\",\"n\":#}",
        "{\"bee\":\"b#\",\"n\":#,\"a\":\"#\"}",
        "{\"x\":{\"a\":\"no\"},\"a\":\"#\",\"bee\":\"b#\",\"y\":\"\",\"n\":#}",
        "{ \"a\" : \"#\" ,\n \"bee\"\t: \"b#\" , \"n\" : # }",
        "{\"a\":\"#\",\"bee\":\"\\u0062#\",\"c\":\"\\\\\",\"n\":#}",
    };
    static char room[MAX_RECORDS][512];
    const char *texts[MAX_RECORDS];
    for (unsigned i = 0; i < MAX_RECORDS; i++) {
        texts[i] = write_form(room[i], sizeof(room[i]), forms[i % 7 % 5], i);
    }
    struct strbuf file = { 0 };
    decode_file(fixture, texts, MAX_RECORDS, ",\n", &file);
    assert_true(file.n > 64 * 1024);
    assert_int_equal(fixture->n_faults, 0);
    for (unsigned i = 0; i < MAX_RECORDS; i++) {
        char expected[20];
        snprintf(expected, sizeof(expected), "b%u", i);
        assert_str(&fixture->columns[b][i], expected);
        assert_str(&fixture->columns[a][i], expected + 1);
        assert_int_equal(fixture->columns[n][i].u.i, i);
    }
    strbuf_finish(&file);
}

static void
learns_of_paths_that_are_wanted_later(void **state)
{
    struct fixture *fixture = *state;
    want(fixture, "a");
    decode_one(fixture, "{\"a\":\"1\",\"b\":\"2\"}");
    size_t b = want(fixture, "b");
    decode_one(fixture, "{\"a\":\"1\",\"b\":\"2\"}");
    assert_str(fixture->columns[b], "2");
}

static void
remembers_no_more_names_than_it_has_room_for(void **state)
{
    struct fixture *fixture = *state;
    size_t last = want(fixture, "field299"), odd = want(fixture, "long");
    struct strbuf text = { 0 };
    strbuf_str(&text, "{");
    for (unsigned i = 0; i < 300; i++)
        strbuf_printf(&text, "\"field%u\":\"%u\",", i, i);
    strbuf_printf(&text, "\"%0200d\":\"\",\"long\":\"x\"}", 0);
    for (int i = 0; i < 2; i++) {
        decode_one(fixture, strbuf_text(&text));
        assert_int_equal(fixture->n_faults, 0);
        assert_str(fixture->columns[last], "299");
        assert_str(fixture->columns[odd], "x");
    }
    strbuf_finish(&text);
}

static void
decodes_a_record_larger_than_any_before(void **state)
{
    struct fixture *fixture = *state;
    size_t a = want(fixture, "a");
    struct strbuf text = { 0 };
    strbuf_str(&text, "{\"b\":[");
    for (unsigned i = 0; i < 300000; i++)
        strbuf_str(&text, "1,");
    strbuf_str(&text, "2],\"a\":\"end\"}");
    decode_one(fixture, strbuf_text(&text));
    assert_int_equal(fixture->n_faults, 0);
    assert_str(fixture->columns[a], "end");
    strbuf_finish(&text);
}

static bool
list_member(void *user, const char *name, size_t name_n, const char *text, size_t text_n)
{
    strbuf_printf(user, "<%.*s=%.*s>", (int)name_n, name, (int)text_n, text);
    return true;
}

static bool
stop_at_once(void *user, const char *name, size_t name_n, const char *text, size_t text_n)
{
    (void)name, (void)name_n, (void)text, (void)text_n;
    return ++*(int *)user < 0;
}

static void
visits_members_in_order(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] =
        " {\"b\" : [ 1, \" x\" ] ,\"a\\n\":\"\\n\",\"c\": -1.0 , \"o\":{ } } ";
    struct levada_bytes value = { text, strlen(text) };
    struct strbuf list = { 0 };
    assert_true(json_members(fixture->decoder, value, false, list_member, &list));
    assert_string_equal(strbuf_text(&list), "<b=[ 1, \" x\" ]><a\n=\"\\n\"><c=-1.0><o={ }>");
    strbuf_clear(&list);
    assert_true(json_members(fixture->decoder, value, true, list_member, &list));
    assert_string_equal(strbuf_text(&list), "<b=[1,\" x\"]><a\n=\"\\n\"><c=-1.0><o={}>");
    strbuf_finish(&list);
    int calls = 0;
    assert_false(json_members(fixture->decoder, value, false, stop_at_once, &calls));
    assert_int_equal(calls, 1);
}

static void
visits_no_members_of_what_is_no_object(void **state)
{
    struct fixture *fixture = *state;
    static const char *const wrong[] = {
        "[]", "1", "", "{} 1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}"
    };
    struct strbuf list = { 0 };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct levada_bytes value = { wrong[i], strlen(wrong[i]) };
        assert_false(json_members(fixture->decoder, value, true, list_member, &list));
    }
    strbuf_finish(&list);
    struct levada_bytes empty = { "{ }", 3 }, absent = { NULL, 0 };
    assert_true(json_members(fixture->decoder, empty, false, stop_at_once, NULL));
    assert_false(json_members(fixture->decoder, absent, false, stop_at_once, NULL));
}

/* Room for exactly as much as went in, so that the address sanitizer sees a byte too many. */
static void
compacts_in_place_of_the_same_size(void **state)
{
    (void)state;
    for (size_t pad = 0; pad < 200; pad++) {
        struct strbuf text = { 0 };
        strbuf_printf(&text, "{%*s\"a b\":\t[1,%*s\" \\\" \"]}\n", (int)pad, "", (int)(pad % 7),
                      "");
        size_t size = text.n;
        char *in = malloc(size), *out = malloc(size);
        memcpy(in, text.text, size);
        size_t n = json_compact((struct levada_bytes){ in, size }, out);
        assert_int_equal(n, strlen("{\"a b\":[1,\" \\\" \"]}"));
        assert_memory_equal(out, "{\"a b\":[1,\" \\\" \"]}", n);
        free(in);
        free(out);
        strbuf_finish(&text);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fills_a_column_for_each_path),
        TEST(leaves_missing_what_is_not_there),
        TEST(takes_the_first_of_equal_names),
        TEST(undoes_escapes_in_values_and_names),
        TEST(points_into_the_input_where_nothing_is_escaped),
        TEST(keeps_numbers_exact),
        TEST(names_faults_of_grammar_and_their_place),
        TEST(names_faults_of_numbers),
        TEST(names_faults_of_strings_wanted_or_not),
        TEST(allows_64_levels_and_no_more),
        TEST(passes_over_records_without_json),
        TEST(pins_a_fault_on_its_record),
        TEST(reads_a_record_that_is_cut_no_further_than_it_goes),
        TEST(follows_records_whose_fields_change),
        TEST(learns_of_paths_that_are_wanted_later),
        TEST(remembers_no_more_names_than_it_has_room_for),
        TEST(decodes_a_record_larger_than_any_before),
        TEST(visits_members_in_order),
        TEST(visits_no_members_of_what_is_no_object),
        TEST(compacts_in_place_of_the_same_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
