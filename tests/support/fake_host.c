/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_attachment {
    void *object;
    void (*drop)(void *object);
    struct fake_attachment *next;
};

struct fake_failure {
    uint32_t record;
    levada_status code;
    char *why;
    struct fake_failure *next;
};

struct fake_batch {
    struct levada_batch public;
    struct levada_record *records;
    bool emitted;
    struct fake_attachment *attachments;
    struct fake_failure *failures;
    struct fake_position *position;
    struct fake_batch *next;
};

static struct fake_host *
host_of(struct levada_call *call)
{
    return (struct fake_host *)(void *)call;
}

static struct fake_batch *
batch_of(struct levada_batch *batch)
{
    return (struct fake_batch *)(void *)batch;
}

static void *
grown(void *array, size_t n, size_t size)
{
    void *larger = realloc(array, (n + 1) * size);
    if (larger == NULL)
        abort();
    memset((char *)larger + n * size, 0, size);
    return larger;
}

static char *
text_of(const void *bytes, size_t n)
{
    char *text = malloc(n + 1);
    if (text == NULL)
        abort();
    if (n > 0)
        memcpy(text, bytes, n);
    text[n] = 0;
    return text;
}

static levada_status
fake_fail(struct levada_call *call, levada_status code, const char *text)
{
    struct fake_host *host = host_of(call);
    if (host->status == LEVADA_OK) {
        host->status = code;
        snprintf(host->text, sizeof(host->text), "%s", text);
    }
    return code;
}

/* Does this host call fail, because an earlier one did or because the test wants it? */
static bool
fails(struct levada_call *call)
{
    struct fake_host *host = host_of(call);
    if (host->fail_after > 0 && --host->fail_after == 0)
        fake_fail(call, LEVADA_RETRY, "made to fail");
    return host->status < 0;
}

static void
fake_log(struct levada_ctx *ctx, int32_t level, const char *event, const char *facts)
{
    (void)ctx, (void)level, (void)event, (void)facts;
}

static levada_status
fake_fail_at(struct levada_call *call, struct levada_batch *batch, uint32_t i, levada_status code,
             const char *text)
{
    if (fails(call))
        return LEVADA_RETRY;
    struct fake_failure *failure = grown(NULL, 0, sizeof(*failure));
    *failure =
        (struct fake_failure){ i, code, text_of(text, strlen(text)), batch_of(batch)->failures };
    batch_of(batch)->failures = failure;
    return code;
}

static void *
fake_scratch(struct levada_call *call, uint64_t n)
{
    struct fake_host *host = host_of(call);
    if (fails(call))
        return NULL;
    host->scratch = grown(host->scratch, host->n_scratch, sizeof(*host->scratch));
    return host->scratch[host->n_scratch++] = malloc(n + 1);
}

static levada_status
fake_problem(struct levada_call *call, const char *option, const char *text)
{
    struct fake_host *host = host_of(call);
    size_t n = strlen(host->problems);
    snprintf(host->problems + n, sizeof(host->problems) - n, "%s: %s\n", option, text);
    return fake_fail(call, LEVADA_CONFIG, text);
}

static const struct levada_path *
fake_adds(struct levada_call *call, const char *text, const struct levada_path *after)
{
    struct fake_host *host = host_of(call);
    size_t n = strlen(host->fields);
    (void)after;
    snprintf(host->fields + n, sizeof(host->fields) - n, "%s ", text);
    return (const struct levada_path *)(const void *)host;
}

static levada_status
fake_endless(struct levada_call *call)
{
    host_of(call)->endless = true;
    return LEVADA_OK;
}

static levada_status
fake_only(struct levada_call *call)
{
    snprintf(host_of(call)->fields, sizeof(host_of(call)->fields), "only ");
    return LEVADA_OK;
}

static uint64_t *
fake_counter(struct levada_call *call, const char *name, const char *unit, const char *help)
{
    static uint64_t counter;
    (void)call, (void)name, (void)unit, (void)help;
    return &counter;
}

