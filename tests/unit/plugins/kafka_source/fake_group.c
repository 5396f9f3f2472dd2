/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_group.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct fake_group group;
static rd_kafka_topic_partition_list_t *assignment;

__attribute__((format(printf, 3, 4))) static void
add(char *text, size_t size, const char *format, ...)
{
    size_t n = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, size - n, format, args);
    va_end(args);
}

/* ---- librdkafka's ---- */

rd_kafka_resp_err_t
rd_kafka_offsets_for_times(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
    (void)rk, (void)timeout_ms;
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *asked = &list->elems[i];
        const struct fake_partition *partition = &group.partitions[asked->partition];
        asked->err = partition->err;
        if (asked->offset == RD_KAFKA_OFFSET_BEGINNING) {
            asked->offset = partition->begin;
        } else if (asked->offset == RD_KAFKA_OFFSET_END) {
            asked->offset = partition->end;
        } else {
            group.asked_time = asked->offset;
            asked->offset = partition->at_time;
        }
    }
    return group.err;
}

rd_kafka_resp_err_t
rd_kafka_committed(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
    (void)rk, (void)timeout_ms;
    group.n_asked_group++;
    for (int i = 0; i < list->cnt; i++) {
        const struct fake_partition *partition = &group.partitions[list->elems[i].partition];
        list->elems[i].offset = partition->committed;
        if (partition->metadata == NULL)
            continue;
        list->elems[i].metadata = strdup(partition->metadata);
        list->elems[i].metadata_size = strlen(partition->metadata);
    }
    return group.err;
}

rd_kafka_resp_err_t
rd_kafka_assign(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list)
{
    (void)rk;
    if (assignment != NULL)
        rd_kafka_topic_partition_list_destroy(assignment);
    assignment = list != NULL ? rd_kafka_topic_partition_list_copy(list) : NULL;
    for (int i = 0; list != NULL && i < list->cnt; i++)
        add(group.assigned, sizeof(group.assigned), "%d@%lld ", (int)list->elems[i].partition,
            (long long)list->elems[i].offset);
    add(group.assigned, sizeof(group.assigned), ";");
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t
rd_kafka_assignment(rd_kafka_t *rk, rd_kafka_topic_partition_list_t **list)
{
    (void)rk;
    *list = assignment != NULL ? rd_kafka_topic_partition_list_copy(assignment)
                               : rd_kafka_topic_partition_list_new(1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int
rd_kafka_assignment_lost(rd_kafka_t *rk)
{
    (void)rk;
    return group.is_lost;
}

/* ---- the cluster's ---- */

rd_kafka_topic_t *
rd_kafka_topic_new(rd_kafka_t *rk, const char *name, rd_kafka_topic_conf_t *conf)
{
    (void)rk, (void)name, (void)conf;
    return (rd_kafka_topic_t *)&group;
}

const char *
rd_kafka_topic_name(const rd_kafka_topic_t *topic)
{
    (void)topic;
    return "calls";
}

void
rd_kafka_topic_destroy(rd_kafka_topic_t *topic)
{
    (void)topic;
}

rd_kafka_resp_err_t
rd_kafka_metadata(rd_kafka_t *rk, int all_topics, rd_kafka_topic_t *only,
                  const struct rd_kafka_metadata **metadata, int timeout_ms)
{
    static struct rd_kafka_metadata_topic topic = { .topic = (char *)(uintptr_t) "calls" };
    static const struct rd_kafka_metadata answer = { .topics = &topic, .topic_cnt = 1 };
    (void)rk, (void)all_topics, (void)only, (void)timeout_ms;
    topic.partition_cnt = group.is_deleted ? 0 : 4;
    topic.err =
        group.is_deleted ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : RD_KAFKA_RESP_ERR_NO_ERROR;
    *metadata = &answer;
    return group.err;
}

void
rd_kafka_metadata_destroy(const struct rd_kafka_metadata *metadata)
{
    (void)metadata;
}

rd_kafka_type_t
rd_kafka_type(const rd_kafka_t *rk)
{
    (void)rk;
    return RD_KAFKA_CONSUMER;
}

/* ---- the host's ---- */

static void
host_log(struct levada_ctx *ctx, int32_t level, const char *event, const char *facts)
{
    (void)ctx, (void)level;
    add(group.logs, sizeof(group.logs), "%s %s\n", event, facts);
}

static levada_status
host_fail(struct levada_call *call, levada_status status, const char *text)
{
    (void)call;
    snprintf(group.text, sizeof(group.text), "%s", text);
    return status;
}

static void *
host_scratch(struct levada_call *call, uint64_t n)
{
    static char memory[1024] __attribute__((aligned(16)));
    (void)call;
    return n <= sizeof(memory) ? memory : NULL;
}

static const struct levada_position *
host_stored(struct levada_call *call, const char *stream, int32_t partition)
{
    static struct levada_position position;
    (void)call, (void)stream;
    position.next = group.partitions[partition].stored;
    return position.next >= 0 ? &position : NULL;
}

static levada_status
host_position(struct levada_call *call, struct levada_batch *batch,
              const struct levada_position *position)
{
    (void)call, (void)batch;
    add(group.told, sizeof(group.told), "%d@%lld%s ", (int)position->partition,
        (long long)position->next, (position->flags & LEVADA_P_STATE) != 0 ? "+" : "");
    return LEVADA_OK;
}

static levada_status
host_assigned(struct levada_call *call, const struct levada_position *all, uint32_t n)
{
    (void)call;
    add(group.told, sizeof(group.told), "[");
    for (uint32_t i = 0; i < n; i++)
        add(group.told, sizeof(group.told), "%s%d", i > 0 ? " " : "", (int)all[i].partition);
    add(group.told, sizeof(group.told), "]");
    return LEVADA_OK;
}

static const struct levada_host host = {
    .struct_size = sizeof(host),
    .log = host_log,
    .fail = host_fail,
    .scratch = host_scratch,
    .stored = host_stored,
    .position = host_position,
    .assigned = host_assigned,
};

/* ---- */

struct fake_group *
fake_group_reset(void)
{
    if (assignment != NULL)
        rd_kafka_topic_partition_list_destroy(assignment);
    assignment = NULL;
    group = (struct fake_group){ .is_lost = false };
    for (size_t i = 0; i < sizeof(group.partitions) / sizeof(*group.partitions); i++)
        group.partitions[i] = (struct fake_partition){ .at_time = -1,
                                                       .committed = RD_KAFKA_OFFSET_INVALID,
                                                       .stored = -1 };
    levada_module_v1(&host);
    return &group;
}

rd_kafka_topic_partition_list_t *
fake_group_list(const int32_t *numbers)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (; *numbers >= 0; numbers++)
        rd_kafka_topic_partition_list_add(list, "calls", *numbers);
    return list;
}
