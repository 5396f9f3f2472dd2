/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/positions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MANY 20000 /* far too many for whoever looks at all of them each time */

/* Known by their addresses alone. */
static const struct stage *const calls = (const struct stage *)"calls";
static const struct stage *const codes = (const struct stage *)"codes";

static struct levada_position
position(const char *stream, int32_t partition, int64_t next, int64_t latest)
{
    return (struct levada_position){
        .stream = { stream, strlen(stream) }, .partition = partition, .next = next, .latest = latest
    };
}

static void
set(struct positions *positions, const struct stage *source, const char *stream, int32_t partition,
    int64_t next, int64_t latest)
{
    struct levada_position given = position(stream, partition, next, latest);
    assert_true(positions_set(positions, source, &given));
}

static int64_t
next_of(const struct positions *positions, const struct stage *source, const char *stream,
        int32_t partition)
{
    const struct levada_position *found = positions_find(positions, source, stream, partition);
    return found != NULL ? found->next : -1;
}

static void
a_position_belongs_to_its_source_stream_and_partition(void **state)
{
    struct positions positions = { .items = NULL };
    (void)state;
    set(&positions, calls, "a", 0, 1, -1);
    set(&positions, calls, "a", 1, 2, -1);
    set(&positions, calls, "b", 0, 3, -1);
    set(&positions, codes, "a", 0, 4, -1);
    set(&positions, calls, "a", 0, 5, -1);
    assert_int_equal(positions.n, 4);
    assert_int_equal(next_of(&positions, calls, "a", 0), 5);
    assert_int_equal(next_of(&positions, calls, "a", 1), 2);
    assert_int_equal(next_of(&positions, calls, "b", 0), 3);
    assert_int_equal(next_of(&positions, codes, "a", 0), 4);
    assert_int_equal(next_of(&positions, codes, "b", 0), -1);
    assert_int_equal(next_of(&positions, calls, "a", 2), -1);
    positions_finish(&positions);
}

static void
texts_are_copied_and_can_be_replaced_by_themselves(void **state)
{
    struct positions positions = { .items = NULL };
    char stream[] = "calls", detail[] = "part 1";
    struct levada_position given = position(stream, 0, 1, -1);
    (void)state;
    given.detail = (struct levada_bytes){ detail, strlen(detail) };
    assert_true(positions_set(&positions, calls, &given));
    memset(stream, 'x', sizeof(stream) - 1);
    memset(detail, 'x', sizeof(detail) - 1);
    struct levada_position again = *positions_find(&positions, calls, "calls", 0);
    assert_string_equal(again.stream.p, "calls");
    assert_string_equal(again.detail.p, "part 1");
    assert_true(positions_set(&positions, calls, &again));
    assert_string_equal(positions_find(&positions, calls, "calls", 0)->detail.p, "part 1");
    positions_finish(&positions);
}

static void
the_end_is_what_was_told_first(void **state)
{
    struct positions positions = { .items = NULL };
    (void)state;
    set(&positions, calls, "a", 0, 0, -1); /* not known yet */
    assert_false(positions_reached(&positions, calls));
    set(&positions, calls, "a", 0, 0, 10);
    set(&positions, calls, "a", 0, 9, 20);
    assert_false(positions_reached(&positions, calls));
    set(&positions, calls, "a", 0, 10, 20);
    assert_true(positions_reached(&positions, calls));
    assert_false(positions_reached(&positions, codes));
    positions_finish(&positions);
}

static void
going_back_keeps_the_ends(void **state)
{
    struct positions positions = { .items = NULL }, then = { .items = NULL };
    (void)state;
    set(&positions, calls, "a", 0, 3, -1);
    assert_true(positions_copy(&then, &positions));
    set(&positions, calls, "a", 0, 8, 5);
    set(&positions, calls, "a", 1, 1, 1);
    assert_true(positions_go_back(&positions, &then));
    assert_int_equal(next_of(&positions, calls, "a", 0), 3);
    assert_int_equal(next_of(&positions, calls, "a", 1), -1);
    assert_false(positions_reached(&positions, calls));
    set(&positions, calls, "a", 0, 5, 50);
    assert_true(positions_reached(&positions, calls));
    positions_finish(&positions);
    positions_finish(&then);
}

/* Each is found, also behind those that go; whoever searched would need minutes. */
static void
many_partitions_are_set_found_and_forgotten(void **state)
{
    static struct levada_position kept[MANY / 2];
    static char names[MANY / 2][16];
    struct positions positions = { .items = NULL };
    char stream[16];
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            snprintf(stream, sizeof(stream), "topic-%d", i % 7);
            set(&positions, calls, stream, i, i + round, -1);
        }
    }
    set(&positions, codes, "topic-0", 1, 77, -1);
    assert_int_equal(positions.n, MANY + 1);
    for (int i = 0; i < MANY / 2; i++) {
        snprintf(names[i], sizeof(names[i]), "topic-%d", i * 2 % 7);
        kept[i] = position(names[i], i * 2, 0, -1);
    }
    positions_keep_only(&positions, calls, kept, MANY / 2);
    assert_int_equal(positions.n, MANY / 2 + 1);
    for (int i = 0; i < MANY; i++) {
        snprintf(stream, sizeof(stream), "topic-%d", i % 7);
        assert_int_equal(next_of(&positions, calls, stream, i), i % 2 == 0 ? i + 2 : -1);
    }
    assert_int_equal(next_of(&positions, codes, "topic-0", 1), 77);
    positions_keep_only(&positions, calls, NULL, 0);
    assert_int_equal(positions.n, 1);
    positions_finish(&positions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_belongs_to_its_source_stream_and_partition),
        cmocka_unit_test(texts_are_copied_and_can_be_replaced_by_themselves),
        cmocka_unit_test(the_end_is_what_was_told_first),
        cmocka_unit_test(going_back_keeps_the_ends),
        cmocka_unit_test(many_partitions_are_set_found_and_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
