/* SPDX-License-Identifier: Apache-2.0 */
#include "json_file_source.h"

#include "fail_with.h"
#include "records.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { /* of levada->log() */
    LOG_WARN = 2,
    LOG_INFO = 3,
};

/* How often a followed file is looked at. */
#define FOLLOW_MS 100

static bool
is_reverse(const struct json_file_source *self)
{
    return self->order == ORDER_REVERSE;
}

/* Of the open file: does a new one follow it? Pipes just end. */
static bool
is_followed(const struct json_file_source *self)
{
    return self->follow && self->reader != NULL && input_is_file(reader_input(self->reader));
}

/* The index in the list of the file that is read @turn-th. */
static size_t
file_at(const struct json_file_source *self, size_t turn)
{
    return is_reverse(self) ? self->files.n - 1 - turn : turn;
}

static const char *
current_path(const struct json_file_source *self)
{
    return self->files.paths[file_at(self, self->current)];
}

levada_status
json_file_source_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    struct json_file_source *self = object;
    self->ctx = ctx;
    if (self->follow)
        levada->endless(call);
    if (self->follow && is_reverse(self))
        levada->problem(call, "follow", "a file that grows cannot be read in reverse");
    if (self->follow && self->format == READER_ARRAY)
        levada->problem(call, "follow", "an array has an end; only lines can be followed");
    if (is_reverse(self) && strcmp(self->path, "-") == 0)
        levada->problem(call, "order", "standard input cannot be read in reverse; name a file");
    const char *const *names = self->fields.items;
    if (self->fields.n > 0)
        levada->only(call);
    for (uint64_t i = 0; i < self->fields.n; i++)
        levada->adds(call, names[i], NULL);
    self->pace.rate = self->records_per_second;
    self->pool = chunk_pool_create();
    return self->pool != NULL ? LEVADA_OK : fail_memory(call);
}

/* ---- start ---- */

static levada_status
check_reversible(struct levada_call *call, const char *path)
{
    struct input *input = input_open(call, path);
    if (input == NULL)
        return LEVADA_NO_INPUT;
    levada_status status = LEVADA_OK;
    int compressed = input_is_file(input) ? input_is_compressed(input, call) : 0;
    if (!input_is_file(input))
        status = fail_with(call, LEVADA_CONFIG,
                           "%s: only a file can be read with order = \"reverse\"", path);
    else if (compressed == 1)
        status = fail_with(
            call, LEVADA_CONFIG,
            "%s: is compressed and cannot be read with order = \"reverse\"; unpack it", path);
    else if (compressed < 0)
        status = LEVADA_IO;
    input_close(input);
    return status;
}

levada_status
json_file_source_start(void *object, struct levada_call *call)
{
    struct json_file_source *self = object;
    levada_status status = file_list_init(&self->files, call, self->path);
    for (size_t i = 0; i < self->files.n && status == LEVADA_OK && is_reverse(self); i++)
        status = check_reversible(call, self->files.paths[i]);
    if (status == LEVADA_OK && self->follow && self->files.n > 1)
        status = fail_with(call, LEVADA_CONFIG, "%s: only one file can be followed, not %zu",
                           self->path, self->files.n);
    if (status != LEVADA_OK)
        return status;
    self->resumes = calloc(self->files.n, sizeof(*self->resumes));
    return self->resumes != NULL ? LEVADA_OK : fail_memory(call);
}

/* ---- from file to file ---- */

static void
close_current(struct json_file_source *self)
{
    backward_destroy(self->backward);
    reader_close(self->reader);
    self->backward = NULL;
    self->reader = NULL;
    self->left = 0;
}

