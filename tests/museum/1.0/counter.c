/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <levada/levada.h>
#include <stdio.h>

struct counter {
    int64_t limit, next; /* limit is an option */
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct counter, limit),
        .name = "limit",
        .fallback = "10",
        .rule = "1..1000000000",
        .help = "How many records to make.",
    },
};

static levada_status
counter_poll(void *object, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct counter *self = object;
    struct levada_batch *batch = levada->batch(call, 0);
    struct levada_record record = { .stream = levada->stream(call, "counter") };
    char text[64];

    (void)wait_ms;
    for (uint32_t i = 0; i < max_records && self->next < self->limit; i++) {
        record.offset = record.number = self->next++;
        record.timestamp_ms = record.offset * 1000;
        int n = snprintf(text, sizeof(text), "{\"n\":%" PRId64 ",\"word\":\"w%d\"}", record.number,
                         (int)(record.number % 3));
        record.value = (struct levada_bytes){ text, (uint64_t)n };
        levada->append(call, batch, &record, 1, sizeof(record));
    }
    struct levada_position position = { .stream = { "counter", 7 },
                                        .next = self->next,
                                        .latest = self->limit };
    levada->position(call, batch, &position);
    levada->emit(call, 0, batch);
    return self->next < self->limit ? LEVADA_OK : LEVADA_END;
}

static levada_status
counter_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct counter *self = object;

    if (signal->kind == LEVADA_SIG_RESTORE) {
        const struct levada_position *stored = levada->stored(call, "counter", 0);
        self->next = stored != NULL ? stored->next : 0;
    }
    return LEVADA_OK;
}

static const struct levada_stage counter = {
    .struct_size = sizeof(counter),
    .kind = LEVADA_SOURCE,
    .id = "counter",
    .summary = "Counts from 0 to limit - 1.",
    .caps = LEVADA_CAP_REPLAY,
    .self_size = sizeof(struct counter),
    LEVADA_OPTIONS(options),
    .poll = counter_poll,
    .signal = counter_signal,
};
LEVADA_MODULE("counter", "1.0", "Apache-2.0", &counter);
