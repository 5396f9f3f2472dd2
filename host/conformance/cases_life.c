/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "conformance/capture.h"
#include "conformance/cases.h"
#include "conformance/probe.h"
#include "conformance/surroundings.h"
#include "conformance/verdict.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define ANY_ORDER_NS 20000000000LL
#define LEAK_ROUNDS 16
#define SMALLEST_CHUNK 32u /* of malloc: less of a growth is noise */

static void
create_and_destroy(void *argument)
{
    struct rig *rig = argument;
    struct instance instance;
    struct surroundings before;
    surroundings_note(&before);
    if (!instance_create(&instance, rig, NULL))
        verdict_fault("options",
                      "refused the options it is tried with: %s; --options and --set give others",
                      instance.problem);
    else if ((rig->op.caps & LEVADA_CAP_TABLE) != 0 && instance.stage->n_cells == 0)
        verdict_fault("descriptor", "has LEVADA_CAP_TABLE and declared no cell()");
    surroundings_compare(&before); /* [plan] calls leave nothing, not even while the stage lives */
    instance_destroy(&instance);
    surroundings_compare(&before);
}

static void
is_created_and_destroyed(struct rig *rig)
{
    if (rig_open(rig))
        capture_nothing(create_and_destroy, rig, "created and destroyed");
}

static void
starts(struct rig *rig)
{
    struct instance instance;
    if (rig_open(rig) && instance_begin(&instance, rig))
        instance_destroy(&instance);
}

/* A record may be rejected, and the world may be missing; but nothing else may be wrong yet. */
static void
judge_first_answer(const struct instance *instance, levada_status status)
{
    uint32_t kind = instance->rig->op.kind;
    bool has_world = kind == LEVADA_SOURCE || kind == LEVADA_SINK;
    if (status >= 0 || status == LEVADA_REJECT)
        return;
    if (status == LEVADA_FATAL || !has_world)
        verdict_fault("works", "failed with status %d on the first record: %s", status,
                      instance->problem);
    else
        verdict_skip("on the first record it says: %s", instance->problem);
}

static void
takes_one_record(struct rig *rig)
{
    struct instance instance;
    struct surroundings before;
    if (!rig_open(rig))
        return;
    surroundings_note(&before);
    if (!instance_begin(&instance, rig))
        return;
    judge_first_answer(&instance, instance_feed(&instance, 1));
    instance_signal(&instance, LEVADA_SIG_TRIGGER);
    instance_signal(&instance, LEVADA_SIG_CHECKPOINT);
    instance_signal(&instance, LEVADA_SIG_COMMIT);
    instance_destroy(&instance);
    surroundings_compare(&before);
}

static void
lives_three_times(struct rig *rig)
{
    if (!rig_open(rig))
        return;
    for (int life = 0; life < 3; life++) {
        struct instance instance;
        if (!instance_begin(&instance, rig))
            return;
        instance_feed(&instance, 10);
        instance_destroy(&instance);
    }
}

static void
bears_a_second_instance(struct rig *rig)
{
    struct instance one, two;
    if (!rig_open(rig) || !instance_begin(&one, rig))
        return;
    if (instance_begin(&two, rig)) {
        for (int i = 0; i < 3; i++) {
            instance_feed(&one, 5);
            instance_feed(&two, 7);
        }
        instance_destroy(&one);
        instance_feed(&two, 5);
        instance_destroy(&two);
    } else {
        instance_destroy(&one);
    }
}

/* ---- legal orders ---- */

static void
one_random_step(struct instance *instance)
{
    struct random *random = &instance->rig->random;
    switch (random_below(random, 7)) {
    case 0:
        instance_signal(instance, LEVADA_SIG_TRIGGER);
        break;
    case 1:
        if (instance_signal(instance, LEVADA_SIG_CHECKPOINT) >= 0)
            instance_signal(instance, LEVADA_SIG_COMMIT);
        break;
    case 2:
        instance_signal(instance, LEVADA_SIG_ABORT);
        instance_signal(instance, LEVADA_SIG_RESTORE);
        break;
    case 3:
        instance_signal(instance, LEVADA_SIG_WATERMARK);
        break;
    default:
        instance_feed(instance, 1 + random_below(random, 40));
        break;
    }
}

