/* SPDX-License-Identifier: Apache-2.0 */
/* A program as a source: each message that it writes is a record. */
#include "exec_common/program.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define POSITION "@position "
#define POSITION_VARIABLE "LEVADA_POSITION"

/* A program that keeps failing soon after its start, and moves nothing, is given up. */
#define SOON_MS 10000
#define MOST_FAILURES 5u
#define FIRST_PAUSE_MS 20 /* doubled each time */

#define MOST_RECORDS (INT64_MAX / 2) /* to count on from */

enum restart { /* the words of the option, in this order */
    RESTART_ON_FAILURE,
    RESTART_ALWAYS,
};

struct exec_source {
    struct program_options program;
    int64_t restart, restart_after;
    struct program run;
    int64_t n_records;  /* so far, since the first start of all */
    int64_t restart_ms; /* when it is started again; 0: it runs, or has ended for good */
    int64_t started_ms;
    unsigned n_failures; /* one soon after the other */
    bool ended;
    char *position; /* the last one that it gave, to start it with; NULL: none */
    /* As they were before the last poll, whose failure the next RESTORE tells. */
    int64_t n_records_before;
    char *position_before;
    bool has_moved; /* position_before counts */
};

static const struct levada_option options[] = {
    PROGRAM_ROWS(struct exec_source),
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct exec_source, restart),
        .name = "restart",
        .fallback = "on_failure",
        .rule = "on_failure|always", /* in the order of enum restart */
        .help = "Whether its good end (exit code 0) is the end of the input, or it is started "
                "again.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct exec_source, restart_after),
        .name = "restart_after",
        .fallback = "1 s",
        .rule = "10 ms..1 d",
        .help = "With restart = \"always\": how long after its end.",
    },
};

static levada_status
exec_source_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    const struct exec_source *self = object;
    (void)ctx;
    return self->restart == RESTART_ALWAYS ? levada->endless(call) : LEVADA_OK;
}

static levada_status
exec_source_start(void *object, struct levada_call *call)
{
    struct exec_source *self = object;
    (void)call;
    program_init(&self->run, &self->program);
    return LEVADA_OK; /* the program starts at RESTORE, which tells from where */
}

static levada_status
start_program(struct exec_source *self, struct levada_call *call)
{
    levada_status status = program_start(&self->run, POSITION_VARIABLE, self->position);
    self->restart_ms = 0;
    self->started_ms = program_now_ms();
    return status < 0 ? levada->fail(call, status, self->run.why) : LEVADA_OK;
}

/* ---- positions ---- */

static bool
keep_position(struct exec_source *self, const void *text, size_t n)
{
    char *copy = strndup(text, n);
    if (copy == NULL)
        return false;
    free(self->position_before);
    self->position_before = self->position;
    self->has_moved = true;
    self->position = copy;
    return true;
}

static void
begin_poll(struct exec_source *self)
{
    messages_mark(&self->run.from);
    self->n_records_before = self->n_records;
    self->has_moved = false;
}

/* The last poll was in vain; the program, which runs on, does not hear of it. */
static void
take_back_poll(struct exec_source *self)
{
    messages_rewind(&self->run.from);
    self->n_records = self->n_records_before;
    if (!self->has_moved)
        return;
    free(self->position);
    self->position = self->position_before;
    self->position_before = NULL;
    self->has_moved = false;
}

/* Back to the last position that counts. */
static levada_status
restore(struct exec_source *self, struct levada_call *call)
{
    if (self->run.pid != 0) {
        take_back_poll(self);
        return LEVADA_OK;
    }
    const struct levada_position *stored = levada->stored(call, program_name(&self->run), 0);
    free(self->position);
    self->position = NULL;
    self->ended = false;
    if (stored != NULL && (stored->next < 0 || stored->next > MOST_RECORDS))
        return levada->fail(call, LEVADA_NO_INPUT,
                            "the stored position is no number of records that a program can have "
                            "given");
    if (stored != NULL) {
        self->n_records = stored->next;
        if (stored->detail.p != NULL && !keep_position(self, stored->detail.p, stored->detail.n))
            return levada->fail(call, LEVADA_RETRY, "out of memory");
    }
    if (self->n_failures == 0)
        return start_program(self, call);
    program_end(&self->run);
    self->restart_ms = program_now_ms() + ((int64_t)FIRST_PAUSE_MS << self->n_failures);
    return LEVADA_OK;
}

static levada_status
tell_position(struct exec_source *self, struct levada_call *call, struct levada_batch *batch)
{
    const char *name = program_name(&self->run);
    struct levada_position position = {
        .stream = { name, strlen(name) },
        .next = self->n_records,
        .latest = -1,
    };
    if (self->position != NULL)
        position.detail = (struct levada_bytes){ self->position, strlen(self->position) };
    return levada->position(call, batch, &position);
}

/* ---- records ---- */

struct polled {
    struct levada_record *records;
    uint32_t n, most;
    bool moved; /* the program gave a position */
};

