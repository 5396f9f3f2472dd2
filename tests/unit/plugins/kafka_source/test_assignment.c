/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/assignment.h"

#include "fake_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ASSIGN RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
#define REVOKE RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS

struct member {
    struct fake_group *group;
    struct client client;
    struct also_read none;
    struct levada_list starting;
    struct assignment assignment;
};

static int
join(void **state)
{
    static struct member member;
    static const char *const earliest = "earliest";
    member = (struct member){ .group = fake_group_reset(), .starting = { &earliest, 1 } };
    member.assignment.client = &member.client;
    member.assignment.beginning =
        (struct beginning){ &member.starting, &member.none, true, true, false };
    for (int i = 0; i < 4; i++)
        member.group->partitions[i].end = 10;
    *state = &member;
    return 0;
}

static int
leave(void **state)
{
    struct member *member = *state;
    assignment_finish(&member->assignment);
    fake_group_reset();
    return 0;
}

/* What the group's leader says, and the poll behind it. */
static void
note(struct member *member, rd_kafka_resp_err_t what, const int32_t *numbers)
{
    rd_kafka_topic_partition_list_t *list = fake_group_list(numbers);
    assignment_note(&member->assignment, what, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static levada_status
settle(struct member *member)
{
    member->group->told[0] = member->group->assigned[0] = '\0';
    levada_status status = assignment_settle(&member->assignment, NULL);
    if (status == LEVADA_OK)
        assignment_told(&member->assignment);
    if (status == LEVADA_OK && member->assignment.ready != NULL) /* the host asks for more */
        status = assignment_settle(&member->assignment, NULL);
    return status;
}

static const int32_t two[] = { 2, 0, -1 }, three[] = { 0, 1, 2, -1 };

static void
what_is_given_is_taken_over_where_it_was_left(void **state)
{
    struct member *member = *state;
    member->group->partitions[0].committed = 7;
    note(member, ASSIGN, two);
    assert_string_equal(member->group->assigned, ""); /* not before the next poll */
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "2@0 0@7 ;");
    assert_string_equal(member->group->told, "0@7 2@0 [2 0]");
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->told, ""); /* once */
}

static void
that_state_was_committed_with_a_position_is_told(void **state)
{
    struct member *member = *state;
    member->group->partitions[0].committed = member->group->partitions[2].committed = 7;
    member->group->partitions[0].metadata = "levada: with state";
    member->group->partitions[2].metadata = "by hand";
    note(member, ASSIGN, two);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->told, "0@7+ 2@7 [2 0]");
}

static void
what_goes_is_let_go_once_what_was_read_is_delivered(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, two);
    settle(member);
    note(member, REVOKE, two);
    assert_true(member->assignment.leaving);
    assert_non_null(partitions_find(&member->assignment.partitions, "calls", 2));
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, ";");
    assert_string_equal(member->group->told, "[]");
    assert_false(member->assignment.leaving);
    assert_null(partitions_find(&member->assignment.partitions, "calls", 2));
}

/*
 * It had another owner meanwhile, and must not look as if it had stayed: what was read of it is of
 * a membership that is over, also where nobody took it back.
 */
static void
what_goes_and_comes_back_was_away(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, two);
    settle(member);
    note(member, ASSIGN, three);
    assert_int_equal(settle(member), LEVADA_LOST);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->told, "[]");
    member->group->partitions[0].committed = 4;
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "0@4 1@0 2@0 ;");
    assert_string_equal(member->group->told, "2@0 1@0 0@4 [2 0 1]");
}

/* As the host forgets what it heard in a callback that failed. */
static void
what_was_told_in_vain_is_told_again(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, two);
    settle(member);
    note(member, REVOKE, two);
    for (int i = 0; i < 2; i++) {
        member->group->told[0] = '\0';
        assert_int_equal(assignment_settle(&member->assignment, NULL), LEVADA_OK);
        assert_string_equal(member->group->told, "[]");
    }
}

static void
what_was_taken_away_is_lost(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, two);
    settle(member);
    member->group->is_lost = true;
    note(member, REVOKE, two);
    assert_int_equal(settle(member), LEVADA_LOST);
    assert_non_null(strstr(member->group->text, "the group gave our partitions away"));
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->told, "[]");
}

