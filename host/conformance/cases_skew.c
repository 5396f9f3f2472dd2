/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/cases.h"
#include "conformance/probe.h"
#include "conformance/verdict.h"

static void
live(struct instance *instance)
{
    for (uint32_t n = 1; n < 100 && verdict_is_open(); n *= 3) {
        instance_feed(instance, n);
        instance_signal(instance, LEVADA_SIG_TRIGGER);
    }
    instance_signal(instance, LEVADA_SIG_CHECKPOINT);
    instance_signal(instance, LEVADA_SIG_RESTORE);
}

/* Its table ends where 1.0 ended, and it has no extension: who cannot do without says so. */
static void
lives_in_the_oldest_host(struct rig *rig)
{
    struct instance instance;
    probe_setup.bare = true;
    if (!rig_open(rig))
        return;
    if (!instance_create(&instance, rig, NULL))
        verdict_skip("it says: %s", instance.problem);
    else if (instance_start(&instance))
        live(&instance);
    instance_destroy(&instance);
}

/* Longer structs with something in their new parts, unknown flags, a table with more behind it. */
static void
lives_in_a_newer_host(struct rig *rig)
{
    struct instance instance;
    probe_setup.newer = true;
    if (!rig_open(rig) || !instance_begin(&instance, rig))
        return;
    live(&instance);
    instance_destroy(&instance);
}

const struct test_case cases_skew[] = {
    { "skew.oldest_host", "runs in the first host of this major, without extensions", CASE_OF_STAGE,
      false, lives_in_the_oldest_host },
    { "skew.newer_host", "runs in a host with longer structs, new flags and more functions",
      CASE_OF_STAGE, false, lives_in_a_newer_host },
    { .name = NULL },
};
