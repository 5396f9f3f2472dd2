/* SPDX-License-Identifier: Apache-2.0 */
/* A program as a transform: one answer for each record that it reads. */
#include "answers.h"

#include "exec_common/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_MS 500 /* then the host gets the word, which asks to go on */

struct exec_transform {
    struct program_options program;
    struct levada_list adds;
    struct program run;
    struct answers answers;
    bool busy;        /* a batch was begun */
    bool *asked;      /* of its records: was it given to the program? */
    uint32_t n_room;  /* of asked */
    uint32_t n_asked; /* of its records */
    uint32_t n_heard; /* answers of the program so far */
};

static const struct levada_option added_field = { .type = LEVADA_O_PATH, .flags = LEVADA_OF_ADDS };

static const struct levada_option options[] = {
    PROGRAM_ROWS(struct exec_transform),
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct exec_transform, adds),
        .name = "adds",
        .help = "Fields that the program adds, so that stages below may read them.",
        .children = &added_field,
        .n_children = 1,
    },
};

/* The batch was not begun: what the program made of it is lost, with the program. */
static void
forget_batch(struct exec_transform *self)
{
    program_end(&self->run);
    answers_clear(&self->answers);
    self->busy = false;
}

static levada_status
fail(struct exec_transform *self, struct levada_call *call, levada_status status, const char *why)
{
    char text[600];
    snprintf(text, sizeof(text), "%s", why);
    forget_batch(self);
    return levada->fail(call, status, text);
}

static levada_status
fail_for_surplus(struct exec_transform *self, struct levada_call *call)
{
    char why[200];
    snprintf(why, sizeof(why), "%s wrote more answers than it was given records",
             program_name(&self->run));
    return fail(self, call, LEVADA_FATAL, why);
}

static levada_status
exec_transform_start(void *object, struct levada_call *call)
{
    struct exec_transform *self = object;
    program_init(&self->run, &self->program);
    levada_status status = program_start(&self->run, NULL, NULL);
    return status < 0 ? levada->fail(call, status, self->run.why) : LEVADA_OK;
}

/* ---- asking ---- */

static bool
make_room(struct exec_transform *self, uint32_t n)
{
    if (n <= self->n_room)
        return true;
    bool *asked = realloc(self->asked, n * sizeof(*asked));
    if (asked == NULL)
        return false;
    self->asked = asked;
    self->n_room = n;
    return true;
}

static levada_status
begin_batch(struct exec_transform *self, struct levada_call *call, struct levada_batch *batch)
{
    const struct levada_record *records = levada->records(call, batch);
    if (records == NULL)
        return LEVADA_RETRY;
    if (self->run.pid == 0) {
        levada_status status = program_start(&self->run, NULL, NULL);
        if (status < 0)
            return levada->fail(call, status, self->run.why);
    }
    /* What it says unasked would be taken for an answer to these. */
    if (program_exchange(&self->run, 0, false) < 0)
        return fail(self, call, LEVADA_RETRY, self->run.why);
    if (messages_bytes(&self->run.from) > 0)
        return fail_for_surplus(self, call);
    if (!make_room(self, batch->n))
        return fail(self, call, LEVADA_RETRY, "out of memory");
    self->n_asked = self->n_heard = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        struct levada_bytes value = levada_at(batch, records, i)->value;
        self->asked[i] = program_can_read(&self->run, value);
        if (self->asked[i] && !program_put(&self->run, value))
            return fail(self, call, LEVADA_RETRY, "out of memory");
        self->n_asked += self->asked[i];
    }
    self->run.alive_ms = program_now_ms();
    self->busy = true;
    return LEVADA_OK;
}

/* ---- hearing ---- */

static levada_status
add_answer(struct exec_transform *self, struct levada_call *call, const char *text, size_t n)
{
    char why[600];
    while (!self->asked[self->answers.n]) {
        if (answers_skip(&self->answers) != ANSWERS_FINE)
            return fail(self, call, LEVADA_RETRY, "out of memory");
    }
    enum answers_added added = answers_add(&self->answers, text, n);
    self->n_heard++;
    if (added == ANSWERS_FINE)
        return LEVADA_OK;
    if (added == ANSWERS_NO_MEMORY)
        return fail(self, call, LEVADA_RETRY, "out of memory");
    snprintf(why, sizeof(why),
             "%s answered %s%.*s%s; expected an object, a list of objects, null (drops the record) "
             "or a text (says why it is bad)",
             program_name(&self->run), n > 0 ? "\"" : "an empty line", (int)(n < 100 ? n : 100),
             text,
             n > 100 ? "...\""
             : n > 0 ? "\""
                     : "");
    return fail(self, call, LEVADA_FATAL, why);
}

