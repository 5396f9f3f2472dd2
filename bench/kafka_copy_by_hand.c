/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A topic to another exactly once with nothing but librdkafka: what bench/run measures the same of
 * levada against.
 *
 *   bench_kafka_copy_by_hand BROKERS FROM TO GROUP RECORDS
 *
 * Consumes, produces, and commits output and positions in one transaction for every RECORDS records;
 * ends where the topic ended when it began. Every error ends it: a program for use would do more.
 */

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_PARTITIONS 64

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "bench_kafka_copy_by_hand: %s: %s\n", what, why);
    exit(70);
}

static void
check(rd_kafka_error_t *error, const char *what)
{
    if (error != NULL)
        die(what, rd_kafka_error_string(error));
}

static void
set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK)
        die(name, why);
}

static rd_kafka_t *
start(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char why[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (rk == NULL)
        die("rd_kafka_new", why);
    return rk;
}

static rd_kafka_t *
make_consumer(const char *brokers, const char *group)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", group);
    set(conf, "group.instance.id", group);
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "isolation.level", "read_committed");
    set(conf, "queued.min.messages", "10000000"); /* 2.0.2 pauses for a second where it has so many */
    rd_kafka_t *rk = start(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(rk);
    return rk;
}

static rd_kafka_t *
make_producer(const char *brokers, const char *id)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "transactional.id", id);
    set(conf, "linger.ms", "20");
    set(conf, "queue.buffering.max.kbytes", "65536");
    rd_kafka_t *rk = start(RD_KAFKA_PRODUCER, conf);
    check(rd_kafka_init_transactions(rk, 30000), "init_transactions");
    return rk;
}

struct copy {
    rd_kafka_t *consumer, *producer;
    rd_kafka_topic_t *to;
    const char *from;
    int64_t end[MOST_PARTITIONS], next[MOST_PARTITIONS];
    int n_partitions;
};

static void
find_ends(struct copy *copy)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(copy->consumer, copy->from, NULL);
    if (rd_kafka_metadata(copy->consumer, 0, topic, &metadata, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(copy->from, "no metadata");
    copy->n_partitions = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    if (copy->n_partitions > MOST_PARTITIONS)
        die(copy->from, "too many partitions");
    for (int p = 0; p < copy->n_partitions; p++) {
        int64_t low;
        if (rd_kafka_query_watermark_offsets(copy->consumer, copy->from, p, &low, &copy->end[p],
                                             10000) != RD_KAFKA_RESP_ERR_NO_ERROR)
            die(copy->from, "no offsets");
    }
}

static bool
is_done(const struct copy *copy)
{
    for (int p = 0; p < copy->n_partitions; p++) {
        if (copy->next[p] < copy->end[p])
            return false;
    }
    return true;
}

static void
produce(struct copy *copy, const rd_kafka_message_t *message)
{
    while (rd_kafka_produce(copy->to, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, message->payload,
                            message->len, message->key, message->key_len, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("produce", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(copy->producer, 10);
    }
}

static void
copy_records(struct copy *copy, int64_t n)
{
    while (n > 0 && !is_done(copy)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(copy->consumer, 100);
        if (message == NULL)
            continue;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            die("consume", rd_kafka_message_errstr(message));
        copy->next[message->partition] = message->offset + 1;
        produce(copy, message);
        rd_kafka_message_destroy(message);
        n--;
        rd_kafka_poll(copy->producer, 0);
    }
}

static void
commit(struct copy *copy)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(copy->n_partitions);
    rd_kafka_consumer_group_metadata_t *member = rd_kafka_consumer_group_metadata(copy->consumer);
    for (int p = 0; p < copy->n_partitions; p++)
        rd_kafka_topic_partition_list_add(list, copy->from, p)->offset = copy->next[p];
    check(rd_kafka_send_offsets_to_transaction(copy->producer, list, member, 30000), "positions");
    check(rd_kafka_commit_transaction(copy->producer, 30000), "commit");
    rd_kafka_consumer_group_metadata_destroy(member);
    rd_kafka_topic_partition_list_destroy(list);
}

int
main(int argc, char **argv)
{
    if (argc != 6)
        die("usage", "bench_kafka_copy_by_hand BROKERS FROM TO GROUP RECORDS");
    struct copy copy = { .consumer = make_consumer(argv[1], argv[4]),
                         .producer = make_producer(argv[1], argv[4]),
                         .from = argv[2] };
    copy.to = rd_kafka_topic_new(copy.producer, argv[3], NULL);
    find_ends(&copy);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, argv[2], RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(copy.consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    while (!is_done(&copy)) {
        check(rd_kafka_begin_transaction(copy.producer), "begin");
        copy_records(&copy, atoi(argv[5]));
        commit(&copy);
    }
    rd_kafka_consumer_close(copy.consumer);
    rd_kafka_topic_destroy(copy.to);
    rd_kafka_destroy(copy.producer);
    rd_kafka_destroy(copy.consumer);
    return 0;
}
