/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/produce.h"

#include "kafka_common/status.h"
#include "kafka_sink/kafka_sink.h"

#include <levada/levada.h>

levada_status
produce_judge(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
        return LEVADA_REJECT;
    default:
        return status_of_error(err);
    }
}

static const struct levada_record *
record_at(const struct sent *sent, uint32_t i)
{
    return levada_at(sent->batch, sent->records, i);
}

static struct levada_bytes
key_at(const struct sent *sent, uint32_t i)
{
    return sent->address.keys != NULL ? sent->address.keys[i] : record_at(sent, i)->key;
}

static int64_t
time_at(const struct sent *sent, uint32_t i)
{
    int64_t time = sent->address.times != NULL ? sent->address.times[i] : LEVADA_NO_TIME;
    return time != LEVADA_NO_TIME ? time : record_at(sent, i)->timestamp_ms;
}

static int32_t
partition_at(const struct sent *sent, uint32_t i)
{
    return sent->address.partitions != NULL ? sent->address.partitions[i] : RD_KAFKA_PARTITION_UA;
}

static struct topic *
topic_at(const struct kafka_sink *self, const struct sent *sent, uint32_t i)
{
    return sent->address.topics != NULL ? sent->address.topics[i] : self->topic_of_all;
}

/* Can it go in a batch, which has neither timestamps nor headers? */
static bool
is_plain(const struct sent *sent, uint32_t i)
{
    return record_at(sent, i)->n_headers == 0 && time_at(sent, i) == LEVADA_NO_TIME &&
           partition_at(sent, i) == RD_KAFKA_PARTITION_UA;
}

/* The outcome for one record. True: go on with the one behind it. */
static bool
account(struct kafka_sink *self, struct sent *sent, uint32_t i, rd_kafka_resp_err_t *err)
{
    struct sent_slot *slot = &sent->slots[i];
    if (*err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sent_start(&self->sent, slot);
        return true;
    }
    if (produce_judge(*err) != LEVADA_REJECT)
        return false;
    bool is_told = sent_reject(&self->sent, slot, *err, NULL);
    *err = is_told ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    return is_told;
}

/* Waiting records from @first on that can go in one call: all plain, all to one topic. */
static uint32_t
count_plain(const struct kafka_sink *self, const struct sent *sent, uint32_t first, uint32_t most)
{
    uint32_t n = 0, left = sent->batch->n - first;
    const struct topic *topic = topic_at(self, sent, first);
    most = most < left ? most : left;
    while (n < most && sent->slots[first + n].state == SENT_WAITING && is_plain(sent, first + n) &&
           topic_at(self, sent, first + n) == topic)
        n++;
    return n;
}

/* librdkafka takes a beginning of them, invalid ones aside. */
static rd_kafka_resp_err_t
produce_plain(struct kafka_sink *self, struct levada_call *call, rd_kafka_topic_t *rkt,
              struct sent *sent, uint32_t n, uint32_t *n_done)
{
    uint32_t first = sent->cursor;
    rd_kafka_message_t *messages = levada->scratch(call, n * sizeof(*messages));
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (messages == NULL)
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    for (uint32_t k = 0; k < n; k++) {
        struct levada_bytes value = record_at(sent, first + k)->value;
        struct levada_bytes key = key_at(sent, first + k);
        messages[k] = (rd_kafka_message_t){
            .payload = (void *)(uintptr_t)value.p,
            .len = value.n,
            .key = (void *)(uintptr_t)key.p,
            .key_len = key.n,
            ._private = &sent->slots[first + k],
        };
    }
    rd_kafka_produce_batch(rkt, RD_KAFKA_PARTITION_UA, 0, messages, (int)n);
    for (uint32_t k = 0; k < n; k++) {
        err = messages[k].err;
        if (!account(self, sent, first + k, &err))
            return err;
        ++*n_done;
    }
    return err;
}

static rd_kafka_headers_t *
make_headers(const struct levada_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->n_headers);
    for (uint32_t h = 0; headers != NULL && h < record->n_headers; h++) {
        const struct levada_header *header = &record->headers[h];
        rd_kafka_header_add(headers, header->name.p, (ssize_t)header->name.n, header->value.p,
                            (ssize_t)header->value.n);
    }
    return headers;
}

static rd_kafka_resp_err_t
produce_one(rd_kafka_t *rk, rd_kafka_topic_t *rkt, struct sent *sent, uint32_t i)
{
    const struct levada_record *record = record_at(sent, i);
    struct levada_bytes key = key_at(sent, i);
    int64_t time = time_at(sent, i);
    rd_kafka_headers_t *headers = record->n_headers > 0 ? make_headers(record) : NULL;
    rd_kafka_vu_t parts[7] = {
        { .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = rkt },
        { .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition_at(sent, i) },
        { .vtype = RD_KAFKA_VTYPE_VALUE,
          .u.mem = { (void *)(uintptr_t)record->value.p, record->value.n } },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)(uintptr_t)key.p, key.n } },
        { .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = &sent->slots[i] },
        /* 0 is librdkafka's word for now */
        { .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = time == LEVADA_NO_TIME ? 0 : time },
        { .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers },
    };
    rd_kafka_error_t *error = rd_kafka_produceva(rk, parts, headers != NULL ? 7 : 6);
    rd_kafka_resp_err_t err = rd_kafka_error_code(error);
    if (error != NULL && headers != NULL)
        rd_kafka_headers_destroy(headers);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    return err;
}

rd_kafka_resp_err_t
produce_some(struct kafka_sink *self, struct levada_call *call, struct sent *sent, uint32_t most,
             uint32_t *n)
{
    uint32_t first = sent->cursor;
    rd_kafka_t *rk = kafka_sink_producer(self)->rk;
    rd_kafka_topic_t *rkt = topic_handle(topic_at(self, sent, first), rk);
    if (rkt == NULL)
        return rd_kafka_last_error();
    uint32_t n_plain = count_plain(self, sent, first, most);
    if (n_plain > 0)
        return produce_plain(self, call, rkt, sent, n_plain, n);
    rd_kafka_resp_err_t err = produce_one(rk, rkt, sent, first);
    *n += account(self, sent, first, &err);
    return err;
}