static struct levada_batch *
fake_batch(struct levada_call *call, uint32_t n)
{
    struct fake_host *host = host_of(call);
    if (fails(call) || n != 0)
        return NULL;
    struct fake_batch *batch = grown(NULL, 0, sizeof(*batch));
    batch->public.struct_size = sizeof(batch->public);
    batch->public.stride = sizeof(struct levada_record);
    batch->next = host->open;
    host->open = batch;
    return &batch->public;
}

static uint32_t
fake_stream(struct levada_call *call, const char *name)
{
    struct fake_host *host = host_of(call);
    if (fails(call))
        return UINT32_MAX;
    for (size_t i = 0; i < host->n_streams; i++) {
        if (strcmp(host->streams[i], name) == 0)
            return (uint32_t)i + 1;
    }
    host->streams = grown(host->streams, host->n_streams, sizeof(*host->streams));
    host->streams[host->n_streams] = text_of(name, strlen(name));
    return (uint32_t)++host->n_streams;
}

static void *
fake_alloc(struct levada_batch *batch, uint64_t n)
{
    struct fake_attachment *attachment = grown(NULL, 0, sizeof(*attachment));
    *attachment = (struct fake_attachment){ malloc(n + 1), free, batch_of(batch)->attachments };
    batch_of(batch)->attachments = attachment;
    return attachment->object;
}

static levada_status
fake_attach(struct levada_batch *batch, void *object, void (*drop)(void *object))
{
    struct fake_attachment *attachment = grown(NULL, 0, sizeof(*attachment));
    *attachment = (struct fake_attachment){ object, drop, batch_of(batch)->attachments };
    batch_of(batch)->attachments = attachment;
    return LEVADA_OK;
}

/* As the host does: the bytes are the batch's, and exactly as long as they are. */
static void
own_value(struct levada_batch *batch, struct levada_record *record)
{
    if ((record->flags & LEVADA_R_BORROWED) != 0 || record->value.p == NULL)
        return;
    void *copy = fake_alloc(batch, record->value.n);
    memcpy(copy, record->value.p, record->value.n);
    record->value.p = copy;
}

static levada_status
fake_append(struct levada_call *call, struct levada_batch *public,
            const struct levada_record *records, uint32_t n, uint32_t stride)
{
    struct fake_batch *batch = batch_of(public);
    if (fails(call))
        return LEVADA_RETRY;
    if (stride != sizeof(*records))
        return fake_fail(call, LEVADA_FATAL, "append: the stride is wrong");
    for (uint32_t i = 0; i < n; i++) {
        batch->records = grown(batch->records, public->n, sizeof(*records));
        batch->records[public->n] = records[i];
        own_value(public, &batch->records[public->n]);
        public->n++;
    }
    return LEVADA_OK;
}

/* This host splits nothing: the source does it by itself. */
static levada_status
fake_append_json(struct levada_call *call, struct levada_batch *batch,
                 const struct levada_record *first, struct levada_bytes text, uint32_t flags,
                 uint32_t max_records, uint64_t *used)
{
    (void)batch;
    (void)first;
    (void)text;
    (void)flags;
    (void)max_records;
    *used = 0;
    return fails(call) ? LEVADA_RETRY : LEVADA_OK;
}

static struct fake_position
copy_position(const struct levada_position *position)
{
    return (struct fake_position){
        .stream = text_of(position->stream.p, position->stream.n),
        .detail = text_of(position->detail.p, position->detail.n),
        .next = position->next,
        .latest = position->latest,
    };
}

static void
free_position(struct fake_position *position)
{
    free(position->stream);
    free(position->detail);
}

static levada_status
fake_position(struct levada_call *call, struct levada_batch *batch,
              const struct levada_position *position)
{
    if (fails(call))
        return LEVADA_RETRY;
    if (batch == NULL) /* of no records: only how far the input goes has changed */
        return LEVADA_OK;
    if (batch_of(batch)->position != NULL)
        return fake_fail(call, LEVADA_FATAL, "position: one for each batch");
    batch_of(batch)->position = grown(NULL, 0, sizeof(struct fake_position));
    *batch_of(batch)->position = copy_position(position);
    return LEVADA_OK;
}

