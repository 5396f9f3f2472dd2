/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"
#include "conformance/cases.h"
#include "conformance/probe.h"
#include "conformance/surroundings.h"
#include "conformance/verdict.h"

#define MOST_RECORDS 65536u

/* One batch in a life of its own, with what follows it. */
static void
live_on(struct rig *rig, const struct batch_wish *wish)
{
    struct instance instance;
    uint32_t n_ports = rig->op.n_inputs > 0 ? rig->op.n_inputs : 1;
    if (!rig_open(rig) || !instance_begin(&instance, rig))
        return;
    for (uint32_t port = 0; port < n_ports; port++) {
        struct batch *batch = instance_batch(&instance, wish);
        if (verdict_is_open())
            instance_process(&instance, port, batch);
        batch_release(batch);
    }
    instance_signal(&instance, LEVADA_SIG_TRIGGER);
    instance_signal(&instance, LEVADA_SIG_CHECKPOINT); /* what was absorbed has to be done */
    instance_destroy(&instance);
}

static void
takes_an_empty_batch(struct rig *rig)
{
    live_on(rig, &(struct batch_wish){ .n = 0 });
}

static void
takes_the_largest_batch(struct rig *rig)
{
    live_on(rig, &(struct batch_wish){ .n = MOST_RECORDS });
}

static void
takes_a_huge_value(struct rig *rig)
{
    struct strbuf value = { 0 };
    strbuf_char(&value, '"');
    for (int i = 0; i < 1 << 20; i++)
        strbuf_char(&value, 'x');
    strbuf_char(&value, '"');
    live_on(rig, &(struct batch_wish){ .n = 2, .value = strbuf_text(&value) });
    strbuf_finish(&value);
}

static void
tells_absent_from_empty(struct rig *rig)
{
    live_on(rig, &(struct batch_wish){ .n = 60, .hostile = true });
}

static void
takes_many_headers(struct rig *rig)
{
    live_on(rig, &(struct batch_wish){ .n = 2, .n_headers = 10000 });
}

static void
takes_big_integers(struct rig *rig)
{
    static const char *const numbers[] = { "9223372036854775807",
                                           "-9223372036854775808",
                                           "18446744073709551616",
                                           "1e308",
                                           "0.1",
                                           "123456789012345678901234567890" };
    struct instance instance;
    if (!rig_open(rig) || !instance_begin(&instance, rig))
        return;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        struct batch *batch =
            instance_batch(&instance, &(struct batch_wish){ .n = 3, .value = numbers[i] });
        instance_process(&instance, 0, batch);
        batch_release(batch);
    }
    instance_destroy(&instance);
}

static void
leaves_shared_data_alone(struct rig *rig)
{
    probe_setup.shield = true;
    live_on(rig, &(struct batch_wish){ .n = 100, .n_headers = 1 });
}

static void
takes_unknown_signals(struct rig *rig)
{
    struct instance instance;
    if (!rig_open(rig) || !instance_begin(&instance, rig))
        return;
    for (uint32_t kind = LEVADA_SIG_RESTORE + 1; kind < LEVADA_SIG_RESTORE + 20; kind += 6) {
        levada_status status = instance_signal(&instance, kind);
        if (status != LEVADA_OK)
            verdict_fault("signals",
                          "answered %d to a signal of unknown kind; those of newer hosts get OK",
                          status);
    }
    instance_destroy(&instance);
}

const struct test_case cases_data[] = {
    { "data.empty_batch", "a batch of no records", CASE_OF_TAKER, false, takes_an_empty_batch },
    { "data.largest_batch", "65,536 records at once", CASE_OF_TAKER, false,
      takes_the_largest_batch },
    { "data.huge_value", "values of 1 MiB", CASE_OF_TAKER, false, takes_a_huge_value },
    { "data.absent_and_empty", "absent and empty keys and values, and bytes that are no text",
      CASE_OF_TAKER, false, tells_absent_from_empty },
    { "data.many_headers", "10,000 headers on a record", CASE_OF_TAKER, false, takes_many_headers },
    { "data.big_numbers", "numbers that fit no integer and no double", CASE_OF_TAKER, false,
      takes_big_integers },
    { "data.shared", "what other stages share is not written, nor read past its end", CASE_OF_TAKER,
      false, leaves_shared_data_alone },
    { "data.unknown_signals", "signals of unknown kinds are answered OK", CASE_OF_STAGE, false,
      takes_unknown_signals },
    { .name = NULL },
};
