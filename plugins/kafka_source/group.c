/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/group.h"

#include "kafka_common/monotonic.h"
#include "kafka_common/status.h"
#include "kafka_source/kafka_source.h"
#include "kafka_source/topics.h"

#include <levada/levada.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASK_MS 1000
#define PAUSE_MS 50

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

/* Is it the third time in five minutes? */
static bool
is_fenced_often(struct group *group)
{
    int64_t now_ms = monotonic_ms();
    group->fenced_ms[group->n_fenced++ % GROUP_FENCED_OFTEN] = now_ms;
    return group->n_fenced >= GROUP_FENCED_OFTEN &&
           now_ms - group->fenced_ms[group->n_fenced % GROUP_FENCED_OFTEN] < FENCED_OFTEN_MS;
}

levada_status
group_fence(struct group *group, struct levada_call *call, bool was_cut)
{
    group->is_fenced = true;
    if (!was_cut && (!group->in_transaction || is_fenced_often(group)))
        return levada->fail(call, LEVADA_CONFIG,
                            "another member of the group has our group_instance_id; each needs one "
                            "of its own");
    return levada->fail(call, LEVADA_LOST,
                        "the group knows another member by our group_instance_id");
}

/* ---- joining ---- */

levada_status
group_join(struct kafka_source *self, struct levada_call *call)
{
    struct group *group = &self->group;
    if (group->has_joined)
        return LEVADA_OK;
    rd_kafka_topic_partition_list_t *list = topics_list(&self->topic, &self->partitions);
    for (uint32_t i = 0; i < group->also_read.n; i++)
        rd_kafka_topic_partition_list_add(list, group->also_read.topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(self->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_CONFIG, "%s: %s", self->topics, rd_kafka_err2str(err));
    group->has_joined = true;
    return LEVADA_OK;
}

/* ---- what it tells ---- */

static void
forget(struct group_member *member)
{
    rd_kafka_mem_free(NULL, member->bytes);
    *member = (struct group_member){ NULL, 0 };
}

void
group_note_assigned(struct group *group, rd_kafka_t *rk)
{
    rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(rk);
    forget(&group->next);
    if (metadata == NULL)
        return;
    rd_kafka_error_t *error =
        rd_kafka_consumer_group_metadata_write(metadata, &group->next.bytes, &group->next.n);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    rd_kafka_consumer_group_metadata_destroy(metadata);
}

void
group_take_over(struct group *group)
{
    if (group->next.bytes == NULL) /* the same partitions again */
        return;
    forget(&group->member);
    group->member = group->next;
    group->next = (struct group_member){ NULL, 0 };
}

void
group_let_go(struct group *group)
{
    forget(&group->member);
}

void
group_leave(struct group *group)
{
    forget(&group->member);
    forget(&group->next);
    group->has_joined = false;
}

void
group_finish(struct group *group)
{
    group_leave(group);
    also_read_finish(&group->also_read);
    if (group->ends != NULL)
        rd_kafka_topic_partition_list_destroy(group->ends);
    group->ends = NULL;
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
find_partitions(struct kafka_source *self, struct levada_call *call, uint32_t *n)
{
    levada_status status = topics_same_partitions(&self->topic, call, &self->client, ASK_MS, n);
    if (status != LEVADA_OK || *n <= 1 || are_given_together(self))
        return status;
    return levada->fail(call, LEVADA_CONFIG,
                        "partition_assignment_strategy must be \"range\": partitions of the same "
                        "number share their state, so one host has them of all topics");
}

/* `check --connect` asks a source that was not started. */
static levada_status
partitions(void *self_, struct levada_call *call, uint32_t *n)
{
    struct kafka_source *self = self_;
    if (self->client.rk != NULL)
        return find_partitions(self, call, n);
    levada_status status = client_start(&self->client, call, RD_KAFKA_CONSUMER);
    if (status == LEVADA_OK)
        status = find_partitions(self, call, n);
    client_stop(&self->client);
    return status;
}

static levada_status
member(void *self_, struct levada_call *call, struct levada_bytes *bytes)
{
    const struct kafka_source *self = self_;
    if (self->assignment.lost)
        return levada->fail(call, LEVADA_LOST, "the group gave our partitions away");
    if (self->assignment.is_void || self->assignment.must_tell)
        return levada->fail(call, LEVADA_LOST,
                            "what is committed was not read on from yet, since it was to be read "
                            "again");
    *bytes = (struct levada_bytes){ self->group.member.bytes, self->group.member.n };
    if (self->group.member.bytes == NULL)
        return levada->fail(call, LEVADA_LOST, "we are no member of the group now");
    return LEVADA_OK;
}

/* ---- topics that the pipeline sends itself ---- */

/* One that was just created may take a moment to be known everywhere. */
static levada_status
also_read(void *self_, struct levada_call *call, const char *topic)
{
    struct kafka_source *self = self_;
    int n_partitions = 0;
    levada_status status = LEVADA_OK;
    for (int waited = 0; waited < ASK_MS && n_partitions <= 0; waited += PAUSE_MS) {
        status = client_find_topic(&self->client, call, topic, ASK_MS, &n_partitions);
        if (status != LEVADA_OK)
            return status;
        if (n_partitions <= 0)
            nanosleep(&(struct timespec){ 0, PAUSE_MS * 1000000L }, NULL);
    }
    if (n_partitions <= 0)
        return status_fail(call, LEVADA_RETRY, "topic %s is not there yet", topic);
    return also_read_add(&self->group.also_read, topic)
               ? LEVADA_OK
               : levada->fail(call, LEVADA_FATAL, "out of memory");
}

/* Where the input ended, all of it, when this was asked first. */
static levada_status
find_ends(struct kafka_source *self, struct levada_call *call)
{
    struct group *group = &self->group;
    rd_kafka_topic_partition_list_t *list = NULL;
    if (group->ends != NULL)
        return LEVADA_OK;
    levada_status status =
        topics_partitions(&self->topic, &group->also_read, call, &self->client, ASK_MS, &list);
    if (status == LEVADA_OK)
        status = beginning_ask_ends(call, self->client.rk, list);
    if (status == LEVADA_OK)
        group->ends = list;
    else if (list != NULL)
        rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static levada_status
compare_committed(struct kafka_source *self, struct levada_call *call, uint32_t *yes)
{
    const rd_kafka_topic_partition_list_t *ends = self->group.ends;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(ends);
    levada_status status = beginning_ask_group(call, self->client.rk, list);
    *yes = status == LEVADA_OK;
    for (int i = 0; i < list->cnt && *yes; i++) /* an end of 0 needs no commit */
        *yes = ends->elems[i].offset == 0 || list->elems[i].offset >= ends->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static levada_status
reached(void *self_, struct levada_call *call, uint32_t *yes)
{
    struct kafka_source *self = self_;
    *yes = 0;
    levada_status status = find_ends(self, call);
    return status == LEVADA_OK ? compare_committed(self, call, yes) : status;
}

const struct levada_group_v1 kafka_source_group = {
    .struct_size = sizeof(kafka_source_group),
    .protocol = "kafka",
    .keyed_by = keyed_by,
    .partitions = partitions,
    .member = member,
    .also_read = also_read,
    .reached = reached,
};