/* Every answer that is there. */
static levada_status
hear(struct exec_transform *self, struct levada_call *call)
{
    const char *text;
    size_t n;
    for (;;) {
        enum message_found found = program_take(&self->run, &text, &n);
        if (found == MESSAGE_TOO_LONG)
            return fail(self, call, LEVADA_FATAL, self->run.why);
        if (found == MESSAGE_NONE)
            return LEVADA_OK;
        if (self->n_heard == self->n_asked)
            return fail_for_surplus(self, call);
        levada_status status = add_answer(self, call, text, n);
        if (status < 0)
            return status;
    }
}

/* AGAIN: some answers are missing still. */
static levada_status
hear_all(struct exec_transform *self, struct levada_call *call)
{
    int64_t until_ms = program_now_ms() + TURN_MS;
    while (self->n_heard < self->n_asked) {
        if (program_exchange(&self->run, 100, true) < 0)
            return fail(self, call, LEVADA_RETRY, self->run.why);
        levada_status status = hear(self, call);
        if (status < 0)
            return status;
        if (self->n_heard < self->n_asked && self->run.said_all) {
            program_failed(&self->run, "broke off before it had answered");
            return fail(self, call, LEVADA_RETRY, self->run.why);
        }
        if (self->n_heard < self->n_asked && program_now_ms() >= until_ms)
            return LEVADA_AGAIN;
    }
    return LEVADA_OK;
}

/* ---- what comes of it ---- */

static void
fail_records(struct exec_transform *self, struct levada_call *call, struct levada_batch *batch)
{
    const struct answers *answers = &self->answers;
    for (uint32_t i = 0; i < batch->n; i++) {
        bool heard = i < answers->n && self->asked[i];
        if (heard && answers->items[i].kind == ANSWER_REJECTED)
            levada->fail_at(call, batch, i, LEVADA_REJECT, answers->text + answers->items[i].at);
        else if (!heard)
            levada->fail_at(call, batch, i, LEVADA_REJECT, PROGRAM_CANNOT_READ);
    }
}

/* New records with the origin, key and headers of those that they answer. */
static levada_status
emit_answers(struct exec_transform *self, struct levada_call *call, struct levada_batch *batch)
{
    const struct answers *answers = &self->answers;
    const struct levada_record *from = levada->records(call, batch);
    struct levada_record *to = levada->scratch(call, answers->n_pieces * sizeof(*to));
    if (from == NULL || to == NULL)
        return LEVADA_RETRY;
    for (uint32_t i = 0; i < answers->n; i++) {
        const struct answer *answer = &answers->items[i];
        for (uint32_t p = 0; answer->kind == ANSWER_RECORDS && p < answer->n_records; p++) {
            const struct piece *piece = &answers->pieces[answer->first + p];
            to[answer->first + p] = *levada_at(batch, from, i);
            to[answer->first + p].value =
                (struct levada_bytes){ answers->text + piece->at, piece->n };
            to[answer->first + p].flags = 0;
        }
    }
    struct levada_batch *out = levada->batch(call, 0);
    levada->append(call, out, to, answers->n_pieces, sizeof(*to));
    return levada->emit(call, 0, out);
}

static levada_status
exec_transform_process(void *object, struct levada_call *call, uint32_t port,
                       struct levada_batch *batch)
{
    struct exec_transform *self = object;
    levada_status status = LEVADA_OK;
    (void)port;
    if (!self->busy)
        status = begin_batch(self, call, batch);
    if (status >= 0)
        status = hear_all(self, call);
    if (status != LEVADA_OK)
        return status;
    fail_records(self, call, batch);
    if (self->answers.n_pieces > 0)
        status = emit_answers(self, call, batch);
    answers_clear(&self->answers);
    self->busy = false;
    return status < 0 ? status : LEVADA_FILTERED; /* a record may have come to nothing */
}

static levada_status
exec_transform_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct exec_transform *self = object;
    if (signal->kind == LEVADA_SIG_ABORT)
        forget_batch(self);
    if (signal->kind != LEVADA_SIG_WATERMARK || signal->time_ms != INT64_MAX || self->run.pid == 0)
        return LEVADA_OK;
    levada_status status = program_end_input(&self->run, TURN_MS);
    if (status < 0)
        return fail(self, call, status, self->run.why);
    return status == LEVADA_OK && messages_bytes(&self->run.from) > 0 ? fail_for_surplus(self, call)
                                                                      : status;
}

static void
exec_transform_destroy(void *object)
{
    struct exec_transform *self = object;
    program_finish_gently(&self->run);
    answers_finish(&self->answers);
    free(self->asked);
}

static const struct levada_stage exec_transform = {
    .struct_size = sizeof(exec_transform),
    .kind = LEVADA_TRANSFORM,
    .id = "exec_transform",
    .summary = "Hands each record to a program, and goes on with its answers.",
    .self_size = sizeof(struct exec_transform),
    LEVADA_OPTIONS(options),
    .start = exec_transform_start,
    .process = exec_transform_process,
    .signal = exec_transform_signal,
    .destroy = exec_transform_destroy,
};

LEVADA_MODULE("exec_transform", "1.0", "Apache-2.0", &exec_transform);
