/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/account.h"

#include "base/strbuf.h"
#include "conformance/verdict.h"

#include <levada/helpers.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often each record of the input is in what was emitted, or failed. */
struct tally {
    uint32_t *emitted, *failed;
    uint64_t n_emitted, n_failed;
};

static void
count_emitted(struct tally *tally, const struct levada_call *call, const struct batch *input)
{
    int64_t first = batch_origin(input, 0)->offset;
    uint32_t n = batch_public((struct batch *)input)->n;
    for (uint32_t e = 0; e < call->n_emissions; e++) {
        struct batch *batch = call->emissions[e].batch;
        for (uint32_t i = 0; i < batch_public(batch)->n; i++) {
            int64_t at = batch_origin(batch, i)->offset - first;
            tally->n_emitted++;
            if (batch_origin(batch, i)->stream != 0 && at >= 0 && at < n)
                tally->emitted[at]++;
        }
    }
}

static void
count_failed(struct tally *tally, const struct levada_call *call, const struct batch *input)
{
    for (uint32_t f = 0; f < call->n_failed; f++) {
        uint32_t record = batch_find_record(input, call->failed[f].batch, call->failed[f].record);
        if (record == UINT32_MAX)
            verdict_fault("account", "fail_at() of a record that did not come in");
        else
            tally->failed[record]++;
        tally->n_failed++;
    }
}

static void
judge(const struct tally *tally, const struct rig *rig, uint32_t n, levada_status status)
{
    for (uint32_t i = 0; i < n; i++) {
        if (tally->failed[i] > 0 && tally->emitted[i] > 0)
            verdict_fault("twice", "record %u was emitted and failed, too", i);
        else if (tally->failed[i] > 1)
            verdict_fault("twice", "record %u failed %u times in one call", i, tally->failed[i]);
    }
    if (status == LEVADA_OK && rig->op.kind != LEVADA_SINK &&
        tally->n_emitted + tally->n_failed < n)
        verdict_fault("account",
                      "answered OK and emitted %llu of %u records; FILTERED or ABSORBED says what "
                      "became of the others",
                      (unsigned long long)(tally->n_emitted + tally->n_failed), n);
}

static bool
is_status_of_process(const struct rig *rig, levada_status status)
{
    if (status == LEVADA_END)
        return rig->op.kind == LEVADA_SINK;
    return status <= LEVADA_ABSORBED && status != LEVADA_AGAIN;
}

void
account_process(struct instance *instance, const struct batch *input, levada_status status)
{
    const struct levada_call *call = instance->stage->call;
    uint32_t n = batch_public((struct batch *)input)->n;
    struct tally tally = { calloc(n + 1, sizeof(uint32_t)), calloc(n + 1, sizeof(uint32_t)), 0, 0 };
    if (!is_status_of_process(instance->rig, status))
        verdict_fault("status", "returned %d, which is no status of it", status);
    if (n > 0 && tally.emitted != NULL && tally.failed != NULL) {
        count_emitted(&tally, call, input);
        count_failed(&tally, call, input);
        judge(&tally, instance->rig, n, status);
    }
    free(tally.emitted);
    free(tally.failed);
}

void
account_poll(struct instance *instance, uint32_t max_records, levada_status status)
{
    const struct levada_call *call = instance->stage->call;
    uint64_t n = 0;
    for (uint32_t e = 0; e < call->n_emissions; e++)
        n += batch_public(call->emissions[e].batch)->n;
    if (n > max_records)
        verdict_fault("limit", "gave %llu records where %u were asked for", (unsigned long long)n,
                      max_records);
    if (status == LEVADA_FILTERED || status == LEVADA_ABSORBED)
        verdict_fault("status", "returned %d, which is no status of it", status);
    if (n > 0 && call->n_positions == 0 && (instance->rig->op.caps & LEVADA_CAP_REPLAY) != 0)
        verdict_fault("position", "gave records and no position(), which LEVADA_CAP_REPLAY needs");
    for (uint32_t p = 0; p < call->n_positions; p++) {
        if (!positions_set(&instance->kept, NULL, &call->positions[p]))
            verdict_skip("no memory for its positions");
    }
}

void
account_emissions(struct instance *instance)
{
    const struct levada_call *call = instance->stage->call;
    for (uint32_t e = 0; e < call->n_emissions; e++) {
        struct batch *batch = call->emissions[e].batch;
        struct error err = { .status = LEVADA_OK };
        struct bad_record *bad;
        uint32_t n_bad = 0;
        if (batch_is_undecoded(batch) &&
            batch_decode(batch, instance->decoder, &bad, &n_bad, &err) >= 0 && n_bad > 0 &&
            !rig_is_source(instance->rig))
            verdict_fault("emitted", "emitted a record that is no JSON: %s", bad[0].why);
        const struct levada_record *records = batch_records(batch, &err);
        if (records == NULL) {
            verdict_fault("emitted", "emitted records that cannot be read: %s", err.text);
            return;
        }
        for (uint32_t i = 0; i < batch_public(batch)->n; i++) {
            const struct levada_record *record =
                (const void *)((const char *)records + (size_t)i * sizeof(*record));
            instance->n_emitted++;
            if (instance->output == NULL)
                continue;
            strbuf_add(instance->output, record->value.p, record->value.n);
            strbuf_char(instance->output, '\n');
        }
    }
}
