/* SPDX-License-Identifier: Apache-2.0 */
#include "call_generator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STREAM "call_generator"
#define RECORDS_PER_BATCH 1000
#define YEAR_1 INT64_C(-62135596800) /* its first second */

/* With a rate the span begins as early before its end as that many calls need. */
static int64_t
start_by_rate(const struct call_generator *self, int64_t end)
{
    return end - self->count / self->calls_per_hour * 3600 -
           self->count % self->calls_per_hour * 3600 / self->calls_per_hour;
}

static levada_status
set_times(struct call_generator *self, struct levada_call *call)
{
    struct call_times *times = &self->generator.times;
    times->count = (uint64_t)self->count;
    if (!call_times_parse(self->end, &times->end))
        return levada->problem(call, "end", "is no time such as \"2018-12-31T23:57\"");
    if (self->calls_per_hour == 0 && !call_times_parse(self->start, &times->start))
        return levada->problem(call, "start", "is no time such as \"2018-10-02T09:11\"");
    if (self->calls_per_hour > 0)
        times->start = start_by_rate(self, times->end);
    if (times->start > times->end)
        return levada->problem(call, "start", "lies after end");
    if (times->start < YEAR_1)
        return levada->problem(call, "calls_per_hour", "the first call would be before the year 1");
    return LEVADA_OK;
}

levada_status
call_generator_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    struct call_generator *self = object;
    (void)ctx;
    self->generator.seed = (uint64_t)self->seed;
    self->pace.rate = self->records_per_second;
    levada->only(call);
    for (unsigned i = 0; i < GENERATOR_FIELDS; i++)
        levada->adds(call, generator_fields[i], NULL);
    return set_times(self, call);
}

/* What a position is worth nothing without: the options that decide what a number means. */
static size_t
describe(const struct call_generator *self, char text[160])
{
    const struct call_times *times = &self->generator.times;
    return (size_t)snprintf(text, 160, "%" PRId64 ";%" PRId64 ";%" PRId64 ";%" PRId64 ";%s",
                            self->seed, self->count, times->start, times->end,
                            self->order == CALLS_NEWEST_FIRST ? "newest_first" : "oldest_first");
}

static levada_status
tell_position(struct call_generator *self, struct levada_call *call, struct levada_batch *batch)
{
    char detail[160];
    size_t n = describe(self, detail);
    struct levada_position position = {
        .stream = { STREAM, strlen(STREAM) },
        .next = (int64_t)self->next,
        .latest = self->count,
        .detail = { detail, n },
    };
    return levada->position(call, batch, &position);
}

/* The next @n calls; their texts stand one after another in memory of the batch. */
static levada_status
emit(struct call_generator *self, struct levada_call *call, uint32_t n)
{
    struct levada_batch *batch = levada->batch(call, 0);
    struct levada_record *records = levada->scratch(call, n * sizeof(*records));
    char *text = batch != NULL ? levada->alloc(batch, (uint64_t)n * GENERATOR_TEXT_SIZE) : NULL;
    if (records == NULL || text == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    uint32_t stream = levada->stream(call, STREAM);
    for (uint32_t i = 0; i < n; i++, self->next++) {
        uint64_t position =
            self->order == CALLS_NEWEST_FIRST ? (uint64_t)self->count - 1 - self->next : self->next;
        size_t size = generator_write(&self->generator, position, text);
        records[i] = (struct levada_record){
            .value = { text, size },
            .timestamp_ms = LEVADA_NO_TIME,
            .offset = (int64_t)self->next,
            .number = (int64_t)self->next,
            .stream = stream,
            .flags = LEVADA_R_BORROWED,
        };
        text += size;
    }
    levada->append(call, batch, records, n, sizeof(*records));
    tell_position(self, call, batch);
    pace_took(&self->pace, n);
    if (levada->emit(call, 0, batch) < 0)
        return LEVADA_FATAL;
    return self->next == (uint64_t)self->count ? LEVADA_END : LEVADA_OK;
}

levada_status
call_generator_poll(void *object, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct call_generator *self = object;
    uint64_t left = (uint64_t)self->count - self->next;
    if (left == 0)
        return LEVADA_END;
    uint32_t wanted = max_records < RECORDS_PER_BATCH ? max_records : RECORDS_PER_BATCH;
    if (wanted > left)
        wanted = (uint32_t)left;
    uint32_t n = pace_wait(&self->pace, wanted, wait_ms);
    return n == 0 ? LEVADA_AGAIN : emit(self, call, n);
}

static levada_status
restore(struct call_generator *self, struct levada_call *call)
{
    const struct levada_position *stored = levada->stored(call, STREAM, 0);
    char detail[160];
    size_t n = describe(self, detail);
    self->next = 0;
    if (stored == NULL)
        return LEVADA_OK;
    if (stored->detail.n != n || memcmp(stored->detail.p, detail, n) != 0 || stored->next < 0 ||
        stored->next > self->count)
        return levada->fail(
            call, LEVADA_CONFIG,
            "the checkpoint was made with other options of call_generator; set them "
            "back, or start with a new checkpoint");
    self->next = (uint64_t)stored->next;
    return LEVADA_OK;
}

levada_status
call_generator_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct call_generator *self = object;
    return signal->kind == LEVADA_SIG_RESTORE ? restore(self, call) : LEVADA_OK;
}
