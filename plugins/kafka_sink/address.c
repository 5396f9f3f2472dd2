/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/address.h"

#include "kafka_common/topic_name.h"
#include "kafka_sink/kafka_sink.h"
#include "kafka_sink/key.h"

#include <levada/levada.h>
#include <stdarg.h>
#include <stdio.h>

levada_status
address_plan(struct kafka_sink *self, struct levada_call *call)
{
    self->meta.key = levada->path(call, "meta:key");
    self->meta.timestamp = levada->path(call, "meta:timestamp");
    self->meta.stream = levada->path(call, "meta:stream");
    self->meta.partition = levada->path(call, "meta:partition");
    return self->meta.partition != NULL ? LEVADA_OK : LEVADA_FATAL;
}

/* The field that the option names, or what a stage above has set; NULL: neither. */
static const struct levada_path *
choose(struct levada_call *call, const struct sent *sent, const struct levada_path *option,
       const struct levada_path *meta)
{
    const struct levada_batch_v1 *batch = levada->ext("levada.batch/1");
    if (option != NULL)
        return option;
    return batch != NULL && batch->is_set(call, sent->batch, meta) ? meta : NULL;
}

static bool
is_absent(const struct levada_scalar *value)
{
    return value->type == LEVADA_T_MISSING || value->type == LEVADA_T_NULL;
}

/* False: out of memory. */
__attribute__((format(printf, 4, 5))) static bool
refuse(struct kafka_sink *self, struct sent *sent, uint32_t i, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    size_t n = strlen(text) + 1;
    char *why = levada->alloc(sent->batch, n);
    if (why == NULL)
        return false;
    memcpy(why, text, n);
    return sent_reject(&self->sent, &sent->slots[i], RD_KAFKA_RESP_ERR_NO_ERROR, why);
}

/* ---- topics ---- */

/* The topic of record @i, or NULL where it was refused. */
static levada_status
find_topic(struct kafka_sink *self, struct levada_call *call, struct sent *sent, uint32_t i,
           const struct levada_scalar *name, struct topic **topic)
{
    const char *why = NULL;
    bool is_done = true;
    *topic = self->topic_of_all;
    if (is_absent(name))
        return LEVADA_OK;
    *topic = NULL;
    if (name->type != LEVADA_T_STR || !topic_name_is_valid(name->u.s, name->len, &why)) {
        is_done = refuse(self, sent, i, "it names no topic: %s",
                         why != NULL ? why : "the name is no text");
    } else {
        struct topic *found = topics_get(&self->topics, name->u.s, name->len);
        levada_status status =
            found != NULL ? topic_ask(kafka_sink_producer(self), call, found, &self->create)
                          : LEVADA_FATAL;
        if (status != LEVADA_OK)
            return levada->fail(call, status, "out of memory");
        if (found->is_there)
            *topic = found;
        else
            is_done = refuse(self, sent, i, "there is no topic %.150s", found->name);
    }
    return is_done ? LEVADA_OK : levada->fail(call, LEVADA_FATAL, "out of memory");
}

static levada_status
make_topics(struct kafka_sink *self, struct levada_call *call, struct sent *sent)
{
    uint32_t n = sent->batch->n;
    const struct levada_path *path = choose(call, sent, self->topic_field, self->meta.stream);
    if (path == NULL)
        return LEVADA_OK;
    const struct levada_scalar *names = levada->column(call, sent->batch, path);
    struct topic **topics = levada->alloc(sent->batch, n * sizeof(struct topic *));
    if (names == NULL || topics == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        levada_status status = find_topic(self, call, sent, i, &names[i], &topics[i]);
        if (status != LEVADA_OK)
            return status;
    }
    sent->address.topics = topics;
    return LEVADA_OK;
}

/* ---- partitions ---- */

static levada_status
make_partitions(struct kafka_sink *self, struct levada_call *call, struct sent *sent)
{
    uint32_t n = sent->batch->n;
    const struct levada_path *path = choose(call, sent, self->partition, self->meta.partition);
    if (path == NULL)
        return LEVADA_OK;
    const struct levada_scalar *values = levada->column(call, sent->batch, path);
    int32_t *partitions = levada->alloc(sent->batch, n * sizeof(*partitions));
    if (values == NULL || partitions == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        bool is_number =
            values[i].type == LEVADA_T_I64 && values[i].u.i >= 0 && values[i].u.i <= INT32_MAX;
        partitions[i] = is_number ? (int32_t)values[i].u.i : RD_KAFKA_PARTITION_UA;
        if (is_number || is_absent(&values[i]) || sent->slots[i].state == SENT_SETTLED)
            continue;
        if (!refuse(self, sent, i, "its partition is no number from 0"))
            return levada->fail(call, LEVADA_FATAL, "out of memory");
    }
    sent->address.partitions = partitions;
    return LEVADA_OK;
}

/* ---- keys and timestamps ---- */

static levada_status
make_keys(struct kafka_sink *self, struct levada_call *call, struct sent *sent)
{
    struct levada_list fields = self->key;
    const struct levada_path *meta = choose(call, sent, NULL, self->meta.key);
    if (fields.n == 0 && meta != NULL)
        fields = (struct levada_list){ .items = &meta, .n = 1 };
    if (fields.n == 0)
        return LEVADA_OK;
    sent->address.keys = key_make(call, sent->batch, &fields);
    return sent->address.keys != NULL ? LEVADA_OK
                                      : levada->fail(call, LEVADA_FATAL, "out of memory");
}

static levada_status
make_times(struct kafka_sink *self, struct levada_call *call, struct sent *sent)
{
    const struct levada_path *path = choose(call, sent, self->event_time, self->meta.timestamp);
    if (path == NULL)
        return LEVADA_OK;
    sent->address.times = levada->times(call, sent->batch, path);
    return sent->address.times != NULL ? LEVADA_OK
                                       : levada->fail(call, LEVADA_FATAL, "out of memory");
}

levada_status
address_make(struct kafka_sink *self, struct levada_call *call, struct sent *sent)
{
    levada_status status = make_topics(self, call, sent);
    if (status == LEVADA_OK)
        status = make_partitions(self, call, sent);
    if (status == LEVADA_OK)
        status = make_keys(self, call, sent);
    if (status == LEVADA_OK)
        status = make_times(self, call, sent);
    return status;
}
