/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "answers.h"

static enum answers_added
add(struct answers *answers, const char *text)
{
    return answers_add(answers, text, strlen(text));
}

static void
assert_piece(const struct answers *answers, uint32_t p, const char *text)
{
    assert_true(p < answers->n_pieces);
    assert_int_equal(answers->pieces[p].n, strlen(text));
    assert_memory_equal(answers->text + answers->pieces[p].at, text, strlen(text));
}

static void
takes_each_kind_of_answer(void **state)
{
    struct answers answers = { 0 };
    (void)state;
    assert_int_equal(add(&answers, " {\"a\":1} "), ANSWERS_FINE);
    assert_int_equal(add(&answers, "null"), ANSWERS_FINE);
    assert_int_equal(add(&answers, "[]"), ANSWERS_FINE);
    assert_int_equal(add(&answers, "\"no such street\""), ANSWERS_FINE);
    assert_int_equal(answers_skip(&answers), ANSWERS_FINE);
    assert_int_equal(answers.n, 5);
    assert_int_equal(answers.n_pieces, 1);
    assert_piece(&answers, 0, "{\"a\":1}");
    assert_int_equal(answers.items[1].n_records, 0);
    assert_int_equal(answers.items[3].kind, ANSWER_REJECTED);
    assert_string_equal(answers.text + answers.items[3].at, "no such street");
    assert_int_equal(answers.items[4].kind, ANSWER_NOT_ASKED);
    answers_finish(&answers);
}

static void
splits_a_list_at_its_objects_alone(void **state)
{
    struct answers answers = { 0 };
    (void)state;
    assert_int_equal(add(&answers, "[ {\"a\":\"},{\\\"]\"} ,{\"b\":{\"c\":[1,2]}}]"), ANSWERS_FINE);
    assert_int_equal(answers.items[0].n_records, 2);
    assert_piece(&answers, 0, "{\"a\":\"},{\\\"]\"}");
    assert_piece(&answers, 1, "{\"b\":{\"c\":[1,2]}}");
    answers_finish(&answers);
}

static void
refuses_what_is_no_answer(void **state)
{
    static const char *const wrong[] = {
        "",      "ok",      "1",      "true", "{",   "[",       "[1]",      "[{}",
        "[{},]", "[{} {}]", "[{}] 1", "\"",   "nul", "[{\"a\"", "[{\"}\"]", "[null]",
        "}",     "]",       "[,{}]",  "\"x",  "x\"", "[[{}]]",  "[{}]]",    "[\"x\"]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct answers answers = { 0 };
        if (add(&answers, wrong[i]) != ANSWERS_NO_ANSWER)
            fail_msg("taken for an answer: %s", wrong[i]);
        answers_finish(&answers);
    }
}

static void
is_empty_again_when_cleared(void **state)
{
    struct answers answers = { 0 };
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            assert_int_equal(add(&answers, "[{\"n\":1},{\"n\":2}]"), ANSWERS_FINE);
        assert_int_equal(answers.n_pieces, 2000);
        assert_piece(&answers, 1999, "{\"n\":2}");
        answers_clear(&answers);
        assert_int_equal(answers.n, 0);
    }
    answers_finish(&answers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_each_kind_of_answer),
        cmocka_unit_test(splits_a_list_at_its_objects_alone),
        cmocka_unit_test(refuses_what_is_no_answer),
        cmocka_unit_test(is_empty_again_when_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
