/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/transaction.h"

#include "base/crash.h"
#include "runtime/transaction_private.h"

#include <stdlib.h>
#include <string.h>

static const struct levada_group_v1 *
group_of(const struct stage *source, const char *protocol)
{
    const struct levada_group_v1 *group =
        source->op->ext != NULL ? source->op->ext("levada.group/1") : NULL;
    return group != NULL && strcmp(group->protocol, protocol) == 0 ? group : NULL;
}

struct transaction *
transaction_create(struct engine *engine, struct stage *sink)
{
    struct transaction *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return NULL;
    t->engine = engine;
    t->sink = sink;
    t->txn = sink->op->ext("levada.txn/1");
    t->list = (struct stage_list){ engine->setup.stages, engine->setup.n_stages };
    t->members = calloc(t->list.n + 1, sizeof(*t->members));
    if (t->members == NULL) {
        free(t);
        return NULL;
    }
    for (uint32_t s = 0; s < t->list.n; s++) {
        struct stage *stage = t->list.stages[s];
        const struct levada_group_v1 *group = group_of(stage, t->txn->protocol);
        t->has_tables |= stage->table != NULL;
        if (stage->op->kind == LEVADA_SOURCE && group == NULL)
            t->has_others = true;
        else if (stage->op->kind == LEVADA_SOURCE)
            t->members[t->n_members++] = (struct member){ .source = stage, .group = group };
    }
    return t;
}

static void
part_finish(struct part *part)
{
    changelog_destroy(part->changelog);
    positions_finish(&part->kept);
    free(part->told);
}

static void
forget_parts(struct transaction *t)
{
    for (uint32_t p = 0; p < t->n_parts; p++) {
        partition_state_drop(&t->list, t->parts[p].partition);
        part_finish(&t->parts[p]);
    }
    free(t->parts);
    t->parts = NULL;
    t->n_parts = 0;
}

void
transaction_destroy(struct transaction *t)
{
    if (t == NULL)
        return;
    forget_parts(t);
    for (uint32_t m = 0; m < t->n_members; m++)
        free(t->members[m].owned);
    free(t->members);
    repartition_finish(t);
    free(t);
}

bool
transaction_is_parted(const struct transaction *t)
{
    return t != NULL && t->n_members > 0 && t->has_tables;
}

/* NULL: it is no member of the transaction's group. */
static struct member *
member_of(const struct transaction *t, const struct stage *source)
{
    for (uint32_t m = 0; m < t->n_members; m++) {
        if (t->members[m].source == source)
            return &t->members[m];
    }
    return NULL;
}

bool
transaction_keeps_state(const struct transaction *t)
{
    return t->has_tables || t->has_others;
}

levada_status
transaction_no_memory(struct transaction *t)
{
    return engine_fail(t->engine, t->sink, LEVADA_FATAL, "out of memory");
}

struct checkpoint_view
transaction_view(struct transaction *t)
{
    struct engine *engine = t->engine;
    return (struct checkpoint_view){ .stages = t->list.stages,
                                     .n_stages = t->list.n,
                                     .space = engine->setup.space,
                                     .positions = &engine->positions,
                                     .name = engine->setup.name,
                                     .id = engine->id,
                                     .epoch = &engine->epoch };
}

/* ---- calls of the sink ---- */

levada_status
transaction_call(struct transaction *t, struct stage *stage, const char *what,
                 levada_status (*run)(struct stage *stage, void *user), struct step *step)
{
    step->t = t;
    const struct attempt attempt = { .run = run, .user = step, .what = what, .may_lose = true };
    return patience_call(t->engine, stage, &attempt);
}

levada_status
transaction_call_or_stop(struct transaction *t, struct stage *stage, const char *what,
                         levada_status (*run)(struct stage *stage, void *user), struct step *step)
{
    step->t = t;
    const struct attempt attempt = {
        .run = run, .user = step, .what = what, .may_lose = true, .ends_with_stop = true
    };
    levada_status status = patience_call(t->engine, stage, &attempt);
    return status == LEVADA_AGAIN ? rollback_ask(t->engine, stage) : status;
}

