/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"
#include "conformance/cases.h"
#include "conformance/probe.h"
#include "conformance/surroundings.h"
#include "conformance/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 24u
#define MOST_CALLS 400u
#define TRIALS 3u

static void
accounts_for_every_record(struct rig *rig)
{
    struct instance instance;
    if (!rig_open(rig) || !instance_begin(&instance, rig))
        return;
    for (uint32_t n = 1; n < 200 && verdict_is_open(); n = n * 2 + 1)
        instance_feed(&instance, n);
    instance_signal(&instance, LEVADA_SIG_TRIGGER);
    levada_status status = instance_signal(&instance, LEVADA_SIG_CHECKPOINT);
    if (status > LEVADA_AGAIN)
        verdict_fault("status", "answered %d to CHECKPOINT", status);
    instance_destroy(&instance);
}

/* ---- a failure at each call of the host ---- */

struct trial {
    struct strbuf output;
    bool began, failed;
    uint32_t n_calls;
};

/* The callback that @batch goes to, or polls until as many records came. */
static levada_status
deliver(struct instance *instance, struct batch *batch)
{
    if (!rig_is_source(instance->rig))
        return instance_process(instance, 0, batch);
    uint64_t left = RECORDS - instance->n_emitted;
    return instance_read(instance, RECORDS, left, left);
}

/* As often as it takes; the first time call @nth fails. */
static void
deliver_until_taken(struct instance *instance, struct trial *trial, uint32_t nth)
{
    struct rig *rig = instance->rig;
    struct batch *batch = NULL;
    levada_status status = LEVADA_RETRY;
    if (!rig_is_source(rig))
        batch = instance_batch(instance, &(struct batch_wish){ .n = RECORDS });
    for (int attempt = 0; attempt < 2 && status < 0; attempt++) {
        probe_fail_at(attempt == 0 ? nth : 0);
        status = deliver(instance, batch);
        if (attempt == 0) {
            trial->failed = probe_has_failed();
            trial->n_calls = probe_calls();
        }
        if (attempt == 0 && status < 0 && rig_is_source(rig))
            instance_signal(instance, LEVADA_SIG_RESTORE);
    }
    probe_fail_at(0);
    batch_release(batch);
}

/* One life: a batch, and all that comes of it. */
static void
live(struct rig *rig, struct trial *trial, uint32_t nth, uint64_t seed)
{
    struct instance instance;
    *trial = (struct trial){ .began = false };
    rig->random.state = seed; /* the same input in each life */
    if (!instance_begin(&instance, rig))
        return;
    trial->began = true;
    instance.output = &trial->output;
    deliver_until_taken(&instance, trial, nth);
    if (rig_is_source(rig))
        instance_read(&instance, RECORDS, RECORDS, RECORDS);
    else
        instance_feed(&instance, RECORDS);
    instance_signal(&instance, LEVADA_SIG_TRIGGER);
    instance_destroy(&instance);
}

/* Does call @nth fail, and does what is emitted differ then? */
static bool
differs(struct rig *rig, const struct trial *whole, uint32_t nth, uint64_t seed, bool *failed)
{
    struct trial trial;
    live(rig, &trial, nth, seed);
    bool same = strcmp(strbuf_text(&whole->output), strbuf_text(&trial.output)) == 0;
    strbuf_finish(&trial.output);
    *failed = trial.failed;
    return !same;
}

/*
 * Can two lives be compared? Of clocks and chance nothing can be asked, nor of a source that cannot
 * read again.
 */
static bool
is_repeatable(struct rig *rig, const struct trial *whole, uint64_t seed)
{
    bool failed;
    if (rig_is_source(rig) && (rig->op.caps & LEVADA_CAP_REPLAY) == 0)
        return false;
    return !differs(rig, whole, 0, seed, &failed);
}

static void
takes_back_what_failed(struct rig *rig)
{
    struct trial whole;
    uint64_t seed = random_next(&rig->random);
    bool failed = true;
    if (!rig_open(rig))
        return;
    live(rig, &whole, 0, seed);
    bool compare = whole.began && is_repeatable(rig, &whole, seed);
    for (uint32_t nth = 1; whole.began && nth <= MOST_CALLS && failed && verdict_is_open(); nth++) {
        /* Where other processes or threads are at work, one difference means nothing. */
        uint32_t n_different = 0;
        for (uint32_t i = 0; i <= n_different && i < TRIALS; i++)
            n_different += differs(rig, &whole, nth, seed, &failed) && failed && compare;
        if (n_different == TRIALS)
            verdict_fault("failures",
                          "call %u of the host failed and the batch was delivered again: what was "
                          "emitted is not the same as without the failure",
                          nth);
    }
    strbuf_finish(&whole.output);
}

/* ---- failures in signals ---- */

static void
bears_failures_in_signals(struct rig *rig)
{
    static const uint32_t kinds[] = { LEVADA_SIG_TRIGGER, LEVADA_SIG_CHECKPOINT,
                                      LEVADA_SIG_RESTORE };
    if (!rig_open(rig))
        return;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
        bool failed = true;
        for (uint32_t nth = 1; nth <= MOST_CALLS && failed && verdict_is_open(); nth++) {
            struct instance instance;
            if (!instance_begin(&instance, rig))
                return;
            instance_feed(&instance, RECORDS);
            probe_fail_at(nth);
            instance_signal(&instance, kinds[k]);
            failed = probe_has_failed();
            probe_fail_at(0);
            if (failed) {
                instance_signal(&instance, LEVADA_SIG_ABORT);
                instance_signal(&instance, LEVADA_SIG_RESTORE);
                instance_feed(&instance, 1);
            }
            instance_destroy(&instance);
        }
    }
}

const struct test_case cases_delivery[] = {
    { "delivery.account", "every record ends in exactly one way", CASE_OF_STAGE, false,
      accounts_for_every_record },
    { "delivery.failures", "each call of the host may fail, and then nothing is lost or done twice",
      CASE_OF_STAGE, false, takes_back_what_failed },
    { "delivery.signals", "likewise in signals", CASE_OF_STAGE, false, bears_failures_in_signals },
    { .name = NULL },
};
