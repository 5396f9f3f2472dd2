/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "exec_common/messages.h"

static void
add(struct message_queue *queue, const char *bytes, size_t n)
{
    char *place = messages_reserve(queue, n);
    assert_non_null(place);
    memcpy(place, bytes, n);
    queue->n += n;
}

static void
expect(struct message_queue *queue, enum framing framing, bool at_end, const char *expected)
{
    const char *text;
    size_t n;
    assert_int_equal(messages_take(queue, framing, 100, at_end, &text, &n), MESSAGE_WHOLE);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(text, expected, n);
}

static void
expect_none(struct message_queue *queue, enum framing framing)
{
    const char *text;
    size_t n;
    assert_int_equal(messages_take(queue, framing, 100, false, &text, &n), MESSAGE_NONE);
}

static void
finds_lines_however_they_arrive(void **state)
{
    static const char text[] = "one\n\ntwo words\r\nthree\n";
    (void)state;
    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        struct message_queue queue = { 0 };
        const char *const lines[] = { "one", "", "two words", "three" };
        size_t n_lines = 0, n;
        const char *line;
        add(&queue, text, cut);
        while (messages_take(&queue, FRAMING_LINES, 100, false, &line, &n) == MESSAGE_WHOLE)
            assert_memory_equal(line, lines[n_lines++], n);
        add(&queue, text + cut, sizeof(text) - 1 - cut);
        while (n_lines < 4)
            expect(&queue, FRAMING_LINES, false, lines[n_lines++]);
        expect_none(&queue, FRAMING_LINES);
        messages_finish(&queue);
    }
}

static void
takes_a_last_line_without_its_end_at_the_end_only(void **state)
{
    struct message_queue queue = { 0 };
    (void)state;
    add(&queue, "rest", 4);
    expect_none(&queue, FRAMING_LINES);
    expect(&queue, FRAMING_LINES, true, "rest");
    messages_finish(&queue);
}

static void
reads_what_it_wrote_in_either_framing(void **state)
{
    (void)state;
    for (int framing = FRAMING_LINES; framing <= FRAMING_LENGTH; framing++) {
        struct message_queue queue = { 0 };
        assert_true(messages_put(&queue, (enum framing)framing, "{}", 2));
        assert_true(messages_put(&queue, (enum framing)framing, "[1]", 3));
        expect(&queue, (enum framing)framing, false, "{}");
        expect(&queue, (enum framing)framing, false, "[1]");
        expect_none(&queue, (enum framing)framing);
        messages_finish(&queue);
    }
}

static void
frames_hold_ends_of_lines(void **state)
{
    struct message_queue queue = { 0 };
    (void)state;
    add(&queue, "\0\0\0\3a\nb\0\0", 9);
    expect(&queue, FRAMING_LENGTH, false, "a\nb");
    expect_none(&queue, FRAMING_LENGTH);
    add(&queue, "\0\1", 2);
    expect_none(&queue, FRAMING_LENGTH);
    add(&queue, "x", 1);
    expect(&queue, FRAMING_LENGTH, false, "x");
    messages_finish(&queue);
}

static void
refuses_what_is_too_long_before_it_is_all_there(void **state)
{
    struct message_queue queue = { 0 };
    char line[200];
    const char *text;
    size_t n;
    (void)state;
    memset(line, 'x', sizeof(line));
    add(&queue, line, sizeof(line));
    assert_int_equal(messages_take(&queue, FRAMING_LINES, 100, false, &text, &n), MESSAGE_TOO_LONG);
    messages_clear(&queue);
    add(&queue, "\377\377\377\377", 4);
    assert_int_equal(messages_take(&queue, FRAMING_LENGTH, 100, false, &text, &n),
                     MESSAGE_TOO_LONG);
    messages_finish(&queue);
}

static void
goes_back_to_its_mark_also_after_more_has_come(void **state)
{
    struct message_queue queue = { 0 };
    (void)state;
    add(&queue, "old\n", 4);
    expect(&queue, FRAMING_LINES, false, "old");
    messages_mark(&queue);
    add(&queue, "a\nb\n", 4);
    expect(&queue, FRAMING_LINES, false, "a");
    for (int i = 0; i < 200; i++)
        add(&queue, "more\n", 5);
    expect(&queue, FRAMING_LINES, false, "b");
    messages_rewind(&queue);
    expect(&queue, FRAMING_LINES, false, "a");
    expect(&queue, FRAMING_LINES, false, "b");
    expect(&queue, FRAMING_LINES, false, "more");
    messages_finish(&queue);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_lines_however_they_arrive),
        cmocka_unit_test(takes_a_last_line_without_its_end_at_the_end_only),
        cmocka_unit_test(reads_what_it_wrote_in_either_framing),
        cmocka_unit_test(frames_hold_ends_of_lines),
        cmocka_unit_test(refuses_what_is_too_long_before_it_is_all_there),
        cmocka_unit_test(goes_back_to_its_mark_also_after_more_has_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