static levada_status
run_open(struct stage *stage, void *user)
{
    const struct step *step = user;
    return step->t->txn->open(stage->self, stage->call, step->n_partitions);
}

static levada_status
run_commit(struct stage *stage, void *user)
{
    const struct step *step = user;
    return step->t->txn->commit(stage->self, stage->call);
}

static levada_status
run_partitions(struct stage *stage, void *user)
{
    struct step *step = user;
    return member_of(step->t, stage)->group->partitions(stage->self, stage->call, &step->n);
}

/* ---- the state of a partition ---- */

static levada_status
take_entry(void *user, struct levada_bytes key, struct levada_bytes value)
{
    struct step *step = user;
    step->t->engine->restoring.read++;
    return changelog_take(step->changelog, key, value, &step->err);
}

static levada_status
run_read(struct stage *stage, void *user)
{
    struct step *step = user;
    struct restoring *restoring = &step->t->engine->restoring;
    restoring->left = step->left;
    return step->t->txn->read(stage->self, stage->call, step->partition, take_entry, step,
                              &step->left);
}

/* Into tables that are in hand. */
static levada_status
restore_part(struct transaction *t, struct part *part)
{
    struct checkpoint_view view = transaction_view(t);
    struct step step = { .partition = part->partition, .changelog = part->changelog };
    int64_t began_ns = engine_now_ns(t->engine);
    t->engine->restoring = (struct restoring){ .is_running = true, .partition = part->partition };
    levada_status status =
        transaction_call_or_stop(t, t->sink, "reading the changelog", run_read, &step);
    t->engine->restoring.is_running = false;
    if (status >= 0 && step.err.status < 0)
        return engine_fail(t->engine, t->sink, step.err.status, "%s", step.err.text);
    if (status < 0)
        return status;
    part->has_state = t->engine->restoring.read > 0;
    if (transaction_is_parted(t)) {
        view.positions = &part->kept;
        view.of_group = true;
    }
    struct error err = { .status = LEVADA_OK };
    if (changelog_restore(part->changelog, &view, &err) < 0)
        return engine_fail(t->engine, t->sink, err.status, "%s, partition %d", err.text,
                           part->partition);
    part->is_new = true;
    log_debug(&t->sink->logger, "state restored", "partition=%d ms=%lld", part->partition,
              (long long)((engine_now_ns(t->engine) - began_ns) / 1000000));
    return LEVADA_OK;
}

/* Where @partition stands, or would. */
static uint32_t
place_of(const struct transaction *t, int32_t partition)
{
    uint32_t low = 0, high = t->n_parts;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->parts[middle].partition < partition)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct part *
transaction_find_part(const struct transaction *t, int32_t partition)
{
    uint32_t at = place_of(t, partition);
    return at < t->n_parts && t->parts[at].partition == partition ? &t->parts[at] : NULL;
}