static levada_status
go_on(struct json_file_source *self, struct levada_call *call, const struct resume *resume)
{
    const char *path = current_path(self);
    if (!input_is_file(reader_input(self->reader)))
        return LEVADA_OK; /* what a pipe held is gone: what it holds now comes next */
    if (resume->reverse != is_reverse(self) && resume->place.offset > 0)
        return fail_with(call, LEVADA_CONFIG,
                         "%s: was read %s so far, and the option order says otherwise", path,
                         resume->reverse ? "in reverse" : "forward");
    char why[RESUME_WHY_SIZE];
    levada_status status = resume_check(resume, call, reader_input(self->reader), path, why);
    if (status == LEVADA_REJECT && self->follow) { /* rotated while nobody looked */
        levada->log(self->ctx, LOG_WARN, "followed file was replaced, reading it from its start",
                    why);
        return LEVADA_OK;
    }
    if (status == LEVADA_REJECT)
        return fail_with(call, status, "%s; start with a new checkpoint", why);
    if (status != LEVADA_OK)
        return status;
    self->here.place = resume->place;
    return resume->reverse || resume->ended
               ? LEVADA_OK
               : reader_resume(self->reader, call, resume->framing, resume->place);
}

/* Who the current file is; one that is followed may have been too short to tell before. */
static levada_status
identify(struct json_file_source *self, struct levada_call *call)
{
    return input_identify(reader_input(self->reader), call, INPUT_FINGERPRINT_BYTES,
                          &self->here.identity);
}

static levada_status
check_followable(struct json_file_source *self, struct levada_call *call)
{
    if (!self->follow || input_is_compressed(reader_input(self->reader), call) != 1)
        return LEVADA_OK;
    return fail_with(call, LEVADA_CONFIG, "%s: is compressed and cannot be followed",
                     current_path(self));
}

/* Opens the current file where reading begins or goes on. */
static levada_status
open_current(struct json_file_source *self, struct levada_call *call)
{
    const struct resume *resume = &self->resumes[file_at(self, self->current)];
    struct reader_settings settings = {
        .format = self->follow ? READER_LINES : (enum reader_format)self->format,
        .max_record = self->max_record,
        .follow = self->follow,
    };
    const char *path = current_path(self);
    self->here = (struct resume){ .reverse = is_reverse(self) };
    self->stream = levada->stream(call, path);
    self->reader = reader_open(call, self->pool, path, &settings);
    if (self->reader == NULL)
        return LEVADA_NO_INPUT;
    struct input *input = reader_input(self->reader);
    levada_status status = LEVADA_OK;
    if (input_is_file(input))
        status = identify(self, call);
    if (status == LEVADA_OK && input_is_file(input))
        status = check_followable(self, call);
    if (status == LEVADA_OK && resume->known)
        status = go_on(self, call, resume);
    if (status != LEVADA_OK || !is_reverse(self))
        return status;
    uint64_t end = self->here.identity.size - self->here.place.offset;
    self->backward = backward_create(self->reader, resume->known ? end : UINT64_MAX);
    return self->backward != NULL ? LEVADA_OK : fail_memory(call);
}

/* What the reader may do; to keep a rate is done by taking from our own windows. */
static struct reader_limits
limits_of(const struct json_file_source *self, uint32_t max_records, uint32_t wait_ms)
{
    return (struct reader_limits){
        .wait_ms = wait_ms,
        .batch_records = self->pace.rate == 0 ? max_records : 0,
        .stream = self->stream,
    };
}

/* The next window of the current file. */
static enum reader_result
read_current(struct json_file_source *self, struct levada_call *call, uint32_t max_records,
             uint32_t wait_ms)
{
    if (self->reader == NULL && open_current(self, call) != LEVADA_OK) {
        close_current(self);
        return READER_FAILED;
    }
    if (self->resumes[file_at(self, self->current)].ended)
        return READER_END;
    if (self->backward != NULL)
        return backward_next(self->backward, call, &self->window);
    struct reader_limits limits = limits_of(self, max_records, wait_ms);
    return reader_next(self->reader, call, &limits, &self->window);
}

/* At the end of a followed file: has it another successor, or another content? */
static enum reader_result
look_at_followed(struct json_file_source *self)
{
    const char *path = current_path(self);
    switch (
        input_look_for_change(reader_input(self->reader), path, reader_read_bytes(self->reader))) {
    case INPUT_TRUNCATED:
        levada->log(self->ctx, LOG_WARN, "followed file was cut, reading it from its start", path);
        return READER_END;
    case INPUT_ROTATED:
        levada->log(self->ctx, LOG_INFO, "followed file was rotated", path);
        reader_stop_following(self->reader); /* its last bytes may have come since */
        break;
    case INPUT_UNCHANGED:
        break;
    }
    return READER_WAITS;
}

