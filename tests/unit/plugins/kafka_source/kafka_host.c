/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct batch {
    struct levada_batch public;
    struct levada_record *records;
    void *attached[2];
    void (*drop[2])(void *object);
    uint32_t n_attached;
    void **memory;
    size_t n_memory;
    struct batch *next;
};

static struct kafka_host *host;
static struct batch *batches;
static void **scratch;
static size_t n_scratch;
static int64_t assigned; /* told in the callback; -1: nothing was */

static void *
keep(void ***list, size_t *n, size_t size)
{
    *list = realloc(*list, (*n + 1) * sizeof(**list));
    return (*list)[(*n)++] = malloc(size + 1);
}

static void
free_all(void ***list, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        free((*list)[i]);
    free(*list);
    *list = NULL;
    *n = 0;
}

static void
end_call(void)
{
    while (batches != NULL && !host->keeps_batches) {
        struct batch *batch = batches;
        batches = batch->next;
        for (uint32_t i = 0; i < batch->n_attached; i++)
            batch->drop[i](batch->attached[i]);
        free_all(&batch->memory, &batch->n_memory);
        free(batch->records);
        free(batch);
    }
    free_all(&scratch, &n_scratch);
}

/* ---- the host's functions ---- */

static levada_status
host_fail(struct levada_call *call, levada_status code, const char *text)
{
    (void)call;
    if (host->status >= 0) {
        host->status = code;
        snprintf(host->text, sizeof(host->text), "%s", text);
    }
    return code;
}

static void
add_line(char *text, size_t size, const char *first, const char *between, const char *second)
{
    size_t n = strlen(text);
    snprintf(text + n, size - n, "%s%s%s\n", first, between, second);
}

static levada_status
host_problem(struct levada_call *call, const char *option, const char *text)
{
    add_line(host->problems, sizeof(host->problems), option, ": ", text);
    return host_fail(call, LEVADA_CONFIG, text);
}

static void
host_log(struct levada_ctx *ctx, int32_t level, const char *event, const char *facts)
{
    (void)ctx;
    if (level <= 2)
        add_line(host->logs, sizeof(host->logs), event, " ", facts);
}

static levada_status
host_fail_at(struct levada_call *call, struct levada_batch *batch, uint32_t i, levada_status code,
             const char *text)
{
    (void)call, (void)batch, (void)i, (void)text;
    host->n_failed++;
    return code;
}

static void *
host_scratch(struct levada_call *call, uint64_t n)
{
    (void)call;
    return keep(&scratch, &n_scratch, n);
}

static levada_status
host_endless(struct levada_call *call)
{
    (void)call;
    return LEVADA_OK;
}

static struct levada_batch *
host_batch(struct levada_call *call, uint32_t n)
{
    (void)call, (void)n;
    struct batch *batch = calloc(1, sizeof(*batch));
    batch->public.struct_size = sizeof(batch->public);
    batch->public.stride = sizeof(struct levada_record);
    batch->next = batches;
    batches = batch;
    return &batch->public;
}

static void *
host_alloc(struct levada_batch *public, uint64_t n)
{
    struct batch *batch = (struct batch *)(void *)public;
    return keep(&batch->memory, &batch->n_memory, n);
}

static levada_status
host_attach(struct levada_batch *public, void *object, void (*drop)(void *object))
{
    struct batch *batch = (struct batch *)(void *)public;
    batch->attached[batch->n_attached] = object;
    batch->drop[batch->n_attached++] = drop;
    return LEVADA_OK;
}

static levada_status
host_append(struct levada_call *call, struct levada_batch *public,
            const struct levada_record *records, uint32_t n, uint32_t stride)
{
    struct batch *batch = (struct batch *)(void *)public;
    (void)call, (void)stride;
    batch->records = malloc(n * sizeof(*records));
    memcpy(batch->records, records, n * sizeof(*records));
    public->n = n;
    return LEVADA_OK;
}

static const struct levada_record *
host_records(struct levada_call *call, struct levada_batch *batch)
{
    (void)call;
    return ((struct batch *)(void *)batch)->records;
}

static uint32_t
host_stream(struct levada_call *call, const char *name)
{
    (void)call, (void)name;
    return 1;
}

static levada_status
host_emit(struct levada_call *call, uint32_t port, struct levada_batch *public)
{
    const struct batch *batch = (const struct batch *)(void *)public;
    (void)call, (void)port;
    for (uint32_t i = 0; i < public->n; i++) {
        host->n_records++;
        if (batch->records[i].partition < 16)
            host->of_partition[batch->records[i].partition]++;
    }
    return LEVADA_OK;
}

static levada_status
host_position(struct levada_call *call, struct levada_batch *batch,
              const struct levada_position *position)
{
    (void)call, (void)batch;
    host->n_positions++;
    if (position->partition < 16) {
        host->next[position->partition] = position->next;
        host->latest[position->partition] = position->latest;
    }
    return LEVADA_OK;
}

