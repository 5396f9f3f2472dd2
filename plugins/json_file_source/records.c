/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"

#include "fail_with.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct found { /* one record as it stands in the input */
    struct levada_bytes bytes;
    uint64_t offset, size; /* size: all of it, where bytes are only its beginning */
    enum split_fault fault;
};

static struct found
find(const struct reader_window *window, size_t i)
{
    const struct span *span = &window->spans[i];
    uint64_t offset = reader_offset(window, i);
    struct found found = {
        .bytes = { window->chunk->bytes + span->begin, span->end - span->begin },
        .offset = offset,
        .size = window->base + span->end - offset,
        .fault = span->fault,
    };
    if (i == 0 && window->given_up)
        found.bytes = (struct levada_bytes){ window->excerpt, window->excerpt_n };
    return found;
}

static const char *
fault_text(enum split_fault fault)
{
    static const char *const texts[] = {
        [SPLIT_SOUND] = "",
        [SPLIT_NO_OBJECT] = "this is no JSON object",
        [SPLIT_NO_COMMA] = "a comma is missing before this record",
        [SPLIT_NO_RECORD] = "a record is missing beside this comma or bracket",
        [SPLIT_TORN] = "the line ends inside the record",
        [SPLIT_CUT_OFF] = "the input ends inside the record: it is cut off",
        [SPLIT_NOT_CLOSED] = "the input ends without the closing ] of its array: it is cut off",
        [SPLIT_AFTER_ARRAY] = "text follows the closing ] of the array",
    };
    return texts[fault];
}

/* The length of @text cut to an excerpt, not inside a character of UTF-8. */
static uint64_t
excerpt_size(const char *text, uint64_t n)
{
    if (n <= READER_EXCERPT_BYTES)
        return n;
    n = READER_EXCERPT_BYTES;
    uint64_t back = 0;
    while (back < 3 && ((unsigned char)text[n - back] & 0xc0) == 0x80)
        back++;
    return n - back;
}

/* Of a record that is too large an excerpt goes on, copied: its chunk need not wait for it. */
static void
take_excerpt(struct levada_batch *batch, struct levada_record *record)
{
    uint64_t n = excerpt_size(record->value.p, record->value.n);
    void *copy = levada->alloc(batch, n);
    if (copy != NULL)
        memcpy(copy, record->value.p, n);
    record->value = (struct levada_bytes){ copy, copy != NULL ? n : 0 };
}

static void
mark_fault(struct levada_call *call, struct levada_batch *batch, uint32_t i,
           const struct found *found, int64_t max_record)
{
    if (found->size <= (uint64_t)max_record) {
        levada->fail_at(call, batch, i, LEVADA_REJECT, fault_text(found->fault));
        return;
    }
    char text[160];
    const char *also = fault_text(found->fault);
    snprintf(text, sizeof(text),
             "the record has %" PRIu64 " bytes, more than max_record allows (%" PRId64 ")%s%s",
             found->size, max_record, *also != 0 ? "; " : "", also);
    levada->fail_at(call, batch, i, LEVADA_REJECT, text);
}

static bool
is_faulty(const struct found *found, int64_t max_record)
{
    return found->fault != SPLIT_SOUND || found->size > (uint64_t)max_record;
}

static size_t
index_of(const struct record_run *run, uint32_t k)
{
    return run->backward ? run->first - k : run->first + k;
}

struct levada_batch *
records_make(struct levada_call *call, const struct record_run *run)
{
    struct levada_record *records = levada->scratch(call, run->n * sizeof(*records));
    struct levada_batch *batch = levada->batch(call, 0);
    if (records == NULL || batch == NULL)
        return NULL;
    bool all_sound = true;
    for (uint32_t k = 0; k < run->n; k++) {
        size_t i = index_of(run, k);
        struct found found = find(run->window, i);
        records[k] = (struct levada_record){
            .value = found.bytes,
            .timestamp_ms = LEVADA_NO_TIME,
            .offset = (int64_t)found.offset,
            .number = run->window->number + (int64_t)i,
            .stream = run->stream,
            .flags = LEVADA_R_BORROWED,
        };
        all_sound = all_sound && !is_faulty(&found, run->max_record);
        if (found.size > (uint64_t)run->max_record)
            take_excerpt(batch, &records[k]);
    }
    struct chunk *chunk = chunk_ref(run->window->chunk);
    if (levada->attach(batch, chunk, chunk_unref) < 0) {
        chunk_unref(chunk);
        fail_memory(call);
        return NULL;
    }
    if (levada->append(call, batch, records, run->n, sizeof(*records)) < 0)
        return NULL;
    for (uint32_t k = 0; k < run->n && !all_sound; k++) {
        struct found found = find(run->window, index_of(run, k));
        if (is_faulty(&found, run->max_record))
            mark_fault(call, batch, k, &found, run->max_record);
    }
    return batch;
}
