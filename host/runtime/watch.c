/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A misspelt field is the commonest mistake and must never give a quiet, wrong result: a field that
 * is read, but that none of the first records has, stops a finite input and is told of an endless
 * one.
 */
#include "base/suggest.h"
#include "runtime/engine_private.h"

#include <stdlib.h>

#define WATCHED_RECORDS 1000

bool
engine_watch_field(struct engine *engine, struct stage *source, struct stage *reader,
                   const struct levada_path *path)
{
    struct watched_field *watched =
        realloc(engine->watched, (engine->n_watched + 1) * sizeof(*watched));
    if (watched == NULL || !batch_decoder_want(source->decoder, path)) {
        engine->watched = watched != NULL ? watched : engine->watched;
        return false;
    }
    engine->watched = watched;
    watched[engine->n_watched++] =
        (struct watched_field){ .source = source, .reader = reader, .path = path };
    engine->n_watching++;
    return true;
}

/* No more is to be done for the field. */
static void
stop_watching(struct engine *engine, struct watched_field *field)
{
    batch_release(field->last);
    field->last = NULL;
    field->done = true;
    engine->n_watching--;
}

static const char *
nearest_field(const struct watched_field *field)
{
    struct suggest suggest;
    uint32_t n = 0;
    suggest_start(&suggest, field->path->text);
    const struct levada_path *const *fields =
        field->last != NULL ? batch_decoder_fields(field->source->decoder, field->last, &n, NULL)
                            : NULL;
    for (uint32_t i = 0; i < n; i++)
        suggest_offer(&suggest, fields[i]->text);
    return suggest_best(&suggest);
}

static levada_status
report(struct engine *engine, struct watched_field *field, uint64_t records)
{
    const char *nearest = nearest_field(field);
    const char *before = nearest != NULL ? "; did you mean \"" : "";
    const char *after = nearest != NULL ? "\"?" : "";
    if (nearest == NULL)
        nearest = "";
    stop_watching(engine, field);
    if (field->source->endless) {
        log_warn(&field->reader->logger, "field not seen",
                 "field=\"%s\" records=%llu source=%s%s%s%s", field->path->text,
                 (unsigned long long)records, field->source->name, before, nearest, after);
        return LEVADA_OK;
    }
    return engine_fail(engine, field->reader, LEVADA_REJECT,
                       "none of the first %llu records of \"%s\" has the field \"%s\"%s%s%s",
                       (unsigned long long)records, field->source->name, field->path->text, before,
                       nearest, after);
}

levada_status
watch_fields(struct engine *engine, struct stage *source, struct batch *batch)
{
    levada_status status = LEVADA_OK;
    if (engine->n_watching == 0)
        return LEVADA_OK;
    uint64_t records = batch_decoder_records(source->decoder);
    for (uint32_t w = 0; w < engine->n_watched && status >= 0; w++) {
        struct watched_field *field = &engine->watched[w];
        if (field->done || field->source != source)
            continue;
        batch_release(field->last);
        field->last = batch_retain(batch);
        if (batch_decoder_found(source->decoder, field->path))
            stop_watching(engine, field);
        else if (records >= WATCHED_RECORDS)
            status = report(engine, field, records);
    }
    return status;
}

levada_status
watch_end(struct engine *engine)
{
    levada_status status = LEVADA_OK;
    for (uint32_t w = 0; w < engine->n_watched && status >= 0; w++) {
        struct watched_field *field = &engine->watched[w];
        uint64_t records = batch_decoder_records(field->source->decoder);
        if (!field->done && field->source->ended && records > 0)
            status = report(engine, field, records);
    }
    return status;
}

void
watch_finish(struct engine *engine)
{
    for (uint32_t w = 0; w < engine->n_watched; w++)
        batch_release(engine->watched[w].last);
    free(engine->watched);
}
