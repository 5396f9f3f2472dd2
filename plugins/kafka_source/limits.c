/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/limits.h"

#define HOLD_BYTES (UINT64_C(16) << 20)       /* of all partitions together, about */
#define HOLD_LEAST_BYTES (UINT64_C(16) << 10) /* of one */
#define SHARE_ALL INT64_MAX
#define SHARE_UNKNOWN (-1)

bool
limits_exist(const struct limits *limits)
{
    return limits->per_trigger > 0 || limits->rate > 0;
}

void
limits_trigger(struct limits *limits)
{
    limits->taken = 0;
    limits->is_shared = false;
}

/* ---- shares ---- */

static int64_t
unread(const struct partition *partition)
{
    return partition->latest > partition->next ? partition->latest - partition->next : 0;
}

/* The ends move while we read. */
static int64_t
update_ends(const struct partitions *partitions, rd_kafka_t *rk)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        if (!partitions->all[i]->is_ours)
            continue;
        partitions_update_end(partitions->all[i], rk);
        total += unread(partitions->all[i]);
    }
    return total;
}

static int64_t
proportion(int64_t left, int64_t part, int64_t total)
{
    __extension__ typedef unsigned __int128 wide;
    return (int64_t)((wide)left * (wide)part / (wide)total);
}

/* What does not divide goes to partitions in turn, so that none with little to read starves. */
static void
share_rest(struct limits *limits, const struct partitions *partitions, int64_t rest)
{
    for (uint32_t i = 0; i < partitions->n_all && rest > 0; i++) {
        struct partition *partition = partitions->all[limits->turn++ % partitions->n_all];
        if (!partition->is_ours || partition->share >= unread(partition))
            continue;
        partition->share++;
        rest--;
    }
}

static void
share_out(struct limits *limits, const struct partitions *partitions, rd_kafka_t *rk)
{
    int64_t left = limits->per_trigger - limits->taken, total = update_ends(partitions, rk);
    int64_t rest = left;
    bool is_enough = limits->per_trigger == 0 || total <= left;
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        struct partition *partition = partitions->all[i];
        if (!partition->is_ours)
            continue;
        partition->share = is_enough ? SHARE_ALL : proportion(left, unread(partition), total);
        rest -= is_enough ? 0 : partition->share;
    }
    if (!is_enough)
        share_rest(limits, partitions, rest);
    limits->is_shared = true;
}

/* ---- polls ---- */

static bool
is_shared(const struct limits *limits, const struct partitions *partitions)
{
    for (uint32_t i = 0; i < partitions->n_all && limits->is_shared; i++) {
        if (partitions->all[i]->is_ours && partitions->all[i]->share == SHARE_UNKNOWN)
            return false;
    }
    return limits->is_shared;
}

uint32_t
limits_begin(struct limits *limits, struct partitions *partitions, rd_kafka_t *rk, int64_t now_ns,
             uint32_t most)
{
    if (!is_shared(limits, partitions))
        share_out(limits, partitions, rk);
    int64_t left = limits->per_trigger - limits->taken;
    if (limits->per_trigger > 0 && left < (int64_t)most)
        most = left > 0 ? (uint32_t)left : 0;
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        struct partition *partition = partitions->all[i];
        if (!partition->is_ours)
            continue;
        uint32_t wanted = partition->share < (int64_t)most ? (uint32_t)partition->share : most;
        partition->pace.rate = limits->rate;
        partition->allowed = pace_allows(&partition->pace, now_ns, wanted);
    }
    return most;
}

void
limits_took(struct limits *limits, struct partition *partition, uint32_t n)
{
    limits->taken += n;
    partition->allowed -= n;
    if (partition->share != SHARE_ALL)
        partition->share -= n;
    pace_took(&partition->pace, n);
}

bool
limits_reached(const struct limits *limits, const struct partitions *partitions)
{
    bool any_unread = false;
    if (limits->per_trigger == 0 || limits->taken == 0)
        return false;
    if (limits->taken >= limits->per_trigger)
        return true;
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        const struct partition *partition = partitions->all[i];
        if (!partition->is_ours || unread(partition) == 0)
            continue;
        if (partition->share != 0)
            return false;
        any_unread = true;
    }
    return any_unread;
}

int64_t
limits_wait_ns(const struct limits *limits, const struct partitions *partitions)
{
    int64_t least = -1;
    for (uint32_t i = 0; i < partitions->n_all && limits->rate > 0; i++) {
        const struct partition *partition = partitions->all[i];
        if (!partition->is_ours || partition->share == 0 || unread(partition) == 0)
            continue;
        int64_t ns = pace_wait_ns(&partition->pace);
        if (ns > 0 && (least < 0 || ns < least))
            least = ns;
    }
    return least;
}

/* ---- holding back ---- */

static bool
set_paused(struct partition *partition, rd_kafka_t *rk, bool is_paused)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, partition->topic, partition->number);
    rd_kafka_resp_err_t err =
        is_paused ? rd_kafka_pause_partitions(rk, list) : rd_kafka_resume_partitions(rk, list);
    bool done =
        err == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
    return done;
}

bool
limits_hold(const struct partitions *partitions, struct partition *partition, rd_kafka_t *rk,
            rd_kafka_message_t *message)
{
    uint64_t most = HOLD_BYTES / partitions->n_all;
    if (!held_push(&partition->held, message))
        return false;
    if (partition->held.bytes > (most > HOLD_LEAST_BYTES ? most : HOLD_LEAST_BYTES) &&
        !partition->is_paused)
        partition->is_paused = set_paused(partition, rk, true);
    return true;
}

void
limits_resume(struct partition *partition, rd_kafka_t *rk)
{
    if (partition->is_paused)
        partition->is_paused = !set_paused(partition, rk, false);
}

void
limits_resume_all(struct partitions *partitions, rd_kafka_t *rk)
{
    for (uint32_t i = 0; i < partitions->n_all; i++) {
        limits_resume(partitions->all[i], rk);
        partitions->all[i]->is_paused = false; /* librdkafka knows it no more, if that failed */
    }
}