static struct part *
make_part(struct transaction *t, int32_t partition)
{
    struct checkpoint_view view = transaction_view(t);
    struct part *grown = realloc(t->parts, (t->n_parts + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    t->parts = grown;
    struct part part = { .partition = partition, .changelog = changelog_create(&view) };
    if (part.changelog == NULL)
        return NULL;
    uint32_t at = place_of(t, partition);
    memmove(&grown[at + 1], &grown[at], (t->n_parts - at) * sizeof(*grown));
    grown[at] = part;
    t->n_parts++;
    return &grown[at];
}

static levada_status
add_part(struct transaction *t, int32_t partition)
{
    struct error err;
    bool parted = transaction_is_parted(t);
    struct part *part = make_part(t, partition);
    if (part == NULL)
        return transaction_no_memory(t);
    if (parted && partition_state_add(&t->list, partition, &err) < 0)
        return engine_fail(t->engine, t->sink, err.status, "%s", err.text);
    partition_state_enter_merged(&t->list, parted ? partition : NO_PARTITION);
    levada_status status = repartition_prepare(t, part);
    if (status >= 0)
        status = restore_part(t, part);
    partition_state_enter(&t->list, NO_PARTITION);
    t->engine->dirty |= status < 0; /* half of it is there; a rollback has to read all of it */
    return status;
}

void
transaction_drop_part(struct transaction *t, struct part *part)
{
    partition_state_drop(&t->list, part->partition);
    part_finish(part);
    t->n_parts--;
    memmove(part, part + 1, (t->n_parts - (uint32_t)(part - t->parts)) * sizeof(*part));
}

/* ---- opening ---- */

levada_status
transaction_open(struct transaction *t)
{
    struct step open = { .n_partitions = transaction_keeps_state(t) ? 1 : 0 };
    levada_status status = LEVADA_OK;
    for (uint32_t m = 0; m < t->n_members && status >= 0 && t->has_tables; m++) {
        struct step ask = { .n = 0 };
        status = transaction_call_or_stop(t, t->members[m].source, "asking for partitions",
                                          run_partitions, &ask);
        if (ask.n > open.n_partitions)
            open.n_partitions = ask.n;
    }
    t->n_partitions = open.n_partitions;
    if (status >= 0)
        status = repartition_plan(t);
    if (status >= 0)
        status = transaction_call_or_stop(t, t->sink, "opening the transaction", run_open, &open);
    if (status >= 0)
        status = repartition_open(t);
    if (status >= 0 && transaction_keeps_state(t) && !transaction_is_parted(t))
        status = add_part(t, 0);
    return status;
}

/* ---- what is ours ---- */

static int
compare_owned(const void *a_, const void *b_)
{
    const struct owned *a = a_, *b = b_;
    return (a->partition > b->partition) - (a->partition < b->partition);
}

static bool
is_owned(const struct transaction *t, int32_t partition)
{
    const struct owned key = { .partition = partition };
    for (uint32_t m = 0; m < t->n_members; m++) {
        const struct member *member = &t->members[m];
        if (member->n_owned > 0 &&
            bsearch(&key, member->owned, member->n_owned, sizeof(key), compare_owned) != NULL)
            return true;
    }
    return false;
}

static bool
own(struct member *member, const struct levada_position *all, uint32_t n)
{
    struct owned *owned = malloc((n + 1) * sizeof(*owned));
    uint32_t kept = 0;
    if (owned == NULL)
        return false;
    for (uint32_t i = 0; i < n; i++)
        owned[i] = (struct owned){ all[i].partition, (all[i].flags & LEVADA_P_STATE) != 0 };
    qsort(owned, n, sizeof(*owned), compare_owned);
    for (uint32_t i = 0; i < n; i++) { /* of several streams */
        if (kept > 0 && owned[kept - 1].partition == owned[i].partition)
            owned[kept - 1].has_state |= owned[i].has_state;
        else
            owned[kept++] = owned[i];
    }
    free(member->owned);
    member->owned = owned;
    member->n_owned = kept;
    return true;
}

/* State for what the member has; what a failure left undone is done at the next try. */
static levada_status
add_missing(struct transaction *t, const struct member *member)
{
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; i < member->n_owned && status >= 0 && transaction_is_parted(t); i++) {
        const struct owned *owned = &member->owned[i];
        if (transaction_find_part(t, owned->partition) == NULL)
            status = add_part(t, owned->partition);
    }
    return status;
}

/* Is something of the partition in the transaction? */
static bool
is_open(const struct transaction *t, const struct stage *source, const struct levada_position *ours)
{
    if (transaction_is_parted(t)) {
        const struct part *part = transaction_find_part(t, ours->partition);
        return part != NULL && part->touched;
    }
    const struct levada_position *then =
        positions_find(&t->engine->committed, source, ours->stream.p, ours->partition);
    return then == NULL || then->next != ours->next;
}

static levada_status
lose(struct transaction *t, struct stage *source, const struct levada_position *ours,
     const char *why)
{
    error_set(&source->call->err, LEVADA_LOST, "partition %d of %s %s", ours->partition,
              (const char *)ours->stream.p, why);
    return rollback_ask(t->engine, source);
}

/*
 * A source asks for a commit (DRAIN) before it gives a partition away. Where it could not, whoever
 * has the partition now reads again what is in our transaction, which must not be committed then.
 */
static levada_status
lose_what_is_others(struct transaction *t, struct stage *source, const struct levada_position *all,
                    uint32_t n)
{
    struct positions *positions = &t->engine->positions;
    positions_mark(positions, source, all, n);
    for (uint32_t p = 0; p < positions->n; p++) {
        const struct partition *item = &positions->items[p];
        if (!item->is_kept && is_open(t, source, &item->position))
            return lose(t, source, &item->position,
                        "was taken away before what we had read of it was committed");
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct levada_position *ours =
            positions_find(positions, source, all[i].stream.p, all[i].partition);
        if (ours != NULL && ours->next != all[i].next && is_open(t, source, ours))
            return lose(t, source, ours, "was read on by another member");
    }
    return LEVADA_OK;
}

/*
 * State is as far as the position that we know. Where a partition is read on elsewhere, another
 * member had it meanwhile, or a commit was made that seemed to fail: what we have of it is old.
 */
static void
drop_moved(struct transaction *t, const struct stage *source, const struct levada_position *all,
           uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct part *part = transaction_find_part(t, all[i].partition);
        const struct levada_position *ours =
            positions_find(&t->engine->positions, source, all[i].stream.p, all[i].partition);
        if (part == NULL || ours == NULL || ours->next == all[i].next)
            continue;
        log_info(&source->logger, "state is read again", "partition=%d from=%lld to=%lld",
                 all[i].partition, (long long)ours->next, (long long)all[i].next);
        transaction_drop_part(t, part);
    }
}