/* The next window of any file, so that there is something left to emit. */
static enum reader_result
read_next(struct json_file_source *self, struct levada_call *call, uint32_t max_records,
          uint32_t wait_ms)
{
    while (self->current < self->files.n) {
        enum reader_result result = read_current(self, call, max_records, wait_ms);
        if (result == READER_RECORDS || result == READER_BATCH)
            self->left = self->window.n;
        if (result == READER_WAITS && is_followed(self))
            result = look_at_followed(self);
        if (result != READER_END)
            return result;
        bool has_successor = is_followed(self);
        close_current(self);
        self->resumes[file_at(self, self->current)] = (struct resume){ 0 };
        self->current += !has_successor;
    }
    return READER_END;
}

/* ---- emitting ---- */

/* Where to read on once record @last of the window, the last one emitted, is done. */
static void
move_place(struct json_file_source *self, size_t last)
{
    const struct reader_window *window = &self->window;
    enum split_fault fault = window->spans[last].fault;
    reader_framing(self->reader, &self->here.framing);
    if (is_reverse(self)) {
        self->here.place.offset = self->here.identity.size - reader_offset(window, last);
        self->here.place.number = window->number + (int64_t)last;
        return;
    }
    self->here.place = reader_place_after(window, last);
    self->here.ended =
        self->here.framing == SPLIT_ARRAY &&
        (fault == SPLIT_CUT_OFF || fault == SPLIT_NOT_CLOSED || fault == SPLIT_AFTER_ARRAY);
}

/* Where the current file ends, if that is the end of all: what a host may stop at. Else -1. */
static int64_t
known_end(const struct json_file_source *self, struct levada_call *call)
{
    struct input *input = reader_input(self->reader);
    if (self->current + 1 < self->files.n || !input_is_file(input) ||
        input_is_compressed(input, call) != 0)
        return -1;
    return (int64_t)self->here.identity.size;
}

/* @waits: there is nothing more for now, whatever stands behind the last record. */
static levada_status
tell_position_of(struct json_file_source *self, struct levada_call *call,
                 struct levada_batch *batch, bool waits)
{
    char detail[RESUME_TEXT_SIZE];
    if (is_followed(self) && identify(self, call) < 0)
        return LEVADA_IO;
    size_t n = resume_format(&self->here, detail);
    const char *path = current_path(self);
    struct levada_position position = {
        .stream = { path, strlen(path) },
        .next = (int64_t)self->here.place.offset,
        .latest = waits ? (int64_t)self->here.place.offset : known_end(self, call),
        .detail = { detail, n },
    };
    return levada->position(call, batch, &position);
}

static levada_status
tell_position(struct json_file_source *self, struct levada_call *call, struct levada_batch *batch)
{
    return tell_position_of(self, call, batch, false);
}

/* A followed file has nothing more for now: what stands behind the last record is none yet. */
static levada_status
tell_waiting(struct json_file_source *self, struct levada_call *call)
{
    if (self->reader == NULL)
        return LEVADA_OK;
    self->here.framing = SPLIT_LINES; /* nothing else is followed; an empty file does not show it */
    return tell_position_of(self, call, NULL, true);
}

/* Was the last record emitted? A position at the end must not be all that tells so. */
static bool
is_at_end(const struct json_file_source *self, struct levada_call *call)
{
    if (self->left > 0 || self->current + 1 < self->files.n || is_followed(self))
        return false;
    if (!is_reverse(self) && (self->here.framing == SPLIT_ARRAY || reader_has_ended(self->reader)))
        return reader_has_ended(self->reader);
    return (int64_t)self->here.place.offset == known_end(self, call);
}

/* The current place is behind the batch's last record. */
static levada_status
emit(struct json_file_source *self, struct levada_call *call, struct levada_batch *batch)
{
    if (tell_position(self, call, batch) < 0)
        return LEVADA_FATAL;
    pace_took(&self->pace, batch->n);
    if (levada->emit(call, 0, batch) < 0)
        return LEVADA_FATAL;
    return is_at_end(self, call) ? LEVADA_END : LEVADA_OK;
}