/* A service that is slow, or away, makes fewer of it. */
static bool
is_time_left(int64_t until_ns)
{
    return verdict_is_open() && clock_system.monotonic_ns(&clock_system) < until_ns;
}

static void
lives_in_any_order(struct rig *rig)
{
    struct surroundings before;
    if (!rig_open(rig))
        return;
    surroundings_note(&before);
    int64_t until_ns = clock_system.monotonic_ns(&clock_system) + ANY_ORDER_NS;
    for (int life = 0; life < 8 && is_time_left(until_ns); life++) {
        struct instance instance;
        if (!instance_begin(&instance, rig))
            return;
        for (uint32_t n = random_below(&rig->random, 30); n > 0 && is_time_left(until_ns); n--)
            one_random_step(&instance);
        instance_destroy(&instance);
    }
    surroundings_compare(&before);
}

/* ---- memory ---- */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Each time with the same input. */
static void
live_once(struct rig *rig)
{
    const struct random random = rig->random;
    struct instance instance;
    if (!instance_begin(&instance, rig))
        return;
    instance_feed(&instance, 20);
    instance_signal(&instance, LEVADA_SIG_TRIGGER);
    instance_destroy(&instance);
    rig->random = random;
}

struct lives {
    struct rig *rig;
    int n;
};

static void *
live_often(void *argument)
{
    const struct lives *lives = argument;
    for (int i = 0; i < lives->n && verdict_is_open(); i++)
        live_once(lives->rig);
    return NULL;
}

/* On a thread: what malloc keeps at hand for a thread, and counts as used, goes with it. */
static size_t
growth_of_lives(struct rig *rig, int n)
{
    struct lives lives = { rig, n };
    pthread_t thread;
    size_t before = mallinfo2().uordblks;
    if (pthread_create(&thread, NULL, live_often, &lives) != 0)
        return 0;
    pthread_join(thread, NULL);
    size_t after = mallinfo2().uordblks;
    return after > before ? after - before : 0;
}
#endif

static void
forgets_nothing(struct rig *rig)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)rig;
    verdict_skip("memory cannot be counted in a sanitized build");
#else
    if (!rig_open(rig))
        return;
    mallopt(M_ARENA_MAX, 1); /* of which alone the numbers are */
    size_t once = growth_of_lives(rig, 24), first = growth_of_lives(rig, LEAK_ROUNDS);
    size_t second = growth_of_lives(rig, LEAK_ROUNDS);
    size_t growth = first < second ? first : second;
    (void)once; /* what is made once */
    if (growth >= LEAK_ROUNDS * SMALLEST_CHUNK)
        verdict_fault("leaks", "keeps about %zu bytes of every instance that was destroyed",
                      growth / LEAK_ROUNDS);
#endif
}

/* ---- failures of create() ---- */

static void
bears_failures_in_create(struct rig *rig)
{
    struct surroundings before;
    if (!rig_open(rig))
        return;
    surroundings_note(&before);
    for (uint32_t nth = 1; nth < 200 && verdict_is_open(); nth++) {
        struct instance instance;
        probe_fail_at(nth);
        bool created = instance_create(&instance, rig, NULL);
        bool failed = probe_has_failed();
        probe_fail_at(0);
        instance_destroy(&instance);
        if (!failed)
            break;
        if (created)
            verdict_fault("failures", "create() went well although call %u of the host failed",
                          nth);
    }
    surroundings_compare(&before);
}

const struct test_case cases_life[] = {
    { "life.create", "is created and destroyed, and leaves nothing", CASE_OF_STAGE, true,
      is_created_and_destroyed },
    { "life.start", "starts", CASE_OF_STAGE, true, starts },
    { "life.one_record", "takes one record, a trigger and a checkpoint", CASE_OF_STAGE, true,
      takes_one_record },
    { "life.again", "lives three times", CASE_OF_STAGE, false, lives_three_times },
    { "life.two_instances", "two instances do not know of each other", CASE_OF_STAGE, false,
      bears_a_second_instance },
    { "life.any_order", "callbacks may come in every order that is allowed", CASE_OF_STAGE, false,
      lives_in_any_order },
    { "life.leaks", "memory is given back", CASE_OF_STAGE, false, forgets_nothing },
    { "life.create_fails", "each call of the host in create() may fail", CASE_OF_STAGE, false,
      bears_failures_in_create },
    { .name = NULL },
};
