/* SPDX-License-Identifier: Apache-2.0 */
/* `exactly_once` is a promise of the whole chain: whoever cannot keep it is named. */
#include "pipeline/pipeline_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct levada_txn_v1 *
txn_of(const struct node *node)
{
    if (node->stage == NULL || node->stage->op->kind != LEVADA_SINK || node->stage->op->ext == NULL)
        return NULL;
    return node->stage->op->ext("levada.txn/1");
}

struct stage *
delivery_coordinator(const struct pipeline *pipeline)
{
    if (pipeline->spec->delivery != DELIVERY_EXACTLY_ONCE)
        return NULL;
    struct stage *of_letters = NULL; /* one that only dead letters come to is the last choice */
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        const struct node *node = &pipeline->nodes[i];
        if (txn_of(node) != NULL && node->n_inputs > 0)
            return node->stage;
        if (txn_of(node) != NULL && of_letters == NULL)
            of_letters = node->stage;
    }
    return of_letters;
}

/* Of a group of that protocol; NULL: of any. */
static bool
is_member(const struct stage *stage, const char *protocol)
{
    const struct levada_stage *op = stage->op;
    const struct levada_group_v1 *group = op->ext != NULL ? op->ext("levada.group/1") : NULL;
    return group != NULL && (protocol == NULL || strcmp(group->protocol, protocol) == 0);
}

bool
delivery_is_member(const struct stage *stage)
{
    return is_member(stage, NULL);
}

__attribute__((format(printf, 3, 4))) static void
cannot_be_kept(struct pipeline *pipeline, const struct node *node, const char *format, ...)
{
    char why[512];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    problems_add(pipeline->problems, pipeline->spec->delivery_at, SEVERITY_ERROR, node->spec->name,
                 "delivery", NULL, "\"exactly_once\" cannot be kept: %s", why);
}

/* What every chain needs: sources that read again. */
static void
check_sources(struct pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        const struct node *node = &pipeline->nodes[i];
        if (node->stage != NULL && node->stage->op->kind == LEVADA_SOURCE &&
            (node->stage->op->caps & LEVADA_CAP_REPLAY) == 0)
            cannot_be_kept(pipeline, node, "%s cannot read again from a position",
                           node->spec->plugin);
    }
}

/* Positions and output become durable with the local checkpoint. */
static void
check_checkpoint(struct pipeline *pipeline)
{
    const struct pipeline_spec *spec = pipeline->spec;
    if (spec->checkpoint == NULL)
        problems_add(pipeline->problems, spec->delivery_at, SEVERITY_ERROR, NULL, "delivery", NULL,
                     "\"exactly_once\" needs a `checkpoint`, where positions are kept");
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        const struct node *node = &pipeline->nodes[i];
        if (node->stage != NULL && node->stage->op->kind == LEVADA_SINK &&
            (node->stage->op->caps & (LEVADA_CAP_TXN | LEVADA_CAP_IDEMPOTENT)) == 0)
            cannot_be_kept(pipeline, node,
                           node->stage->remote != NULL && node->plugin->stage->ext != NULL
                               ? "%s is in a process of its own (`isolation`), where it has no "
                                 "transaction"
                               : "what %s wrote cannot be taken back",
                           node->spec->plugin);
    }
}

/* One more sink of the transaction. */
static void
join(struct pipeline *pipeline, struct node *node, struct stage *coordinator)
{
    struct stage_plan plan = { .problems = pipeline->problems,
                               .option_at = node_option_place,
                               .user = node };
    if (node->stage->op == coordinator->op && LEVADA_HAS(txn_of(node), join))
        stage_join(node->stage, coordinator, &plan);
    else
        cannot_be_kept(pipeline, node, "the transaction of \"%s\" takes nothing of %s",
                       coordinator->name, node->spec->plugin);
}

