/* SPDX-License-Identifier: Apache-2.0 */
#include "call_generator.h"

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct call_generator, count),
        .name = "count",
        .fallback = "1000",
        .rule = "0..1000000000000",
        .help = "How many calls to make.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct call_generator, seed),
        .name = "seed",
        .fallback = "1",
        .rule = "0..",
        .help = "Another seed makes other calls; the same one makes the same, everywhere.",
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct call_generator, order),
        .name = "order",
        .fallback = "newest_first",
        .rule = "newest_first|oldest_first",
        .help = "The order of call_date_time.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct call_generator, start),
        .name = "start",
        .fallback = "2018-10-02T09:11",
        .help = "The time of the oldest call, UTC; unused with calls_per_hour.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct call_generator, end),
        .name = "end",
        .fallback = "2018-12-31T23:57",
        .help = "The time of the newest call, UTC.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct call_generator, calls_per_hour),
        .name = "calls_per_hour",
        .fallback = "0",
        .rule = "0..1000000000",
        .help = "The mean rate of call_date_time; 0 spreads the calls from start to end.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct call_generator, records_per_second),
        .name = "records_per_second",
        .fallback = "0",
        .rule = "0..1000000000",
        .help = "Slows the calls down to this rate; 0 does not.",
    },
};

static const struct levada_stage call_generator = {
    .struct_size = sizeof(call_generator),
    .kind = LEVADA_SOURCE,
    .id = "call_generator",
    .summary = "Makes up police calls, like those of San Francisco in 2018.",
    .caps = LEVADA_CAP_REPLAY,
    .self_size = sizeof(struct call_generator),
    LEVADA_OPTIONS(options),
    .create = call_generator_create,
    .poll = call_generator_poll,
    .signal = call_generator_signal,
};

LEVADA_MODULE("call_generator", "1.0", "Apache-2.0", &call_generator);
