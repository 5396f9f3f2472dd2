/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"
#include "conformance/cases.h"
#include "conformance/verdict.h"

#include <stdio.h>
#include <string.h>

#define ENOUGH_RECORDS 2000u

static void
keeps_to_what_it_is_asked_for(struct rig *rig)
{
    static const uint32_t limits[] = { 1, 2, 7, 1000, 65536 };
    struct instance instance;
    if (!rig_open(rig) || !instance_begin(&instance, rig))
        return;
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
        instance_read(&instance, limits[i], limits[i], limits[i]);
    instance_destroy(&instance);
}

/* @most records more, in a next life that begins at @kept and owns it. */
static void
read_on(struct rig *rig, struct positions kept, uint64_t most, struct strbuf *output)
{
    struct instance instance;
    bool created = instance_create(&instance, rig, NULL);
    instance.kept = kept;
    instance.output = output;
    if (created && instance_start(&instance))
        instance_read(&instance, 1000, most, most);
    instance_destroy(&instance);
}

static void
reads_on_from_a_position(struct rig *rig)
{
    struct strbuf whole = { 0 }, parts = { 0 };
    struct instance first, second;
    if (!rig_open(rig))
        return;
    if ((rig->op.caps & LEVADA_CAP_REPLAY) == 0) {
        verdict_skip("it does not say LEVADA_CAP_REPLAY");
        return;
    }
    if (!instance_begin(&first, rig))
        return;
    first.output = &whole;
    levada_status status = instance_read(&first, 1000, ENOUGH_RECORDS, ENOUGH_RECORDS);
    instance_destroy(&first);
    if (first.n_emitted < 2 || (status != LEVADA_END && first.n_emitted < ENOUGH_RECORDS)) {
        verdict_skip("it gave %llu records and did not end: there is nothing to compare",
                     (unsigned long long)first.n_emitted);
        strbuf_finish(&whole);
        return;
    }
    if (!instance_begin(&second, rig))
        return;
    second.output = &parts;
    instance_read(&second, 1, first.n_emitted / 2, first.n_emitted / 2);
    struct positions kept = second.kept;
    second.kept = (struct positions){ .items = NULL };
    instance_destroy(&second);
    read_on(rig, kept, status == LEVADA_END ? ENOUGH_RECORDS : first.n_emitted - second.n_emitted,
            &parts);
    if (strcmp(strbuf_text(&whole), strbuf_text(&parts)) != 0)
        verdict_fault("resume", "half of it, and the rest after a restart from its position(), is "
                                "not the same as all of it at once");
    strbuf_finish(&whole);
    strbuf_finish(&parts);
}

static void
bears_any_position(struct rig *rig)
{
    static const int64_t places[] = { 0, 1, 7, INT64_MAX, -1 };
    static const char details[][9] = { "", "\xff", "0", "{}", "12345678" };
    if (!rig_open(rig))
        return;
    for (size_t p = 0; p < sizeof(places) / sizeof(*places) && verdict_is_open(); p++) {
        struct instance instance;
        const char *detail = details[random_below(&rig->random, 5)];
        if (!instance_create(&instance, rig, NULL))
            return;
        const struct levada_position position = { .next = places[p],
                                                  .latest = -1,
                                                  .detail = { detail, strlen(detail) } };
        instance.stored = &position;
        if (instance_wake(&instance) && instance_signal(&instance, LEVADA_SIG_RESTORE) >= 0)
            instance_read(&instance, 100, 100, 100);
        instance_destroy(&instance);
        if (verdict->outcome == OUTCOME_SKIP) /* refusing such a position is right */
            verdict->outcome = OUTCOME_NONE;
    }
}

const struct test_case cases_source[] = {
    { "source.limit", "a poll gives no more than it is asked for", CASE_OF_SOURCE, false,
      keeps_to_what_it_is_asked_for },
    { "source.resume", "it reads on from its position", CASE_OF_SOURCE, false,
      reads_on_from_a_position },
    { "source.any_position", "positions that make no sense are refused or read on from",
      CASE_OF_SOURCE, false, bears_any_position },
    { .name = NULL },
};