/* The poll in which the host would have heard of it failed, with records of the round before it. */
static void
what_goes_in_a_poll_that_fails_is_lost(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, two);
    settle(member);
    note(member, REVOKE, two);
    assert_int_equal(assignment_restart(&member->assignment, NULL), LEVADA_OK);
    assert_int_equal(settle(member), LEVADA_LOST);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->told, "[]");
}

static void
what_begins_at_its_end_is_told_apart(void **state)
{
    static const char *const latest = "latest";
    struct member *member = *state;
    note(member, ASSIGN, two);
    settle(member);
    assert_false(member->assignment.begins_at_end);
    note(member, REVOKE, two);
    settle(member);
    member->starting.items = &latest;
    member->group->partitions[0].committed = 4;
    note(member, ASSIGN, two);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "2@10 0@4 ;");
    assert_true(member->assignment.begins_at_end);
    member->group->partitions[2].committed = 10;
    assert_int_equal(assignment_restart(&member->assignment, NULL), LEVADA_OK);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_false(member->assignment.begins_at_end);
}

/* All goes, and nothing comes back: the status of the poll that finds it out. */
static levada_status
lose_all(struct member *member)
{
    static const int32_t none[] = { -1 };
    note(member, ASSIGN, two);
    assert_int_equal(settle(member), LEVADA_OK);
    note(member, REVOKE, two);
    assert_int_equal(settle(member), LEVADA_OK);
    note(member, ASSIGN, none);
    return settle(member);
}

static void
a_topic_that_others_have_now_is_no_loss(void **state)
{
    struct member *member = *state;
    assert_int_equal(lose_all(member), LEVADA_OK);
    assert_string_equal(member->group->logs, "");
}

static void
a_topic_that_was_deleted_ends_it(void **state)
{
    struct member *member = *state;
    member->group->is_deleted = true;
    assert_int_equal(lose_all(member), LEVADA_NO_INPUT);
    assert_non_null(strstr(member->group->text, "topic calls was deleted"));
}

static void
a_topic_that_was_deleted_is_left_out_where_losses_are_allowed(void **state)
{
    struct member *member = *state;
    member->assignment.beginning.fails_on_loss = false;
    member->group->is_deleted = true;
    assert_int_equal(lose_all(member), LEVADA_OK);
    assert_string_equal(member->group->told, "[]");
    assert_string_equal(member->group->logs,
                        "a topic was deleted; the others are read on topic=calls\n");
    assert_int_equal(assignment_lose_topic(&member->assignment, NULL, "calls"), LEVADA_OK);
    assert_int_equal(strlen(strchr(member->group->logs, '\n')), 1); /* told once */
}

/* The group's leader did not know it yet when it gave the partitions away. */
static void
what_was_deleted_and_is_given_all_the_same_is_left_out_where_losses_are_allowed(void **state)
{
    struct member *member = *state;
    member->group->partitions[0].err = RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    note(member, ASSIGN, two);
    assert_int_equal(settle(member), LEVADA_NO_INPUT);
    assert_string_equal(member->group->assigned, "");
    member->assignment.beginning.fails_on_loss = false;
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "2@0 0@-2 ;"); /* librdkafka looks for it */
    assert_string_equal(member->group->told, "2@0 [2]");
    assert_null(partitions_find(&member->assignment.partitions, "calls", 0));
    assert_string_equal(member->group->logs,
                        "a topic was deleted; the others are read on topic=calls\n");
}

static void
all_that_is_given_may_have_been_deleted(void **state)
{
    struct member *member = *state;
    member->assignment.beginning.fails_on_loss = false;
    member->group->err = RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION; /* as librdkafka says then, too */
    member->group->partitions[0].err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    member->group->partitions[2].err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    note(member, ASSIGN, two);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->told, "[]");
    assert_null(assignment_acknowledge(&member->assignment));
}

