/* SPDX-License-Identifier: Apache-2.0 */
/* levada.txn/1 in the order in which hosts call them: docs/exactly-once.md. */
#include "base/clock.h"
#include "conformance/cases.h"
#include "conformance/surroundings.h"
#include "conformance/verdict.h"

#include <levada/helpers.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PARTITIONS 2u /* of the changelog, and of the stream */
#define STREAM "conformance-stream"
#define RECORDS 20u
#define WAIT_MS 1000

/* One function of the extension, with what it needs. */
struct step {
    const struct levada_txn_v1 *txn;
    void *self, *coordinator;
    const char *stream; /* NULL: the changelog */
    int32_t partition;
    struct levada_bytes key, value;
    int64_t offset;
    char found[64]; /* what the changelog has of the key; "": nothing, or that it is gone */
};

static struct levada_bytes
bytes_of(const char *text)
{
    return (struct levada_bytes){ text, text != NULL ? strlen(text) : 0 };
}

/* ---- the functions ---- */

static levada_status
run_open(void *user, struct levada_call *call)
{
    const struct step *step = user;
    return step->txn->open(step->self, call, PARTITIONS);
}

static levada_status
run_put(void *user, struct levada_call *call)
{
    const struct step *step = user;
    return step->txn->put(step->self, call, step->partition, step->key, step->value);
}

static levada_status
run_commit(void *user, struct levada_call *call)
{
    const struct step *step = user;
    return step->txn->commit(step->self, call);
}

static levada_status
note_entry(void *user, struct levada_bytes key, struct levada_bytes value)
{
    struct step *step = user;
    if (key.n != step->key.n || memcmp(key.p, step->key.p, key.n) != 0)
        return LEVADA_OK;
    snprintf(step->found, sizeof(step->found), "%.*s", (int)value.n,
             value.p != NULL ? (const char *)value.p : "");
    return LEVADA_OK;
}

static levada_status
run_read(void *user, struct levada_call *call)
{
    struct step *step = user;
    uint64_t left;
    return step->txn->read(step->self, call, step->partition, note_entry, step, &left);
}

static levada_status
run_ensure(void *user, struct levada_call *call)
{
    const struct step *step = user;
    return step->txn->ensure(step->self, call, STREAM, PARTITIONS);
}

static levada_status
run_send(void *user, struct levada_call *call)
{
    const struct step *step = user;
    return step->txn->send(step->self, call, STREAM, step->partition, step->key, step->value);
}

static levada_status
run_end(void *user, struct levada_call *call)
{
    struct step *step = user;
    return step->txn->end(step->self, call, STREAM, step->partition, &step->offset);
}

static levada_status
run_check(void *user, struct levada_call *call)
{
    const struct step *step = user;
    return step->txn->check(step->self, call, step->stream, PARTITIONS, WAIT_MS);
}

static levada_status
run_join(void *user, struct levada_call *call)
{
    const struct step *step = user;
    return step->txn->join(step->self, call, step->coordinator);
}

/* ---- lives ---- */

/* What has to work once a transaction is open. */
static bool
do_step(struct instance *instance, const char *name, probe_body *body, struct step *step)
{
    levada_status status = instance_call(instance, name, body, step);
    if (status == LEVADA_OK)
        return true;
    verdict_fault("transaction", "%s() answered %d: %s", name, status,
                  status < 0 ? instance->problem : "which is no answer of it");
    return false;
}

/* Created, started, opened; not restored yet. */
static bool
open_life(struct instance *instance, struct rig *rig, struct step *step)
{
    if (!instance_create(instance, rig, NULL)) {
        verdict_skip("it refuses its options: %s", instance->problem);
        instance_destroy(instance);
        return false;
    }
    instance->memory = LEVADA_IN_TRANSACTION | LEVADA_HAS_STATE;
    step->self = instance->stage->self;
    levada_status status = LEVADA_OK;
    if (instance_wake(instance)) {
        status = instance_call(instance, "open", run_open, step);
        if (status == LEVADA_OK)
            return true;
        if (status < 0) /* what it wants of the world */
            verdict_skip("open() says: %s", instance->problem);
        else
            verdict_fault("transaction", "open() answered %d, which is no answer of it", status);
    }
    instance_destroy(instance);
    return false;
}

static bool
is_offered(struct step *step)
{
    step->txn = probe_ext("levada.txn/1");
    if (step->txn == NULL)
        verdict_skip("it offers no levada.txn/1");
    else if (step->txn->protocol == NULL || step->txn->protocol[0] == '\0')
        verdict_fault("extension", "levada.txn/1 names no protocol");
    return verdict_is_open();
}

/* A key that no earlier run of the suite has used, as the changelog may be there for long. */
static const char *
new_key(void)
{
    static char key[64];
    snprintf(key, sizeof(key), "conformance-%ld-%lld", (long)getpid(),
             (long long)clock_system.wall_ms(&clock_system));
    return key;
}

