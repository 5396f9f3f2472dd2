/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct fake_host host;
static const struct levada_stage *stage;
static int64_t self[2]; /* limit, next: the option comes first in the instance */

static int
set_up(void **state)
{
    (void)state;
    stage = fake_host_init(&host, 0);
    assert_int_equal(stage->self_size, sizeof(self));
    assert_int_equal(stage->options[0].offset, 0);
    self[0] = 5;
    self[1] = 0;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    fake_host_finish(&host);
    return 0;
}

static void
counts_to_its_limit_and_ends(void **state)
{
    (void)state;
    assert_int_equal(fake_host_read_all(&host, stage, self, 2), LEVADA_END);
    assert_int_equal(host.n_records, 5);
    assert_string_equal(host.records[0].value, "{\"n\":0,\"word\":\"w0\"}");
    assert_string_equal(host.records[4].value, "{\"n\":4,\"word\":\"w1\"}");
    assert_int_equal(host.records[4].number, 4);
    assert_int_equal(host.records[4].offset, 4);
    assert_int_equal(host.records[4].timestamp_ms, 4000);
}

static void
reads_on_where_a_checkpoint_says(void **state)
{
    (void)state;
    assert_int_equal(fake_host_read(&host, stage, self, 3, 1), LEVADA_AGAIN);
    fake_host_store(&host);
    assert_int_equal(fake_host_read_all(&host, stage, self, 10), LEVADA_END);
    fake_host_forget_records(&host);

    assert_int_equal(fake_host_restore(&host, stage, self), LEVADA_OK);
    assert_int_equal(fake_host_read_all(&host, stage, self, 10), LEVADA_END);
    assert_int_equal(host.n_records, 2);
    assert_int_equal(host.records[0].number, 3);
}

static void
starts_at_0_without_a_checkpoint(void **state)
{
    (void)state;
    self[1] = 4;
    assert_int_equal(fake_host_restore(&host, stage, self), LEVADA_OK);
    assert_int_equal(fake_host_read_all(&host, stage, self, 10), LEVADA_END);
    assert_int_equal(host.n_records, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_to_its_limit_and_ends),
        TEST(reads_on_where_a_checkpoint_says),
        TEST(starts_at_0_without_a_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