/* Records that the host found. */
static levada_status
emit_batch(struct json_file_source *self, struct levada_call *call)
{
    self->here.place = self->window.batch_place;
    self->here.ended = false;
    reader_framing(self->reader, &self->here.framing);
    return emit(self, call, self->window.batch);
}

/* @n of the records that are left of the window. */
static levada_status
emit_left(struct json_file_source *self, struct levada_call *call, uint32_t n)
{
    size_t first = is_reverse(self) ? self->left - 1 : self->window.n - self->left;
    struct record_run run = {
        .window = &self->window,
        .first = first,
        .n = n,
        .backward = is_reverse(self),
        .stream = self->stream,
        .max_record = self->max_record,
    };
    struct levada_batch *batch = records_make(call, &run);
    if (batch == NULL)
        return LEVADA_FATAL;
    move_place(self, is_reverse(self) ? first - n + 1 : first + n - 1);
    self->left -= n;
    return emit(self, call, batch);
}

levada_status
json_file_source_poll(void *object, struct levada_call *call, uint32_t max_records,
                      uint32_t wait_ms)
{
    struct json_file_source *self = object;
    if (!self->files_told && file_list_tell(&self->files, call) < 0)
        return LEVADA_FATAL;
    self->files_told = true;
    if (self->left == 0) {
        enum reader_result result = read_next(self, call, max_records, wait_ms);
        if (result == READER_END)
            return LEVADA_END;
        if (result == READER_BATCH)
            return emit_batch(self, call);
        if (result == READER_WAITS && is_followed(self) && tell_waiting(self, call) < 0)
            return LEVADA_FATAL;
        if (result == READER_WAITS && is_followed(self))
            poll(NULL, 0, wait_ms < FOLLOW_MS ? (int)wait_ms : FOLLOW_MS);
        if (result != READER_RECORDS)
            return result == READER_WAITS ? LEVADA_AGAIN : LEVADA_FATAL;
    }
    uint32_t wanted = self->left < max_records ? (uint32_t)self->left : max_records;
    uint32_t n = pace_wait(&self->pace, wanted, wait_ms);
    return n == 0 ? LEVADA_AGAIN : emit_left(self, call, n);
}

/* ---- going back ---- */

/* Of a pipe: nothing can be read twice, so the host must want to go on where we are. */
static levada_status
check_pipe(struct json_file_source *self, struct levada_call *call,
           const struct levada_position *stored)
{
    uint64_t next = stored != NULL ? (uint64_t)stored->next : 0;
    if (next == self->here.place.offset)
        return LEVADA_OK;
    return fail_with(call, LEVADA_IO,
                     "%s cannot be read twice: byte %llu is wanted again, %llu were read",
                     strcmp(self->path, "-") == 0 ? "standard input" : self->path,
                     (unsigned long long)next, (unsigned long long)self->here.place.offset);
}

static levada_status
restore(struct json_file_source *self, struct levada_call *call)
{
    if (self->reader != NULL && !input_is_file(reader_input(self->reader)))
        return check_pipe(self, call, levada->stored(call, current_path(self), 0));
    close_current(self);
    self->files_told = false; /* perhaps that poll was forgotten, too */
    self->current = 0;
    for (size_t i = 0; i < self->files.n; i++) {
        const char *path = self->files.paths[i];
        const struct levada_position *stored = levada->stored(call, path, 0);
        self->resumes[i] = (struct resume){ 0 };
        if (stored != NULL && !resume_parse(&self->resumes[i], stored))
            return fail_with(call, LEVADA_REJECT,
                             "%s: the checkpoint's position of this file cannot be understood",
                             path);
    }
    return LEVADA_OK;
}

levada_status
json_file_source_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct json_file_source *self = object;
    return signal->kind == LEVADA_SIG_RESTORE ? restore(self, call) : LEVADA_OK;
}

void
json_file_source_destroy(void *object)
{
    struct json_file_source *self = object;
    close_current(self);
    free(self->resumes);
    file_list_finish(&self->files);
    chunk_pool_close(self->pool);
}
