/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/refused.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TOO_LARGE RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
#define TAKEN RD_KAFKA_RESP_ERR_NO_ERROR

static struct levada_record
record(const char *value, int64_t offset)
{
    return (struct levada_record){
        .value = { value, strlen(value) }, .stream = 1, .partition = 2, .offset = offset
    };
}

static void
a_batch_of_several_only_says_that_one_is_bad(void **state)
{
    struct refused refused = { 0 };
    struct levada_record one = record("one", 7);
    (void)state;
    assert_true(refused_note(&refused, NULL, TOO_LARGE));
    assert_true(refused.one_by_one);
    assert_int_equal(refused_find(&refused, &one), TAKEN);
}

static void
a_record_is_known_by_its_origin_and_its_bytes(void **state)
{
    struct refused refused = { 0 };
    struct levada_record bad = record("bad", 7), later = record("bad", 8);
    struct levada_record sibling = record("made of the same", 7), elsewhere = bad, other = bad;
    (void)state;
    elsewhere.partition = 3;
    other.stream = 2;
    assert_true(refused_note(&refused, &bad, TOO_LARGE));
    struct levada_record again = record("bad", 7);
    assert_int_equal(refused_find(&refused, &again), TOO_LARGE);
    assert_int_equal(refused_find(&refused, &later), TAKEN);
    assert_int_equal(refused_find(&refused, &sibling), TAKEN);
    assert_int_equal(refused_find(&refused, &elsewhere), TAKEN);
    assert_int_equal(refused_find(&refused, &other), TAKEN);
}

static void
there_is_an_end_to_what_is_refused(void **state)
{
    struct refused refused = { 0 };
    struct levada_record bad = record("bad", 0);
    (void)state;
    for (uint32_t i = 0; i < REFUSED_MOST; i++, bad.offset++)
        assert_true(refused_note(&refused, &bad, TOO_LARGE));
    assert_false(refused_note(&refused, &bad, TOO_LARGE));
    bad.offset--;
    assert_int_equal(refused_find(&refused, &bad), TOO_LARGE);
}

static void
a_commit_forgets(void **state)
{
    struct refused refused = { 0 };
    struct levada_record bad = record("bad", 0);
    (void)state;
    assert_true(refused_note(&refused, &bad, TOO_LARGE));
    refused_forget(&refused);
    assert_false(refused.one_by_one);
    assert_int_equal(refused_find(&refused, &bad), TAKEN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_of_several_only_says_that_one_is_bad),
        cmocka_unit_test(a_record_is_known_by_its_origin_and_its_bytes),
        cmocka_unit_test(there_is_an_end_to_what_is_refused),
        cmocka_unit_test(a_commit_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
