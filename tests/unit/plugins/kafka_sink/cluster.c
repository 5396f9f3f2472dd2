/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS 4
#define MOST_LINES 4096

static rd_kafka_t *
make_client(rd_kafka_type_t type, const char *brokers)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (brokers != NULL)
        rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why));
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", why, sizeof(why));
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
    if (type == RD_KAFKA_CONSUMER) {
        rd_kafka_conf_set(conf, "group.id", "reader", why, sizeof(why));
        rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", why, sizeof(why));
    }
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (rk == NULL)
        fail_msg("%s", why);
    return rk;
}

void
cluster_make_topic(struct cluster *cluster, const char *topic)
{
    assert_int_equal(rd_kafka_mock_topic_create(cluster->mock, topic, PARTITIONS, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}

int
cluster_start(void **state)
{
    static struct cluster cluster;
    cluster.rk = make_client(RD_KAFKA_PRODUCER, NULL);
    cluster.mock = rd_kafka_mock_cluster_new(cluster.rk, 1);
    assert_non_null(cluster.mock);
    cluster_make_topic(&cluster, "input");
    cluster_make_topic(&cluster, "joined");
    cluster_make_topic(&cluster, "changelog");
    *state = &cluster;
    return 0;
}

int
cluster_stop(void **state)
{
    struct cluster *cluster = *state;
    rd_kafka_mock_cluster_destroy(cluster->mock);
    rd_kafka_destroy(cluster->rk);
    return 0;
}

int
cluster_make_sink(void **state)
{
    struct cluster *cluster = *state;
    static const int16_t requests[] = {
        PRODUCE, INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN,
        END_TXN, TXN_OFFSET_COMMIT
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
        rd_kafka_mock_clear_request_errors(cluster->mock, requests[i]);
    snprintf(cluster->topic, sizeof(cluster->topic), "topic-%u", ++cluster->n_sinks);
    cluster_make_topic(cluster, cluster->topic);
    cluster->sink = real_stage_create();
    *(const char **)real_stage_option(cluster->sink, "brokers") =
        rd_kafka_mock_cluster_bootstraps(cluster->mock);
    *(const char **)real_stage_option(cluster->sink, "topic") = cluster->topic;
    return 0;
}

int
cluster_drop_sink(void **state)
{
    struct cluster *cluster = *state;
    real_stage_destroy(cluster->sink);
    return 0;
}

void
cluster_start_sink(struct cluster *cluster, const struct levada_pair *properties, size_t n)
{
    *(struct levada_list *)real_stage_option(cluster->sink, "kafka") =
        (struct levada_list){ .items = properties, .n = n };
    assert_string_equal(real_stage_plan(cluster->sink), "");
    assert_int_equal(real_stage_start(cluster->sink), LEVADA_OK);
}

void
cluster_hide(struct cluster *cluster, const char *topic, bool is_hidden)
{
    rd_kafka_mock_topic_set_error(cluster->mock, topic,
                                  is_hidden ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                                            : RD_KAFKA_RESP_ERR_NO_ERROR);
}

static int
compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
describe(const rd_kafka_message_t *message)
{
    char *line;
    int n = asprintf(&line, "%d %.*s %.*s\n", (int)message->partition,
                     message->key != NULL ? (int)message->key_len : 4,
                     message->key != NULL ? (const char *)message->key : "NULL", (int)message->len,
                     (const char *)message->payload);
    assert_true(n > 0);
    return line;
}

/* Until the end of each partition. */
static size_t
read_lines(rd_kafka_t *rk, char **lines)
{
    size_t n = 0;
    for (int n_ended = 0; n_ended < PARTITIONS;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 10000);
        assert_non_null(message);
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            n_ended++;
        else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && n < MOST_LINES)
            lines[n++] = describe(message);
        rd_kafka_message_destroy(message);
    }
    return n;
}

int64_t
cluster_count(struct cluster *cluster, const char *topic)
{
    rd_kafka_t *rk =
        make_client(RD_KAFKA_PRODUCER, rd_kafka_mock_cluster_bootstraps(cluster->mock));
    int64_t n = 0;
    for (int p = 0; p < PARTITIONS; p++) {
        int64_t low, high;
        assert_int_equal(rd_kafka_query_watermark_offsets(rk, topic, p, &low, &high, 10000),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
        n += high - low;
    }
    rd_kafka_destroy(rk);
    return n;
}

const char *
cluster_read(struct cluster *cluster, const char *topic)
{
    static char text[256 * 1024];
    static char *lines[MOST_LINES];
    rd_kafka_t *rk =
        make_client(RD_KAFKA_CONSUMER, rd_kafka_mock_cluster_bootstraps(cluster->mock));
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int p = 0; p < PARTITIONS; p++)
        rd_kafka_topic_partition_list_add(all, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, all);
    size_t n = read_lines(rk, lines), used = 0;
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    qsort(lines, n, sizeof(*lines), compare);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", lines[i]);
        free(lines[i]);
        assert_true(used < sizeof(text));
    }
    return text;
}
