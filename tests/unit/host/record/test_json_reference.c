/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "json_check.h"

/* Records of which every other one here is a mutation. */
static const char *const seeds[] = {
    "{\"crime_id\": \"183653763\", \"original_crime_type_name\": \"Traffic Stop\", "
    "\"call_date_time\": \"2018-12-31T23:57:00.000\", \"disposition\": \"ADM\"}",
    "{\n        \"crime_id\": \"183653756\",\n        \"original_crime_type_name\": \"Passing "
    "Call\",\n        \"call_date_time\": \"2018-12-31T23:54:00.000\",\n        \"disposition\": "
    "\"\"\n    }",
    "{\"a\":{\"b\":{\"c\":[1,2.5,-3e-7]}},\"list\":[{\"x\":1},2,{\"x\":\"y\"}],\"n\":null}",
    "{\"n\":true,\"a\":{},\"list\":[],\"b\":[[[]],{}],\"\":false}",
    "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\",\"\xc3\xa9\":\"\xe2\x82\xac "
    "\xf0\x9f\x98\x80\",\"disposition\":\"plain\"}",
    "{\"n\":9223372036854775807,\"a\":-9223372036854775808,\"list\":[1e10,0,-0,0.1,1E-5,1.5e+3]}",
    "{}",
    " { } ",
    "{\"a\":{\"a\":{\"b\":{\"c\":{\"d\":\"e\"}}}},\"disposition\":{\"a\":1}}",
    "{\"a\":{\"b\":\"x\",\"c\":[{\"b\":[1,[2,[3,[4]]]]}],\"d\":{\"b\":{}}},\"list\":[[0],1,{}]}",
};
#define N_SEEDS (sizeof(seeds) / sizeof(*seeds))

/* What is worth putting into JSON text. */
static const char *const pieces[] = {
    "\"",
    "\\",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "0",
    "1",
    "-",
    ".",
    "e",
    "true",
    "null",
    " ",
    "\n",
    "\t",
    "\r",
    "\x01",
    "\x0c",
    "\x1a",
    "\x7f",
    "\xff",
    "\xc3",
    "\x80",
    "\xed\xa0\x80",
    "\xc3\xa9",
    "\\u",
    "\\u00",
    "\\ud800",
    "\\udc00",
    "\\n",
    "\\\"",
    "\"a\":",
    "\"\"",
    "[[",
    "}}",
    "99999999999999999999",
    "1e999",
    "\xef\xbb\xbf",
    "/",
    "\xf4\x90\x80\x80",
};
#define N_PIECES (sizeof(pieces) / sizeof(*pieces))

#define MAX_BATCH 12
#define MAX_TEXT 1024

static uint32_t
draw(uint64_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 33) % below;
}

struct text {
    char bytes[MAX_TEXT];
    size_t n;
};

/* Replaces @old bytes at @at. */
static void
splice(struct text *text, size_t at, size_t old, const char *piece, size_t n)
{
    if (at + old > text->n || text->n - old + n > sizeof(text->bytes))
        return;
    memmove(text->bytes + at + n, text->bytes + at + old, text->n - at - old);
    memcpy(text->bytes + at, piece, n);
    text->n += n - old;
}

static void
mutate(struct text *text, uint64_t *random)
{
    size_t at = draw(random, (uint32_t)text->n + 1);
    const char *piece = pieces[draw(random, N_PIECES)];
    char any = (char)draw(random, 256);
    switch (draw(random, 5)) {
    case 0:
        splice(text, at, 1, piece, strlen(piece));
        return;
    case 1:
        splice(text, at, 0, piece, strlen(piece));
        return;
    case 2:
        splice(text, at, 1 + draw(random, 4), "", 0);
        return;
    case 3:
        splice(text, at, 1, &any, 1);
        return;
    default:
        if (draw(random, 4) == 0)
            text->n = at;
    }
}

static void
draw_text(struct text *text, uint64_t *random)
{
    const char *seed = seeds[draw(random, N_SEEDS)];
    text->n = strlen(seed);
    memcpy(text->bytes, seed, text->n);
    for (uint32_t i = draw(random, 4); i > 0; i--)
        mutate(text, random);
}

static void
agrees_with_the_reference_on_mutated_records(void **state)
{
    (void)state;
    static const char *const gaps[] = { ",\n    ", ",", "", "\n", "\"", " x ", "\\", "\xff" };
    static struct text texts[MAX_BATCH];
    struct json_check *check = json_check_create();
    uint64_t random = 20261124;
    for (int round = 0; round < 4000; round++) {
        struct levada_bytes bytes[MAX_BATCH];
        uint32_t n = 1 + draw(&random, MAX_BATCH);
        for (uint32_t i = 0; i < n; i++) {
            draw_text(&texts[i], &random);
            bytes[i] = (struct levada_bytes){ texts[i].bytes, texts[i].n };
        }
        if (!json_check_texts(check, bytes, n, gaps[draw(&random, 8)]))
            fail_msg("in round %d", round);
    }
    uint64_t valid, faulty;
    json_check_seen(check, &valid, &faulty);
    assert_true(valid > 5000 && faulty > 5000);
    json_check_destroy(check);
}

static void
agrees_with_the_reference_on_records_cut_anywhere(void **state)
{
    (void)state;
    struct json_check *check = json_check_create();
    for (size_t s = 0; s < N_SEEDS; s++) {
        for (size_t n = 0; n <= strlen(seeds[s]); n++) {
            struct levada_bytes bytes[] = { { seeds[0], strlen(seeds[0]) },
                                            { seeds[s], n },
                                            { seeds[s] + n, strlen(seeds[s]) - n },
                                            { seeds[4], strlen(seeds[4]) } };
            if (!json_check_texts(check, bytes, 4, ",\n") || !json_check_texts(check, bytes, 4, ""))
                fail_msg("%s, cut at %zu", seeds[s], n);
        }
    }
    json_check_destroy(check);
}

/* Each byte of a record, replaced by each byte there is. */
static void
agrees_with_the_reference_on_every_byte(void **state)
{
    (void)state;
    struct json_check *check = json_check_create();
    static const char *const chosen[] = { "{\"a\":[1.5e-3,{\"b\":\"\\u00e9\"}],\"n\":null}",
                                          "{\"n\":\"\xe2\x82\xac\",\"a\":{\"b\":-10}} " };
    for (size_t s = 0; s < 2; s++) {
        for (size_t at = 0; at < strlen(chosen[s]); at++) {
            struct levada_bytes bytes[256];
            static char texts[256][64];
            for (int c = 0; c < 256; c++) {
                bytes[c] = (struct levada_bytes){ texts[c], strlen(chosen[s]) };
                memcpy(texts[c], chosen[s], bytes[c].n);
                texts[c][at] = (char)c;
            }
            if (!json_check_texts(check, bytes, 256, ", "))
                fail_msg("%s at %zu", chosen[s], at);
        }
    }
    json_check_destroy(check);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_reference_on_mutated_records),
        cmocka_unit_test(agrees_with_the_reference_on_records_cut_anywhere),
        cmocka_unit_test(agrees_with_the_reference_on_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