static const struct levada_position *
host_stored(struct levada_call *call, const char *stream, int32_t partition)
{
    static struct levada_position position;
    (void)call, (void)stream;
    if (partition >= 16 || host->next[partition] < 0)
        return NULL;
    position = (struct levada_position){ .next = host->next[partition] };
    return &position;
}

static levada_status
host_assigned(struct levada_call *call, const struct levada_position *all, uint32_t n)
{
    (void)call, (void)all;
    assigned = n;
    return LEVADA_OK;
}

static const char *
host_pipeline(struct levada_call *call)
{
    (void)call;
    return "tested";
}

static uint32_t
host_memory(struct levada_call *call)
{
    (void)call;
    return host->memory;
}

static const char *
host_identity(struct levada_call *call)
{
    (void)call;
    return "tested.here.0";
}

static const void *
host_ext(const char *id)
{
    static const struct levada_pipeline_v1 pipeline = { .struct_size = sizeof(pipeline),
                                                        .name = host_pipeline,
                                                        .memory = host_memory,
                                                        .identity = host_identity };
    return strcmp(id, "levada.pipeline/1") == 0 ? &pipeline : NULL;
}

static const struct levada_host table = {
    .struct_size = sizeof(table),
    .name = "test",
    .version = "0",
    .ext = host_ext,
    .log = host_log,
    .fail = host_fail,
    .fail_at = host_fail_at,
    .scratch = host_scratch,
    .problem = host_problem,
    .endless = host_endless,
    .records = host_records,
    .batch = host_batch,
    .emit = host_emit,
    .stream = host_stream,
    .append = host_append,
    .alloc = host_alloc,
    .attach = host_attach,
    .position = host_position,
    .stored = host_stored,
    .assigned = host_assigned,
};

/* ---- callbacks ---- */

static struct levada_call *
begin_call(void)
{
    host->status = LEVADA_OK;
    host->text[0] = '\0';
    assigned = -1;
    return (struct levada_call *)(void *)host;
}

/* Errors are sticky: what the callback returned then does not matter. */
static levada_status
note(levada_status returned)
{
    host->status = host->status < 0 ? host->status : returned;
    if (host->status >= 0 && assigned >= 0) { /* a host forgets what a failed callback told */
        host->n_assigned = (uint32_t)assigned;
        host->n_empty += assigned == 0;
    }
    end_call();
    return host->status;
}

struct kafka_host *
kafka_host_create(const char *brokers, const char *topic)
{
    static const char *starting = "earliest", *topics;
    host = calloc(1, sizeof(*host));
    topics = topic;
    memset(host->next, 0xff, sizeof(host->next));
    host->stage = levada_module_v1(&table)->stages[0];
    host->self = calloc(1, sizeof(*host->self));
    host->self->brokers = brokers;
    host->self->topic = (struct levada_list){ &topics, 1 };
    host->self->starting_offsets = (struct levada_list){ &starting, 1 };
    host->self->fail_on_data_loss = 1;
    return host;
}

void
kafka_host_destroy(struct kafka_host *host_)
{
    host_->stage->destroy(host_->self);
    free(host_->self);
    free(host_);
}

levada_status
kafka_host_plan(struct kafka_host *host_)
{
    return note(host_->stage->create(host_->self, begin_call(), NULL));
}

levada_status
kafka_host_signal(struct kafka_host *host_, uint32_t kind)
{
    struct levada_signal signal = { .struct_size = sizeof(signal), .kind = kind };
    return note(host_->stage->signal(host_->self, begin_call(), &signal));
}

levada_status
kafka_host_start(struct kafka_host *host_)
{
    levada_status status = note(host_->stage->start(host_->self, begin_call()));
    return status == LEVADA_OK ? kafka_host_signal(host_, LEVADA_SIG_RESTORE) : status;
}

levada_status
kafka_host_poll(struct kafka_host *host_, uint32_t wait_ms)
{
    return note(host_->stage->poll(host_->self, begin_call(), 10000, wait_ms));
}

static int64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

levada_status
kafka_host_read(struct kafka_host *host_, uint64_t n_records, int64_t within_ms)
{
    int64_t end = now_ms() + within_ms;
    while (host_->n_records < n_records && now_ms() < end) {
        levada_status status = kafka_host_poll(host_, 50);
        if (status < 0 && status != LEVADA_RETRY && status != LEVADA_LOST)
            return status;
        host_->n_lost += status == LEVADA_LOST;
        if (status < 0)
            kafka_host_signal(host_, LEVADA_SIG_RESTORE);
        if (status == LEVADA_DRAIN) {
            kafka_host_signal(host_, LEVADA_SIG_TRIGGER);
            kafka_host_signal(host_, LEVADA_SIG_COMMIT);
        }
    }
    return host_->n_records < n_records ? LEVADA_AGAIN : LEVADA_OK;
}
