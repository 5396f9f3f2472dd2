/* SPDX-License-Identifier: Apache-2.0 */
/* A program as a sink: what it has acknowledged is delivered. */
#include "exec_common/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_MS 500                    /* then the host gets the word, which asks to go on */
#define MOST_WAITING ((size_t)1 << 20) /* bytes that the program has not read yet */
#define FLUSH "@flush"

enum acknowledge { /* the words of the option, in this order */
    ACKNOWLEDGE_EACH,
    ACKNOWLEDGE_FLUSH,
    ACKNOWLEDGE_NONE,
};

struct exec_sink {
    struct program_options program;
    int64_t acknowledge;
    struct program run;
    bool busy;      /* a batch, or a flush, was begun */
    uint32_t *sent; /* records of the batch that answers are due for */
    uint32_t n_sent, n_heard;
    bool *bad;  /* of its records */
    char **why; /* why it is bad, where the program said so */
    uint32_t n_room;
    uint64_t unflushed; /* records that the program has, but has not flushed */
    bool lost;          /* it ended with such records */
    bool ended;         /* no more will come */
};

static const struct levada_option options[] = {
    PROGRAM_ROWS(struct exec_sink),
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct exec_sink, acknowledge),
        .name = "acknowledge",
        .fallback = "each",
        .rule = "each|flush|none", /* in the order of enum acknowledge */
        .help = "How it says that records are safe: an answer to each; an answer to \"@flush\", "
                "which it is sent before a checkpoint; or by reading them.",
    },
};

static void
forget_reasons(struct exec_sink *self)
{
    for (uint32_t i = 0; i < self->n_room; i++) {
        free(self->why[i]);
        self->why[i] = NULL;
        self->bad[i] = false;
    }
}

/* The program is gone, or has to go; what it had not acknowledged comes again. */
static levada_status
fail(struct exec_sink *self, struct levada_call *call, levada_status status, const char *why)
{
    char text[600];
    snprintf(text, sizeof(text), "%s", why);
    program_end(&self->run);
    self->busy = false;
    self->lost = self->lost || self->unflushed > 0;
    return levada->fail(call, status, text);
}

static levada_status
start_program(struct exec_sink *self, struct levada_call *call)
{
    levada_status status = program_start(&self->run, NULL, NULL);
    return status < 0 ? levada->fail(call, status, self->run.why) : LEVADA_OK;
}

static levada_status
exec_sink_start(void *object, struct levada_call *call)
{
    struct exec_sink *self = object;
    program_init(&self->run, &self->program);
    return start_program(self, call);
}

/* ---- hearing ---- */

/* A text is why the record is bad; anything else says that it is safe. */
static bool
take_answer(struct exec_sink *self, uint32_t record, const char *text, size_t n)
{
    if (n < 2 || text[0] != '"' || text[n - 1] != '"')
        return true;
    self->bad[record] = true;
    self->why[record] = strndup(text + 1, n - 2);
    return self->why[record] != NULL;
}

static levada_status
hear(struct exec_sink *self, struct levada_call *call, uint32_t n_due)
{
    struct program *run = &self->run;
    const char *text;
    size_t n;
    char why[200];
    for (;;) {
        enum message_found found = program_take(run, &text, &n);
        if (found == MESSAGE_NONE)
            return LEVADA_OK;
        if (found == MESSAGE_TOO_LONG)
            return fail(self, call, LEVADA_FATAL, run->why);
        if (self->n_heard == n_due) {
            snprintf(why, sizeof(why), "%s wrote more answers than were due: \"%.*s\"",
                     program_name(run), (int)(n < 60 ? n : 60), text);
            return fail(self, call, LEVADA_FATAL, why);
        }
        if (self->n_sent > 0 && !take_answer(self, self->sent[self->n_heard], text, n))
            return fail(self, call, LEVADA_RETRY, "out of memory");
        self->n_heard++;
    }
}

