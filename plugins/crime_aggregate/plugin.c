/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the records of each group and window. The host owns the table and its options; only the fold
 * is here. No default of ours makes a pipeline windowed: whoever asks for a window says so.
 */
#include <levada/levada.h>

static levada_status
crime_aggregate_create(void *self, struct levada_call *call, struct levada_ctx *ctx)
{
    (void)self;
    (void)ctx;
    levada->cell(call, "count", LEVADA_T_I64, 0); /* sticky: a failure voids the call */
    return LEVADA_OK;
}

static levada_status
crime_aggregate_process(void *self, struct levada_call *call, uint32_t port,
                        struct levada_batch *batch)
{
    const struct levada_slots *slots = levada->slots(call, batch);

    (void)self;
    (void)port;
    if (slots == NULL)
        return LEVADA_RETRY;
    int64_t *count = slots->cell[0];
    for (uint32_t k = 0; k < slots->n; k++)
        count[slots->slot[k]]++;
    return LEVADA_ABSORBED;
}

static const struct levada_stage crime_aggregate = {
    .struct_size = sizeof(crime_aggregate),
    .kind = LEVADA_AGGREGATE,
    .id = "crime_aggregate",
    .summary = "Counts records by group and time window.",
    .caps = LEVADA_CAP_TABLE,
    .state_version = 1,
    .create = crime_aggregate_create,
    .process = crime_aggregate_process,
};

LEVADA_MODULE("crime_aggregate", "1.0", "Apache-2.0", &crime_aggregate);