/* They become durable with the transaction of @coordinator. */
static void
check_transaction(struct pipeline *pipeline, struct stage *coordinator)
{
    const struct levada_txn_v1 *txn = coordinator->op->ext("levada.txn/1");
    const struct node *member = NULL, *other = NULL;
    if (pipeline->spec->checkpoint != NULL)
        problems_add(pipeline->problems, pipeline->spec->checkpoint_at, SEVERITY_ERROR, NULL,
                     "checkpoint", NULL,
                     "is one place too many: the transaction of \"%s\" keeps positions and state",
                     coordinator->name);
    if (pipeline->spec->trigger == TRIGGER_CONTINUOUS &&
        pipeline->spec->checkpoint_every_ns > ENGINE_TRANSACTION_NS)
        problems_add(pipeline->problems, pipeline->spec->delivery_at, SEVERITY_ERROR, NULL,
                     "delivery", NULL,
                     "\"exactly_once\" cannot be kept: a transaction is open for at most %lld s; "
                     "`checkpoint_every` says when it is committed",
                     ENGINE_TRANSACTION_NS / 1000000000);
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        struct node *node = &pipeline->nodes[i];
        if (node->stage == NULL)
            continue;
        const struct levada_txn_v1 *own = txn_of(node);
        if (node->stage->op->kind == LEVADA_SINK &&
            (own == NULL || strcmp(own->protocol, txn->protocol) != 0))
            cannot_be_kept(pipeline, node, "what %s writes is no part of the transaction of \"%s\"",
                           node->spec->plugin, coordinator->name);
        else if (own != NULL && node->stage != coordinator)
            join(pipeline, node, coordinator);
        if (node->stage->op->kind == LEVADA_SOURCE && is_member(node->stage, txn->protocol)) {
            if (member != NULL)
                cannot_be_kept(
                    pipeline, node,
                    "one group shares the input out, that of \"%s\"; it can read several "
                    "streams",
                    member->spec->name);
            member = node;
        } else if (node->stage->op->kind == LEVADA_SOURCE)
            other = node;
        else if (node->stage->op->kind != LEVADA_SINK &&
                 (node->stage->op->caps & LEVADA_CAP_STATE) != 0)
            cannot_be_kept(pipeline, node, "what %s keeps is not in the changelog",
                           node->spec->plugin);
    }
    if (member != NULL && other != NULL)
        cannot_be_kept(pipeline, other,
                       "%s is read whole by each host, while \"%s\" shares its partitions out",
                       other->spec->plugin, member->spec->name);
}

/* Workers must not meet: neither in their input, nor in what they keep. */
static void
check_tasks(struct pipeline *pipeline, const struct stage *coordinator)
{
    const struct pipeline_spec *spec = pipeline->spec;
    if (spec->tasks <= 1)
        return;
    if (spec->checkpoint != NULL)
        problems_add(pipeline->problems, spec->tasks_at, SEVERITY_ERROR, NULL, "tasks", NULL,
                     "several workers cannot keep one `checkpoint`");
    for (uint32_t i = 0; i < pipeline->n_nodes; i++) {
        const struct node *node = &pipeline->nodes[i];
        if (node->stage == NULL)
            continue;
        if (node->stage->op->kind == LEVADA_SOURCE && !is_member(node->stage, NULL))
            problems_add(pipeline->problems, spec->tasks_at, SEVERITY_ERROR, node->spec->name,
                         "tasks", NULL, "each worker would read all of %s", node->spec->plugin);
        if (node->stage->table != NULL && coordinator == NULL)
            problems_add(pipeline->problems, spec->tasks_at, SEVERITY_ERROR, node->spec->name,
                         "tasks", NULL,
                         "each worker would count apart; with delivery = \"exactly_once\" and a "
                         "kafka_sink the state of a partition is that of one worker");
    }
}

void
delivery_check(struct pipeline *pipeline)
{
    check_tasks(pipeline, delivery_coordinator(pipeline));
    if (pipeline->spec->delivery != DELIVERY_EXACTLY_ONCE)
        return;
    struct stage *coordinator = delivery_coordinator(pipeline);
    check_sources(pipeline);
    if (coordinator != NULL)
        check_transaction(pipeline, coordinator);
    else
        check_checkpoint(pipeline);
}
