/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/property.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

const struct levada_host *levada;

static char told[4000]; /* "option: text\n" each */

static levada_status
problem(struct levada_call *call, const char *option, const char *text)
{
    size_t n = strlen(told);
    (void)call;
    snprintf(told + n, sizeof(told) - n, "%s: %s\n", option, text);
    return LEVADA_CONFIG;
}

static int
set_up(void **state)
{
    static const struct levada_host host = { .struct_size = sizeof(host), .problem = problem };
    levada = &host;
    told[0] = '\0';
    *state = rd_kafka_conf_new();
    return *state == NULL;
}

static int
tear_down(void **state)
{
    rd_kafka_conf_destroy(*state);
    return 0;
}

static bool
set_all(void **state, const struct levada_pair *pairs, uint64_t n, unsigned role)
{
    const struct levada_list list = { pairs, n };
    return property_set_all(*state, NULL, &list, role);
}

static void
assert_is(void **state, const char *name, const char *expected)
{
    char value[200];
    size_t n = sizeof(value);
    assert_int_equal(rd_kafka_conf_get(*state, name, value, &n), RD_KAFKA_CONF_OK);
    assert_string_equal(value, expected);
}

static void
underscores_are_dots_and_values_reach_librdkafka(void **state)
{
    static const struct levada_pair pairs[] = {
        { "linger_ms", "7" },
        { "queue_buffering_max_kbytes", "4096" },
        { "compression_type", "zstd" },
        { "ssl_key_password", "secret" },
    };
    assert_true(set_all(state, pairs, 4, PROPERTY_PRODUCER));
    assert_string_equal(told, "");
    assert_is(state, "linger.ms", "7");
    assert_is(state, "queue.buffering.max.kbytes", "4096");
    assert_is(state, "compression.codec", "zstd"); /* an alias */
    assert_is(state, "ssl.key.password", "secret");
}

static const struct refusal {
    const char *name, *value;
    unsigned role;
    const char *text;
} refusals[] = {
    { "lingr_ms", "7", PROPERTY_PRODUCER, "no property of this name; did you mean \"linger_ms\"?" },
    { "qwertyuiop", "7", PROPERTY_PRODUCER,
      "qwertyuiop: librdkafka has no property of this name\n" },
    { "a_name_that_is_longer_than_any_that_librdkafka_has_or_will_have_in_our_time_so_it_is_cut",
      "1", PROPERTY_PRODUCER, "librdkafka has no property of this name" },
    { "", "1", PROPERTY_CONSUMER, "librdkafka has no property of this name" },
    { "linger_ms", "7", PROPERTY_CONSUMER, "linger_ms: this is a property of producers" },
    { "fetch_min_bytes", "7", PROPERTY_PRODUCER,
      "fetch_min_bytes: this is a property of consumers" },
    { "linger_ms", "soon", PROPERTY_PRODUCER, "linger_ms: must be 0 .. 900000, not \"soon\"" },
    { "linger_ms", "900001", PROPERTY_PRODUCER, "must be 0 .. 900000, not \"900001\"" },
    { "compression_type", "zip", PROPERTY_PRODUCER,
      "must be one of none, gzip, snappy, lz4, zstd, not \"zip\"" },
    { "bootstrap_servers", "x", PROPERTY_CONSUMER, "use the option brokers" },
    { "group_id", "x", PROPERTY_CONSUMER, "use the option group" },
    { "enable_idempotence", "false", PROPERTY_PRODUCER, "the producer always is idempotent" },
    { "transactional_id", "x", PROPERTY_PRODUCER, "the pipeline's name" },
    { "queuing_strategy", "fifo", PROPERTY_PRODUCER, "cannot be set in a pipeline file" },
    { "plugin_library_paths", "/no.so", PROPERTY_PRODUCER, "runs code of its own" },
    { "ssl_engine_location", "/no.so", PROPERTY_PRODUCER, "runs code of its own" },
    { "sasl_kerberos_kinit_cmd", "true", PROPERTY_CONSUMER, "is a command that would be run" },
    { "sasl_oauthbearer_config", "x", PROPERTY_CONSUMER, "OAUTHBEARER is not supported" },
    { "partition_assignment_strategy", "sticky", PROPERTY_CONSUMER,
      "must be \"range\" or \"roundrobin\"" },
    { "partition_assignment_strategy", "range,cooperative-sticky", PROPERTY_CONSUMER,
      "cooperative-sticky" },
};

static void
what_cannot_be_set_is_told_in_our_words(void **state)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        const struct levada_pair pair = { refusals[i].name, refusals[i].value };
        told[0] = '\0';
        assert_false(set_all(state, &pair, 1, refusals[i].role));
        if (strncmp(told, "kafka: ", 7) != 0 || strstr(told, refusals[i].text) == NULL)
            fail_msg("%s = \"%s\": %s", refusals[i].name, refusals[i].value, told);
    }
}

static void
each_mistake_is_told_and_the_rest_is_set(void **state)
{
    static const struct levada_pair pairs[] = {
        { "nonsense", "1" },
        { "linger_ms", "7" },
        { "acks", "1" },
    };
    assert_false(set_all(state, pairs, 3, PROPERTY_PRODUCER));
    assert_non_null(strstr(told, "kafka: nonsense: "));
    assert_non_null(strstr(told, "kafka: acks: every record waits for all replicas"));
    assert_is(state, "linger.ms", "7");
}

static void
a_secret_that_is_refused_is_not_repeated(void **state)
{
    static const struct levada_pair pairs[] = {
        { "sasl_password", "" }, /* librdkafka takes no empty one */
        { "ssl_key_pem", "canary" },
        { "ssl_keystore_password", "canary" },
    };
    set_all(state, pairs, 3, PROPERTY_CONSUMER);
    assert_null(strstr(told, "canary"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(underscores_are_dots_and_values_reach_librdkafka),
        TEST(what_cannot_be_set_is_told_in_our_words),
        TEST(each_mistake_is_told_and_the_rest_is_set),
        TEST(a_secret_that_is_refused_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
