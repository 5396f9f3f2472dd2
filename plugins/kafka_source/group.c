/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/group.h"

#include "kafka_common/status.h"
#include "kafka_source/kafka_source.h"
#include "kafka_source/topics.h"

#include <levada/levada.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASK_MS 1000

/* librdkafka says 45 s, a long time for windows of a host that died. */
#define SESSION_MS "10000"
#define SESSION_DEFAULT_MS "45000"
#define FENCED_OFTEN_MS 300000

/* ---- what it is told ---- */

static levada_status
set(struct kafka_source *self, struct levada_call *call, const char *name, const char *value)
{
    char why[512];
    if (rd_kafka_conf_set(self->client.conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return LEVADA_OK;
    return status_fail(call, LEVADA_CONFIG, "%s = \"%s\": %s", name, value, why);
}

/* A text that was never set is no error and no text: as "". */
static bool
is_set_to(const struct kafka_source *self, const char *name, const char *value)
{
    char text[256] = "";
    size_t n = sizeof(text);
    if (rd_kafka_conf_get(self->client.conf, name, text, &n) != RD_KAFKA_CONF_OK)
        text[0] = '\0';
    return strcmp(text, value) == 0;
}

levada_status
group_configure(struct kafka_source *self, struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = levada->ext("levada.pipeline/1");
    levada_status status = LEVADA_OK;
    if (pipeline == NULL || !LEVADA_HAS(pipeline, identity) ||
        (pipeline->memory(call) & LEVADA_IN_TRANSACTION) == 0)
        return LEVADA_OK;
    self->group.in_transaction = true;
    if (self->partitions.n > 0)
        return levada->fail(call, LEVADA_CONFIG,
                            "a transaction commits for a member of a group, to whom partitions are "
                            "given; `partitions` names them");
    if (!is_set_to(self, "isolation.level", "read_committed"))
        return levada->fail(call, LEVADA_CONFIG,
                            "isolation_level must be \"read_committed\": what others' transactions "
                            "take back would be counted");
    if (is_set_to(self, "group.instance.id", ""))
        status = set(self, call, "group.instance.id", pipeline->identity(call));
    if (status == LEVADA_OK && is_set_to(self, "session.timeout.ms", SESSION_DEFAULT_MS))
        status = set(self, call, "session.timeout.ms", SESSION_MS);
    return status;
}

/* ---- fenced ---- */

static int64_t
now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

levada_status
group_fence(struct group *group, struct levada_call *call)
{
    int64_t ms = now_ms();
    group->fenced_ms[group->n_fenced++ % GROUP_FENCINGS] = ms;
    int64_t first = group->fenced_ms[group->n_fenced % GROUP_FENCINGS];
    group->is_fenced = true;
    if (!group->in_transaction ||
        (group->n_fenced >= GROUP_FENCINGS && ms - first < FENCED_OFTEN_MS))
        return levada->fail(call, LEVADA_CONFIG,
                            "another member of the group has our group_instance_id; each needs one "
                            "of its own");
    return levada->fail(call, LEVADA_LOST,
                        "the group knows another member by our group_instance_id");
}

/* ---- what it tells ---- */

void
group_note_assigned(struct group *group, rd_kafka_t *rk)
{
    rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(rk);
    group_finish(group);
    if (metadata == NULL)
        return;
    rd_kafka_error_t *error =
        rd_kafka_consumer_group_metadata_write(metadata, &group->member, &group->member_n);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    rd_kafka_consumer_group_metadata_destroy(metadata);
}

void
group_finish(struct group *group)
{
    rd_kafka_mem_free(NULL, group->member);
    group->member = NULL;
    group->member_n = 0;
}

static uint32_t
keyed_by(void *self_, const struct levada_path *const **paths)
{
    const struct kafka_source *self = self_;
    *paths = self->keyed_by.items;
    return (uint32_t)self->keyed_by.n;
}

/* By number together, which "range" alone does. */
static bool
are_given_together(const struct kafka_source *self)
{
    const char *const *topic = self->topic.items;
    return (self->topic.n == 1 && !topics_is_pattern(topic[0])) ||
           is_set_to(self, "partition.assignment.strategy", "range");
}

static levada_status
partitions(void *self_, struct levada_call *call, uint32_t *n)
{
    struct kafka_source *self = self_;
    levada_status status = topics_same_partitions(&self->topic, call, &self->client, ASK_MS, n);
    if (status != LEVADA_OK || *n <= 1 || are_given_together(self))
        return status;
    return levada->fail(call, LEVADA_CONFIG,
                        "partition_assignment_strategy must be \"range\": partitions of the same "
                        "number share their state, so one host has them of all topics");
}

static levada_status
member(void *self_, struct levada_call *call, struct levada_bytes *bytes)
{
    const struct kafka_source *self = self_;
    if (self->assignment.lost)
        return levada->fail(call, LEVADA_LOST, "the group gave our partitions away");
    *bytes = (struct levada_bytes){ self->group.member, self->group.member_n };
    if (self->group.member == NULL)
        return levada->fail(call, LEVADA_LOST, "we are no member of the group now");
    return LEVADA_OK;
}

const struct levada_group_v1 kafka_source_group = {
    .struct_size = sizeof(kafka_source_group),
    .protocol = "kafka",
    .keyed_by = keyed_by,
    .partitions = partitions,
    .member = member,
};
