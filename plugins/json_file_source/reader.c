/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include "fail_with.h"
#include "host_split.h"
#include "text_start.h"

#include <stdlib.h>
#include <string.h>

/* Windows without a record that one call looks through. */
#define WINDOWS_PER_CALL 64

struct reader {
    struct input *input;
    struct chunk_pool *pool;
    const char *path;
    struct reader_settings settings;
    struct chunk *chunk;
    uint64_t base; /* offset of chunk->bytes[0] */
    int64_t number;
    struct splitter splitter;
    bool framed;          /* the splitter is set up */
    bool may_be_one_line; /* no record was seen yet that tells whether they are one a line */
    bool input_ended, ended;
    uint64_t skip; /* bytes of a compressed input to pass over first */
    struct span *spans;
    size_t room_spans;
    bool has_excerpt;
    uint64_t excerpt_offset;
    size_t excerpt_n;
    char excerpt[READER_EXCERPT_BYTES];
};

struct reader *
reader_open(struct levada_call *call, struct chunk_pool *pool, const char *path,
            const struct reader_settings *settings)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        fail_memory(call);
        return NULL;
    }
    reader->pool = pool;
    reader->path = path;
    reader->settings = *settings;
    reader->input = input_open(call, path);
    if (reader->input != NULL)
        return reader;
    reader_close(reader);
    return NULL;
}

void
reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    input_close(reader->input);
    chunk_unref(reader->chunk);
    free(reader->spans);
    free(reader);
}

struct input *
reader_input(struct reader *reader)
{
    return reader->input;
}

bool
reader_framing(const struct reader *reader, enum split_framing *framing)
{
    *framing = reader->splitter.framing;
    return reader->framed;
}

void
reader_stop_following(struct reader *reader)
{
    reader->settings.follow = false;
}

uint64_t
reader_read_bytes(const struct reader *reader)
{
    return reader->base + (reader->chunk != NULL ? reader->chunk->n : 0);
}

bool
reader_has_ended(const struct reader *reader)
{
    return reader->ended;
}

/* ---- where to read ---- */

static levada_status
move_to(struct reader *reader, struct levada_call *call, uint64_t offset)
{
    chunk_unref(reader->chunk);
    reader->chunk = NULL;
    reader->base = offset;
    reader->input_ended = reader->ended = reader->has_excerpt = false;
    int compressed = input_is_compressed(reader->input, call);
    if (compressed < 0)
        return LEVADA_IO;
    reader->skip = compressed ? offset : 0;
    return compressed ? LEVADA_OK : input_seek(reader->input, call, offset);
}

levada_status
reader_rewind(struct reader *reader, struct levada_call *call)
{
    reader->framed = false;
    reader->number = 0;
    return move_to(reader, call, 0);
}

levada_status
reader_resume(struct reader *reader, struct levada_call *call, enum split_framing framing,
              struct reader_place place)
{
    splitter_init_after_record(&reader->splitter, framing);
    reader->framed = true;
    reader->may_be_one_line = false;
    reader->number = place.number;
    return move_to(reader, call, place.offset);
}

uint64_t
reader_offset(const struct reader_window *window, size_t i)
{
    return i == 0 && window->given_up ? window->given_up_offset
                                      : window->base + window->spans[i].begin;
}

struct reader_place
reader_place_after(const struct reader_window *window, size_t i)
{
    /* A misplaced comma or bracket is read again, as the separator it also is. */
    const struct span *span = &window->spans[i];
    size_t behind = span->fault == SPLIT_NO_RECORD ? span->begin : span->end;
    return (struct reader_place){
        .offset = i + 1 == window->n ? window->end : window->base + behind,
        .number = window->number + (int64_t)i + 1,
    };
}

/* Chooses the framing as soon as there is text. */
static levada_status
frame(struct reader *reader, struct levada_call *call)
{
    size_t at;
    enum text_start start = text_start_find(reader->chunk->bytes, reader->chunk->n,
                                            reader->base == 0, reader->input_ended, &at);
    if (start == TEXT_START_UNKNOWN)
        return LEVADA_OK;
    if (start == TEXT_START_OTHER ||
        (start == TEXT_START_OBJECT && reader->settings.format == READER_ARRAY) ||
        (start == TEXT_START_ARRAY && reader->settings.format == READER_LINES))
        return text_start_refuse(call, reader->path, reader->chunk->bytes + at,
                                 reader->chunk->n - at, reader->base + at);
    bool is_array = start == TEXT_START_ARRAY;
    splitter_init(&reader->splitter, is_array ? SPLIT_ARRAY : SPLIT_CONCATENATED);
    reader->splitter.at = at + is_array;
    if (is_array)
        reader->splitter.phase = SPLIT_AT_FIRST;
    reader->may_be_one_line = !is_array;
    reader->framed = true;
    return LEVADA_OK;
}

