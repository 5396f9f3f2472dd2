/* SPDX-License-Identifier: Apache-2.0 */
#include "guarded.h"

#include <string>

namespace {

struct stage {
    int64_t limit; /* option */
    int64_t next;  /* the first record that has not been read */
};

const levada_option options[] = {
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(stage, limit),
        .name = "limit",
        .fallback = "10",
        .help = "How many records to make.",
        .rule = "0..1000000000",
    },
};

void
append(levada_call *call, levada_batch *batch, uint32_t stream, int64_t number)
{
    std::string text = "{\"n\":" + std::to_string(number) + ",\"word\":\"w" +
                       std::to_string(number % 3) + "\"}";
    levada_record record = {};
    record.value = { text.data(), text.size() };
    record.timestamp_ms = LEVADA_NO_TIME;
    record.offset = record.number = number;
    record.stream = stream;
    levada->append(call, batch, &record, 1, sizeof(record));
}

/* At most @max_records; where nothing is there yet, waits at most a given time and returns OK. */
levada_status
poll(void *object, levada_call *call, uint32_t max_records, uint32_t)
{
    auto *self = static_cast<stage *>(object);
    return guarded(call, [=]() -> levada_status {
        levada_batch *batch = levada->batch(call, 0);
        uint32_t stream = levada->stream(call, "@IDENT@");
        int64_t next = self->next;
        for (uint32_t i = 0; i < max_records && next < self->limit; i++)
            append(call, batch, stream, next++);
        levada_position position = {};
        position.stream = { "@IDENT@", strlen("@IDENT@") };
        position.next = next;
        position.latest = self->limit;
        levada->position(call, batch, &position);
        if (levada->emit(call, 0, batch) < 0)
            return LEVADA_RETRY; /* the reason is kept; self->next is as it was */
        self->next = next;
        return next < self->limit ? LEVADA_OK : LEVADA_END;
    });
}

levada_status
signal(void *object, levada_call *call, const levada_signal *signal)
{
    auto *self = static_cast<stage *>(object);
    if (signal->kind == LEVADA_SIG_RESTORE) {
        const levada_position *stored = levada->stored(call, "@IDENT@", 0);
        self->next = stored != nullptr ? stored->next : 0;
    }
    return LEVADA_OK;
}

const levada_stage descriptor = {
    .struct_size = sizeof(descriptor),
    .kind = LEVADA_SOURCE,
    .id = "@ID@",
    .summary = "Counts from 0 to limit - 1.",
    .caps = LEVADA_CAP_REPLAY, /* it can read again from a position */
    .self_size = sizeof(stage),
    LEVADA_OPTIONS(options),
    .poll = poll,
    .signal = signal,
};

} // namespace

LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &descriptor);