/* What it says unasked would be taken for an answer to what comes next. */
static levada_status
hear_unasked(struct exec_sink *self, struct levada_call *call)
{
    self->n_sent = self->n_heard = 0;
    if (program_exchange(&self->run, 0, false) < 0)
        return fail(self, call, LEVADA_RETRY, self->run.why);
    if (self->acknowledge != ACKNOWLEDGE_NONE)
        return hear(self, call, 0);
    messages_clear(&self->run.from); /* it may say what it likes */
    return LEVADA_OK;
}

/* ---- asking ---- */

static bool
make_room(struct exec_sink *self, uint32_t n)
{
    if (n <= self->n_room)
        return true;
    bool *bad = realloc(self->bad, n * sizeof(*bad));
    if (bad != NULL)
        self->bad = bad;
    char **why = realloc(self->why, n * sizeof(*why));
    if (why != NULL)
        self->why = why;
    uint32_t *sent = realloc(self->sent, n * sizeof(*sent));
    if (sent != NULL)
        self->sent = sent;
    if (bad == NULL || why == NULL || sent == NULL)
        return false;
    memset(bad + self->n_room, 0, (n - self->n_room) * sizeof(*bad));
    memset(why + self->n_room, 0, (n - self->n_room) * sizeof(*why));
    self->n_room = n;
    return true;
}

static levada_status
begin_batch(struct exec_sink *self, struct levada_call *call, struct levada_batch *batch)
{
    const struct levada_record *records = levada->records(call, batch);
    if (records == NULL)
        return LEVADA_RETRY;
    levada_status status = self->run.pid == 0 ? start_program(self, call) : LEVADA_OK;
    if (status >= 0)
        status = hear_unasked(self, call);
    if (status < 0)
        return status;
    if (!make_room(self, batch->n))
        return fail(self, call, LEVADA_RETRY, "out of memory");
    forget_reasons(self);
    for (uint32_t i = 0; i < batch->n; i++) {
        struct levada_bytes value = levada_at(batch, records, i)->value;
        self->bad[i] = !program_can_read(&self->run, value);
        if (self->bad[i])
            continue;
        if (!program_put(&self->run, value))
            return fail(self, call, LEVADA_RETRY, "out of memory");
        self->sent[self->n_sent++] = i;
    }
    self->run.alive_ms = program_now_ms();
    self->busy = true;
    return LEVADA_OK;
}

/* ---- exchanging ---- */

/* AGAIN: answers are missing still. */
static levada_status
hear_all(struct exec_sink *self, struct levada_call *call, uint32_t n_due)
{
    int64_t until_ms = program_now_ms() + TURN_MS;
    while (self->n_heard < n_due || messages_bytes(&self->run.to) > MOST_WAITING) {
        if (program_exchange(&self->run, 100, true) < 0)
            return fail(self, call, LEVADA_RETRY, self->run.why);
        levada_status status = hear(self, call, n_due);
        if (status < 0)
            return status;
        if (self->n_heard < n_due && self->run.said_all) {
            program_failed(&self->run, "broke off before it had answered");
            return fail(self, call, LEVADA_RETRY, self->run.why);
        }
        if (self->n_heard < n_due && program_now_ms() >= until_ms)
            return LEVADA_AGAIN;
    }
    return LEVADA_OK;
}

/* What no answer is due for: until all is in its pipe. */
static levada_status
write_all(struct exec_sink *self, struct levada_call *call, size_t most_waiting)
{
    int64_t until_ms = program_now_ms() + TURN_MS;
    while (messages_bytes(&self->run.to) > most_waiting) {
        if (program_exchange(&self->run, 100, true) < 0)
            return fail(self, call, LEVADA_RETRY, self->run.why);
        if (self->acknowledge == ACKNOWLEDGE_NONE)
            messages_clear(&self->run.from); /* it may say what it likes */
        else if (hear(self, call, 0) < 0)
            return LEVADA_FATAL;
        if (program_now_ms() >= until_ms && messages_bytes(&self->run.to) > most_waiting)
            return LEVADA_AGAIN;
    }
    return LEVADA_OK;
}

/* ---- data ---- */

