/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/property_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "kafka_common/property.h"

const struct levada_host *levada;

static void
assert_values(const char *name, const char *expected)
{
    char values[400];
    property_table_values(name, values, sizeof(values));
    assert_string_equal(values, expected);
}

static void
knows_words_ranges_and_free_texts(void **state)
{
    (void)state;
    assert_values("broker.address.family", "any, v4, v6");
    assert_values("linger.ms", "0 .. 900000");
    assert_values("socket.keepalive.enable", "true, false");
    assert_values("client.id", "");
}

static void
a_name_is_not_the_beginning_of_another(void **state)
{
    (void)state;
    assert_values("linger", "");
    assert_values("no.such.property", "");
    assert_values("max.in.flight", "1 .. 1000000");
}

static void
a_long_answer_is_cut(void **state)
{
    char values[5];
    (void)state;
    property_table_values("linger.ms", values, sizeof(values));
    assert_string_equal(values, "0 ..");
}

static bool
is_newer(const char *name)
{
    return strcmp(name, "fetch.queue.backoff.ms") == 0 && rd_kafka_version() < 0x020200ff;
}

/* A name that is let through and that librdkafka does not know could never be set. */
static void
librdkafka_knows_every_name_that_is_let_through(void **state)
{
    (void)state;
    for (size_t i = 0; property_allowed(i) != NULL; i++) {
        if (!is_newer(property_allowed(i)) && !property_table_knows(property_allowed(i)))
            fail_msg("%s", property_allowed(i));
    }
    assert_false(property_table_knows("no.such.property"));
    assert_false(property_table_knows(""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_words_ranges_and_free_texts),
        cmocka_unit_test(a_name_is_not_the_beginning_of_another),
        cmocka_unit_test(a_long_answer_is_cut),
        cmocka_unit_test(librdkafka_knows_every_name_that_is_let_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