static levada_status
fake_emit(struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    if (fails(call))
        return LEVADA_RETRY;
    if (port != 0 || batch_of(batch)->emitted)
        return fake_fail(call, LEVADA_FATAL, "emit: twice, or at a port that is none");
    batch_of(batch)->emitted = true;
    return LEVADA_OK;
}

static const struct levada_position *
fake_stored(struct levada_call *call, const char *stream, int32_t partition)
{
    struct fake_host *host = host_of(call);
    for (size_t i = 0; i < host->n_stored && partition == 0; i++) {
        const struct fake_position *stored = &host->stored[i];
        if (strcmp(stored->stream, stream) != 0)
            continue;
        struct levada_position *position = fake_scratch(call, sizeof(*position));
        *position = (struct levada_position){
            .stream = { stored->stream, strlen(stored->stream) },
            .next = stored->next,
            .latest = stored->latest,
            .detail = { stored->detail, strlen(stored->detail) },
        };
        return position;
    }
    return NULL;
}

static levada_status
fake_assigned(struct levada_call *call, const struct levada_position *all, uint32_t n)
{
    struct fake_host *host = host_of(call);
    size_t length = 0;
    if (fails(call))
        return LEVADA_RETRY;
    host->assigned[0] = '\0';
    for (uint32_t i = 0; i < n && length < sizeof(host->assigned); i++)
        length +=
            (size_t)snprintf(host->assigned + length, sizeof(host->assigned) - length, "%.*s/%d ",
                             (int)all[i].stream.n, (const char *)all[i].stream.p, all[i].partition);
    return LEVADA_OK;
}

static const struct levada_host table = {
    .struct_size = sizeof(table),
    .name = "fake",
    .version = "0",
    .log = fake_log,
    .fail = fake_fail,
    .fail_at = fake_fail_at,
    .scratch = fake_scratch,
    .problem = fake_problem,
    .adds = fake_adds,
    .only = fake_only,
    .endless = fake_endless,
    .counter = fake_counter,
    .batch = fake_batch,
    .emit = fake_emit,
    .stream = fake_stream,
    .append = fake_append,
    .append_json = fake_append_json,
    .alloc = fake_alloc,
    .attach = fake_attach,
    .position = fake_position,
    .stored = fake_stored,
    .assigned = fake_assigned,
};

const struct levada_stage *
fake_host_init(struct fake_host *host, uint32_t stage)
{
    *host = (struct fake_host){ 0 };
    return levada_module_v1(&table)->stages[stage];
}

static void
free_batches(struct fake_batch *batch)
{
    while (batch != NULL) {
        struct fake_batch *next = batch->next;
        for (struct fake_attachment *a = batch->attachments, *after; a != NULL; a = after) {
            after = a->next;
            a->drop(a->object);
            free(a);
        }
        for (struct fake_failure *f = batch->failures, *after; f != NULL; f = after) {
            after = f->next;
            free(f->why);
            free(f);
        }
        if (batch->position != NULL)
            free_position(batch->position);
        free(batch->position);
        free(batch->records);
        free(batch);
        batch = next;
    }
}

void
fake_host_drop_batches(struct fake_host *host)
{
    free_batches(host->kept);
    host->kept = NULL;
}

static void
end_call(struct fake_host *host)
{
    for (size_t i = 0; i < host->n_scratch; i++)
        free(host->scratch[i]);
    free(host->scratch);
    host->scratch = NULL;
    host->n_scratch = 0;
    free_batches(host->open);
    host->open = NULL;
}

struct levada_call *
fake_call(struct fake_host *host)
{
    end_call(host);
    host->status = LEVADA_OK;
    host->text[0] = 0;
    return (struct levada_call *)(void *)host;
}

void
fake_host_forget_records(struct fake_host *host)
{
    for (size_t i = 0; i < host->n_records; i++) {
        free(host->records[i].value);
        free(host->records[i].why);
    }
    free(host->records);
    host->records = NULL;
    host->n_records = host->n_batches = 0;
}

static void
forget_positions(struct fake_position **positions, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        free_position(&(*positions)[i]);
    free(*positions);
    *positions = NULL;
    *n = 0;
}