/* ---- windows ---- */

/* Of a record that is too large only its beginning is kept. */
static void
give_up(struct reader *reader)
{
    size_t begin = splitter_keep(&reader->splitter);
    size_t n = reader->chunk->n - begin;
    if (n > READER_EXCERPT_BYTES)
        n = READER_EXCERPT_BYTES;
    memcpy(reader->excerpt, reader->chunk->bytes + begin, n);
    reader->excerpt_n = n;
    reader->excerpt_offset = reader->base + begin;
    reader->has_excerpt = true;
    splitter_give_up(&reader->splitter);
}

/* The first byte of the window that is still needed. */
static size_t
first_needed(struct reader *reader)
{
    if (!reader->framed) /* a window of white space */
        return reader->chunk->n;
    struct splitter *splitter = &reader->splitter;
    size_t open = reader->chunk->n - splitter_keep(splitter);
    if (splitter_is_open(splitter) && !splitter->given_up &&
        open > (uint64_t)reader->settings.max_record)
        give_up(reader);
    return splitter_keep(splitter);
}

/* Begins a new window with what is needed of the old one. */
static levada_status
turn_over(struct reader *reader, struct levada_call *call)
{
    struct chunk *old = reader->chunk;
    size_t from = first_needed(reader);
    size_t tail = old->n - from;
    struct chunk *chunk = chunk_get(reader->pool, tail > CHUNK_SIZE / 2 ? 2 * tail : CHUNK_SIZE);
    if (chunk == NULL)
        return fail_memory(call);
    memcpy(chunk->bytes, old->bytes + from, tail);
    chunk->n = tail;
    if (reader->framed)
        splitter_shift(&reader->splitter, from);
    reader->base += from;
    reader->chunk = chunk;
    chunk_unref(old);
    return LEVADA_OK;
}

/* Room to read into: of a file a whole window, of a pipe enough for what a pipe holds. */
static levada_status
make_room(struct reader *reader, struct levada_call *call)
{
    if (reader->chunk == NULL) {
        reader->chunk = chunk_get(reader->pool, CHUNK_SIZE);
        return reader->chunk != NULL ? LEVADA_OK : fail_memory(call);
    }
    size_t left = reader->chunk->room - reader->chunk->n;
    bool enough = input_is_file(reader->input) ? left > 0 : left >= CHUNK_SIZE / 4;
    return enough ? LEVADA_OK : turn_over(reader, call);
}

/* Reads on to where a compressed input is to be resumed. */
static int64_t
pass_skipped(struct reader *reader, struct levada_call *call, uint32_t wait_ms)
{
    struct chunk *chunk = reader->chunk;
    for (unsigned i = 0; reader->skip > 0 && i < WINDOWS_PER_CALL; i++) {
        size_t n = reader->skip < chunk->room ? (size_t)reader->skip : chunk->room;
        int64_t got = input_read(reader->input, call, chunk->bytes, n, wait_ms);
        if (got == 0) {
            fail_with(call, LEVADA_IO,
                      "%s: is shorter than it was when reading stopped at byte %llu", reader->path,
                      (unsigned long long)reader->base);
            return INPUT_FAILED;
        }
        if (got < 0)
            return got;
        reader->skip -= (uint64_t)got;
    }
    return reader->skip > 0 ? INPUT_WAITS : 1;
}

/* Adds bytes to the window. 1: some, or the input has ended; else as input_read(). */
static int64_t
read_more(struct reader *reader, struct levada_call *call, uint32_t wait_ms)
{
    if (make_room(reader, call) != LEVADA_OK)
        return INPUT_FAILED;
    if (reader->skip > 0) {
        int64_t passed = pass_skipped(reader, call, wait_ms);
        if (passed != 1)
            return passed;
    }
    struct chunk *chunk = reader->chunk;
    size_t before = chunk->n;
    int64_t got;
    do {
        got = input_read(reader->input, call, chunk->bytes + chunk->n, chunk->room - chunk->n,
                         wait_ms);
        if (got < 0)
            return got;
        chunk->n += (size_t)got;
    } while (input_is_file(reader->input) && got > 0 && chunk->n < chunk->room);
    reader->input_ended = got == 0 && !reader->settings.follow;
    return reader->input_ended || chunk->n > before ? 1 : INPUT_WAITS;
}

