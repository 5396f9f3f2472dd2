/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/topic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void
a_name_is_always_the_same_topic(void **state)
{
    struct topics topics = { 0 };
    struct topic *found[1000];
    char name[20];
    (void)state;

    for (int i = 0; i < 1000; i++) {
        int n = snprintf(name, sizeof(name), "topic-%d and more", i);
        found[i] = topics_get(&topics, name, (size_t)(n - (int)strlen(" and more")));
        assert_non_null(found[i]);
    }
    for (int i = 0; i < 1000; i++) {
        int n = snprintf(name, sizeof(name), "topic-%d", i);
        assert_ptr_equal(topics_get(&topics, name, (size_t)n), found[i]);
        assert_string_equal(found[i]->name, name);
    }
    topics_finish(&topics);
}

static void
forgets_topics_that_are_not_there(void **state)
{
    struct topics topics = { 0 };
    (void)state;

    struct topic *there = topics_get(&topics, "there", 5);
    there->is_asked = there->is_there = true;
    topics_get(&topics, "missing", 7)->is_asked = true;
    topics_forget_missing(&topics);
    assert_ptr_equal(topics_get(&topics, "there", 5), there);
    assert_false(topics_get(&topics, "missing", 7)->is_asked);
    topics_finish(&topics);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_always_the_same_topic),
        cmocka_unit_test(forgets_topics_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
