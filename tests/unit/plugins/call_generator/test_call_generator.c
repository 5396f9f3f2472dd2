/* SPDX-License-Identifier: Apache-2.0 */
#include "call_generator.h"
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct fake_host host;
    const struct levada_stage *stage;
    struct call_generator *self;
};

static void
new_source(struct fixture *f)
{
    free(f->self);
    f->self = calloc(1, f->stage->self_size);
    f->self->count = 2500;
    f->self->seed = 1;
    f->self->start = "2018-10-02T09:11";
    f->self->end = "2018-12-31T23:57";
}

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->stage = fake_host_init(&f->host, 0);
    new_source(f);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    free(f->self);
    fake_host_finish(&f->host);
    free(f);
    return 0;
}

static levada_status
create(struct fixture *f)
{
    levada_status status = f->stage->create(f->self, fake_call(&f->host), NULL);
    return f->host.status < 0 ? f->host.status : status;
}

static void
read_to_end(struct fixture *f)
{
    assert_int_equal(create(f), LEVADA_OK);
    assert_int_equal(fake_host_restore(&f->host, f->stage, f->self), LEVADA_OK);
    assert_int_equal(fake_host_read_all(&f->host, f->stage, f->self, 1000), LEVADA_END);
}

static const char *
time_in(const struct fake_record *record)
{
    return strstr(record->value, "\"call_date_time\":\"");
}

static void
makes_as_many_calls_as_told_newest_first(void **state)
{
    struct fixture *f = *state;
    read_to_end(f);
    assert_int_equal(f->host.n_records, 2500);
    for (size_t i = 0; i < 2500; i++) {
        assert_int_equal(f->host.records[i].number, i);
        if (i > 0)
            assert_true(
                strncmp(time_in(&f->host.records[i]), time_in(&f->host.records[i - 1]), 40) <= 0);
    }
}

static void
oldest_first_is_the_same_the_other_way_round(void **state)
{
    struct fixture *f = *state;
    read_to_end(f);
    new_source(f);
    f->self->order = CALLS_OLDEST_FIRST;
    read_to_end(f);
    assert_int_equal(f->host.n_records, 5000);
    for (size_t i = 0; i < 2500; i++)
        assert_string_equal(f->host.records[i].value, f->host.records[4999 - i].value);
}

static void
no_calls_end_at_once(void **state)
{
    struct fixture *f = *state;
    f->self->count = 0;
    read_to_end(f);
    assert_int_equal(f->host.n_records, 0);
}

static void
goes_on_behind_a_stored_position(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(create(f), LEVADA_OK);
    fake_host_read(&f->host, f->stage, f->self, 300, 4);
    assert_int_equal(f->host.n_records, 1200);
    fake_host_store(&f->host);
    new_source(f);
    read_to_end(f);
    assert_int_equal(f->host.n_records, 2500);
    for (size_t i = 0; i < 2500; i++)
        assert_int_equal(f->host.records[i].number, i);
}

static void
refuses_a_position_of_other_calls(void **state)
{
    struct fixture *f = *state;
    read_to_end(f);
    fake_host_store(&f->host);
    new_source(f);
    f->self->seed = 2;
    assert_int_equal(create(f), LEVADA_OK);
    assert_int_equal(fake_host_restore(&f->host, f->stage, f->self), LEVADA_CONFIG);
}

static void
a_rate_of_calls_sets_the_span(void **state)
{
    struct fixture *f = *state;
    f->self->count = 240;
    f->self->calls_per_hour = 10;
    read_to_end(f);
    assert_int_equal(
        strncmp(time_in(&f->host.records[0]), "\"call_date_time\":\"2018-12-31T23", 31), 0);
    assert_int_equal(strncmp(time_in(&f->host.records[239]), "\"call_date_time\":\"2018-12-3", 27),
                     0);
    assert_int_equal(f->self->generator.times.end - f->self->generator.times.start, 24 * 3600);
}

static void
assert_problem(struct fixture *f, const char *start, const char *end, const char *problem)
{
    new_source(f);
    f->self->start = start;
    f->self->end = end;
    f->host.problems[0] = 0;
    assert_int_equal(create(f), LEVADA_CONFIG);
    assert_string_equal(f->host.problems, problem);
}

static void
finds_wrong_options(void **state)
{
    assert_problem(*state, "x", "2018-12-31", "start: is no time such as \"2018-10-02T09:11\"\n");
    assert_problem(*state, "2018-12-31", "x", "end: is no time such as \"2018-12-31T23:57\"\n");
    assert_problem(*state, "2019-01-01", "2018-12-31", "start: lies after end\n");
}

static void
declares_the_fields_of_a_call(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(create(f), LEVADA_OK);
    assert_string_equal(f->host.fields,
                        "only crime_id original_crime_type_name report_date call_date offense_date "
                        "call_time call_date_time disposition address city state agency_id "
                        "address_type common_location ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define SOURCE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        SOURCE_TEST(makes_as_many_calls_as_told_newest_first),
        SOURCE_TEST(oldest_first_is_the_same_the_other_way_round),
        SOURCE_TEST(no_calls_end_at_once),
        SOURCE_TEST(goes_on_behind_a_stored_position),
        SOURCE_TEST(refuses_a_position_of_other_calls),
        SOURCE_TEST(a_rate_of_calls_sets_the_span),
        SOURCE_TEST(finds_wrong_options),
        SOURCE_TEST(declares_the_fields_of_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
