/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/produce.h"

#include "kafka_common/status.h"

#include <levada/levada.h>

static const struct levada_record *
record_at(const struct produce *produce, uint32_t i)
{
    return levada_at(produce->sent->batch, produce->sent->records, i);
}

static struct levada_bytes
key_at(const struct produce *produce, uint32_t i)
{
    return produce->keys != NULL ? produce->keys[i] : record_at(produce, i)->key;
}

static int64_t
time_at(const struct produce *produce, uint32_t i)
{
    int64_t time = produce->times != NULL ? produce->times[i] : LEVADA_NO_TIME;
    return time != LEVADA_NO_TIME ? time : record_at(produce, i)->timestamp_ms;
}

/* Can it go in a batch, which has neither timestamps nor headers? */
static bool
is_plain(const struct produce *produce, uint32_t i)
{
    return record_at(produce, i)->n_headers == 0 && time_at(produce, i) == LEVADA_NO_TIME;
}

/* The outcome for the next record. True: go on with the one behind it. */
static bool
account(struct sent *sent, rd_kafka_resp_err_t *err)
{
    if (*err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sent->n_pending++;
    } else if (status_of_error(*err) == LEVADA_REJECT) {
        if (!sent_reject(sent, sent->n_started, *err)) {
            *err = RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
            return false;
        }
        *err = RD_KAFKA_RESP_ERR_NO_ERROR;
    } else {
        return false;
    }
    sent->n_started++;
    return true;
}

/* @n plain records in one call: librdkafka takes a beginning of them, invalid ones aside. */
static rd_kafka_resp_err_t
produce_plain(struct levada_call *call, const struct produce *produce, uint32_t n)
{
    struct sent *sent = produce->sent;
    uint32_t first = sent->n_started;
    rd_kafka_message_t *messages = levada->scratch(call, n * sizeof(*messages));
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (messages == NULL)
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    for (uint32_t k = 0; k < n; k++) {
        struct levada_bytes value = record_at(produce, first + k)->value;
        struct levada_bytes key = key_at(produce, first + k);
        messages[k] = (rd_kafka_message_t){
            .payload = (void *)(uintptr_t)value.p,
            .len = value.n,
            .key = (void *)(uintptr_t)key.p,
            .key_len = key.n,
            ._private = &sent->slots[first + k],
        };
    }
    rd_kafka_produce_batch(produce->topic, RD_KAFKA_PARTITION_UA, 0, messages, (int)n);
    for (uint32_t k = 0; k < n; k++) {
        err = messages[k].err;
        if (!account(sent, &err))
            return err;
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
produce_one(const struct produce *produce, uint32_t i)
{
    const struct levada_record *record = record_at(produce, i);
    struct levada_bytes key = key_at(produce, i);
    int64_t time = time_at(produce, i);
    rd_kafka_headers_t *headers = record->n_headers > 0 ? make_headers(record) : NULL;
    rd_kafka_vu_t parts[6] = {
        { .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = produce->topic },
        { .vtype = RD_KAFKA_VTYPE_VALUE,
          .u.mem = { (void *)(uintptr_t)record->value.p, record->value.n } },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)(uintptr_t)key.p, key.n } },
        { .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = &produce->sent->slots[i] },
        /* 0 is librdkafka's word for now */
        { .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = time == LEVADA_NO_TIME ? 0 : time },
        { .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers },
    };
    rd_kafka_error_t *error = rd_kafka_produceva(produce->rk, parts, headers != NULL ? 6 : 5);
    rd_kafka_resp_err_t err = rd_kafka_error_code(error);
    if (error != NULL && headers != NULL)
        rd_kafka_headers_destroy(headers);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    return err;
}

rd_kafka_resp_err_t
produce_some(struct levada_call *call, const struct produce *produce, uint32_t n)
{
    struct sent *sent = produce->sent;
    uint32_t left = sent->batch->n - sent->n_started, n_plain = 0;
    n = n < left ? n : left;
    while (n_plain < n && is_plain(produce, sent->n_started + n_plain))
        n_plain++;
    if (n_plain > 0)
        return produce_plain(call, produce, n_plain);
    rd_kafka_resp_err_t err = produce_one(produce, sent->n_started);
    account(sent, &err);
    return err;
}
