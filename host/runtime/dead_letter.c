/* SPDX-License-Identifier: Apache-2.0 */
/* Records that a stage cannot take: they stop the pipeline, or go their own way with the reason. */
#include "base/utf8.h"
#include "runtime/engine_private.h"

#include <stdio.h>
#include <string.h>

/* What a dead letter tells beside its original bytes; as fields, and as Kafka Connect's headers. */
enum letter_field {
    LETTER_STAGE,
    LETTER_PLUGIN,
    LETTER_ERROR,
    LETTER_STREAM,
    LETTER_PARTITION,
    LETTER_OFFSET,
    LETTER_NUMBER,
    LETTER_TIMESTAMP,
    LETTER_VALUE,
    LETTER_FIELDS,
};

static const char *const field_names[LETTER_FIELDS] = {
    "stage", "plugin", "error", "stream", "partition", "offset", "number", "timestamp", "value",
};

static struct levada_scalar
text_scalar(const void *text, uint64_t n)
{
    return (struct levada_scalar){ .type = LEVADA_T_STR, .len = (uint32_t)n, .u = { .s = text } };
}

static struct levada_scalar
integer_scalar(uint32_t type, int64_t i)
{
    return (struct levada_scalar){ .type = type, .u = { .i = i } };
}

static struct levada_scalar
letter_scalar(const struct stage *stage, const struct levada_record *record, const char *why,
              enum letter_field field)
{
    static const struct levada_scalar null = { .type = LEVADA_T_NULL };
    const char *stream;

    switch (field) {
    case LETTER_STAGE:
        return text_scalar(stage->name, strlen(stage->name));
    case LETTER_PLUGIN:
        return text_scalar(stage->op->id, strlen(stage->op->id));
    case LETTER_ERROR:
        return text_scalar(why, strlen(why));
    case LETTER_STREAM:
        stream = record_space_stream_name(stage->space, record->stream);
        return text_scalar(stream, strlen(stream));
    case LETTER_PARTITION:
        return integer_scalar(LEVADA_T_I64, record->partition);
    case LETTER_OFFSET:
        return integer_scalar(LEVADA_T_I64, record->offset);
    case LETTER_NUMBER:
        return integer_scalar(LEVADA_T_I64, record->number);
    case LETTER_TIMESTAMP:
        return record->timestamp_ms == LEVADA_NO_TIME
                   ? null
                   : integer_scalar(LEVADA_T_TIME, record->timestamp_ms);
    case LETTER_VALUE: {
        if (record->value.p == NULL)
            return null;
        struct levada_scalar value = text_scalar(record->value.p, record->value.n);
        if (!utf8_is_valid(record->value.p, record->value.n))
            value.type = LEVADA_T_BIN;
        return value;
    }
    case LETTER_FIELDS:
        break;
    }
    return null;
}

static void
add_header(struct levada_header *headers, uint32_t *n, const char *name, const char *value)
{
    headers[(*n)++] =
        (struct levada_header){ .name = { name, strlen(name) }, .value = { value, strlen(value) } };
}

static const char *
batch_number(struct batch *batch, int64_t number)
{
    char *text = batch_alloc(batch, 24);
    if (text != NULL)
        snprintf(text, 24, "%lld", (long long)number);
    return text;
}

#define LETTER_HEADERS 9

/* The record as it came, with Kafka Connect's headers behind its own. False: out of memory. */
static bool
make_record(struct stage *stage, struct batch *batch, const struct levada_record *from,
            const char *why, struct levada_record *to)
{
    struct levada_header *headers =
        batch_alloc(batch, (from->n_headers + LETTER_HEADERS) * sizeof(*headers));
    const char *partition = batch_number(batch, from->partition);
    const char *offset = batch_number(batch, from->offset);
    size_t why_n = strlen(why) + 1;
    char *message = batch_alloc(batch, why_n);
    if (headers == NULL || partition == NULL || offset == NULL || message == NULL)
        return false;
    memcpy(message, why, why_n);
    uint32_t n = from->n_headers;
    if (n > 0)
        memcpy(headers, from->headers, n * sizeof(*headers));
    add_header(headers, &n, "__connect.errors.topic",
               record_space_stream_name(stage->space, from->stream));
    add_header(headers, &n, "__connect.errors.partition", partition);
    add_header(headers, &n, "__connect.errors.offset", offset);
    add_header(headers, &n, "__connect.errors.connector.name", stage->pipeline);
    add_header(headers, &n, "__connect.errors.task.id", "0");
    add_header(headers, &n, "__connect.errors.stage", stage->name);
    add_header(headers, &n, "__connect.errors.class.name", stage->op->id);
    add_header(headers, &n, "__connect.errors.exception.class.name", "levada.Reject");
    add_header(headers, &n, "__connect.errors.exception.message", message);
    *to = *from;
    to->headers = headers;
    to->n_headers = n;
    to->flags |= LEVADA_R_OPAQUE;
    return true;
}