/*
 * A partition that is not read before the next commit is committed as what we know of it. Where all
 * that we had read of it is committed, a rollback goes to the new place too.
 */
static void
follow(struct transaction *t, const struct stage *source, const struct levada_position *all,
       uint32_t n)
{
    struct engine *engine = t->engine;
    for (uint32_t i = 0; i < n; i++) {
        const struct levada_position *ours = positions_find(&engine->positions, source,
                                                            all[i].stream.p, all[i].partition),
                                     *then = positions_find(&engine->committed, source,
                                                            all[i].stream.p, all[i].partition);
        if (ours != NULL && then != NULL && ours->next == then->next)
            positions_move(&engine->committed, source, &all[i]);
        positions_move(&engine->positions, source, &all[i]);
    }
}

levada_status
transaction_assign(struct transaction *t, const struct stage *source,
                   const struct levada_position *all, uint32_t n)
{
    struct member *member = member_of(t, source);
    if (member != NULL && !own(member, all, n))
        return transaction_no_memory(t);
    levada_status status = repartition_check(t, source, all, n);
    if (status < 0)
        return status;
    if (member != NULL)
        status = lose_what_is_others(t, member->source, all, n);
    t->reached = false; /* where new ones end is not known yet */
    positions_keep_only(&t->engine->committed, source, all, n); /* also where a loss leads back */
    if (status < 0)
        return status;
    if (member != NULL && transaction_is_parted(t))
        drop_moved(t, source, all, n);
    positions_keep_only(&t->engine->positions, source, all, n);
    if (member != NULL)
        follow(t, source, all, n);
    if (member == NULL || !transaction_is_parted(t))
        return LEVADA_OK;
    for (uint32_t p = t->n_parts; p-- > 0;) {
        if (!is_owned(t, t->parts[p].partition))
            transaction_drop_part(t, &t->parts[p]);
    }
    status = add_missing(t, member);
    return status < 0 ? status : transaction_check_positions(t, member, all, n);
}

levada_status
transaction_read_again(struct transaction *t)
{
    forget_parts(t);
    if (transaction_keeps_state(t) && !transaction_is_parted(t))
        return add_part(t, 0);
    levada_status status = LEVADA_OK;
    for (uint32_t m = 0; m < t->n_members && status >= 0; m++)
        status = add_missing(t, &t->members[m]);
    return status;
}

/* ---- contexts ---- */

levada_status
transaction_enter(struct transaction *t, const struct stage *source, int32_t partition)
{
    struct part *part = transaction_find_part(t, partition);
    if (part == NULL)
        return engine_fail(t->engine, source, LEVADA_FATAL,
                           "gave a record of partition %d, which it did not say is assigned to it",
                           partition);
    part->touched = true;
    partition_state_enter(&t->list, partition);
    return LEVADA_OK;
}