static bool
put(struct instance *instance, struct step *step, int32_t partition, const char *value)
{
    step->partition = partition;
    step->value = bytes_of(value);
    return do_step(instance, "put", run_put, step);
}

/* A signal that no sink can refuse while its transaction is fine. */
static bool
tell(struct instance *instance, uint32_t kind, const char *name)
{
    if (instance_signal(instance, kind) < 0)
        verdict_fault("transaction", "%s: %s", name, instance->problem);
    return verdict_is_open();
}

static bool
commit(struct instance *instance, struct step *step)
{
    return do_step(instance, "commit", run_commit, step) &&
           tell(instance, LEVADA_SIG_COMMIT, "COMMIT");
}

/* The data of a round, up to the answer to CHECKPOINT. */
static bool
make_round(struct instance *instance)
{
    instance_feed(instance, RECORDS);
    instance_signal(instance, LEVADA_SIG_TRIGGER);
    return tell(instance, LEVADA_SIG_CHECKPOINT, "CHECKPOINT");
}

/* As open_life, after one that worked: what this one wants of the world was there. */
static bool
open_next_life(struct instance *instance, struct rig *rig, struct step *step)
{
    if (!verdict_is_open())
        return false;
    if (open_life(instance, rig, step))
        return true;
    verdict_fault("transaction", "in a second life, after one that worked: %s", verdict->text);
    return false;
}

/* In a new life: the changelog has @wanted of the key, and of others what it likes. */
static void
must_find(struct rig *rig, struct step *step, int32_t partition, const char *wanted)
{
    struct instance instance;
    if (!open_next_life(&instance, rig, step))
        return;
    step->partition = partition;
    step->found[0] = '\0';
    if (do_step(&instance, "read", run_read, step) && strcmp(step->found, wanted) != 0)
        verdict_fault("transaction", "the changelog should have \"%s\" and has \"%s\"", wanted,
                      step->found);
    tell(&instance, LEVADA_SIG_RESTORE, "RESTORE");
    instance_destroy(&instance);
}

/* ---- the cases ---- */

static void
commits_what_was_put(struct rig *rig)
{
    struct instance instance;
    struct step step = { .key = bytes_of(new_key()) };
    if (!rig_open(rig) || !is_offered(&step) || !open_life(&instance, rig, &step))
        return;
    bool fine = instance_restore(&instance) && make_round(&instance) &&
                put(&instance, &step, 0, "old") && put(&instance, &step, 0, "new") &&
                put(&instance, &step, 1, "other") && commit(&instance, &step) &&
                make_round(&instance) && put(&instance, &step, 1, NULL) && commit(&instance, &step);
    instance_destroy(&instance);
    if (!fine)
        return;
    must_find(rig, &step, 0, "new");
    must_find(rig, &step, 1, "");
}

static void
forgets_what_is_aborted(struct rig *rig)
{
    struct instance instance;
    struct step step = { .key = bytes_of(new_key()) };
    if (!rig_open(rig) || !is_offered(&step) || !open_life(&instance, rig, &step))
        return;
    bool fine = instance_restore(&instance) && make_round(&instance) &&
                put(&instance, &step, 0, "kept") && commit(&instance, &step) &&
                make_round(&instance) && put(&instance, &step, 0, "void");
    fine = fine && tell(&instance, LEVADA_SIG_ABORT, "ABORT") &&
           tell(&instance, LEVADA_SIG_RESTORE, "RESTORE") && make_round(&instance) &&
           commit(&instance, &step);
    instance_destroy(&instance);
    if (fine)
        must_find(rig, &step, 0, "kept");
}

static void
sends_to_itself(struct rig *rig)
{
    struct instance instance;
    struct step step = { .key = bytes_of(new_key()), .value = bytes_of("{}") };
    if (!rig_open(rig) || !is_offered(&step))
        return;
    if (!LEVADA_HAS(step.txn, ensure) || !LEVADA_HAS(step.txn, send) ||
        !LEVADA_HAS(step.txn, end)) {
        verdict_skip("it has no streams that a pipeline sends to itself");
        return;
    }
    if (!open_life(&instance, rig, &step))
        return;
    levada_status status = instance_call(&instance, "ensure", run_ensure, &step);
    if (status < 0)
        verdict_skip("ensure() says: %s", instance.problem);
    if (status >= 0 && instance_restore(&instance) && do_step(&instance, "end", run_end, &step)) {
        int64_t before = step.offset;
        if (do_step(&instance, "send", run_send, &step) && commit(&instance, &step) &&
            do_step(&instance, "end", run_end, &step) && step.offset <= before)
            verdict_fault("transaction", "end() is %lld after send() and commit(), as before",
                          (long long)before);
    }
    instance_destroy(&instance);
}