static levada_status
set_letter_fields(struct stage *stage, struct batch *batch, const struct bad_letter *letters,
                  uint32_t n, struct error *err)
{
    const struct levada_path *paths[LETTER_FIELDS];
    struct levada_scalar *values = batch_alloc(batch, n * sizeof(*values));
    if (values == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    for (enum letter_field f = 0; f < LETTER_FIELDS; f++) {
        paths[f] = path_set_get(record_space_paths(stage->space), field_names[f], err);
        if (paths[f] == NULL)
            return LEVADA_FATAL;
        for (uint32_t i = 0; i < n; i++)
            values[i] = letter_scalar(stage, batch_origin(batch, i), letters[i].why, f);
        levada_status status = batch_set_column(batch, paths[f], values, NULL, err);
        if (status < 0)
            return status;
    }
    return batch_set_fields(batch, paths, LETTER_FIELDS, err);
}

/* Where the stages above meant to send a record is not where its dead letter goes. */
static levada_status
forget_destination(struct stage *stage, struct batch *batch, struct error *err)
{
    static const char *const metas[] = { "meta:stream", "meta:partition", "meta:key",
                                         "meta:timestamp" };
    for (size_t m = 0; m < sizeof(metas) / sizeof(*metas); m++) {
        const struct levada_path *path =
            path_set_get(record_space_paths(stage->space), metas[m], err);
        if (path == NULL)
            return LEVADA_FATAL;
        if (batch_is_set(batch, path) && batch_unset(batch, path, err) < 0)
            return LEVADA_FATAL;
    }
    return LEVADA_OK;
}

/* A batch of the letters alone; NULL and a sentence in @err. */
static struct batch *
make_letters(struct stage *stage, struct batch *batch, const struct bad_letter *letters, uint32_t n,
             struct error *err)
{
    uint32_t *indexes = batch_alloc(batch, n * sizeof(*indexes));
    struct levada_record *records = batch_alloc(batch, n * sizeof(*records));
    if (indexes == NULL || records == NULL) {
        error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    /* A row that a stage made has its value only now. */
    const struct levada_record *originals = NULL;
    if (batch_origin(batch, 0)->stream == 0) {
        originals = batch_records(batch, err);
        if (originals == NULL)
            return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        indexes[i] = letters[i].record;
        const struct levada_record *from = originals != NULL
                                               ? &originals[letters[i].record]
                                               : batch_origin(batch, letters[i].record);
        if (!make_record(stage, batch, from, letters[i].why, &records[i])) {
            error_set(err, LEVADA_FATAL, "out of memory");
            return NULL;
        }
    }
    struct batch *selected = batch_select(batch, indexes, n, err);
    if (selected == NULL)
        return NULL;
    if (forget_destination(stage, selected, err) < 0 ||
        set_letter_fields(stage, selected, letters, n, err) < 0) {
        batch_release(selected);
        return NULL;
    }
    batch_keep_records(selected, records);
    return selected;
}

static levada_status
stop_at(struct engine *engine, struct stage *stage, const struct batch *batch,
        const struct bad_letter *letter)
{
    char origin[512];
    engine_describe_record(engine, batch, letter->record, letter->byte, origin, sizeof(origin));
    return engine_fail(engine, stage, LEVADA_REJECT, "%s: %s", origin, letter->why);
}

levada_status
dead_letter(struct engine *engine, struct stage *stage, struct batch *batch,
            const struct bad_letter *letters, uint32_t n)
{
    metrics_add(&stage->metrics.bad, n);
    if (!stage->errors.tolerate)
        return stop_at(engine, stage, batch, &letters[0]);
    if (log_is_on(LOG_DEBUG)) {
        char origin[512];
        engine_describe_record(engine, batch, letters[0].record, letters[0].byte, origin,
                               sizeof(origin));
        log_debug(&stage->logger, "bad records", "n=%u first=\"%s\" reason=\"%s\"", n, origin,
                  letters[0].why);
    }
    if (stage->errors.dead_letter == NULL)
        return LEVADA_OK;
    struct error err = { .status = LEVADA_OK };
    struct batch *dead = make_letters(stage, batch, letters, n, &err);
    if (dead == NULL)
        return engine_fail(engine, stage, err.status, "%s", err.text);
    metrics_add(&stage->metrics.dead_lettered, n);
    levada_status status = deliver(engine, stage->errors.dead_letter, 0, dead);
    batch_release(dead);
    return status;
}