void
transaction_leave(struct transaction *t)
{
    partition_state_enter(&t->list, NO_PARTITION);
}

uint32_t
transaction_n_parts(const struct transaction *t)
{
    return transaction_is_parted(t) ? t->n_parts : 0;
}

void
transaction_enter_part(struct transaction *t, uint32_t p)
{
    partition_state_enter_merged(&t->list, t->parts[p].partition);
}

void
transaction_note_news(struct transaction *t, uint32_t p)
{
    for (uint32_t s = 0; s < t->list.n && !t->parts[p].touched; s++) {
        const struct table *table = t->list.stages[s]->table;
        t->parts[p].touched = table != NULL && table_has_news(table);
    }
}

/* ---- commit ---- */

struct writing {
    struct transaction *t;
    struct part *part;
};

static levada_status
write_once(struct transaction *t, const char *topic, int32_t partition, struct levada_bytes key,
           struct levada_bytes value)
{
    struct stage *sink = t->sink;
    call_reset(sink->call);
    return call_end(sink->call,
                    topic == NULL
                        ? t->txn->put(sink->self, sink->call, partition, key, value)
                        : t->txn->send(sink->self, sink->call, topic, partition, key, value));
}

levada_status
transaction_write(struct transaction *t, const char *topic, int32_t partition,
                  struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    struct error *sink_err = &t->sink->call->err;
    levada_status status = LEVADA_AGAIN;
    while (status == LEVADA_AGAIN) {
        status = write_once(t, topic, partition, key, value);
        if (status == LEVADA_AGAIN && !engine_wait(t->engine, AGAIN_PAUSE_NS))
            status = error_set(sink_err, LEVADA_UNAVAILABLE,
                               "%s was not written before drain_timeout was over",
                               topic != NULL ? topic : "the changelog");
    }
    return status < 0 ? error_set(err, status, "%s", sink_err->text) : LEVADA_OK;
}

static levada_status
put_entry(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    const struct writing *writing = user;
    return transaction_write(writing->t, NULL, writing->part->partition, key, value, err);
}

static levada_status
write_part(struct transaction *t, struct part *part)
{
    struct checkpoint_view view = transaction_view(t);
    struct writing writing = { t, part };
    struct error err = { .status = LEVADA_OK };
    bool parted = transaction_is_parted(t);
    partition_state_enter_merged(&t->list, parted ? part->partition : NO_PARTITION);
    levada_status status =
        changelog_write(part->changelog, &view, t->has_others, put_entry, &writing, &err);
    partition_state_enter(&t->list, NO_PARTITION);
    if (status == LEVADA_LOST)
        return rollback_ask(t->engine, t->sink);
    return status < 0 ? engine_fail(t->engine, t->sink, status, "%s", err.text) : LEVADA_OK;
}

levada_status
transaction_commit(struct transaction *t)
{
    levada_status status = repartition_send(t);
    crash_point("before_changelog");
    for (uint32_t p = 0; p < t->n_parts && status >= 0; p++) {
        if (t->parts[p].touched || !transaction_is_parted(t))
            status = write_part(t, &t->parts[p]);
    }
    crash_point("before_send_offsets");
    for (uint32_t m = 0; m < t->n_members && status >= 0; m++)
        status = transaction_write_positions(t, &t->members[m]);
    crash_point("after_send_offsets");
    struct step commit = { .n = 0 };
    if (status >= 0)
        status = transaction_call(t, t->sink, "committing", run_commit, &commit);
    crash_point("after_commit_transaction");
    if (status < 0)
        return status;
    struct checkpoint_view view = transaction_view(t);
    for (uint32_t p = 0; p < t->n_parts; p++) {
        struct part *part = &t->parts[p];
        part->sent = false;
        if (!part->touched && transaction_is_parted(t))
            continue;
        partition_state_enter_merged(&t->list,
                                     transaction_is_parted(t) ? part->partition : NO_PARTITION);
        changelog_saved(part->changelog, &view);
        part->touched = false;
        part->has_state = true;
    }
    partition_state_enter(&t->list, NO_PARTITION);
    return LEVADA_OK;
}