static levada_status
exchange_batch(struct exec_sink *self, struct levada_call *call)
{
    if (self->acknowledge == ACKNOWLEDGE_EACH)
        return hear_all(self, call, self->n_sent);
    return write_all(self, call, self->acknowledge == ACKNOWLEDGE_FLUSH ? MOST_WAITING : 0);
}

static void
fail_records(struct exec_sink *self, struct levada_call *call, struct levada_batch *batch)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        if (self->bad[i])
            levada->fail_at(call, batch, i, LEVADA_REJECT,
                            self->why[i] != NULL ? self->why[i] : PROGRAM_CANNOT_READ);
    }
}

static levada_status
exec_sink_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct exec_sink *self = object;
    levada_status status = LEVADA_OK;
    (void)port;
    if (self->lost)
        return LEVADA_ABSORBED; /* void with the rest, at the next signal */
    if (!self->busy)
        status = begin_batch(self, call, batch);
    if (status >= 0)
        status = exchange_batch(self, call);
    if (status != LEVADA_OK)
        return status;
    self->busy = false;
    fail_records(self, call, batch);
    if (self->acknowledge != ACKNOWLEDGE_FLUSH)
        return LEVADA_OK;
    self->unflushed += self->n_sent;
    return LEVADA_ABSORBED;
}

/* ---- signals ---- */

static levada_status
flush(struct exec_sink *self, struct levada_call *call)
{
    if (self->unflushed == 0)
        return LEVADA_OK;
    levada_status status = LEVADA_OK;
    if (!self->busy) {
        status = hear_unasked(self, call);
        if (status < 0)
            return status;
        if (!program_put(&self->run, (struct levada_bytes){ FLUSH, strlen(FLUSH) }))
            return fail(self, call, LEVADA_RETRY, "out of memory");
        self->run.alive_ms = program_now_ms();
        self->busy = true;
    }
    status = hear_all(self, call, 1);
    if (status != LEVADA_OK)
        return status;
    self->busy = false;
    self->unflushed = 0;
    return LEVADA_OK;
}

/* At the end of the input it hears so, and says with its exit code whether all is well. */
static levada_status
finish(struct exec_sink *self, struct levada_call *call)
{
    if (!self->ended || self->run.pid == 0)
        return LEVADA_OK;
    levada_status status = program_end_input(&self->run, TURN_MS);
    if (status < 0)
        return fail(self, call, status, self->run.why);
    if (status != LEVADA_OK || self->acknowledge == ACKNOWLEDGE_NONE)
        return status;
    self->n_sent = self->n_heard = 0;
    return hear(self, call, 0);
}

static levada_status
exec_sink_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct exec_sink *self = object;
    switch (signal->kind) {
    case LEVADA_SIG_ABORT:
        program_end(&self->run);
        self->busy = self->lost = self->ended = false;
        self->unflushed = 0;
        return LEVADA_OK;
    case LEVADA_SIG_WATERMARK:
        self->ended = signal->time_ms == INT64_MAX;
        return LEVADA_OK;
    case LEVADA_SIG_CHECKPOINT: {
        levada_status status = LEVADA_OK;
        if (!self->lost)
            status = flush(self, call);
        if (self->lost)
            return levada->fail(call, LEVADA_LOST,
                                "the program ended with records that it had not flushed");
        return status == LEVADA_OK ? finish(self, call) : status;
    }
    default:
        return LEVADA_OK;
    }
}

static void
exec_sink_destroy(void *object)
{
    struct exec_sink *self = object;
    program_finish_gently(&self->run);
    forget_reasons(self);
    free(self->bad);
    free(self->why);
    free(self->sent);
}

static const struct levada_stage exec_sink = {
    .struct_size = sizeof(exec_sink),
    .kind = LEVADA_SINK,
    .id = "exec_sink",
    .summary = "Hands each record to a program.",
    .self_size = sizeof(struct exec_sink),
    LEVADA_OPTIONS(options),
    .start = exec_sink_start,
    .process = exec_sink_process,
    .signal = exec_sink_signal,
    .destroy = exec_sink_destroy,
};

LEVADA_MODULE("exec_sink", "1.0", "Apache-2.0", &exec_sink);
