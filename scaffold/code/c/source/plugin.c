/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <levada/levada.h>
#include <stdio.h>

struct @IDENT@_stage {
    int64_t limit; /* option */
    int64_t next;  /* the first record that has not been read */
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct @IDENT@_stage, limit),
        .name = "limit",
        .fallback = "10",
        .rule = "0..1000000000",
        .help = "How many records to make.",
    },
};

/* At most @max_records; where nothing is there yet, waits at most @wait_ms and returns OK. */
static levada_status
@IDENT@_poll(void *object, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct @IDENT@_stage *self = object;
    struct levada_batch *batch = levada->batch(call, 0);
    struct levada_record record = { .stream = levada->stream(call, "@IDENT@"),
                                    .timestamp_ms = LEVADA_NO_TIME };
    int64_t next = self->next;
    char text[64];

    (void)wait_ms;
    for (uint32_t i = 0; i < max_records && next < self->limit; i++, next++) {
        int n = snprintf(text, sizeof(text), "{\"n\":%" PRId64 ",\"word\":\"w%" PRId64 "\"}", next,
                         next % 3);
        record.offset = record.number = next;
        record.value = (struct levada_bytes){ text, (uint64_t)n };
        levada->append(call, batch, &record, 1, sizeof(record));
    }
    struct levada_position position = { .stream = { "@IDENT@", strlen("@IDENT@") },
                                        .next = next,
                                        .latest = self->limit };
    levada->position(call, batch, &position);
    if (levada->emit(call, 0, batch) < 0)
        return LEVADA_RETRY; /* the reason is kept; self->next is as it was */
    self->next = next;
    return next < self->limit ? LEVADA_OK : LEVADA_END;
}

static levada_status
@IDENT@_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct @IDENT@_stage *self = object;

    if (signal->kind == LEVADA_SIG_RESTORE) {
        const struct levada_position *stored = levada->stored(call, "@IDENT@", 0);
        self->next = stored != NULL ? stored->next : 0;
    }
    return LEVADA_OK;
}

static const struct levada_stage @IDENT@ = {
    .struct_size = sizeof(@IDENT@),
    .kind = LEVADA_SOURCE,
    .id = "@ID@",
    .summary = "Counts from 0 to limit - 1.",
    .caps = LEVADA_CAP_REPLAY, /* it can read again from a position */
    .self_size = sizeof(struct @IDENT@_stage),
    LEVADA_OPTIONS(options),
    .poll = @IDENT@_poll,
    .signal = @IDENT@_signal,
};
LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &@IDENT@);