/* Room for the spans of a window: at most one record for each byte, usually far fewer. */
static bool
grow_spans(struct reader *reader)
{
    size_t room = reader->room_spans == 0 ? 1024 : 2 * reader->room_spans;
    struct span *spans = realloc(reader->spans, room * sizeof(*spans));
    if (spans == NULL)
        return false;
    reader->spans = spans;
    reader->room_spans = room;
    return true;
}

/* The first record tells whether records stand on one line each. */
static void
choose_lines(struct reader *reader, const char *first, size_t n)
{
    reader->may_be_one_line = false;
    if (memchr(first, '\n', n) == NULL)
        reader->splitter.framing = SPLIT_LINES;
}

static size_t
split_first(struct reader *reader)
{
    struct splitter *splitter = &reader->splitter;
    struct chunk *chunk = reader->chunk;
    size_t n = splitter_split(splitter, chunk->bytes, chunk->n, reader->spans, 1);
    if (n == 0)
        return 0;
    const struct span *first = reader->spans;
    if (reader->has_excerpt)
        choose_lines(reader, reader->excerpt, reader->excerpt_n);
    else
        choose_lines(reader, chunk->bytes + first->begin, first->end - first->begin);
    return n;
}

/* The next free span. NULL: out of memory. */
static struct span *
room_for_spans(struct reader *reader, size_t n)
{
    return n < reader->room_spans || grow_spans(reader) ? reader->spans + n : NULL;
}

/* Splits all of the window; the input's end tells the last there is to say. False: out of memory.
 */
static bool
split_window(struct reader *reader, size_t *n)
{
    struct splitter *splitter = &reader->splitter;
    struct chunk *chunk = reader->chunk;
    struct span *spans = room_for_spans(reader, 0);
    *n = 0;
    if (spans != NULL && reader->may_be_one_line)
        *n = split_first(reader);
    while (spans != NULL && splitter->at < chunk->n) {
        spans = room_for_spans(reader, *n);
        if (spans != NULL)
            *n += splitter_split(splitter, chunk->bytes, chunk->n, spans, reader->room_spans - *n);
    }
    if (spans != NULL && reader->input_ended) {
        spans = room_for_spans(reader, *n);
        reader->ended = spans != NULL;
        *n += spans != NULL && splitter_finish(splitter, chunk->bytes, spans);
    }
    return spans != NULL;
}

/* Lines: white space behind the last record is done as well, so that all of a file can be done. */
static uint64_t
window_end(const struct reader *reader, size_t n)
{
    const struct splitter *splitter = &reader->splitter;
    const struct span *last = &reader->spans[n - 1];
    if (splitter->framing != SPLIT_ARRAY && !splitter_is_open(splitter))
        return reader->base + splitter->at;
    return reader->base + (last->fault == SPLIT_NO_RECORD ? last->begin : last->end);
}

static void
fill_window(struct reader *reader, size_t n, struct reader_window *window)
{
    *window = (struct reader_window){
        .chunk = reader->chunk,
        .base = reader->base,
        .end = window_end(reader, n),
        .number = reader->number,
        .spans = reader->spans,
        .n = n,
        .given_up = reader->has_excerpt && n > 0,
        .given_up_offset = reader->excerpt_offset,
        .excerpt = reader->excerpt,
        .excerpt_n = reader->excerpt_n,
    };
    reader->number += (int64_t)n;
    reader->has_excerpt = reader->has_excerpt && n == 0;
}

/* Splits what was read. WAITS: there is no record in it. */
static enum reader_result
split_records(struct reader *reader, struct levada_call *call, struct reader_window *window)
{
    size_t n = 0;
    if (!split_window(reader, &n)) {
        fail_memory(call);
        return READER_FAILED;
    }
    if (n == 0)
        return READER_WAITS;
    fill_window(reader, n, window);
    return READER_RECORDS;
}

/* ---- what the host splits ---- */

/*
 * An open record at the window's end goes back to the unsplit text, for the host to split when the
 * rest of it is there; unless it is large, since what was looked at is looked at again then.
 */
static void
leave_open_record(struct reader *reader, size_t behind)
{
    const struct splitter *splitter = &reader->splitter;
    size_t tail = reader->chunk->n - behind;
    if (splitter_is_open(splitter) && !splitter->given_up && tail <= CHUNK_SIZE / 2 &&
        tail <= (uint64_t)reader->settings.max_record)
        splitter_move_behind_record(&reader->splitter, behind);
}

