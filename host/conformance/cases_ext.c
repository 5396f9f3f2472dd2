/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin offers in turn: the names it answers to, and levada.connect/1. */
#include "conformance/cases.h"
#include "conformance/surroundings.h"
#include "conformance/verdict.h"
#include "isolation/confine.h"

#include <stddef.h>
#include <string.h>

#define WAIT_MS 1000

/* ---- names ---- */

/* What hosts ask for; up to where the first of them could not do without. */
static const struct {
    const char *id;
    size_t least;
    uint32_t kind; /* of the stages whose it is; 0: of all */
} extensions[] = {
    { "levada.connect/1", sizeof(struct levada_connect_v1), 0 },
    { "levada.group/1", offsetof(struct levada_group_v1, also_read), LEVADA_SOURCE },
    { "levada.txn/1", offsetof(struct levada_txn_v1, ensure), LEVADA_SINK },
};

#define N_EXTENSIONS (sizeof(extensions) / sizeof(*extensions))

/* Nobody ever offers these. */
static void
ask_for_others(void)
{
    static const char *const others[] = { "",
                                          "levada",
                                          "levada.txn",
                                          "levada.txn/",
                                          "levada.txn/10000",
                                          "levada.group/10000",
                                          "levada.connect/10000",
                                          "LEVADA.CONNECT/1",
                                          " levada.connect/1",
                                          "levada.connect/1 ",
                                          "org.example.none/1" };
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (probe_ext(others[i]) != NULL)
            verdict_fault("extension", "ext() has something for \"%s\", which nobody offers",
                          others[i]);
    }
}

/* Behind struct_size and a reserved number each has pointers alone: functions, a text. */
static bool
is_whole(const void *offered, size_t least)
{
    const char *bytes = offered;
    for (size_t at = 2 * sizeof(uint32_t); at < least; at += sizeof(void *)) {
        void *member;
        memcpy(&member, bytes + at, sizeof(member));
        if (member == NULL)
            return false;
    }
    return true;
}

static void
check_extension(size_t e, const void *offered, uint32_t kind)
{
    uint32_t size = 0;
    const char *id = extensions[e].id;
    if (offered == NULL)
        return;
    memcpy(&size, offered, sizeof(size)); /* struct_size is the first of each */
    if (size < extensions[e].least)
        verdict_fault("extension", "%s has a struct_size of %u; it began with %zu bytes", id, size,
                      extensions[e].least);
    else if (!is_whole(offered, extensions[e].least))
        verdict_fault("extension", "%s lacks a member that it began with", id);
    if (extensions[e].kind != 0 && extensions[e].kind != kind)
        verdict_fault("extension", "%s is no extension of this kind of stage", id);
    if (probe_ext(id) != offered)
        verdict_fault("extension", "ext() gives %s at another address each time", id);
}

static void
answers_to_names(struct rig *rig)
{
    const void *before[N_EXTENSIONS];
    struct instance instance;
    if (!rig_open(rig))
        return;
    for (size_t e = 0; e < N_EXTENSIONS; e++) {
        before[e] = probe_ext(extensions[e].id);
        check_extension(e, before[e], rig->op.kind);
    }
    ask_for_others();
    bool created = instance_create(&instance, rig, NULL);
    for (size_t e = 0; e < N_EXTENSIONS && created; e++) {
        if (probe_ext(extensions[e].id) != before[e])
            verdict_fault("extension", "%s is another one once a stage is created",
                          extensions[e].id);
    }
    instance_destroy(&instance);
}

/* ---- levada.connect/1 ---- */

struct question {
    const struct levada_connect_v1 *connect;
    void *self;
};

static levada_status
run_check(void *user, struct levada_call *call)
{
    const struct question *question = user;
    return question->connect->check(question->self, call, WAIT_MS);
}

static void
ask(struct instance *instance, const struct levada_connect_v1 *connect)
{
    struct levada_call *call = instance->stage->call;
    struct question question = { connect, instance->stage->self };
    struct problems problems = { .n = 0 };
    const struct stage_plan plan = { .problems = &problems };
    call_reset(call);
    call->plan = &plan;
    levada_status returned = probe_call("check", run_check, &question, call);
    bool has_words = call->err.status < 0 || problems.n > 0;
    levada_status status = call_end(call, returned);
    call_reset(call);
    call->plan = NULL;
    problems_finish(&problems);
    if (status > 0)
        verdict_fault("connect", "check() returned %d: it is OK, or it fails", status);
    else if (status < 0 && !has_words)
        verdict_fault("connect", "check() returned %d and does not say what is wrong", status);
}

/* Twice of one instance, which was never started. */
static void
asks_for_its_service(struct rig *rig)
{
    struct instance instance;
    struct surroundings before;
    const struct levada_connect_v1 *connect = probe_ext("levada.connect/1");
    if (connect == NULL) {
        verdict_skip("it offers no levada.connect/1");
        return;
    }
    surroundings_note(&before);
    if (instance_create(&instance, rig, NULL)) {
        ask(&instance, connect);
        ask(&instance, connect);
    }
    instance_destroy(&instance);
    surroundings_compare(&before);
}

static void
knows_its_service(struct rig *rig)
{
    if (rig_open(rig))
        asks_for_its_service(rig);
}

static void
knows_that_nothing_is_there(struct rig *rig)
{
    struct error err;
    if (!rig_open(rig))
        return;
    if (rig->in_process)
        verdict_skip("sockets can be forbidden to a process of its own alone");
    else if (confine(&(struct confinement){ .network = false }, &err) < 0)
        verdict_skip("%s", err.text);
    else
        asks_for_its_service(rig);
}

const struct test_case cases_ext[] = {
    { "ext.names", "what it offers to hosts has one name, and one address", CASE_OF_STAGE, false,
      answers_to_names },
    { "ext.connect", "whether its service is there is answered, in time and in words",
      CASE_OF_STAGE, false, knows_its_service },
    { "ext.no_network", "likewise where no socket can be made", CASE_OF_STAGE, false,
      knows_that_nothing_is_there },
    { .name = NULL },
};