static void
what_comes_back_is_read_again_with_all(void **state)
{
    struct member *member = *state;
    const rd_kafka_message_t record = { .rkt = (rd_kafka_topic_t *)member->group };
    member->assignment.beginning.fails_on_loss = false;
    member->group->partitions[0].err = RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    note(member, ASSIGN, two);
    settle(member);
    member->group->partitions[0].err = RD_KAFKA_RESP_ERR_NO_ERROR;
    assert_int_equal(assignment_meet(&member->assignment, NULL, &record), LEVADA_LOST);
    assert_string_equal(member->group->text, "topic calls, which was deleted, is there again");
    assert_int_equal(assignment_restart(&member->assignment, NULL), LEVADA_OK);
    member->group->assigned[0] = '\0';
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "2@0 0@0 ;");
    assert_string_equal(member->group->told, "0@0 2@0 [2 0]");
    assert_int_equal(assignment_meet(&member->assignment, NULL, &record), LEVADA_OK);
}

/* Of partitions that are named in the pipeline's file nobody has said that they are there. */
static void
what_is_named_must_have_been_there_once(void **state)
{
    struct member *member = *state;
    member->assignment.beginning.fails_on_loss = false;
    member->group->partitions[0].err = RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    assignment_set(&member->assignment, fake_group_list(two));
    assert_int_equal(settle(member), LEVADA_NO_INPUT);
    assert_string_equal(member->group->text, "there is no partition 0 of topic calls");
    member->group->partitions[0].err = RD_KAFKA_RESP_ERR_NO_ERROR;
    assert_int_equal(settle(member), LEVADA_OK);
    member->group->partitions[0].err = RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    assert_int_equal(assignment_restart(&member->assignment, NULL), LEVADA_OK);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->told, "2@0 [2]");
}

static void
whether_it_was_deleted_is_asked_until_brokers_answer(void **state)
{
    struct member *member = *state;
    member->group->is_deleted = true;
    note(member, ASSIGN, two);
    settle(member);
    member->group->err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    note(member, REVOKE, two);
    settle(member);
    note(member, ASSIGN, (const int32_t[]){ -1 });
    assert_int_equal(settle(member), LEVADA_RETRY);
    member->group->err = RD_KAFKA_RESP_ERR_NO_ERROR;
    assert_int_equal(settle(member), LEVADA_NO_INPUT);
}

static void
only_the_last_that_is_given_counts(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, three);
    note(member, ASSIGN, two);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "2@0 0@0 ;");
}

static void
what_is_given_to_who_closes_goes_back_at_once(void **state)
{
    struct member *member = *state;
    member->assignment.is_closing = true;
    note(member, ASSIGN, two);
    assert_null(member->assignment.arriving);
    assert_string_equal(member->group->assigned, ";");
}

static void
brokers_that_do_not_answer_are_asked_again(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, two);
    member->group->err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    assert_int_equal(settle(member), LEVADA_RETRY);
    assert_string_equal(member->group->assigned, "");
    member->group->err = RD_KAFKA_RESP_ERR_NO_ERROR;
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "2@0 0@0 ;");
}

static void
all_is_read_again_from_where_the_host_is(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, two);
    settle(member);
    member->group->partitions[2].stored = 6;
    assert_int_equal(assignment_restart(&member->assignment, NULL), LEVADA_OK);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "2@6 0@0 ;");
}

/* As where the host knows better than the group. */
static void
what_the_host_does_not_take_is_not_read(void **state)
{
    struct member *member = *state;
    note(member, ASSIGN, two);
    assert_int_equal(assignment_settle(&member->assignment, NULL), LEVADA_OK);
    assert_string_equal(member->group->told, "0@0 2@0 [2 0]");
    member->group->partitions[0].committed = 7;
    assert_int_equal(assignment_restart(&member->assignment, NULL), LEVADA_OK);
    assert_string_equal(member->group->assigned, "");
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->told, "0@7 2@0 [2 0]");
    assert_string_equal(member->group->assigned, "2@0 0@7 ;");
}

static void
who_has_nothing_has_nothing_to_read_again(void **state)
{
    struct member *member = *state;
    assert_int_equal(assignment_restart(&member->assignment, NULL), LEVADA_OK);
    assert_int_equal(settle(member), LEVADA_OK);
    assert_string_equal(member->group->assigned, "");
}