/* ---- before any life ---- */

static void
must_name_changelog(const struct step *step)
{
    const char *name = step->txn->changelog(step->self);
    if (name == NULL || name[0] == '\0' || step->txn->changelog(step->self) != name)
        verdict_fault("transaction", "changelog() is \"%s\", or not the same each time",
                      name != NULL ? name : "NULL");
}

/* What a life would find is looked for, and nothing is begun. */
static void
look_for(struct instance *instance, struct step *step, const char *stream)
{
    struct levada_call *call = instance->stage->call;
    step->stream = stream;
    call_reset(call);
    levada_status returned = probe_call("check", run_check, step, call);
    bool has_words = call->err.status < 0;
    levada_status status = call_end(call, returned);
    call_reset(call);
    if (status > 0 || (status < 0 && !has_words))
        verdict_fault("connect", "check() of levada.txn/1 returned %d and does not say why",
                      status);
}

static void
looks_before_it_starts(struct rig *rig)
{
    struct instance instance;
    struct surroundings before;
    struct step step = { .partition = 0 };
    if (!rig_open(rig) || !is_offered(&step))
        return;
    surroundings_note(&before);
    if (instance_create(&instance, rig, NULL)) {
        step.self = instance.stage->self;
        if (LEVADA_HAS(step.txn, changelog))
            must_name_changelog(&step);
        if (LEVADA_HAS(step.txn, check)) {
            look_for(&instance, &step, NULL);
            look_for(&instance, &step, STREAM);
        }
    }
    instance_destroy(&instance);
    surroundings_compare(&before);
}

/* ---- two sinks ---- */

/* True: the second is part of the first's transaction. Both are only created. */
static bool
join(struct instance *second, const struct instance *first, struct step *step)
{
    struct levada_call *call = second->stage->call;
    struct problems problems = { .n = 0 };
    const struct stage_plan plan = { .problems = &problems };
    step->self = second->stage->self;
    step->coordinator = first->stage->self;
    call_reset(call);
    call->plan = &plan;
    levada_status status = call_end(call, probe_call("join", run_join, step, call));
    if (status != LEVADA_OK && problems.n == 0 && call->err.text[0] == '\0')
        verdict_fault("transaction", "join() of two alike answered %d", status);
    else if (status != LEVADA_OK)
        verdict_skip("join() says: %s",
                     problems.n > 0 ? problems.items[0].message : call->err.text);
    call_reset(call);
    call->plan = NULL;
    problems_finish(&problems);
    return status == LEVADA_OK;
}

static void
commit_together(struct instance *first, struct instance *second, struct step *step)
{
    first->memory = second->memory = LEVADA_IN_TRANSACTION | LEVADA_HAS_STATE;
    step->self = first->stage->self;
    if (!instance_wake(first) || !instance_wake(second))
        return;
    if (instance_call(first, "open", run_open, step) != LEVADA_OK) {
        verdict_skip("open() says: %s", first->problem);
        return;
    }
    if (!instance_restore(first) || !instance_restore(second))
        return;
    for (int round = 0; round < 2; round++) {
        if (make_round(first) && make_round(second) && commit(first, step))
            tell(second, LEVADA_SIG_COMMIT, "COMMIT");
    }
    if (make_round(first) && make_round(second) && tell(first, LEVADA_SIG_ABORT, "ABORT"))
        tell(second, LEVADA_SIG_ABORT, "ABORT");
}

static void
joins_another(struct rig *rig)
{
    struct instance first, second;
    struct surroundings before;
    struct step step = { .key = bytes_of("conformance") };
    if (!rig_open(rig) || !is_offered(&step))
        return;
    if (!LEVADA_HAS(step.txn, join)) {
        verdict_skip("two of it are no part of one transaction");
        return;
    }
    surroundings_note(&before);
    bool created = instance_create(&first, rig, NULL);
    if (instance_create(&second, rig, NULL) && created && join(&second, &first, &step))
        commit_together(&first, &second, &step);
    instance_destroy(&second);
    instance_destroy(&first);
    surroundings_compare(&before);
}

const struct test_case cases_transaction[] = {
    { "ext.look", "what a transaction needs is looked for before there is one", CASE_OF_TAKER,
      false, looks_before_it_starts },
    { "ext.transaction", "what a transaction commits is read back in the next life", CASE_OF_TAKER,
      false, commits_what_was_put },
    { "ext.abort", "what was aborted is not", CASE_OF_TAKER, false, forgets_what_is_aborted },
    { "ext.join", "two sinks are in one transaction", CASE_OF_TAKER, false, joins_another },
    { "ext.streams", "what is sent to a stream of the pipeline's own is there", CASE_OF_TAKER,
      false, sends_to_itself },
    { .name = NULL },
};
