/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/fetched.h"

#include <stdlib.h>
#include <string.h>

bool
fetched_add(struct fetched *fetched, rd_kafka_message_t *message)
{
    if (fetched->n == fetched->room) {
        uint32_t room = fetched->room > 0 ? fetched->room * 2 : 1024;
        rd_kafka_message_t **grown =
            realloc(fetched->messages, room * sizeof(rd_kafka_message_t *));
        if (grown == NULL) {
            rd_kafka_message_destroy(message);
            return false;
        }
        fetched->messages = grown;
        fetched->room = room;
    }
    fetched->messages[fetched->n++] = message;
    return true;
}

bool
fetched_take(struct fetched *fetched, bool (*is_one)(void *user, const rd_kafka_message_t *),
             void *user, struct fetched **part)
{
    uint32_t n = 0;
    bool done = true;
    *part = NULL;
    for (uint32_t i = 0; i < fetched->n; i++) {
        rd_kafka_message_t *message = fetched->messages[i];
        if (!done || !is_one(user, message)) {
            fetched->messages[n++] = message;
            continue;
        }
        if (*part == NULL)
            *part = calloc(1, sizeof(**part));
        done = *part != NULL && fetched_add(*part, message);
        if (*part == NULL)
            fetched->messages[n++] = message;
    }
    fetched->n = n;
    if (!done)
        fetched_destroy(*part);
    return done;
}

void
fetched_destroy(struct fetched *fetched)
{
    for (uint32_t i = 0; fetched != NULL && i < fetched->n; i++)
        rd_kafka_message_destroy(fetched->messages[i]);
    if (fetched != NULL)
        free(fetched->messages);
    free(fetched);
}

static void
drop(void *fetched_)
{
    struct fetched *fetched = fetched_;
    atomic_uint *n_batches = fetched->n_batches;
    fetched_destroy(fetched);
    atomic_fetch_sub(n_batches, 1);
}

/* Their list is made for the batch, their bytes stay the message's. */
static bool
take_headers(struct levada_batch *batch, const rd_kafka_message_t *message,
             struct levada_record *record)
{
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    size_t n = rd_kafka_header_cnt(headers);
    struct levada_header *list = levada->alloc(batch, n * sizeof(*list));
    if (list == NULL)
        return false;
    for (size_t h = 0; h < n; h++) {
        const char *name;
        const void *value;
        size_t value_n;
        rd_kafka_header_get_all(headers, h, &name, &value, &value_n);
        list[h] =
            (struct levada_header){ .name = { name, strlen(name) }, .value = { value, value_n } };
    }
    record->headers = list;
    record->n_headers = (uint32_t)n;
    return true;
}

static struct levada_record
make_record(const rd_kafka_message_t *message, uint32_t stream, uint32_t flags)
{
    rd_kafka_timestamp_type_t type;
    int64_t time = rd_kafka_message_timestamp(message, &type);
    return (struct levada_record){
        .key = { message->key, message->key_len },
        .value = { message->payload, message->len },
        .timestamp_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? LEVADA_NO_TIME : time,
        .offset = message->offset,
        .number = -1,
        .stream = stream,
        .partition = message->partition,
        .flags = flags | LEVADA_R_BORROWED,
    };
}

struct levada_batch *
fetched_batch(struct fetched *fetched, struct levada_call *call, uint32_t flags,
              atomic_uint *n_batches)
{
    struct levada_record *records = levada->scratch(call, fetched->n * sizeof(*records));
    struct levada_batch *batch = levada->batch(call, 0);
    const rd_kafka_topic_t *topic = NULL;
    uint32_t stream = 0;
    if (records == NULL || batch == NULL || levada->attach(batch, fetched, drop) < 0) {
        fetched_destroy(fetched);
        levada->fail(call, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    fetched->n_batches = n_batches;
    atomic_fetch_add(n_batches, 1);
    for (uint32_t i = 0; i < fetched->n; i++) {
        if (fetched->messages[i]->rkt != topic) {
            topic = fetched->messages[i]->rkt;
            stream = levada->stream(call, rd_kafka_topic_name(topic));
        }
        records[i] = make_record(fetched->messages[i], stream, flags);
        if (!take_headers(batch, fetched->messages[i], &records[i])) {
            levada->fail(call, LEVADA_FATAL, "out of memory");
            return NULL;
        }
    }
    if (levada->append(call, batch, records, fetched->n, sizeof(*records)) < 0)
        return NULL;
    return batch;
}
