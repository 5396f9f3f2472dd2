/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/changelog.h"

#include "kafka_common/monotonic.h"
#include "kafka_common/status.h"

#include <stdio.h>
#include <string.h>

#define ASK_MS 1000
#define READ_MS 500 /* the longest that one call reads */

/* Of a compacted topic that one host reads as a whole when it starts: its dirty part stays small.
 */
static const struct levada_pair settings[] = {
    { "cleanup.policy", "compact" },
    { "min.cleanable.dirty.ratio", "0.2" },
    { "segment.bytes", "67108864" },
};

static const char *const of_producers[] = { "transactional.id", "transaction.timeout.ms",
                                            "enable.idempotence", "partitioner", "linger.ms" };

static const struct {
    const char *name, *value;
} of_reader[] = {
    { "group.id", "levada-changelog" }, /* librdkafka wants one; nothing is committed to it */
    { "enable.auto.commit", "false" },
    { "enable.auto.offset.store", "false" },
    { "isolation.level", "read_committed" },
    { "enable.partition.eof", "true" },
    { "auto.offset.reset", "error" },
    { "fetch.wait.max.ms", "10" },
    { "queued.min.messages", "10000000" }, /* 2.0.2 rests for up to a second where it has so many */
    { "check.crcs", "true" },
};

/* ---- the topic ---- */

struct needed_topic
changelog_need(const struct changelog *changelog, uint32_t n_partitions)
{
    return (struct needed_topic){ .name = changelog->topic,
                                  .kind = "changelog",
                                  .partitions = n_partitions,
                                  .settings = { settings, sizeof(settings) / sizeof(*settings) } };
}

/* ---- writing ---- */

levada_status
changelog_put(struct changelog *changelog, struct client *producer, struct levada_call *call,
              int32_t partition, struct levada_bytes key, struct levada_bytes value)
{
    if (changelog->rkt == NULL)
        changelog->rkt = rd_kafka_topic_new(producer->rk, changelog->topic, NULL);
    if (changelog->rkt == NULL)
        return status_fail(call, LEVADA_CONFIG, "topic %s: %s", changelog->topic,
                           rd_kafka_err2str(rd_kafka_last_error()));
    if (rd_kafka_produce(changelog->rkt, partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value.p,
                         value.n, key.p, key.n, NULL) == 0)
        return LEVADA_OK;
    rd_kafka_resp_err_t err = rd_kafka_last_error();
    if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return LEVADA_AGAIN;
    return status_fail(call, err == RD_KAFKA_RESP_ERR__STATE ? LEVADA_LOST : status_of_error(err),
                       "changelog topic %s: %s", changelog->topic, rd_kafka_err2str(err));
}

void
changelog_close(struct changelog *changelog)
{
    if (changelog->rkt != NULL)
        rd_kafka_topic_destroy(changelog->rkt);
    changelog->rkt = NULL;
}

/* ---- reading ---- */

void
changelog_stop_reading(struct changelog *changelog)
{
    client_finish(&changelog->reader);
    changelog->partition = -1;
}

static levada_status
open_reader(struct changelog *changelog, const struct client *producer, struct levada_call *call)
{
    struct client *reader = &changelog->reader;
    char why[512];
    if (reader->rk != NULL)
        return LEVADA_OK;
    *reader = (struct client){ .ctx = producer->ctx };
    reader->conf = rd_kafka_conf_dup_filter(
        producer->conf, sizeof(of_producers) / sizeof(*of_producers), (const char **)of_producers);
    if (reader->conf == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    rd_kafka_conf_set_opaque(reader->conf, reader);
    for (size_t i = 0; i < sizeof(of_reader) / sizeof(*of_reader); i++) {
        if (rd_kafka_conf_set(reader->conf, of_reader[i].name, of_reader[i].value, why,
                              sizeof(why)) != RD_KAFKA_CONF_OK)
            return status_fail(call, LEVADA_FATAL, "librdkafka: %s", why);
    }
    levada_status status = client_start(reader, call, RD_KAFKA_CONSUMER);
    if (status == LEVADA_OK)
        rd_kafka_poll_set_consumer(reader->rk);
    return status;
}

/*
 * Up to the high watermark, not to the last stable offset: the predecessor's last transaction may
 * be committed and not yet stable (KAFKA-10167). The producer's handle is one that reads
 * uncommitted.
 */
static levada_status
find_end(struct changelog *changelog, struct client *producer, struct levada_call *call,
         int32_t partition)
{
    return topic_find_ends(producer, call, changelog->topic, partition, &changelog->begin,
                           &changelog->end);
}

static levada_status
assign(struct changelog *changelog, struct levada_call *call, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, changelog->topic, partition)->offset = changelog->begin;
    rd_kafka_resp_err_t err = rd_kafka_assign(changelog->reader.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR
               ? LEVADA_OK
               : status_fail(call, LEVADA_FATAL, "%s", rd_kafka_err2str(err));
}

static levada_status
begin(struct changelog *changelog, struct client *producer, struct levada_call *call,
      int32_t partition)
{
    levada_status status = find_end(changelog, producer, call, partition);
    if (status == LEVADA_OK)
        status = open_reader(changelog, producer, call);
    if (status == LEVADA_OK && changelog->begin < changelog->end)
        status = assign(changelog, call, partition);
    if (status != LEVADA_OK)
        return status;
    changelog->partition = partition;
    changelog->next = changelog->begin;
    return LEVADA_OK;
}

/*
 * librdkafka 2.0.2 ends the process where a partition that is assigned anew is taken back before it
 * has let go of the one before; so each is given back as soon as it is read.
 */
static void
end(struct changelog *changelog)
{
    if (changelog->begin < changelog->end)
        rd_kafka_assign(changelog->reader.rk, NULL);
    changelog->partition = -1;
}

static levada_status
take(struct changelog *changelog, struct levada_call *call, const rd_kafka_message_t *message,
     changelog_entry_fn *entry, void *user)
{
    if (message->rkt != NULL && message->partition != changelog->partition)
        return LEVADA_OK; /* left over from the one before */
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        changelog->next = message->offset;
        return LEVADA_OK;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_RETRY, "changelog topic %s: %s", changelog->topic,
                           rd_kafka_message_errstr(message));
    changelog->next = message->offset + 1;
    const struct levada_bytes key = { message->key, message->key_len };
    const struct levada_bytes value = { message->payload, message->len };
    return entry(user, key, value);
}

levada_status
changelog_read(struct changelog *changelog, struct client *producer, struct levada_call *call,
               int32_t partition, changelog_entry_fn *entry, void *user, uint64_t *left)
{
    levada_status status = LEVADA_OK;
    int64_t until_ms = monotonic_ms() + READ_MS;
    if (changelog->partition != partition)
        status = begin(changelog, producer, call, partition);
    while (status == LEVADA_OK && changelog->next < changelog->end && monotonic_ms() < until_ms) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(changelog->reader.rk, 100);
        if (message == NULL)
            continue;
        status = take(changelog, call, message, entry, user);
        rd_kafka_message_destroy(message);
    }
    if (status != LEVADA_OK)
        return status;
    /* Behind the end is what somebody wrote meanwhile, who has the partition now. */
    *left = changelog->next < changelog->end ? (uint64_t)(changelog->end - changelog->next) : 0;
    if (*left > 0)
        return LEVADA_AGAIN;
    end(changelog);
    return LEVADA_OK;
}
