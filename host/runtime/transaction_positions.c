/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which positions a transaction commits: those that it changes, and no others. What the group knows
 * already may be older here than there, where a commit was made that seemed to fail, or a partition
 * had another owner meanwhile; it is not told again. Those of partitions whose state changes are in
 * the changelog beside it, so that a position that does not fit is noticed. docs/exactly-once.md
 */
#include "runtime/transaction_private.h"

#include <stdlib.h>

static levada_status
run_member(struct stage *stage, void *user)
{
    struct step *step = user;
    return step->group->member(stage->self, stage->call, &step->bytes);
}

static levada_status
run_positions(struct stage *stage, void *user)
{
    const struct step *step = user;
    return step->t->txn->positions(stage->self, stage->call, step->bytes, step->positions, step->n);
}

static struct part *
part_of(const struct transaction *t, const struct levada_position *position)
{
    return transaction_is_parted(t) ? transaction_find_part(t, position->partition) : NULL;
}

/* Is there state in the changelog, with this commit, that goes with the position? */
static bool
has_state(const struct part *part)
{
    return part != NULL && (part->has_state || part->touched);
}

/* Does this commit hold something of the partition, or is its position news to the group? */
static bool
is_due(const struct transaction *t, const struct stage *source, const struct part *part,
       const struct levada_position *position)
{
    const struct levada_position *then =
        positions_find(&t->engine->committed, source, position->stream.p, position->partition);
    return then == NULL || then->next != position->next ||
           (part != NULL && (part->touched || part->sent));
}

/* How many there are in @due, which has room for all. */
static uint32_t
find_due(const struct transaction *t, const struct stage *source, struct levada_position *due)
{
    const struct positions *positions = &t->engine->positions;
    uint32_t n = 0;
    for (uint32_t p = 0; p < positions->n; p++) {
        const struct levada_position *position = &positions->items[p].position;
        const struct part *part = part_of(t, position);
        if (positions->items[p].source != source || !is_due(t, source, part, position))
            continue;
        due[n] = *position;
        due[n++].flags = has_state(part) ? LEVADA_P_STATE : 0;
    }
    return n;
}

static bool
any_part_changed(const struct transaction *t)
{
    for (uint32_t p = 0; p < t->n_parts; p++) {
        if (t->parts[p].touched || t->parts[p].sent)
            return true;
    }
    return false;
}

/*
 * Behind RESTORE, and a poll that failed, the source alone knows what is its own and where that is
 * read on. Only a pipeline that is to stop comes here before it has said so.
 */
static levada_status
lose_unheard(struct transaction *t, struct stage *source)
{
    error_set(&source->call->err, LEVADA_LOST,
              "it has not said yet where it reads on; what was not committed is read again");
    return rollback_ask(t->engine, source);
}

/* So far is the state with this commit. */
static levada_status
keep_position(struct transaction *t, const struct stage *source, struct part *part,
              const struct levada_position *position)
{
    const struct partition item = { .source = source, .position = *position };
    struct error err = { .status = LEVADA_OK };
    entry_position(&t->writer, &item);
    levada_status status = entry_made(&t->writer, &err);
    if (status >= 0)
        status = transaction_write(t, NULL, part->partition, codec_bytes(&t->writer.key),
                                   codec_bytes(&t->writer.value), &err);
    if (status == LEVADA_LOST)
        return rollback_ask(t->engine, t->sink);
    if (status < 0)
        return engine_fail(t->engine, t->sink, status, "%s", err.text);
    return positions_set(&part->kept, source, position) ? LEVADA_OK : transaction_no_memory(t);
}

static levada_status
keep_positions(struct transaction *t, const struct stage *source, const struct levada_position *due,
               uint32_t n)
{
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; i < n && status >= 0; i++) {
        struct part *part = part_of(t, &due[i]);
        if (part != NULL && part->touched)
            status = keep_position(t, source, part, &due[i]);
    }
    return status;
}

levada_status
transaction_write_positions(struct transaction *t, const struct member *member)
{
    struct stage *source = member->source;
    uint32_t room = t->engine->positions.n;
    struct levada_position *due = calloc(room > 0 ? room : 1, sizeof(*due));
    if (due == NULL)
        return transaction_no_memory(t);
    struct step step = { .group = member->group, .positions = due, .n = find_due(t, source, due) };
    levada_status status = LEVADA_OK;
    if (!source->heard && (step.n > 0 || any_part_changed(t)))
        status = lose_unheard(t, source);
    if (status >= 0)
        status = keep_positions(t, source, due, step.n);
    /* The membership's bytes live until the source is called again. */
    if (status >= 0 && step.n > 0)
        status = transaction_call(t, source, "asking for the membership", run_member, &step);
    if (status >= 0 && step.n > 0)
        status = transaction_call(t, t->sink, "committing positions", run_positions, &step);
    free(due);
    return status;
}

/*
 * What the group has skipped since was no record, or nothing is left of it. Where the input ends
 * before the state does it is another one now, and that the source goes on was its own decision.
 */
static bool
is_behind(const struct levada_position *ours, const struct levada_position *kept)
{
    bool is_another = ours->latest >= 0 && ours->latest < kept->next;
    return ours->next < kept->next && !is_another;
}

/*
 * Where state is and the group knows of none, or the reverse, records would be missing or be
 * counted twice.
 */
static levada_status
check_together(struct transaction *t, const struct member *member, const struct owned *owned)
{
    struct part *part = transaction_find_part(t, owned->partition);
    if (part == NULL || !part->is_new)
        return LEVADA_OK;
    part->is_new = false;
    if (part->has_state == owned->has_state)
        return LEVADA_OK;
    bool is_ours = part->has_state;
    transaction_drop_part(t, part);
    if (is_ours)
        return call_fail(member->source->call, LEVADA_RETRY,
                         "the changelog has state of partition %d, and the group no position "
                         "that it belongs to: its offsets were reset, or have expired. To begin "
                         "anew, delete the changelog as well",
                         owned->partition);
    return call_fail(member->source->call, LEVADA_RETRY,
                     "the group's position in partition %d was committed together with state, "
                     "and the changelog has none of it: it was deleted or is another. Put it "
                     "back, or begin anew with a group whose offsets were reset",
                     owned->partition);
}

static levada_status
check_position(struct transaction *t, const struct member *member,
               const struct levada_position *ours)
{
    struct part *part = part_of(t, ours);
    if (part == NULL)
        return LEVADA_OK;
    const struct levada_position *kept =
        positions_find(&part->kept, member->source, ours->stream.p, ours->partition);
    if (kept == NULL || !is_behind(ours, kept))
        return LEVADA_OK;
    levada_status status =
        call_fail(member->source->call, LEVADA_RETRY,
                  "partition %d of %s is to be read on at offset %lld, and the state in the "
                  "changelog is as far as %lld: what is between would be counted twice. One of "
                  "them was changed from outside, or is old. To begin anew, delete the changelog "
                  "and reset the group's offsets",
                  ours->partition, (const char *)kept->stream.p, (long long)ours->next,
                  (long long)kept->next);
    transaction_drop_part(t, part);
    return status;
}

levada_status
transaction_check_positions(struct transaction *t, const struct member *member,
                            const struct levada_position *all, uint32_t n)
{
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; i < member->n_owned && status >= 0; i++)
        status = check_together(t, member, &member->owned[i]);
    for (uint32_t i = 0; i < n && status >= 0; i++)
        status = check_position(t, member, &all[i]);
    return status;
}