void
fake_host_finish(struct fake_host *host)
{
    end_call(host);
    fake_host_drop_batches(host);
    fake_host_forget_records(host);
    forget_positions(&host->positions, &host->n_positions);
    forget_positions(&host->stored, &host->n_stored);
    for (size_t i = 0; i < host->n_streams; i++)
        free(host->streams[i]);
    free(host->streams);
}

static const struct fake_failure *
failure_of(const struct fake_batch *batch, uint32_t i)
{
    const struct fake_failure *failure = batch->failures;
    while (failure != NULL && failure->record != i)
        failure = failure->next;
    return failure;
}

static void
take_record(struct fake_host *host, const struct fake_batch *batch, uint32_t i)
{
    const struct levada_record *record = &batch->records[i];
    const struct fake_failure *failure = failure_of(batch, i);
    host->records = grown(host->records, host->n_records, sizeof(*host->records));
    host->records[host->n_records++] = (struct fake_record){
        .value = text_of(record->value.p, record->value.n),
        .n = record->value.n,
        .offset = record->offset,
        .number = record->number,
        .timestamp_ms = record->timestamp_ms,
        .stream = record->stream,
        .code = failure != NULL ? failure->code : LEVADA_OK,
        .why = failure != NULL ? text_of(failure->why, strlen(failure->why)) : NULL,
    };
}

static void
take_position(struct fake_position **positions, size_t *n, struct fake_position position)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp((*positions)[i].stream, position.stream) != 0)
            continue;
        free_position(&(*positions)[i]);
        (*positions)[i] = position;
        return;
    }
    *positions = grown(*positions, *n, sizeof(**positions));
    (*positions)[(*n)++] = position;
}

/* The emitted batches of the call, in their order: `open` holds the last one first. */
static void
take_batches(struct fake_host *host, struct fake_batch *batch)
{
    if (batch == NULL)
        return;
    take_batches(host, batch->next);
    if (!batch->emitted)
        return;
    host->n_batches++;
    for (uint32_t i = 0; i < batch->public.n; i++)
        take_record(host, batch, i);
    if (batch->position != NULL)
        take_position(&host->positions, &host->n_positions, *batch->position);
    free(batch->position);
    batch->position = NULL;
}

static void
keep_open(struct fake_host *host)
{
    struct fake_batch **last = &host->open;
    while (*last != NULL)
        last = &(*last)->next;
    *last = host->kept;
    host->kept = host->open;
    host->open = NULL;
}

levada_status
fake_host_read(struct fake_host *host, const struct levada_stage *stage, void *self,
               uint32_t max_records, unsigned polls)
{
    for (unsigned i = 0; i < polls; i++) {
        struct levada_call *call = fake_call(host);
        levada_status status = stage->poll(self, call, max_records, 10);
        status = host->status < 0 ? host->status : status;
        if (status >= 0)
            take_batches(host, host->open);
        if (host->keep_batches)
            keep_open(host);
        if (status != LEVADA_OK && status != LEVADA_AGAIN)
            return status;
    }
    return LEVADA_AGAIN;
}

levada_status
fake_host_read_all(struct fake_host *host, const struct levada_stage *stage, void *self,
                   uint32_t max_records)
{
    return fake_host_read(host, stage, self, max_records, 10000000);
}

void
fake_host_store(struct fake_host *host)
{
    for (size_t i = 0; i < host->n_positions; i++) {
        const struct fake_position *from = &host->positions[i];
        struct fake_position copy = {
            .stream = text_of(from->stream, strlen(from->stream)),
            .detail = text_of(from->detail, strlen(from->detail)),
            .next = from->next,
            .latest = from->latest,
        };
        take_position(&host->stored, &host->n_stored, copy);
    }
}

levada_status
fake_host_restore(struct fake_host *host, const struct levada_stage *stage, void *self)
{
    struct levada_signal signal = { .struct_size = sizeof(signal), .kind = LEVADA_SIG_RESTORE };
    levada_status status = stage->signal(self, fake_call(host), &signal);
    return host->status < 0 ? host->status : status;
}