/* Splits what the host did not take. WAITS: there is no record in it. */
static enum reader_result
split_left(struct reader *reader, struct levada_call *call, struct reader_window *window)
{
    enum reader_result result = split_records(reader, call, window);
    if (result != READER_RECORDS)
        return result;
    const struct span *last = &window->spans[window->n - 1];
    if (last->fault != SPLIT_NO_RECORD)
        leave_open_record(reader, last->end);
    return result;
}

/* Looks at the first record without taking it. False: it is not all there. */
static bool
peek_at_first(struct reader *reader)
{
    struct splitter splitter = reader->splitter;
    const struct chunk *chunk = reader->chunk;
    struct span first;
    if (splitter_split(&splitter, chunk->bytes, chunk->n, &first, 1) == 0)
        return false;
    choose_lines(reader, chunk->bytes + first.begin, first.end - first.begin);
    return true;
}

/* Text at whose start a record should stand, and at whose end one may end. */
static bool
find_text(struct reader *reader, struct host_split *split)
{
    const struct splitter *splitter = &reader->splitter;
    if (!splitter_is_between(splitter) || (reader->may_be_one_line && !peek_at_first(reader)))
        return false;
    size_t n = reader->chunk->n - splitter->at;
    if (n > (uint64_t)reader->settings.max_record) /* the host does not know that limit */
        n = (size_t)reader->settings.max_record;
    while (n > 0 && reader->chunk->bytes[splitter->at + n - 1] != '}')
        n--;
    *split = (struct host_split){
        .chunk = reader->chunk,
        .at = splitter->at,
        .n = n,
        .offset = reader->base + splitter->at,
        .number = reader->number,
        .framing = splitter->framing,
    };
    return n > 0;
}

/* The host took records up to @behind; what it left we split, and of that there may be none. */
static enum reader_result
split_rest(struct reader *reader, struct levada_call *call, size_t behind,
           struct reader_window *window)
{
    struct levada_batch *batch = window->batch;
    reader->number += batch->n;
    struct reader_place place = { reader->base + behind, reader->number };
    splitter_move_behind_record(&reader->splitter, behind);
    enum reader_result result = split_left(reader, call, window);
    if (result == READER_FAILED)
        return result;
    if (result == READER_WAITS) {
        *window = (struct reader_window){ .n = 0 };
        if (reader->splitter.framing != SPLIT_ARRAY && !splitter_is_open(&reader->splitter))
            place.offset = reader->base + reader->splitter.at;
        leave_open_record(reader, behind);
    }
    window->batch = batch;
    window->batch_place = place;
    return READER_BATCH;
}

/* WAITS: there is nothing that the host would take. */
static enum reader_result
offer_to_host(struct reader *reader, struct levada_call *call, const struct reader_limits *limits,
              struct reader_window *window)
{
    struct host_split split;
    if (!find_text(reader, &split))
        return READER_WAITS;
    split.stream = limits->stream;
    split.max_records = limits->batch_records;
    size_t used;
    window->batch = host_split(call, &split, &used);
    if (window->batch == NULL)
        return READER_FAILED;
    return used == 0 ? READER_WAITS : split_rest(reader, call, split.at + used, window);
}

/* WAITS: there is no record in the window. */
static enum reader_result
look_at_window(struct reader *reader, struct levada_call *call, const struct reader_limits *limits,
               struct reader_window *window)
{
    if (!reader->framed && frame(reader, call) != LEVADA_OK)
        return READER_FAILED;
    if (!reader->framed) {
        reader->ended = reader->input_ended;
        return READER_WAITS;
    }
    if (limits->batch_records == 0)
        return split_records(reader, call, window);
    enum reader_result result = offer_to_host(reader, call, limits, window);
    return result != READER_WAITS ? result : split_left(reader, call, window);
}

enum reader_result
reader_next(struct reader *reader, struct levada_call *call, const struct reader_limits *limits,
            struct reader_window *window)
{
    for (unsigned i = 0; i < WINDOWS_PER_CALL && !reader->ended; i++) {
        int64_t got = read_more(reader, call, limits->wait_ms);
        if (got != 1)
            return got == INPUT_WAITS ? READER_WAITS : READER_FAILED;
        enum reader_result result = look_at_window(reader, call, limits, window);
        if (result != READER_WAITS)
            return result;
    }
    return reader->ended ? READER_END : READER_WAITS;
}
