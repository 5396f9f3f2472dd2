/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"
#include "conformance/cases.h"
#include "conformance/probe.h"
#include "conformance/verdict.h"

#define LIVES 10
#define STEPS 20

/* A JSON value of any shape. */
static void
add_random_value(struct random *random, unsigned depth, struct strbuf *out)
{
    switch (random_below(random, depth > 4 ? 5 : 7)) {
    case 0:
        strbuf_str(out, "null");
        break;
    case 1:
        strbuf_str(out, random_below(random, 2) == 0 ? "true" : "false");
        break;
    case 2:
        strbuf_printf(out, "%lld", (long long)random_next(random) >> random_below(random, 63));
        break;
    case 3:
        strbuf_printf(out, "%u.%ue%d", random_below(random, 10), random_below(random, 1000000),
                      (int)random_below(random, 80) - 40);
        break;
    case 4:
        strbuf_char(out, '"');
        for (uint32_t n = random_below(random, 40); n > 0; n--)
            strbuf_printf(out, "\\u%04x", random_below(random, 0xd800));
        strbuf_char(out, '"');
        break;
    case 5:
        strbuf_char(out, '[');
        for (uint32_t n = random_below(random, 4), i = 0; i < n; i++) {
            strbuf_str(out, i > 0 ? "," : "");
            add_random_value(random, depth + 1, out);
        }
        strbuf_char(out, ']');
        break;
    default:
        strbuf_char(out, '{');
        for (uint32_t n = random_below(random, 4), i = 0; i < n; i++) {
            strbuf_printf(out, "%s\"%c\":", i > 0 ? "," : "", (int)('a' + i));
            add_random_value(random, depth + 1, out);
        }
        strbuf_char(out, '}');
        break;
    }
}

static void
feed_random(struct instance *instance)
{
    struct random *random = &instance->rig->random;
    struct strbuf value = { 0 };
    uint32_t n_ports = instance->rig->op.n_inputs > 0 ? instance->rig->op.n_inputs : 1;
    add_random_value(random, 0, &value);
    struct batch_wish wish = { .n = random_below(random, 30), .value = strbuf_text(&value) };
    wish.n_headers = random_below(random, 3);
    struct batch *batch = instance_batch(instance, &wish);
    instance_process(instance, random_below(random, n_ports), batch);
    batch_release(batch);
    strbuf_finish(&value);
}

static void
takes_anything(struct rig *rig)
{
    static const uint32_t kinds[] = { LEVADA_SIG_WATERMARK, LEVADA_SIG_TRIGGER,
                                      LEVADA_SIG_CHECKPOINT, 77 };
    if (!rig_open(rig))
        return;
    for (int life = 0; life < LIVES && verdict_is_open(); life++) {
        struct instance instance;
        probe_setup.shield = life % 2 == 1;
        if (!instance_begin(&instance, rig))
            return;
        for (int step = 0; step < STEPS && verdict_is_open(); step++) {
            if (random_below(&rig->random, 4) == 0)
                probe_fail_at(1 + random_below(&rig->random, 6));
            feed_random(&instance);
            probe_fail_at(0);
            if (random_below(&rig->random, 8) == 0)
                instance_signal(&instance, kinds[random_below(&rig->random, 4)]);
        }
        instance_destroy(&instance);
    }
}

const struct test_case cases_fuzz[] = {
    { "fuzz.records", "random records, failures and signals", CASE_OF_TAKER, false,
      takes_anything },
    { .name = NULL },
};