static levada_status
take_message(struct exec_source *self, struct levada_call *call, struct polled *polled,
             const char *text, size_t n)
{
    size_t word = strlen(POSITION);
    if (n >= word && memcmp(text, POSITION, word) == 0) {
        polled->moved = true;
        self->n_failures = 0;
        return keep_position(self, text + word, n - word)
                   ? LEVADA_OK
                   : levada->fail(call, LEVADA_RETRY, "out of memory");
    }
    if (n == 0)
        return LEVADA_OK; /* an empty line */
    polled->records[polled->n++] = (struct levada_record){
        .value = { text, n },
        .timestamp_ms = LEVADA_NO_TIME,
        .offset = self->n_records,
        .number = self->n_records,
        .stream = levada->stream(call, program_name(&self->run)),
    };
    self->n_records++;
    return LEVADA_OK;
}

/* Messages that are there. What follows a position belongs to the next poll, so that it can count.
 */
static levada_status
take_messages(struct exec_source *self, struct levada_call *call, struct polled *polled)
{
    while (polled->n < polled->most && !polled->moved) {
        const char *text;
        size_t n;
        enum message_found found = program_take(&self->run, &text, &n);
        if (found == MESSAGE_NONE)
            return LEVADA_OK;
        if (found == MESSAGE_TOO_LONG)
            return levada->fail(call, LEVADA_REJECT, self->run.why);
        levada_status status = take_message(self, call, polled, text, n);
        if (status < 0)
            return status;
    }
    return LEVADA_OK;
}

static levada_status
emit(struct exec_source *self, struct levada_call *call, const struct polled *polled)
{
    if (polled->n == 0)
        return polled->moved ? tell_position(self, call, NULL) : LEVADA_OK;
    struct levada_batch *batch = levada->batch(call, 0);
    levada->append(call, batch, polled->records, polled->n, sizeof(*polled->records));
    if (polled->moved || self->position == NULL)
        tell_position(self, call, batch);
    return levada->emit(call, 0, batch);
}

static levada_status
take_failure(struct exec_source *self, struct levada_call *call, int status)
{
    char why[300];
    if (program_now_ms() - self->started_ms >= SOON_MS)
        self->n_failures = 0;
    bool gives_up = ++self->n_failures > MOST_FAILURES;
    snprintf(why, sizeof(why), "%s ended with %s %d%s", program_name(&self->run),
             WIFEXITED(status) ? "exit code" : "signal",
             WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
             gives_up ? ", again and again" : "");
    return levada->fail(call, gives_up ? LEVADA_UNAVAILABLE : LEVADA_RETRY, why);
}

/* It has said all: how does it end? */
static levada_status
take_end(struct exec_source *self, struct levada_call *call)
{
    int status;
    if (messages_bytes(&self->run.from) > 0)
        return levada->fail(call, LEVADA_REJECT, "the program ended in the middle of a message");
    if (!program_wait(&self->run, 100, &status))
        return LEVADA_OK; /* soon */
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return take_failure(self, call, status);
    program_end(&self->run);
    if (self->restart == RESTART_ALWAYS) {
        self->restart_ms = program_now_ms() + self->restart_after / 1000000;
        return LEVADA_OK;
    }
    self->ended = true;
    return LEVADA_END;
}

static levada_status
exec_source_poll(void *object, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    struct exec_source *self = object;
    if (self->ended)
        return LEVADA_END;
    if (self->restart_ms > program_now_ms()) {
        poll(NULL, 0, (int)wait_ms);
        return LEVADA_OK;
    }
    if (self->run.pid == 0) {
        levada_status status = start_program(self, call);
        if (status < 0)
            return status;
    }
    begin_poll(self);
    struct polled polled = { .most = max_records < 8192 ? max_records : 8192 };
    polled.records = levada->scratch(call, polled.most * sizeof(*polled.records));
    if (polled.records == NULL)
        return LEVADA_RETRY;
    levada_status status = take_messages(self, call, &polled);
    if (status >= 0 && polled.n == 0 && !polled.moved) {
        if (program_exchange(&self->run, (int)wait_ms, false) < 0)
            return levada->fail(call, LEVADA_RETRY, self->run.why);
        status = take_messages(self, call, &polled);
    }
    if (status >= 0)
        status = emit(self, call, &polled);
    if (status < 0)
        return status;
    return polled.n == 0 && !polled.moved && self->run.said_all ? take_end(self, call) : LEVADA_OK;
}

static levada_status
exec_source_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct exec_source *self = object;
    if (signal->kind == LEVADA_SIG_RESTORE)
        return restore(self, call);
    if (signal->kind == LEVADA_SIG_ABORT)
        program_end(&self->run);
    return LEVADA_OK;
}

static void
exec_source_destroy(void *object)
{
    struct exec_source *self = object;
    program_finish(&self->run);
    free(self->position);
    free(self->position_before);
}

static const struct levada_stage exec_source = {
    .struct_size = sizeof(exec_source),
    .kind = LEVADA_SOURCE,
    .id = "exec_source",
    .summary = "Reads records that a program writes.",
    .self_size = sizeof(struct exec_source),
    LEVADA_OPTIONS(options),
    .create = exec_source_create,
    .start = exec_source_start,
    .poll = exec_source_poll,
    .signal = exec_source_signal,
    .destroy = exec_source_destroy,
};

LEVADA_MODULE("exec_source", "1.0", "Apache-2.0", &exec_source);
