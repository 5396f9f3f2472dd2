/* SPDX-License-Identifier: Apache-2.0 */
/* levada.group/1 in the order in which hosts call it: docs/exactly-once.md. */
#include "conformance/cases.h"
#include "conformance/verdict.h"

#include <levada/helpers.h>
#include <string.h>

#define RECORDS 20u

struct step {
    const struct levada_group_v1 *group;
    void *self;
    uint32_t n;
    bool is_member;
};

static levada_status
run_partitions(void *user, struct levada_call *call)
{
    struct step *step = user;
    return step->group->partitions(step->self, call, &step->n);
}

static levada_status
run_member(void *user, struct levada_call *call)
{
    struct step *step = user;
    struct levada_bytes member = { NULL, 0 };
    levada_status status = step->group->member(step->self, call, &member);
    step->is_member = status == LEVADA_OK && member.p != NULL;
    return status;
}

static levada_status
run_also_read(void *user, struct levada_call *call)
{
    const struct step *step = user;
    return step->group->also_read(step->self, call, "conformance-stream");
}

static levada_status
run_reached(void *user, struct levada_call *call)
{
    struct step *step = user;
    return step->group->reached(step->self, call, &step->n);
}

/* ---- what is known before it starts ---- */

static levada_status
run_keyed_by(void *user, struct levada_call *call)
{
    struct step *step = user;
    const struct levada_path *const *paths = NULL;
    (void)call;
    step->n = step->group->keyed_by(step->self, &paths);
    for (uint32_t i = 0; i < step->n; i++) {
        if (paths == NULL || paths[i] == NULL || call_host.name_of(paths[i]) == NULL)
            verdict_fault("group", "keyed_by() says %u fields and does not name number %u", step->n,
                          i);
    }
    return LEVADA_OK;
}

/* ---- while it reads ---- */

/* Of the same input, so it is the same number whenever it is asked. */
static void
count_partitions(struct instance *instance, struct step *step)
{
    uint32_t first = 0;
    for (int i = 0; i < 2 && verdict_is_open(); i++) {
        levada_status status = instance_call(instance, "partitions", run_partitions, step);
        if (status < 0)
            verdict_skip("partitions() says: %s", instance->problem);
        else if (status != LEVADA_OK || step->n == 0)
            verdict_fault("group", "partitions() answered %d and %u partitions", status, step->n);
        else if (i > 0 && step->n != first)
            verdict_fault("group", "partitions() said %u, and then %u", first, step->n);
        first = step->n;
    }
}

/* One that is not there yet is waited for, and then done without. */
static void
read_another_too(struct instance *instance, struct step *step)
{
    if (!verdict_is_open() || !LEVADA_HAS(step->group, also_read))
        return;
    levada_status status = instance_call(instance, "also_read", run_also_read, step);
    if (status > 0)
        verdict_fault("group", "also_read() answered %d, which is no answer of it", status);
}

static void
read_as_member(struct instance *instance, struct step *step)
{
    if (!verdict_is_open() || !instance_restore(instance))
        return;
    levada_status status = instance_feed(instance, RECORDS);
    if (status < 0)
        verdict_skip("as a member of a group it says: %s", instance->problem);
    else if (instance->n_emitted == 0)
        verdict_skip("as a member of a group it gave no record");
    if (!verdict_is_open())
        return;
    if (!instance->was_assigned)
        verdict_fault("group", "gave records and did not say with assigned() what is its own");
    status = instance_call(instance, "member", run_member, step);
    if (status != LEVADA_LOST && !step->is_member)
        verdict_fault("group", "gave records, and member() answers %d without a membership",
                      status);
}

static void
ask_whether_reached(struct instance *instance, struct step *step)
{
    if (!verdict_is_open() || !LEVADA_HAS(step->group, reached))
        return;
    levada_status status = instance_call(instance, "reached", run_reached, step);
    if (status > 0 || (status == LEVADA_OK && step->n > 1))
        verdict_fault("group", "reached() answered %d and %u, which is no answer of it", status,
                      step->n);
}

static void
is_a_member(struct rig *rig)
{
    struct instance instance;
    struct step step = { .n = 0 };
    if (!rig_open(rig))
        return;
    step.group = probe_ext("levada.group/1");
    if (step.group == NULL) {
        verdict_skip("it offers no levada.group/1");
        return;
    }
    if (step.group->protocol == NULL || step.group->protocol[0] == '\0')
        verdict_fault("extension", "levada.group/1 names no protocol");
    if (instance_create(&instance, rig, NULL)) {
        instance.memory = LEVADA_IN_TRANSACTION | LEVADA_HAS_STATE;
        step.self = instance.stage->self;
        probe_call("keyed_by", run_keyed_by, &step, instance.stage->call);
        instance_call(&instance, "partitions", run_partitions, &step); /* check --connect asks */
        if (instance_wake(&instance)) {
            count_partitions(&instance, &step);
            read_another_too(&instance, &step);
            read_as_member(&instance, &step);
            ask_whether_reached(&instance, &step);
        }
    }
    instance_destroy(&instance);
}

const struct test_case cases_group[] = {
    { "ext.group", "it knows how its input is shared out, and that it has a part of it",
      CASE_OF_SOURCE, false, is_a_member },
    { .name = NULL },
};
