/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

const struct levada_host *levada;

static char told[2000];

static levada_status
fail_with(struct levada_call *call, levada_status status, const char *text)
{
    (void)call;
    snprintf(told, sizeof(told), "%s", text);
    return status;
}

static void
sorts_errors_by_what_is_to_be_done(void **state)
{
    (void)state;
    assert_int_equal(status_of_error(RD_KAFKA_RESP_ERR_NO_ERROR), LEVADA_OK);
    assert_int_equal(status_of_error(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), LEVADA_REJECT);
    assert_int_equal(status_of_error(RD_KAFKA_RESP_ERR_INVALID_RECORD), LEVADA_REJECT);
    assert_int_equal(status_of_error(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), LEVADA_CONFIG);
    assert_int_equal(status_of_error(RD_KAFKA_RESP_ERR__AUTHENTICATION), LEVADA_CONFIG);
    assert_int_equal(status_of_error(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), LEVADA_NO_OUTPUT);
    assert_int_equal(status_of_error(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT), LEVADA_UNAVAILABLE);
    assert_int_equal(status_of_error(RD_KAFKA_RESP_ERR_NOT_COORDINATOR), LEVADA_UNAVAILABLE);
}

static void
what_nobody_knows_is_fatal(void **state)
{
    (void)state;
    assert_int_equal(status_of_error((rd_kafka_resp_err_t)12345), LEVADA_FATAL);
}

static void
a_sentence_is_made_and_cut_where_it_is_too_long(void **state)
{
    static const struct levada_host host = { .struct_size = sizeof(host), .fail = fail_with };
    char name[2000];
    (void)state;
    levada = &host;
    assert_int_equal(status_fail(NULL, LEVADA_RETRY, "topic %s: %d", "calls", 7), LEVADA_RETRY);
    assert_string_equal(told, "topic calls: 7");
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    status_fail(NULL, LEVADA_CONFIG, "%s", name);
    assert_int_equal(strlen(told), 1023);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_errors_by_what_is_to_be_done),
        cmocka_unit_test(what_nobody_knows_is_fatal),
        cmocka_unit_test(a_sentence_is_made_and_cut_where_it_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
