/* SPDX-License-Identifier: Apache-2.0 */
/* A broker that is slow to tell a topic's settings. */
#include "cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kafka_sink/kafka_sink.h"

/* Instead of librdkafka's: the question that no broker answers. */
void
rd_kafka_DescribeConfigs(rd_kafka_t *rk, rd_kafka_ConfigResource_t **configs, size_t n,
                         const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue)
{
    (void)rk;
    (void)configs;
    (void)n;
    (void)options;
    (void)queue;
}

static levada_status
run_open(void *self, struct levada_call *call, void *user)
{
    levada_status *status = user;
    *status = kafka_sink_txn.open(self, call, 4);
    return *status == LEVADA_RETRY ? LEVADA_UNAVAILABLE : *status; /* once is enough */
}

static void
a_policy_that_is_not_told_yet_is_asked_for_again(void **state)
{
    struct cluster *cluster = *state;
    levada_status status = LEVADA_OK;
    real_stage_commits_as(cluster->sink, "test.here.0");
    *(const char **)real_stage_option(cluster->sink, "changelog") = "changelog";
    cluster_start_sink(cluster, NULL, 0);
    real_stage_call(cluster->sink, run_open, &status);
    assert_int_equal(status, LEVADA_RETRY);
    assert_non_null(strstr(real_stage_outcome(cluster->sink),
                           "the settings of the changelog topic changelog: Local: Timed out"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_policy_that_is_not_told_yet_is_asked_for_again,
                                        cluster_make_sink, cluster_drop_sink),
    };
    return cmocka_run_group_tests(tests, cluster_start, cluster_stop);
}
