/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_host.h"

#include "kafka_source/starting_offsets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_begins(const char *const *texts, uint64_t n, const char *topic, int32_t partition,
              enum starting_kind kind, int64_t at)
{
    struct levada_list list = { texts, n };
    struct starting starting = starting_offsets_of(&list, topic, partition);
    assert_int_equal(starting.kind, kind);
    assert_int_equal(starting.at, at);
}

static void
what_is_named_most_closely_counts(void **state)
{
    static const char *const texts[] = { "3=42", "earliest", "calls/3=latest", "calls/4=7" };
    (void)state;
    assert_begins(texts, 4, "other", 0, STARTING_EARLIEST, 0);
    assert_begins(texts, 4, "other", 3, STARTING_OFFSET, 42);
    assert_begins(texts, 4, "calls", 3, STARTING_LATEST, 0);
    assert_begins(texts, 4, "calls", 4, STARTING_OFFSET, 7);
    assert_begins(texts, 4, "calls-old", 4, STARTING_EARLIEST, 0);
}

static void
what_is_not_named_begins_at_the_latest(void **state)
{
    static const char *const texts[] = { "3=42" };
    (void)state;
    assert_begins(texts, 1, "calls", 0, STARTING_LATEST, 0);
}

static void
a_time_is_taken_as_utc(void **state)
{
    static const char *const texts[] = { "2018-12-31T23:00:00", "1=1970-01-02",
                                         "2=2018-12-31T23:00Z" };
    (void)state;
    assert_begins(texts, 3, "calls", 0, STARTING_TIME, INT64_C(1546297200000));
    assert_begins(texts, 3, "calls", 1, STARTING_TIME, 86400000);
    assert_begins(texts, 3, "calls", 2, STARTING_TIME, INT64_C(1546297200000));
}

static const char *
problems_of(struct kafka_host *host, const char *const *texts, uint64_t n)
{
    host->problems[0] = '\0';
    host->self->starting_offsets = (struct levada_list){ texts, n };
    kafka_host_plan(host);
    return host->problems;
}

static void
mistakes_are_told_in_words(void **state)
{
    static const char *const wrong[] = { "soon",  "3=",         "-1=4",
                                         "x=4",   "3=-4",       "4294967296=1",
                                         "a/b=1", "1969-12-31", "3=99999999999999999999" };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct kafka_host *host = kafka_host_create("localhost:1", "calls");
        const char *problems = problems_of(host, &wrong[i], 1);
        assert_non_null(strstr(problems, "starting_offsets: \""));
        assert_non_null(strstr(problems, wrong[i]));
        free(host->self);
        free(host);
    }
}

static void
what_contradicts_itself_is_refused(void **state)
{
    static const char *const texts[] = { "earliest", "a/1=4", "1=4", "latest", "a/1=5" };
    (void)state;
    struct kafka_host *host = kafka_host_create("localhost:1", "calls");
    assert_string_equal(problems_of(host, texts, 5),
                        "starting_offsets: \"latest\" contradicts \"earliest\"\n"
                        "starting_offsets: \"a/1=5\" contradicts \"a/1=4\"\n");
    free(host->self);
    free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_named_most_closely_counts),
        cmocka_unit_test(what_is_not_named_begins_at_the_latest),
        cmocka_unit_test(a_time_is_taken_as_utc),
        cmocka_unit_test(mistakes_are_told_in_words),
        cmocka_unit_test(what_contradicts_itself_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