static void
the_group_is_told_of_what_moved_and_again_of_what_it_did_not_take(void **state)
{
    struct member *member = *state;
    struct assignment *assignment = &member->assignment;
    note(member, ASSIGN, two);
    settle(member);
    rd_kafka_topic_partition_list_t *list = assignment_acknowledge(assignment);
    assert_int_equal(list->cnt, 2);
    rd_kafka_topic_partition_list_destroy(list);
    assert_null(assignment_acknowledge(assignment));
    partitions_find(&assignment->partitions, "calls", 2)->next = 3;
    list = assignment_acknowledge(assignment);
    assert_int_equal(list->cnt, 1);
    assert_int_equal(list->elems[0].offset, 3);
    assert_null(assignment_acknowledge(assignment));
    assignment_unacknowledge(assignment, list);
    rd_kafka_topic_partition_list_destroy(list);
    list = assignment_acknowledge(assignment);
    assert_int_equal(list->cnt, 1);
    assert_int_equal(list->elems[0].partition, 2);
    partitions_find(&assignment->partitions, "calls", 2)->next = 5; /* what failed is of the past */
    rd_kafka_topic_partition_list_t *newer = assignment_acknowledge(assignment);
    assignment_unacknowledge(assignment, list);
    assert_null(assignment_acknowledge(assignment));
    rd_kafka_topic_partition_list_destroy(newer);
    rd_kafka_topic_partition_list_destroy(list);
}

/* Another source may end the round before we are asked for records again. */
static void
the_group_is_not_told_of_what_is_to_be_read_again(void **state)
{
    struct member *member = *state;
    struct assignment *assignment = &member->assignment;
    note(member, ASSIGN, two);
    settle(member);
    partitions_find(&assignment->partitions, "calls", 2)->next = 9;
    assert_int_equal(assignment_restart(assignment, NULL), LEVADA_OK);
    assert_null(assignment_acknowledge(assignment));
    settle(member);
    rd_kafka_topic_partition_list_t *list = assignment_acknowledge(assignment);
    for (int i = 0; i < list->cnt; i++)
        assert_int_not_equal(list->elems[i].offset, 9);
    rd_kafka_topic_partition_list_destroy(list);
    note(member, REVOKE, two);
    partitions_find(&assignment->partitions, "calls", 2)->next = 9;
    assert_int_equal(assignment_restart(assignment, NULL), LEVADA_OK);
    assert_null(assignment_acknowledge(assignment));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, join, leave)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_given_is_taken_over_where_it_was_left),
        TEST(that_state_was_committed_with_a_position_is_told),
        TEST(what_goes_is_let_go_once_what_was_read_is_delivered),
        TEST(what_goes_and_comes_back_was_away),
        TEST(what_was_told_in_vain_is_told_again),
        TEST(what_was_taken_away_is_lost),
        TEST(what_goes_in_a_poll_that_fails_is_lost),
        TEST(what_begins_at_its_end_is_told_apart),
        TEST(a_topic_that_others_have_now_is_no_loss),
        TEST(a_topic_that_was_deleted_ends_it),
        TEST(a_topic_that_was_deleted_is_left_out_where_losses_are_allowed),
        TEST(what_was_deleted_and_is_given_all_the_same_is_left_out_where_losses_are_allowed),
        TEST(all_that_is_given_may_have_been_deleted),
        TEST(what_comes_back_is_read_again_with_all),
        TEST(what_is_named_must_have_been_there_once),
        TEST(whether_it_was_deleted_is_asked_until_brokers_answer),
        TEST(the_group_is_not_told_of_what_is_to_be_read_again),
        TEST(only_the_last_that_is_given_counts),
        TEST(what_is_given_to_who_closes_goes_back_at_once),
        TEST(brokers_that_do_not_answer_are_asked_again),
        TEST(all_is_read_again_from_where_the_host_is),
        TEST(what_the_host_does_not_take_is_not_read),
        TEST(who_has_nothing_has_nothing_to_read_again),
        TEST(the_group_is_told_of_what_moved_and_again_of_what_it_did_not_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
